import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applet_spec import spec
from host_lib.primitives import AesContext
from host_lib.secret import AesKey
from keys_tool.derivation import RECEIPT_ROLE, RoleKey, derive_card_keys, derive_role_key

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
        assert RoleKey(which).name == vector.purpose
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


@pytest.mark.parametrize("length", [0, 8, 9, 11])
def test_diversification_data_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="10 bytes"):
        derive_card_keys(AesKey(bytes(16)), 0x30, bytes(length))


@pytest.mark.parametrize(("which", "role"), [(RoleKey.RECEIPT, 1), (RoleKey.ENC, RECEIPT_ROLE)])
def test_a_receipt_key_and_no_other_is_derived_for_role_ff(which: RoleKey, role: int) -> None:
    with pytest.raises(ValueError, match="role FF"):
        derive_role_key(AesKey(bytes(16)), which, role, 1, bytes(8))
