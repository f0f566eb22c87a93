"""One Java card behind a real pcscd: issued, given its holder's PIN and new keys, and judged."""

import json
from pathlib import Path

import pytest

from cli import main
from host_lib import open_reader
from tests.support.java_cards import missing_for_java
from tests.support.pcscd import Pcscd
from tests.support.serving import PATIENCE, serving

pytestmark = pytest.mark.pcsc

EXAMPLES = Path(__file__).parents[2] / "examples" / "enrolments.csv"


@pytest.fixture
def bureau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a key store and a prepared batch of one."""
    if missing := missing_for_java():
        pytest.skip(missing)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNICARD_PASSPHRASE", "not a secret, but long enough")
    rows = EXAMPLES.read_text(encoding="utf-8").splitlines(keepends=True)
    Path("list.csv").write_text("".join(rows[:2]), encoding="utf-8")
    succeed("keys", "init", "--transport", "gp-default")
    succeed("personalize", "prepare", "list.csv", "--out", "batch", "--mailers", "pins")
    return tmp_path


def succeed(*words: str) -> None:
    assert main(list(words)) == 0, words


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    capsys.readouterr()
    succeed(*words, "--json")
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return document


def secret(name: str, words: str) -> str:
    path = Path(name)
    path.touch(mode=0o600)
    path.write_text(words)
    return name


def test_a_java_card_is_issued_gets_its_pin_and_new_keys_and_passes_the_suite(
    pcscd: Pcscd, bureau: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bureau.is_dir()
    name = f"pcsc:{pcscd.readers[0]}"
    with serving(pcscd, 0, java=True):
        with open_reader(name) as reader:
            reader.wait_for_card(PATIENCE)
        succeed("personalize", "run", "batch", "--reader", name)
        report = told(capsys, "personalize", "report", "batch", "--blanks", "1")
        cards = report["cards"]
        assert isinstance(cards, list)
        issued = cards[0]
        mailer = told(capsys, "personalize", "mailer", "pins", "--card", issued["card_number"])
        pins = secret("transport", str(mailer["pin"])), secret("pin", "246813")
        words = ("--reader", name, "--pin-file", pins[0], "--new-pin-file", pins[1])
        succeed("card", "change-pin", *words)
        succeed("keys", "add", "issuer")
        succeed("keys", "rotate", "--reader", name)
        shown = told(capsys, "card", "show", "--reader", name, "--with-pin", "--pin-file", pins[1])
        assert (shown["state"], shown["issuer_key_versions"]) == ("PERSONALIZED", ["31"])
        assert shown["card_serial"] == issued["card_serial"]
        suite = ("--store", "keys.unicard", "--pin-file", pins[1], "--out", "results")
        succeed("conformance", "run", "--reader", name, *suite)
    found = json.loads(Path("results/results.json").read_text(encoding="utf-8"))
    assert found["counts"]["passed"] > 50
