"""An open SCP03 session: protects commands, checks and opens responses (GPC Amendment D, 6.2).

Free of I/O. Lengths in bytes.
"""

import hmac
from collections.abc import Generator
from enum import IntEnum
from typing import TypeVar

from host_lib.apdu import MAX_SHORT_DATA, MAX_SHORT_NE, Apdu, Response
from host_lib.errors import ChannelClosed, SecureMessagingError
from host_lib.layer import layered
from host_lib.primitives import BLOCK, AesContext, pad80, unpad80
from host_lib.secret import AesKey

Y = TypeVar("Y")
S = TypeVar("S")
R = TypeVar("R")

_SECURE_MESSAGING = 0x04
_CHANNEL_BITS = 0x03
_SUCCESS = 0x9000
_WARNINGS = (0x62, 0x63)
_SESSION_ENDED = (0x6982, 0x6988)


class SecurityLevel(IntEnum):
    """Security levels of SCP03: what protects commands (C-) and responses (R-)."""

    C_MAC = 0x01
    C_ENC = 0x03
    C_MAC_R_MAC = 0x11
    C_ENC_R_MAC = 0x13
    C_ENC_R_ENC = 0x33

    @property
    def encrypts_commands(self) -> bool:
        """Whether command data is encrypted."""
        return bool(self & 0x02)

    @property
    def authenticates_responses(self) -> bool:
        """Whether responses carry a MAC."""
        return bool(self & 0x10)

    @property
    def encrypts_responses(self) -> bool:
        """Whether response data is encrypted."""
        return bool(self & 0x20)


class SecureChannel:
    """The host's end of an open session: one command out, its response in, in turn.

    Once a response fails its check, the card has ended the session or an exchange was cut off, the
    channel is closed for good and `wrap` refuses. Not for use by several threads at once.
    """

    def __init__(
        self, enc: AesKey, mac: AesKey, rmac: AesKey, level: SecurityLevel, mac_length: int
    ) -> None:
        self.level = level
        self.mac_length = mac_length
        self._enc = AesContext(enc.reveal())
        self._mac = AesContext(mac.reveal())
        self._rmac = AesContext(rmac.reveal())
        self._chaining = bytes(BLOCK)
        self._counter = 0
        self._closed_by = ""
        # Looked up once: they are asked for twice in each exchange.
        self._c_enc = level.encrypts_commands
        self._r_mac = level.authenticates_responses
        self._r_enc = level.encrypts_responses

    @property
    def is_open(self) -> bool:
        """Whether another command can be protected."""
        return not self._closed_by

    @property
    def max_data(self) -> int:
        """How many bytes of plain data one short command can carry."""
        room = MAX_SHORT_DATA - self.mac_length
        return room // BLOCK * BLOCK - 1 if self._c_enc else room

    def close(self, why: str) -> None:
        """Protect nothing any more; ``why`` is what a later `wrap` says."""
        self._closed_by = self._closed_by or why

    def external_authenticate(self, host_cryptogram: bytes) -> Apdu:
        """Return EXTERNAL AUTHENTICATE, the command whose MAC starts the chain; never encrypted."""
        data = self._signed(0x84, 0x82, self.level, 0x00, host_cryptogram)
        return Apdu(0x84, 0x82, self.level, 0x00, data, label="EXTERNAL AUTHENTICATE")

    def wrap(self, apdu: Apdu) -> Apdu:
        """Return the protected command; with R-MAC it asks for response data (Le = 00) unless bare.

        Raises ChannelClosed on a closed channel and ValueError for more than `max_data` bytes,
        both before anything has moved.
        """
        if self._closed_by:
            raise ChannelClosed(f"the secure channel is closed: {self._closed_by}")
        data = apdu.data
        if len(data) > self.max_data:
            raise ValueError(f"{len(data)} bytes do not fit one command, {self.max_data} would")
        # The counter counts commands, also those without data (6.2.6).
        self._counter += 1
        secret = apdu.secret
        if self._c_enc and data:
            icv = self._enc.encrypt_block(self._counter.to_bytes(BLOCK, "big"))
            data = self._enc.cbc_encrypt(icv, pad80(data))
            secret = ()
        cla = apdu.cla | _SECURE_MESSAGING
        data = self._signed(cla, apdu.ins, apdu.p1, apdu.p2, data)
        ne = MAX_SHORT_NE if self._r_mac and not apdu.bare else apdu.ne
        return Apdu(cla, apdu.ins, apdu.p1, apdu.p2, data, ne, apdu.label, secret, plain=apdu)

    def unwrap(self, response: Response) -> Response:
        """Check and open the response to the command wrapped last.

        An error status word carries no MAC, so its data is dropped. Raises SecureMessagingError,
        and closes the channel, where 9000, 62xx or 63xx comes without a valid MAC.
        """
        sw = response.sw
        if sw != _SUCCESS and sw >> 8 not in _WARNINGS:
            if sw in _SESSION_ENDED:
                self.close(f"the card ended the session with {sw:04X}")
            return Response(b"", sw)
        if not self._r_mac:
            return response
        data = self._verified(response)
        if self._r_enc and data:
            data = self._decrypted(data)
        return Response(data, sw)

    def exchange(self, apdu: Apdu) -> Generator[Apdu, Response, Response]:
        """Yield the protected command and return its opened response."""
        protected = self.wrap(apdu)
        try:
            response = yield protected
        except BaseException:
            self.close("a command was cut off, and the card may or may not have received it")
            raise
        return self.unwrap(response)

    def _signed(self, cla: int, ins: int, p1: int, p2: int, data: bytes) -> bytes:
        """Return the data with its MAC, over a header as on logical channel 0 (6.2.4)."""
        header = bytes((cla & ~_CHANNEL_BITS, ins, p1, p2, len(data) + self.mac_length))
        self._chaining = self._mac.cmac(self._chaining, header, data)
        return data + self._chaining[: self.mac_length]

    def _verified(self, response: Response) -> bytes:
        """Return the response data without its MAC (6.2.5)."""
        if len(response.data) < self.mac_length:
            raise self._attacked(response.sw, "carries no MAC")
        data, mac = response.data[: -self.mac_length], response.data[-self.mac_length :]
        expected = self._rmac.cmac(self._chaining, data, response.sw.to_bytes(2, "big"))
        if not hmac.compare_digest(mac, expected[: self.mac_length]):
            raise self._attacked(response.sw, "carries a wrong MAC")
        return data

    def _decrypted(self, data: bytes) -> bytes:
        """Return the plain response data (6.2.7)."""
        icv = self._enc.encrypt_block(b"\x80" + self._counter.to_bytes(BLOCK - 1, "big"))
        try:
            return unpad80(self._enc.cbc_decrypt(icv, data))
        except ValueError as error:
            self.close("a response could not be decrypted")
            raise SecureMessagingError(
                f"the response has a right MAC but cannot be decrypted: {error}"
            ) from error

    def _attacked(self, sw: int, what: str) -> SecureMessagingError:
        self.close(f"an answer {sw:04X} in it {what}")
        return SecureMessagingError(f"the answer {sw:04X} {what}, as an attacker's would")

    def __repr__(self) -> str:
        state = "open" if self.is_open else f"closed: {self._closed_by}"
        return f"SecureChannel(level {self.level:02X}, {self._counter} commands, {state})"


def secured(channel: SecureChannel, flow: Generator[Y, S, R]) -> Generator[Y | Apdu, S, R]:
    """Run a flow inside a session: each command that it yields is protected by the channel."""
    return layered(flow, channel.exchange)
