"""What the journal's rows are as values, and back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from personalization.journal_schema import ORDER, State
from personalization.key_versions import KeyVersions
from personalization.owner import Owner


@dataclass(frozen=True, slots=True)
class Batch:
    """A prepared batch; ``sha256`` is that of its production file, versions are the store's."""

    id: bytes
    created: datetime
    profile: str
    count: int
    issuer_version: int
    card_ca_version: int
    production_version: int
    mailer_version: int
    keys: KeyVersions
    sha256: bytes


@dataclass(frozen=True, slots=True)
class NewRecord:
    """What the journal keeps of a prepared record; its place is its index in the file."""

    enrolment_id: str
    card_number: str
    card_serial: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as the journal has it; ``reached`` is the last state before spoiled or uncertain.

    ``chip`` is the chip serial (10 bytes). ``traffic`` counts by phase.
    """

    id: int
    batch: bytes
    place: int
    enrolment_id: str
    card_number: str
    card_serial: bytes
    state: State
    reached: State | None
    chip: bytes | None
    owner: Owner | None
    reader: str
    key_version: int | None
    applet_version: str
    finished: str
    traffic: Mapping[str, Mapping[str, int]]
    remark: str

    @property
    def in_the_making(self) -> bool:
        """Whether a chip is bound and the card not finished, as far as the journal knows."""
        return self.state in ORDER[:-1]

    @property
    def interrupted(self) -> bool:
        """Whether a card is in the making and the process that made it is gone."""
        return self.in_the_making and (self.owner is None or not self.owner.alive)


@dataclass(frozen=True, slots=True)
class Chip:
    """A chip that was taken from stock; ``spoiled`` says why it is, empty while it is not."""

    serial: bytes
    batch: bytes
    record: int
    spoiled: str


def batch_row(batch: Batch) -> dict[str, object]:
    """Return a batch as the columns of its row."""
    return {
        "id": batch.id.hex(),
        "created": batch.created.isoformat(timespec="seconds"),
        "profile": batch.profile,
        "count": batch.count,
        "issuer_version": batch.issuer_version,
        "card_ca_version": batch.card_ca_version,
        "production_version": batch.production_version,
        "mailer_version": batch.mailer_version,
        "receipt_version": batch.keys.receipt,
        "role_versions": json.dumps(batch.keys.as_dict()["role_versions"]),
        "sha256": batch.sha256.hex(),
    }


def read_batch(row: Row[Any]) -> Batch:
    """Read a row of the table of batches."""
    return Batch(
        bytes.fromhex(row.id),
        datetime.fromisoformat(row.created),
        row.profile,
        row._mapping["count"],
        row.issuer_version,
        row.card_ca_version,
        row.production_version,
        row.mailer_version,
        KeyVersions.from_dict(
            {
                "receipt_version": row.receipt_version,
                "role_versions": json.loads(row.role_versions),
            }
        ),
        bytes.fromhex(row.sha256),
    )


def read_entry(row: Row[Any]) -> Entry:
    """Read a row of the table of records."""
    return Entry(
        id=row.id,
        batch=bytes.fromhex(row.batch),
        place=row.place,
        enrolment_id=row.enrolment_id,
        card_number=row.card_number,
        card_serial=bytes.fromhex(row.card_serial),
        state=State(row.state),
        reached=State(row.reached) if row.reached else None,
        chip=bytes.fromhex(row.chip) if row.chip else None,
        owner=Owner.parse(row.owner) if row.owner else None,
        reader=row.reader or "",
        key_version=row.key_version,
        applet_version=row.applet_version or "",
        finished=row.finished or "",
        traffic=json.loads(row.traffic) if row.traffic else {},
        remark=row.remark or "",
    )
