"""Service records: bytes of the contract's layout, and what an enrolment entitles to."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applet_spec import spec
from host_lib.errors import ProtocolError
from host_lib.secret import Pin
from host_lib.services import ServiceRecord, Value, decode_service, encode_service
from personalization.card_data import CardNumbers, card_data
from personalization.dates import months_later
from personalization.services import period, service_table

AMOUNTS = st.integers(0, 0x7FFFFFFF)
DATES = st.dates(date(2000, 1, 1), date(2079, 12, 31))
ROLES = st.frozensets(st.integers(0, 15))
LABELS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12).filter(
    lambda text: len(text.encode()) <= 12
)
EFFECTIVE = date(2026, 11, 22)


@st.composite
def service_records(draw: st.DrawFn) -> ServiceRecord:
    kind = draw(st.sampled_from(sorted(spec().services.kinds)))
    limits = draw(st.dictionaries(st.integers(0, 15), AMOUNTS, max_size=5))
    return ServiceRecord(
        id=draw(st.integers(0, 255)),
        kind=kind,
        label=draw(LABELS),
        verification=draw(st.sampled_from(sorted(spec().services.verification))),
        debit_roles=draw(ROLES),
        credit_roles=draw(ROLES),
        enabled=draw(st.booleans()),
        values=draw(_values(kind)),
        role_limits=limits if kind == "purse" else {},
    )


def _values(kind: str) -> st.SearchStrategy[Mapping[str, Value]]:
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for entry in spec().services.kinds[kind].fields:
        if entry.name.startswith("valid"):
            fields[entry.name] = DATES
        elif entry.name == "currency":
            fields[entry.name] = st.integers(0, 999)
        elif entry.name != "limits":
            fields[entry.name] = st.integers(0, min((1 << 8 * entry.length) - 1, 0x7FFFFFFF))
    return st.fixed_dictionaries(fields)


@given(service_records())
def test_every_record_reads_back_as_it_was_and_fits_the_card_s_object(
    record: ServiceRecord,
) -> None:
    data = encode_service(record)
    assert decode_service(data) == record
    assert len(data) in spec().object_named("service record 1").length


@given(service_records(), st.integers(1, 63))
def test_a_record_cut_short_or_with_more_behind_it_is_refused(
    record: ServiceRecord, cut: int
) -> None:
    data = encode_service(record)
    for broken in (data[: max(0, len(data) - cut)], data + bytes(cut)):
        with pytest.raises(ProtocolError):
            decode_service(broken)


@given(st.binary(max_size=70))
def test_no_bytes_at_all_do_anything_worse_than_a_clear_refusal(data: bytes) -> None:
    try:
        record = decode_service(data)
    except ProtocolError:
        return
    assert decode_service(encode_service(record)) == record


def test_the_purse_has_the_bytes_that_the_contract_says() -> None:
    # Laid out by hand from applet_spec/data/services.json.
    record = ServiceRecord(
        *(4, "purse", "wallet", "pin", frozenset({1, 2}), frozenset({0}), True),
        {
            "currency": 818,
            "ceiling": 1000000,
            "unverified allowance": 20000,
            "debit limit": 500000,
            "balance": 0,
        },
        {2: 300000, 1: 5000},
    )
    assert encode_service(record) == bytes.fromhex(
        "04 01 80 01 0006 0001 77616C6C6574000000000000"
        "0818 000F4240 00004E20 0007A120 00000000 02 01 00001388 02 000493E0"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"label": "a label too long"},
        {"id": 256},
        {"debit_roles": frozenset({16})},
        {"values": {"allowance": 1 << 31}},
        {"values": {"nonsense": 1}},
        {"role_limits": dict.fromkeys(range(6), 1)},
    ],
)
def test_what_no_record_can_hold_is_refused(change: dict[str, Any]) -> None:
    (table,) = (s for s in service_table({}, EFFECTIVE) if s.kind == "purse")
    fields = {name: getattr(table, name) for name in ServiceRecord.__slots__}
    values = {**table.values, **change.pop("values", {})}
    with pytest.raises((ValueError, KeyError)):
        encode_service(ServiceRecord(**{**fields, "values": values, **change}))


def table_of(**fields: Any) -> dict[str, ServiceRecord]:
    return {record.label: record for record in service_table(fields, EFFECTIVE)}


def test_everybody_has_a_wallet_and_the_rest_by_entitlement() -> None:
    assert set(table_of()) == {"wallet"}
    everything = table_of(ration_points=200, bread_loaves=20, health_class=2)
    assert list(everything) == ["ration", "bread", "health", "wallet"]
    assert all(len(encode_service(record)) <= 64 for record in everything.values())


def test_rations_begin_with_this_month_s_allowance() -> None:
    values = table_of(ration_points=200)["ration"].values
    assert values["current period"] == 26 * 12 + 10
    assert values["horizon"] == 27 * 12 + 1
    assert (values["allowance"], values["balance"]) == (200, 200)
    assert (values["carry-over ceiling"], values["transaction limit"]) == (200, 400)


def test_bread_counts_days_and_carries_three_over() -> None:
    values = table_of(bread_loaves=20)["bread"].values
    assert values["current period"] == (EFFECTIVE - date(2000, 1, 1)).days
    assert values["horizon"] == (date(2027, 2, 22) - date(2000, 1, 1)).days
    assert (values["carry-over ceiling"], values["transaction limit"]) == (60, 80)


def test_a_replacing_card_begins_empty_because_the_old_one_spent_this_period() -> None:
    table = table_of(ration_points=200, bread_loaves=20, replaces_card="9818010000000015")
    assert [table[name].values["balance"] for name in ("ration", "bread")] == [0, 0]


def test_health_cover_lasts_twelve_months_its_last_day_included() -> None:
    values = table_of(health_class=2)["health"].values
    assert (values["valid from"], values["valid to"]) == (EFFECTIVE, date(2027, 11, 21))
    assert (values["class of cover"], values["uses"]) == (2, 0)


def test_months_end_where_the_month_ends() -> None:
    assert months_later(date(2027, 11, 30), 3) == date(2028, 2, 29)
    assert months_later(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert months_later(date(2026, 12, 1), 1) == date(2027, 1, 1)


@given(DATES, st.integers(0, 600))
def test_a_later_month_s_period_is_that_many_periods_later(day: date, months: int) -> None:
    assert period("month", months_later(day, months)) == period("month", day) + months
    assert period("none", day) == 0


def test_periods_are_numbered_as_the_contract_s_vectors_say() -> None:
    for vector in spec().transactions.period_vectors:
        day = date.fromisoformat(vector.date)
        assert (period("day", day), period("month", day), period("none", day)) == (
            *(vector.day, vector.month, 0),
        )


def test_a_delegate_has_lower_limits_and_no_health_cover() -> None:
    entitled = {"ration_points": 200, "bread_loaves": 20}
    holder = table_of(**entitled)
    table = table_of(**entitled, health_class=1, card_kind="delegate")
    assert list(table) == ["ration", "bread", "wallet"]
    assert {name: record.id for name, record in table.items()} == {
        name: holder[name].id for name in table
    }
    assert (holder["wallet"].values["ceiling"], table["wallet"].values["ceiling"]) == (
        *(1000000, 200000),
    )
    assert set(table["wallet"].role_limits) < set(holder["wallet"].role_limits)
    assert table["bread"].values["carry-over ceiling"] == 20


@pytest.mark.parametrize("kind", [{}, {"card_kind": "holder"}])
def test_a_card_is_a_holder_s_unless_its_enrolment_says_otherwise(kind: dict[str, str]) -> None:
    assert table_of(health_class=1, **kind) == table_of(health_class=1)


def dgis_of(**fields: Any) -> Mapping[int, bytes]:
    record = {
        "enrolment_id": "01-2026-000001",
        "name": "بيتر جرجس",
        "birth_date": "1997-05-22",
        "national_id": "29705221877376",
        "governorate": "18",
        "mobile": "01112597620",
        **fields,
    }
    numbers = CardNumbers(bytes(8), "9818010000000015", bytes(8), EFFECTIVE, EFFECTIVE)
    return card_data(record, numbers, Pin("1234")).dgis


def test_each_service_goes_where_its_id_says_whatever_others_there_are() -> None:
    first = spec().dgi_named("service record 1").tag
    for entitled in ({}, {"bread_loaves": 5}, {"ration_points": 50, "health_class": 1}):
        dgis = dgis_of(**entitled)
        records = {tag: value for tag, value in dgis.items() if first <= tag < first + 16}
        assert {tag - first + 1: value[0] for tag, value in records.items()} == {
            record.id: record.id for record in service_table(entitled, EFFECTIVE)
        }


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({}, 0x00),
        ({"card_kind": "holder"}, 0x00),
        ({"finger_exempt": True}, 0x01),
        ({"card_kind": "delegate"}, 0x02),
        ({"card_kind": "delegate", "finger_exempt": True}, 0x03),
    ],
)
def test_the_card_is_told_what_kind_it_is(fields: dict[str, Any], flags: int) -> None:
    assert dgis_of(**fields)[spec().dgi_named("holder flags").tag][0] == flags
