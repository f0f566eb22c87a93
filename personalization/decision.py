"""What to do with a card: the decision table, as the stations use it and as the docs print it.

The journal's state of the chip's record says what is known to have happened; what the card says
tells how much further it came. A cell is what a station does. Nothing is tried that is not in the
table, and a contradiction is never written over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from host_lib.flow.session import PLAIN_TERMS, SessionTerms
from personalization.journal_schema import State


class Says(Enum):
    """What a card says about itself before any session; nothing of it is authenticated yet."""

    BLANK = "keys of blank stock, no data"
    OUR_KEYS = "our keys, no data"
    ANCHORED = "our keys, this record's card serial, not finished"
    PERSONALIZED = "our keys, this record's card serial, PERSONALIZED"
    IN_USE = "this record's card serial, ACTIVE or SUSPENDED"
    OTHER_SERIAL = "another record's card serial"
    OTHER_KEYS = "neither blank keys nor the batch's, or both"
    TERMINATED = "TERMINATED"


class Verdict(Enum):
    """What a station does with a card."""

    TAKE = "take"
    """Bind it to the next waiting record and begin with the keys."""
    KEYS = "resume at keys"
    INSTALL = "resume at install"
    VERIFY = "resume at verify"
    SECURE = "resume at secure"
    ALREADY_DONE = "already done"
    SPOILED = "spoiled"
    """It cannot be completed: it lost what it had confirmed, or it is in use or terminated."""
    OTHER_CARD = "other record's card"
    """Set it aside, nothing is written."""
    UNCERTAIN = "uncertain"
    """It contradicts the journal in a way that a person has to look into; nothing is written."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: the journal's state (None: chip unknown) and a verdict by answer."""

    journal: State | None
    verdicts: dict[Says, Verdict]


def _row(journal: State | None, *verdicts: Verdict) -> Row:
    return Row(journal, dict(zip(Says, verdicts, strict=True)))


_V = Verdict
TABLE: tuple[Row, ...] = (
    #                     BLANK           OUR_KEYS       ANCHORED       PERSONALIZED
    #                     IN_USE          OTHER_SERIAL   OTHER_KEYS     TERMINATED
    _row(
        None,
        *(_V.TAKE, _V.OTHER_CARD, _V.OTHER_CARD, _V.OTHER_CARD),
        *(_V.OTHER_CARD, _V.OTHER_CARD, _V.OTHER_CARD, _V.OTHER_CARD),
    ),
    _row(
        State.LEASED,
        *(_V.KEYS, _V.INSTALL, _V.INSTALL, _V.VERIFY),
        *(_V.UNCERTAIN, _V.OTHER_CARD, _V.UNCERTAIN, _V.SPOILED),
    ),
    _row(
        State.KEYS_CHANGED,
        *(_V.SPOILED, _V.INSTALL, _V.INSTALL, _V.VERIFY),
        *(_V.UNCERTAIN, _V.OTHER_CARD, _V.UNCERTAIN, _V.SPOILED),
    ),
    _row(
        State.DATA_WRITTEN,
        *(_V.SPOILED, _V.SPOILED, _V.SPOILED, _V.VERIFY),
        *(_V.UNCERTAIN, _V.OTHER_CARD, _V.UNCERTAIN, _V.SPOILED),
    ),
    _row(
        State.VERIFIED,
        *(_V.SPOILED, _V.SPOILED, _V.SPOILED, _V.SECURE),
        *(_V.UNCERTAIN, _V.OTHER_CARD, _V.UNCERTAIN, _V.SPOILED),
    ),
    _row(
        State.DONE,
        *(_V.UNCERTAIN, _V.UNCERTAIN, _V.UNCERTAIN, _V.ALREADY_DONE),
        *(_V.ALREADY_DONE, _V.OTHER_CARD, _V.ALREADY_DONE, _V.ALREADY_DONE),
    ),
    _row(State.SPOILED, *(_V.SPOILED for _ in Says)),
)
"""Uncertain records stand at the state that they had reached: that line of the table is theirs."""


def decide(journal: State | None, says: Says) -> Verdict:
    """Return what to do. KeyError for a journal state that no chip can have."""
    return next(row.verdicts[says] for row in TABLE if row.journal is journal)


@dataclass(frozen=True, slots=True)
class Observation:
    """What a card said when it was asked who it is.

    ``state`` is the application's, None where it is not installed; ``card_serial`` None where none
    is stored. Chip serial 10 bytes, card serial 8. ``terms`` are what sessions with a card of its
    type go by.
    """

    chip: bytes
    key_versions: tuple[int, ...]
    state: str | None
    card_serial: bytes | None
    applet_version: str
    terms: SessionTerms = PLAIN_TERMS


def what_it_says(seen: Observation, issuer_version: int, card_serial: bytes | None) -> Says:
    """Put an observation into one of the table's columns.

    ``issuer_version`` is the batch's; ``card_serial`` that of the chip's record, None for a chip
    that the journal does not know.
    """
    if seen.state == "TERMINATED":
        return Says.TERMINATED
    if seen.card_serial is not None and seen.card_serial != card_serial:
        return Says.OTHER_SERIAL
    if seen.state in ("ACTIVE", "SUSPENDED"):
        return Says.IN_USE
    return _unused(seen, issuer_version)


def _unused(seen: Observation, issuer_version: int) -> Says:
    blank = seen.terms.blank_version
    has_data = seen.card_serial is not None or seen.state == "PERSONALIZED"
    if seen.key_versions == (blank,) and not has_data:
        return Says.BLANK
    if seen.key_versions != (issuer_version,):
        return Says.OTHER_KEYS
    if seen.state == "PERSONALIZED":
        return Says.PERSONALIZED
    return Says.ANCHORED if has_data else Says.OUR_KEYS


def table_as_text() -> Iterator[str]:
    """Yield the lines of the decision table in Markdown."""
    yield "| journal | " + " | ".join(says.value for says in Says) + " |"
    yield "|---" * (len(Says) + 1) + "|"
    for row in TABLE:
        cells = " | ".join(row.verdicts[says].value for says in Says)
        yield f"| {row.journal.value if row.journal else 'chip unknown'} | {cells} |"
