"""The log: repeated requests, queries, READ RECORD."""

import pytest

from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, same
from card_conformance.needs import ISSUED, WITH_KEYS, WITH_PIN, reading
from card_conformance.requirement import requirement
from card_conformance.suite.desk import Till, read_record
from card_conformance.suite.requests import (
    NOT_IN_LOG,
    OTHER,
    QUERY,
    REVERSE,
    SAME,
    Operation,
    perform,
)
from card_conformance.suite.services import (
    BREAD,
    INSPECT,
    LOAD,
    MERCHANT,
    MONTHS,
    RATION,
    entitlement,
    purse,
    quota,
)
from card_conformance.suite.support import (
    C_MAC_ONLY,
    application,
    get_data,
    read,
    suspended,
    tag_of,
    verify,
)
from card_conformance.suite.till import PAYS, expired, till, unopened_till
from host_lib.secret import Pin

_ROOM = 20
_LOG = tag_of("transaction log")


# Repeats


@requirement("TRX-03", needs=PAYS)
def test_a_repeated_request_is_answered_as_before_and_does_nothing(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota(), purse=purse()) as shop:
        desk = shop.session(BREAD, verified=True)
        request = desk.request(shop.debit("days", 3), shop.debit("purse", 7))
        first = desk.stored(request)
        with shop.unchanged():
            desk = shop.session(BREAD)
            same("the stored answer", desk.stored(request), first)
            same("the stored answer again", desk.stored(request), first)
        shop.session(LOAD).take(shop.credit("purse", 1))
        card.reader.reset()
        with shop.unchanged():
            same("the stored answer later", shop.session(BREAD).stored(request), first)
            with suspended(card):
                same("the same, SUSPENDED", shop.session(BREAD).stored(request), first)


@requirement("TRX-03", "TRX-05", needs=PAYS)
def test_a_request_is_found_while_it_is_among_the_newest_twenty(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        desk = shop.session(BREAD)
        request = desk.request(shop.debit("days", 1))
        first = desk.stored(request)
        desk.number += 1
        for _ in range(_ROOM - 1):
            desk.take(shop.debit("days", 1))
        same("the oldest stored answer", desk.stored(request), first)
        same("query", desk.query(request), (SAME, desk.number, first))
        desk.take(shop.debit("days", 1))
        same("query of an older one", desk.query(request), (NOT_IN_LOG, desk.number, b""))
        desk.expect("9482", request.apdu())


@requirement("TRX-03", "TRX-07", needs=PAYS)
def test_a_repeated_request_is_answered_by_an_expired_card(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        desk = shop.session(BREAD)
        request = desk.request(shop.debit("days", 3))
        first = desk.stored(request)
        with expired(shop, -1):
            desk = shop.session(BREAD)
            same("the stored answer", desk.stored(request), first)
            same("query", desk.query(request), (SAME, desk.number, first))
            desk.refuse("6985", shop.debit("days", 1))


@requirement("TRX-04", "QRY-02", needs=PAYS)
def test_the_name_of_another_request_in_the_log_is_refused(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, RATION, days=quota()) as shop:
        desk = shop.session(BREAD)
        request = desk.request(shop.debit("days", 3))
        desk.send(request)
        number = desk.number
        others = (
            request.but(operations=(shop.debit("days", 4),)),
            request.but(operations=(shop.debit("days", 3), Operation(1, 0x7F, 1))),
            request.but(operations=(shop.credit("days", 3),)),
            request.but(operations=(REVERSE,)),
            request.but(time="101113"),
            request.but(date="20260311"),
            request.but(card_number=number),
        )
        with shop.unchanged():
            for role, requests in ((BREAD, others), (RATION, (request,)), (LOAD, (request,))):
                desk = shop.session(role)
                for other in requests:
                    desk.expect("9481", other.apdu())
                    same("query", desk.query(other), (OTHER, number, b""))
            desk = shop.session(BREAD)
            longer = request.but(operations=(*request.operations, Operation(0, 0, 0)))
            desk.expect("6A80", longer.apdu())
            same("query of more", desk.query(longer), (OTHER, number, b""))
        # Other parts of the name are another name.
        desk = shop.session(BREAD)
        other = request.but(terminal=bytes(8), card_number=number)
        if desk.query(other)[0] == NOT_IN_LOG:
            desk.send(other)


# Queries


@requirement("QRY-01", "QRY-04", needs=PAYS)
def test_a_query_tells_what_happened_and_changes_nothing(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with till(card, holder_pin, BREAD, days=quota(), purse=purse()) as shop:
        desk = shop.session(BREAD, verified=True)
        request = desk.request(shop.debit("purse", 3), shop.debit("days", 7))
        first = desk.stored(request)
        shop.session(LOAD).take(shop.credit("purse", 1))
        with shop.unchanged() as before:
            expected = SAME, before.number, first
            same("query", shop.session(BREAD).query(request), expected)
            card.reader.reset()
            same("query after reset", shop.session(BREAD).query(request), expected)
            with suspended(card):
                same("query, SUSPENDED", shop.session(BREAD).query(request), expected)


@requirement("QRY-03", "QRY-04", needs=PAYS)
def test_a_query_of_what_is_not_there_says_so(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop, shop.unchanged() as before:
        desk = shop.session(BREAD)
        good = desk.request(shop.debit("days", 1))
        for request in (
            good,
            good.but(date="FFFFFFFF", time="FFFFFF"),
            good.but(operations=(Operation(0xFF, 0xFF, 0xFFFFFFFF),) * 4),
            good.but(operations=(REVERSE,)),
            good.but(card_number=0xFFFFFF),
        ):
            same("query", desk.query(request), (NOT_IN_LOG, before.number, b""))
        zeros = desk.expect("9000", perform(bytes(28), QUERY))
        same("length of the answer to a query of zeros", len(zeros), 4)


@requirement("QRY-03", "QRY-04", needs=PAYS)
def test_a_card_before_its_first_transaction_answers_queries(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    with unopened_till(card, holder_pin, BREAD, days=quota()) as shop:
        before = card.select()
        if before.state != "PERSONALIZED":
            raise NotRun("the card has had its first transaction")
        desk = shop.session(BREAD)
        request = desk.request(shop.debit("days", 1))
        same("query", desk.query(request), (NOT_IN_LOG, before.transaction_number, b""))
        same("state", card.select(), before)


# Records


def _busy(shop: Till) -> list[bytes]:
    """Carry out transactions of several kinds; return their receipts, the newest first."""
    made = []
    for role, operations in (
        (BREAD, (shop.debit("purse", 5), shop.debit("days", 1), shop.debit("cover", 1))),
        (MERCHANT, (shop.debit("purse", 20),)),
        (LOAD, (shop.credit("months", 2), shop.credit("purse", 9))),
        (BREAD, (shop.debit("days", 4), shop.debit("months", 2))),
    ):
        desk = shop.session(role, verified=True)
        request = desk.request(*operations)
        taken = desk.send(request)
        made.append(desk.check(request, taken) + taken.mac)
    desk = shop.session(BREAD)
    desk.take(shop.debit("days", 1))
    request = desk.request(REVERSE)
    taken = desk.send(request)
    made.append(desk.check(request, taken) + taken.mac)
    made[-1:-1] = [b""]
    return made[::-1]


@requirement("LOG-01", "LOG-04", needs=PAYS)
def test_the_log_holds_the_receipts_the_newest_first(card: CardUnderTest, holder_pin: Pin) -> None:
    services = {
        "purse": purse(),
        "days": quota(),
        "months": quota(MONTHS),
        "cover": entitlement(),
    }
    with till(card, holder_pin, BREAD, MERCHANT, **services) as shop:
        before = len(shop.look().log)
        receipts = _busy(shop)
        log = shop.look().log
        same("records in the log", len(log), min(before + len(receipts), _ROOM))
        for number, expected in enumerate(receipts):
            if expected:
                same(f"record {number + 1}", log[number], expected)


@requirement("LOG-01", "LOG-04", needs=PAYS)
def test_a_full_log_forgets_the_oldest(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        desk = shop.session(BREAD)
        while len(log := shop.look().log) < _ROOM:
            shop.session(BREAD).take(shop.debit("days", 1))
        for _ in range(3):
            desk = shop.session(BREAD)
            desk.take(shop.debit("days", 1))
            now = shop.look().log
            same("records of a full log", len(now), _ROOM)
            same("all but the newest", now[1:], log[:-1])
            log = now


@requirement("LOG-02", needs=PAYS)
def test_a_record_that_is_not_there_is_not_found(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        desk = shop.session(INSPECT)
        count = desk.value("transaction log")[0]
        for number in (0x00, count + 1, _ROOM + 1, 0x80, 0xFF):
            desk.expect("6A83", read_record(number))
        desk.expect("9000", read_record(count))


@requirement("GEN-06", needs=PAYS)
def test_records_are_read_by_their_number_only(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        desk = shop.session(INSPECT)
        for p2 in (0x00, 0x01, 0x02, 0x05, 0x0C, 0xFF):
            desk.expect("6A86", application("READ RECORD", 0x01, p2, answer=True))


@requirement("LOG-03", needs=ISSUED)
def test_nobody_reads_the_log_without_session_or_verification(card: CardUnderTest) -> None:
    card.select()
    for number in (0x00, 0x01, 0xFF):
        card.expect("6982", read_record(number))
    card.expect("6982", get_data(_LOG))


@requirement("LOG-03", needs=PAYS)
@pytest.mark.parametrize("role", [LOAD, MERCHANT, BREAD], ids=lambda role: role.name)
def test_only_offices_among_roles_read_the_log(
    card: CardUnderTest, holder_pin: Pin, role: int
) -> None:
    with till(card, holder_pin, role, days=quota()) as shop:
        desk = shop.session(role)
        for number in (0x00, 0x01, 0xFF):
            desk.expect("6982", read_record(number))
        desk.expect("6982", get_data(_LOG))
        newest = shop.look().log[0]
        desk = shop.session(role, verified=True)
        same("record 1 after the PIN", desk.expect("9000", read_record(1)), newest)


@requirement("LOG-03", needs=WITH_KEYS)
def test_the_issuer_reads_no_log_in_a_session_without_r_enc(card: CardUnderTest) -> None:
    for number in (0x00, 0x01):
        card.expect("6982", read_record(number), card.session(level=C_MAC_ONLY).channel)


@requirement("LOG-03", needs=WITH_PIN)
def test_the_pin_opens_no_log_in_a_session_without_r_enc(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    channel = card.session(level=C_MAC_ONLY).channel
    card.expect("9000", verify(holder_pin.block()), channel)
    card.expect("6982", read_record(1), channel)


@requirement("LOG-01", "LOG-04", needs=reading(PAYS))
def test_holder_and_issuer_read_what_offices_read(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        log = shop.look().log
        card.select()
        card.expect("9000", verify(holder_pin.block()))
        same("records for the holder", read(card, _LOG), bytes((len(log),)))
        for number, expected in enumerate(log, 1):
            same(f"record {number}", card.expect("9000", read_record(number)).data, expected)
        channel = card.session().channel
        same("records for the issuer", read(card, _LOG, channel), bytes((len(log),)))
        for number, expected in enumerate(log, 1):
            came = card.expect("9000", read_record(number), channel).data
            same(f"record {number}", came, expected)


@requirement("LOG-01", needs=PAYS)
def test_a_suspended_card_shows_its_log(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        log = shop.look().log
        with suspended(card):
            same("log", shop.session(INSPECT).log(), log)
