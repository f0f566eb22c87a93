"""Readers that come with the card library: `pcsc` (real readers) and `replay` (recorded traces).

Each module has the object that an entry point of the group ``unicard.readers`` names. May import
host_lib's reader, trace and error modules; nothing in host_lib imports this folder.
"""
