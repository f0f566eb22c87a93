"""No key and no passphrase is ever shown: not by repr, str, an error, a traceback or a file."""

import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from host_lib.secret import SecretBytes
from keys_tool import errors
from keys_tool.contents import Contents
from keys_tool.file_store import FileStore
from keys_tool.purpose import Purpose
from keys_tool.vault import Document, Vault

CHIP = bytes(range(10))


@pytest.fixture
def secrets_inside(path: Path, passphrase: SecretBytes, store: FileStore) -> list[bytes]:
    """Everything in the store that nobody may see."""
    document = Document.parse(path.read_bytes())
    vault = Vault.unlock(document, passphrase)
    materials = [
        bytes.fromhex(key["material"]) for key in json.loads(vault.decrypt(document))["keys"]
    ]
    card = store.issuer_keys(0x30, CHIP)
    assert card.dek is not None
    derived = [key.reveal() for key in (card.enc, card.mac, card.dek)]
    return [passphrase.reveal(), *materials, *derived]


def forms(secret: bytes) -> Iterable[str]:
    yield secret.hex()
    yield secret.hex().upper()
    yield repr(secret)[2:-1]
    yield secret.decode("latin-1")


def assert_hidden(text: str, secrets: list[bytes]) -> None:
    for secret in secrets:
        for form in forms(secret):
            assert form not in text
            assert form[: len(form) // 2] not in text, "not even half of it"


def test_nothing_that_prints_shows_a_key(
    store: FileStore, path: Path, passphrase: SecretBytes, secrets_inside: list[bytes]
) -> None:
    document = Document.parse(path.read_bytes())
    vault = Vault.unlock(document, passphrase)
    contents = Contents.decode(vault.decrypt(document))
    things = [
        store,
        store.keys(),
        store._state,
        vault,
        contents,
        contents.entries,
        store.issuer_keys(0x30, CHIP),
        store.transport_keys(1, CHIP),
        contents.entries[0].aes_key(),
    ]
    for thing in things:
        assert_hidden(f"{thing!r} {thing!s}", secrets_inside)


def test_no_error_and_no_traceback_shows_a_key(
    store: FileStore, path: Path, passphrase: SecretBytes, secrets_inside: list[bytes]
) -> None:
    payload = json.loads(Contents().encode())
    seen = []
    uses: list[Callable[[], object]] = [
        lambda: FileStore.load(path, SecretBytes(passphrase.reveal() + b"!")),
        lambda: FileStore.create(path, passphrase),
        lambda: store.generate(Purpose.ISSUER, 0x30),
        lambda: store.change_passphrase(SecretBytes(passphrase.reveal()[:8])),
        lambda: store.seal(Purpose.ISSUER, 0x30, passphrase.reveal(), b""),
        lambda: Contents.decode(
            json.dumps(payload | {"keys": [{"material": secrets_inside[1].hex()}]}).encode()
        ),
        lambda: Contents.decode(secrets_inside[1].hex().encode()),
    ]
    for use in uses:
        with pytest.raises(errors.KeysError) as caught:
            use()
        seen.append(type(caught.value))
        report = "".join(traceback.format_exception(caught.value))
        shown = f"{report} {caught.value.as_dict()} {caught.value!r}"
        assert_hidden(shown, secrets_inside)
    assert len(set(seen)) == 6


def test_the_file_holds_no_key_in_clear(
    store: FileStore, path: Path, secrets_inside: list[bytes]
) -> None:
    for file in path.parent.iterdir():
        assert_hidden(file.read_bytes().decode("latin-1"), secrets_inside)
    assert "issuer" not in path.read_text(), "not even which keys there are"
    store.close()


def test_an_open_store_does_not_travel_to_another_process(store: FileStore) -> None:
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(store)


def test_nothing_is_logged(
    store: FileStore,
    path: Path,
    passphrase: SecretBytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with FileStore.load(path, passphrase) as again:
        again.generate(Purpose.ISSUER, 0x31)
    store.close()
    assert caplog.records == []
