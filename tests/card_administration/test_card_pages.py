"""What the pages tell a person to type does what they say, on both kinds of card."""

import io
import json
import re
import shlex
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

import cli
from host_lib import reader as reading
from host_lib.reader import Reader, open_reader
from tests.support.issued import PASSPHRASE, PIN, issue_in
from tests.support.java_cards import missing_for_java

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(params=["sim", "java"])
def card(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Reader]:
    """An issued card of each kind in the reader that every command opens."""
    if request.param == "java" and (missing := missing_for_java()):
        pytest.skip(missing)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("UNICARD_PIN", PIN.reveal().decode())
    with open_reader(request.param) as opened:
        issue_in(opened, tmp_path)

        def same_reader(_name: str | None = None) -> AbstractContextManager[Reader]:
            return nullcontext(opened)

        # First: it may be imported only here, and is to have the real one afterwards.
        monkeypatch.setattr("host_lib.commands.open_reader", same_reader)
        monkeypatch.setattr(reading, "open_reader", same_reader)
        yield opened


def typed(page: str) -> Iterator[list[str]]:
    """Yield the words of each `unicard card …` line in the shell blocks of a page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", "").splitlines():
            words = shlex.split(line, comments=True)
            if words[:2] == ["unicard", "card"]:
                yield words[1:]


def run(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    code = cli.main(words)
    said = capsys.readouterr()
    assert code == 0, (words, said.out, said.err)
    return said.out


@pytest.mark.usefixtures("card")
def test_the_page_of_services_is_typed_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    lines = list(typed("services.md"))
    assert {words[1] for words in lines} == {
        "services", "add-service", "set-service", "suspend", "terminate"
    }  # fmt: skip
    serial = json.loads(run(["card", "show", "--json"], capsys))["card_serial"]
    snacks = {"label": "sweets", "allowance": 3, "balance": 99}
    Path("snacks.json").write_text(json.dumps(snacks))
    for words in lines:
        if words[1] == "terminate":
            run(["card", "resume"], capsys)
            words[-1] = serial
        run(words, capsys)
    assert json.loads(run(["card", "show", "--json"], capsys))["state"] == "TERMINATED"


@pytest.mark.usefixtures("card")
def test_the_page_of_terminals_is_typed_as_it_stands(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNICARD_TERMINAL", "BAKERY01")
    monkeypatch.setenv("UNICARD_JOURNAL", "journal.db")
    monkeypatch.setenv("UNICARD_TO_PASSPHRASE", PASSPHRASE)
    run(["keys", "hand-over", "role-bread", "1", "--to", "till.unicard"], capsys)
    lines = list(typed("pos.md"))
    assert [words[1] for words in lines] == [
        "load", "pay", "withdraw", "services", "log", "recover", "receipts"
    ]  # fmt: skip
    for words in lines:
        monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
        out = run(words, capsys)
        if words[1] == "log":
            assert re.search(r"wallet -100\.00 EGP +146\.00 EGP", out)
    assert run(["keys", "verify-receipts", "monday.jsonl"], capsys).startswith("3 of 3 receipts")


@pytest.mark.usefixtures("card")
def test_the_first_page_loads_sells_and_hands_in_as_it_stands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    first = page.index("unicard card load")
    block = page[first : page.index("```", first)]
    lines = [shlex.split(line, comments=True)[1:] for line in block.splitlines()]
    assert [words[1] for words in lines] == [
        "load", "pay", "log", "receipts", "verify-receipts", "run"
    ]  # fmt: skip
    for words in lines[:-1]:
        out = run(words, capsys)
    assert out == "2 of 2 receipts are valid.\n"
