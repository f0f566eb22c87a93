"""A small bureau for tests: a store, a journal, a list of invented citizens, blank cards."""

import csv
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_manager import blank_image
from card_simulator.memory import Image
from card_simulator.reader import SimReader
from card_simulator.samples.enrolments import columns, enrolments
from host_lib.secret import SecretBytes
from keys_tool.contents import initial_contents
from keys_tool.file_store import FileStore
from keys_tool.transport_file import globalplatform_default
from keys_tool.vault import ScryptCost
from personalization.enrolment import read_list
from personalization.journal import Journal
from personalization.journal_rows import Entry
from personalization.outcome import CardResult
from personalization.owner import Owner
from personalization.prepare import Prepared, prepare
from personalization.production import Production
from personalization.station import Bench, personalize

PASSPHRASE = "invented words for tests only"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@contextmanager
def memory_folder(otherwise: Path) -> Iterator[Path]:
    """Give a folder in memory where the system has one: many commits, none has to reach a disk."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield otherwise
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="unicard-") as folder:
        yield Path(folder)


def list_text(count: int = 3, seed: int = 7) -> str:
    """Return an enrolment list as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(enrolments(count, seed))
    return text.getvalue()


def new_store(path: Path) -> FileStore:
    """Make a store with a first key of each purpose and the public test keys of blank stock."""
    contents = initial_contents("Test issuer", globalplatform_default())
    secret = SecretBytes(PASSPHRASE.encode())
    return FileStore.create(path, secret, contents=contents, cost=ScryptCost(n=1024))


def blanks(count: int, seed: int = 1) -> list[Image]:
    """Return the memories of blank cards, no two of the same chip."""
    return [blank_image(chip) for chip in new_chips(count, seed)]


def inserted(image: Image) -> SimReader:
    """Put a card with this memory into a reader."""
    return SimReader("sim", Card(image))


@dataclass
class Bureau:
    """A prepared batch, and what a station needs for it."""

    folder: Path
    store: FileStore
    journal: Journal
    prepared: Prepared

    @property
    def batch(self) -> bytes:
        return self.prepared.batch.id

    @contextmanager
    def bench(self, owner: Owner | None = None) -> Iterator[Bench]:
        """Open a station's bench; each has the file anew, as after a restart."""
        with Production(self.prepared.production, self.store) as production:
            yield Bench(
                production,
                self.journal,
                self.store,
                owner or Owner.of_this_process(),
                now=lambda: NOW,
            )

    def visit(
        self, reader: SimReader, owner: Owner | None = None, store: FileStore | None = None
    ) -> CardResult:
        """Let a station have the card that is in a reader."""
        with self.bench(owner) as bench:
            if store is not None:
                bench = Bench(bench.production, bench.journal, store, bench.owner, now=bench.now)
            return personalize(bench, reader)

    def entries(self) -> tuple[Entry, ...]:
        return self.journal.entries(self.batch)


def new_bureau(folder: Path, count: int = 3, seed: int = 7) -> Bureau:
    """Set up a store and a journal, and prepare a batch."""
    store = new_store(folder / "keys.unicard")
    journal = Journal(folder / "bureau.journal", create=True)
    return prepared_batch(folder, store, journal, count, seed)


def prepared_batch(
    folder: Path, store: FileStore, journal: Journal, count: int, seed: int, name: str = "batch"
) -> Bureau:
    """Prepare a batch of invented citizens."""
    path = folder / f"{name}.csv"
    path.write_text(list_text(count, seed), encoding="utf-8")
    prepared = prepare(
        read_list(path, today=NOW.date()),
        store,
        journal,
        folder / f"{name}.production",
        folder / f"{name}.mailers",
        now=NOW,
    )
    return Bureau(folder, store, journal, prepared)


def until_done(bureau: Bureau, reader: SimReader, most: int = 4) -> CardResult:
    """Present a card to the station again and again, powered anew, until it is issued."""
    result = bureau.visit(reader)
    for _ in range(most):
        if result.outcome.value in ("issued", "already done"):
            return result
        reader.reset()
        result = bureau.visit(reader)
    return result
