"""A station at work: the cards of one reader, one after the other."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from applet_spec import UnicardError
from host_lib.plan import Plan
from host_lib.reader import open_reader
from host_lib.secret import SecretBytes
from keys_tool import open_store
from personalization.bench import Bench
from personalization.boxes import cards, is_fed_by_hand
from personalization.journal import Journal
from personalization.outcome import CardResult, StationFailure
from personalization.owner import Owner
from personalization.production import Production
from personalization.report import totals
from personalization.station import personalize
from personalization.visit_plan import plan_visit

FAILURES_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Job:
    """What a station is told: the batch's file, journal, store, delivery, and when to give up.

    With a ``saved`` plan it carries out that plan, on one card, and stops.
    """

    production: Path
    journal: Path
    store: str
    transport: int | None = None
    failures: int = FAILURES_IN_A_ROW
    saved: Plan | None = None


def station(
    job: Job,
    passphrase: SecretBytes,
    reader: str,
    stop: Callable[[], bool],
    note: Callable[[str], None],
) -> Iterator[CardResult]:
    """Personalize the cards of one reader; yield each card's result.

    Ends when there are no more cards or records, when ``stop`` says so (the card in hand is
    finished first), or after ``failures`` failures in a row. A used card in a box of files is none
    of them: it would stop every later run at the same place.
    """
    with (
        open_store(job.store, passphrase) as store,
        Journal(job.journal) as journal,
        Production(job.production, store) as production,
    ):
        production.registered(journal)
        owner = Owner.of_this_process()
        bench = Bench(production, journal, store, owner, job.transport, saved=job.saved)
        yield from _work(bench, reader, stop, note, job.failures)


def plan_of_station(job: Job, passphrase: SecretBytes, reader: str, words: tuple[str, ...]) -> Plan:
    """Return what a station would do with the card in a reader; nothing is written.

    ``words`` follow `unicard personalize run`. Errors as of `personalization.visit_plan.plan_for`.
    """
    with (
        open_store(job.store, passphrase) as store,
        Journal(job.journal) as journal,
        Production(job.production, store) as production,
        open_reader(reader) as place,
    ):
        production.registered(journal)
        bench = Bench(production, journal, store, Owner.of_this_process(), job.transport)
        return plan_visit(bench, place, words)


def _work(
    bench: Bench,
    reader: str,
    stop: Callable[[], bool],
    note: Callable[[str], None],
    failures: int,
) -> Iterator[CardResult]:
    in_a_row = 0

    def enough() -> bool:
        return stop() or not bench.journal.has_work(bench.production.id)

    with closing(cards(reader, enough, note)) as box:
        for card in box:
            result = personalize(bench, card)
            yield result
            if bench.saved is not None:
                return
            if result.used and not is_fed_by_hand(reader):
                continue
            in_a_row = in_a_row + 1 if result.outcome.failed else 0
            if in_a_row >= failures:
                note(
                    f"{reader}: stopped after {in_a_row} failures in a row; look at reader, stock "
                    "and keys, and take the cards that failed out before going on"
                )
                return


def heard_out(
    job: Job,
    passphrase: SecretBytes,
    reader: str,
    stop: Callable[[], bool],
    note: Callable[[str], None],
) -> Iterator[CardResult | StationFailure]:
    """Run a station; what it raises is the last thing that it says."""
    try:
        yield from station(job, passphrase, reader, stop, note)
    except UnicardError as error:
        yield StationFailure.of(reader, error)


def cards_left(job: Job, passphrase: SecretBytes) -> int:
    """Return how many cards of the batch are not issued yet.

    Raises what would keep a station from beginning: errors of store, production file and journal.
    """
    with (
        open_store(job.store, passphrase) as store,
        Production(job.production, store) as production,
        Journal(job.journal) as journal,
    ):
        production.registered(journal)
        counts = totals(journal.entries(production.id))
    return counts["left"] + counts["uncertain"]
