"""Status words as typed errors: what the card said, in the words of the contract.

The contract says for each command what each status word means, whether the card changed and what
to do next (``applet_spec/data``); this module only gives each kind of refusal a class to catch.
"""

from applet_spec import CommandSpec, ExitCode, UnicardError
from host_lib.errors import ProtocolError


class Refused(UnicardError):
    """The card refused a command.

    ``sw`` is the status word, ``command`` the command's name, ``requirement`` the number of the
    requirement behind the refusal.
    """

    exit_code = ExitCode.REFUSED

    def __init__(self, contract: CommandSpec, sw: int) -> None:
        word = contract.meaning(sw)
        assert word is not None, "refusal() chooses the class"
        super().__init__(
            f"{contract.name} was refused with {sw:04X}, {word.told(sw)}",
            changed=word.changed,
            advice=word.advice,
        )
        self.sw = sw
        self.command = contract.name
        self.requirement = word.requirement


class WrongPin(Refused):
    """The PIN is wrong; ``tries_left`` tries remain."""

    def __init__(self, contract: CommandSpec, sw: int) -> None:
        super().__init__(contract, sw)
        self.tries_left = sw & 0xF
        if not self.tries_left:
            self.advice = "The PIN is blocked now; the issuer resets it at an office."


class AuthenticationBlocked(Refused):
    """No tries are left (6983)."""


class AuthenticationFailed(Refused):
    """The card does not accept the host's cryptogram (6300)."""


class SecurityStatusNotSatisfied(Refused):
    """The session or verification that the command needs is missing (6982)."""


class ConditionsNotSatisfied(Refused):
    """The card's state does not allow the command (6985)."""


class IncorrectData(Refused):
    """The command data is not well formed (6A80)."""


class IncorrectParameters(Refused):
    """P1, P2, a length or an offset is not one that the command takes (6A86, 6700, 6B00)."""


class ApplicationNotFound(Refused):
    """No application of this name (6A82)."""


class NotFound(Refused):
    """The card has no such object, key or entry (6A88)."""


class RecordNotFound(Refused):
    """The log has no record of this number (6A83)."""


class BalanceTooSmall(Refused):
    """The balance is smaller than the amount (9401)."""


class CeilingExceeded(Refused):
    """The credit would take the balance above its ceiling (9402)."""


class LimitExceeded(Refused):
    """The amount is above the limit for one transaction (9403)."""


class DebitLimitReached(Refused):
    """The purse must see its issuer first: debits since the last load are at their limit (9404)."""


class VerificationRequired(Refused):
    """The holder's PIN or finger must be verified first, in this session (9405)."""


class PeriodPast(Refused):
    """The date lies in a period before the card's (9406)."""


class PeriodBeyondHorizon(Refused):
    """The date lies in a period beyond the card's horizon (9407)."""


class NotValidOnDate(Refused):
    """The entitlement is not valid on this date (9408)."""


class ServiceDisabled(Refused):
    """The issuer has disabled the service (9409)."""


class NameUsed(Refused):
    """Another request of this terminal id and number is in the card's log (9481)."""


class NumberNotCurrent(Refused):
    """The card's transaction number is another one than the request says (9482)."""


class NotEnoughMemory(Refused):
    """There is no room for the data (6A84)."""


class NotSupported(Refused):
    """The card does not have the instruction, class, channel or function (6Dxx, 6Exx, 688x)."""


class CardFailure(Refused):
    """The card reports a failure of its own (6F00, 6581); its state is not known."""

    exit_code = ExitCode.UNCERTAIN


class UnknownStatusWord(ProtocolError):
    """A status word that the contract does not have for this command."""

    def __init__(self, contract: CommandSpec, sw: int) -> None:
        super().__init__(
            f"{contract.name} was answered with {sw:04X}, which the contract does not know there"
        )
        self.sw = sw
        self.command = contract.name


_KINDS: dict[str, type[Refused]] = {
    "63Cx": WrongPin,
    "6300": AuthenticationFailed,
    "6983": AuthenticationBlocked,
    "6982": SecurityStatusNotSatisfied,
    "6985": ConditionsNotSatisfied,
    "6A80": IncorrectData,
    "6A86": IncorrectParameters,
    "6700": IncorrectParameters,
    "6B00": IncorrectParameters,
    "6A82": ApplicationNotFound,
    "6A83": RecordNotFound,
    "6A88": NotFound,
    "6A84": NotEnoughMemory,
    "6A81": NotSupported,
    "6D00": NotSupported,
    "6E00": NotSupported,
    "6881": NotSupported,
    "6884": NotSupported,
    "6F00": CardFailure,
    "6581": CardFailure,
    "9401": BalanceTooSmall,
    "9402": CeilingExceeded,
    "9403": LimitExceeded,
    "9404": DebitLimitReached,
    "9405": VerificationRequired,
    "9406": PeriodPast,
    "9407": PeriodBeyondHorizon,
    "9408": NotValidOnDate,
    "9409": ServiceDisabled,
    "9481": NameUsed,
    "9482": NumberNotCurrent,
}


def refusal(contract: CommandSpec, sw: int) -> UnicardError:
    """Return the error that a status word other than success is for this command."""
    word = contract.meaning(sw)
    if word is None:
        return UnknownStatusWord(contract, sw)
    return _KINDS.get(word.pattern, Refused)(contract, sw)
