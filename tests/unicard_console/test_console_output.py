import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from enum import Enum
from pathlib import Path
from types import MappingProxyType

import click
import pytest
from click.testing import CliRunner
from rich.console import Console
from rich.table import Table

from unicard_console import (
    Output,
    output_options,
    passphrase_option,
    reader_option,
    secret_option,
    store_option,
)
from unicard_console.drawing import result_console
from unicard_console.jsonout import to_json
from unicard_console.secrets import NoSecretError, SecretsDifferError, ask_secret


def sample_table() -> Table:
    table = Table("Number", "Name", title="Cards")
    table.add_row("1", "منى عبد الله")
    table.add_row("2", "a name " * 30)
    return table


class FakeTerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table_in_a_pipe_is_plain_columns_that_never_wrap() -> None:
    stream = io.StringIO()
    result_console(stream).print(sample_table())
    lines = stream.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == ["Cards", "Number", "1", "2"]
    assert stream.getvalue().isprintable() is False  # line ends
    assert not set(stream.getvalue()) & set("│┃━─┏\x1b")
    assert lines[3].count("a name") == 30


def test_a_table_on_a_terminal_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = FakeTerminal()
    result_console(stream).print(sample_table())
    assert "━" in stream.getvalue()


@pytest.mark.parametrize("stream", [io.StringIO, FakeTerminal])
def test_brackets_in_data_are_text(stream: Callable[[], io.StringIO]) -> None:
    target = stream()
    result_console(target).print("[bold]:smile: 42[/bold]")
    assert target.getvalue().strip() == "[bold]:smile: 42[/bold]"


class Colour(Enum):
    RED = "red"


def test_json_spells_bytes_dates_enums_paths_and_mappings() -> None:
    data = {
        "atr": b"\x3b\x80",
        "on": date(2025, 1, 31),
        "colour": Colour.RED,
        "file": Path("a/b"),
        "name": "منى",
        "inner": MappingProxyType({"n": (1, 2)}),
        "roles": frozenset({2, 1}),
    }
    text = to_json(data)
    assert "منى" in text
    assert json.loads(text) == {
        "atr": "3B80",
        "on": "2025-01-31",
        "colour": "red",
        "file": "a/b",
        "name": "منى",
        "inner": {"n": [1, 2]},
        "roles": [1, 2],
    }


def test_json_refuses_what_it_does_not_know_rather_than_print_it() -> None:
    class Secret:
        def __str__(self) -> str:
            return "1234"

    with pytest.raises(TypeError, match="Secret has no JSON form"):
        to_json({"pin": Secret()})


@click.command()
@output_options
@reader_option
@store_option
@passphrase_option
@secret_option("new_pin", "new PIN", "TEST_NEW_PIN")
def show(
    out: Output,
    reader: str | None,
    store: str,
    passphrase: Callable[[], str],
    new_pin: Callable[[], str],
) -> None:
    out.note("a remark")
    data = {"reader": reader, "store": store, "secrets": [passphrase(), new_pin()]}

    def human(console: Console) -> None:
        console.print("for people")

    out.result(data, human)


SECRETS = {"UNICARD_PASSPHRASE": "correct horse", "TEST_NEW_PIN": "4711"}


def test_a_result_for_people_goes_to_stdout_and_remarks_to_stderr() -> None:
    result = CliRunner().invoke(show, [], env=SECRETS, catch_exceptions=False)
    assert (result.stdout, result.stderr) == ("for people\n", "a remark\n")


def test_with_json_stdout_is_one_document_and_stderr_is_silent() -> None:
    result = CliRunner().invoke(show, ["--json"], env=SECRETS, catch_exceptions=False)
    assert json.loads(result.stdout) == {
        "reader": None,
        "store": "keys.unicard",
        "secrets": ["correct horse", "4711"],
    }
    assert result.stderr == ""


def test_reader_and_store_come_from_options_or_the_environment() -> None:
    environment = {**SECRETS, "UNICARD_READER": "sim:a.json", "UNICARD_STORE": "b.unicard"}
    by_environment = json.loads(CliRunner().invoke(show, ["--json"], env=environment).stdout)
    assert (by_environment["reader"], by_environment["store"]) == ("sim:a.json", "b.unicard")
    words = ["--json", "-r", "pcsc:0", "-s", "c.unicard"]
    by_option = json.loads(CliRunner().invoke(show, words, env=environment).stdout)
    assert (by_option["reader"], by_option["store"]) == ("pcsc:0", "c.unicard")


def test_a_secret_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text("from a file \r\nsecond line\n", encoding="utf-8")
    result = CliRunner().invoke(show, ["--json", "--passphrase-file", str(file)], env=SECRETS)
    assert json.loads(result.stdout)["secrets"] == ["from a file ", "4711"]


def test_secrets_are_read_from_stdin_line_by_line_when_it_is_no_terminal() -> None:
    result = CliRunner().invoke(show, ["--json"], input="one\ntwo\n")
    assert json.loads(result.stdout)["secrets"] == ["one", "two"]


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe\n"])
def test_a_file_without_a_secret_is_a_clear_error(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "passphrase"
    if content is not None:
        file.write_bytes(content)
    result = CliRunner().invoke(show, ["--passphrase-file", str(file)], env=SECRETS)
    assert isinstance(result.exception, NoSecretError)
    assert str(file) in result.exception.message
    assert result.exception.exit_code == 2


def test_no_secret_on_an_empty_stdin_is_a_clear_error() -> None:
    result = CliRunner().invoke(show, [], input="")
    assert isinstance(result.exception, NoSecretError)
    assert "passphrase of the key store" in result.exception.message


def test_no_option_takes_the_secret_itself() -> None:
    names = {option for parameter in show.params for option in parameter.opts}
    assert {"--passphrase-file", "--new-pin-file"} <= names
    assert not {"--passphrase", "--new-pin"} & names


def answers(monkeypatch: pytest.MonkeyPatch, *typed: str) -> list[str]:
    prompts: list[str] = []
    waiting = iter(typed)

    def fake_getpass(prompt: str, stream: object) -> str:
        assert stream is sys.stderr
        prompts.append(prompt)
        return next(waiting)

    monkeypatch.setattr("getpass.getpass", fake_getpass)
    monkeypatch.setattr("sys.stdin", FakeTerminal())
    return prompts


def test_a_typed_secret_is_asked_for_on_stderr_without_echo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prompts = answers(monkeypatch, "1234")
    assert ask_secret("PIN:") == "1234"
    assert prompts == ["PIN: "]


def test_a_new_secret_is_typed_twice_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = answers(monkeypatch, "1234", "1234", "1234", "1243")
    assert ask_secret("New PIN", confirm=True) == "1234"
    assert prompts == ["New PIN: ", "New PIN (again): "]
    with pytest.raises(SecretsDifferError):
        ask_secret("New PIN", confirm=True)


PROGRESS = """
import sys
from unicard_console import Output
with Output(as_json="--json" in sys.argv).progress(3, "cards") as progress:
    for _ in range(3):
        progress.advance()
print("rich" in sys.modules)
"""


def test_progress_without_a_terminal_shows_nothing_and_loads_nothing() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRESS], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("False\n", "")


def on_a_terminal(*words: str) -> tuple[str, str]:
    """Run the progress program with stderr on a pseudo-terminal; return stdout and stderr."""
    main, terminal = pty.openpty()
    run = subprocess.run(
        [sys.executable, "-c", PROGRESS, *words],
        stdout=subprocess.PIPE,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        text=True,
    )
    os.close(terminal)
    try:
        shown = os.read(main, 65536).decode()
    except OSError:  # Linux answers EIO when nothing is left and the other end is closed
        shown = ""
    finally:
        os.close(main)
    return run.stdout, shown


def test_progress_on_a_terminal_shows_label_and_count_on_stderr() -> None:
    stdout, shown = on_a_terminal()
    assert stdout == "True\n"
    assert "cards" in shown
    assert "3/3" in shown


def test_progress_is_silent_under_json() -> None:
    assert on_a_terminal("--json") == ("False\n", "")


def test_a_table_into_a_pipe_that_nobody_reads_is_a_broken_pipe_not_a_failure() -> None:
    class Closed(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        result_console(Closed()).print(sample_table())
