"""Opening sessions, and secure messaging inside them."""

from collections.abc import Callable
from dataclasses import replace

from card_simulator import apdu, dispatch
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.card import Card
from card_simulator.chip import Chip
from card_simulator.scp03 import Handshake, Level, Session
from card_simulator.scp03_options import Options
from card_simulator.secure_channel import SecureChannel
from tests.card_conformance.mutants.base import (
    Patch,
    Patcher,
    Rows,
    flags_survive,
    nothing,
    replaced,
)


def _any_cryptogram(patch: Patcher) -> None:
    original = Handshake.authenticate

    def authenticate(self: Handshake, command: Command) -> Session:
        self._host_cryptogram = command.data[:8]
        return original(self, command)

    patch.setattr(Handshake, "authenticate", authenticate)


def _any_first_mac(patch: Patcher) -> None:
    original = Handshake.authenticate

    def authenticate(self: Handshake, command: Command) -> Session:
        try:
            return original(self, command)
        except StatusError as error:
            if error.sw != SW.SECURITY_NOT_SATISFIED:
                raise
        chain = self._mac.cmac(bytes(16), command.header, b"\x10", command.data[:8])
        keys = (self._enc, self._mac, self._rmac, self._dek)
        return Session(Level(command.p1), *keys, chain)

    patch.setattr(Handshake, "authenticate", authenticate)


def _all_levels(patch: Patcher) -> None:
    patch.setattr(Options, "levels", frozenset(range(256)))


def _only_levels(*levels: int) -> Patch:
    def patch(monkey: Patcher) -> None:
        original = SecureChannel.external_authenticate

        def external_authenticate(self: SecureChannel, command: Command) -> Answer:
            if command.p1 not in levels:
                raise StatusError(SW.WRONG_P1P2)
            return original(self, command)

        monkey.setattr(SecureChannel, "external_authenticate", external_authenticate)

    return patch


def _session_survives(*instructions: int) -> Patch:
    """Return a patch under which some commands leave the open session as it was."""

    def patch(monkey: Patcher) -> None:
        original = SecureChannel.run

        def run(self: SecureChannel, command: Command, handler: Callable[..., Answer]) -> bytes:
            before = self._session
            answer = original(self, command, handler)
            if command.ins in instructions and self._session is None:
                self._session = before
            return answer

        monkey.setattr(SecureChannel, "run", run)

    return patch


def session_survives_select(patch: Patcher) -> None:
    """Keep the open session over SELECT."""
    original = Card.transmit

    def transmit(self: Card, raw: bytes) -> bytes:
        before = self._channel._session
        answer = original(self, raw)
        if raw[:2] == b"\x00\xa4":
            self._channel._session = before
        return answer

    patch.setattr(Card, "transmit", transmit)


def _pending_survives(patch: Patcher) -> None:
    patch.setattr(SecureChannel, "forget_pending", nothing)


def _plain_in_session(patch: Patcher) -> None:
    original = Session.unwrap

    def unwrap(self: Session, command: Command) -> Command:
        return original(self, command) if command.secure else command

    patch.setattr(Session, "unwrap", unwrap)


def _mac_counts(length: int) -> Patch:
    """Let only the first ``length`` bytes of the MAC count."""

    def mutate(patch: Patcher) -> None:
        original = Session.unwrap

        def unwrap(self: Session, command: Command) -> Command:
            if not command.secure or len(command.data) < 8:
                return original(self, command)
            data, mac = command.data[:-8], command.data[-8:]
            header = bytes((command.cla & 0x80 | 4, *command.header[1:], len(command.data)))
            right = self._mac.cmac(self._chain, header, data)[:8]
            fixed = replace(command, data=data + mac[:length] + right[length:])
            return original(self, fixed)

        patch.setattr(Session, "unwrap", unwrap)

    return mutate


def _header_not_covered(patch: Patcher) -> None:
    """Find the P2 under which the MAC is right, and take the command with the one that came."""
    original = Session.unwrap

    def unwrap(self: Session, command: Command) -> Command:
        for p2 in (command.p2, command.p2 ^ 1):
            try:
                cla, ins, p1, _ = command.header
                opened = original(self, Command(cla, ins, p1, p2, command.data, command.ne))
            except StatusError:
                continue
            return Command(opened.cla, ins, p1, command.p2, opened.data, opened.ne)
        return original(self, command)

    patch.setattr(Session, "unwrap", unwrap)


def _replay(patch: Patcher) -> None:
    original = Session.unwrap
    opened: dict[bytes, Command] = {}

    def unwrap(self: Session, command: Command) -> Command:
        name = command.header + command.data
        if name not in opened:
            opened[name] = original(self, command)
        return opened[name]

    patch.setattr(Session, "unwrap", unwrap)


def _counts_data_only(patch: Patcher) -> None:
    original = Session.unwrap

    def unwrap(self: Session, command: Command) -> Command:
        before = self._counter
        opened = original(self, command)
        if len(command.data) == 8:
            self._counter = before
        return opened

    patch.setattr(Session, "unwrap", unwrap)


def _does_not_count(patch: Patcher) -> None:
    original = Session._icv

    def icv(self: Session, first: int) -> bytes:
        self._counter = 1
        return original(self, first)

    patch.setattr(Session, "_icv", icv)


def _wraps_as(dropped: Level) -> Patch:
    """Return a patch under which answers are protected without some bits of the level."""

    def patch(monkey: Patcher) -> None:
        original = Session.wrap

        def wrap(self: Session, answer: Answer) -> bytes:
            before, self.level = self.level, self.level & ~dropped
            try:
                return original(self, answer)
            finally:
                self.level = before

        monkey.setattr(Session, "wrap", wrap)

    return patch


def _mac_without_status(patch: Patcher) -> None:
    original = Session.wrap

    def wrap(self: Session, answer: Answer) -> bytes:
        encoded = original(self, answer)
        if not self.level & Level.R_MAC or len(encoded) < 10:
            return encoded
        data = encoded[:-10]
        return data + self._rmac.cmac(self._chain, data)[:8] + encoded[-2:]

    patch.setattr(Session, "wrap", wrap)


def _errors_with_mac(patch: Patcher) -> None:
    original = Session.wrap

    def wrap(self: Session, answer: Answer) -> bytes:
        encoded = original(self, answer)
        if len(encoded) > 2 or not self.level & Level.R_MAC:
            return encoded
        return self._rmac.cmac(self._chain, encoded)[:8] + encoded

    patch.setattr(Session, "wrap", wrap)


def _warnings_without_mac(patch: Patcher) -> None:
    original = Session.wrap

    def wrap(self: Session, answer: Answer) -> bytes:
        encoded = original(self, answer)
        return encoded[-2:] if encoded[-2] == 0x63 else encoded

    patch.setattr(Session, "wrap", wrap)


def _pads_empty_answers(patch: Patcher) -> None:
    original = Session.wrap

    def wrap(self: Session, answer: Answer) -> bytes:
        encoded = original(self, answer)
        if len(encoded) != 10 or not self.level & Level.R_ENC:
            return encoded
        data, sw = self._enc.cbc_encrypt(self._icv(0x80), b"\x80" + bytes(15)), encoded[-2:]
        return data + self._rmac.cmac(self._chain, data, sw)[:8] + sw

    patch.setattr(Session, "wrap", wrap)


def _refusal_ends_session(patch: Patcher) -> None:
    original = SecureChannel.run

    def run(self: SecureChannel, command: Command, handler: Callable[..., Answer]) -> bytes:
        answer = original(self, command, handler)
        if self._session is not None and answer[-2] == 0x6A:
            self.close()
        return answer

    patch.setattr(SecureChannel, "run", run)


def _zeros(_self: Chip) -> Callable[[int], bytes]:
    return bytes


def _le_needed(patch: Patcher) -> None:
    """Refuse a command under R-MAC that comes without Le."""
    original = SecureChannel.run

    def run(self: SecureChannel, command: Command, handler: Callable[..., Answer]) -> bytes:
        if self.has(Level.R_MAC) and command.ne is None:
            original(self, command, handler)
            return Answer(sw=SW.WRONG_LENGTH).encode()
        return original(self, command, handler)

    patch.setattr(SecureChannel, "run", run)


def _no_le_no_data(patch: Patcher) -> None:
    """Answer a command without Le with its status word alone."""
    original = SecureChannel.run

    def run(self: SecureChannel, command: Command, handler: Callable[..., Answer]) -> bytes:
        if not command.secure or command.ne is not None:
            return original(self, command, handler)
        return original(self, command, lambda opened: Answer(sw=handler(opened).sw))

    patch.setattr(SecureChannel, "run", run)


def _select_in_session(patch: Patcher) -> None:
    original = dispatch.CommandTable.run

    def run(self: dispatch.CommandTable, command: Command, *args: object) -> Answer:
        if command.ins == 0xA4:
            return Answer()
        return original(self, command, *args)  # type: ignore[arg-type]

    patch.setattr(dispatch.CommandTable, "run", run)


def _select_ends_session(patch: Patcher) -> None:
    original = SecureChannel.run

    def run(self: SecureChannel, command: Command, handler: Callable[..., Answer]) -> bytes:
        answer = original(self, command, handler)
        if command.ins == 0xA4:
            self.close()
        return answer

    patch.setattr(SecureChannel, "run", run)


def _malformed(sw: int, *, ends_session: bool = False) -> Patch:
    """Return a patch under which lengths in another form are answered otherwise."""

    def patch(monkey: Patcher) -> None:
        original = Card.transmit

        def transmit(self: Card, raw: bytes) -> bytes:
            answer = original(self, raw)
            try:
                apdu.parse(raw)
            except StatusError:
                if ends_session:
                    self._channel.close()
                return sw.to_bytes(2, "big")
            return answer

        monkey.setattr(Card, "transmit", transmit)

    return patch


MUTANTS: Rows = (
    (
        "repeats its challenge",
        "SCP-01",
        replaced(Chip, "random", property(_zeros)),
    ),
    ("takes any host cryptogram", "SCP-04", _any_cryptogram),
    ("takes any MAC at the beginning", "SCP-05", _any_first_mac),
    ("waits for EXTERNAL AUTHENTICATE", "SCP-06", _pending_survives),
    ("takes every level", "SCP-07", _all_levels),
    ("takes one level only", "SCP-03", _only_levels(0x33)),
    ("keeps the session over INITIALIZE UPDATE", "SCP-08", _session_survives(0x50)),
    ("keeps the flag over INITIALIZE UPDATE", "SCP-08", flags_survive("process")),
    ("takes plain commands in a session", "SM-02", _plain_in_session),
    ("keeps the session after a plain command", "SM-02", _session_survives(0xCA)),
    ("checks no MAC", "SM-03", _mac_counts(0)),
    ("checks half of the MAC", "SM-03", _mac_counts(4)),
    ("leaves the header out of the MAC", "SM-03", _header_not_covered),
    ("takes a command twice", "SM-03", _replay),
    ("keeps the session after a wrong MAC", "SM-03", _session_survives(0xCA, 0x88)),
    ("counts only commands with data", "SM-04", _counts_data_only),
    ("does not count commands", "SM-04", _does_not_count),
    ("leaves the R-MAC out", "SM-05", _wraps_as(Level.R_MAC)),
    ("leaves the status word out of the R-MAC", "SM-05", _mac_without_status),
    ("puts a MAC on errors", "SM-05", _errors_with_mac),
    ("leaves the MAC off warnings", "SM-05", _warnings_without_mac),
    ("does not encrypt answers", "SM-06", _wraps_as(Level.R_ENC)),
    ("encrypts nothing into a block", "SM-06", _pads_empty_answers),
    ("ends the session with a refusal", "SM-07", _refusal_ends_session),
    ("needs Le under R-MAC", "SM-08", _le_needed),
    ("answers no data without Le", "SM-08", _no_le_no_data),
    ("takes SELECT in a session", "SM-09", _select_in_session),
    ("ends the session with SELECT in it", "SM-09", _select_ends_session),
    ("looks at secure messaging before the lengths", "GEN-11", _malformed(0x6982)),
    ("looks at the instruction before the lengths", "GEN-11", _malformed(0x6D00)),
    (
        "ends the session with lengths in another form",
        "GEN-11",
        _malformed(0x6700, ends_session=True),
    ),
)
