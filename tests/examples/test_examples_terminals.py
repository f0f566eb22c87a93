"""Each example is a terminal that works."""

import csv
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import host_lib
from card_simulator.card_file import create
from cli import main
from host_lib import CardStopped, Pin, Role, Slot
from host_lib.stop_list import StopList
from tests.support.cards import (
    CARD_NUMBER,
    CARD_SERIAL,
    HOLDER_NAME,
    TRANSPORT_PIN,
    issuer,
    personalized_card,
)
from tests.support.roles import Sam, card_with_roles, store_with_roles

WORDS = "words for this test only"
FOLDER = Path(__file__).parents[2] / "examples"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def card_file(tmp_path: Path) -> str:
    reader, _ = personalized_card()
    create(tmp_path / "card.json", reader.card.memory.image)
    return f"sim:{tmp_path / 'card.json'}"


def test_the_holder_chooses_a_pin_and_sees_the_name(tmp_path: Path) -> None:
    collect = example("holder_changes_pin").collect
    assert collect(card_file(tmp_path), TRANSPORT_PIN, Pin("2468")) == HOLDER_NAME


def test_the_terminal_says_what_is_wrong_without_a_traceback(tmp_path: Path) -> None:
    program = [sys.executable, str(FOLDER / "holder_changes_pin.py"), card_file(tmp_path)]
    run = subprocess.run(program, input="0000\n2468\n", capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "2 tries left" in run.stderr
    assert "Traceback" not in run.stderr


def snippets(page: str = "integrators.md") -> list[str]:
    """The pieces of Python on a page, by default the integrators', in order."""
    text = (FOLDER.parent / "docs" / page).read_text(encoding="utf-8")
    return [part.partition("```")[0] for part in text.split("```python\n")[1:]]


def test_the_terminal_on_the_integrators_page_works_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = card_file(tmp_path)
    example("holder_changes_pin").collect(name, TRANSPORT_PIN, Pin("2468"))
    monkeypatch.setenv("UNICARD_READER", name)
    for typed, printed in (("1357", "Wrong PIN, 2 tries left"), ("2468", "bread 20")):
        monkeypatch.setattr("getpass.getpass", lambda _prompt, typed=typed: typed)
        exec(compile(snippets()[0], "integrators.md", "exec"), {})
        assert printed in capsys.readouterr().out


def test_the_back_office_on_the_integrators_page_works_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNICARD_PASSPHRASE", "words for this test only")
    with (FOLDER / "enrolments.csv").open(encoding="utf-8", newline="") as full:
        rows = list(csv.reader(full))[:2]
    with Path("list.csv").open("w", encoding="utf-8", newline="") as short:
        csv.writer(short).writerows(rows)
    for words in (
        "keys init --transport gp-default",
        "sim new --dir .",
        "personalize prepare list.csv --out batch --mailers pins",
        "personalize run batch --reader sim:blank-0001.json",
    ):
        assert main(words.split()) == 0
    monkeypatch.setenv("UNICARD_READER", "sim:blank-0001.json")
    capsys.readouterr()
    exec(compile(snippets()[1], "integrators.md", "exec"), {})
    assert capsys.readouterr().out.startswith("981801")


def test_the_role_session_on_the_integrators_page_works_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = card_with_roles((Role.BREAD, Slot.A, 1))
    create(tmp_path / "card.json", reader.card.memory.image)
    monkeypatch.setenv("UNICARD_READER", f"sim:{tmp_path / 'card.json'}")
    monkeypatch.setenv("UNICARD_PASSPHRASE", WORDS)
    monkeypatch.chdir(tmp_path)
    store_with_roles(Path("pos.unicard"), WORDS, (Role.BREAD, 1)).close()
    StopList().save("stop-list.json")
    exec(compile(snippets()[2], "integrators.md", "exec"), {})
    assert capsys.readouterr().out == f"card {CARD_SERIAL.hex()} number {CARD_NUMBER}\n"
    StopList(frozenset({CARD_SERIAL})).save("stop-list.json")
    with pytest.raises(CardStopped):
        exec(compile(snippets()[2], "integrators.md", "exec"), {})


def test_the_terminal_on_the_custodians_page_works_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = card_with_roles((Role.BREAD, Slot.A, 1))
    create(tmp_path / "card.json", reader.card.memory.image)
    monkeypatch.setenv("UNICARD_READER", f"sim:{tmp_path / 'card.json'}")
    monkeypatch.setenv("UNICARD_PASSPHRASE", WORDS)
    monkeypatch.chdir(tmp_path)
    store_with_roles(Path("bakery.unicard"), WORDS, (Role.BREAD, 1)).close()
    StopList().save("stop-list.json")
    (snippet,) = snippets("keys.md")
    exec(compile(snippet, "keys.md", "exec"), {})
    assert capsys.readouterr().out == f"card {CARD_SERIAL.hex()}\n"


def test_the_rotation_of_role_keys_on_the_integrators_page_works_as_written(
    tmp_path: Path,
) -> None:
    names: dict[str, Any] = {name: getattr(host_lib, name) for name in ("Card", "Role")}
    exec(compile(snippets()[3], "integrators.md", "exec"), names)
    reader = card_with_roles((Role.BREAD, Slot.A, 1))
    office = host_lib.Card(reader, issuer)
    terminal = host_lib.Card(reader, Sam(frozenset({(Role.BREAD, 1), (Role.BREAD, 2)})))
    with pytest.raises(host_lib.NotFound):
        names["delete_first"](office, terminal)
    with store_with_roles(tmp_path / "keys", WORDS, (Role.BREAD, 2)) as store:
        names["put_second"](office, store, CARD_SERIAL)
    names["delete_first"](office, terminal)
    with terminal.role_session(Role.BREAD):
        assert terminal.role_key_sets() == (host_lib.RoleKeySet(0x64, 2),)


def test_the_card_type_on_the_integrators_page_is_shown_as_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNICARD_READER", "sim")
    exec(compile(snippets()[4], "integrators.md", "exec"), {})
    assert capsys.readouterr().out.strip() == "unicard-reference"


def test_every_error_on_the_integrators_page_is_exported() -> None:
    text = (FOLDER.parent / "docs" / "integrators.md").read_text(encoding="utf-8")
    table = text.split("| error |")[1].split("\n\n")[0]
    names = set(re.findall(r"`([A-Z]\w+)`", table.replace("UNKNOWN", "")))
    assert names >= {"WrongPin", "LastTry", "CardRemoved"}
    assert [name for name in names if not hasattr(host_lib, name)] == []
