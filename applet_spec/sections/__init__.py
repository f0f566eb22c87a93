"""The parts of the APDU reference: each module writes some sections from the contract.

A section is a function from the typed contract and the reader of its files to blocks of Markdown;
``applet_spec.reference`` puts them in order. May import ``applet_spec`` only.
"""
