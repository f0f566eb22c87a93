"""Plans: what an operation will send to a card, as values; their sizes on the wire and their times.

A plan is made before anything changes, from what the card says of itself or, for a blank card, from
the contract. It holds no secret: of a command's data only the length, and a digest where the data
is public and known beforehand. `host_lib.flow.planned` holds an operation to its plan,
`host_lib.plan_file` keeps one in a file. Lengths in bytes, times in milliseconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from applet_spec import CommandSpec, spec
from host_lib.apdu import MAX_SHORT_DATA, MAX_SHORT_NE, Apdu
from host_lib.channel import SecurityLevel
from host_lib.command.base import Command
from host_lib.primitives import BLOCK

INTERFACE_RATE = 10_000
"""Bytes per second between card and reader, for estimates. A contact card at 4 MHz with Fi/Di =
512/16 carries 125 kbit/s, 12 bit times a byte with T=1 (ISO/IEC 7816-3, 7.1 and 11.3); a
contactless one 106 kbit/s, 9 bits a byte and frame delays (ISO/IEC 14443-3). Both come near it."""

_DIGEST_LENGTH = 8
_STATUS_WORD = 2
_OFFER_FIXED, _SEQUENCE = 13, 3


class Effect(StrEnum):
    """What a command does to the card."""

    READS = "reads"
    AUTHENTICATES = "authenticates"
    CHANGES = "changes"
    IRREVERSIBLE = "irreversible"

    @property
    def changes(self) -> bool:
        """Whether the card is another one afterwards."""
        return self in (Effect.CHANGES, Effect.IRREVERSIBLE)


class Answer(StrEnum):
    """How well the length of an answer is known beforehand."""

    EXACT = "exact"
    ESTIMATE = "estimate"
    REFUSAL = "refusal"
    """Nothing is there yet: a status word that says so, which has no MAC in a session."""


class Occurs(StrEnum):
    """How often a command is sent."""

    ONCE = "once"
    IF_NEEDED = "if needed"
    """Left out where the card's answers show that there is nothing to do."""
    WHILE_MORE = "while there is more"
    """As often as the card says that more follows; not counted in totals."""


@dataclass(frozen=True, slots=True)
class SessionShape:
    """How a session looks on the wire: its level, MAC length (8 or 16) and a sequence counter."""

    level: SecurityLevel
    mac_length: int
    sequence: bool = False

    @classmethod
    def usual(cls) -> "SessionShape":
        """Return the shape of a session with the reference card at the daily level."""
        channel = spec().secure_channel
        return cls.of(channel.i, channel.daily_level)

    @classmethod
    def of(cls, i: int, level: int) -> "SessionShape":
        """Return the shape that a card's ``i`` and a level give."""
        channel = spec().secure_channel
        return cls(SecurityLevel(level), channel.mac_length_for(i), channel.is_pseudo_random(i))

    def __str__(self) -> str:
        numbered = ", sequence counter" if self.sequence else ""
        return f"level {self.level:02X}, S{self.mac_length}{numbered}"

    def room(self, max_lc: int = MAX_SHORT_DATA) -> int:
        """Return how many bytes of data a command takes that has ``max_lc`` on the wire at most."""
        room = max_lc - self.mac_length
        return room // BLOCK * BLOCK - 1 if self.level.encrypts_commands else room

    def protected(self, length: int) -> int:
        """Return the length of command data of so many bytes, protected."""
        return (_padded(length) if self.level.encrypts_commands else length) + self.mac_length

    def answered(self, length: int) -> int:
        """Return the length of answer data of so many bytes, protected."""
        if not self.level.authenticates_responses:
            return length
        return (_padded(length) if self.level.encrypts_responses else length) + self.mac_length


def _padded(length: int) -> int:
    return (length // BLOCK + 1) * BLOCK if length else 0


@dataclass(frozen=True, slots=True)
class PlannedCommand:
    """One command of a plan, as it is before secure messaging.

    ``header`` is CLA INS P1 P2, ``digest`` the start of SHA-256 over data that is public and known
    beforehand, else empty. ``le`` tells whether a Le field is sent. ``session`` is None for a
    command in clear. ``warning`` says what cannot be taken back, or what a change costs;
    ``phase`` is the part of a longer operation.
    """

    name: str
    note: str
    header: bytes
    data_length: int
    digest: bytes
    le: bool
    answer_length: int
    answer: Answer
    session: SessionShape | None
    effect: Effect
    typical: int
    warning: str = ""
    occurs: Occurs = Occurs.ONCE
    phase: str = ""

    @property
    def sent(self) -> int:
        """Bytes of the command on the wire."""
        data = self.data_length
        if self.session is not None:
            data = self.session.protected(data)
        # Lc and Le: extended where the data needs it (ISO/IEC 7816-4, 5.1).
        lc, le = (3, 2) if data > MAX_SHORT_DATA else (1, 1)
        return len(self.header) + (lc + data if data else 0) + le * self.le

    @property
    def received(self) -> int:
        """Bytes of the answer on the wire, status word included."""
        length = self.answer_length
        if self.session is not None and self.answer is not Answer.REFUSAL:
            length = self.session.answered(length)
        return length + _STATUS_WORD

    @property
    def milliseconds(self) -> float:
        """Estimated time: what the card takes and what the bytes take."""
        return self.typical + 1000 * (self.sent + self.received) / INTERFACE_RATE

    @property
    def level(self) -> SecurityLevel | None:
        """The security level that protects it; None in clear."""
        return None if self.session is None else self.session.level

    def differs_from(self, apdu: Apdu) -> str:
        """Say in which way a command is not this one; empty where it is.

        The command comes as the session has protected it, or in clear.
        """
        plain = apdu.plain or apdu
        if (apdu.plain is not None) != (self.session is not None):
            return "it has secure messaging" if apdu.plain else "it has no secure messaging"
        if plain.header != self.header:
            return f"its header is {plain.header.hex().upper()}"
        if len(plain.data) != self.data_length:
            return f"it has {len(plain.data)} bytes of data"
        if self.digest and digest_of(plain.data) != self.digest:
            return "its data is other data"
        if bool(apdu.ne) != self.le:
            return "its Le field differs"
        return ""

    def __str__(self) -> str:
        return f"{self.name} ({self.note})" if self.note else self.name


def digest_of(data: bytes) -> bytes:
    """Return what a plan keeps of public data: the first 8 bytes of its SHA-256; empty of none."""
    return sha256(data).digest()[:_DIGEST_LENGTH] if data else b""


def planned(
    command: Command[Any],
    answer_length: int = 0,
    *,
    session: SessionShape | None = None,
    note: str = "",
    effect: Effect = Effect.READS,
    warning: str = "",
    answer: Answer = Answer.EXACT,
    occurs: Occurs = Occurs.ONCE,
    phase: str = "",
    fresh: bool = False,
) -> PlannedCommand:
    """Return the entry for a command; where its data is secret, any data of its length will do.

    ``fresh`` says that the data is new each time, a challenge for example.
    """
    apdu = command.apdu()
    entry = _entry(apdu, command.contract, fresh=fresh, session=session)
    return PlannedCommand(
        **entry,
        note=note,
        answer_length=answer_length,
        answer=answer,
        session=session,
        effect=effect,
        warning=warning,
        occurs=occurs,
        phase=phase,
    )


def _entry(
    apdu: Apdu, contract: CommandSpec, *, fresh: bool, session: SessionShape | None
) -> dict[str, Any]:
    """Return the fields of an entry that follow from the command alone."""
    le_for_mac = bool(session and session.level.authenticates_responses and not apdu.bare)
    public = not fresh and not apdu.secret
    return {
        "name": apdu.label,
        "header": apdu.header,
        "data_length": len(apdu.data),
        "digest": digest_of(apdu.data) if public else b"",
        "le": le_for_mac or bool(apdu.ne),
        "typical": contract.typical,
    }


def opening(
    version: int, shape: SessionShape, *, note: str = "", phase: str = ""
) -> tuple[PlannedCommand, PlannedCommand]:
    """Return the two commands that open a session with a key version."""
    book = spec().card_manager
    size = shape.mac_length
    offer = _OFFER_FIXED + 2 * size + (_SEQUENCE if shape.sequence else 0)
    first = Apdu(0x80, 0x50, version, 0, bytes(size), MAX_SHORT_NE, "INITIALIZE UPDATE")
    second = Apdu(0x84, 0x82, shape.level, 0, bytes(2 * size), label="EXTERNAL AUTHENTICATE")
    about = note or f"key set {version:02X}"
    one, two = (
        PlannedCommand(
            **_entry(apdu, book[apdu.label], fresh=True, session=None),
            note=text,
            answer_length=length,
            answer=Answer.EXACT,
            session=None,
            effect=Effect.AUTHENTICATES,
            phase=phase,
        )
        for apdu, text, length in (
            (first, about, offer),
            (second, f"level {shape.level:02X}", 0),
        )
    )
    return one, two


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of some commands; ``estimated`` where the length of an answer is an estimate."""

    commands: int
    sent: int
    received: int
    milliseconds: int
    irreversible: int
    estimated: bool

    @classmethod
    def of(cls, commands: Iterable[PlannedCommand]) -> "Totals":
        """Add up; what is sent only while there is more is left out."""
        counted = [c for c in commands if c.occurs is not Occurs.WHILE_MORE]
        return cls(
            commands=len(counted),
            sent=sum(c.sent for c in counted),
            received=sum(c.received for c in counted),
            milliseconds=round(sum(c.milliseconds for c in counted)),
            irreversible=sum(c.effect is Effect.IRREVERSIBLE for c in counted),
            estimated=any(
                c.answer is Answer.ESTIMATE or c.occurs is Occurs.IF_NEEDED for c in counted
            ),
        )


def counting_remarks(i: int | None) -> tuple[str, ...]:
    """Return what a plan says of a card whose sessions, opened to make it, have been counted.

    ``i`` are the card's SCP03 options, None where they are not known.
    """
    if i is None or not spec().secure_channel.is_pseudo_random(i):
        return ()
    return (
        "The card counts its sessions (pseudo-random challenge): its sequence counter has moved by "
        "those that were opened to make this plan.",
    )


@dataclass(frozen=True, slots=True)
class CardState:
    """The card that a plan is for: its chip serial, and by name what the steps depend on."""

    chip_serial: bytes
    state: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.state)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an operation will send, in its order.

    ``operation`` and ``arguments`` are the words of the command line that does it: secrets are
    never words. ``card`` is None for a plan that was made without a card. ``remarks`` are for the
    person who reads it.
    """

    operation: str
    arguments: tuple[str, ...]
    card: CardState | None
    commands: tuple[PlannedCommand, ...]
    remarks: tuple[str, ...] = ()

    @property
    def totals(self) -> Totals:
        """The sums of all commands."""
        return Totals.of(self.commands)

    @property
    def changes(self) -> bool:
        """Whether the card is another one afterwards."""
        return any(command.effect.changes for command in self.commands)
