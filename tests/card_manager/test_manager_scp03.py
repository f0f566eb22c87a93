"""Every form of SCP03 that a card can have: parameter i, key length, security level.

Comments name the requirements that a test shows.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.any_card import AnyCard, MakeCard, PowerLost, chip_of, recovered
from tests.support.factory import host_of, profile
from tests.support.terminal import ISD, Keys, Terminal, aes_cbc, apdu, derive

PARAMETERS = [base | s16 for base in (0x00, 0x10, 0x20, 0x30, 0x60, 0x70) for s16 in (0, 1)]
LEVELS = (0x01, 0x03, 0x11, 0x13, 0x33)
EVERY = b"\x4f\x00"


def pair(make_card: MakeCard, i: int, key_length: int = 16) -> tuple[AnyCard, Terminal]:
    kind = profile(i, key_length)
    card = make_card(kind)
    return card, host_of(card, kind)


def offered(i: int) -> set[int]:
    """Return the levels of Amendment D, tables 5-1 and 7-6, that this i announces."""
    levels = {0x01, 0x03}
    if i & 0x20:
        levels |= {0x11, 0x13}
    if i & 0x60 == 0x60:
        levels.add(0x33)
    return levels


@pytest.mark.parametrize("i", PARAMETERS)
@pytest.mark.parametrize("key_length", [16, 24, 32])
def test_a_card_works_at_each_level_that_its_i_announces(
    make_card: MakeCard, i: int, key_length: int
) -> None:
    # SCP-01, SCP-03, SCP-07
    _, host = pair(make_card, i, key_length)
    for level in LEVELS:
        host.initialize()
        if level not in offered(i):
            assert host.external_authenticate(level) == 0x6A86
            assert host.external_authenticate(0x01) == 0x6985
            continue
        host.authenticate(level=level)
        for pad_empty in (False, True):
            host.pad_empty = pad_empty
            data, sw = host.send(0x80, 0xCA, 0x00, 0xCF)
            assert (data, sw) == (b"\xcf\x0a" + chip_of().serial, 0x9000)
            assert host.send(0x80, 0xF2, 0x80, 0x02, EVERY)[1] == 0x9000


@pytest.mark.parametrize("i", PARAMETERS)
def test_initialize_update_answers_what_i_says(make_card: MakeCard, i: int) -> None:
    # SCP-01
    _, host = pair(make_card, i)
    first, second = host.initialize(), host.initialize()
    size = 16 if i & 1 else 8
    assert first[:13] == chip_of().serial + bytes([0xFF, 0x03, i])
    assert len(first) == 13 + 2 * size + (3 if i & 0x10 else 0)
    assert first[13 : 13 + size] != second[13 : 13 + size]
    assert host.raw("80CA006600")[0][-3:] == bytes([0x04, 0x03, i])


@pytest.mark.parametrize("i", [0x60, 0x61, 0x70, 0x71])
@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 15, 16, 17, 24])
def test_a_challenge_of_another_length_gets_6700(make_card: MakeCard, i: int, length: int) -> None:
    # SCP-09
    card, host = pair(make_card, i)
    right = length == host.size
    before = card.kept
    _, sw = host.raw(apdu(0x80, 0x50, 0xFF, 0, bytes(length)))
    assert sw == (0x9000 if right else 0x6700)
    assert right or card.kept == before
    if not right:
        assert host.raw(b"\x84\x82\x01\x00\x10" + bytes(16))[1] == 0x6985


@pytest.mark.parametrize(
    ("i", "length"),
    [*((0x60, n) for n in (8, 15, 17, 32)), *((0x61, n) for n in (16, 24, 31, 33))],
)
def test_external_authenticate_of_another_length_gets_6700(
    make_card: MakeCard, i: int, length: int
) -> None:
    _, host = pair(make_card, i)
    host.initialize()
    body = (host.host_cryptogram() + bytes(33))[:length]
    assert host.raw(bytes([0x84, 0x82, 0x33, 0, length]) + body)[1] == 0x6700
    assert host.external_authenticate() == 0x6985


@pytest.mark.parametrize("length", [0, 15, 16, 17, 32])
@pytest.mark.parametrize("level", [0x00, 0x02, 0x31, 0x80])
def test_a_level_that_is_none_is_refused_before_the_length_is_looked_at(
    host: Terminal, level: int, length: int
) -> None:
    # GEN-06, SCP-07
    host.initialize()
    assert host.raw(apdu(0x84, 0x82, level, 0, bytes(length)))[1] == 0x6A86
    assert host.external_authenticate() == 0x6985


@pytest.mark.parametrize("i", [0x60, 0x61])
@pytest.mark.parametrize("short", [1, 4, 7, 8])
def test_a_mac_of_another_length_ends_the_session(make_card: MakeCard, i: int, short: int) -> None:
    # SM-11
    card, host = pair(make_card, i)
    host.authenticate(level=0x01)
    whole = host.wrap(0x80, 0xCA, 0x00, 0xCF)
    command = bytes([*whole[:4], host.size - short]) + whole[5 : 5 + host.size - short] + b"\x00"
    if host.size == short:
        command = whole[:4] + b"\x00"
    before = card.kept
    assert host.raw(command) == (b"", 0x6982)
    assert host.raw("80CA00CF00")[1] == 0x9000
    assert card.kept == before


@pytest.mark.parametrize("i", [0x60, 0x61, 0x70, 0x71])
def test_initialize_update_is_taken_with_and_without_le(make_card: MakeCard, i: int) -> None:
    # SCP-13
    _, host = pair(make_card, i)
    assert len(host.initialize(le=b"")) == len(host.initialize(le=b"\x00"))


Step = tuple[int, int, int, int, bytes]
STEPS: list[Step] = [
    (0x80, 0xCA, 0x00, 0xCF, b""),
    (0x80, 0xCA, 0x9F, 0x7F, b""),
    (0x80, 0xCA, 0x00, 0x42, b""),
    (0x80, 0xFF, 0x00, 0x00, b""),
    (0x80, 0xF2, 0x80, 0x02, EVERY),
    (0x80, 0xF2, 0x80, 0x02, b"\x4f\x10" + bytes(16)),
    (0x80, 0xE4, 0x00, 0x00, b"\xd2\x01\x55"),
    (0x80, 0xD8, 0x00, 0x81, bytes(200)),
]


@settings(max_examples=60, deadline=None)
@given(
    form=st.sampled_from([(i, level) for i in PARAMETERS for level in sorted(offered(i))]),
    key_length=st.sampled_from([16, 24, 32]),
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.booleans()), min_size=1, max_size=8),
)
def test_host_and_card_stay_in_step_whatever_is_sent(
    make_card: MakeCard, form: tuple[int, int], key_length: int, steps: list[tuple[Step, bool]]
) -> None:
    # SM-04, SM-05, SM-06, SM-07
    i, level = form
    _, host = pair(make_card, 0x60)
    host.authenticate(level=0x01)
    expected = [host.send(*step) for step, _ in steps]
    _, host = pair(make_card, i, key_length)
    host.authenticate(level=level)
    for (step, pad_empty), (data, word) in zip(steps, expected, strict=True):
        host.pad_empty = pad_empty
        found, sw = host.send(*step)
        assert (len(found), sw) == (len(data), word)


# The sequence counter


def sequence_of(offer: bytes) -> int:
    return int.from_bytes(offer[-3:], "big")


@pytest.mark.parametrize("i", [0x10, 0x70, 0x71])
@pytest.mark.parametrize("key_length", [16, 24, 32])
def test_a_pseudo_random_challenge_comes_from_counter_and_name(
    make_card: MakeCard, i: int, key_length: int
) -> None:
    # SCP-10
    _, host = pair(make_card, i, key_length)
    for count in (1, 2, 3):
        offer = host.initialize()
        assert sequence_of(offer) == count
        context = count.to_bytes(3, "big") + ISD
        assert offer[13 : 13 + host.size] == derive(host.keys.enc, 2, context, 8 * host.size)


def test_only_an_initialize_update_that_succeeds_moves_the_counter(make_card: MakeCard) -> None:
    # SCP-11
    _, host = pair(make_card, 0x70)
    assert sequence_of(host.initialize()) == 1
    for command in ("8050300008" + "00" * 8, "8050FF0007" + "00" * 7, "8050FF0108" + "00" * 8):
        assert host.raw(command)[1] != 0x9000
    host.initialize()
    host.external_authenticate(spoil=0)
    host.initialize()
    assert sequence_of(host.initialize()) == 4


def test_the_counter_survives_a_reset_and_get_data_answers_it(make_card: MakeCard) -> None:
    card, host = pair(make_card, 0x70)
    assert host.raw("80CA00C100") == (bytes.fromhex("C103000000"), 0x9000)
    host.initialize()
    card.reset()
    assert host.raw("80CA00C100") == (bytes.fromhex("C103000001"), 0x9000)
    assert sequence_of(host.initialize()) == 2


def test_a_card_with_random_challenges_has_no_counter(make_card: MakeCard) -> None:
    card, host = pair(make_card, 0x60)
    before = card.kept
    host.initialize()
    assert host.raw("80CA00C100") == (b"", 0x6A88)
    assert card.kept == before


NEW_KEYS = Keys(b"E" * 16, b"M" * 16, b"D" * 16)


def test_each_key_set_counts_for_itself_and_a_new_one_begins_again(make_card: MakeCard) -> None:
    # SCP-11
    _, host = pair(make_card, 0x70)
    host.authenticate()
    assert host.put_key(0x30, NEW_KEYS)[1] == 0x9000
    host.keys = NEW_KEYS
    host.authenticate(0x30)
    assert host.put_key(0x31, Keys())[1] == 0x9000
    counts = [sequence_of(host.initialize(kvn)) for kvn in (0x30, 0x31, 0x31, 0x30)]
    assert counts == [2, 1, 2, 3]
    host.authenticate(0x30)
    assert host.put_key(0x32, Keys(b"e" * 16, b"m" * 16, b"d" * 16), replaces=0x31)[1] == 0x9000
    assert sequence_of(host.initialize(0x32)) == 1


def test_a_set_that_follows_a_deleted_one_counts_from_the_beginning(make_card: MakeCard) -> None:
    _, host = pair(make_card, 0x70)
    host.authenticate()
    host.put_key(0x30, NEW_KEYS)
    host.put_key(0x31, Keys())
    host.keys = NEW_KEYS
    host.initialize(0x30)
    host.keys = Keys()
    host.authenticate(0x31)
    assert host.sw(0x80, 0xE4, 0, 0, b"\xd2\x01\x30") == 0x9000
    assert host.put_key(0x30, Keys(b"e" * 16, NEW_KEYS.mac, NEW_KEYS.dek))[1] == 0x9000
    host.keys = Keys(b"e" * 16, NEW_KEYS.mac, NEW_KEYS.dek)
    assert sequence_of(host.initialize(0x30)) == 1


def one_key(host: Terminal, kvn: int, key_id: int, key: bytes, replaces: int = 0) -> int:
    body = aes_cbc(host.keys.dek, bytes(16), key)
    check = aes_cbc(key, bytes(16), b"\x01" * 16)[:3]
    data = bytes([kvn, 0x88, len(body)]) + body + b"\x03" + check
    return host.sw(0x80, 0xD8, replaces, key_id, data)


def test_a_counter_goes_on_while_its_key_enc_stays(make_card: MakeCard) -> None:
    """Else the same challenge would come twice under the same key."""
    _, host = pair(make_card, 0x70)
    host.authenticate()
    host.put_key(0x30, NEW_KEYS)
    host.keys = NEW_KEYS
    host.authenticate(0x30)
    assert one_key(host, 0x31, 2, b"m" * 16, replaces=0x30) == 0x9000
    host.keys = Keys(NEW_KEYS.enc, b"m" * 16, NEW_KEYS.dek)
    assert sequence_of(host.initialize(0x31)) == 2
    host.authenticate(0x31)
    assert one_key(host, 0x31, 1, b"e" * 16, replaces=0x31) == 0x9000
    host.keys = Keys(b"e" * 16, b"m" * 16, NEW_KEYS.dek)
    assert sequence_of(host.initialize(0x31)) == 1


@pytest.mark.parametrize("kvn", [0x30, 0x31], ids=["its version", "another version"])
def test_a_session_cannot_be_replayed_after_the_same_keys_were_sent_again(
    make_card: MakeCard, kvn: int
) -> None:
    """SCP-12: the challenge would come again, and with it everything that was ever sent."""
    _, host = pair(make_card, 0x70)
    host.authenticate()
    host.put_key(0x30, NEW_KEYS)
    host.keys = NEW_KEYS
    seen = [host.initialize(0x30)[13:21] for _ in range(3)]
    host.authenticate(0x30)
    assert host.put_key(kvn, NEW_KEYS, replaces=0x30)[1] == 0x9000
    again = host.initialize(kvn)
    assert sequence_of(again) == 5
    assert again[13:21] not in seen


def test_no_power_cut_repeats_a_challenge(make_card: MakeCard) -> None:
    card = make_card(profile(0x70))
    seen: list[bytes] = []
    cuts = 0
    for attempt in range(12):
        if attempt % 2:
            card.cut_power_at(1)
        try:
            seen.append(Terminal(card.transmit).initialize()[13:21])
        except PowerLost:
            cuts += 1
            recovered(card)
        card.reset()
    assert (len(set(seen)), len(seen), cuts) == (6, 6, 6)


def test_the_counter_is_written_before_the_answer(make_card: MakeCard) -> None:
    card, host = pair(make_card, 0x70)
    card.cut_power_at(1)
    with pytest.raises(PowerLost):
        host.initialize()
    card.reset()
    assert sequence_of(host.initialize()) == 1
