"""What became of a card at a station, and of a station."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Self

from applet_spec.errors import Changed, ExitCode, UnicardError


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
        """Whether a person has to do something about the card."""
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
    """What happened to one card; ``traffic`` counts commands and bytes of this visit by phase.

    ``used`` says that a card which failed was recognized as a used one, and left as it was.
    """

    outcome: Outcome
    reader: str
    chip: str = ""
    card_number: str = ""
    enrolment_id: str = ""
    message: str = ""
    advice: str = ""
    traffic: Mapping[str, Mapping[str, int]] | None = None
    used: bool = False

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
            "used": self.used,
        }


@dataclass(frozen=True, slots=True)
class StationFailure:
    """Why a station could not go on; ``changed`` is about the card that it had in hand."""

    reader: str
    message: str
    changed: Changed
    advice: str
    exit_code: ExitCode

    @classmethod
    def of(cls, reader: str, error: UnicardError) -> Self:
        """Take over what an error says."""
        return cls(reader, error.message, error.changed, error.advice, error.exit_code)

    @classmethod
    def interrupted(cls) -> Self:
        """Return what a person's second Ctrl-C is: nobody waited for the cards in hand."""
        return cls(
            "run",
            "stopped before the cards in hand were finished",
            Changed.UNKNOWN,
            "put the cards back and run the same command again: they are asked how far they came",
            ExitCode.UNCERTAIN,
        )

    def as_dict(self) -> dict[str, object]:
        """Return the failure for ``--json``."""
        return {
            "reader": self.reader,
            "message": self.message,
            "changed": self.changed.name.lower(),
            "advice": self.advice,
            "exit_code": int(self.exit_code),
        }
