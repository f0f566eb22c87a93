"""A card of the bureau for command lines, its issuer's key store beside it."""

import csv
import shutil
from pathlib import Path

import pytest

from cli import main
from host_lib import Card, Pin, open_reader
from host_lib.command import ResetRetryCounter
from host_lib.secret import SecretBytes
from keys_tool import open_store
from keys_tool.contents import initial_contents
from keys_tool.file_store import FileStore
from keys_tool.transport_file import globalplatform_default
from keys_tool.vault import ScryptCost

PASSPHRASE = "invented words for tests only"
PIN = Pin("246810")
READER = "sim:card.json"
_TRANSPORT = Pin("97531")
_ENROLMENTS = Path(__file__).parents[2] / "examples" / "enrolments.csv"


def issue(folder: Path) -> None:
    """Make a key store and one issued card of a household that gets 20 loaves a day.

    The folder has ``keys.unicard``, ``card.json``, ``pin`` and ``passphrase`` then.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
        Path("passphrase").write_text(PASSPHRASE + "\n")
        Path("pin").write_text(PIN.reveal().decode() + "\n")
        secret = SecretBytes(PASSPHRASE.encode())
        contents = initial_contents("Test issuer", globalplatform_default())
        cost = ScryptCost(n=1024)
        FileStore.create(Path("keys.unicard"), secret, contents=contents, cost=cost).close()
        _household(Path("list.csv"))
        for words in (
            "sim new --dir .",
            "personalize prepare list.csv --out batch --mailers pins",
            "personalize run batch --reader sim:blank-0001.json",
        ):
            assert main(words.split()) == 0, words
        shutil.move("blank-0001.json", "card.json")
        with open_reader(READER) as reader, open_store("keys.unicard", PASSPHRASE) as keys:
            card = Card(reader, keys.sam())
            with card.issuer_session(0x30):
                card.run(ResetRetryCounter(_TRANSPORT))
            card.select()
            card.change_pin(_TRANSPORT, PIN)


def _household(path: Path) -> None:
    with _ENROLMENTS.open(encoding="utf-8", newline="") as full:
        head, *rows = csv.reader(full)
    household = next(row for row in rows if row[head.index("bread_loaves")] == "20")
    with path.open("w", encoding="utf-8", newline="") as short:
        csv.writer(short).writerows([head, household])
