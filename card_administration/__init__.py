"""Administration of cards one by one, and the command line as their terminal.

`administration` carries out what changes a card's content (load files, applications, locks, its own
life cycle), `issued` what its issuer changes later (services, suspension), over a reader and with a
plan; `access` finds the keys that open a card, `rendering` shows what was found. `till`, `baskets`,
`showing` and `settings` are for transactions, log and services of an issued card. What operations
are made of is host_lib's (`host_lib.flow.content_steps`, `issued`). May import applet_spec,
host_lib, keys_tool.
"""
