"""What a person at the command line types next, where the contract advises any terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from host_lib.refusals import (
    ConditionsNotSatisfied,
    NameUsed,
    NotFound,
    Refused,
    SecurityStatusNotSatisfied,
)

_TRANSACTION = "PERFORM TRANSACTION"
_READ_OTHERWISE = "Read it with --with-pin, or in a session of another role: --role inspect."
_TYPED: dict[tuple[str, type[Refused]], str] = {
    (_TRANSACTION, SecurityStatusNotSatisfied): (
        "The role may not do that. `unicard card services --json` tells each service's "
        "debit_roles and credit_roles; `unicard card pay --role` names one. BREAD, RATION and "
        "HEALTH debit a purse only beside another service."
    ),
    (_TRANSACTION, ConditionsNotSatisfied): (
        "`unicard card show` tells whether the card is suspended, or outside its validity by this "
        "terminal's clock; an office resumes a suspended one."
    ),
    (_TRANSACTION, NotFound): "`unicard card services` shows the services that this card has.",
    (_TRANSACTION, NameUsed): (
        "Another journal has used this number under the same terminal id. Name that journal with "
        "--journal, or give this terminal an id that was never used."
    ),
    ("VERIFY", ConditionsNotSatisfied): (
        "The holder of a new card chooses a PIN first: `unicard card change-pin`. Whether the card "
        "is suspended tells `unicard card show`; an office resumes it."
    ),
    ("GET DATA", SecurityStatusNotSatisfied): _READ_OTHERWISE,
    ("READ RECORD", SecurityStatusNotSatisfied): _READ_OTHERWISE,
}


@contextmanager
def refusals_in_words_to_type() -> Iterator[None]:
    """Let what a card refuses name the command or option that helps."""
    try:
        yield
    except Refused as error:
        error.advice = _TYPED.get((error.command, type(error)), error.advice)
        raise
