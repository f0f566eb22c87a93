"""What every error says: what happened, whether anything changed, what to do next."""

from enum import Enum, IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    UNCERTAIN = 4
    SPOILED = 5


class Changed(Enum):
    """Whether the card or the file named in an error differs from before."""

    NO = "nothing was changed"
    YES = "a change was made"
    UNKNOWN = "it is not known whether a change was made"


class UnicardError(Exception):
    """Base of all errors that a user of the project can meet.

    ``message`` says what happened, ``changed`` whether the card or file changed, ``advice`` what
    to do next; ``exit_code`` is what the command line ends with. A child class sets the defaults
    of its kind; a raise may override them.
    """

    exit_code: ExitCode = ExitCode.FAILED
    changed: Changed = Changed.NO
    advice: str = ""

    def __init__(
        self,
        message: str,
        *,
        changed: Changed | None = None,
        advice: str | None = None,
        exit_code: ExitCode | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if changed is not None:
            self.changed = changed
        if advice is not None:
            self.advice = advice
        if exit_code is not None:
            self.exit_code = exit_code

    def as_dict(self) -> dict[str, object]:
        """Return the error as JSON-ready values, for ``--json`` output and reports."""
        return {
            "kind": type(self).__name__,
            "message": self.message,
            "changed": self.changed.name.lower(),
            "advice": self.advice,
            "exit_code": int(self.exit_code),
        }
