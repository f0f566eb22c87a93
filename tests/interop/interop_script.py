"""What another program would send to the card, byte by byte, and how it would read the answers.

A script is written as plain commands in hexadecimal, with Le where the program writes one. Inside a
session `Script.send` protects them with an SCP03 of the tests' own; how programs differ there is in
`Manners`. Answers with R-MAC are checked, and `Tlv` reads templates with no help of the project.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_manager import blank_image
from card_simulator.memory import Memory
from card_simulator.scp03_options import OPTIONS_CELL
from tests.support.terminal import Keys, aes_cbc, aes_cbc_decrypt, cmac, derive, pad

Answer = tuple[bytes, int]

DONE: Answer = (b"\x00", 0x9000)
"""A confirmation without receipt."""

PACKAGE, MODULE = bytes.fromhex("F0534352495054"), bytes.fromhex("F053435249505401")
"""AIDs of the load file that the scripts load and of its module, of the unregistered category."""


def blank(i: int = 0x60) -> Card:
    """Return a blank card with this SCP03 parameter, powered."""
    (chip,) = new_chips(1, seed=5)
    memory = Memory(blank_image(chip))
    memory.write(OPTIONS_CELL, bytes((i,)))
    card = Card(memory.image)
    card.reset()
    return card


def new_keys(length: int = 16) -> Keys:
    """Return three random keys."""
    return Keys(*(secrets.token_bytes(length) for _ in range(3)))


@dataclass(frozen=True)
class Manners:
    """How a program speaks SCP03.

    ``block_for_nothing``: under C-ENC a command without data gets a block of padding.
    ``always_le``: every protected command ends with Le = 00, EXTERNAL AUTHENTICATE too; otherwise
    those do that had an Le before. ``initialize_le``: so does INITIALIZE UPDATE.
    """

    block_for_nothing: bool = False
    always_le: bool = False
    initialize_le: bool = True


@dataclass
class Script:
    """A program at a card; ``size`` is 8 or 16, as the card's SCP03 mode."""

    transmit: Callable[[bytes], bytes]
    manners: Manners
    keys: Keys = field(default_factory=Keys)
    size: int = 8
    level: int = 0

    def plain(self, command: str) -> Answer:
        """Send a command as it is; an open session is forgotten."""
        self.level = 0
        return self._exchange(bytes.fromhex(command))

    def initialize(self, version: int) -> Answer:
        """Send INITIALIZE UPDATE and derive the session keys from its answer."""
        self.level = 0
        challenge = secrets.token_bytes(self.size)
        le = b"\x00" if self.manners.initialize_le else b""
        head = bytes((0x80, 0x50, version, 0, self.size))
        data, sw = self._exchange(head + challenge + le)
        if sw == 0x9000:
            self._context = challenge + data[13 : 13 + self.size]
            self._cryptogram = data[13 + self.size : 13 + 2 * self.size]
            bits = 8 * len(self.keys.enc)
            self._enc = derive(self.keys.enc, 4, self._context, bits)
            self._mac = derive(self.keys.mac, 6, self._context, bits)
            self._rmac = derive(self.keys.mac, 7, self._context, bits)
        return data, sw

    def authenticate(self, level: int) -> int:
        """Check the card's cryptogram, send EXTERNAL AUTHENTICATE, return its status word."""
        bits = 8 * self.size
        assert self._cryptogram == derive(self._mac, 0, self._context, bits), "other keys"
        cryptogram = derive(self._mac, 1, self._context, bits)
        head = bytes((0x84, 0x82, level, 0, 2 * self.size))
        self._chain = cmac(self._mac, bytes(16) + head + cryptogram)
        le = b"\x00" if self.manners.always_le else b""
        data, sw = self._exchange(head + cryptogram + self._chain[: self.size] + le)
        assert data == b""
        if sw == 0x9000:
            self.level, self._counter = level, 0
        return sw

    def open(self, version: int, level: int) -> None:
        """Open a session and expect to succeed."""
        _, sw = self.initialize(version)
        assert sw == 0x9000, f"{sw:04X}"
        assert self.authenticate(level) == 0x9000

    def send(self, command: str | bytes) -> Answer:
        """Send a plain command through the session."""
        raw = bytes.fromhex(command) if isinstance(command, str) else command
        head, body = raw[:4], raw[4:]
        length = body[0] if len(body) > 1 else 0
        data, le = body[1 : 1 + length], body[1 + length :] if length else body
        self._counter += 1
        if self.level & 2 and (data or self.manners.block_for_nothing):
            icv = aes_cbc(self._enc, bytes(16), self._counter.to_bytes(16, "big"))
            data = aes_cbc(self._enc, icv, pad(data))
        head = bytes((head[0] | 4, *head[1:], len(data) + self.size))
        self._chain = cmac(self._mac, self._chain + head + data)
        ending = b"\x00" if le or self.manners.always_le else b""
        assert len(data) + self.size < 256, "the program could not send this"
        return self._unwrap(self._exchange(head + data + self._chain[: self.size] + ending))

    def _unwrap(self, answer: Answer) -> Answer:
        data, sw = answer
        if sw != 0x9000 and sw >> 8 not in (0x62, 0x63):
            assert data == b"", "an error with data"
            return answer
        if self.level & 0x10:
            data, mac = data[: -self.size], data[-self.size :]
            wanted = cmac(self._rmac, self._chain + data + sw.to_bytes(2, "big"))
            assert mac == wanted[: self.size], "a wrong R-MAC"
        if data and self.level & 0x20:
            icv = aes_cbc(self._enc, bytes(16), b"\x80" + self._counter.to_bytes(15, "big"))
            data, padding, _ = aes_cbc_decrypt(self._enc, icv, data).rpartition(b"\x80")
            assert padding
        return data, sw

    def _exchange(self, command: bytes) -> Answer:
        answer = self.transmit(command)
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def key_data(self, version: int, keys: Keys, *, inner_length: bool) -> bytes:
        """Return the data of PUT KEY: three keys under the DEK, each with its check value."""
        return bytes((version,)) + b"".join(
            self.key_block(key, inner_length=inner_length) for key in (keys.enc, keys.mac, keys.dek)
        )

    def key_block(self, key: bytes, *, inner_length: bool) -> bytes:
        """Return one key as PUT KEY wants it; 24-byte keys are padded and need the length."""
        encrypted = aes_cbc(self.keys.dek, bytes(16), key + bytes(-len(key) % 16))
        if inner_length or len(key) % 16:
            encrypted = bytes((len(key),)) + encrypted
        return bytes((0x88, len(encrypted))) + encrypted + b"\x03" + check_value(key)


def check_value(key: bytes) -> bytes:
    """Return the check value of an AES key: 16 bytes 01 under it, first three bytes."""
    return aes_cbc(key, bytes(16), b"\x01" * 16)[:3]


def apdu(head: str, data: bytes, le: str = "") -> bytes:
    """Return a command of its first four bytes, its data and an Le."""
    return bytes.fromhex(head) + bytes((len(data),)) + data + bytes.fromhex(le)


def lv(*values: bytes) -> bytes:
    """Return values, each behind its length."""
    return b"".join(bytes((len(value),)) + value for value in values)


@dataclass(frozen=True)
class Tlv:
    """One BER-TLV data object."""

    tag: int
    value: bytes

    def __getitem__(self, tag: int) -> "Tlv":
        """Return the first object with this tag in the template."""
        return next(each for each in self.all() if each.tag == tag)

    def all(self, tag: int | None = None) -> "list[Tlv]":
        """Return the objects in the template, all or those with one tag."""
        return [each for each in read_tlvs(self.value) if tag in (None, each.tag)]


def read_tlvs(data: bytes) -> Iterator[Tlv]:
    """Read data objects one after the other; fails where bytes are missing."""
    while data:
        size = 2 if data[0] & 0x1F == 0x1F else 1
        tag, data = int.from_bytes(data[:size], "big"), data[size:]
        size = 1 + (data[0] & 0x7F if data[0] & 0x80 else 0)
        length, data = int.from_bytes(data[1:size] or data[:1], "big"), data[size:]
        assert len(data) >= length, "cut short"
        yield Tlv(tag, data[:length])
        data = data[length:]


def load_file(package: bytes, module: bytes, bulk: int = 0) -> bytes:
    """Return the components of a small CAP file, Method as long as ``bulk`` wants it.

    Order and layout: Java Card Virtual Machine Specification 3.0.5, 6.2.
    """
    header = bytes.fromhex("DECAFFED 0102 04 0001".replace(" ", "")) + lv(package)
    applet = b"\x01" + lv(module) + b"\x00\x00"
    parts = ((1, header), (3, applet), (7, bytes(bulk)))
    return b"".join(bytes((tag,)) + len(part).to_bytes(2, "big") + part for tag, part in parts)
