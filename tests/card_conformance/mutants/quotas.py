"""Periods of quotas, and PUT DATA that sets them."""

from collections.abc import Callable

from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application import (
    formats,
    periods,
    quota,
)
from card_simulator.application.account import Account, Asked
from card_simulator.application.objects import Objects
from card_simulator.application.service_record import kind_layout
from card_simulator.application.services import Services
from tests.card_conformance.mutants.base import Patch, Patcher, Rows, nothing, replaced
from tests.card_conformance.mutants.service_fields import field, less, more


def _kept_before(left: int, allowance: int, ceiling: int, passed: int) -> int:
    return quota.saturated(min(left + passed * allowance, ceiling))


def _allowance_once(left: int, allowance: int, ceiling: int, _passed: int) -> int:
    return quota.saturated(min(left, ceiling) + allowance)


def _one_too_many(left: int, allowance: int, ceiling: int, passed: int) -> int:
    return quota.saturated(min(left + passed * allowance, ceiling) + allowance)


def _unlimited(left: int, allowance: int, _ceiling: int, passed: int) -> int:
    return quota.saturated(left + passed * allowance)


def _nothing_carried(_left: int, allowance: int, _ceiling: int, _passed: int) -> int:
    return allowance


def _credit_in_old_period(held: Account, asked: Asked) -> Account:
    after = quota.balance(held) + asked.amount
    quota.check_ceiling(held, after)
    return quota.with_balance(held, after)


def _period_forgotten(patch: Patcher) -> None:
    """Give what periods bring, and stay in the old one."""
    original = quota.in_period

    def in_period(held: Account, period: int) -> Account:
        return quota.with_balance(held, quota.balance(original(held, period)))

    patch.setattr(quota, "in_period", in_period)


def _past_is_now(patch: Patcher) -> None:
    original = quota.in_period

    def in_period(held: Account, period: int) -> Account:
        current = kind_layout("quota").number(held.record, "current period")
        return held if period < current else original(held, period)

    patch.setattr(quota, "in_period", in_period)


def _no_horizon_for_credits(patch: Patcher) -> None:
    def credit(held: Account, asked: Asked) -> Account:
        check = quota.check_horizon
        quota.check_horizon = nothing
        try:
            return original(held, asked)
        finally:
            quota.check_horizon = check

    original = quota.credit
    patch.setattr(quota, "credit", credit)


def _month_is_day(kind: int, day: bytes) -> int:
    return periods.period_of(periods.DAY if kind else kind, day)


def _days_from_one(kind: int, day: bytes) -> int:
    return periods.period_of(kind, day) + (kind == periods.DAY)


def _thirty_days(kind: int, day: bytes) -> int:
    """Count each month as 31 days."""
    if kind != periods.DAY:
        return periods.period_of(kind, day)
    return periods.period_of(periods.MONTH, day) * 31 + int(day[3:].hex()) - 1


def _yes(*_args: object, **_kwargs: object) -> bool:
    return True


def _put_by(condition: str) -> Patch:
    """Return a patch under which PUT DATA counts a write condition as not met."""
    original = Objects._met

    def put(self: Objects, command: Command) -> Answer:
        return _put_data(self, command)

    def met(self: Objects, wanted: str) -> bool:
        return wanted != condition and original(self, wanted)

    return lambda patch: patch.setattr(Objects, "_met", met)


_put_data = Objects.put_data


def _balance_reset(patch: Patcher) -> None:
    original = Services.set_period

    def set_period(self: Services, place: int, value: bytes) -> None:
        original(self, place, value)
        record = kind_layout("quota").with_number(self.record(place), "balance", 0)
        self._cells.write(self._cell[place], record)

    patch.setattr(Services, "set_period", set_period)


def _part_of_period(name: str) -> Patch:
    """Return a patch under which PUT DATA sets one field of a service period only."""

    def set_period(self: Services, place: int, value: bytes) -> None:
        part = {"current period": value[:2], "horizon": value[2:]}[name]
        record = kind_layout("quota").with_field(self.record(place), name, part)
        self._cells.write(self._cell[place], record)

    return replaced(Services, "set_period", set_period)


def _not_there_is_wrong(patch: Patcher) -> None:
    def put_data(self: Objects, command: Command) -> Answer:
        try:
            return _put_data(self, command)
        except StatusError as error:
            period = command.p1p2 >> 4 == 0xDF6
            raise StatusError(
                SW.WRONG_DATA if period and error.sw == SW.REFERENCED_DATA_NOT_FOUND else error.sw
            ) from error

    patch.setattr(Objects, "put_data", put_data)


def _succession(name: str, check: Callable[[bytes, bytes], bool]) -> Patch:
    return replaced(formats, name, check)


MUTANTS: Rows = (
    ("clips after the allowance", "QUO-01", replaced(quota, "carried", _kept_before)),
    ("brings one allowance for all", "QUO-01", replaced(quota, "carried", _allowance_once)),
    ("brings one allowance too many", "QUO-01", replaced(quota, "carried", _one_too_many)),
    ("carries everything over", "QUO-01", replaced(quota, "carried", _unlimited)),
    ("carries nothing over", "QUO-01", replaced(quota, "carried", _nothing_carried)),
    ("credits the old period", "QUO-01", replaced(quota, "credit", _credit_in_old_period)),
    ("stays in the old period", "QUO-01", _period_forgotten),
    ("counts months as days", "QUO-01", replaced(quota, "period_of", _month_is_day)),
    ("counts days from 1", "QUO-01", replaced(quota, "period_of", _days_from_one)),
    ("counts 31 days a month", "QUO-01", replaced(quota, "period_of", _thirty_days)),
    ("takes the past for now", "QUO-02", _past_is_now),
    ("has no horizon", "QUO-03", replaced(quota, "check_horizon", nothing)),
    ("has the horizon one too early", "QUO-03", field("quota", "horizon", less)),
    ("has the horizon one too late", "QUO-03", field("quota", "horizon", more)),
    ("has no horizon for credits", "QUO-03", _no_horizon_for_credits),
    ("resets the balance with the period", "QUO-04", _balance_reset),
    ("sets the horizon only", "QUO-04", _part_of_period("horizon")),
    ("sets the period only", "QUO-04", _part_of_period("current period")),
    ("lets nobody but the issuer set periods", "QUO-04", _put_by("role:0")),
    ("lets nobody but LOAD set periods", "QUO-04", _put_by("issuer")),
    ("takes any period", "QUO-05", _succession("follows_period", _yes)),
    ("takes later periods", "QUO-05", _succession("follows_period", lambda v, _: v[:2] <= v[2:])),
    ("takes any horizon", "QUO-05", _succession("follows_period", lambda v, h: v[:2] <= h[:2])),
    ("says 6A80 of no quota", "QUO-05", _not_there_is_wrong),
)  # fmt: skip
