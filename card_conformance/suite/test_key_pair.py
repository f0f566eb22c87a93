"""GENERATE ASYMMETRIC KEY PAIR."""

from cryptography.hazmat.primitives.asymmetric import ec

from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import Failure, NotConform, check, same
from card_conformance.needs import ISSUED, WITH_KEYS, Stage, at
from card_conformance.requirement import requirement
from card_conformance.suite.support import C_MAC_ONLY
from host_lib.command import GenerateKeyPair, ReadPublicKey

_GENERATE = GenerateKeyPair().apdu()
_READ = ReadPublicKey().apdu()


@requirement("KEY-01", needs=at(Stage.ANCHORED))
def test_a_blank_card_makes_a_key_pair_and_answers_its_point(card: CardUnderTest) -> None:
    channel = card.session().channel
    first = card.run(GenerateKeyPair(), channel)
    _on_the_curve(first)
    same("the point read again", card.run(ReadPublicKey(), channel), first)
    second = card.run(GenerateKeyPair(), channel)
    _on_the_curve(second)
    check(first != second, "a second key pair", "the same", "another")
    same("the point read again", card.run(ReadPublicKey(), card.session().channel), second)


def _on_the_curve(point: bytes) -> None:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        failure = Failure("public point", point.hex().upper(), "a point on P-256")
        raise NotConform(failure) from error


@requirement("KEY-02", needs=ISSUED)
def test_nobody_uses_the_command_without_a_session(card: CardUnderTest) -> None:
    card.select()
    card.expect("6982", _READ)
    card.expect("6982", _GENERATE)


@requirement("KEY-02", needs=at(Stage.INSTALLED))
def test_a_session_without_encryption_makes_no_key_pair(card: CardUnderTest) -> None:
    card.select()
    card.expect("6982", _GENERATE)
    card.expect("6982", _GENERATE, card.session(level=C_MAC_ONLY).channel)
    card.expect("6A88", _READ, card.session(level=C_MAC_ONLY).channel)


@requirement("KEY-03", needs=WITH_KEYS)
def test_the_key_pair_of_a_personalized_card_is_never_replaced(card: CardUnderTest) -> None:
    channel = card.session().channel
    before = card.run(ReadPublicKey(), channel)
    card.expect("6985", _GENERATE, channel)
    same("the public point", card.run(ReadPublicKey(), channel), before)


@requirement("KEY-04", needs=at(Stage.INSTALLED))
def test_a_card_without_key_pair_has_no_public_key(card: CardUnderTest) -> None:
    card.expect("6A88", _READ, card.session().channel)
