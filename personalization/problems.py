"""What is wrong with an enrolment list: enough to correct it, and nothing that exposes anybody."""

from dataclasses import dataclass

_SHOWN_WHOLE = frozenset(
    {
        "enrolment_id",
        "governorate",
        "finger_exempt",
        "finger_1_position",
        "finger_2_position",
        "ration_points",
        "bread_loaves",
        "health_class",
    }
)
"""Fields that say nothing about a person who is not named beside them."""
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. ``record`` counts from 1 (0: the list itself), ``line`` is where it begins.

    ``value`` is what stood there, with personal data masked.
    """

    record: int
    line: int
    field: str
    message: str
    value: str

    def as_dict(self) -> dict[str, object]:
        """Return the fault for ``--json``."""
        return {
            "record": self.record,
            "line": self.line,
            "field": self.field,
            "message": self.message,
            "value": self.value,
        }


def shown(field: str, value: object) -> str:
    """Return a value as it may be shown: personal data keeps its length and little else.

    Digits become ``#`` and letters ``*``, so that a letter among digits, a missing digit or a
    stray space can be seen and the person cannot.
    """
    if value is None:
        return ""
    text = value if isinstance(value, str) else repr(value)
    if field in _SHOWN_WHOLE:
        masked = text
    elif field in ("finger_1", "finger_2"):
        return f"({len(text)} characters)"
    else:
        masked = "".join(_mask(character) for character in text)
    printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in masked)
    return printable if len(printable) <= _LONGEST else printable[: _LONGEST - 1] + "…"


def _mask(character: str) -> str:
    if character.isdigit():
        return "#"
    return "*" if character.isalnum() else character
