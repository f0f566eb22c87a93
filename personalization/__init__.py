"""The bureau: a list of enrolled citizens and a box of blank cards become issued cards.

In the order of the work: `records`, `enrolment` and `finger` read and check a list; `prepare` makes
the production file and the PIN mailers; `station` personalizes one card after the other, led by the
`decision` table and the `journal`; `report` accounts for every record and blank.
May import: ``applet_spec``, ``host_lib``, ``keys_tool``. Only ``commands`` prompts or prints.
"""
