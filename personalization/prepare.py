"""Enrolments become a production file and PIN mailers: everything that a station needs but a card.

Both files and the journal's batch appear together: the files are put in place inside the journal's
transaction, so that a batch of the journal always has its files. A file without its batch, left by
a machine that lost power in between, is refused by every station.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from applet_spec import spec
from host_lib.secret import Pin
from keys_tool import KeyStore, Purpose
from personalization.card_data import CardData, CardNumbers, card_data
from personalization.card_number import random_card_number
from personalization.dates import day_before, months_later
from personalization.enrolment import Enrolment
from personalization.errors import BatchRefused
from personalization.journal import Journal
from personalization.journal_rows import Batch, NewRecord
from personalization.key_versions import KeyVersions
from personalization.new_file import NewFile, new_file
from personalization.sealed_file import (
    BATCH_LENGTH,
    LARGEST_COUNT,
    MAILERS,
    PRODUCTION,
    SealedWriter,
)

CARD_SERIAL_LENGTH = 8
PIN_DIGITS = 4
VALID_YEARS = 5


class HaveCards(BatchRefused):
    """Enrolments of the list that a new card may not be made for; all are in ``enrolments``."""

    advice = (
        "take them off the list; with --spoiled only those are prepared again whose card was "
        "spoiled"
    )

    def __init__(self, enrolments: tuple[str, ...]) -> None:
        super().__init__(
            f"{len(enrolments)} of the list's enrolments have a card already, or one in the making"
        )
        self.enrolments = enrolments

    def as_dict(self) -> dict[str, object]:
        """Return the error with every enrolment."""
        return super().as_dict() | {"enrolments": list(self.enrolments)}


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was prepared; ``notes`` say, by enrolment, what of a finger record was left out."""

    batch: Batch
    production: Path
    mailers: Path
    effective: date
    expiry: date
    notes: tuple[tuple[str, str], ...]


def prepare(
    enrolments: Sequence[Enrolment],
    store: KeyStore,
    journal: Journal,
    production: Path,
    mailers: Path,
    *,
    now: datetime | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Prepared:
    """Prepare a batch of at most 10,000 cards; ``advance`` is called once a card.

    The keys are the store's newest: production, mailer, card CA and the masters of issuer, receipts
    and roles. Cards are valid from today (UTC) for 5 years. Raises `BatchRefused`, `FileExists`,
    `FileUnwritable` and the errors of store and journal; then there are neither files nor batch.
    """
    created = (now or datetime.now(UTC)).replace(microsecond=0)
    _check_enrolments(enrolments, journal)
    numbers = _unused_numbers(journal, len(enrolments))
    effective = created.date()
    expiry = day_before(months_later(effective, 12 * VALID_YEARS))
    batch_id = secrets.token_bytes(BATCH_LENGTH)
    data = (
        card_data(
            enrolment.fields,
            CardNumbers(batch_id, number, _new_serial(), effective, expiry),
            _new_pin(),
        )
        for enrolment, number in zip(enrolments, numbers, strict=True)
    )
    keys = _Keys.newest(store)
    with ExitStack() as stack:
        files = [stack.enter_context(new_file(path)) for path in (production, mailers)]
        new, notes, digest = _write(
            _told(data, advance), files, store, keys, batch_id, created, len(enrolments)
        )
        batch = keys.batch(batch_id, created, len(new), digest)
        _register(journal, batch, new, files)
    return Prepared(batch, production, mailers, effective, expiry, notes)


def only_spoiled(enrolments: Sequence[Enrolment], journal: Journal) -> tuple[Enrolment, ...]:
    """Return those enrolments that have a spoiled record and no other one."""
    ids = [enrolment.enrolment_id for enrolment in enrolments]
    wanted = journal.spoiled_enrolments(ids) - journal.live_enrolments(ids)
    return tuple(enrolment for enrolment in enrolments if enrolment.enrolment_id in wanted)


@dataclass(frozen=True, slots=True)
class _Keys:
    """Which versions of the store's keys the batch uses."""

    issuer: int
    card_ca: int
    production: int
    mailer: int
    of_cards: KeyVersions

    @classmethod
    def newest(cls, store: KeyStore) -> "_Keys":
        purposes = (Purpose.ISSUER, Purpose.CARD_CA, Purpose.PRODUCTION, Purpose.MAILER)
        issuer, card_ca, production, mailer = (store.default_version(one) for one in purposes)
        return cls(issuer, card_ca, production, mailer, KeyVersions.newest(store))

    def batch(self, batch: bytes, created: datetime, count: int, digest: bytes) -> Batch:
        return Batch(
            id=batch,
            created=created,
            profile=profile_version(),
            count=count,
            issuer_version=self.issuer,
            card_ca_version=self.card_ca,
            production_version=self.production,
            mailer_version=self.mailer,
            keys=self.of_cards,
            sha256=digest,
        )


def profile_version() -> str:
    """Return the version of the card's contract, as ``major.minor``."""
    return ".".join(str(part) for part in spec().version)


def _check_enrolments(enrolments: Sequence[Enrolment], journal: Journal) -> None:
    if not 1 <= len(enrolments) <= LARGEST_COUNT:
        raise BatchRefused(
            f"a batch has 1 to {LARGEST_COUNT} cards, the list has {len(enrolments)} records",
            advice="split the list" if enrolments else "name a list with records to prepare",
        )
    live = journal.live_enrolments(e.enrolment_id for e in enrolments)
    if live:
        raise HaveCards(tuple(e.enrolment_id for e in enrolments if e.enrolment_id in live))


def _unused_numbers(journal: Journal, count: int) -> list[str]:
    """Return card numbers that no record has; the journal's transaction makes them ours."""
    numbers = list[str]()
    while len(numbers) < count:
        new = {random_card_number() for _ in range(count - len(numbers))} - set(numbers)
        numbers += new - journal.taken_card_numbers(new)
    return numbers


def _new_serial() -> bytes:
    return secrets.token_bytes(CARD_SERIAL_LENGTH)


def _new_pin() -> Pin:
    return Pin(f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}")


def _told(data: Iterable[CardData], advance: Callable[[], None]) -> Iterator[CardData]:
    for card in data:
        yield card
        advance()


def _write(
    data: Iterable[CardData],
    files: Sequence[NewFile],
    store: KeyStore,
    keys: _Keys,
    batch: bytes,
    created: datetime,
    count: int,
) -> tuple[list[NewRecord], tuple[tuple[str, str], ...], bytes]:
    """Write both files; return what the journal keeps, the notes and the production file's hash."""
    common = {
        "batch": batch.hex().upper(),
        "profile": profile_version(),
        "created": created.isoformat(),
        "count": count,
    }
    for_stations = common | {
        "key_version": keys.production,
        "issuer_version": keys.issuer,
        "card_ca_version": keys.card_ca,
        **keys.of_cards.as_dict(),
    }
    for_mail_room = common | {"key_version": keys.mailer}
    production = SealedWriter(files[0].file, store, PRODUCTION, for_stations)
    mailers = SealedWriter(files[1].file, store, MAILERS, for_mail_room)
    new, notes = list[NewRecord](), list[tuple[str, str]]()
    for card in data:
        numbers = card.numbers
        production.add(card.as_dict())
        mailers.add(
            {
                "card_number": numbers.card_number,
                "enrolment_id": card.enrolment_id,
                "pin": card.pin.reveal().decode("ascii"),
            }
        )
        new.append(NewRecord(card.enrolment_id, numbers.card_number, numbers.card_serial))
        notes += [(card.enrolment_id, note) for note in card.notes]
    mailers.finish()
    return new, tuple(notes), production.finish()


def _register(
    journal: Journal, batch: Batch, new: Sequence[NewRecord], files: Sequence[NewFile]
) -> None:
    published = list[NewFile]()

    def publish() -> None:
        for file in files:
            file.publish()
            published.append(file)

    try:
        journal.register(batch, new, publish)
    except BaseException:
        for file in published:
            file.withdraw()
        raise
