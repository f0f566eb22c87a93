"""The encrypted file's format: what opens it, what counts as damage, and what does not."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from applet_spec import UnicardError
from host_lib.secret import SecretBytes
from keys_tool.contents import Contents, initial_contents
from keys_tool.errors import StoreDamaged, StoreTooNew, WrongPassphrase
from keys_tool.file_store import FileStore
from keys_tool.purpose import Algorithm, Purpose
from keys_tool.transport_file import globalplatform_default
from keys_tool.vault import Document, ScryptCost, Vault

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "applet_spec" / "formats" / "key-store.schema.json").read_text()
)
PASSPHRASE = SecretBytes(b"invented words for tests only")
VAULT = Vault.new(PASSPHRASE, ScryptCost(n=1024))
CONTENTS = initial_contents("Test issuer", globalplatform_default())
WRITTEN = VAULT.encrypt(CONTENTS.encode())


def forged(change: Callable[[dict[str, Any]], None]) -> bytes:
    """Return the written document after a change by somebody who repairs the checksum."""
    document = json.loads(WRITTEN)
    del document["sha256"]
    change(document)
    spelled = (json.dumps(document, indent=2) + "\n").encode()
    document["sha256"] = hashlib.sha256(spelled).hexdigest()
    return (json.dumps(document, indent=2) + "\n").encode()


def opened(data: bytes, passphrase: SecretBytes = PASSPHRASE) -> Contents:
    document = Document.parse(data)
    return Contents.decode(Vault.unlock(document, passphrase).decrypt(document))


def test_what_was_written_opens_with_its_passphrase() -> None:
    assert opened(WRITTEN) == CONTENTS


def test_a_file_and_its_payload_are_what_the_schema_says() -> None:
    payload_schema = SCHEMA | {"$ref": "#/$defs/payload"}
    for name in ("type", "properties", "required", "additionalProperties"):
        del payload_schema[name]
    jsonschema.validate(json.loads(WRITTEN), SCHEMA)
    jsonschema.validate(json.loads(CONTENTS.encode()), payload_schema)
    defs = SCHEMA["$defs"]["key"]["properties"]
    assert defs["purpose"]["enum"] == [purpose.value for purpose in Purpose]
    assert defs["algorithm"]["enum"] == [algorithm.value for algorithm in Algorithm]


def test_a_store_of_format_1_written_long_ago_still_opens() -> None:
    path = Path(__file__).with_name("format_1.unicard")
    with FileStore.load(path, SecretBytes(b"invented words for tests only")) as store:
        (info,) = store.keys()
        assert (info.purpose, info.version) == (Purpose.TRANSPORT, 1)
        assert store.transport_keys(1, bytes(10)) == globalplatform_default()


def test_a_wrong_passphrase_is_told_from_damage() -> None:
    with pytest.raises(WrongPassphrase):
        opened(WRITTEN, SecretBytes(b"invented words for tests onlY"))


def test_every_flipped_bit_of_every_byte_is_damage() -> None:
    for position in range(len(WRITTEN)):
        for bit in range(8):
            flipped = bytearray(WRITTEN)
            flipped[position] ^= 1 << bit
            with pytest.raises(StoreDamaged):
                Document.parse(bytes(flipped))


@given(st.data())
def test_any_other_bytes_in_any_place_are_damage(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(WRITTEN)))
    end = data.draw(st.integers(start, len(WRITTEN)))
    new = data.draw(st.binary(max_size=40).filter(lambda new: new != WRITTEN[start:end]))
    with pytest.raises(StoreDamaged):
        Document.parse(WRITTEN[:start] + new + WRITTEN[end:])


@given(st.integers(0, len(WRITTEN) - 1))
def test_a_file_cut_short_anywhere_is_damage(length: int) -> None:
    with pytest.raises(StoreDamaged):
        Document.parse(WRITTEN[:length])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"format": "unicard-key-store", "version": 1}',
        b'{"format": "unicard-key-store", "version": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"format": "unicard-key-store", "version": NaN}',
        b'{"format": "unicard-key-store", "version": ' + b"9" * 5000 + b"}",
        bytes(range(256)),
        "{}".encode("utf-16"),
    ],
)
def test_what_never_was_a_store_is_damage(data: bytes) -> None:
    with pytest.raises(StoreDamaged):
        Document.parse(data)


def test_a_later_format_is_named_as_such_and_not_as_damage() -> None:
    def later(document: dict[str, Any]) -> None:
        document["version"] = 2
        document["something new"] = {"kdf": "another"}

    with pytest.raises(StoreTooNew, match="version 2"):
        Document.parse(forged(later))


def set_to(*names: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        for name in names[:-1]:
            document = document[name]
        document[names[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (set_to("passphrase", "n", value=2048), WrongPassphrase),
        (set_to("passphrase", "salt", value="00" * 16), WrongPassphrase),
        (set_to("passphrase", "wrapped_key", value="00" * 48), WrongPassphrase),
        (set_to("nonce", value="00" * 12), StoreDamaged),
        (set_to("payload", value="AAAA" * 20), StoreDamaged),
        (set_to("payload", value=""), StoreDamaged),
        (set_to("payload", value="not base64!"), StoreDamaged),
        (set_to("payload", value=7), StoreDamaged),
        (set_to("passphrase", "n", value=1 << 30), StoreDamaged),
        (set_to("passphrase", "n", value=1), StoreDamaged),
        (set_to("passphrase", "n", value=1025), StoreDamaged),
        (set_to("passphrase", "n", value=1024.0), StoreDamaged),
        (set_to("passphrase", "n", value=True), StoreDamaged),
        (set_to("passphrase", "n", value=-1024), StoreDamaged),
        (set_to("passphrase", "n", value=0), StoreDamaged),
        (set_to("passphrase", "r", value=1 << 20), StoreDamaged),
        (set_to("passphrase", "p", value=1000), StoreDamaged),
        (set_to("passphrase", "p", value=0), StoreDamaged),
        (set_to("passphrase", "kdf", value="none"), StoreDamaged),
        (set_to("passphrase", "salt", value="00"), StoreDamaged),
        (set_to("passphrase", "extra", value=1), StoreDamaged),
        (set_to("passphrase", value=None), StoreDamaged),
        (set_to("extra", value=1), StoreDamaged),
    ],
)
def test_a_forger_who_repairs_the_checksum_gets_nowhere(
    change: Callable[[dict[str, Any]], None], error: type[UnicardError]
) -> None:
    with pytest.raises(error):
        opened(forged(change))


def test_the_payload_of_one_store_does_not_open_in_another() -> None:
    other = Vault.new(PASSPHRASE, ScryptCost(n=1024))
    mine, theirs = Document.parse(WRITTEN), Document.parse(other.encrypt(CONTENTS.encode()))
    with pytest.raises(StoreDamaged):
        other.decrypt(Document(theirs.header, mine.nonce, mine.payload))


def test_no_two_documents_share_a_nonce() -> None:
    nonces = {Document.parse(VAULT.encrypt(b"same")).nonce for _ in range(200)}
    assert len(nonces) == 200


def test_new_stores_cost_what_owasp_asks_for_at_least() -> None:
    cost = ScryptCost()
    assert (cost.n, cost.r, cost.p) == (2**17, 8, 1)


@pytest.mark.parametrize("purpose", [entry.info.purpose for entry in CONTENTS.entries])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("purpose", "another"),
        ("purpose", "issuer"),
        ("purpose", "card-ca"),
        ("version", 0),
        ("version", 256),
        ("version", "01"),
        ("version", True),
        ("algorithm", "AES-256 KDF3"),
        ("algorithm", "ROT-13"),
        ("created", "yesterday"),
        ("created", "2026-01-01T00:00:00"),
        ("state", "asleep"),
        ("check_method", "CMAC-01"),
        ("check_value", "000000"),
        ("material", "00" * 15),
        ("material", "00" * 32),
        ("material", "xy" * 16),
        ("certificate", "3000"),
        ("certificate", initial_contents("Another").entries[1].certificate.hex()),
        ("extra", 1),
    ],
)
def test_an_entry_that_contradicts_itself_is_damage(
    purpose: Purpose, field: str, value: object
) -> None:
    payload = json.loads(CONTENTS.encode())
    (key,) = (key for key in payload["keys"] if key["purpose"] == purpose.value)
    key[field] = purpose.value + "x" if key.get(field) == value else value
    with pytest.raises(StoreDamaged) as caught:
        Contents.decode(json.dumps(payload).encode())
    assert caught.value.__cause__ is None


def test_two_keys_of_one_name_are_damage() -> None:
    payload = json.loads(CONTENTS.encode())
    payload["keys"].append(payload["keys"][0])
    with pytest.raises(StoreDamaged):
        Contents.decode(json.dumps(payload).encode())
