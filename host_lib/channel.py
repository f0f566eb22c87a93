"""An open SCP03 session: protects commands, checks and opens responses (GPC Amendment D, 6.2).

Free of I/O. Lengths in bytes.
"""

import hmac
from collections.abc import Generator
from enum import IntEnum
from typing import TypeVar

from applet_spec import Changed
from host_lib.apdu import MAX_EXTENDED_NE, MAX_SHORT_DATA, MAX_SHORT_NE, Apdu, Response
from host_lib.errors import ChannelClosed, CounterExhausted, MiscountError, SecureMessagingError
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
_SESSION_ENDED = 0x6988
_RESPONSE_BIT = b"\x80"
_NEAR = (-1, 1, -2, 2, -3, 3, -4, 4)
"""How far off a card's counter is looked for once a response cannot be decrypted."""

MOST_COMMANDS = (1 << 120) - 1
"""The last value of the encryption counter: its 16th byte says command or response (6.2.7)."""


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

    ``level`` is what the session protects, ``mac_length`` 8 in S8 and 16 in S16. ``max_lc`` is how
    many bytes of data a protected command may have on the wire; more than 255 makes it one of
    extended length, which the card must take. ``max_data`` is how many bytes of plain data that
    leaves, ``most`` how many commands the session can have (None: as its counter can count). Once a
    response fails its check, the card has ended the session or an exchange was cut off, the channel
    is closed for good and `wrap` refuses. Not for use by several threads at once.
    """

    def __init__(
        self,
        enc: AesKey,
        mac: AesKey,
        rmac: AesKey,
        level: SecurityLevel,
        mac_length: int,
        max_lc: int = MAX_SHORT_DATA,
        most: int | None = None,
    ) -> None:
        self.level = level
        self.mac_length = mac_length
        # Looked up once: they are asked for in each exchange.
        self._c_enc = level.encrypts_commands
        self._r_mac = level.authenticates_responses
        self._r_enc = level.encrypts_responses
        room = max_lc - mac_length
        self.max_data = room // BLOCK * BLOCK - 1 if self._c_enc else room
        self._takes_extended = max_lc > MAX_SHORT_DATA
        self._enc = AesContext(enc.reveal())
        self._mac = AesContext(mac.reveal())
        self._rmac = AesContext(rmac.reveal())
        self._chaining = bytes(BLOCK)
        self._counter = 0
        self._most = MOST_COMMANDS if most is None else most
        self._closed_by = ""

    @property
    def is_open(self) -> bool:
        """Whether another command can be protected."""
        return not self._closed_by

    def close(self, why: str) -> None:
        """Protect nothing any more; ``why`` is what a later `wrap` says."""
        self._closed_by = self._closed_by or why

    def external_authenticate(self, host_cryptogram: bytes) -> Apdu:
        """Return EXTERNAL AUTHENTICATE, the command whose MAC starts the chain; never encrypted."""
        header = bytes((0x84, 0x82, self.level, 0x00))
        data = self._signed(header, host_cryptogram, extended=False)
        return Apdu(0x84, 0x82, self.level, 0x00, data, label="EXTERNAL AUTHENTICATE")

    def wrap(self, apdu: Apdu) -> Apdu:
        """Return the protected command; with R-MAC it asks for response data (Le = 00) unless bare.

        Raises ChannelClosed on a closed channel, CounterExhausted at the end of the counter and
        ValueError for more than `max_data` bytes, all before anything has moved.
        """
        data, secret, ne = apdu.data, apdu.secret, apdu.ne
        size = len(data)
        if self._closed_by:
            raise ChannelClosed(f"the secure channel is closed: {self._closed_by}")
        if size > self.max_data:
            raise ValueError(f"{size} bytes do not fit one command, {self.max_data} would")
        # The counter counts commands, also those without data (6.2.6).
        self._counter = counter = self._next()
        if size and self._c_enc:
            data = self._enc.cbc_encrypt_nonce(counter.to_bytes(BLOCK, "big"), pad80(data))
            secret = ()
        extended = self._takes_extended and (
            len(data) + self.mac_length > MAX_SHORT_DATA or ne > MAX_SHORT_NE
        )
        if self._r_mac and not apdu.bare:
            ne = MAX_EXTENDED_NE
        if not extended:
            ne = min(ne, MAX_SHORT_NE)
        cla, ins, p1, p2 = apdu.cla | _SECURE_MESSAGING, apdu.ins, apdu.p1, apdu.p2
        # The MAC is over a header as on logical channel 0 (6.2.4).
        data = self._signed(bytes((cla & ~_CHANNEL_BITS, ins, p1, p2)), data, extended=extended)
        return Apdu(
            cla, ins, p1, p2, data, ne, apdu.label, secret, plain=apdu, timeout=apdu.timeout
        )

    def unwrap(self, response: Response) -> Response:
        """Check and open the response to the command wrapped last.

        An error status word carries no MAC, so its data is dropped, and it closes nothing but for
        6988: 6982 may be about secure messaging, which ends the card's session, or about the
        command, after which it goes on. The next answer shows it, by its MAC. Raises
        SecureMessagingError, and closes the channel, where 9000, 62xx or 63xx comes without a valid
        MAC; MiscountError where only the encryption is wrong.
        """
        sw = response.sw
        if sw != _SUCCESS and sw >> 8 not in _WARNINGS:
            if sw == _SESSION_ENDED:
                self.close(f"the card ended the session with {sw:04X}")
            return Response(b"", sw)
        if not self._r_mac:
            return response
        data = self._verified(response)
        if data and self._r_enc:
            data = self._decrypted(data, sw)
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

    def _next(self) -> int:
        if self._counter >= self._most:
            self.close("its encryption counter is at its end")
            raise CounterExhausted("the session has protected as many commands as it can")
        return self._counter + 1

    def _signed(self, header: bytes, data: bytes, *, extended: bool) -> bytes:
        """Return the data with its MAC; Lc has the form that it will have on the wire (6.2.4)."""
        lc = len(data) + self.mac_length
        length = b"\x00" + lc.to_bytes(2, "big") if extended else lc.to_bytes(1, "big")
        self._chaining = self._mac.cmac(self._chaining + header + length + data)
        return data + self._chaining[: self.mac_length]

    def _verified(self, response: Response) -> bytes:
        """Return the response data without its MAC (6.2.5)."""
        whole, length = response.data, self.mac_length
        if len(whole) < length:
            raise self._attacked(response.sw, "carries no MAC")
        data = whole[:-length]
        expected = self._rmac.cmac(self._chaining + data + response.sw.to_bytes(2, "big"))
        if not hmac.compare_digest(whole[-length:], expected[:length]):
            raise self._attacked(response.sw, "carries a wrong MAC")
        return data

    def _decrypted(self, data: bytes, sw: int) -> bytes:
        """Return the plain response data (6.2.7)."""
        try:
            return self._opened(data, self._counter)
        except ValueError as error:
            self.close("a response could not be decrypted")
            raise self._undecryptable(data, sw) from error

    def _opened(self, data: bytes, counter: int) -> bytes:
        icv = self._enc.encrypt_block(_RESPONSE_BIT + counter.to_bytes(BLOCK - 1, "big"))
        return unpad80(self._enc.cbc_decrypt(icv, data))

    def _undecryptable(self, data: bytes, sw: int) -> SecureMessagingError:
        """Say what is wrong with data under a right MAC: does another count of the card fit?"""
        told = f"the answer {sw:04X} has a right MAC, so the card carried the command out, but"
        for off in _NEAR:
            try:
                self._opened(data, max(self._counter + off, 0))
            except ValueError:
                continue
            return MiscountError(
                f"{told} its data fits the encryption counter {self._counter + off} and not the "
                f"host's {self._counter}: the card miscounts the commands of a session",
                off,
            )
        return SecureMessagingError(f"{told} its data cannot be decrypted", changed=Changed.UNKNOWN)

    def _attacked(self, sw: int, what: str) -> SecureMessagingError:
        self.close(f"an answer {sw:04X} in it {what}")
        return SecureMessagingError(f"the answer {sw:04X} {what}, as an attacker's would")

    def __repr__(self) -> str:
        state = "open" if self.is_open else f"closed: {self._closed_by}"
        return f"SecureChannel(level {self.level:02X}, {self._counter} commands, {state})"


def secured(channel: SecureChannel, flow: Generator[Y, S, R]) -> Generator[Y | Apdu, S, R]:
    """Run a flow inside a session: each command that it yields is protected by the channel."""
    return layered(flow, channel.exchange)
