"""A role session takes nothing but what its terminal sent, in its order, and has an end.

Comments name the requirements that a test shows.
"""

from collections.abc import Callable

import pytest

from applet_spec import spec
from tests.support.any_card import AnyCard, MakeCard
from tests.support.stages import ROLE_SLOTS, Stage, at_stage
from tests.support.terminal import AIDS, Terminal, aes_cbc, cmac, pad, role_keys

KVN = 0x51
CARD_NUMBER = (0x00, 0xCA, 0x00, 0x5A)
PART = (0x00, 0xCB, 0x3F, 0xFF, bytes.fromhex("5C02DF51"))
"""Reading a card serial in parts: a command with data that a role may send."""


@pytest.fixture
def card(make_card: MakeCard) -> AnyCard:
    """Give a personalized card with role keys."""
    card = make_card()
    at_stage(card, Stage.ROLE_KEYS)
    return card


@pytest.fixture
def host(card: AnyCard) -> Terminal:
    """Give a terminal of role 1 in its session."""
    return in_session(card)


def in_session(card: AnyCard, kvn: int = KVN) -> Terminal:
    host = Terminal(card.transmit, keys=role_keys(kvn))
    assert host.select(AIDS.instance)[1] == 0x9000
    host.authenticate(kvn)
    return host


def signed(host: Terminal, header: tuple[int, int, int, int], body: bytes) -> bytes:
    """Return a command with the right MAC over any body; it counts as sent."""
    host.counter += 1
    cla, *rest = header
    head = bytes([cla | 4, *rest, len(body) + host.size])
    host.chain = cmac(host.s_mac, host.chain + head + body)
    return head + body + host.chain[: host.size] + b"\x00"


def encrypted(host: Terminal, blocks: bytes) -> bytes:
    """Return whole blocks as the next command encrypts them."""
    return aes_cbc(host.s_enc, icv(host, host.counter + 1), blocks)


def icv(host: Terminal, count: int) -> bytes:
    return aes_cbc(host.s_enc, bytes(16), count.to_bytes(16, "big"))


def with_the_icv_before(host: Terminal) -> bytes:
    """Return data that the ICV of the command before encrypted.

    One in 256 decrypts to some padding all the same; another session is opened then.
    """
    before, now = icv(host, host.counter), icv(host, host.counter + 1)
    seen = bytes(a ^ b ^ c for a, b, c in zip(pad(PART[4]), before, now, strict=True))
    if seen.rstrip(b"\x00").endswith(b"\x80"):
        host.authenticate(KVN)
        assert host.sw(*PART) == 0x9000
        return with_the_icv_before(host)
    return aes_cbc(host.s_enc, before, pad(PART[4]))


def assert_ended(host: Terminal, command: bytes) -> None:
    """Check that the command is refused and the session over, in clear words."""
    assert host.raw(command) == (b"", 0x6982)
    assert host.raw(host.wrap(*CARD_NUMBER)) == (b"", 0x6982)
    host.level = 0
    assert host.sw(*CARD_NUMBER) == 0x6982
    assert host.sw(0x00, 0xCA, 0xDF, 0x51) == 0x9000


def test_every_slot_opens_a_session_of_its_role_and_reads_what_roles_may(card: AnyCard) -> None:
    # ROL-01, ROL-05, ROL-08
    listed = b"".join(bytes([kvn, ROLE_SLOTS[kvn]]) for kvn in sorted(ROLE_SLOTS))
    for kvn, master in ROLE_SLOTS.items():
        host = Terminal(card.transmit, keys=role_keys(kvn))
        host.select(AIDS.instance)
        serial, sw = host.send(0x00, 0xCA, 0xDF, 0x51)
        offer = host.initialize(kvn)
        assert (offer[:13], sw) == (serial + bytes([kvn & 15, master, kvn, 3, 0x60]), 0x9000)
        assert host.external_authenticate() == 0x9000
        assert host.send(0x00, 0xCA, 0xDF, 0x55) == (listed, 0x9000)
        assert host.send(*PART)[0][-8:] == serial


def test_card_challenges_do_not_repeat(card: AnyCard) -> None:
    host = Terminal(card.transmit, keys=role_keys(KVN))
    host.select(AIDS.instance)
    assert len({host.initialize(KVN)[13:21] for _ in range(20)}) == 20


def test_after_any_number_of_wrong_cryptograms_the_right_one_opens(card: AnyCard) -> None:
    # ROL-06
    host = Terminal(card.transmit, keys=role_keys(KVN))
    host.select(AIDS.instance)
    for bit in range(40):
        host.initialize(KVN)
        assert host.external_authenticate(spoil=bit % 16) == (0x6300 if bit % 16 < 8 else 0x6982)
        assert host.sw(*CARD_NUMBER) == 0x6982
    host.authenticate(KVN)
    assert host.sw(*CARD_NUMBER) == 0x9000


def test_a_command_without_data_may_bring_a_block_of_padding(host: Terminal) -> None:
    # SM-04
    host.pad_empty = True
    answer = host.send(*CARD_NUMBER)
    host.pad_empty = False
    assert answer[1] == 0x9000
    assert host.send(*CARD_NUMBER) == answer


BODIES: dict[str, Callable[[Terminal], bytes]] = {
    "a body that is no whole blocks": lambda h: encrypted(h, pad(PART[4]))[:15],
    "a block and a byte more": lambda h: encrypted(h, pad(PART[4])) + b"\x00",
    "clear data": lambda _: PART[4],
    "no padding at all": lambda h: encrypted(h, bytes.fromhex("5C02DF51") * 4),
    "zeros without their 80": lambda h: encrypted(h, PART[4] + bytes(12)),
    "nothing but zeros": lambda h: encrypted(h, bytes(16)),
    "padding with an 81": lambda h: encrypted(h, PART[4] + b"\x81" + bytes(11)),
    "the ICV of the command before": with_the_icv_before,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_wrong_padding_ends_the_session_though_its_mac_is_right(
    host: Terminal, body: Callable[[Terminal], bytes]
) -> None:
    # SM-11
    assert host.sw(*PART) == 0x9000
    assert_ended(host, signed(host, PART[:4], body(host)))


def test_a_command_shorter_than_its_mac_ends_the_session(card: AnyCard) -> None:
    # SM-03, SM-11
    for header, data in ((CARD_NUMBER, b""), (PART[:4], PART[4])):
        for cut in range(len(in_session(card).wrap(*header, data)) - 6):
            host = in_session(card)
            right = host.wrap(*header, data)
            body = right[5 : 5 + cut]
            assert_ended(host, right[:4] + (bytes([cut]) + body if cut else b"") + b"\x00")


def test_a_changed_bit_anywhere_ends_the_session(card: AnyCard) -> None:
    # SM-03
    for place in range(1, 29):
        host = in_session(card)
        command = bytearray(host.wrap(*PART))
        if place != 4:  # Lc, whose change is no command at all
            command[place] ^= 1 << (place % 8)
            if command[1] not in (0x50, 0x82):
                assert_ended(host, bytes(command))


def test_a_command_repeated_or_left_out_ends_the_session(card: AnyCard) -> None:
    # SM-03
    host = in_session(card)
    again = host.wrap(*PART)
    assert host.raw(again)[1] == 0x9000
    assert_ended(host, again)
    host = in_session(card)
    host.wrap(*PART)
    assert_ended(host, host.wrap(*PART))


def test_a_command_of_another_session_ends_this_one(card: AnyCard) -> None:
    # SM-03
    other = in_session(card, 0x64).wrap(*PART)
    assert_ended(in_session(card), other)
    other = in_session(card).wrap(*PART)
    assert_ended(in_session(card), other)


def test_a_refused_command_counts_and_the_session_goes_on(host: Terminal) -> None:
    # SM-07, ROL-04
    for _ in range(3):
        assert host.sw(0x80, 0xD8, 0x00, 0x81, bytes(48)) == 0x6982
        assert host.sw(0x00, 0xCA, 0xDF, 0x7F) == 0x6A88
        assert host.send(*PART)[1] == 0x9000


def test_a_session_takes_32767_commands_and_no_more(host: Terminal) -> None:
    # ROL-07
    for _ in range(spec().limits["role_session_commands"] - 1):
        assert host.raw(host.wrap(0x00, 0xCA, 0xDF, 0x7F)) == (b"", 0x6A88)
    assert host.send(*PART)[1] == 0x9000
    assert_ended(host, host.wrap(*PART))
