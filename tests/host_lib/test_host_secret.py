"""Keys and PINs show nothing of themselves unless asked."""

import copy
import pickle

import pytest

from host_lib.keyset import KeySet
from host_lib.secret import AesKey, Pin, SecretBytes

KEY = bytes.fromhex("404142434445464748494a4b4c4d4e4f")


def test_a_secret_gives_its_bytes_only_when_asked() -> None:
    secret = SecretBytes(b"\x12\x34hidden")
    assert secret.reveal() == b"\x12\x34hidden"
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r}", repr([secret])):
        assert "hidden" not in shown
        assert "1234" not in shown


@pytest.mark.parametrize("secret", [SecretBytes(b"x"), AesKey(KEY), Pin("1234")])
def test_a_secret_is_never_pickled_or_copied(secret: SecretBytes) -> None:
    for copier in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="never pickled"):
            copier(secret)
    assert not hasattr(secret, "__dict__")


def test_secrets_are_equal_by_value_and_never_equal_to_bytes() -> None:
    assert SecretBytes(b"a") == SecretBytes(b"a")
    assert hash(SecretBytes(b"a")) == hash(SecretBytes(b"a"))
    assert SecretBytes(b"a") != SecretBytes(b"b")
    assert SecretBytes(b"a") != b"a"


def test_a_key_prints_as_its_check_value() -> None:
    key = AesKey(KEY)
    # AES over 16 bytes 01 under 404142…4F, computed with the openssl command.
    assert key.check_value.hex().upper() == "504A77"
    assert repr(key) == str(key) == "AesKey(AES-128, check value 504A77)"


@pytest.mark.parametrize("length", [0, 8, 15, 17, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="16, 24 or 32"):
        AesKey(bytes(length))


@pytest.mark.parametrize(
    ("digits", "block"),
    [("1234", "241234FFFFFFFFFF"), ("12345", "2512345FFFFFFFFF"), ("00000000", "2800000000FFFFFF")],
)
def test_a_pin_becomes_a_block_of_iso_9564_format_2(digits: str, block: str) -> None:
    assert Pin(digits).block() == bytes.fromhex(block)
    assert digits not in repr(Pin(digits))


@pytest.mark.parametrize("bad", ["", "123", "123456789", "12a4", "12 4", "١٢٣٤", "²²²²"])
def test_what_is_no_pin_is_refused_without_repeating_it(bad: str) -> None:
    with pytest.raises(ValueError, match="4 to 8 digits") as caught:
        Pin(bad)
    assert not bad or bad not in str(caught.value)


def test_a_key_set_holds_keys_of_one_length_and_shows_none_of_them() -> None:
    keys = KeySet(0x30, AesKey(KEY), AesKey(KEY), AesKey(KEY))
    assert "4041" not in repr(keys)
    with pytest.raises(ValueError, match="one length"):
        KeySet(0x30, AesKey(KEY), AesKey(bytes(32)))
    with pytest.raises(ValueError, match="one byte"):
        KeySet(256, AesKey(KEY), AesKey(KEY))
