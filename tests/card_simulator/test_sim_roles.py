"""Role sessions on the software card, next to the contract's text.

Comments name the requirements that a test shows.
"""

import pytest

from applet_spec import spec
from card_simulator.application.role_session import role_form
from card_simulator.card import Card
from tests.card_simulator.sim_host import (
    installed,
    new_card,
    personalized,
    role_of,
    with_role_keys,
)
from tests.card_simulator.sim_roles import (
    DELETE,
    EMPTY,
    HOLDER,
    LIST,
    PUT,
    SERIAL,
    TAKEN,
    begins,
    issuer,
    listed,
    role,
)
from tests.support.factory import host_of, profile
from tests.support.stages import ROLE_SLOTS
from tests.support.terminal import (
    AIDS,
    CARD_SERIAL,
    CARDHOLDER,
    ISD,
    NEW_PIN,
    VALIDITY,
    Terminal,
    apdu,
    dgi,
    role_keys,
    stream,
)


@pytest.fixture
def issued() -> Card:
    return with_role_keys()[0]


# Opening a session (ROL-01, ROL-02, ROL-03, ROL-06)


@pytest.mark.parametrize(("kvn", "master"), ROLE_SLOTS.items())
def test_the_answer_lets_a_terminal_find_its_key(issued: Card, kvn: int, master: int) -> None:
    # ROL-01
    data = role_of(issued, kvn).initialize(kvn)
    assert data[:10] == CARD_SERIAL + bytes([kvn & 0x0F, master])
    assert data[10:13] == bytes([kvn, 0x03, 0x60])
    assert len(data) == 13 + 8 + 8


@pytest.mark.parametrize("i", sorted({0x00, 0x01, 0x20, 0x70, 0x71}))
def test_a_role_session_is_the_same_on_every_card(i: int) -> None:
    # ROL-01: S8, random challenges, R-ENC, whatever the issuer's own channel has.
    card = new_card(profile(i))
    host = host_of(card, profile(i))
    host.authenticate(level=0x03)
    assert host.install() == 0x9000
    host.select(AIDS.instance)
    host.authenticate(level=0x03)
    assert host.put_role_key(0x51, role_keys(0x51), 7)[1] == 0x9000
    assert host.sw(0, 0x46, 0x80, 0) == 0x9000
    assert set(host.store(stream(host))) == {0x9000}
    assert role_of(card, 0x51).initialize(0x51)[8:13] == bytes.fromhex("0107510360")
    terminal = role(card, 0x51)
    assert terminal.send(*LIST) == (b"\x51\x07", 0x9000)


def test_card_challenges_are_random(issued: Card) -> None:
    terminal = role_of(issued, 0x51)
    assert len({terminal.initialize(0x51)[13:21] for _ in range(20)}) == 20


@pytest.mark.parametrize("level", [x for x in range(256) if x != 0x33])
def test_no_other_level_opens_a_role_session(issued: Card, level: int) -> None:
    # ROL-02
    terminal = role_of(issued, 0x51)
    terminal.initialize(0x51)
    assert terminal.external_authenticate(level) == 0x6A86
    assert terminal.external_authenticate(0x33) == 0x6985


def test_external_authenticate_is_looked_at_in_the_contracts_order(issued: Card) -> None:
    terminal = role_of(issued, 0x51)

    def answer(command: str) -> int:
        terminal.initialize(0x51)
        return terminal.raw(command)[1]

    assert answer("8082330010" + "00" * 16) == 0x6E00
    assert answer("8482010003" + "00" * 3) == 0x6A86
    assert answer("8482330103" + "00" * 3) == 0x6A86
    assert answer("8482330020" + "00" * 32) == 0x6700
    assert answer("8482330010" + "00" * 16) == 0x6300
    terminal.initialize(0x51)
    assert terminal.external_authenticate(spoil=15) == 0x6982
    terminal.initialize(0x51)
    assert terminal.external_authenticate() == 0x9000


def test_role_keys_have_no_failure_counter(issued: Card) -> None:
    # ROL-06
    terminal = role_of(issued, 0x51)
    before = issued.memory.image
    for _ in range(300):
        terminal.initialize(0x51)
        assert terminal.external_authenticate(spoil=0) == 0x6300
    assert issued.memory.image == before
    terminal.authenticate(0x51)
    assert terminal.sw(*SERIAL) == 0x9000


@pytest.mark.parametrize("kvn", [EMPTY, TAKEN])
def test_a_blank_card_opens_no_role_session(kvn: int) -> None:
    # ROL-03: in the order state, length, slot.
    card, host = installed()
    assert host.put_role_key(TAKEN, role_keys(TAKEN), 1)[1] == 0x9000
    host.select(AIDS.instance)
    assert host.raw(begins(kvn)) == (b"", 0x6985)
    assert host.raw(begins(kvn, length=3)) == (b"", 0x6985)
    assert host.raw(begins(kvn, p2=1)) == (b"", 0x6A86)
    assert listed(card) == {TAKEN: 1}


@pytest.mark.parametrize("length", [0, 7, 9, 16, 255])
def test_a_role_session_takes_a_challenge_of_8_bytes(issued: Card, length: int) -> None:
    host = Terminal(issued.transmit)
    for kvn in (EMPTY, TAKEN):
        assert host.raw(begins(kvn, length)) == (b"", 0x6700)
    assert host.raw(begins(EMPTY)) == (b"", 0x6A88)


def test_the_issuer_security_domain_has_no_role_sessions(issued: Card) -> None:
    host = Terminal(issued.transmit)
    host.select(ISD)
    assert host.raw(begins(0x51)) == (b"", 0x6A88)


def test_the_contract_has_one_form_for_roles() -> None:
    (form,) = role_form().variants
    assert form.length() == spec().commands["INITIALIZE UPDATE"].variants[0].length()
    assert form.states is not None
    assert set(form.states) == {"PERSONALIZED", "ACTIVE", "SUSPENDED"}


# One session at a time


def test_a_role_session_ends_the_issuers_and_the_other_way_round(issued: Card) -> None:
    # SCP-08
    host = issuer(issued)
    late = host.wrap(*SERIAL)
    terminal = role_of(issued, 0x51)
    terminal.authenticate(0x51)
    assert issued.transmit(late) == b"\x69\x82"
    terminal.authenticate(0x51)
    late = terminal.wrap(*SERIAL)
    host.authenticate()
    assert issued.transmit(late) == b"\x69\x82"


HEARD = ["00CADF5100", "10CADF5100", "A0CADF5100", "00A40000023F00", "00FF0000"]
UNHEARD = ["", "00CA", "01CA000000", "FFCA0000", "0070800001", "00A4040005AABBCCDDEE"]


@pytest.mark.parametrize("between", HEARD + UNHEARD)
def test_a_command_that_the_application_hears_of_drops_a_pending_role_session(
    issued: Card, between: str
) -> None:
    # SCP-06
    terminal = role_of(issued, 0x51)
    terminal.initialize(0x51)
    terminal.raw(between)
    assert terminal.external_authenticate() == (0x6985 if between in HEARD else 0x9000)


def test_a_role_cannot_finish_what_the_issuer_began_nor_the_issuer_a_roles(issued: Card) -> None:
    host, terminal = Terminal(issued.transmit), role_of(issued, 0x51)
    host.initialize()
    terminal.initialize(0x51)
    assert host.external_authenticate() == 0x6300
    terminal.initialize(0x51)
    host.initialize()
    assert terminal.external_authenticate() == 0x6300


@pytest.mark.parametrize("aid", [AIDS.instance, ISD])
def test_no_role_session_outlives_select(issued: Card, aid: bytes) -> None:
    terminal = role(issued, 0x51)
    late = terminal.wrap(*SERIAL)
    terminal.select(aid)
    assert issued.transmit(late) == b"\x69\x82"


def test_the_holders_flags_end_where_a_role_session_begins_and_ends(issued: Card) -> None:
    # PIN-08
    terminal = role_of(issued, 0x51)
    asked, verify = (0, 0x20, 0, 0x81), (0, 0x20, 0, 0x81, NEW_PIN)
    assert terminal.sw(*verify) == 0x9000
    terminal.initialize(0x51)
    assert terminal.raw(apdu(*asked))[1] == 0x63C3
    terminal.authenticate(0x51)
    assert terminal.sw(*verify) == 0x9000
    assert terminal.sw(*asked) == 0x9000
    assert terminal.raw(apdu(*asked))[1] == 0x6982
    terminal.level = 0
    assert terminal.sw(*asked) == 0x63C3


def test_a_session_takes_as_many_commands_as_the_contract_says(issued: Card) -> None:
    # ROL-07
    most = spec().limits["role_session_commands"]
    terminal = role(issued, 0x51)
    for _ in range(most):
        assert issued.transmit(terminal.wrap(*SERIAL))[-2:] == b"\x90\x00"
    assert issued.transmit(terminal.wrap(*SERIAL)) == b"\x69\x82"
    terminal.level = 0
    assert terminal.sw(*SERIAL) == 0x9000


# What a role may do (ROL-04, ROL-05, ROL-08)

ISSUERS: dict[str, tuple[int, int, int, int] | tuple[int, int, int, int, bytes]] = {
    "PUT DATA": (0x00, 0xDA, 0xDF, 0x52, VALIDITY),
    "RESET RETRY COUNTER": (0x00, 0x2C, 0x03, 0x81),
    "GENERATE, again": (0x00, 0x46, 0x81, 0x00),
    "STORE DATA": (0x80, 0xE2, 0x08, 0x00, dgi(0x0103, VALIDITY)),
    "PUT KEY": (*PUT, bytes(48)),
    "PUT KEY, too short": (*PUT, bytes(2)),
    "DELETE KEY": (*DELETE, b"\xd2\x01\x51"),
    "SET STATUS": (0x80, 0xF0, 0x40, 0x3F),
}


@pytest.mark.parametrize("name", ISSUERS)
def test_what_needs_the_issuer_a_role_may_not(issued: Card, name: str) -> None:
    # ROL-04
    terminal = role(issued, 0x51)
    before = issued.memory.image
    assert terminal.sw(*ISSUERS[name]) == 0x6982
    assert issued.memory.image == before
    assert terminal.sw(*SERIAL) == 0x9000


@pytest.mark.parametrize("number", range(16))
def test_a_role_reads_what_names_it_or_every_role(number: int) -> None:
    # ROL-05
    card, host = personalized()
    host.authenticate()
    assert host.put_role_key(0x60 + number, role_keys(0x60 + number), 1)[1] == 0x9000
    terminal = role(card, 0x60 + number)
    for target in spec().objects.values():
        read = target.read & {"anyone", "role", f"role:{number}"}
        tag = target.tag.to_bytes(2).lstrip(b"\x00")
        word = terminal.sw(0, 0xCB, 0x3F, 0xFF, bytes([0x5C, len(tag)]) + tag)
        assert word in ((0x9000, 0x6A88) if read else (0x6982,)), target.name
    assert terminal.send(*HOLDER)[1] == (0x9000 if number == 6 else 0x6982)


def test_what_roles_read_is_read_in_their_session_only(issued: Card) -> None:
    # ROL-05, GDA-03
    number, anybody = (0x00, 0xCA, 0x00, 0x5A), Terminal(issued.transmit)
    assert anybody.sw(*number) == 0x6982
    terminal = role(issued, 0x51)
    assert terminal.sw(*number) == 0x9000
    assert anybody.sw(*number) == 0x6982
    assert anybody.sw(*number) == 0x6982, "the command in clear has ended the session"


def test_a_verified_holder_opens_more_to_a_role(issued: Card) -> None:
    terminal = role(issued, 0x51)
    assert terminal.sw(*HOLDER) == 0x6982
    assert terminal.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000
    data, sw = terminal.send(*HOLDER)
    assert (CARDHOLDER in data, sw) == (True, 0x9000)
