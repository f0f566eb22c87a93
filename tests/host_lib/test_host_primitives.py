"""AES, CMAC, key derivation, padding and check values on published vectors."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from hypothesis import given
from hypothesis import strategies as st

from host_lib.primitives import (
    AesContext,
    cmac_check_value,
    cmac_once,
    kdf_counter_cmac,
    key_check_value,
    pad80,
    unpad80,
)

VECTORS = Path(__file__).parents[1] / "vectors"


def vectors(name: str, part: str = "vectors") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((VECTORS / name).read_text())[part]
    return rows


def h(text: str) -> bytes:
    return bytes.fromhex(text)


@pytest.mark.parametrize("v", vectors("fips197_aes.json"), ids=lambda v: f"{len(v['key']) * 4}")
def test_a_block_is_encrypted_as_in_fips_197(v: dict[str, str]) -> None:
    assert AesContext(h(v["key"])).encrypt_block(h(v["plain"])) == h(v["cipher"])


@pytest.mark.parametrize("v", vectors("sp800_38a_cbc.json"), ids=lambda v: f"{len(v['key']) * 4}")
def test_cbc_is_that_of_sp_800_38a(v: dict[str, str]) -> None:
    context = AesContext(h(v["key"]))
    assert context.cbc_encrypt(h(v["iv"]), h(v["plain"])) == h(v["cipher"])
    assert context.cbc_decrypt(h(v["iv"]), h(v["cipher"])) == h(v["plain"])


@pytest.mark.parametrize("v", vectors("sp800_38b_cmac.json"))
def test_cmac_is_that_of_sp_800_38b_however_the_message_is_cut(v: dict[str, str]) -> None:
    context, message = AesContext(h(v["key"])), h(v["message"])
    assert context.cmac(message) == h(v["mac"])
    assert context.cmac(message[:7], message[7:]) == h(v["mac"])
    assert context.cmac(message) == h(v["mac"]), "the kept start state must not move"
    assert cmac_once(h(v["key"]), message) == h(v["mac"])


@pytest.mark.parametrize("v", vectors("sp800_108_counter_cmac.json"), ids=lambda v: str(v["name"]))
def test_keys_are_derived_as_in_nists_sp_800_108_vectors(v: dict[str, Any]) -> None:
    derived = kdf_counter_cmac(
        h(v["key"]),
        v["length"],
        before=h(v["before"]),
        after=h(v["after"]),
        counter_bytes=v["counter_bytes"],
    )
    assert derived == h(v["output"])


BLOCKS = st.integers(0, 5).flatmap(lambda n: st.binary(min_size=16 * n, max_size=16 * n))
IV = st.binary(min_size=16, max_size=16)
STEPS = st.lists(
    st.tuples(st.sampled_from(["encrypt", "nonce", "decrypt"]), IV, BLOCKS), max_size=8
)


@given(st.sampled_from([16, 24, 32]), STEPS)
def test_kept_contexts_give_what_new_ones_would_in_any_order_of_uses(
    length: int, steps: list[tuple[str, bytes, bytes]]
) -> None:
    key = bytes(range(length))
    context = AesContext(key)
    for step, iv, data in steps:
        if step == "nonce":
            found = context.cbc_encrypt_nonce(iv, data)
            iv = Cipher(AES(key), modes.ECB()).encryptor().update(iv)
        else:
            found = getattr(context, f"cbc_{step}")(iv, data)
        cipher = Cipher(AES(key), modes.CBC(iv))
        fresh = cipher.decryptor() if step == "decrypt" else cipher.encryptor()
        assert found == fresh.update(data) + fresh.finalize()


@pytest.mark.parametrize("iv", [0, 15, 17])
def test_what_cbc_refuses_leaves_the_kept_contexts_as_they_were(iv: int) -> None:
    context, untouched = AesContext(bytes(16)), AesContext(bytes(16))
    for use in (context.cbc_encrypt, context.cbc_encrypt_nonce, context.cbc_decrypt):
        with pytest.raises(ValueError, match="IV of 16 bytes"):
            use(bytes(iv), bytes(32))
        with pytest.raises(ValueError, match="whole blocks"):
            use(bytes(16), bytes(17))
    for name in ("cbc_encrypt", "cbc_encrypt_nonce", "cbc_decrypt"):
        same = getattr(untouched, name)(bytes(16), bytes(32))
        assert getattr(context, name)(bytes(16), bytes(32)) == same


def kdf3(master: bytes, diversification: bytes, number: int) -> bytes:
    after = bytes((0, 0, 0, number, 0)) + diversification
    return kdf_counter_cmac(master, len(master), after=after)


@pytest.mark.parametrize("v", vectors("globalplatform_kdf3.json", "derived"))
def test_kdf3_derives_the_published_key(v: dict[str, str]) -> None:
    assert kdf3(h(v["master"]), h(v["diversification"]), 1) == h(v["enc"])


@pytest.mark.parametrize("v", vectors("globalplatform_kdf3.json", "check_values"))
def test_check_values_are_those_published_for_derived_keys(v: dict[str, str]) -> None:
    for number, name in enumerate(("enc", "mac", "dek"), start=1):
        key = kdf3(h(v["master"]), h(v["diversification"]), number)
        assert key_check_value(key) == h(v[name])


def test_the_cmac_check_value_is_the_start_of_the_mac_over_zeros() -> None:
    key = h("2b7e151628aed2a6abf7158809cf4f3c")
    # CMAC of one zero block is AES(0 xor K1) with the K1 of SP 800-38B, D.1.
    k1 = h("fbeed618357133667c85e08f7236a8de")
    assert cmac_check_value(key) == AesContext(key).encrypt_block(k1)[:3]
    assert cmac_check_value(key) != key_check_value(key)


@given(st.binary(max_size=80), st.sampled_from([8, 16]))
def test_padding_comes_off_as_it_went_on(data: bytes, block: int) -> None:
    padded = pad80(data, block)
    assert len(padded) % block == 0
    assert len(data) < len(padded) <= len(data) + block
    assert unpad80(padded) == data


@pytest.mark.parametrize("bad", [b"", bytes(16), b"\x81" + bytes(15), b"\x80\x01"])
def test_bytes_without_padding_are_refused(bad: bytes) -> None:
    with pytest.raises(ValueError, match="no padding"):
        unpad80(bad)


@pytest.mark.parametrize("length", [0, 16 * 256])
def test_a_derivation_that_its_counter_cannot_count_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="counter"):
        kdf_counter_cmac(bytes(16), length)


def test_wrong_lengths_are_refused() -> None:
    context = AesContext(bytes(16))
    with pytest.raises(ValueError, match="16 bytes"):
        context.encrypt_block(bytes(17))
    with pytest.raises(ValueError, match="whole blocks"):
        context.cbc_encrypt(bytes(16), bytes(15))
    with pytest.raises(ValueError, match="key size"):
        AesContext(bytes(15))
