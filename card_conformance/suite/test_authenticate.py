"""INTERNAL AUTHENTICATE: card proofs and presence proofs."""

from secrets import token_bytes

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import check, same
from card_conformance.needs import ISSUED, WITH_KEYS, WITH_PIN, reading
from card_conformance.requirement import requirement
from card_conformance.suite.requests import REVERSE
from card_conformance.suite.services import BREAD, quota
from card_conformance.suite.support import (
    application,
    pin_is_verified,
    read,
    tag_of,
    verify,
)
from card_conformance.suite.till import PAYS, till
from host_lib.flow.genuine import CHALLENGE_LENGTH, prove_card
from host_lib.secret import Pin

_VERIFIED_PIN = 0x01


def _public_key(card: CardUnderTest) -> bytes:
    """Return the point (65 bytes) of the certificate that the card holds."""
    der = read(card, tag_of("card certificate"), card.session().channel)
    key = x509.load_der_x509_certificate(der).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey), "the contract has P-256 keys"
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@requirement("AUT-01", needs=reading(WITH_KEYS))
def test_a_card_proof_verifies_under_the_certificate(card: CardUnderTest) -> None:
    key = _public_key(card)
    fci = card.select()
    serial = read(card, tag_of("card serial"))
    for service in (0, 4):
        proof = card.run(prove_card(token_bytes(CHALLENGE_LENGTH), key, service=service))
        same("card serial in the proof", proof.card_serial, serial)
        same("transaction number", proof.transaction_number, fci.transaction_number)
        same("verified in the proof", proof.verified, 0)


@requirement("AUT-01", needs=reading(WITH_KEYS))
def test_a_card_proof_works_in_a_session_too(card: CardUnderTest) -> None:
    key = _public_key(card)
    card.run(prove_card(token_bytes(CHALLENGE_LENGTH), key), card.session().channel)


@requirement("AUT-02", needs=ISSUED)
def test_a_presence_proof_needs_a_verified_holder(card: CardUnderTest) -> None:
    card.select()
    data = token_bytes(CHALLENGE_LENGTH) + b"\x00"
    card.expect("6982", application("INTERNAL AUTHENTICATE", 0x00, 0x01, data, answer=True))


@requirement("AUT-03", needs=reading(WITH_PIN))
def test_a_presence_proof_says_what_was_verified_and_uses_it_up(
    card: CardUnderTest, holder_pin: Pin
) -> None:
    key = _public_key(card)
    card.select()
    card.expect("9000", verify(holder_pin.block()))
    challenge = token_bytes(CHALLENGE_LENGTH)
    proof = card.run(prove_card(challenge, key, presence=True))
    same("verified in the proof", proof.verified, _VERIFIED_PIN)
    check(not pin_is_verified(card), "the PIN flag after the proof", "set", "cleared")
    again = challenge + b"\x00"
    card.expect("6982", application("INTERNAL AUTHENTICATE", 0x00, 0x01, again, answer=True))


@requirement("TRX-19", needs=reading(PAYS))
def test_proofs_sign_the_newest_transaction(card: CardUnderTest, holder_pin: Pin) -> None:
    key = _public_key(card)
    with till(card, holder_pin, BREAD, days=quota()) as shop:
        desk = shop.session(BREAD)
        for operation in (shop.debit("days", 1), shop.debit("days", 2), REVERSE):
            taken = desk.take(operation)
        signed = taken.number, taken.mac
        proof = card.run(prove_card(token_bytes(CHALLENGE_LENGTH), key), desk.channel)
        same("in the session", (proof.transaction_number, proof.receipt_mac), signed)
        for _ in range(2):
            same("number at SELECT", card.select().transaction_number, taken.number)
            same("number and MAC", _signed(card, key), signed)
            card.reader.reset()
        card.select()
        card.expect("9000", shop.verify())
        same("number and MAC of a presence", _signed(card, key, presence=True), signed)
        taken = shop.session(BREAD).take(shop.debit("days", 1))
        card.select()
        same("number and MAC of the next one", _signed(card, key), (taken.number, taken.mac))


def _signed(card: CardUnderTest, key: bytes, *, presence: bool = False) -> tuple[int, bytes]:
    """Return the transaction number and the receipt MAC that a proof outside sessions signs."""
    proof = card.run(prove_card(token_bytes(CHALLENGE_LENGTH), key, presence=presence))
    return proof.transaction_number, proof.receipt_mac


@requirement("AUT-03", needs=reading(WITH_PIN))
def test_a_card_proof_clears_no_flag(card: CardUnderTest, holder_pin: Pin) -> None:
    key = _public_key(card)
    card.select()
    card.expect("9000", verify(holder_pin.block()))
    proof = card.run(prove_card(token_bytes(CHALLENGE_LENGTH), key))
    same("verified in the proof", proof.verified, _VERIFIED_PIN)
    check(pin_is_verified(card), "the PIN flag after a card proof", "cleared", "set")
