"""What a thief can do with the master of a role: the worst loss per card, out of the contract.

The amounts are those of the reference profile for holders, whose limits are the widest. A stolen
SAM still needs each card in a reader of its own, and what it takes leaves a receipt that names a
terminal: money goes only where clearing pays it out.
"""

from collections.abc import Iterator, Mapping

from applet_spec import spec
from applet_spec.model import ServiceProfile
from host_lib.roles import Role, role_name
from keys_tool.purpose import ROLE_PURPOSES, Purpose

_NOTHING = "nothing"
_LONGEST_MONTHS = (31, 31, 30, 31, 30, 31, 31, 28, 31, 30, 31, 30)
"""Days of a year's months from July on: no others in a row have more."""


def losses(role: int, *, verified: bool) -> tuple[str, ...]:
    """Say what one card can lose to who has a role's master, a phrase for each service.

    ``verified`` says that its holder gives PIN or finger to the thief's terminal.
    """
    services = [one for one in spec().services.profile if role in one.debit_roles]
    found = (_LOSSES[one.kind](one, role, verified) for one in services)
    return tuple(f"{one.label}: {loss}" for one, loss in zip(services, found, strict=True) if loss)


def gains(role: int) -> tuple[str, ...]:
    """Say what who has a role's master can put onto a card."""
    services = [one for one in spec().services.profile if role in one.credit_roles]
    return tuple(f"{one.label}: {_GAINS[one.kind](one)}" for one in services)


def _purse(service: ServiceProfile, role: int, verified: bool) -> str:
    free = verified or service.verification == "none"
    if not (role in spec().transactions.purse_alone_roles or _has_basket(role, verified)):
        return ""
    in_all = min(_setting(service, "debit_limit"), _setting(service, "ceiling"))
    if not free:
        in_all = min(in_all, _setting(service, "unverified_allowance"))
    at_once = _role_limit(service, role)
    until = "between two LOADs" if free else "between two payments that the holder verifies"
    limit = f", {_money(at_once)} at a time" if at_once < in_all else ""
    return f"{_money(in_all)} {until}{limit}"


def _has_basket(role: int, verified: bool) -> bool:
    """Whether the role can debit something else than a purse, in whose basket a purse's may be."""
    others = (one for one in spec().services.profile if one.kind != "purse")
    return any(
        role in one.debit_roles and (verified or one.verification == "none") for one in others
    )


def _quota(service: ServiceProfile, _role: int, verified: bool) -> str:
    """Say what a quota gives: all that it can hold, and an allowance a period to its horizon."""
    if not verified and service.verification != "none":
        return ""
    held = _setting(service, "carry_over_factor") + 1
    kind, ahead = str(service.settings["period"]), _periods_ahead(service)
    return f"{held + ahead} allowances of a {kind}, {ahead} of them early, and none until then"


def _periods_ahead(service: ServiceProfile) -> int:
    months = spec().services.horizon_months
    days = sum(_LONGEST_MONTHS[:months])
    return {"none": 0, "day": days, "month": months}[str(service.settings["period"])]


def _entitlement(service: ServiceProfile, _role: int, verified: bool) -> str:
    return "uses counted that there were not" if verified or service.verification == "none" else ""


_LOSSES = {"purse": _purse, "quota": _quota, "entitlement": _entitlement}


def _purse_gain(service: ServiceProfile) -> str:
    return f"{_money(_setting(service, 'ceiling'))} at a time, without end"


def _other_gain(_service: ServiceProfile) -> str:
    return "without end"


_GAINS = {"purse": _purse_gain, "quota": _other_gain, "entitlement": _other_gain}


def sentence(purpose: Purpose) -> str:
    """Say what is to be known of a master that was handed over, in a sentence or two."""
    if purpose not in ROLE_PURPOSES:
        return f"Who has this {purpose.value} key can do all that the issuer does with it."
    role = ROLE_PURPOSES.index(purpose)
    alone, with_holder = losses(role, verified=False), losses(role, verified=True)
    parts = [f"Who steals that store can act as {role_name(role)} on every card with its keys."]
    if gains(role):
        parts.append(f"It can credit: {'; '.join(gains(role))}.")
    if with_holder:
        parts.append(f"A card can lose, without its holder: {'; '.join(alone) or _NOTHING}.")
        parts.append(f"With the holder's PIN or finger: {'; '.join(with_holder)}.")
    return " ".join(parts)


def table_as_text() -> Iterator[str]:
    """Yield the lines of the table of worst losses in Markdown."""
    yield "| stolen master of | without the holder | with the holder's PIN or finger | besides |"
    yield "|---|---|---|---|"
    for role in Role:
        cells = (
            f"{role.name}, {spec().roles[role].held_by}",
            "<br>".join(losses(role, verified=False)) or _NOTHING,
            "<br>".join(losses(role, verified=True)) or _NOTHING,
            _besides(role),
        )
        yield f"| {' | '.join(cells)} |"


def _besides(role: Role) -> str:
    said = [f"credits {gain}" for gain in gains(role)]
    said += [_OWN_RIGHTS[role]] if role in _OWN_RIGHTS else []
    return "<br>".join(said) or "–"


_OWN_RIGHTS: Mapping[Role, str] = {
    Role.LOAD: "sets horizons, periods and the card's date",
    Role.INSPECT: "reads holder data and log",
}


def _role_limit(service: ServiceProfile, role: int) -> int:
    limits = service.settings["role_limits"]
    assert isinstance(limits, Mapping), "the contract's schema says so"
    return int(limits[str(role)])


def _setting(service: ServiceProfile, name: str) -> int:
    value = service.settings[name]
    assert isinstance(value, int), "the contract's schema says so"
    return value


def _money(amount: int) -> str:
    currency = spec().currency
    whole, rest = divmod(amount, 10**currency.minor_digits)
    return f"{whole:,}.{rest:0{currency.minor_digits}} {currency.alpha}"
