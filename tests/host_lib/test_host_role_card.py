"""Terminals and issuers with role keys: `Card` over the software card."""

from collections.abc import Callable

import pytest

from applet_spec import Changed, ExitCode
from card_simulator.reader import SimReader
from host_lib import (
    Card,
    CardCryptogramError,
    CardKeys,
    CardRemoved,
    CardStopped,
    ChannelClosed,
    KeySet,
    NoKeysError,
    NotFound,
    Pin,
    Refused,
    Role,
    RoleKeys,
    RoleKeySet,
    RoleKeysNotHeld,
    SecurityStatusNotSatisfied,
    Slot,
)
from host_lib.command import DeleteRoleKeys, PutData, PutRoleKeys
from host_lib.refusals import ConditionsNotSatisfied
from tests.support.cards import (
    CARD_NUMBER,
    CARD_SERIAL,
    HOLDER_NAME,
    OLD,
    installed_card,
    issuer,
    stranger,
)
from tests.support.roles import Sam, card_with_roles, put_role_keys

BREAD_1 = (Role.BREAD, Slot.A, 1)
BREAD_2 = (Role.BREAD, Slot.B, 2)


class Counting(SimReader):
    """Counts the commands that reach the card, by instruction."""

    def __init__(self, reader: SimReader) -> None:
        super().__init__("sim", reader.card)
        self.sent: list[int] = []

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        self.sent.append(command[1])
        return super().transmit(command, timeout)


def test_a_terminal_opens_a_session_of_its_role_and_reads_what_the_role_may() -> None:
    card = Card(card_with_roles(BREAD_1), Sam(frozenset({(Role.BREAD, 1)})))
    with card.role_session(Role.BREAD) as session:
        assert session.asked.card_serial == CARD_SERIAL
        assert (session.asked.slot, session.asked.master_version) == (Slot.A, 1)
        assert card.read("card number").hex() == CARD_NUMBER
        assert card.services()[0].label == "bread"
        assert card.role_key_sets() == (RoleKeySet(0x54, 1),)
    with pytest.raises(SecurityStatusNotSatisfied):
        card.read("card number")


def test_the_holders_data_are_for_inspect_and_not_for_bread() -> None:
    sam = Sam(frozenset({(Role.BREAD, 1), (Role.INSPECT, 1)}))
    card = Card(card_with_roles(BREAD_1, (Role.INSPECT, Slot.A, 1)), sam)
    with card.role_session(Role.INSPECT):
        assert card.cardholder().name == HOLDER_NAME
    with (
        pytest.raises(SecurityStatusNotSatisfied),
        card.role_session(Role.BREAD),
    ):
        card.cardholder()


def test_a_terminal_changes_nothing_that_is_the_issuers() -> None:
    card = Card(card_with_roles(BREAD_1), Sam(frozenset({(Role.BREAD, 1)})))
    with pytest.raises(SecurityStatusNotSatisfied), card.role_session(Role.BREAD):
        card.run(PutData(0xDF52, bytes.fromhex("2026010120311231")))
    with pytest.raises(SecurityStatusNotSatisfied), card.role_session(Role.BREAD):
        card.run(DeleteRoleKeys(0x54))
    with card.role_session(Role.BREAD):
        assert card.role_key_sets()


def test_a_terminal_that_has_the_newer_master_only_uses_slot_b() -> None:
    sam = Sam(frozenset({(Role.BREAD, 2)}))
    card = Card(card_with_roles(BREAD_1, BREAD_2), sam)
    with card.role_session(Role.BREAD) as session:
        assert session.asked.slot is Slot.B
    assert [asked.master_version for asked in sam.asked] == [1, 2]


def test_a_terminal_with_an_older_master_only_is_told_so() -> None:
    card = Card(card_with_roles(BREAD_2), Sam(frozenset({(Role.BREAD, 1)})))
    with pytest.raises(RoleKeysNotHeld, match="no master 02"), card.role_session(Role.BREAD):
        pytest.fail("no session")


def test_a_stopped_card_is_not_authenticated() -> None:
    reader = Counting(card_with_roles(BREAD_1, BREAD_2))
    sam = Sam(frozenset({(Role.BREAD, 1), (Role.BREAD, 2)}), frozenset({CARD_SERIAL}))
    with pytest.raises(CardStopped), Card(reader, sam).role_session(Role.BREAD):
        pytest.fail("no session")
    assert 0x82 not in reader.sent
    assert len(sam.asked) == 1


def test_a_terminal_with_other_keys_sends_no_authentication() -> None:
    reader = Counting(card_with_roles(BREAD_1))
    with pytest.raises(CardCryptogramError), Card(reader, stranger).role_session(Role.BREAD):
        pytest.fail("no session")
    assert 0x82 not in reader.sent


class Lost(SimReader):
    """A card that is pulled instead of answering an instruction."""

    def __init__(self, reader: SimReader, ins: int) -> None:
        super().__init__("sim", reader.card)
        self.ins = ins

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        if command[1] == self.ins:
            raise CardRemoved("the card was removed")
        return super().transmit(command, timeout)


def any_keys(call: CardKeys) -> KeySet:
    """Hold the keys of the issuer, and those of a terminal."""
    return terminal(call) if isinstance(call, RoleKeys) else issuer(call)


terminal = Sam(frozenset({(Role.BREAD, 1)}))


@pytest.mark.parametrize("ins", [0xA4, 0x50, 0x82])
def test_a_card_that_is_lost_while_a_session_opens_is_unchanged(ins: int) -> None:
    card = Card(Lost(card_with_roles(BREAD_1), ins), any_keys)
    for opening in (card.role_session(Role.BREAD), card.issuer_session(OLD)):
        with pytest.raises(CardRemoved) as caught, opening:
            pytest.fail("no session")
        assert (caught.value.changed, caught.value.exit_code) == (Changed.NO, ExitCode.FAILED)


def test_a_card_that_is_lost_in_a_session_may_have_changed() -> None:
    card = Card(Lost(card_with_roles(BREAD_1), 0xDA), issuer)
    with pytest.raises(CardRemoved) as caught, card.issuer_session(OLD):
        card.run(PutData(0xDF52, bytes.fromhex("2026010120311231")))
    assert (caught.value.changed, caught.value.exit_code) == (Changed.UNKNOWN, ExitCode.UNCERTAIN)


def test_what_follows_a_session_inside_another_is_not_sent_in_clear() -> None:
    reader = Counting(card_with_roles(BREAD_1))
    card = Card(reader, any_keys)
    with card.issuer_session(OLD):
        with card.role_session(Role.BREAD):
            assert card.read("card number").hex() == CARD_NUMBER
        with pytest.raises(ChannelClosed, match="another SELECT"):
            card.verify_pin(Pin("1234"))
    assert 0x20 not in reader.sent


@pytest.mark.parametrize("ending", [Card.select, Card.identify], ids=["select", "identify"])
def test_what_follows_a_select_in_a_session_is_not_sent_in_clear(
    ending: Callable[[Card], object],
) -> None:
    reader = Counting(card_with_roles(BREAD_1))
    card = Card(reader, any_keys)
    with card.role_session(Role.BREAD):
        ending(card)
        with pytest.raises(ChannelClosed, match="another SELECT"):
            card.verify_pin(Pin("1234"))
    assert 0x20 not in reader.sent


def test_without_a_key_holder_there_is_no_session() -> None:
    with pytest.raises(NoKeysError), Card(card_with_roles(BREAD_1)).role_session(Role.BREAD):
        pytest.fail("no session")


def test_a_card_without_keys_of_the_role_has_no_session_for_it() -> None:
    card = Card(card_with_roles(BREAD_1), Sam(frozenset({(Role.CASH, 1)})))
    with pytest.raises(NotFound), card.role_session(Role.CASH):
        pytest.fail("no session")


def test_a_blank_card_takes_role_keys_and_opens_no_session_with_them() -> None:
    reader = installed_card()
    put_role_keys(reader, *BREAD_1)
    card = Card(reader, Sam(frozenset({(Role.BREAD, 1)})))
    with (
        pytest.raises(ConditionsNotSatisfied, match="BLANK card"),
        card.role_session(Role.BREAD),
    ):
        pytest.fail("no session")


def test_role_keys_are_rotated_from_slot_to_slot_and_always_open_a_session() -> None:
    reader = card_with_roles(BREAD_1)
    terminal = Card(reader, Sam(frozenset({(Role.BREAD, 1), (Role.BREAD, 2)})))
    put_role_keys(reader, *BREAD_2)
    with terminal.role_session(Role.BREAD, master_version=2) as session:
        assert session.asked.slot is Slot.B
    card = Card(reader, issuer)
    with card.issuer_session(OLD):
        card.run(DeleteRoleKeys(0x54))
        assert card.role_key_sets() == (RoleKeySet(0x64, 2),)
        with pytest.raises(NotFound):
            card.run(DeleteRoleKeys(0x54))
    with terminal.role_session(Role.BREAD) as session:
        assert session.asked.master_version == 2


def test_a_slot_with_keys_takes_no_others() -> None:
    reader = card_with_roles(BREAD_1)
    with pytest.raises(ConditionsNotSatisfied, match="holds keys already") as caught:
        put_role_keys(reader, Role.BREAD, Slot.A, 2)
    assert caught.value.requirement == "RPK-04"


def test_keys_under_another_dek_are_refused_by_their_check_values() -> None:
    reader = card_with_roles()
    card = Card(reader, issuer)
    with card.issuer_session(OLD) as session:
        keys = KeySet(0x54, session.keys.enc, session.keys.mac)
        with pytest.raises(Refused, match="6A80"):
            card.run(PutRoleKeys(keys, 1, session.keys.enc))
        assert card.role_key_sets() == ()


def test_an_issuer_session_without_a_dek_says_so_when_it_is_needed() -> None:
    def holder(call: CardKeys) -> KeySet:
        keys = issuer(call)
        return KeySet(keys.version, keys.enc, keys.mac)

    card = Card(card_with_roles(), holder)
    with card.issuer_session(OLD) as session:
        assert card.role_key_sets() == ()
        with pytest.raises(ValueError, match="without DEK"):
            _ = session.dek
