"""Whether the holder was verified as a service asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from applet_spec import spec
from card_simulator.application.state import Verified

Rule = Callable[[Verified], bool]


def satisfies(flags: Verified, rule: int, *, exempt: bool) -> bool:
    """Say whether the flags satisfy a rule; on a finger-exempt card the PIN stands for fingers."""
    name = _rule_names()[rule]
    return _RULES[_EXEMPT.get(name, name) if exempt else name](flags)


@cache
def _rule_names() -> dict[int, str]:
    return {code: name for name, code in spec().services.verification.items()}


_RULES: dict[str, Rule] = {
    "none": lambda _flags: True,
    "pin": lambda flags: bool(flags & Verified.PIN),
    "finger": lambda flags: bool(flags & Verified.FINGER),
    "pin or finger": bool,
    "pin and finger": lambda flags: flags == Verified.PIN | Verified.FINGER,
}
_EXEMPT = {"finger": "pin", "pin or finger": "pin", "pin and finger": "pin"}
