"""How the transport keys of blank stock come from a supplier's master."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from hypothesis import given
from hypothesis import strategies as st

from applet_spec import spec
from host_lib.keyset import KeySet
from host_lib.secret import AesKey
from keys_tool.derivation import derive_card_keys
from keys_tool.diversification import Master, Scheme
from keys_tool.purpose import CheckMethod

ROOT = Path(__file__).parents[2]
VECTORS = json.loads(
    (ROOT / "tests" / "vectors" / "globalplatform_diversification.json").read_text()
)
MASTER = AesKey(bytes(range(0x40, 0x50)))
CHIP = bytes(range(10))


def tdes_check_value(key: AesKey) -> str:
    value = key.reveal()
    encryptor = Cipher(TripleDES(value + value[:8]), modes.ECB()).encryptor()
    return encryptor.update(bytes(8))[:3].hex().upper()


def three(keys: KeySet) -> tuple[AesKey, AesKey, AesKey]:
    assert keys.dek is not None
    return keys.enc, keys.mac, keys.dek


@pytest.mark.parametrize("vector", VECTORS["check_values"], ids=lambda v: v["scheme"])
def test_3des_schemes_give_the_check_values_that_globalplatformpro_publishes(
    vector: dict[str, str],
) -> None:
    master = Master(Scheme(vector["scheme"]), AesKey(bytes.fromhex(vector["master"])))
    keys = master.keys_of(0xFF, bytes.fromhex(vector["diversification"]))
    found = [tdes_check_value(key) for key in three(keys)]
    assert found == [vector["enc"], vector["mac"], vector["dek"]]


@pytest.mark.parametrize("vector", VECTORS["kdf3_check_values"], ids=lambda v: len(v["master"]))
def test_kdf3_gives_the_published_check_values_for_long_masters_too(
    vector: dict[str, str],
) -> None:
    master = Master(Scheme.KDF3, AesKey(bytes.fromhex(vector["master"])))
    keys = master.keys_of(0xFF, bytes.fromhex(vector["diversification"]))
    found = [key.check_value.hex().upper() for key in three(keys)]
    assert found == [vector["enc"], vector["mac"], vector["dek"]]


def test_the_master_of_globalplatforms_test_cards_shows_the_check_value_that_is_printed() -> None:
    # 8BAF47 is what GlobalPlatformPro prints for 404142…4F as a 3DES key.
    assert Master(Scheme.EMV, MASTER).check_value.hex().upper() == "8BAF47"
    assert Master(Scheme.VISA2, MASTER).check_value.hex().upper() == "8BAF47"


@given(st.sampled_from(Scheme), st.binary(min_size=10, max_size=10), st.integers(0, 255))
def test_a_card_has_three_different_keys_of_the_version_asked_for(
    scheme: Scheme, chip: bytes, version: int
) -> None:
    keys = Master(scheme, MASTER).keys_of(version, chip)
    assert len({key.reveal() for key in three(keys)}) == 3
    assert keys.version == version
    assert {len(key) for key in three(keys)} == {16}


@pytest.mark.parametrize(
    ("scheme", "counts"),
    [(Scheme.EMV, range(4, 10)), (Scheme.VISA2, (0, 1, 4, 5, 6, 7)), (Scheme.KDF3, range(10))],
)
def test_each_scheme_uses_its_own_bytes_of_the_diversification_data(
    scheme: Scheme, counts: range | tuple[int, ...]
) -> None:
    master = Master(scheme, MASTER)
    for position in range(10):
        other = bytearray(CHIP)
        other[position] ^= 1
        changed = master.keys_of(0xFF, bytes(other)) != master.keys_of(0xFF, CHIP)
        assert changed == (position in counts)


@pytest.mark.parametrize("length", [24, 32])
@pytest.mark.parametrize("scheme", [Scheme.EMV, Scheme.VISA2])
def test_a_3des_scheme_takes_no_master_of_another_length(scheme: Scheme, length: int) -> None:
    with pytest.raises(ValueError, match=f"{scheme.value} derives from a master of 16 bytes"):
        Master(scheme, AesKey(bytes(length)))


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("length", [0, 9, 11])
def test_diversification_data_of_another_length_is_refused(scheme: Scheme, length: int) -> None:
    with pytest.raises(ValueError, match="10 bytes"):
        Master(scheme, MASTER).keys_of(0xFF, bytes(length))


def test_every_scheme_gives_the_vectors_of_the_spec() -> None:
    for scheme in Scheme:
        for vector in spec().derivations[scheme.value].vectors:
            keys = Master(scheme, AesKey(vector.master)).keys_of(0xFF, vector.input)
            assert getattr(keys, vector.purpose.lower()) == AesKey(vector.key)


def test_check_methods_of_aes_keys_and_masters_have_the_names_of_the_contract() -> None:
    data = json.loads((ROOT / "applet_spec" / "data" / "keys.json").read_text())
    named = {value["name"] for value in data["check_values"]}
    assert named == {method.value for method in CheckMethod} - {CheckMethod.KEY_ID.value}


def test_kdf3_is_the_scheme_of_our_own_issuer_keys() -> None:
    assert Master(Scheme.KDF3, MASTER).keys_of(0x30, CHIP) == derive_card_keys(MASTER, 0x30, CHIP)
