"""Who may do what: the answer to each act of a terminal, reckoned from the contract alone.

For a card of the reference profile on which nothing else stands in an act's way: services are
enabled, balances suffice, dates are the card's, and no transaction waits to be reversed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import Literal

from applet_spec.model import ServiceProfile, Spec

Actor = int | Literal["issuer", "nobody"]
"""A role in its session, the issuer in a session with all security, or nobody in none."""
ROLES = range(16)
ACTORS: tuple[Actor, ...] = (*ROLES, "issuer", "nobody")
EXPIRED = "expired"
"""ACTIVE, and the date is after the last day."""
_PURSE = "purse"
_DONE, _NOT_ALLOWED, _NOT_NOW, _UNKNOWN = 0x9000, 0x6982, 0x6985, 0x6D00
_NO_RECORD, _LIMIT, _UNVERIFIED = 0x6A83, 0x9403, 0x9405
_MOST = 0x7FFFFFFF


class Verified(IntFlag):
    """What the holder has shown in the session."""

    NOTHING = 0
    PIN = 1
    FINGER = 2


@dataclass(frozen=True, slots=True)
class Move:
    """A debit or credit of a service of the profile."""

    operation: Literal["debit", "credit"]
    service: ServiceProfile
    amount: int = 1


@dataclass(frozen=True, slots=True)
class Act:
    """Something to be done with one command.

    ``moves`` are a transaction's; ``object`` is the name of what READ RECORD or PUT DATA is about.
    """

    name: str
    command: str
    moves: tuple[Move, ...] = ()
    object: str = ""


def states(spec: Spec) -> tuple[str, ...]:
    """Return the states of the application, and expiry, which is none."""
    return (*spec.states, EXPIRED)


def acts(spec: Spec) -> Iterator[Act]:
    """Yield what a terminal can want of a card of the reference profile."""
    perform = "PERFORM TRANSACTION"
    purse = next(one for one in spec.services.profile if one.kind == _PURSE)
    for service in spec.services.profile:
        yield Act(f"debit {service.label}", perform, (Move("debit", service),))
        if service is not purse:
            basket = (Move("debit", purse), Move("debit", service))
            yield Act(f"debit {purse.label} and {service.label}", perform, basket)
    large = _allowance(purse) + 1
    text = f"debit {large} of {purse.label}"
    yield Act(text, perform, (Move("debit", purse, large),))
    role, limit = min(_limits(purse).items(), key=lambda each: each[1])
    own = next(one for one in spec.services.profile if one is not purse and role in one.debit_roles)
    text = f"debit {limit + 1} of {purse.label} and {own.label}"
    yield Act(text, perform, (Move("debit", purse, limit + 1), Move("debit", own)))
    for service in spec.services.profile:
        yield Act(f"credit {service.label}", perform, (Move("credit", service),))
    yield Act("reverse another session's transaction", "reverse")
    yield Act("query", "query")
    yield Act("read the log", "READ RECORD", object="transaction log")
    quota = next(one for one in spec.services.profile if one.kind == "quota")
    yield Act("set a period", "PUT DATA", object=f"service period {quota.id}")
    yield Act("set the card's date", "PUT DATA", object="card date")


def answer(spec: Spec, actor: Actor, act: Act, verified: Verified, state: str) -> int:
    """Return the status word with which a card answers; for TERMINATED that to any command."""
    if state == "TERMINATED":
        return _UNKNOWN
    name = act.command if act.command in spec.commands else "PERFORM TRANSACTION"
    command = spec.commands[name]
    if _kept_as(state) not in command.states:
        return _NOT_NOW
    if not _session_fits(command.session, actor):
        return _NOT_ALLOWED
    if act.command == "query":
        return _DONE
    if act.object:
        return _of_object(spec, actor, act, verified, state)
    return _of_transaction(spec, actor, act, verified, state)


def session_opens(actor: Actor, state: str) -> bool:
    """Say whether an actor's session can be opened at all: the issuer's, or a role's."""
    if actor == "nobody":
        return True
    return state != "TERMINATED" and (actor == "issuer" or state != "BLANK")


def may_verify(spec: Spec, state: str) -> bool:
    """Say whether VERIFY is answered in a state."""
    return _kept_as(state) in spec.commands["VERIFY"].states


def _kept_as(state: str) -> str:
    return "ACTIVE" if state == EXPIRED else state


def _session_fits(session: str, actor: Actor) -> bool:
    is_role = isinstance(actor, int)
    fits = {"role": is_role, "issuer": actor == "issuer"}
    return fits.get(session, session != "issuer or role" or actor != "nobody")


def _of_object(spec: Spec, actor: Actor, act: Act, verified: Verified, state: str) -> int:
    entry = spec.object_named(act.object)
    reads = act.command == "READ RECORD"
    conditions = entry.read if reads else entry.write
    if not conditions & set(_met(actor, verified)):
        return _NOT_ALLOWED
    empty = reads and state == "PERSONALIZED"
    return _NO_RECORD if empty else _DONE


def _met(actor: Actor, verified: Verified) -> Iterator[str]:
    yield "anyone"
    if isinstance(actor, int):
        yield from ("role", f"role:{actor}")
    else:
        yield actor
    yield from (flag.name.lower() for flag in Verified if flag & verified and flag.name)


def _of_transaction(spec: Spec, actor: Actor, act: Act, verified: Verified, state: str) -> int:
    assert isinstance(actor, int), "only roles get so far"
    nothing_to_reverse = not act.moves
    if nothing_to_reverse or state in ("SUSPENDED", EXPIRED):
        return _NOT_NOW
    if state == "PERSONALIZED" and not verified:
        return _UNVERIFIED
    words = (_of_move(spec, actor, act, move, verified) for move in act.moves)
    return next((word for word in words if word != _DONE), _DONE)


def _of_move(spec: Spec, role: int, act: Act, move: Move, verified: Verified) -> int:
    service = move.service
    if move.operation == "credit":
        return _DONE if role in service.credit_roles else _NOT_ALLOWED
    alone = all(other.service.kind == _PURSE for other in act.moves if other.operation == "debit")
    if role not in service.debit_roles:
        return _NOT_ALLOWED
    if service.kind == _PURSE and alone and role not in spec.transactions.purse_alone_roles:
        return _NOT_ALLOWED
    forgiven = service.kind == _PURSE and move.amount <= _allowance(service)
    if not forgiven and not _satisfies(verified, service.verification):
        return _UNVERIFIED
    return _LIMIT if move.amount > _limits(service).get(role, _MOST) else _DONE


def _limits(service: ServiceProfile) -> dict[int, int]:
    """Return a purse's limits by role; none of another service."""
    limits = service.settings.get("role_limits", {})
    assert isinstance(limits, Mapping)
    return {int(role): int(limit) for role, limit in limits.items()}


def _satisfies(verified: Verified, rule: str) -> bool:
    """Say whether flags satisfy a rule, on a card that is not finger-exempt."""
    if rule == "none":
        return True
    wanted = [Verified[word.upper()] for word in rule.replace(" or ", " ").split() if word != "and"]
    shown = [flag in verified for flag in wanted]
    return any(shown) if " or " in rule else all(shown)


def _allowance(purse: ServiceProfile) -> int:
    allowance = purse.settings["unverified_allowance"]
    assert isinstance(allowance, int)
    return allowance
