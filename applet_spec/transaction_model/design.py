"""What can be designed wrong, and how far the model is looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Design:
    """The protocol of the contract; each field that is changed makes it a wrong one.

    The first fields are the card's, then those of the session, the terminal's and the issuer's.
    """

    checks_number: bool = True
    keeps_answers: bool = True
    compares_bytes: bool = True
    compares_role: bool = True
    stored_answer_counts: bool = False
    stored_answer_arms: bool = False
    reverse_arms: bool = False
    session_disarms: bool = True
    """Whether the transaction before a session is out of a reverse's reach."""
    commit: str = "atomic"
    """Or what is written first, and can be left alone by a cut: ``balance`` or ``log``."""

    sessions_end: bool = True
    """Whether a wrapped command is refused after its session, or for the second time."""
    answers_bound: bool = True
    """Whether an authentic answer is taken for that of its own command alone."""

    ids_differ: bool = True
    """Whether each terminal has an id of its own, which keeps their names apart."""
    believes_errors: bool = False
    """Whether an error from anywhere is taken as *did not happen*."""
    believes_refusals: bool = False
    """The same of errors that the card itself has answered."""
    queries_in_session: bool = True
    queries_in_role: bool = True
    """Whether a terminal queries only in sessions of the role that it sent the request in."""
    log_believed: int = 0
    """How many more records the terminal believes the log to have than there are."""
    forgets_age: bool = False
    """Whether it decides that a request is not in the log, however much has happened since."""
    journal_first: bool = True
    keeps_until_acknowledged: bool = True

    counts_once: bool = True


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of the model is looked at.

    ``log`` is the number of the log's records, ``depth`` the most events after the beginning (0:
    until nothing new comes), ``roles`` how many roles terminals open sessions in.
    """

    log: int = 1
    depth: int = 0
    roles: int = 1
