"""A terminal for these tests: raw bytes to a card and its own SCP03, so that the card is not
judged by the host library that was written beside it.

Only the cipher itself comes from elsewhere (cryptography).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from applet_spec import spec

TEST_KEY = bytes(range(0x40, 0x50))
ISD = bytes.fromhex("A000000151000000")
AIDS = spec().aids
PIN = bytes.fromhex("241234FFFFFFFFFF")
NEW_PIN = bytes.fromhex("2556789FFFFFFFFF")
WRONG_PIN = bytes.fromhex("249999FFFFFFFFFF")
CARD_SERIAL = bytes.fromhex("1112131415161718")
ANCHOR = bytes.fromhex("9818010000000012") + b"BATCH-01" + CARD_SERIAL
CARDHOLDER = (
    bytes.fromhex("5F2008") + "أحمد".encode() + bytes.fromhex("5F2B0419900131DF410729001310101234")
)
VALIDITY = bytes.fromhex("2026010120301231")
FLAGS = bytes(9)
EXEMPT_FLAGS = b"\x01" + bytes(8)
RECEIPT_KEY_VERSION = 3
RECEIPT_KEY = bytes(range(0x60, 0x80, 2))
CERTIFICATE = bytes.fromhex("3082014C") + bytes(range(256)) + bytes(76)
FINGER = b"\x02" + bytes(range(60))


def aes_cbc(key: bytes, iv: bytes, data: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def aes_cbc_decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def cmac(key: bytes, data: bytes) -> bytes:
    mac = CMAC(algorithms.AES(key))
    mac.update(data)
    return mac.finalize()


def pad(data: bytes) -> bytes:
    return data + b"\x80" + bytes(-(len(data) + 1) % 16)


def derive(key: bytes, constant: int, context: bytes, bits: int) -> bytes:
    head = bytes(11) + bytes([constant, 0]) + bits.to_bytes(2, "big")
    blocks = cmac(key, head + b"\x01" + context) + cmac(key, head + b"\x02" + context)
    return blocks[: bits // 8]


def apdu(cla: int, ins: int, p1: int, p2: int, data: bytes = b"", le: bytes = b"") -> bytes:
    return bytes([cla, ins, p1, p2]) + (bytes([len(data)]) + data if data else b"") + le


@dataclass
class Keys:
    enc: bytes = TEST_KEY
    mac: bytes = TEST_KEY
    dek: bytes = TEST_KEY


class SessionEndedError(AssertionError):
    """An answer that a host must not believe."""


@dataclass
class Terminal:
    """Sends commands; after `authenticate` every command goes through the session.

    ``size`` is the length of challenges, cryptograms and MACs: 8, or 16 with a card in S16 mode.
    With ``pad_empty`` a command without data goes out as one block of padding under C-ENC.
    """

    transmit: Callable[[bytes], bytes]
    level: int = 0
    keys: Keys = field(default_factory=Keys)
    size: int = 8
    pad_empty: bool = False

    def raw(self, command: str | bytes) -> tuple[bytes, int]:
        """Send these bytes as they are."""
        answer = self.transmit(bytes.fromhex(command) if isinstance(command, str) else command)
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def select(self, aid: bytes) -> tuple[bytes, int]:
        self.level = 0
        return self.raw(apdu(0, 0xA4, 4, 0, aid, b"\x00"))

    def initialize(self, kvn: int = 0, challenge: bytes = b"", le: bytes = b"\x00") -> bytes:
        self.level = 0
        challenge = challenge or bytes(range(self.size))
        data, sw = self.raw(apdu(0x80, 0x50, kvn, 0, challenge, le))
        assert sw == 0x9000, f"{sw:04X}"
        context = challenge + data[13 : 13 + self.size]
        bits = len(self.keys.enc) * 8
        self.s_enc = derive(self.keys.enc, 4, context, bits)
        self.s_mac = derive(self.keys.mac, 6, context, bits)
        self.s_rmac = derive(self.keys.mac, 7, context, bits)
        self.context = context
        return data

    def host_cryptogram(self) -> bytes:
        return derive(self.s_mac, 1, self.context, 8 * self.size)

    def external_authenticate(self, level: int = 0x33, spoil: int | None = None) -> int:
        head = bytes([0x84, 0x82, level, 0, 2 * self.size])
        self.chain = cmac(self.s_mac, bytes(16) + head + self.host_cryptogram())
        body = bytearray(self.host_cryptogram() + self.chain[: self.size])
        if spoil is not None:
            body[spoil] ^= 1
        data, sw = self.raw(head + bytes(body))
        assert data == b""
        if sw == 0x9000:
            self.level, self.counter = level, 0
        return sw

    def authenticate(self, kvn: int = 0, level: int = 0x33) -> None:
        data = self.initialize(kvn)
        card_cryptogram = derive(self.s_mac, 0, self.context, 8 * self.size)
        assert data[13 + self.size : 13 + 2 * self.size] == card_cryptogram
        assert self.external_authenticate(level) == 0x9000

    def wrap(self, cla: int, ins: int, p1: int, p2: int, data: bytes = b"") -> bytes:
        """Return the protected command, Le = 00; counts as sent."""
        self.counter += 1
        if (data or self.pad_empty) and self.level & 2:
            icv = aes_cbc(self.s_enc, bytes(16), self.counter.to_bytes(16, "big"))
            data = aes_cbc(self.s_enc, icv, pad(data))
        head = bytes([cla | 4, ins, p1, p2, len(data) + self.size])
        self.chain = cmac(self.s_mac, self.chain + head + data)
        return head + data + self.chain[: self.size] + b"\x00"

    def unwrap(self, answer: bytes) -> tuple[bytes, int]:
        data, sw = answer[:-2], answer[-2:]
        if sw != b"\x90\x00" and sw[0] not in (0x62, 0x63):
            if data:
                raise SessionEndedError("an error with data")
            return b"", int.from_bytes(sw, "big")
        if self.level & 0x10:
            data, mac = data[: -self.size], data[-self.size :]
            if mac != cmac(self.s_rmac, self.chain + data + sw)[: self.size]:
                raise SessionEndedError("an answer without its R-MAC")
        if data and self.level & 0x20:
            first = b"\x80" + self.counter.to_bytes(15, "big")
            icv = aes_cbc(self.s_enc, bytes(16), first)
            data = aes_cbc_decrypt(self.s_enc, icv, data).rstrip(b"\x00")
            assert data[-1:] == b"\x80"
            data = data[:-1]
        return data, int.from_bytes(sw, "big")

    def send(self, cla: int, ins: int, p1: int, p2: int, data: bytes = b"") -> tuple[bytes, int]:
        """Send a command, protected if a session is open."""
        if not self.level:
            return self.raw(apdu(cla, ins, p1, p2, data))
        return self.unwrap(self.transmit(self.wrap(cla, ins, p1, p2, data)))

    def sw(self, cla: int, ins: int, p1: int, p2: int, data: bytes = b"") -> int:
        return self.send(cla, ins, p1, p2, data)[1]

    # What a bureau does

    def put_key(self, kvn: int, keys: Keys, replaces: int = 0) -> tuple[bytes, int]:
        return self.send(0x80, 0xD8, replaces, 0x81, self.key_data(kvn, keys))

    def key_data(self, kvn: int, keys: Keys, *, inner_length: bool = True) -> bytes:
        blocks = b""
        for key in (keys.enc, keys.mac, keys.dek):
            body = aes_cbc(self.keys.dek, bytes(16), key + bytes(-len(key) % 16))
            body = bytes([len(key)]) + body if inner_length else body
            check = aes_cbc(key, bytes(16), b"\x01" * 16)[:3]
            blocks += bytes([0x88, len(body)]) + body + b"\x03" + check
        return bytes([kvn]) + blocks

    def role_key_data(self, kvn: int, keys: Keys, master: int) -> bytes:
        """Return the data of PUT KEY to the application: ENC, MAC and master version."""
        blocks = b"".join(self.role_key_block(key) for key in (keys.enc, keys.mac))
        return bytes([kvn]) + blocks + bytes([master])

    def role_key_block(self, key: bytes) -> bytes:
        body = b"\x10" + aes_cbc(self.keys.dek, bytes(16), key)
        return b"\x88\x11" + body + b"\x03" + aes_cbc(key, bytes(16), b"\x01" * 16)[:3]

    def put_role_key(self, kvn: int, keys: Keys, master: int) -> tuple[bytes, int]:
        return self.send(0x80, 0xD8, 0x00, 0x81, self.role_key_data(kvn, keys, master))

    def install(self, aid: bytes = AIDS.instance) -> int:
        return self.sw(0x80, 0xE6, 0x0C, 0, install_data(aid))

    def secret(self, tag: int, secret: bytes) -> bytes:
        """Return a DGI whose content is encrypted under the DEK."""
        check = hashlib.sha256(tag.to_bytes(2, "big") + secret).digest()[:4]
        return dgi(tag, aes_cbc(self.keys.dek, bytes(16), pad(secret + check)))

    def store(self, stream: bytes, size: int = 200, last: bool = True) -> list[int]:
        """Send a stream in blocks until one is refused, and return the status words."""
        parts = [stream[at : at + size] for at in range(0, len(stream), size)]
        words = []
        for block, part in enumerate(parts):
            p1 = 0x88 if last and block == len(parts) - 1 else 0x08
            words.append(self.sw(0x80, 0xE2, p1, block, part))
            if words[-1] != 0x9000:
                break
        return words


def role_keys(kvn: int) -> Keys:
    """Return the keys of a role's slot in these tests."""
    return Keys(bytes([kvn]) * 16, bytes([kvn ^ 0xFF]) * 16, b"")


def lv(value: bytes) -> bytes:
    return bytes([len(value)]) + value


def install_data(aid: bytes, package: bytes = AIDS.package, module: bytes = AIDS.module) -> bytes:
    return lv(package) + lv(module) + lv(aid) + b"\x01\x00" + b"\x02\xc9\x00" + b"\x00"


def dgi(tag: int, content: bytes) -> bytes:
    length = len(content)
    size = bytes([length]) if length < 255 else b"\xff" + length.to_bytes(2, "big")
    return tag.to_bytes(2, "big") + size + content


def receipt_key_dgi(
    terminal: Terminal, version: int = RECEIPT_KEY_VERSION, key: bytes = RECEIPT_KEY
) -> bytes:
    """Return the DGI of a receipt key, encrypted under the terminal's DEK."""
    return terminal.secret(0x8401, bytes([version]) + key)


def stream(
    terminal: Terminal, flags: bytes = FLAGS, finger: bytes = FINGER, services: bytes = b""
) -> bytes:
    """Return all DGIs of a card; ``services`` are those of its service records."""
    return (
        dgi(0x0101, ANCHOR)
        + dgi(0x0102, CARDHOLDER)
        + dgi(0x0103, VALIDITY)
        + dgi(0x0104, flags)
        + dgi(0x0201, CERTIFICATE)
        + (dgi(0x0301, finger) if finger else b"")
        + services
        + receipt_key_dgi(terminal)
        + terminal.secret(0x8010, PIN)
    )
