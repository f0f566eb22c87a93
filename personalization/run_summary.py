"""What a run of stations comes to: its results beside its failures, and one exit code."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from applet_spec.errors import Changed, ExitCode
from personalization.errors import PersonalizationError
from personalization.outcome import CardResult, Outcome, StationFailure

if TYPE_CHECKING:
    from rich.console import Console


class StationsFailed(PersonalizationError):
    """No station could begin."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Everything that the stations of a run said, and the counts of the whole batch after it.

    ``stopped`` says that a person stopped the run.
    """

    results: tuple[CardResult, ...]
    failures: tuple[StationFailure, ...]
    records: Mapping[str, int]
    stopped: bool = False

    @classmethod
    def of(
        cls,
        said: Iterable[CardResult | StationFailure],
        records: Mapping[str, int],
        *,
        stopped: bool = False,
    ) -> "RunSummary":
        """Sort what was said.

        Raises `StationsFailed` when nothing came of the run but failures that changed nothing.
        """
        words = tuple(said)
        results = tuple(word for word in words if isinstance(word, CardResult))
        failures = tuple(word for word in words if isinstance(word, StationFailure))
        if failures and not results and all(f.changed is Changed.NO for f in failures):
            worst = max(failures, key=lambda failure: failure.exit_code)
            raise StationsFailed(
                "; ".join(f"{failure.reader}: {failure.message}" for failure in failures),
                advice=worst.advice,
                exit_code=worst.exit_code,
            )
        return cls(results, failures, records, stopped)

    @property
    def exit_code(self) -> ExitCode:
        """The worst of all outcomes and failures; a run stopped before its end failed."""
        codes = [result.outcome.exit_code for result in self.results]
        codes += [failure.exit_code for failure in self.failures]
        if self.stopped and self.records["left"]:
            codes.append(ExitCode.FAILED)
        return max(codes, default=ExitCode.DONE)

    @property
    def outcomes(self) -> dict[str, int]:
        """How many cards had which outcome."""
        return dict(Counter(result.outcome.value for result in self.results))

    def advice(self) -> Iterator[str]:
        """Yield what to do about everything that failed, each advice once."""
        given = [result.advice for result in self.results if result.outcome.failed]
        given += [failure.advice for failure in self.failures]
        yield from dict.fromkeys(advice for advice in given if advice)

    def as_dict(self, batch: bytes) -> dict[str, object]:
        """Return the run for ``--json``."""
        return {
            "batch": batch,
            "this_run": self.outcomes,
            "records": dict(self.records),
            "stopped": self.stopped,
            "cards": [result.as_dict() for result in self.results],
            "failures": [failure.as_dict() for failure in self.failures],
            "exit_code": int(self.exit_code),
        }

    def draw(self, console: "Console") -> None:
        """Draw the run for people."""
        said = ", ".join(f"{count} {what}" for what, count in self.outcomes.items()) or "no card"
        console.print(f"This run: {said}.")
        counts = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in self.records.items())
        console.print(f"The batch: {counts}")
        for failure in self.failures:
            console.print(f"Station {failure.reader} failed: {failure.message}.", markup=False)
        if left := self.records["left"]:
            came = {result.outcome for result in self.results}
            first = "take the cards set aside out, then " if Outcome.SET_ASIDE in came else ""
            who = "Stopped by you; " if self.stopped else ""
            console.print(
                f"{who}{left} records wait for a blank: {first}run the same command again."
            )
