"""What comes between two commands that belong together, on both cards alike.

A handshake and a stream of DGIs are what a card remembers from one command to the next.
"""

from collections.abc import Callable

import pytest

from tests.support.any_card import AnyCard, SimCards
from tests.support.content import named
from tests.support.java_test_card import JavaCards
from tests.support.stages import Stage, at_stage
from tests.support.terminal import (
    AIDS,
    ANCHOR,
    NEW_PIN,
    VALIDITY,
    SessionEndedError,
    Terminal,
    dgi,
    role_keys,
    stream,
)

ROLE, ISSUER = 0x51, 0x00
CHALLENGE = "08" + "00" * 8
BETWEEN = [
    "",
    "00CA", "00CADF510000", "0070800001", "01CADF5100", "41CADF5100", "00CADF5100", "10CADF5100",
    "20CADF5100", "A0CADF5100", "FFCADF51", "00FF0000", "00A4040005F1F1F1F1F1", "00A40000023F00",
    "84CA00CF00", "8050530008" + "00" * 8, "8050510007" + "00" * 7, "80505101" + CHALLENGE,
    "84505100" + CHALLENGE, "90505100" + CHALLENGE, "00505100" + CHALLENGE,
    "8082330010" + "00" * 16, "0482330010" + "00" * 16, "8482330008" + "00" * 8,
    "9082330010" + "00" * 16, "8482030010" + "00" * 16, "8482330110" + "00" * 16,
    "8482330010" + "00" * 16,
    "80E2080001AA", "00E2080001AA", "90E2080101AA", "04A4040005" + "01" * 5, "80A4040000",
]  # fmt: skip
FIRST = dgi(0x0103, VALIDITY)

Seen = list[object]


def terminal(card: AnyCard, kvn: int) -> Terminal:
    host = Terminal(card.transmit, keys=role_keys(kvn)) if kvn == ROLE else Terminal(card.transmit)
    host.select(AIDS.instance)
    return host


def handshakes(card: AnyCard) -> Seen:
    """INITIALIZE UPDATE, one of the commands, EXTERNAL AUTHENTICATE."""
    seen: Seen = []
    for kvn in (ROLE, ISSUER):
        for command in BETWEEN:
            host = terminal(card, kvn)
            host.initialize(kvn)
            seen += [command, host.raw(command), host.external_authenticate()]
    return seen


def sessions(card: AnyCard) -> Seen:
    """One of the commands in clear within a session."""
    seen: Seen = []
    for kvn in (ROLE, ISSUER):
        for command in BETWEEN:
            host = terminal(card, kvn)
            host.authenticate(kvn)
            seen += [command, host.raw(command), last(host, 0, 0xCA, 0xDF, 0x51)]
    return seen


def verifications(card: AnyCard) -> Seen:
    """One of the commands in clear between VERIFY and the question whether the PIN is verified."""
    seen: Seen = []
    for command in BETWEEN:
        host = terminal(card, ROLE)
        seen.append(host.sw(0, 0x20, 0, 0x81, NEW_PIN))
        seen += [command, host.raw(command), host.sw(0, 0x20, 0, 0x81)]
    return seen


def streams(card: AnyCard) -> Seen:
    """One of the commands in clear, or a protected one, between two blocks of a stream."""
    seen: Seen = []
    for command in BETWEEN:
        host = terminal(card, ISSUER)
        host.authenticate()
        seen.append(host.sw(0x80, 0xE2, 0x08, 0, FIRST[:5]))
        seen += [command, host.raw(command), last(host, 0x80, 0xE2, 0x08, 1, FIRST[5:])]
    for cla, ins, p1, p2 in (
        (0, 0xE2, 8, 1),
        (0x80, 0xE2, 8, 1),
        (0x80, 0xE2, 7, 1),
        (0, 0xFF, 0, 0),
    ):
        host = terminal(card, ISSUER)
        host.authenticate()
        seen.append(host.sw(0x80, 0xE2, 0x08, 0, FIRST[:5]))
        seen += [host.sw(cla, ins, p1, p2), last(host, 0x80, 0xE2, 0x08, 1, FIRST[5:])]
    return seen


def last(host: Terminal, *parts: int | bytes) -> object:
    try:
        return host.send(*parts)  # type: ignore[arg-type]
    except SessionEndedError as error:
        return str(error)


def through_the_domain(card: AnyCard) -> Seen:
    """A stream through the issuer's domain, left and taken up again, to its end."""
    seen: Seen = []

    def begin() -> Terminal:
        host = Terminal(card.transmit)
        host.select(AIDS.isd)
        host.authenticate()
        seen.append(host.send(0x80, 0xE6, 0x20, 0, named(AIDS.instance)))
        return host

    def block(host: Terminal, number: int, data: bytes) -> None:
        seen.append(host.send(0x80, 0xE2, 0x08, number, data))

    block(begin(), 0, FIRST[:5])
    block(begin(), 1, FIRST[5:])
    block(begin(), 0, FIRST[:5])
    host = terminal(card, ISSUER)
    host.authenticate()
    block(host, 1, FIRST[5:])
    host = begin()
    seen += host.store(stream(host)[len(dgi(0x0101, ANCHOR)) :])
    seen.append(host.send(0x80, 0xCA, 0x00, 0xCF)[1])
    return [*seen, host.select(AIDS.instance)]


def dead(card: AnyCard) -> Seen:
    """Each of the commands on a terminated card."""
    seen: Seen = []
    for command in BETWEEN:
        seen += [command, terminal(card, ISSUER).raw(command)]
    return seen


@pytest.mark.parametrize(
    ("stage", "act"),
    [
        (Stage.ROLE_KEYS, handshakes),
        (Stage.ROLE_KEYS, sessions),
        (Stage.ROLE_KEYS, verifications),
        (Stage.HALF, streams),
        (Stage.HALF, through_the_domain),
        (Stage.TERMINATED, dead),
    ],
)
def test_both_cards_answer_what_comes_between_alike(
    java_cards: JavaCards, stage: Stage, act: Callable[[AnyCard], Seen]
) -> None:
    seen = []
    for make in (SimCards(), java_cards):
        card = make()
        at_stage(card, stage)
        seen.append([_without_chance(one) for one in act(card)])
    assert seen[0] == seen[1]
    assert not any(0x6F00 in one for one in seen[0] if isinstance(one, tuple))


def _without_chance(one: object) -> object:
    """Leave out challenge and cryptogram of an INITIALIZE UPDATE."""
    if isinstance(one, tuple) and isinstance(one[0], bytes) and len(one[0]) == 29:
        return one[0][:13], one[1]
    return one


@pytest.mark.parametrize("cla", [0x80, 0x84])
@pytest.mark.parametrize("length", [0, 8, 16])
def test_an_external_authenticate_that_nothing_led_to_ends_what_the_holder_has_proven(
    card: AnyCard, cla: int, length: int
) -> None:
    # PIN-08
    host = at_stage(card, Stage.OWN_PIN)
    assert host.sw(0, 0x20, 0, 0x81, NEW_PIN) == 0x9000
    assert host.sw(cla, 0x82, 0x33, 0, bytes(length)) == (0x6985 if cla == 0x84 else 0x6E00)
    assert host.sw(0, 0x20, 0, 0x81) == 0x63C3
