"""Software cards with one wrong behaviour each, and the requirement that must notice it.

Two kinds: a wrong status word, put into the answer on the wire, one for each status word of the
contract; and a wrong behaviour, patched into the software card.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Protocol

from applet_spec import CommandSpec, spec
from card_simulator import apdu, card_manager, content, dispatch, key_sets
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application import life_cycle, personalization, pin
from card_simulator.application import state as cell
from card_simulator.application.application import Application
from card_simulator.application.dgi_stream import Stream
from card_simulator.application.key_pair import KeyPair
from card_simulator.application.life_cycle import LifeCycle
from card_simulator.application.objects import Objects
from card_simulator.application.personalization import Personalization
from card_simulator.application.pin import Pin
from card_simulator.application.state import Verified
from card_simulator.card import Card
from card_simulator.card_manager import CardManager
from card_simulator.chip import Chip
from card_simulator.content import Content
from card_simulator.key_set import KeySet
from card_simulator.key_sets import KeySets
from card_simulator.scp03 import Handshake, Level, Session
from card_simulator.secure_channel import SecureChannel


class Patcher(Protocol):
    """What a patch is given; pytest's ``MonkeyPatch`` is one."""

    def setattr(self, target: object, name: str, value: object) -> None:
        """Replace an attribute of a class or module."""


Patch = Callable[[Patcher], None]
Wire = Callable[[bytes, bytes], bytes]


@dataclass(frozen=True)
class Mutant:
    """One wrong card. ``patch`` changes the software card, ``wire`` its answers on their way."""

    name: str
    requirement: str
    patch: Patch | None = None
    wire: Wire | None = None

    def __str__(self) -> str:
        return f"{self.requirement}: {self.name}"


# Wrong status words


def _wrong_status(command: CommandSpec, right: int, wrong: int) -> Wire:
    def change(sent: bytes, answer: bytes) -> bytes:
        ours = len(sent) > 3 and sent[1] == command.ins
        return wrong.to_bytes(2, "big") if ours and _sw(answer) == right else answer

    return change


def _sw(answer: bytes) -> int:
    return int.from_bytes(answer[-2:], "big")


_SHOWN = {n for n, r in spec().requirements.items() if not r.draft and not r.shown_elsewhere}
_OTHER = {0x6982: 0x6985, 0x6985: 0x6A86, 0x6A80: 0x6A88, 0x6A88: 0x6A80, 0x6A86: 0x6A80}
_CASES = {
    # Where a status word common to all commands is looked for.
    "GEN-01": ("GET DATA", 0x6881),
    "GEN-02": ("GET DATA", 0x6884),
    "GEN-03": ("GET DATA", 0x6E00),
    "GEN-05": ("VERIFY", 0x6985),
    "GEN-06": ("VERIFY", 0x6A86),
    "GEN-07": ("VERIFY", 0x6700),
    "GEN-08": ("GET DATA PART", 0x6A80),
    "SM-01": ("GET DATA", 0x6982),
}


def status_mutants() -> Iterator[Mutant]:
    """Yield a mutant for each refusal that the contract lists for a command."""
    for book in (spec().commands, spec().card_manager):
        for command in book.values():
            for word in command.status:
                own = word.requirement in _SHOWN and not word.requirement.startswith(("GEN", "SM"))
                if own and not word.pattern.startswith(("90", "63C")) and not command.draft:
                    yield _status_mutant(command, word.requirement, int(word.pattern, 16))
    for requirement, (name, right) in _CASES.items():
        yield _status_mutant(spec().commands[name], requirement, right)


def _status_mutant(command: CommandSpec, requirement: str, right: int) -> Mutant:
    wrong = _OTHER.get(right, 0x6F00)
    name = f"{command.target} {command.name} answers {wrong:04X} for {right:04X}"
    return Mutant(name, requirement, wire=_wrong_status(command, right, wrong))


def _on_wire(ins: int, right: int, instead: str) -> Wire:
    def change(sent: bytes, answer: bytes) -> bytes:
        ours = len(sent) > 3 and sent[1] == ins and _sw(answer) == right
        return bytes.fromhex(instead) if ours else answer

    return change


# Wrong behaviour


def _set(target: object, name: str, value: object) -> Patch:
    """Return a patch that replaces a function or a constant."""
    return lambda patch: patch.setattr(target, name, value)


def _nothing(*_args: object, **_kwargs: object) -> None:
    return None


def _after(target: type, name: str, extra: Callable[..., object]) -> Patch:
    """Return a patch that does something more after a method, with the same parameters."""

    def patch(monkey: Patcher) -> None:
        original = getattr(target, name)

        def method(self: object, *args: object) -> object:
            result = original(self, *args)
            extra(self, *args)
            return result

        monkey.setattr(target, name, method)

    return patch


def _before(target: type, name: str, extra: Callable[..., object]) -> Patch:
    """Return a patch that does something more before a method, with the same parameters."""

    def patch(monkey: Patcher) -> None:
        original = getattr(target, name)

        def method(self: object, *args: object) -> object:
            extra(self, *args)
            return original(self, *args)

        monkey.setattr(target, name, method)

    return patch


def _forgiving(target: type, name: str, *words: int) -> Patch:
    """Return a patch under which a method that refuses with one of the words answers 9000."""

    def patch(monkey: Patcher) -> None:
        original = getattr(target, name)

        def method(self: object, *args: object) -> object:
            try:
                return original(self, *args)
            except StatusError as error:
                if error.sw not in words:
                    raise
                return Answer()

        monkey.setattr(target, name, method)

    return patch


def _answering(target: type, name: str, change: Callable[[Answer], Answer]) -> Patch:
    """Return a patch that changes the answer of a method."""

    def patch(monkey: Patcher) -> None:
        original = getattr(target, name)
        monkey.setattr(target, name, lambda self, *args: change(original(self, *args)))

    return patch


# PIN


def _compare_anything(self: Pin, _block: bytes) -> None:
    self._cells.write(cell.PIN_TRIES, bytes((self.tries - 1,)))


def _compare_for_nothing(self: Pin, block: bytes) -> None:
    if self._cells.read(cell.PIN)[1:] != block:
        self._state.verified &= ~Verified.PIN
        raise StatusError(pin.TRIES_LEFT | self.tries)


def _compare_digits_only(self: Pin, block: bytes) -> None:
    self._cells.write(cell.PIN_TRIES, bytes((self.tries - 1,)))
    if self._cells.read(cell.PIN)[1:5] != block[:4]:
        self._state.verified &= ~Verified.PIN
        raise StatusError(pin.TRIES_LEFT | self.tries)


def _compare_and_keep_the_flag(patch: Patcher) -> None:
    original = Pin._compare

    def compare(self: Pin, block: bytes) -> None:
        before = self._state.verified
        try:
            original(self, block)
        except StatusError:
            self._state.verified = before
            raise

    patch.setattr(Pin, "_compare", compare)


def _compare_twice_as_dear(self: Pin, _block: bytes) -> None:
    self._cells.write(cell.PIN_TRIES, bytes((max(0, self.tries - 1),)))


def _never_blocked(patch: Patcher) -> None:
    patch.setattr(Pin, "_need_tries", _nothing)
    real = Pin._compare

    def compare(self: Pin, block: bytes) -> None:
        if not self.tries:
            self._cells.write(cell.PIN_TRIES, b"\x01")
        real(self, block)

    patch.setattr(Pin, "_compare", compare)


def _ask_costs_a_try(self: Pin, command: Command) -> None:
    if not command.data and not self._state.verified & Verified.PIN and self.tries > 1:
        self._cells.write(cell.PIN_TRIES, bytes((self.tries - 1,)))


def _own_pin_as_transport(self: Pin, command: Command) -> None:
    self._cells.write(cell.PIN, b"\x01" + command.data[8:])


def _transport_pin_as_own(self: Pin, command: Command) -> None:
    if command.data:
        self._cells.write(cell.PIN, b"\x00" + command.data)


def _flag_set(self: Pin, *_args: object) -> None:
    self._state.verified |= Verified.PIN


def _equal_pins_allowed(patch: Patcher) -> None:
    original = Pin.change

    def change(self: Pin, command: Command) -> Answer:
        old, new = command.data[:8], command.data[8:]
        if old == new:
            self._compare(old)
            self._restore()
            return Answer()
        return original(self, command)

    patch.setattr(Pin, "change", change)


def _flags_survive(name: str) -> Patch:
    """Return a patch under which a method of the application clears no verified flag."""

    def patch(monkey: Patcher) -> None:
        original = getattr(Application, name)

        def method(self: Application, *args: object) -> object:
            before = self._state.verified
            result = original(self, *args)
            self._state.verified |= before
            return result

        monkey.setattr(Application, name, method)

    return patch


# Objects


def _heard_when_verified(patch: Patcher) -> None:
    original = Objects._unheard
    patch.setattr(Objects, "_unheard", lambda self: bool(self._state.verified) or original(self))


def _put_and_refuse(patch: Patcher) -> None:
    original = Objects.put_data

    def put_data(self: Objects, command: Command) -> Answer:
        try:
            return original(self, command)
        except StatusError as error:
            if error.sw == SW.WRONG_DATA:
                self.switch(command.p1p2, self.stage(command.p1p2, command.data))
            raise

    patch.setattr(Objects, "put_data", put_data)


def _put_anything(patch: Patcher) -> None:
    def put_data(self: Objects, command: Command) -> Answer:
        self.switch(command.p1p2, self.stage(command.p1p2, command.data))
        return Answer()

    patch.setattr(Objects, "put_data", put_data)


def _offset_one_too_far(patch: Patcher) -> None:
    original = Objects.get_data_part

    def get_data_part(self: Objects, command: Command) -> Answer:
        answer = original(self, command)
        total, part = answer.data[:4], answer.data[4:]
        start = 2 if part[1] < 0x80 else 3
        moved = part[start + 1 :] + b"\x00"
        return Answer(total + part[:start] + moved) if part[1:] else answer

    patch.setattr(Objects, "get_data_part", get_data_part)


def _total_of_the_part(answer: Answer) -> Answer:
    length = len(answer.data) - 6
    return Answer(b"\x80\x02" + length.to_bytes(2, "big") + answer.data[4:])


def _readable(condition: str) -> Patch:
    def patch(monkey: Patcher) -> None:
        original = Objects._met
        monkey.setattr(
            Objects, "_met", lambda self, wanted: wanted == condition or original(self, wanted)
        )

    return patch


# Proofs


def _signs(patch: Patcher, **fixed: bytes) -> None:
    original = KeyPair.authenticate

    def authenticate(self: KeyPair, command: Command) -> Answer:
        challenge = fixed.get("challenge", command.data[:16])
        service = fixed.get("service", command.data[16:])
        return original(self, replace(command, data=challenge + service))

    patch.setattr(KeyPair, "authenticate", authenticate)


def _presence_for_nothing(patch: Patcher) -> None:
    original = KeyPair.authenticate

    def authenticate(self: KeyPair, command: Command) -> Answer:
        before = self._state.verified
        self._state.verified |= Verified.PIN
        answer = original(self, command)
        self._state.verified = before & self._state.verified
        return answer

    patch.setattr(KeyPair, "authenticate", authenticate)


def _proof_keeps_flags(patch: Patcher) -> None:
    original = KeyPair.authenticate

    def authenticate(self: KeyPair, command: Command) -> Answer:
        before = self._state.verified
        answer = original(self, command)
        self._state.verified = before
        return answer

    patch.setattr(KeyPair, "authenticate", authenticate)


def _proof_clears_flags(self: KeyPair, _command: Command) -> None:
    self._state.clear_verified()


# Sessions


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


def _all_levels(self: SecureChannel, _command: Command) -> None:
    self._levels = frozenset(range(256))


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


def _session_survives_select(patch: Patcher) -> None:
    original = Card.transmit

    def transmit(self: Card, raw: bytes) -> bytes:
        before = self._channel._session
        answer = original(self, raw)
        if raw[:2] == b"\x00\xa4":
            self._channel._session = before
        return answer

    patch.setattr(Card, "transmit", transmit)


def _pending_survives(patch: Patcher) -> None:
    patch.setattr(SecureChannel, "forget_pending", _nothing)


def _plain_in_session(patch: Patcher) -> None:
    original = Session.unwrap

    def unwrap(self: Session, command: Command) -> Command:
        return original(self, command) if command.secure else command

    patch.setattr(Session, "unwrap", unwrap)


def _wrong_mac_in_session(patch: Patcher) -> None:
    original = Session.unwrap

    def unwrap(self: Session, command: Command) -> Command:
        if not command.secure or len(command.data) < 8:
            return original(self, command)
        data = command.data[:-8]
        header = bytes((command.cla & 0x80 | 4, *command.header[1:], len(command.data)))
        right = self._mac.cmac(self._chain, header, data)[:8]
        fixed = replace(command, data=data + right)
        return original(self, fixed)

    patch.setattr(Session, "unwrap", unwrap)


def _short_mac(patch: Patcher) -> None:
    """Let only the first 4 bytes of the MAC count."""
    original = Session.unwrap

    def unwrap(self: Session, command: Command) -> Command:
        if not command.secure or len(command.data) < 8:
            return original(self, command)
        data = command.data[:-8]
        header = bytes((command.cla & 0x80 | 4, *command.header[1:], len(command.data)))
        right = self._mac.cmac(self._chain, header, data)[4:8]
        fixed = replace(command, data=command.data[:-4] + right)
        return original(self, fixed)

    patch.setattr(Session, "unwrap", unwrap)


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


def _stays_open(patch: Patcher) -> None:
    patch.setattr(SecureChannel, "close_after_answer", _nothing)


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


def _terminated_with_secure_messaging(patch: Patcher) -> None:
    original = Application.process

    def process(self: Application, command: Command) -> bytes:
        if command.secure and self.state == "TERMINATED":
            return Answer(sw=SW.SECURITY_NOT_SATISFIED).encode()
        return original(self, command)

    patch.setattr(Application, "process", process)


# SELECT


def _leaks_number(patch: Patcher) -> None:
    original = LifeCycle.select

    def select(self: LifeCycle, aid: bytes) -> Answer:
        answer = original(self, aid)
        number = self._objects.value(spec().object_named("card number").tag)
        more = b"\x84\x08" + number
        return Answer(bytes((0x6F, len(answer.data) - 2 + len(more))) + answer.data[2:] + more)

    patch.setattr(LifeCycle, "select", select)


def _serial_as_details(patch: Patcher) -> None:
    original = LifeCycle.select

    def select(self: LifeCycle, aid: bytes) -> Answer:
        # One more object in A5, whose length byte and that of 6F grow with it.
        data = bytearray(original(self, aid).data + b"\x85\x01\x00")
        data[1] += 3
        data[data.index(0xA5) + 1] += 3
        return Answer(bytes(data))

    patch.setattr(LifeCycle, "select", select)


def _failed_select_deselects(patch: Patcher) -> None:
    original = Card.transmit

    def transmit(self: Card, raw: bytes) -> bytes:
        answer = original(self, raw)
        if raw[:2] == b"\x00\xa4" and _sw(answer) == SW.NOT_FOUND:
            self._selected = self._manager
            self._channel.close()
        return answer

    patch.setattr(Card, "transmit", transmit)


# STORE DATA


def _header_check(*forgiven: int) -> Patch:
    """Return a patch under which some refusals of a DGI's header are not made."""

    def patch(monkey: Patcher) -> None:
        original = Personalization._check_header

        def check_header(self: Personalization, *args: object) -> None:
            try:
                original(self, *args)  # type: ignore[arg-type]
            except StatusError as error:
                if error.sw not in forgiven:
                    raise

        monkey.setattr(Personalization, "_check_header", check_header)

    return patch


def _anchor_replaced(patch: Patcher) -> None:
    original = Personalization._add

    def add(self: Personalization, grouping: object, batch: object) -> None:
        anchored = self._anchored
        self._anchored = lambda batch: False  # type: ignore[method-assign]  # noqa: ARG005
        try:
            original(self, grouping, batch)  # type: ignore[arg-type]
        finally:
            self._anchored = anchored  # type: ignore[method-assign]

    patch.setattr(Personalization, "_add", add)


def _check_value_ignored(patch: Patcher) -> None:
    def compare(_left: bytes, _right: bytes) -> bool:
        return True

    patch.setattr(personalization, "compare_digest", compare)


def _earlier_dgis_stored(patch: Patcher) -> None:
    original = Personalization._add

    def add(self: Personalization, grouping: object, batch: personalization._Batch) -> None:
        try:
            original(self, grouping, batch)  # type: ignore[arg-type]
        except StatusError:
            self._commit(batch, False)
            raise

    patch.setattr(Personalization, "_add", add)


def _boundary_lost(patch: Patcher) -> None:
    original = Stream.feed

    def feed(self: Stream, block: int, data: bytes) -> Stream:
        fed = original(self, block, data)
        return Stream(fed.block, data) if len(self.waiting) == 1 else fed

    patch.setattr(Stream, "feed", feed)


def _content_unchecked(patch: Patcher) -> None:
    patch.setattr(personalization, "can_hold", lambda _target, _value: True)


def _unfinished_last_block(patch: Patcher) -> None:
    original = Personalization.store_data

    def store_data(self: Personalization, command: Command) -> Answer:
        try:
            return original(self, command)
        except StatusError as error:
            if error.sw == SW.WRONG_DATA and command.p1 == 0x88:
                return Answer()
            raise

    patch.setattr(Personalization, "store_data", store_data)


def _missing_is_there(*names: str) -> Patch:
    def patch(monkey: Patcher) -> None:
        original = Personalization._is_there
        monkey.setattr(
            Personalization,
            "_is_there",
            lambda self, dgi, batch: dgi.name in names or original(self, dgi, batch),
        )

    return patch


def _key_pair_not_needed(patch: Patcher) -> None:
    original = Personalization._is_complete

    def is_complete(self: Personalization, batch: personalization._Batch) -> bool:
        real = self._key_pair
        there: object = SimpleNamespace(exists=True)
        self._key_pair = there  # type: ignore[assignment]
        try:
            return original(self, batch)
        finally:
            self._key_pair = real

    patch.setattr(Personalization, "_is_complete", is_complete)


# Keys


def _without_check_values(patch: Patcher) -> None:
    patch.setattr(key_sets, "compare_digest", lambda _left, _right: True)


def _transport_set_stays(patch: Patcher) -> None:
    original = KeySets.put

    def put(self: KeySets, command: Command, decrypt: Callable[[bytes], bytes]) -> Answer:
        blank = self.keys(0xFF) if 0xFF in self.versions() else None
        answer = original(self, command, decrypt)
        if blank is not None:
            self.store(0xFF, blank)
        return answer

    patch.setattr(KeySets, "put", put)


def _overwrites(patch: Patcher) -> None:
    original = KeySets.put

    def put(self: KeySets, command: Command, decrypt: Callable[[bytes], bytes]) -> Answer:
        version = command.data[0] if command.data else 0
        p1 = version if command.p1 == 0 and version in self.versions() else command.p1
        cla, ins, _, p2 = command.header
        return original(self, Command(cla, ins, p1, p2, command.data, command.ne), decrypt)

    patch.setattr(KeySets, "put", put)


def _any_version(patch: Patcher) -> None:
    original = KeySets.put

    def put(self: KeySets, command: Command, decrypt: Callable[[bytes], bytes]) -> Answer:
        self._versions = range(0x01, 0x80)
        return original(self, command, decrypt)

    patch.setattr(KeySets, "put", put)


def _stores_other_keys(patch: Patcher) -> None:
    original = KeySets._write

    def write(self: KeySets, kvn: int, key_set: KeySet) -> None:
        swapped = {{1: 2, 2: 1}.get(key_id, key_id): key for key_id, key in key_set.keys.items()}
        original(self, kvn, KeySet(swapped))

    patch.setattr(KeySets, "_write", write)


def _deletes_all(patch: Patcher) -> None:
    def delete(self: KeySets, command: Command, _session_kvn: int) -> Answer:
        kvn = command.data[2]
        if kvn not in self.versions():
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        self._memory.erase(f"isd.keys.{kvn:02X}")
        return Answer(b"\x00")

    patch.setattr(KeySets, "delete", delete)


def _deletes_session_set(patch: Patcher) -> None:
    original = KeySets.delete

    def delete(self: KeySets, command: Command, _session_kvn: int) -> Answer:
        return original(self, command, 0x00)

    patch.setattr(KeySets, "delete", delete)


def _deletes_by_first_byte(patch: Patcher) -> None:
    original = KeySets.delete

    def delete(self: KeySets, command: Command, session_kvn: int) -> Answer:
        data = command.data
        if len(data) > 3 and data[0] == 0xD2 and len(data) == 2 + data[1]:
            data = bytes((0xD2, 1, data[2]))
        cla, ins, p1, p2 = command.header
        return original(self, Command(cla, ins, p1, p2, data, command.ne), session_kvn)

    patch.setattr(KeySets, "delete", delete)


def _searches_any_length(patch: Patcher) -> None:
    original = content._search_name

    def search_name(data: bytes) -> bytes:
        longest = len(data) > 18 and data[0] == 0x4F and len(data) == 2 + data[1]
        return data[2:] if longest else original(data)

    patch.setattr(content, "_search_name", search_name)


def _deletes_nothing(_self: KeySets, _command: Command, _session_kvn: int) -> Answer:
    return Answer(b"\x00")


def _make_once(patch: Patcher) -> None:
    original = KeyPair._make

    def make(self: KeyPair) -> None:
        if not self.exists:
            original(self)

    patch.setattr(KeyPair, "_make", make)


# Card manager


def _installs_twice(patch: Patcher) -> None:
    patch.setattr(Content, "install", lambda _self, _command: Answer(b"\x00"))


def _installs_unknown(patch: Patcher) -> None:
    _forgiving(Content, "install", SW.REFERENCED_DATA_NOT_FOUND)(patch)


def _selectable_never(patch: Patcher) -> None:
    original = Content.install

    def install(self: Content, command: Command) -> Answer:
        answer = original(self, command)
        for aid in self.applications():
            self._memory.erase(f"content.{aid.hex().upper()}")
        return answer

    patch.setattr(Content, "install", install)


def _without_modules(patch: Patcher) -> None:
    original = Content._entries

    def entries(self: Content, p1: int, search: bytes) -> Iterator[bytes]:
        yield from original(self, 0x20 if p1 == 0x10 else p1, search)

    patch.setattr(Content, "_entries", entries)


def _any_card_state(self: CardManager, command: Command) -> Answer:
    self._memory.write(card_manager.STATE_CELL, bytes((command.p2,)))
    return Answer()


def _no_card_state(_self: CardManager, _command: Command) -> Answer:
    return Answer()


def _no_session_needed(names: str) -> Patch:
    """Return a patch under which the commands of some names need no session."""

    def patch(monkey: Patcher) -> None:
        original = dispatch._check_session

        def check(wanted: CommandSpec, *args: object) -> None:
            if wanted.name not in names.split(", "):
                original(wanted, *args)  # type: ignore[arg-type]

        monkey.setattr(dispatch, "_check_session", check)

    return patch


def _encryption_not_needed(names: str) -> Patch:
    """Return a patch under which the commands of some names need no C-ENC."""

    def patch(monkey: Patcher) -> None:
        original = dispatch._check_session

        def check(wanted: CommandSpec, secret: bool, situation: dispatch.Situation) -> None:
            original(wanted, secret and wanted.name not in names.split(", "), situation)

        monkey.setattr(dispatch, "_check_session", check)

    return patch


def _state_unchecked(name: str) -> Patch:
    """Return a patch under which one command works in every state."""

    def patch(monkey: Patcher) -> None:
        original = dispatch.CommandTable.run

        def run(
            self: dispatch.CommandTable, command: Command, situation: dispatch.Situation
        ) -> Answer:
            known = self._by_ins.get(command.ins)
            if known is not None and known[0].name == name:
                situation = replace(situation, state=None)
            return original(self, command, situation)

        monkey.setattr(dispatch.CommandTable, "run", run)

    return patch


def _terminates_halfway(patch: Patcher) -> None:
    """Let a terminated card answer SELECT as if it were blank again."""
    patch.setattr(life_cycle, "TERMINATED_WARNING", 0x9000)


_BEHAVIOUR: tuple[tuple[str, str, Patch], ...] = (
    # PIN
    ("accepts a wrong PIN", "PIN-02", _set(Pin, "_compare", _compare_anything)),
    ("takes no try for a wrong PIN", "PIN-02", _set(Pin, "_compare", _compare_for_nothing)),
    ("compares half of the PIN", "PIN-02", _set(Pin, "_compare", _compare_digits_only)),
    ("keeps the flag after a wrong PIN", "PIN-02", _compare_and_keep_the_flag),
    ("takes two tries", "PIN-02", _before(Pin, "_compare", _compare_twice_as_dear)),
    ("gives no tries back", "PIN-01", _set(Pin, "_restore", _nothing)),
    (
        "sets no flag",
        "PIN-01",
        _after(Pin, "verify", lambda self, _: self._state.clear_verified()),
    ),
    ("goes on after the last try", "PIN-03", _never_blocked),
    ("verifies a transport PIN", "PIN-04", _set(Pin, "_is_transport", lambda _self: False)),
    ("takes a try for a question", "PIN-05", _before(Pin, "verify", _ask_costs_a_try)),
    ("keeps the flag over SELECT and reset", "PIN-08", _flags_survive("deselect")),
    ("keeps the flag over INITIALIZE UPDATE", "PIN-08", _flags_survive("process")),
    ("keeps the flag over SELECT", "SEL-04", _flags_survive("deselect")),
    ("changes the PIN whatever the old one", "CHG-02", _set(Pin, "_compare", _compare_anything)),
    ("sets the flag with a new PIN", "CHG-01", _after(Pin, "change", _flag_set)),
    (
        "keeps the transport mark",
        "CHG-01",
        _after(Pin, "change", _own_pin_as_transport),
    ),
    (
        "changes no PIN",
        "CHG-01",
        _set(Pin, "change", lambda _self, _command: Answer()),
    ),
    ("takes a malformed PIN", "CHG-03", _set(pin, "is_pin_block", lambda _block: True)),
    ("takes the same PIN again", "CHG-03", _equal_pins_allowed),
    ("restores no tries", "RRC-01", _set(Pin, "reset", lambda _self, _command: Answer())),
    ("makes the issuer's PIN an own one", "RRC-01", _after(Pin, "reset", _transport_pin_as_own)),
    ("resets for anyone", "RRC-02", _no_session_needed("RESET RETRY COUNTER")),
    # Objects
    ("shows the card number to anyone", "GDA-03", _readable("issuer")),
    ("shows finger templates", "GDA-03", _readable("never")),
    ("shows the holder in clear", "GDA-05", _set(Objects, "_unheard", lambda _self: True)),
    ("shows the holder in clear once verified", "GDA-05", _heard_when_verified),
    ("does not know the PIN's rights", "GDA-01", _set(Objects, "_met", lambda _s, c: c != "pin")),
    ("begins a part one byte late", "GDP-01", _offset_one_too_far),
    (
        "announces the part as the whole",
        "GDP-01",
        _answering(Objects, "get_data_part", _total_of_the_part),
    ),
    ("keeps nothing of PUT DATA", "PDA-01", _set(Objects, "put_data", lambda _s, _c: Answer())),
    ("lets anyone write", "PDA-02", _no_session_needed("PUT DATA")),
    ("writes what nobody may write", "PDA-02", _put_anything),
    ("writes what it refuses", "PDA-03", _put_and_refuse),
    ("takes any value", "PDA-03", _put_anything),
    ("changes while it refuses", "GEN-10", _put_and_refuse),
    # Proofs
    (
        "signs a challenge of its own",
        "AUT-01",
        lambda patch: _signs(patch, challenge=bytes(16)),
    ),
    ("signs another service", "AUT-01", lambda patch: _signs(patch, service=b"\x09")),
    ("proves presence of nobody", "AUT-02", _presence_for_nothing),
    ("keeps the flags after a presence proof", "AUT-03", _proof_keeps_flags),
    (
        "clears flags with a card proof",
        "AUT-03",
        _after(KeyPair, "authenticate", _proof_clears_flags),
    ),
    # Sessions
    (
        "repeats its challenge",
        "SCP-01",
        _set(Chip, "random", property(_zeros)),
    ),
    ("takes any host cryptogram", "SCP-04", _any_cryptogram),
    ("takes any MAC at the beginning", "SCP-05", _any_first_mac),
    ("waits for EXTERNAL AUTHENTICATE", "SCP-06", _pending_survives),
    ("takes every level", "SCP-07", _before(SecureChannel, "external_authenticate", _all_levels)),
    ("takes one level only", "SCP-03", _only_levels(0x33)),
    ("keeps the session over INITIALIZE UPDATE", "SCP-08", _session_survives(0x50)),
    ("keeps the flag over INITIALIZE UPDATE", "SCP-08", _flags_survive("process")),
    ("takes plain commands in a session", "SM-02", _plain_in_session),
    ("keeps the session after a plain command", "SM-02", _session_survives(0xCA)),
    ("checks no MAC", "SM-03", _wrong_mac_in_session),
    ("checks half of the MAC", "SM-03", _short_mac),
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
    # SELECT
    ("shows the card number in the FCI", "SEL-05", _leaks_number),
    ("shows more in the FCI", "SEL-05", _serial_as_details),
    ("shows more in the FCI", "SEL-01", _serial_as_details),
    ("forgets the selection", "SEL-02", _failed_select_deselects),
    ("keeps the session over SELECT", "SEL-04", _session_survives_select),
    ("answers SELECT when terminated", "SEL-03", _terminates_halfway),
    ("asks for a session when terminated", "SEL-03", _terminated_with_secure_messaging),
    # STORE DATA
    ("loses a byte between blocks", "STD-01", _boundary_lost),
    ("stores for anyone", "STD-02", _no_session_needed("STORE DATA")),
    ("ignores the check value", "STD-03", _check_value_ignored),
    ("stores what came before the fault", "STD-03", _earlier_dgis_stored),
    ("goes on after a refused block", "STD-03", _set(Personalization, "forget_stream", _nothing)),
    ("takes any content", "STD-03", _content_unchecked),
    ("takes half a DGI at the end", "STD-03", _unfinished_last_block),
    ("takes any block number", "STD-04", _set(Stream, "takes", lambda _self, _block: True)),
    ("replaces the anchor", "STD-05", _anchor_replaced),
    ("needs no anchor", "STD-05", _header_check(SW.CONDITIONS_NOT_SATISFIED)),
    ("takes any DGI of a blank card later", "STD-10", _header_check(SW.CONDITIONS_NOT_SATISFIED)),
    ("takes long DGIs", "STD-07", _header_check(SW.NO_SPACE)),
    ("needs no certificate", "STD-08", _missing_is_there("card certificate")),
    ("needs no PIN", "STD-08", _missing_is_there("transport PIN")),
    ("needs no validity", "STD-08", _missing_is_there("validity")),
    ("needs no finger", "STD-08", _set(Personalization, "_is_exempt", lambda _s, _b: True)),
    ("needs no key pair", "STD-08", _key_pair_not_needed),
    ("keeps the session after the last block", "STD-08", _stays_open),
    # Key pair and state
    ("keeps the old key pair", "KEY-01", _make_once),
    ("makes a key pair for anyone", "KEY-02", _no_session_needed("GENERATE ASYMMETRIC KEY PAIR")),
    (
        "replaces the key pair of an issued card",
        "KEY-03",
        _state_unchecked("GENERATE ASYMMETRIC KEY PAIR"),
    ),
    ("keeps the session after SET STATUS", "STA-01", _stays_open),
    (
        "suspends nothing",
        "STA-01",
        _set(LifeCycle, "set_status", lambda _self, _command: Answer()),
    ),
    ("lets anyone suspend", "STA-02", _no_session_needed("SET STATUS")),
    ("resumes what is not suspended", "STA-03", _state_unchecked("SET STATUS")),
    ("verifies while suspended", "STA-04", _state_unchecked("VERIFY")),
    ("signs while suspended", "STA-04", _state_unchecked("INTERNAL AUTHENTICATE")),
    ("skips the state", "GEN-05", _state_unchecked("VERIFY")),
    # Issuer keys
    ("stores the keys the wrong way round", "PUK-01", _stores_other_keys),
    (
        "answers other check values",
        "PUK-01",
        _answering(KeySets, "put", lambda answer: Answer(answer.data[:-1] + b"\x00")),
    ),
    ("puts keys for anyone", "PUK-02", _no_session_needed("PUT KEY")),
    ("ignores check values of keys", "PUK-03", _without_check_values),
    ("overwrites a key set", "PUK-04", _overwrites),
    ("keeps the transport keys", "PUK-07", _transport_set_stays),
    ("deletes nothing", "DLK-01", _set(KeySets, "delete", _deletes_nothing)),
    ("deletes for anyone", "DLK-02", _no_session_needed("DELETE KEY")),
    ("deletes without encryption", "DLK-02", _encryption_not_needed("DELETE KEY")),
    ("takes any key version", "PUK-08", _any_version),
    ("deletes the last key set", "DLK-03", _deletes_all),
    ("deletes the keys of its session", "DLK-03", _deletes_session_set),
    ("takes a key reference of two bytes", "GEN-08", _deletes_by_first_byte),
    ("searches for a name longer than a name", "GEN-08", _searches_any_length),
    # Content
    ("installs nothing", "INS-01", _selectable_never),
    ("installs for anyone", "INS-02", _no_session_needed("INSTALL")),
    ("installs without encryption", "INS-02", _encryption_not_needed("INSTALL")),
    ("installs twice", "INS-03", _installs_twice),
    ("installs what it does not have", "INS-04", _installs_unknown),
    ("lists no modules", "GST-01", _without_modules),
    (
        "lists no applications",
        "GST-01",
        _set(Content, "applications", lambda _self: []),
    ),
    ("lists for anyone", "GST-03", _no_session_needed("GET STATUS")),
    ("moves no life cycle", "SST-01", _set(CardManager, "_set_status", _no_card_state)),
    ("moves the card for anyone", "SST-02", _no_session_needed("SET STATUS")),
    ("moves the card without encryption", "SST-02", _encryption_not_needed("SET STATUS")),
    ("moves the card back", "SST-03", _set(CardManager, "_set_status", _any_card_state)),
)

_WIRE: tuple[tuple[str, str, Wire], ...] = (
    ("answers GET DATA when terminated", "SEL-03", _on_wire(0xCA, 0x6D00, "01 9000")),
    ("knows an unknown instruction", "GEN-04", _on_wire(0x02, 0x6D00, "9000")),
    ("finds nothing under a malformed list", "GDP-03", _on_wire(0xCB, 0x6A80, "6A88")),
    ("breaks on malformed data", "GEN-09", _on_wire(0xCB, 0x6A80, "6F00")),
    ("lacks its production data", "ISD-02", _on_wire(0xCA, 0x9000, "6A88")),
    ("has an empty FCI", "ISD-01", _on_wire(0xA4, 0x9000, "6F00 9000")),
    ("answers unknown tags", "ISD-03", _on_wire(0xCA, 0x6A88, "DF7E00 9000")),
)


def behaviour_mutants() -> Iterator[Mutant]:
    """Yield the cards that do something wrong."""
    for name, requirement, patch in _BEHAVIOUR:
        yield Mutant(name, requirement, patch=patch)
    for name, requirement, wire in _WIRE:
        yield Mutant(name, requirement, wire=wire)
