"""Power that fails at each write of something that a terminal does."""

from collections.abc import Callable

import pytest

from card_simulator.card import Card
from card_simulator.memory import Image, PowerCut
from tests.support.terminal import Terminal

Act = Callable[[Terminal], object]


def images(image: Image, prepare: Act, act: Act, torn: int = 0) -> list[Image]:
    """Return the memory before, after each cut and recovery, and after all of ``act``.

    The card with this memory is made ready by ``prepare``; then power fails at each write of
    ``act`` in turn, and each time once more while the card recovers.
    """
    whole = Card(image)
    whole.reset()
    host = Terminal(whole.transmit)
    prepare(host)
    found = [whole.memory.image]
    start = whole.memory.writes
    act(host)
    count = whole.memory.writes - start
    assert count
    for cut in range(1, count + 1):
        card = Card(image)
        card.reset()
        host = Terminal(card.transmit)
        prepare(host)
        card.memory.cut_power_at(cut, torn_bytes=torn)
        with pytest.raises(PowerCut):
            act(host)
        assert not card.powered
        with pytest.raises(PowerCut):
            card.transmit(b"\x00\xa4\x04\x00")
        card.memory.cut_power_at(1)
        try:
            card.reset()
        except PowerCut:
            card.reset()
        card.memory.keep_power()
        assert not card.memory.image.journal
        found.append(card.memory.image)
    found.append(whole.memory.image)
    return found
