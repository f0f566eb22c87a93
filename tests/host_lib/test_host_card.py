"""What a terminal does with one card: `Card` over the software card."""

import secrets

import pytest

from applet_spec import Changed, ExitCode, spec
from card_simulator.reader import SIM, Faults, SimReader
from host_lib.apdu import Apdu, Response
from host_lib.card import Card
from host_lib.command import InternalAuthenticate, PutData, Registry, StoreData
from host_lib.drive import NoKeysError, drive
from host_lib.errors import (
    CardCryptogramError,
    CardRemoved,
    ProtocolError,
    ReaderTimeout,
    SecureMessagingError,
)
from host_lib.flow.genuine import NotGenuine, check_proof
from host_lib.flow.objects import decode_cardholder, decode_validity, read_object
from host_lib.flow.pin import LastTry
from host_lib.flow.registry import list_registry
from host_lib.refusals import (
    ApplicationNotFound,
    AuthenticationBlocked,
    ConditionsNotSatisfied,
    IncorrectData,
    NotFound,
    SecurityStatusNotSatisfied,
    WrongPin,
)
from host_lib.secret import Pin
from tests.support.cards import (
    BREAD,
    CARD_SERIAL,
    EFFECTIVE,
    EXPIRY,
    HOLDER_NAME,
    OLD,
    TRANSPORT_PIN,
    issued_card,
    issuer,
    personalized_card,
    record,
    stranger,
)

PIN = Pin("246810")
WRONG = Pin("0000")


@pytest.fixture
def reader() -> SimReader:
    return personalized_card()[0]


@pytest.fixture
def card(reader: SimReader) -> Card:
    """A card whose holder has chosen a PIN."""
    one = Card(reader, issuer)
    one.select()
    one.change_pin(TRANSPORT_PIN, PIN)
    return one


def test_a_blank_card_has_no_application_yet() -> None:
    blank = Card(SIM.open(""))
    facts = blank.identify()
    assert facts.is_blank
    assert facts.application is None
    with pytest.raises(ApplicationNotFound):
        blank.select()


def test_a_new_card_is_known_by_chip_serial_state_and_key_version(reader: SimReader) -> None:
    facts = Card(reader).identify()
    assert facts.key_versions == (OLD,)
    assert not facts.is_blank
    assert len(facts.cplc.chip_serial) == 10
    assert facts.application is not None
    assert (facts.application.state, facts.application.pin_tries) == ("PERSONALIZED", 3)


def test_a_transport_pin_can_only_be_changed(reader: SimReader) -> None:
    one = Card(reader)
    one.select()
    with pytest.raises(ConditionsNotSatisfied, match="transport PIN"):
        one.verify_pin(TRANSPORT_PIN)
    one.change_pin(TRANSPORT_PIN, PIN)
    one.verify_pin(PIN)
    assert one.pin_status().verified


def test_the_holders_data_are_read_after_the_pin(card: Card) -> None:
    with pytest.raises(SecurityStatusNotSatisfied):
        card.cardholder()
    card.verify_pin(PIN)
    holder = card.cardholder()
    assert holder.name == HOLDER_NAME
    assert holder.mobile == "01000000001"


def test_no_value_prints_a_persons_data(card: Card) -> None:
    card.verify_pin(PIN)
    holder = card.cardholder()
    values = [holder, Response(record()[1].content, 0x9000), StoreData(0, b"\xab\xcd", last=True)]
    for value in values:
        shown = repr(value)
        assert holder.national_id not in shown
        assert holder.name not in shown
        assert "xab" not in shown.lower()


def test_the_service_table_is_read_after_the_pin(card: Card) -> None:
    with pytest.raises(SecurityStatusNotSatisfied):
        card.services()
    card.verify_pin(PIN)
    assert card.services() == (BREAD,)


def test_anyone_may_read_card_serial_and_validity(reader: SimReader) -> None:
    one = Card(reader)
    one.select()
    assert one.read("card serial") == CARD_SERIAL
    assert (one.validity().effective, one.validity().expiry) == (EFFECTIVE, EXPIRY)


def test_a_wrong_pin_says_how_many_tries_are_left_and_the_last_is_not_spent_by_itself(
    card: Card,
) -> None:
    for left in (2, 1):
        with pytest.raises(WrongPin) as caught:
            card.verify_pin(WRONG)
        assert caught.value.tries_left == left
    with pytest.raises(LastTry) as refused:
        card.verify_pin(PIN)
    assert refused.value.changed is Changed.NO
    card.verify_pin(PIN, spend_last_try=True)
    assert card.select().pin_tries == 3


def test_a_blocked_pin_is_reset_by_the_issuer(card: Card) -> None:
    from host_lib.command import ResetRetryCounter

    for _ in range(2):
        with pytest.raises(WrongPin):
            card.verify_pin(WRONG)
    with pytest.raises(WrongPin) as caught:
        card.verify_pin(WRONG, spend_last_try=True)
    assert "blocked now" in caught.value.advice
    with pytest.raises(AuthenticationBlocked):
        card.verify_pin(PIN)
    with card.issuer_session(OLD):
        card.run(ResetRetryCounter())
    card.verify_pin(PIN)


def test_a_long_object_is_read_in_parts_and_only_in_a_session(card: Card) -> None:
    certificate = record()[4].content
    assert len(certificate) > spec().limits["object_part"]
    with pytest.raises(SecurityStatusNotSatisfied):
        card.read("card certificate")
    with card.issuer_session(OLD):
        assert card.read("card certificate") == certificate


def test_the_issuer_extends_a_cards_validity(card: Card) -> None:
    tag = spec().object_named("validity").tag
    with card.issuer_session(OLD):
        card.run(PutData(tag, bytes.fromhex("2026010120350101")))
    assert card.validity().expiry.year == 2035
    with pytest.raises(SecurityStatusNotSatisfied):
        card.run(PutData(tag, bytes.fromhex("2026010120990101")))


def test_an_issuer_session_ends_with_its_block(card: Card) -> None:
    with card.issuer_session(OLD):
        card.read("card number")
    with pytest.raises(SecurityStatusNotSatisfied):
        card.read("card number")


def test_a_genuine_card_signs_a_fresh_challenge() -> None:
    reader, point = personalized_card()
    one = Card(reader)
    one.select()
    challenge = secrets.token_bytes(16)
    proof = one.prove(challenge, point)
    assert (proof.card_serial, proof.verified) == (CARD_SERIAL, 0)
    with pytest.raises(NotGenuine):
        check_proof(proof, secrets.token_bytes(16), point)


def test_an_imitation_with_another_key_is_not_genuine() -> None:
    reader, _ = personalized_card()
    _, other_point = personalized_card()
    one = Card(reader)
    one.select()
    with pytest.raises(NotGenuine):
        one.prove(secrets.token_bytes(16), other_point)


def test_a_presence_proof_needs_the_pin_and_uses_it_up() -> None:
    reader, point = personalized_card()
    one = Card(reader)
    one.select()
    one.change_pin(TRANSPORT_PIN, PIN)
    with pytest.raises(SecurityStatusNotSatisfied):
        one.prove(bytes(16), point, presence=True)
    one.verify_pin(PIN)
    assert one.prove(bytes(16), point, presence=True).verified == 1
    assert not one.pin_status().verified


def test_the_registry_lists_the_application(reader: SimReader) -> None:
    from host_lib.command import SelectCardManager
    from host_lib.flow.session import open_issuer_session
    from host_lib.scp03 import secured

    drive(iter(SelectCardManager()), reader)
    session = drive(open_issuer_session(OLD), reader, issuer)
    (entry,) = drive(secured(session.channel, list_registry(Registry.APPLICATIONS)), reader)
    assert entry.aid == spec().aids.instance


def test_a_wrong_issuer_key_leaves_the_card_untouched(reader: SimReader) -> None:
    before = reader.card.memory.image
    with pytest.raises(CardCryptogramError), Card(reader, stranger).issuer_session(OLD):
        pass
    assert reader.card.memory.image == before


def test_a_session_without_a_key_store_says_so(reader: SimReader) -> None:
    with pytest.raises(NoKeysError), Card(reader).issuer_session(OLD):
        pass


def test_a_key_version_that_the_card_does_not_have_is_named(card: Card) -> None:
    with pytest.raises(NotFound, match="6A88"), card.issuer_session(0x3F):
        pass


def test_a_card_removed_in_the_middle_of_a_change_is_uncertain(
    card: Card, reader: SimReader
) -> None:
    # VERIFY without data, CHANGE REFERENCE DATA
    reader.inject(Faults(remove_before=2))
    with pytest.raises(CardRemoved) as caught:
        card.change_pin(PIN, Pin("1111"))
    assert caught.value.exit_code is ExitCode.UNCERTAIN


def test_a_lost_answer_is_a_timeout_and_nothing_is_sent_again(
    card: Card, reader: SimReader
) -> None:
    reader.inject(Faults(lose_answer_of=2))
    with pytest.raises(ReaderTimeout):
        card.verify_pin(WRONG)
    reader.inject(Faults())
    assert card.pin_status().tries_left == 2


class Tampered:
    """A reader whose answers are changed on their way; everything else is the reader's."""

    def __init__(self, reader: SimReader, instruction: int, change: bytes) -> None:
        self._reader = reader
        self._instruction = instruction
        self._answer = change

    def __getattr__(self, name: str) -> object:
        return getattr(self._reader, name)

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        answer = self._reader.transmit(command, timeout)
        return self._answer if Apdu.parse(command).ins == self._instruction else answer


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("9000", SecureMessagingError),
        ("6283", SecureMessagingError),
        ("63C1", SecureMessagingError),
        ("00112233445566779000", SecureMessagingError),
        ("90", ProtocolError),
        ("", ProtocolError),
        ("9F99", ProtocolError),
    ],
)
def test_an_answer_that_the_card_did_not_authenticate_is_never_a_success(
    reader: SimReader, answer: str, error: type[Exception]
) -> None:
    tampered = Tampered(reader, 0xCA, bytes.fromhex(answer))
    one = Card(tampered, issuer)  # type: ignore[arg-type]
    with pytest.raises(error) as caught, one.issuer_session(OLD):
        one.read("card number")
    assert caught.value.exit_code is ExitCode.UNCERTAIN  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "value", ["", "20260101", "2026013120310101ff"[:16] + "00", "2026133120310101"]
)
def test_a_malformed_validity_is_a_protocol_error(value: str) -> None:
    with pytest.raises(ProtocolError):
        decode_validity(bytes.fromhex(value))


@pytest.mark.parametrize("value", ["5F20", "", "5F2001FF5F2B0419900115"])
def test_malformed_cardholder_data_is_a_protocol_error(value: str) -> None:
    with pytest.raises(ProtocolError):
        decode_cardholder(bytes.fromhex(value))


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        (["8002000A5302AABB", "8002000A5300"], "2 bytes came, 10 were announced"),
        (["800200015302AABB"], "2 bytes came, 1 were announced"),
    ],
)
def test_parts_that_do_not_add_up_are_a_protocol_error(parts: list[str], why: str) -> None:
    flow = read_object(spec().object_named("card certificate").tag)
    next(flow)
    with pytest.raises(ProtocolError, match=why):
        [flow.send(Response(bytes.fromhex(part), 0x9000)) for part in parts]


def test_a_new_pin_that_equals_the_old_is_refused_and_costs_no_try(card: Card) -> None:
    with pytest.raises(IncorrectData):
        card.change_pin(PIN, PIN)
    assert card.pin_status().tries_left == 3


def test_a_challenge_has_sixteen_bytes(card: Card) -> None:
    from host_lib.refusals import IncorrectParameters

    with pytest.raises(IncorrectParameters):
        card.run(InternalAuthenticate(b"short"))


def test_a_fresh_key_set_opens_before_personalization() -> None:
    assert Card(issued_card()).identify().key_versions == (OLD,)
