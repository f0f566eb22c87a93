"""How a test says that the card does not do what it should, and that it cannot ask."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """What was sent, what came and what was expected, in words without secrets."""

    sent: str
    came: str
    expected: str

    def as_json(self) -> dict[str, str]:
        """Return the failure as results hold it."""
        return asdict(self)


class NotConform(AssertionError):
    """The card failed the requirement that the test shows."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.sent}: {failure.came} instead of {failure.expected}")
        self.failure = failure


class NotRun(Exception):
    """The test cannot be carried out on this card in this run; the message says why."""


def check(condition: bool, what: str, came: object, expected: object) -> None:
    """Raise NotConform unless the condition holds; ``came`` and ``expected`` hold no secret."""
    if not condition:
        raise NotConform(Failure(what, _text(came), _text(expected)))


def same(what: str, came: object, expected: object) -> None:
    """Raise NotConform unless both are equal; they hold no secret."""
    check(came == expected, what, came, expected)


def _text(value: object) -> str:
    return value.hex().upper() if isinstance(value, bytes) else str(value)
