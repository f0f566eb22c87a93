"""Administration of cards one by one: load files, applications, locks, the card's own life cycle.

`administration` carries operations out over a reader and says how far they came, `access` finds the
keys that open a card, `rendering` shows what was found. `till`, `baskets` and `showing` are for the
command line as a terminal: transactions, services and log of an issued card. What the operations are made of is
host_lib's (`host_lib.flow.content`, `content_steps`). May import applet_spec, host_lib, keys_tool.
"""
