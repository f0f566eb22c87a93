"""Several stations side by side, each a process of its own, so that a stuck one holds up no other.

Each has two pipes with the first process. Through one it tells its results; its end is the end of
the station. Nothing goes through the other: that it closes is the wish to stop, whether the first
process closes it or dies. A station never goes on alone.
"""

import multiprocessing
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess

from applet_spec.errors import Changed, ExitCode
from host_lib.secret import SecretBytes
from personalization.line import Job, heard_out
from personalization.outcome import CardResult, StationFailure
from personalization.stopping import signals_held, stop_only_on_sigterm

_LOOK_UP_SECONDS = 0.5
"""How long the wait for a word goes on before the wish to stop is asked for again."""
_PATIENCE_SECONDS = 10
"""How long a station may take to end that has nothing more to say, or is not heard any more."""

_Word = CardResult | StationFailure | str | None
"""What a station says: a result, its failure, a note for a person, None at its end."""


def stations(
    job: Job,
    passphrase: SecretBytes,
    readers: Sequence[str],
    stop: Callable[[], bool],
    note: Callable[[str], None],
) -> Generator[CardResult | StationFailure, None, None]:
    """Run one station a reader; yield results as they come, and the failure of each that fails.

    A station that fails stops no other. Where there is one, it works in this process.
    """
    if len(readers) == 1:
        yield from heard_out(job, passphrase, readers[0], stop, note)
        return
    context = multiprocessing.get_context("spawn")
    started = list[_Station]()
    try:
        for reader in readers:
            started.append(_Station.start(context, job, passphrase, reader))
        yield from _heard(started, stop, note)
    finally:
        for one in started:
            one.wish_to_stop()
        for one in started:
            one.end()


@dataclass(frozen=True, slots=True)
class _Station:
    """A station's process, as the first one sees it."""

    reader: str
    process: SpawnProcess
    told: "Connection[None, _Word]"
    stopping: "Connection[None, None]"

    @classmethod
    def start(
        cls, context: SpawnContext, job: Job, passphrase: SecretBytes, reader: str
    ) -> "_Station":
        told, its_told = context.Pipe(duplex=False)
        its_stopping, stopping = context.Pipe(duplex=False)
        process = context.Process(
            target=_process,
            args=(job, passphrase.reveal(), reader, its_told, its_stopping),
            name=f"station {reader}",
            daemon=True,
        )
        with signals_held():
            process.start()
        its_told.close()  # or its end would never be heard
        its_stopping.close()
        return cls(reader, process, told, stopping)

    def wish_to_stop(self) -> None:
        """Let the station finish the card in hand and end."""
        self.stopping.close()

    def end(self) -> None:
        """Wait until the station has ended; one that does not is ended."""
        self.process.join(_PATIENCE_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.told.close()

    def died(self) -> StationFailure:
        """Say that the station ended without a last word."""
        return StationFailure(
            self.reader,
            f"the process {self.process.pid} of the station at {self.reader} ended unexpectedly; "
            "a card may have been in the making",
            Changed.UNKNOWN,
            "put its card back and run the same command again: the card is asked how far it came",
            ExitCode.UNCERTAIN,
        )


def _heard(
    started: Sequence[_Station], stop: Callable[[], bool], note: Callable[[str], None]
) -> Generator[CardResult | StationFailure, None, None]:
    working = {one.told: one for one in started}
    while working:
        if stop():
            for one in started:
                one.wish_to_stop()
        for told in wait(list(working), _LOOK_UP_SECONDS):
            one = working[told]  # type: ignore[index]
            word, is_last = _next_word(one)
            if is_last:
                del working[one.told]
            if isinstance(word, str):
                note(word)
            elif word is not None:
                yield word


def _next_word(one: _Station) -> tuple[_Word, bool]:
    """Return what a station says and whether it is its last word."""
    try:
        word = one.told.recv()
    except (EOFError, OSError):
        return one.died(), True
    return word, word is None


class _FirstProcess:
    """The first process, as a station sees it."""

    def __init__(self, told: "Connection[_Word, None]", stopping: "Connection[None, None]") -> None:
        self._told = told
        self._stopping = stopping
        self._wished = False

    def wish(self) -> None:
        """Note a wish to stop that came another way."""
        self._wished = True

    def wants_stop(self) -> bool:
        """Say whether to stop: it was wished, or nobody is there any more."""
        return self._wished or self._stopping.poll()

    def tell(self, word: _Word) -> None:
        """Tell it something; where nobody listens any more, stop."""
        try:
            self._told.send(word)
        except OSError:
            self._wished = True


def _process(
    job: Job,
    passphrase: bytes,
    reader: str,
    told: "Connection[_Word, None]",
    stopping: "Connection[None, None]",
) -> None:
    """Be a station's process."""
    first = _FirstProcess(told, stopping)
    stop_only_on_sigterm(first.wish)  # the first process hears Ctrl-C and tells us
    for word in heard_out(job, SecretBytes(passphrase), reader, first.wants_stop, first.tell):
        first.tell(word)
    first.tell(None)
