"""The conformance suite: does a card, simulated or real, do what the contract says?

``suite`` holds the tests, each naming the requirements that it shows; ``runner`` runs them in a
child process and writes the results; ``catalogue`` says which requirement has which tests. May
import keys_tool, host_lib and applet_spec; never the software card, personalization or cli.
"""
