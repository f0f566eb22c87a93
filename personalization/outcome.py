"""What became of a card at a station."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from applet_spec import ExitCode


class Outcome(Enum):
    """What became of a card at a station."""

    ISSUED = "issued"
    ALREADY_DONE = "already done"
    LEFT = "left blank"
    SET_ASIDE = "set aside"
    UNCERTAIN = "uncertain"
    SPOILED = "spoiled"

    @property
    def failed(self) -> bool:
        """Whether it counts towards the failures in a row that stop a station."""
        return self in (Outcome.SET_ASIDE, Outcome.UNCERTAIN, Outcome.SPOILED)

    @property
    def exit_code(self) -> ExitCode:
        """What a run ends with in which this was the worst."""
        return {
            Outcome.SET_ASIDE: ExitCode.REFUSED,
            Outcome.UNCERTAIN: ExitCode.UNCERTAIN,
            Outcome.SPOILED: ExitCode.SPOILED,
        }.get(self, ExitCode.DONE)


@dataclass(frozen=True, slots=True)
class CardResult:
    """What happened to one card; ``traffic`` counts commands and bytes of this visit by phase."""

    outcome: Outcome
    reader: str
    chip: str = ""
    card_number: str = ""
    enrolment_id: str = ""
    message: str = ""
    advice: str = ""
    traffic: Mapping[str, Mapping[str, int]] | None = None

    def as_dict(self) -> dict[str, object]:
        """Return the result for ``--json``."""
        return {
            "outcome": self.outcome.value,
            "reader": self.reader,
            "chip": self.chip,
            "card_number": self.card_number,
            "enrolment_id": self.enrolment_id,
            "message": self.message,
            "advice": self.advice,
            "traffic": self.traffic or {},
        }
