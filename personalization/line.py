"""Stations at work: each on its reader's cards, several side by side in processes of their own."""

import multiprocessing
import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from applet_spec import UnicardError
from host_lib.secret import SecretBytes
from keys_tool import open_store
from personalization.boxes import cards
from personalization.errors import PersonalizationError
from personalization.journal import Journal
from personalization.outcome import CardResult
from personalization.owner import Owner
from personalization.production import Production
from personalization.station import Bench, personalize

FAILURES_IN_A_ROW = 3


class WorkerDied(PersonalizationError):
    """A station's process ended without a word."""

    advice = "run the same command again: the cards are asked how far they came"


@dataclass(frozen=True, slots=True)
class Job:
    """What a station is told: the batch's file, journal, store, delivery, and when to give up."""

    production: Path
    journal: Path
    store: str
    transport: int | None = None
    failures: int = FAILURES_IN_A_ROW


def station(
    job: Job,
    passphrase: SecretBytes,
    reader: str,
    stop: Callable[[], bool],
    note: Callable[[str], None],
) -> Iterator[CardResult]:
    """Personalize the cards of one reader; yield each card's result.

    Ends when there are no more cards or records, when ``stop`` says so (the card in hand is
    finished first), or after ``failures`` failures in a row.
    """
    with (
        open_store(job.store, passphrase) as store,
        Journal(job.journal) as journal,
        Production(job.production, store) as production,
    ):
        production.registered(journal)
        bench = Bench(production, journal, store, Owner.of_this_process(), job.transport)
        yield from _work(bench, reader, stop, note, job.failures)


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
            in_a_row = in_a_row + 1 if result.outcome.failed else 0
            if in_a_row >= failures:
                note(f"{reader}: stopped after {in_a_row} failures in a row")
                return


def stations(
    job: Job,
    passphrase: SecretBytes,
    readers: Sequence[str],
    stop: Callable[[], bool],
    note: Callable[[str], None],
) -> Iterator[CardResult]:
    """Run one station a reader, side by side where there are several; yield results as they come.

    Each station is a process of its own, so that a stuck reader holds up no other. What a station
    raises is raised here, after the others have finished the cards in hand.
    """
    if len(readers) == 1:
        yield from station(job, passphrase, readers[0], stop, note)
        return
    context = multiprocessing.get_context("spawn")
    told: Any = context.Queue()
    stopping = context.Event()
    processes = [
        context.Process(
            target=_process,
            args=(job, passphrase.reveal(), reader, stopping, told),
            name=f"station {reader}",
        )
        for reader in readers
    ]
    for process in processes:
        process.start()
    try:
        yield from _heard(told, processes, stopping, stop, note)
    finally:
        stopping.set()
        for process in processes:
            process.join()


def _process(job: Job, passphrase: bytes, reader: str, stopping: Event, told: Any) -> None:
    """One station in its process: everything it has to say goes into the queue."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears Ctrl-C and tells us
    try:
        for result in station(
            job, SecretBytes(passphrase), reader, stopping.is_set, lambda text: told.put(text)
        ):
            told.put(result)
    except UnicardError as error:
        told.put(_Failed(f"{reader}: {error.message}", error.advice, int(error.exit_code)))
    told.put(None)


@dataclass(frozen=True, slots=True)
class _Failed:
    """An error of a station's process, in a form that reaches the first one."""

    message: str
    advice: str
    exit_code: int


def _heard(
    told: Any,
    processes: Sequence[Any],
    stopping: Event,
    stop: Callable[[], bool],
    note: Callable[[str], None],
) -> Iterator[CardResult]:
    ended, failed = 0, list[_Failed]()
    while ended < len(processes):
        if stop():
            stopping.set()
        try:
            thing = told.get(timeout=0.5)
        except queue.Empty:
            dead = [p for p in processes if not p.is_alive() and p.exitcode != 0]
            if dead and told.empty():
                failed += [_Failed(f"{p.name} ended unexpectedly", "", 4) for p in dead]
                ended = len(processes)
            continue
        match thing:
            case None:
                ended += 1
            case str():
                note(thing)
            case _Failed():
                failed.append(thing)
                stopping.set()
            case CardResult():
                yield thing
    if failed:
        worst = max(failed, key=lambda f: f.exit_code)
        raise WorkerDied(
            "; ".join(f.message for f in failed),
            advice=worst.advice or None,
            exit_code=type(WorkerDied.exit_code)(worst.exit_code),
        )
