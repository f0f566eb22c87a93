"""Lengths, status words and variants of commands behave as the reference writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applet_spec import spec
from applet_spec.errors import Changed
from applet_spec.model import Field, Length, StatusWord, Variant

HEX = "0123456789ABCDEF"
words = st.integers(0, 0xFFFF)


def status_word(pattern: str) -> StatusWord:
    return StatusWord(pattern, "name", "meaning", Changed.NO, "advice", "GEN-01")


def variant(*lengths: str) -> Variant:
    data = tuple(Field(f"part {i}", length) for i, length in enumerate(lengths))
    return Variant("", "00", "00", data, ())


@given(words, words)
def test_a_full_status_word_matches_itself_only(one: int, other: int) -> None:
    pattern = status_word(f"{one:04X}")
    assert pattern.matches(one)
    assert pattern.matches(other) == (one == other)


@given(st.text(HEX, min_size=3, max_size=3), words)
def test_x_matches_any_last_digit_and_nothing_else(start: str, sw: int) -> None:
    pattern = status_word(f"{start}x")
    assert all(pattern.matches(int(start + digit, 16)) for digit in HEX)
    assert pattern.matches(sw) == (sw // 16 == int(start, 16))


@given(st.integers(0, 300), st.integers(0, 300), st.integers(-5, 310))
def test_a_length_holds_both_its_ends(one: int, other: int, size: int) -> None:
    length = Length(min(one, other), max(one, other))
    assert length.least in length
    assert length.most in length
    assert (size in length) == (length.least <= size <= length.most)


def test_a_length_holds_numbers_only() -> None:
    assert "8" not in Length(8, 8)


def test_a_length_is_written_as_in_the_files() -> None:
    assert [str(Length(8, 8)), str(Length(1, 240))] == ["8", "1-240"]


def test_a_variants_length_is_the_sum_of_its_parts() -> None:
    assert variant("8", "1-16").length() == Length(9, 24)


def test_a_variant_without_data_has_length_zero() -> None:
    assert variant().length() == Length(0, 0)


@pytest.mark.parametrize("words", ["the object's", "0,5-16", "5C 01-02 tag", "LV"])
def test_a_variant_with_a_length_in_words_has_no_length_in_numbers(words: str) -> None:
    assert variant("8", words).length() is None


def test_the_tries_left_are_part_of_one_meaning() -> None:
    verify = spec().commands["VERIFY"]
    assert verify.meaning(0x63C2) is verify.meaning(0x63C0) is not None


def test_a_status_word_that_a_command_does_not_have_means_nothing() -> None:
    assert spec().commands["VERIFY"].meaning(0x6A84) is None


def test_a_state_is_found_by_its_code() -> None:
    active = spec().state_of(0x1F)
    assert active is not None
    assert active.name == "ACTIVE"
    assert spec().state_of(0x00) is None


def test_an_object_that_does_not_exist_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="shoe size"):
        spec().object_named("shoe size")
    with pytest.raises(KeyError, match="shoe size"):
        spec().dgi_named("shoe size")


def test_the_same_instruction_means_the_same_in_both_targets_where_scp03_is_spoken() -> None:
    contract = spec()
    for name in ("INITIALIZE UPDATE", "EXTERNAL AUTHENTICATE"):
        one, other = contract.commands[name], contract.card_manager[name]
        assert (one.cla, one.ins, one.variants) == (other.cla, other.ins, other.variants)


I_VALUES = st.sampled_from([0x00, 0x01, 0x10, 0x11, 0x20, 0x21, 0x30, 0x60, 0x61, 0x70, 0x71])


@given(I_VALUES)
def test_every_i_offers_the_levels_whose_protection_it_announces(i: int) -> None:
    channel = spec().secure_channel
    assert channel.knows(i)
    levels = channel.levels_for(i)
    assert {0x01, 0x03} <= levels
    assert (0x11 in levels) == (0x13 in levels) == bool(i & 0x20)
    assert (0x33 in levels) == (i & 0x60 == 0x60)
    assert channel.mac_length_for(i) == (16 if i & 0x01 else 8)
    assert channel.is_pseudo_random(i) == bool(i & 0x10)


@pytest.mark.parametrize("i", [0x02, 0x40, 0x41, 0x80, 0x68])
def test_an_i_that_scp03_does_not_have_is_not_known(i: int) -> None:
    assert not spec().secure_channel.knows(i)


def test_a_command_is_taken_in_its_other_class_too() -> None:
    get_data = spec().card_manager["GET DATA"]
    assert [cla for cla in (0x00, 0x80, 0x84) if get_data.takes_class(cla)] == [0x00, 0x80]
    assert not spec().card_manager["PUT KEY"].takes_class(0x00)


def test_a_state_of_the_card_is_found_by_its_code() -> None:
    locked = spec().card_state_of(0x7F)
    assert locked is not None
    assert (locked.name, sorted(locked.next)) == ("CARD_LOCKED", ["SECURED", "TERMINATED"])
    assert spec().card_state_of(0x02) is None
