"""The file in which a chip supplier sends the keys of blank stock."""

import json
from pathlib import Path

import jsonschema
import pytest

from host_lib.keyset import KeySet
from host_lib.secret import AesKey
from keys_tool.diversification import Master, Scheme
from keys_tool.errors import TransportFileInvalid
from keys_tool.transport_file import globalplatform_default, read_transport_file

SCHEMA = json.loads(
    (
        Path(__file__).parents[2] / "applet_spec" / "formats" / "transport-keys.schema.json"
    ).read_text()
)
HEAD = {"format": "unicard-transport-keys", "version": 1}
A, B, C = "A1" * 16, "B2" * 16, "C3" * 16


def written(folder: Path, values: object) -> Path:
    path = folder / "transport.json"
    path.write_text(json.dumps(values))
    return path


def test_a_set_serves_every_card(tmp_path: Path) -> None:
    values = HEAD | {"enc": A, "mac": B, "dek": C}
    jsonschema.validate(values, SCHEMA)
    enc, mac, dek = (AesKey(bytes.fromhex(key)) for key in (A, B, C))
    assert read_transport_file(written(tmp_path, values)) == KeySet(0xFF, enc, mac, dek)


def test_a_master_without_a_scheme_is_for_kdf3(tmp_path: Path) -> None:
    values = HEAD | {"master": A + A}
    jsonschema.validate(values, SCHEMA)
    master = Master(Scheme.KDF3, AesKey(bytes.fromhex(A + A)))
    assert read_transport_file(written(tmp_path, values)) == master


@pytest.mark.parametrize("scheme", Scheme)
def test_a_master_comes_with_the_name_of_its_scheme(tmp_path: Path, scheme: Scheme) -> None:
    values = HEAD | {"master": A, "derivation": scheme.value}
    jsonschema.validate(values, SCHEMA)
    master = Master(scheme, AesKey(bytes.fromhex(A)))
    assert read_transport_file(written(tmp_path, values)) == master


def test_with_no_scheme_the_master_is_every_key_of_every_card(tmp_path: Path) -> None:
    values = HEAD | {"master": A, "derivation": "none"}
    jsonschema.validate(values, SCHEMA)
    key = AesKey(bytes.fromhex(A))
    assert read_transport_file(written(tmp_path, values)) == KeySet(0xFF, key, key, key)


@pytest.mark.parametrize("scheme", ["EMV", "VISA2"])
def test_a_scheme_of_3des_with_a_longer_master_is_refused_by_name(
    tmp_path: Path, scheme: str
) -> None:
    values = HEAD | {"master": A + A, "derivation": scheme}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values, SCHEMA)
    with pytest.raises(TransportFileInvalid, match=f"{scheme} .* 16 bytes, not 32") as caught:
        read_transport_file(written(tmp_path, values))
    assert "A1A1" not in str(caught.value)


def test_the_default_of_globalplatform_is_the_published_one() -> None:
    key = AesKey(bytes.fromhex("404142434445464748494A4B4C4D4E4F"))
    assert globalplatform_default() == KeySet(0xFF, key, key, key)


BAD: list[object] = [
    {"enc": A, "mac": B, "dek": C},
    HEAD,
    HEAD | {"enc": A, "mac": B},
    HEAD | {"enc": A, "mac": B, "dek": C, "master": A},
    HEAD | {"enc": A, "mac": B, "dek": C, "extra": A},
    HEAD | {"enc": A, "mac": B, "dek": "C3"},
    HEAD | {"enc": A, "mac": B, "dek": "xy" * 16},
    HEAD | {"enc": A, "mac": B, "dek": None},
    HEAD | {"enc": A, "mac": B, "dek": C, "derivation": "KDF3"},
    HEAD | {"master": A, "derivation": "SCP80"},
    HEAD | {"master": A, "derivation": None},
    HEAD | {"master": A, "derivation": ["EMV"]},
    HEAD | {"version": 2, "master": A},
    HEAD | {"format": "another", "master": A},
    [],
    "text",
    7,
    None,
]


@pytest.mark.parametrize("values", BAD)
def test_anything_else_is_refused_and_not_quoted(tmp_path: Path, values: object) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values, SCHEMA)
    with pytest.raises(TransportFileInvalid) as caught:
        read_transport_file(written(tmp_path, values))
    assert "C3C3" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_keys_of_different_lengths_are_no_set(tmp_path: Path) -> None:
    with pytest.raises(TransportFileInvalid):
        read_transport_file(written(tmp_path, HEAD | {"enc": A, "mac": B, "dek": C + C}))


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 10_000])
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "transport.json"
    path.write_bytes(data)
    with pytest.raises(TransportFileInvalid):
        read_transport_file(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TransportFileInvalid, match=r"absent\.json"):
        read_transport_file(tmp_path / "absent.json")
