"""Flows: what takes several commands, as generators without I/O.

``base`` is the shape; ``identify`` and ``objects`` read, ``session`` opens issuer sessions,
``store`` writes DGIs, ``registry`` lists the card's registry, ``genuine`` proves the card,
``rotation`` changes issuer keys. May import host_lib's command layer and below; never a reader or a
key store.
"""
