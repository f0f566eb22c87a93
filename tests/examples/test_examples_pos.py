"""The page for integrators of terminals works as it is written, on a card from the bureau."""

import csv
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

import host_lib
from cli import main
from host_lib import Card, Pin, Role, Terminal, open_reader
from host_lib.command import ResetRetryCounter
from keys_tool import open_store
from tests.support.tls import Authority

FOLDER = Path(__file__).parents[2]
PASSPHRASE = "words for this test only"
READER = "sim:blank-0001.json"
PIN = Pin("246810")


def snippets() -> list[str]:
    """The pieces of Python on the page, in order."""
    text = (FOLDER / "docs" / "pos.md").read_text(encoding="utf-8")
    return [part.partition("```")[0] for part in text.split("```python\n")[1:]]


def run(number: int, names: dict[str, Any]) -> dict[str, Any]:
    exec(compile(snippets()[number], f"pos.md, {number}", "exec"), names)
    return names


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a card from the bureau, its issuer's keys, and a till's."""
    folder = tmp_path_factory.mktemp("bureau")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
        (folder / "passphrase").write_text(PASSPHRASE)
        with (FOLDER / "examples" / "enrolments.csv").open(encoding="utf-8", newline="") as full:
            head, *rows = csv.reader(full)
        household = next(row for row in rows if row[head.index("bread_loaves")] == "20")
        with (folder / "list.csv").open("w", encoding="utf-8", newline="") as short:
            csv.writer(short).writerows([head, household])
        for words in (
            "keys init --transport gp-default",
            "sim new --dir .",
            "personalize prepare list.csv --out batch --mailers pins",
            f"personalize run batch --reader {READER}",
            "keys hand-over role-bread 1 --to till.unicard --to-passphrase-file passphrase",
        ):
            assert main(words.split()) == 0, words
        with open_reader(READER) as reader, open_store("keys.unicard", PASSPHRASE) as keys:
            card = Card(reader, keys.sam())
            transport = Pin("97531")
            with card.issuer_session(0x30):
                card.run(ResetRetryCounter(transport))
            card.select()
            card.change_pin(transport, PIN)
            office = Terminal("OFFICE", host_lib.TerminalJournal.in_memory(b"OFFICE  "))
            with card.session(Role.LOAD) as pos:
                pos.verify_pin(PIN)
                pos.load(100_00, terminal=office)
    return folder


@pytest.fixture
def here(issued: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(issued)
    monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("UNICARD_READER", READER)
    monkeypatch.setenv("PIN", PIN.reveal().decode())
    return issued


def test_the_till_has_twenty_lines_or_so() -> None:
    assert len(snippets()[0].splitlines()) <= 22


def test_the_till_sells_bread_and_its_receipts_are_the_issuers(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    names = run(0, {})
    assert capsys.readouterr().out == "sold; loaves left: 0\n"
    run(2, names)
    assert (here / "receipts.jsonl").read_text().count("\n") == 1
    assert main(["keys", "verify-receipts", "receipts.jsonl"]) == 0
    run(0, {})
    assert "balance too small" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("UNICARD_PASSPHRASE", "another one", "the passphrase does not open this key store"),
        ("UNICARD_READER", "sim:none.json", "there is no card file none.json"),
        ("PIN", "123", "a PIN has 4 to 8 digits, 0 to 9 - nothing was changed"),
        ("journal.db", "x" * 100, "the journal journal.db failed: file is not a database"),
    ],
)
def test_what_the_till_cannot_open_is_told_like_what_the_card_refuses(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    told: str,
) -> None:
    if name.isupper():
        monkeypatch.setenv(name, value)
    else:
        (here / name).write_text(value)
    capsys.readouterr()
    run(0, {})
    assert told in capsys.readouterr().out
    (here / "journal.db").unlink(missing_ok=True)


@pytest.mark.usefixtures("here")
def test_what_was_left_open_is_settled_as_the_page_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    settle_all = run(1, {"Card": Card, "Terminal": Terminal})["settle_all"]
    with (
        open_reader() as reader,
        open_store("till.unicard", PASSPHRASE) as keys,
        Terminal("OPEN", host_lib.TerminalJournal.in_memory(b"OPEN    ")) as terminal,
    ):
        card = Card(reader)
        with card.session(Role.BREAD, keys.sam()) as pos:
            number, serial = pos.number, pos.card_serial
        terminal.begin(Role.BREAD, serial, number, (host_lib.Debit("bread", 1),))
        capsys.readouterr()
        settle_all(card, keys.sam(), terminal)
        assert capsys.readouterr().out == "it did not happen, and never will\n"
        assert not terminal.journal.pending()


def test_the_policies_of_proofs_are_as_written() -> None:
    names = run(3, {})
    assert names["prover"].policy == host_lib.OneIn(50)


def test_a_wallet_is_loaded_over_a_relay_as_written(here: Path) -> None:
    authority = Authority(here)
    authority.shown("office")
    authority.shown("BAKERY01")
    run_terminal = run(4, {})["run_terminal"]
    load_wallet = run(5, {"Card": Card, "Role": Role, "Terminal": Terminal})["load_wallet"]
    address = ("127.0.0.1", _free_port())
    with open_reader() as reader, open_store("keys.unicard", PASSPHRASE) as keys:
        office = Terminal("OFFICE2", host_lib.TerminalJournal.in_memory(b"OFFICE2 "))
        terminal = threading.Thread(
            target=run_terminal, args=(reader, address, lambda: PIN), daemon=True
        )
        terminal.start()
        receipt = load_wallet(address, keys, office, 50_00)
    assert receipt.operations == (host_lib.Credit(4, 50_00),)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
