"""PUT KEY and DELETE KEY in all their forms, as tests send them."""

from collections.abc import Callable
from dataclasses import replace

from tests.support.terminal import ISD, Keys, Terminal, aes_cbc

Act = Callable[[Terminal], object]

ENC, MAC, DEK = 1, 2, 3
A = Keys(b"A" * 16, b"B" * 16, b"C" * 16)
B = Keys(b"a" * 16, b"b" * 16, b"c" * 16)
LONG = Keys(b"x" * 32, b"y" * 32, b"z" * 32)


def block(host: Terminal, key: bytes, *, inner: bool = True) -> bytes:
    body = aes_cbc(host.keys.dek, bytes(16), key + bytes(-len(key) % 16))
    body = bytes([len(key)]) + body if inner else body
    return bytes([0x88, len(body)]) + body + b"\x03" + check_value(key)


def check_value(key: bytes) -> bytes:
    return aes_cbc(key, bytes(16), b"\x01" * 16)[:3]


def put(
    host: Terminal, kvn: int, first: int, *keys: bytes, replaces: int = 0, p2: int | None = None
) -> int:
    p2 = first | (0x80 if len(keys) > 1 else 0) if p2 is None else p2
    data = bytes([kvn]) + b"".join(block(host, key) for key in keys)
    return host.sw(0x80, 0xD8, replaces, p2, data)


def delete(host: Terminal, reference: str, p2: int = 0) -> int:
    return host.sw(0x80, 0xE4, 0, p2, bytes.fromhex(reference))


def ready_with(keys: Keys, kvn: int) -> Act:
    def ready(host: Terminal) -> None:
        host.keys = replace(keys)
        host.select(ISD)
        host.authenticate(kvn)

    return ready


CHANGES: dict[str, Act] = {
    "add a set": lambda h: h.put_key(0x32, LONG),
    "add one key": lambda h: put(h, 0x32, MAC, B.mac),
    "replace a set": lambda h: h.put_key(0x33, LONG, replaces=0x31),
    "replace the session's set": lambda h: h.put_key(0x30, LONG, replaces=0x30),
    "replace one key": lambda h: put(h, 0x31, MAC, A.mac, replaces=0x31),
    "replace one key and the version": lambda h: put(h, 0x33, MAC, A.mac, replaces=0x31),
    "replace two keys": lambda h: put(h, 0x31, ENC, A.enc, A.mac, replaces=0x31),
    "delete a set": lambda h: delete(h, "D20131"),
    "delete one key": lambda h: delete(h, "D00101D20131"),
}
