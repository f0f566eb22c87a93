import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFCMAC, CounterLocation, Mode
from hypothesis import given
from hypothesis import strategies as st

from applet_spec import spec
from host_lib.flow.base import RoleKeys
from host_lib.primitives import AesContext
from host_lib.roles import Slot
from host_lib.secret import AesKey
from keys_tool.derivation import (
    RECEIPT_ROLE,
    ReceiptKeys,
    RoleKey,
    derive_card_keys,
    derive_receipt_key,
    derive_role_key,
    derive_role_keys,
)

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "globalplatform_kdf3.json").read_text()
)
MASTERS = st.sampled_from([16, 24, 32]).flatmap(lambda n: st.binary(min_size=n, max_size=n))


def test_kdf3_gives_the_keys_that_globalplatformpro_publishes() -> None:
    for vector in VECTORS["derived"]:
        master = AesKey(bytes.fromhex(vector["master"]))
        keys = derive_card_keys(master, 0x30, bytes.fromhex(vector["diversification"]))
        assert keys.enc == AesKey(bytes.fromhex(vector["enc"]))


def test_kdf3_gives_the_check_values_that_globalplatformpro_publishes() -> None:
    for vector in VECTORS["check_values"]:
        master = AesKey(bytes.fromhex(vector["master"]))
        keys = derive_card_keys(master, 0x30, bytes.fromhex(vector["diversification"]))
        assert keys.dek is not None
        found = [key.check_value.hex().upper() for key in (keys.enc, keys.mac, keys.dek)]
        assert found == [vector["enc"], vector["mac"], vector["dek"]]


def test_both_derivations_give_the_vectors_of_the_spec() -> None:
    for vector in spec().derivations["KDF3"].vectors:
        keys = derive_card_keys(AesKey(vector.master), 0x30, vector.input)
        assert getattr(keys, vector.purpose.lower()) == AesKey(vector.key)
    for vector in spec().derivations["UC1"].vectors:
        which, role, version, *serial = vector.input
        assert RoleKey(which).name == vector.purpose.upper()
        key = derive_role_key(AesKey(vector.master), RoleKey(which), role, version, bytes(serial))
        assert key == AesKey(vector.key)


@given(MASTERS, st.binary(min_size=10, max_size=10))
def test_the_three_keys_of_a_card_are_as_long_as_the_master_and_all_different(
    master: bytes, diversification: bytes
) -> None:
    keys = derive_card_keys(AesKey(master), 0x3F, diversification)
    assert keys.dek is not None
    values = {keys.enc.reveal(), keys.mac.reveal(), keys.dek.reveal()}
    assert len(values) == 3
    assert {len(value) for value in values} == {len(master)}
    assert keys.version == 0x3F


@given(
    st.binary(min_size=16, max_size=16),
    st.integers(0, 15),
    st.integers(0, 255),
    st.binary(min_size=8, max_size=8),
)
def test_a_role_key_is_the_cmac_over_the_layout_of_the_spec(
    master: bytes, role: int, version: int, serial: bytes
) -> None:
    fixed = b"\x01UC1\x00\x02" + bytes((role, version)) + serial + b"\x00\x80"
    key = derive_role_key(AesKey(master), RoleKey.MAC, role, version, serial)
    assert key.reveal() == AesContext(master).cmac(fixed)


@given(MASTERS, st.sampled_from(RoleKey), st.integers(0, 15), st.binary(min_size=9, max_size=9))
def test_uc1_is_what_another_implementation_of_sp_800_108_derives(
    master: bytes, which: RoleKey, role: int, rest: bytes
) -> None:
    role = RECEIPT_ROLE if which is RoleKey.RECEIPT else role
    kdf = KBKDFCMAC(
        AES, Mode.CounterMode, 16, 1, 2, CounterLocation.BeforeFixed,
        label=b"UC1", context=bytes((which, role)) + rest, fixed=None,
    )  # fmt: skip
    key = derive_role_key(AesKey(master), which, role, rest[0], rest[1:])
    assert key.reveal() == kdf.derive(master)


def test_uc1_has_the_layout_that_the_contract_writes_down() -> None:
    values = {"purpose": b"\x01", "role": b"\x0b", "version": b"\x7e", "card serial": b"\x31" * 8}
    block = b""
    for part in spec().derivations["UC1"].block.split(" || "):
        name, _, size = part.rpartition(" ")
        if name in values:
            assert len(values[name]) == int(size)
            block += values[name]
        else:
            block += part.strip("'").encode() if part[0] == "'" else bytes.fromhex(part)
    master = bytes(range(16))
    key = derive_role_key(AesKey(master), RoleKey.ENC, 0x0B, 0x7E, b"\x31" * 8)
    assert key.reveal() == AesContext(master).cmac(block)


def test_the_keys_of_a_role_come_from_what_a_card_answers_to_initialize_update() -> None:
    vectors = {vector.purpose: vector for vector in spec().derivations["UC1"].vectors}
    vector = vectors["ENC"]
    asked = RoleKeys(0x64, vector.input[3:] + vector.input[1:3])
    keys = derive_role_keys(AesKey(vector.master), asked)
    assert (keys.version, keys.enc, keys.dek) == (0x64, AesKey(vector.key), None)
    assert keys.mac == AesKey(vectors["MAC"].key)
    again = derive_role_keys(AesKey(vector.master), RoleKeys.of(vector.input[3:], 4, Slot.A, 1))
    assert (again.version, again.enc, again.mac) == (0x54, keys.enc, keys.mac)


def test_one_by_one_and_in_bulk_a_card_s_receipt_key_is_the_contract_s() -> None:
    (vector,) = (v for v in spec().derivations["UC1"].vectors if v.purpose == "receipt")
    master, version, serial = AesKey(vector.master), vector.input[2], vector.input[3:]
    assert derive_receipt_key(master, version, serial) == AesKey(vector.key)
    assert ReceiptKeys(master, version).of_card(serial) == vector.key


@pytest.mark.parametrize("length", [0, 8, 9, 11])
def test_diversification_data_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="10 bytes"):
        derive_card_keys(AesKey(bytes(16)), 0x30, bytes(length))


@pytest.mark.parametrize(("which", "role"), [(RoleKey.RECEIPT, 1), (RoleKey.ENC, RECEIPT_ROLE)])
def test_a_receipt_key_and_no_other_is_derived_for_role_ff(which: RoleKey, role: int) -> None:
    with pytest.raises(ValueError, match="role FF"):
        derive_role_key(AesKey(bytes(16)), which, role, 1, bytes(8))
