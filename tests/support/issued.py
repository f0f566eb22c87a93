"""A card of the bureau for command lines and examples, its issuer's key store beside it."""

import csv
import shutil
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli import main
from host_lib import Card, Pin, open_reader
from host_lib.command import ResetRetryCounter
from host_lib.reader import Reader
from host_lib.secret import SecretBytes
from keys_tool.contents import initial_contents
from keys_tool.file_store import FileStore
from keys_tool.transport_file import globalplatform_default
from keys_tool.vault import ScryptCost
from personalization.enrolment import read_list
from personalization.journal import Journal
from personalization.outcome import Outcome
from personalization.owner import Owner
from personalization.prepare import prepare
from personalization.production import Production
from personalization.station import Bench, personalize

PASSPHRASE = "invented words for tests only"
PIN = Pin("246810")
READER = "sim:card.json"
HOUSEHOLD: Mapping[str, str] = {"bread_loaves": "20"}
"""Twenty loaves a day, and health cover."""
WITHOUT_FINGERS: Mapping[str, str] = {"finger_exempt": "true", "bread_loaves": "35"}
"""Somebody who can show no finger: the PIN opens what a finger opens for others."""
_TRANSPORT = Pin("97531")
_ENROLMENTS = Path(__file__).parents[2] / "examples" / "enrolments.csv"


def issue(folder: Path) -> None:
    """Make a key store and one issued card of a household, in files.

    The folder has ``keys.unicard``, ``card.json``, ``pin`` and ``passphrase`` then.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
        Path("passphrase").write_text(PASSPHRASE + "\n")
        Path("pin").write_text(PIN.reveal().decode() + "\n")
        assert main(["sim", "new", "--dir", "."]) == 0
        shutil.move("blank-0001.json", "card.json")
        with open_reader(READER) as reader:
            issue_in(reader, folder)


def issue_in(reader: Reader, folder: Path, who: Mapping[str, str] = HOUSEHOLD) -> None:
    """Issue the blank card in a reader to the first of the enrolments whose fields are these.

    Its holder has chosen `PIN`; the folder has the issuer's ``keys.unicard`` then.
    """
    now = datetime.now(UTC)
    secret = SecretBytes(PASSPHRASE.encode())
    contents = initial_contents("Test issuer", globalplatform_default())
    stored, cost = folder / "keys.unicard", ScryptCost(n=1024)
    _list_of(folder / "list.csv", who)
    with (
        FileStore.create(stored, secret, contents=contents, cost=cost) as store,
        closing(Journal(folder / "bureau.journal", create=True)) as journal,
    ):
        listed = read_list(folder / "list.csv", today=now.date())
        production, mailers = folder / "production", folder / "mailers"
        prepared = prepare(listed, store, journal, production, mailers, now=now)
        with Production(prepared.production, store) as batch:
            owner = Owner.of_this_process()
            bench = Bench(batch, journal, store, owner, now=lambda: now)
            assert personalize(bench, reader).outcome is Outcome.ISSUED
        card = Card(reader, store.sam())
        with card.issuer_session(0x30):
            card.run(ResetRetryCounter(_TRANSPORT))
        card.select()
        card.change_pin(_TRANSPORT, PIN)


def _list_of(path: Path, who: Mapping[str, str]) -> None:
    with _ENROLMENTS.open(encoding="utf-8", newline="") as full:
        head, *rows = csv.reader(full)
    fits = (row for row in rows if all(row[head.index(k)] == v for k, v in who.items()))
    with path.open("w", encoding="utf-8", newline="") as short:
        csv.writer(short).writerows([head, next(fits)])
