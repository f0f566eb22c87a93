"""The card library: what a terminal, an ATM or a back office embeds to talk to a card.

Lives here, from the wire up: readers (`reader`, `transports`), framing (`framing`), the secure
channel (`scp03`), commands, flows and their drivers, and the typed errors. Everything between the
transport and the driver is free of I/O: commands and flows are generators that yield APDUs.
May import: ``applet_spec``. Never prompts, never prints.
"""
