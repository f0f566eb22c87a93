"""`unicard admin` and `unicard keys rotate` on a Java card, one command after the other."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import cli
from host_lib.secret import SecretBytes
from java_card.reader import JAVA, JavaReader
from java_card.settings import blank_card
from keys_tool.contents import initial_contents
from keys_tool.file_store import FileStore
from keys_tool.purpose import Algorithm, Purpose
from keys_tool.transport_file import globalplatform_default
from keys_tool.vault import ScryptCost
from tests.support.cap_files import MODULE, PACKAGE, cap_file

pytestmark = pytest.mark.usefixtures("java")
PASSPHRASE = "invented words for tests only"
Run = Callable[..., str]


class Staying(JavaReader):
    """A reader whose card stays when a command closes it."""

    def close(self) -> None:
        """Leave the card in."""


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run `unicard` on one Java card, with a key store and a CAP file beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("UNICARD_READER", "java")
    monkeypatch.delenv("UNICARD_STORE", raising=False)
    contents = initial_contents("Test issuer", globalplatform_default())
    secret, cost = SecretBytes(PASSPHRASE.encode()), ScryptCost(n=1024)
    with FileStore.create(Path("keys.unicard"), secret, contents=contents, cost=cost) as store:
        store.generate(Purpose.ISSUER, 0x31, Algorithm.AES_256_KDF3)
    Path("test.cap").write_bytes(cap_file())
    reader = Staying("java", blank_card())

    def same_card(_self: object, _argument: str) -> JavaReader:
        reader.reset()
        return reader

    monkeypatch.setattr(type(JAVA), "open", same_card)

    def unicard(*words: str) -> str:
        capsys.readouterr()
        code = cli.main(list(words))
        said = capsys.readouterr()
        assert code == 0, said.err
        return said.out

    yield unicard
    JavaReader.close(reader)


def test_a_package_is_loaded_installed_locked_and_deleted(run: Run) -> None:
    before = json.loads(run("admin", "list", "--json"))
    assert before["life_cycle"] == "OP_READY"
    instance, loaded = MODULE.hex().upper(), PACKAGE.hex().upper()
    run("admin", "load", "test.cap")
    run("admin", "install", instance)
    run("admin", "lock", instance)
    (found,) = json.loads(run("admin", "list", "--json"))["applications"]
    assert (found["aid"], found["state"], found["locked"]) == (instance, "SELECTABLE", True)
    run("admin", "unlock", instance)
    run("admin", "delete", loaded, "--related")
    assert json.loads(run("admin", "list", "--json")) == before


def test_numbers_are_stored_and_the_card_gets_keys_and_others_by_rotation(run: Run) -> None:
    run("admin", "store", "--iin", "981801", "--cin", "0102030405")
    run("admin", "put-keys", "30")
    found = json.loads(run("admin", "list", "--json"))
    assert (found["iin"], found["opened_with"]) == ("981801", "30")
    run("keys", "rotate", "--to", "31")
    assert json.loads(run("admin", "list", "--json"))["opened_with"] == "31"
