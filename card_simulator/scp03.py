"""The card's side of SCP03 (GlobalPlatform Card Specification, Amendment D 1.1.2 and 1.2).

AES-128, -192 and -256; S8 and S16 (challenges, cryptograms and MACs of 8 or 16 bytes). Values only:
`Handshake` is made by INITIALIZE UPDATE, becomes a `Session` by EXTERNAL AUTHENTICATE; `Session`
keeps the MAC chain and the encryption counter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag
from hmac import compare_digest

from card_simulator.apdu import SECURE, SW, Answer, Command, StatusError
from host_lib.primitives import AesContext, kdf_counter_cmac, pad80, unpad80

KEY_LENGTHS = (16, 24, 32)

LAST_COUNT = (1 << 120) - 1
"""Highest value of the encryption counter: the first byte of its block tells the direction."""


class Level(IntFlag):
    """Security level bits (P1 of EXTERNAL AUTHENTICATE)."""

    C_MAC = 0x01
    C_ENC = 0x02
    R_MAC = 0x10
    R_ENC = 0x20


@dataclass(frozen=True, slots=True)
class StaticKeys:
    """The keys of a key set, all 16, 24 or 32 bytes; ``repr`` shows none of them.

    A terminal role has no DEK: nothing that it sends is a secret of its own.
    """

    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    dek: bytes = field(repr=False, default=b"")

    @classmethod
    def split(cls, joined: bytes) -> StaticKeys:
        """Cut ENC, MAC and DEK out of their concatenation."""
        size = len(joined) // 3
        return cls(joined[:size], joined[size : 2 * size], joined[2 * size :])

    def joined(self) -> bytes:
        """Return ENC, MAC and DEK in this order."""
        return self.enc + self.mac + self.dek


_CARD_CRYPTOGRAM, _HOST_CRYPTOGRAM, _CARD_CHALLENGE = 0x00, 0x01, 0x02
_S_ENC, _S_MAC, _S_RMAC = 0x04, 0x06, 0x07


def _derive(key: AesContext, constant: int, context: bytes, length: int) -> bytes:
    """Derive ``length`` bytes (Amendment D, 4.1.5): label, separator, output bits, i, context."""
    before = bytes(11) + bytes((constant, 0x00)) + (length * 8).to_bytes(2, "big")
    return kdf_counter_cmac(key, length, before=before, after=context)


def pseudo_random_challenge(enc: bytes, sequence: bytes, invoker: bytes, length: int) -> bytes:
    """Return a card challenge of ``length`` bytes that the host can compute too.

    Derived under the static Key-ENC from the key set's sequence counter (3 bytes) and the AID of
    the application that the session is opened with (Amendment D, 6.2.2.1).
    """
    return _derive(AesContext(enc), _CARD_CHALLENGE, sequence + invoker, length)


class Handshake:
    """A session between INITIALIZE UPDATE and EXTERNAL AUTHENTICATE.

    ``keys`` are the static keys of the chosen key set; the challenges have the same length, 8 or 16
    bytes, which is then that of cryptograms and MACs. ``last_count`` is the highest value of the
    encryption counter.
    """

    def __init__(
        self,
        keys: StaticKeys,
        host_challenge: bytes,
        card_challenge: bytes,
        last_count: int = LAST_COUNT,
    ) -> None:
        context = host_challenge + card_challenge
        self._size = len(card_challenge)
        self._last_count = last_count
        size = len(keys.enc)
        enc, mac = AesContext(keys.enc), AesContext(keys.mac)
        self._dek = keys.dek
        self._enc = AesContext(_derive(enc, _S_ENC, context, size))
        self._mac = AesContext(_derive(mac, _S_MAC, context, size))
        self._rmac = AesContext(_derive(mac, _S_RMAC, context, size))
        self.card_challenge = card_challenge
        self.card_cryptogram = _derive(self._mac, _CARD_CRYPTOGRAM, context, self._size)
        self._host_cryptogram = _derive(self._mac, _HOST_CRYPTOGRAM, context, self._size)

    def authenticate(self, command: Command) -> Session:
        """Check an EXTERNAL AUTHENTICATE whose P1 is right, and open the session.

        Raises `StatusError` 6700 unless the data is a cryptogram and a MAC, 6300 for a wrong host
        cryptogram, then 6982 for a wrong C-MAC.
        """
        if len(command.data) != 2 * self._size:
            raise StatusError(SW.WRONG_LENGTH)
        cryptogram, mac = command.data[: self._size], command.data[self._size :]
        if not compare_digest(cryptogram, self._host_cryptogram):
            raise StatusError(SW.AUTHENTICATION_FAILED)
        chain = self._mac.cmac(bytes(16), command.header, bytes((len(command.data),)), cryptogram)
        if not compare_digest(mac, chain[: self._size]):
            raise StatusError(SW.SECURITY_NOT_SATISFIED)
        level, last = Level(command.p1), self._last_count
        return Session(level, self._enc, self._mac, self._rmac, self._dek, chain, self._size, last)


class Session:
    """An authenticated session: checks and opens commands, protects responses.

    ``size`` is the length of its MACs, 8 or 16 bytes. ``last_count`` is the highest value of the
    encryption counter; the command that would lead beyond it ends the session.
    """

    def __init__(
        self,
        level: Level,
        enc: AesContext,
        mac: AesContext,
        rmac: AesContext,
        dek: bytes,
        chain: bytes,
        size: int = 8,
        last_count: int = LAST_COUNT,
    ) -> None:
        self.level = level
        self._enc, self._mac, self._rmac = enc, mac, rmac
        self._dek = dek
        self._chain = chain
        self._size = size
        self._last_count = last_count
        self._counter = 0

    def unwrap(self, command: Command) -> Command:
        """Return the command as the host meant it.

        Raises `StatusError` 6982 for a command without secure messaging, a wrong C-MAC, wrong
        padding, or one more than the encryption counter can count; the caller then ends the
        session. The counter advances with every command: one without data may come with nothing
        to decrypt or with one block of padding.
        """
        if not command.secure or len(command.data) < self._size:
            raise StatusError(SW.SECURITY_NOT_SATISFIED)
        if self._counter >= self._last_count:
            raise StatusError(SW.SECURITY_NOT_SATISFIED)
        data, mac = command.data[: -self._size], command.data[-self._size :]
        # The MAC is over the class of the basic channel, whatever channel carried it.
        header = bytes((command.cla & 0x80 | SECURE, *command.header[1:], len(command.data)))
        chain = self._mac.cmac(self._chain, header, data)
        if not compare_digest(mac, chain[: self._size]):
            raise StatusError(SW.SECURITY_NOT_SATISFIED)
        self._chain = chain
        self._counter += 1
        if data and self.level & Level.C_ENC:
            data = self._decrypt(data)
        return command.plain(data)

    def wrap(self, answer: Answer) -> bytes:
        """Return the answer as it leaves the card: 9000, 62xx and 63xx protected, errors bare."""
        if not is_protected(answer.sw):
            return answer.sw.to_bytes(2, "big")
        data, sw = answer.data, answer.sw.to_bytes(2, "big")
        if data and self.level & Level.R_ENC:
            data = self._enc.cbc_encrypt(self._icv(0x80), pad80(data))
        if self.level & Level.R_MAC:
            data += self._rmac.cmac(self._chain, data, sw)[: self._size]
        return data + sw

    def decrypt_data(self, data: bytes) -> bytes:
        """Decrypt whole blocks under the static DEK, with a zero ICV (Amendment D, 6.2.8).

        Raises `StatusError` 6982 in a session whose keys have no DEK, 6A80 when ``data`` is not
        whole blocks.
        """
        if not self._dek:
            raise StatusError(SW.SECURITY_NOT_SATISFIED)
        if not data or len(data) % 16:
            raise StatusError(SW.WRONG_DATA)
        return AesContext(self._dek).cbc_decrypt(bytes(16), data)

    def _decrypt(self, data: bytes) -> bytes:
        if len(data) % 16:
            raise StatusError(SW.SECURITY_NOT_SATISFIED)
        try:
            return unpad80(self._enc.cbc_decrypt(self._icv(0x00), data))
        except ValueError as error:
            raise StatusError(SW.SECURITY_NOT_SATISFIED) from error

    def _icv(self, first: int) -> bytes:
        """Return the ICV of this command (first byte 00) or of its response (80)."""
        return self._enc.encrypt_block(bytes((first,)) + self._counter.to_bytes(15, "big"))


def is_protected(sw: int) -> bool:
    """Whether an answer with this status word carries data and R-MAC (Amendment D, 6.2.5)."""
    return sw == SW.OK or sw >> 8 in (0x62, 0x63)
