"""The cells of key sets, and power that fails while they change.

Comments name the requirements that a test shows.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applet_spec import spec
from card_simulator.card import Card
from card_simulator.key_set import KeySet
from card_simulator.memory import Image
from card_simulator.scp03 import StaticKeys
from tests.card_manager.manager_keys import CHANGES, DEK, ENC, MAC, A, B, put, ready_with
from tests.card_simulator.sim_cuts import Act, images
from tests.card_simulator.sim_host import new_card
from tests.support.terminal import Keys, Terminal

PSEUDO_RANDOM = spec().card_profiles["unicard-pseudo-random"]


def two_sets() -> Image:
    """Return a card with pseudo-random challenges, whose sets 30 and 31 have been used."""
    card = new_card(PSEUDO_RANDOM)
    host = Terminal(card.transmit)
    for keys, kvn, new, added in ((Keys(), 0xFF, A, 0x30), (A, 0x30, B, 0x31)):
        ready_with(keys, kvn)(host)
        assert host.put_key(added, new)[1] == 0x9000
    ready_with(B, 0x31)(host)
    card.reset()
    return card.memory.image


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_each_change_of_keys_happens_whole_or_not_at_all(change: Act) -> None:
    found = images(two_sets(), ready_with(A, 0x30), change)
    old, new = found[0], found[-1]
    assert old != new
    assert all(each in (old, new) for each in found)
    assert found == sorted(found, key=lambda each: each == new), "what was new stays new"


def test_completing_the_first_set_key_by_key_swaps_the_transport_set_whole() -> None:
    # PUK-07
    card = new_card(PSEUDO_RANDOM)
    host = Terminal(card.transmit)
    host.authenticate()
    assert put(host, 0x30, ENC, A.enc, A.mac) == 0x9000
    card.reset()
    found = images(card.memory.image, ready_with(Keys(), 0xFF), lambda h: put(h, 0x30, DEK, A.dek))
    sets = []
    for image in found:
        again = Card(image)
        again.reset()
        sets.append(again.key_sets.complete())
    assert {tuple(each) for each in sets} == {(0x30,), (0xFF,)}
    assert sets == sorted(sets, reverse=True)


# The cell


KEY = st.sampled_from([16, 24, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from([ENC, MAC, DEK]), KEY, min_size=1))
def test_any_set_of_keys_is_read_as_it_was_written(keys: dict[int, bytes]) -> None:
    assert KeySet.decode(KeySet(keys).encode()).keys == keys


@pytest.mark.parametrize("size", [16, 24, 32])
def test_a_complete_set_is_kept_as_it_always_was(size: int) -> None:
    keys = StaticKeys(b"1" * size, b"2" * size, b"3" * size)
    assert KeySet.of(keys).encode() == keys.joined()
    assert KeySet.decode(keys.joined()).static == keys


@pytest.mark.parametrize(
    "cell", ["", "00", "0110", "0410" + "00" * 16, "0110" + "00" * 15, "0105" + "00" * 5, "00" * 8]
)
def test_what_is_no_key_set_is_not_read(cell: str) -> None:
    with pytest.raises(ValueError, match="no key set"):
        KeySet.decode(bytes.fromhex(cell))


def test_a_key_set_does_not_show_its_keys() -> None:
    assert "AAAA" not in repr(KeySet({ENC: A.enc}))
