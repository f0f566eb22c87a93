"""The suite on a card behind a real pcscd: the same verdict as in process."""

import json
from pathlib import Path

import pytest

from card_conformance.plan import StoreAccess
from cli import main
from host_lib.drive import drive
from host_lib.flow.identify import identify
from host_lib.reader import open_reader
from tests.card_conformance.conftest import BlankCard
from tests.support.pcscd import Pcscd
from tests.support.serving import PATIENCE, serving

pytestmark = pytest.mark.pcsc


def test_one_blank_card_passes_all_stages_behind_pcscd(
    pcscd: Pcscd,
    blank: BlankCard,
    keys: StoreAccess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UNICARD_PASSPHRASE", keys.passphrase.reveal().decode())
    out = tmp_path / "out"
    words = ["--reader", f"pcsc:{pcscd.readers[0]}", "--store", keys.location, "--out", str(out)]
    with serving(pcscd, 0, blank.path):
        assert_passes_all_stages(words, blank.serial, out)


@pytest.mark.usefixtures("java_cards")
def test_one_blank_java_card_passes_all_stages_behind_pcscd(
    pcscd: Pcscd, keys: StoreAccess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNICARD_PASSPHRASE", keys.passphrase.reveal().decode())
    out = tmp_path / "out"
    name = f"pcsc:{pcscd.readers[0]}"
    words = ["--reader", name, "--store", keys.location, "--out", str(out)]
    with serving(pcscd, 0, java=True):
        with open_reader(name) as reader:
            reader.wait_for_card(PATIENCE)
            facts = drive(identify(), reader)
        assert facts.cplc is not None
        assert_passes_all_stages(words, facts.cplc.chip_serial, out)


def assert_passes_all_stages(words: list[str], serial: bytes, out: Path) -> None:
    named = ["--profile", "destructive", "--card", serial.hex()]
    code = main(["conformance", "run", *words, *named])
    found = json.loads((out / "results.json").read_text(encoding="utf-8"))
    failures = [t["name"] for t in found["tests"] if t["outcome"] in ("failed", "error")]
    assert not failures
    assert code == 0
    assert found["counts"]["passed"] > 200
    assert found["card"]["chip_serial"] == serial.hex().upper()
