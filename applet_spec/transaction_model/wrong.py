"""Designs that must fail, each with the invariant that it violates."""

from dataclasses import dataclass, replace

from applet_spec.transaction_model.design import Bounds, Design
from applet_spec.transaction_model.invariants import (
    REVERSE_ONCE,
    STORED,
    TRUTH,
    TWICE,
    UNDECIDED,
    VALUE,
)

RIGHT = Design()
SMALL = Bounds(log=1, depth=7)


@dataclass(frozen=True, slots=True)
class WrongDesign:
    """A design with one thing wrong, in words, and the invariant that must not hold.

    ``bounds`` are wide enough to show it.
    """

    text: str
    design: Design
    invariant: str
    bounds: Bounds = SMALL


WRONG_DESIGNS = tuple(
    WrongDesign(*parts)
    for parts in (
        ("no card transaction number check", replace(RIGHT, checks_number=False), TWICE),
        ("no stored answer", replace(RIGHT, keeps_answers=False), TRUTH),
        ("a name is enough for the stored answer", replace(RIGHT, compares_bytes=False), TRUTH),
        (
            "any role gets the stored answer",
            replace(RIGHT, compares_role=False),
            TRUTH,
            Bounds(log=1, depth=7, roles=2),
        ),
        (
            "a stored answer counts as a transaction",
            replace(RIGHT, stored_answer_counts=True),
            STORED,
        ),
        (
            "a stored answer arms a reverse",
            replace(RIGHT, stored_answer_arms=True),
            REVERSE_ONCE,
        ),
        ("a reverse arms a reverse", replace(RIGHT, reverse_arms=True), REVERSE_ONCE),
        ("a reverse in a later session", replace(RIGHT, session_disarms=False), REVERSE_ONCE),
        ("balance written before the log", replace(RIGHT, commit="balance"), VALUE),
        ("log written before the balance", replace(RIGHT, commit="log"), VALUE),
        ("an old wrapped command is taken later", replace(RIGHT, sessions_end=False), TRUTH),
        ("an older answer is taken for a query's", replace(RIGHT, answers_bound=False), TRUTH),
        ("two terminals with one id", replace(RIGHT, ids_differ=False), TRUTH),
        ("an error without MAC is believed", replace(RIGHT, believes_errors=True), TRUTH),
        (
            "the card's refusal is taken as not happened",
            replace(RIGHT, believes_refusals=True),
            TRUTH,
        ),
        (
            "a query in a session of another role",
            replace(RIGHT, queries_in_role=False),
            TRUTH,
            Bounds(log=1, depth=7, roles=2),
        ),
        ("a query outside a session", replace(RIGHT, queries_in_session=False), TRUTH),
        ("a log one record too short", replace(RIGHT, log_believed=1), TRUTH),
        (
            "not in the log decides, whatever came since",
            replace(RIGHT, forgets_age=True),
            TRUTH,
        ),
        (
            "a terminal that believes the log shorter than it is",
            replace(RIGHT, log_believed=-1),
            UNDECIDED,
        ),
        ("a request journalled after it is sent", replace(RIGHT, journal_first=False), VALUE),
        (
            "a receipt dropped before the issuer has it",
            replace(RIGHT, keeps_until_acknowledged=False),
            VALUE,
        ),
        (
            "an issuer that counts a receipt each time it comes",
            replace(RIGHT, counts_once=False),
            VALUE,
        ),
    )
)
