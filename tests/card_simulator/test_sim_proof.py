"""The long proof of the software card: power cut at every write and byte, and long random walks."""

from collections import Counter

import pytest

from card_simulator.card import Card
from card_simulator.memory import Image, PowerCut
from tests.card_simulator.sim_cuts import Act
from tests.card_simulator.sim_host import in_use, with_key_pair, with_own_pin
from tests.card_simulator.test_sim_machine import walk
from tests.card_simulator.test_sim_power import (
    ISSUER_KEYS,
    image_after,
    put_first,
    reborn,
    seen,
    session,
)
from tests.card_simulator.test_sim_power_transactions import new_receipt_key, new_settings, sell
from tests.support.content import PACKAGE, deletion, install_for, load
from tests.support.evidence import evidence
from tests.support.terminal import AIDS, CERTIFICATE, Keys, Terminal, dgi, stream

ISD = AIDS.isd


def cut_everywhere(image: Image, act: Act, counts: Counter[str]) -> set[str]:
    """Cut each write of ``act``, and a write that can tear at each of its bytes.

    Return what the recovered memories mean, each as one comparable string.
    """
    found: set[str] = set()
    cut, torn = 1, 0
    before_last = image
    while True:
        card = reborn(image)
        card.memory.cut_power_at(cut, torn_bytes=torn)
        try:
            act(Terminal(card.transmit))
            return found
        except PowerCut:
            left = card.memory.image
        if torn and left == before_last:  # no more bytes to tear in this write
            cut, torn = cut + 1, 0
            continue
        counts["cuts between writes" if torn == 0 else "cuts inside a write"] += 1
        counts["commits completed by the reset"] += left.journal_valid
        counts["commits dropped by the reset"] += bool(left.journal and not left.journal_valid)
        card.reset()
        assert not card.memory.image.journal
        found.add(_meaning(card.memory.image))
        before_last = left
        torn += 1


def _meaning(image: Image) -> str:
    return repr(sorted(seen(image).items()))


def image_of(card: Card) -> Image:
    card.reset()
    return card.memory.image


def changes() -> list[tuple[Image, Act]]:
    """Return what changes a card in one visible step, with the memory that it begins with."""
    blank = image_after()
    issued = image_after(session(ISD), put_first)
    own, _ = with_own_pin()
    own.reset()
    newer = dgi(0x0201, CERTIFICATE[:-1] + b"\xee")

    def rotate(host: Terminal) -> None:
        session(ISD, ISSUER_KEYS, 0x30)(host)
        host.put_key(0x31, Keys(b"e" * 32, b"m" * 32, b"d" * 32), 0x30)

    def first(host: Terminal) -> None:
        session(ISD)(host)
        put_first(host)

    def certificate(host: Terminal) -> None:
        session(AIDS.instance)(host)
        assert set(host.store(newer)) == {0x9000}

    def delete(host: Terminal) -> None:
        session(ISD)(host)
        assert host.sw(0x80, 0xE4, 0, 0, deletion(AIDS.instance)) == 0x9000

    def load_whole(host: Terminal) -> None:
        session(ISD)(host)
        assert load(host) == 0x9000

    def delete_whole(host: Terminal) -> None:
        session(ISD)(host)
        assert host.sw(0x80, 0xE4, 0, 0x80, deletion(PACKAGE)) == 0x9000

    def install(host: Terminal) -> None:
        assert host.sw(0x80, 0xE6, 0x0C, 0, install_for()) == 0x9000

    in_use_image = image_of(in_use()[0])
    return [
        (in_use_image, sell),
        (in_use_image, new_receipt_key),
        (in_use_image, new_settings),
        (blank, first),
        (issued, rotate),
        (own.memory.image, certificate),
        (own.memory.image, delete),
        (blank, load_whole),
        (image_after(load_whole, install), delete_whole),
    ]


@pytest.mark.proof
def test_power_cut_at_every_write_and_byte_leaves_old_or_new() -> None:
    counts: Counter[str] = Counter()
    key_pair, host = with_key_pair()
    key_pair.reset()
    data = stream(host)
    for image, act in changes():
        outcomes = cut_everywhere(image, act, counts)
        whole = reborn(image)
        act(Terminal(whole.transmit))
        outcomes |= {_meaning(image), _meaning(whole.memory.image)}
        assert len(outcomes) == 2
        counts["changes of two outcomes"] += 1
    for size in (40, 120, 200, 231):

        def personalize(host: Terminal, size: int = size) -> None:
            session(AIDS.instance)(host)
            assert set(host.store(data, size)) == {0x9000}

        outcomes = cut_everywhere(key_pair.memory.image, personalize, counts)
        card = Card(key_pair.memory.image)
        card.reset()
        personalize(Terminal(card.transmit))
        final = _meaning(card.memory.image)
        steps = len(data) // size + 1
        assert outcomes - {final}
        assert len(outcomes) <= steps + 1, "one outcome for each block and one before the first"
        counts["personalizations"] += 1
    evidence("software-card-power", counts)


@pytest.mark.proof
def test_long_random_walks_find_no_answer_that_the_model_does_not_predict() -> None:
    evidence("software-card-walks", walk(300, 60, same_every_time=False))
