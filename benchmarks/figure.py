"""One measured figure, and what it is held against."""

from dataclasses import dataclass
from enum import Enum


class Goal(Enum):
    """On which side of the goal a good figure lies."""

    AT_MOST = "at most"
    AT_LEAST = "at least"


@dataclass(frozen=True)
class Figure:
    """A value with its unit; ``against`` says in words what it is compared with.

    A figure without a goal is there to be read: it is never missed.
    """

    name: str
    value: float
    unit: str
    against: str
    goal: float | None = None
    side: Goal = Goal.AT_MOST

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None when there is none."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.side is Goal.AT_MOST else self.value >= self.goal

    @property
    def goal_text(self) -> str:
        """The goal in words, empty when there is none."""
        return "" if self.goal is None else f"{self.side.value} {self.goal:g} {self.unit}".strip()

    def as_dict(self) -> dict[str, object]:
        """Return the figure as it stands in results.json."""
        return {
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "goal": self.goal_text or None,
            "met": self.met,
            "against": self.against,
        }
