"""The options of dry runs, the file of a plan, and its table."""

import io
import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from unicard_console import (
    PLAN_TO_FOLLOW,
    Output,
    Planning,
    draw_plan,
    is_planned,
    output_options,
    plan_options,
)
from unicard_console.drawing import result_console
from unicard_console.planning import PlanFileError, write_new

COMMAND: dict[str, Any] = {
    "phase": "",
    "name": "DELETE KEY",
    "note": "key set 30",
    "answer": "exact",
    "session": {"level": "33"},
    "effect": "irreversible",
    "warning": "it is gone",
    "occurs": "once",
    "sent": 30,
    "received": 26,
    "milliseconds": 106,
}
DOCUMENT: dict[str, Any] = {
    "operation": "keys rotate",
    "arguments": ["--to", "31"],
    "card": {"chip_serial": "00" * 10, "state": {"key versions": "30"}},
    "commands": [COMMAND],
    "totals": {
        "commands": 1,
        "irreversible": 1,
        "sent": 30,
        "received": 26,
        "milliseconds": 106,
        "estimated": False,
    },
    "interface_rate": 10000,
    "remarks": ["A remark."],
}


@click.group()
def program() -> None:
    """A program."""


@program.command()
@plan_options
@output_options
def change(out: Output, planning: Planning) -> None:
    """Change a card."""
    if planning.dry_run:
        planning.show(out, DOCUMENT)
        return
    click.echo(f"changed under {planning.saved}")


@program.command()
def other() -> None:
    """Do something else."""


def drawn(document: dict[str, Any]) -> str:
    stream = io.StringIO()
    draw_plan(result_console(stream), document)
    return stream.getvalue()


def test_irreversible_steps_are_marked_and_sums_are_said() -> None:
    text = drawn(DOCUMENT)
    assert "Plan of `unicard keys rotate --to 31`" in text
    assert "! irreversible" in text
    assert "1 commands, 1 of them irreversible (!); 30 bytes to the card, 26 back" in text
    assert "about 0.1 s at 10000 bytes/s" in text
    assert "A remark." in text
    assert "~" not in text


def test_estimates_are_said_to_be_some() -> None:
    command = COMMAND | {"answer": "estimate", "occurs": "if needed", "phase": "keys"}
    totals = DOCUMENT["totals"] | {"estimated": True}
    text = drawn(DOCUMENT | {"commands": [command], "totals": totals})
    assert "~26" in text
    assert "(if needed)" in text
    assert "about 26 back" in text
    assert "depends on the card" in text


def test_a_plan_without_commands_says_that_nothing_is_to_be_done() -> None:
    assert "nothing to do" in drawn(DOCUMENT | {"commands": []})


@pytest.mark.parametrize("words", [["--dry-run"], ["--save-plan", "kept"]])
def test_keeping_a_plan_is_a_dry_run_too(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(program, ["change", *words, "--json"])
    assert (done.exit_code, json.loads(done.stdout)) == (0, DOCUMENT)
    kept = Path("kept")
    assert kept.exists() == ("kept" in words)
    if kept.exists():
        assert json.loads(kept.read_text()) == DOCUMENT


def test_without_them_the_command_gets_the_plan_that_is_carried_out() -> None:
    context = click.Context(program, info_name="program")
    context.meta[PLAN_TO_FOLLOW] = "this plan"
    with program.make_context("program", ["change"], parent=context) as ctx:
        planning = plan_options(lambda planning: planning)
        assert ctx.invoke(click.command()(planning), dry_run=False, save_plan=None).saved == (
            "this plan"
        )


def test_only_commands_that_make_plans_can_be_run_by_one() -> None:
    root = click.Context(program)
    assert is_planned(root, "change")
    assert not is_planned(root, "other")
    assert not is_planned(root, "absent")
    assert not is_planned(root, "")
    assert not is_planned(root, "change more")


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(PlanFileError, match="not overwritten"):
        write_new(tmp_path / "mine", "plan")
    with pytest.raises(PlanFileError, match="cannot be written"):
        write_new(tmp_path / "absent" / "plan", "plan")
    assert (tmp_path / "mine").read_text() == "mine"
