"""The command line `unicard` as a whole: start-up, help, errors, completion."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import cli
from applet_spec.errors import Changed, ExitCode, UnicardError
from unicard_console import Output, output_options

HEAVY = {
    "asn1crypto",
    "asyncio",
    "cryptography",
    "hypothesis",
    "importlib.metadata",
    "jsonschema",
    "multiprocessing",
    "pytest",
    "rich",
    "smartcard",
    "sqlalchemy",
}
ROOMS = {
    "applet_spec",
    "card_administration",
    "card_conformance",
    "card_simulator",
    "host_lib",
    "keys_tool",
    "personalization",
    "unicard_console",
}


def modules_after(*words: str) -> set[str]:
    program = f"import sys, cli; cli.main({list(words)!r}); print(*sys.modules, file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(run.stderr.split())


def test_help_imports_click_and_nothing_heavy() -> None:
    assert not modules_after("--help") & (HEAVY | ROOMS)


def test_the_watch_for_heavy_modules_sees_them() -> None:
    assert {"applet_spec", "jsonschema"} <= modules_after("spec", "check")


def commands(
    group: click.Group, words: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        yield " ".join((*words, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))


WITHOUT_RESULT = {
    "completion": "prints a shell script",
    "spec docs": "prints a Markdown document",
    "sim serve": "runs until it is stopped",
}


@pytest.mark.parametrize("name", cli.GROUPS)
def test_each_room_brings_its_commands(name: str) -> None:
    command = cli.unicard.get_command(click.Context(cli.unicard), name)
    assert command is not None
    # What carries out the plans of all rooms is a command itself.
    assert isinstance(command, click.Group) == (name != "apply")
    assert not isinstance(command, click.Group) or list(commands(command))


def test_each_command_has_help_and_speaks_json() -> None:
    for name, command in commands(cli.unicard):
        assert command.help, name
        if isinstance(command, click.Group) or name in WITHOUT_RESULT:
            continue
        options = {option for parameter in command.params for option in parameter.opts}
        assert "--json" in options, name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts}"


def test_the_lists_of_commands_for_cards_are_whole_at_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.main(["card", "--help"]) == 0
    _, listed = capsys.readouterr().out.split("Commands:\n")
    assert "..." not in listed


UNPLANNED_CARD_COMMANDS = {
    "card services": "reads",
    "card log": "reads",
    "card show": "reads; its PIN costs a try, as that of `card verify-pin --dry-run` tells",
    "card probe": "reads",
    "card recover": "reads; only the terminal's journal is written",
    "card receipts": "asks no card; the terminal's journal is read, and marked with --mark-sent",
    "card pay": "a transaction: the card's number and the time are in it, its journal proves it",
    "card load": "a transaction",
    "card withdraw": "a transaction",
}


def test_each_command_for_issued_cards_makes_plans_or_says_why_not() -> None:
    page = (Path(__file__).parents[2] / "docs" / "plans.md").read_text(encoding="utf-8")
    for name, command in commands(cli.unicard):
        if name.startswith("card "):
            planned = cli_plans(name)
            assert planned != (name in UNPLANNED_CARD_COMMANDS), name
            assert f"`{command.name}`" in page or f"`{name}" in page, name


def cli_plans(name: str) -> bool:
    from unicard_console import is_planned

    return is_planned(click.Context(cli.unicard), name)


def test_no_option_takes_a_secret_as_a_word() -> None:
    for name, command in commands(cli.unicard):
        options = {option for parameter in command.params for option in parameter.opts}
        forbidden = {"--pin", "--new-pin", "--old-pin", "--passphrase", "--password", "--key"}
        assert not options & forbidden, name


def test_the_table_says_what_each_room_says_of_itself() -> None:
    for name, (_, line) in cli.GROUPS.items():
        group = cli.unicard.get_command(click.Context(cli.unicard), name)
        assert group is not None
        assert group.get_short_help_str(limit=100) == line


def test_groups_are_listed_from_the_table() -> None:
    run = unicard("--help")
    for name, (_, line) in cli.GROUPS.items():
        assert f"  {name} " in run.stdout
        assert line in run.stdout


def unicard(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("unicard")), *words]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )


def test_the_version_is_that_of_the_installed_package() -> None:
    from importlib.metadata import version

    run = unicard("--version")
    assert (run.stdout, run.returncode) == (f"unicard {version('unicard')}\n", 0)


@pytest.mark.parametrize("words", [("nonsense",), ("--nonsense",), ("completion", "csh"), ()])
def test_wrong_usage_is_said_on_stderr_and_ends_with_2(words: tuple[str, ...]) -> None:
    run = unicard(*words)
    assert (run.stdout, run.returncode) == ("", 2)
    assert "Usage: unicard" in run.stderr


def test_wrong_usage_is_json_when_json_was_asked_for() -> None:
    run = unicard("spec", "nonsense", "--json")
    assert run.returncode == 2
    error = json.loads(run.stdout)["error"]
    assert error["exit_code"] == 2
    assert error["changed"] == "no"
    assert "nonsense" in error["message"]
    assert error["advice"] == "see `unicard spec --help`"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_script_of_the_shell(shell: str) -> None:
    run = unicard("completion", shell)
    assert run.returncode == 0
    assert "_UNICARD_COMPLETE" in run.stdout


def complete(*words: str) -> list[str]:
    """Return what bash would offer for the last of ``words``."""
    run = unicard(
        _UNICARD_COMPLETE="bash_complete",
        COMP_WORDS=" ".join(("unicard", *words)),
        COMP_CWORD=str(len(words)),
    )
    assert run.stderr == ""
    return [line.split(",")[1] for line in run.stdout.splitlines()]


def test_groups_commands_and_options_are_completed() -> None:
    assert complete("") == [*cli.GROUPS, "completion"]
    assert complete("ca") == ["card"]
    assert "check" in complete("spec", "")
    assert "--json" in complete("spec", "check", "--")
    assert complete("card", "show", "--reader", "s") == ["sim"]


def test_completing_what_fails_offers_nothing_quietly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(cli.GROUPS, "keys", ("no_such_room.commands:keys", "Keys."))
    monkeypatch.setenv("_UNICARD_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "unicard keys ")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert cli.main() == 1
    assert capsys.readouterr() == ("", "")


def test_the_bash_script_makes_bash_complete(tmp_path: Path) -> None:
    script = tmp_path / "completion"
    script.write_text(unicard("completion", "bash").stdout, encoding="utf-8")
    ask = (
        f"source {script}; COMP_WORDS=(unicard pers); COMP_CWORD=1; "
        '_unicard_completion unicard; echo "${COMPREPLY[@]}"'
    )
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    run = subprocess.run(
        ["bash", "-c", ask], capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    assert run.stdout == "personalize\n"


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """Give a list; the command `unicard fail` raises what the test puts into it."""
    raised: list[BaseException] = []

    @click.command()
    @output_options
    def fail(_out: Output) -> None:
        raise raised[0]

    monkeypatch.setitem(cli.unicard.commands, "fail", fail)
    return raised


REFUSED = UnicardError(
    "the card refused the PIN",
    changed=Changed.YES,
    advice="two tries are left",
    exit_code=ExitCode.REFUSED,
)


def test_an_error_says_what_happened_what_changed_and_what_to_do(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(REFUSED)
    assert cli.main(["fail"]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "Error: the card refused the PIN",
        "  A change was made.",
        "  Two tries are left.",
    ]


def test_an_error_is_json_when_json_was_asked_for(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(REFUSED)
    assert cli.main(["fail", "--json"]) == 3
    said = capsys.readouterr()
    assert json.loads(said.out) == {"error": REFUSED.as_dict()}
    assert said.err == ""


@pytest.mark.parametrize(
    ("raised", "exit_code", "message"),
    [
        (KeyboardInterrupt(), 1, "stopped"),
        (click.Abort(), 1, "stopped"),
        (PermissionError(13, "Permission denied", "card.json"), 4, "card.json: Permission denied"),
        (RuntimeError("impossible"), 4, "a defect of this program: RuntimeError: impossible"),
        (ConnectionResetError(104, "Connection reset by peer"), 4, "Connection reset by peer"),
        (BrokenPipeError(32, "Broken pipe"), 4, "Broken pipe"),  # of a socket: stdout is well
    ],
)
def test_no_exception_reaches_the_user_as_a_traceback(
    raised: BaseException,
    exit_code: int,
    message: str,
    failing: list[BaseException],
    capsys: pytest.CaptureFixture[str],
) -> None:
    failing.append(raised)
    assert cli.main(["fail"]) == exit_code
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said


def test_a_defect_says_how_to_see_where_it_happened(
    failing: list[BaseException],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failing.append(RuntimeError("impossible"))
    cli.main(["fail"])
    assert "UNICARD_DEBUG=1" in capsys.readouterr().err
    monkeypatch.setenv("UNICARD_DEBUG", "1")
    cli.main(["fail"])
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("no_such_room.commands", "there is no module no_such_room"),
        ("host_lib.no_such_commands", "there is no module host_lib.no_such_commands"),
        ("room_without_library", "needs the Python module no_such_library"),
    ],
)
def test_a_missing_room_or_library_is_a_clear_error(
    module: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "room_without_library.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(cli.GROUPS, "keys", (f"{module}:keys", "Keys."))
    assert cli.main(["keys", "list"]) == 1
    assert message in capsys.readouterr().err


def test_a_reader_that_stops_reading_ends_the_program_quietly() -> None:
    program = "import sys, cli; sys.exit(cli.main(['--help']))"
    reading, writing = os.pipe()
    os.close(reading)
    run = subprocess.run(
        [sys.executable, "-c", program], stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert (run.returncode, run.stderr) == (141, "")


def test_a_terminal_without_arabic_letters_stops_nobody(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import cli; cli.main(['--version']); print('منى')", encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    run = subprocess.run([sys.executable, program], capture_output=True, env=environment)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == rb"\u0645\u0646\u0649"
