"""The software card: a GlobalPlatform card manager and the application, in process.

Written from ``applet_spec`` and the standards, independent of the host side: its TLV reading, its
APDU parsing and its side of SCP03 are its own. From ``host_lib`` it may import only the bare
cipher primitives and the reader types; ``samples`` makes invented citizens and fingers.
"""
