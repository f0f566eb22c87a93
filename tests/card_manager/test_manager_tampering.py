"""Whoever stands between host and card can end a session, and do nothing else.

A protected command that is changed, cut, lengthened, repeated or out of its order gets 6982, ends
the session and leaves the memory as it was. Comments name the requirements that a test shows.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from applet_spec import spec
from tests.support.any_card import AnyCard, MakeCard
from tests.support.terminal import ISD, Keys, Terminal, cmac

FORMS = [(0x00, 0x01), (0x00, 0x03), (0x60, 0x13), (0x60, 0x33), (0x61, 0x01), (0x71, 0x33)]
KEYS = Keys(b"A" * 16, b"B" * 16, b"C" * 16)
Wrap = Callable[[Terminal], bytes]

# Commands that each change the card when they come through
CHANGES: dict[str, Wrap] = {
    "PUT KEY": lambda h: h.wrap(0x80, 0xD8, 0, 0x81, h.key_data(0x31, KEYS)),
    "SET STATUS": lambda h: h.wrap(0x80, 0xF0, 0x80, 0x07),
    "SET STATUS with a name": lambda h: h.wrap(0x80, 0xF0, 0x80, 0x07, ISD),
}


def ready(make_card: MakeCard, i: int, level: int) -> tuple[AnyCard, Terminal]:
    card = make_card(replace(spec().card_profiles["unicard-reference"], i=i))
    host = Terminal(card.transmit, size=16 if i & 1 else 8)
    host.authenticate(level=level)
    return card, host


def refused(card: AnyCard, host: Terminal, command: bytes, right: bytes | None = None) -> None:
    """Check that the command ends the session, so that even the right one comes too late."""
    before = card.kept
    assert host.raw(command) == (b"", 0x6982)
    if right is not None:
        assert host.raw(right) == (b"", 0x6982)
    assert host.raw("80F28002024F0000") == (b"", 0x6982)
    assert card.kept == before


def rebuilt(command: bytes, body: bytes) -> bytes:
    """Return the command with another data field and the Lc that belongs to it."""
    return command[:4] + (bytes([len(body)]) + body if body else b"") + command[-1:]


@pytest.mark.parametrize(("i", "level"), FORMS)
@pytest.mark.parametrize("wrap", CHANGES.values(), ids=CHANGES)
def test_the_right_command_changes_the_card(
    make_card: MakeCard, i: int, level: int, wrap: Wrap
) -> None:
    card, host = ready(make_card, i, level)
    before = card.kept
    assert host.unwrap(card.transmit(wrap(host)))[1] == 0x9000
    assert card.kept != before


@settings(max_examples=150, deadline=None)
@given(
    form=st.sampled_from(FORMS),
    wrap=st.sampled_from(list(CHANGES.values())),
    place=st.integers(0, 200),
    mask=st.integers(1, 255),
)
def test_a_changed_byte_ends_the_session(
    make_card: MakeCard, form: tuple[int, int], wrap: Wrap, place: int, mask: int
) -> None:
    # SM-03
    card, host = ready(make_card, *form)
    right = wrap(host)
    covered = [1, 2, 3, *range(5, len(right) - 1)]  # CLA and Lc have status words of their own
    command = bytearray(right)
    command[covered[place % len(covered)]] ^= mask
    assume(command[1] not in (0x50, 0x82))  # these two begin a session, with their own words
    refused(card, host, bytes(command), right)


@pytest.mark.parametrize(("i", "level"), FORMS)
@pytest.mark.parametrize("wrap", CHANGES.values(), ids=CHANGES)
def test_no_command_of_another_length_goes_through(
    make_card: MakeCard, i: int, level: int, wrap: Wrap
) -> None:
    # SM-03, SM-11
    card, host = ready(make_card, i, level)
    body = wrap(host)[5:-1]
    for cut in range(len(body)):
        card, host = ready(make_card, i, level)
        right = wrap(host)
        refused(card, host, rebuilt(right, right[5 : 5 + cut]), right)
    for extra in (b"\x00", b"\x80", bytes(16)):
        card, host = ready(make_card, i, level)
        right = wrap(host)
        if len(right) + len(extra) <= 261:
            refused(card, host, rebuilt(right, right[5:-1] + extra), right)


@pytest.mark.parametrize(("i", "level"), FORMS)
@pytest.mark.parametrize("wrap", CHANGES.values(), ids=CHANGES)
def test_a_repeated_command_ends_the_session(
    make_card: MakeCard, i: int, level: int, wrap: Wrap
) -> None:
    # SM-03
    card, host = ready(make_card, i, level)
    right = wrap(host)
    assert host.unwrap(card.transmit(right))[1] == 0x9000
    refused(card, host, right)


@pytest.mark.parametrize(("i", "level"), FORMS)
@pytest.mark.parametrize("wrap", CHANGES.values(), ids=CHANGES)
def test_commands_out_of_order_or_with_one_left_out_end_the_session(
    make_card: MakeCard, i: int, level: int, wrap: Wrap
) -> None:
    # SM-03
    card, host = ready(make_card, i, level)
    first = host.wrap(0x80, 0xCA, 0x00, 0xCF)
    refused(card, host, wrap(host), first)


@pytest.mark.parametrize(("i", "level"), FORMS)
@pytest.mark.parametrize("wrap", CHANGES.values(), ids=CHANGES)
def test_a_command_of_another_session_ends_this_one(
    make_card: MakeCard, i: int, level: int, wrap: Wrap
) -> None:
    # SM-03
    card, host = ready(make_card, i, level)
    old = wrap(host)
    host.authenticate(level=level)
    refused(card, host, old)


@pytest.mark.parametrize(("i", "level"), FORMS)
def test_a_command_in_clear_ends_the_session(make_card: MakeCard, i: int, level: int) -> None:
    # SM-02
    card, host = ready(make_card, i, level)
    refused(card, host, b"\x80\xf0\x80\x07")


def test_no_bit_of_external_authenticate_can_be_changed(make_card: MakeCard) -> None:
    # SCP-04, SCP-05
    card, host = ready(make_card, 0x60, 0x33)
    before = card.kept
    for bit in range(8 * 16):
        host.initialize()
        head = bytes([0x84, 0x82, 0x33, 0x00, 16])
        body = bytearray(host.host_cryptogram())
        body += _mac(host, head + bytes(body))
        body[bit // 8] ^= 1 << bit % 8
        assert host.raw(head + bytes(body))[1] == (0x6300 if bit < 64 else 0x6982)
        assert host.raw("80F28002024F0000") == (b"", 0x6982)
    host.initialize()
    body = bytearray(host.host_cryptogram() + _mac(host, head + host.host_cryptogram()))
    assert host.raw(b"\x84\x82\x01" + head[3:] + bytes(body))[1] == 0x6982, "a lower level"
    assert card.kept == before


def _mac(host: Terminal, data: bytes) -> bytes:
    return cmac(host.s_mac, bytes(16) + data)[:8]
