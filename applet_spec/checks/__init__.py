"""What the contract's files must agree on, beyond what their schemas say.

One module for each part of the contract, one generator function for each rule;
``applet_spec.check`` runs them all. May import ``applet_spec`` only; cryptography is imported where
vectors are recomputed.
"""
