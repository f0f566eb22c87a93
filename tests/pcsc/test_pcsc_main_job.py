"""The main job behind a real pcscd: list in, issued cards out, keys rotated, suite run."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from cli import main
from host_lib import open_reader
from tests.support.pcscd import Pcscd
from tests.support.serving import PATIENCE, serving

pytestmark = pytest.mark.pcsc

EXAMPLES = Path(__file__).parents[2] / "examples" / "enrolments.csv"
CARDS = 3


@pytest.fixture
def bureau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a key store, three blank cards and a prepared batch of three."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNICARD_PASSPHRASE", "not a secret, but long enough")
    with EXAMPLES.open(encoding="utf-8", newline="") as full:
        rows = list(csv.reader(full))
    with Path("list.csv").open("w", encoding="utf-8", newline="") as short:
        csv.writer(short).writerows(rows[: CARDS + 1])
    succeed("keys", "init", "--transport", "gp-default")
    succeed("sim", "new", "--count", str(CARDS), "--dir", "cards")
    succeed("personalize", "prepare", "list.csv", "--out", "batch", "--mailers", "pins")
    return tmp_path


def succeed(*words: str) -> None:
    assert main(list(words)) == 0, words


def wait_for_card(name: str) -> None:
    with open_reader(name) as reader:
        reader.wait_for_card(PATIENCE)


def result(capsys: pytest.CaptureFixture[str], words: Sequence[str]) -> dict[str, object]:
    capsys.readouterr()
    succeed(*words, "--json")
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return document


def test_a_hopper_of_blanks_becomes_a_batch_of_cards_with_rotated_keys(
    pcscd: Pcscd, bureau: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = f"pcsc:{pcscd.readers[0]}"
    cards = sorted((bureau / "cards").iterdir())
    with serving(pcscd, 0, *cards, hopper=True):
        succeed("personalize", "run", "batch", "--reader", reader)
    report = result(capsys, ["personalize", "report", "batch", "--blanks", str(CARDS)])
    records, blanks = report["records"], report["blanks"]
    assert isinstance(records, dict)
    assert isinstance(blanks, dict)
    assert (records["issued"], blanks["used"], blanks["left"]) == (CARDS, CARDS, 0)

    succeed("keys", "add", "issuer")
    with serving(pcscd, 0, cards[0]):
        wait_for_card(reader)
        succeed("keys", "rotate", "--reader", reader)
        shown = result(capsys, ["card", "show", "--reader", reader])
    assert shown["issuer_key_versions"] == ["31"]


def test_the_conformance_suite_passes_on_an_issued_card_behind_pcscd(
    pcscd: Pcscd, bureau: Path
) -> None:
    card = sorted((bureau / "cards").iterdir())[0]
    succeed("personalize", "run", "batch", "--reader", f"sim:{bureau}/cards/blank-*.json")
    with serving(pcscd, 0, card):
        reader = f"pcsc:{pcscd.readers[0]}"
        wait_for_card(reader)
        succeed("conformance", "run", "--reader", reader, "--out", "results")
    assert list(Path("results").glob("*.json"))
    assert list(Path("results").glob("*.xml"))
