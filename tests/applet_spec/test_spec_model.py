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
