"""Receipt keys after issuance."""

import pytest

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import same
from card_conformance.invented import ReceiptKey, new_receipt_key
from card_conformance.requirement import requirement
from card_conformance.suite.desk import Till
from card_conformance.suite.services import BREAD, INSPECT, LOAD, quota
from card_conformance.suite.support import application, suspended
from card_conformance.suite.till import PAYS, till
from host_lib.apdu import Apdu
from host_lib.flow.store import DgiValue, payload, secret_dgi
from host_lib.secret import AesKey, Pin, SecretBytes

_TAG = spec().dgi_named("receipt key").tag


def _store(value: DgiValue) -> Apdu:
    return application("STORE DATA", 0x88, 0x00, payload([value]))


def _give(card: CardUnderTest, key: ReceiptKey) -> None:
    """Give the card a receipt key."""
    session = card.session()
    card.expect("9000", _store(key.dgi(session.dek)), session.channel)
    card.receipt_keys[key.version] = key


def _sold(shop: Till, version: int) -> None:
    """Sell something, and make sure which key signs the receipt."""
    desk = shop.session(BREAD)
    request = desk.request(shop.debit("days", 1))
    taken = desk.send(request)
    desk.check(request, taken)
    same("receipt key version", taken.key_version, version)


@requirement("RKY-01", "TRX-18", needs=PAYS)
def test_another_receipt_key_signs_from_its_commit_on(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        now = shop.session(LOAD).value("receipt key version")[0]
        desk = shop.session(BREAD)
        request = desk.request(shop.debit("days", 1))
        old = desk.stored(request)
        used = [now]
        # Four are more than there are slots for; the last one comes again under its version.
        for _ in range(4):
            key = new_receipt_key(*used)
            used.append(key.version)
            _give(card, key)
            card.reader.reset()
            same(
                "version told",
                shop.session(INSPECT).value("receipt key version"),
                bytes((key.version,)),
            )
            _sold(shop, key.version)
        again = ReceiptKey(used[-1], new_receipt_key().key)
        _give(card, again)
        _sold(shop, again.version)
        # What was signed before is as it was.
        same("the stored answer", shop.session(BREAD).stored(request), old)


@requirement("RKY-01", needs=PAYS)
def test_a_suspended_card_takes_a_receipt_key(card: CardUnderTest, holder_pin: Pin) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        now = shop.session(LOAD).value("receipt key version")[0]
        key = new_receipt_key(now)
        with suspended(card):
            _give(card, key)
        _sold(shop, key.version)


@requirement("RKY-02", needs=PAYS)
@pytest.mark.parametrize("fault", ["check value", "padding", "another DEK", "in clear"])
def test_a_receipt_key_that_does_not_bear_its_check_value_is_refused(
    card: CardUnderTest, holder_pin: Pin, fault: str
) -> None:
    with till(card, holder_pin, BREAD, days=quota()) as shop, shop.unchanged():
        now = shop.session(LOAD).value("receipt key version")
        session = card.session()
        card.expect("6A80", _store(_bad(session.dek, fault)), session.channel)
        same("version told", shop.session(LOAD).value("receipt key version"), now)
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        _sold(shop, now[0])


def _bad(dek: AesKey, fault: str) -> DgiValue:
    key = new_receipt_key()
    secret = bytes((key.version,)) + key.key.reveal()
    good = key.dgi(dek)
    if fault == "check value":
        return DgiValue(_TAG, secret_dgi(_TAG + 1, SecretBytes(secret), dek).content)
    if fault == "another DEK":
        return key.dgi(AesKey(bytes(len(dek.reveal()))))
    if fault == "in clear":
        return DgiValue(_TAG, secret.ljust(len(good.content), b"\x00"))
    return DgiValue(_TAG, good.content[:-1] + bytes((good.content[-1] ^ 1,)))
