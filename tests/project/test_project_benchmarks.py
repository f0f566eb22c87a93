"""The benchmark harness: which figures meet their goals, and what the results file keeps."""

import subprocess
import sys
from pathlib import Path

import pytest

import benchmarks.__main__ as harness
from benchmarks import results, startup
from benchmarks.figure import Figure, Goal


@pytest.mark.parametrize(
    ("value", "goal", "side", "met"),
    [
        (1.5, 1.5, Goal.AT_MOST, True),
        (1.6, 1.5, Goal.AT_MOST, False),
        (1.5, 1.5, Goal.AT_LEAST, True),
        (1.4, 1.5, Goal.AT_LEAST, False),
        (9.9, None, Goal.AT_MOST, None),
    ],
)
def test_a_goal_is_met_on_its_side(
    value: float, goal: float | None, side: Goal, met: bool | None
) -> None:
    assert Figure("a.b", value, "ms", "something", goal, side).met is met


def test_one_benchmark_alone_leaves_the_others_figures(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    results.write_results([Figure("b.x", 1, "ms", "x"), Figure("a.y", 2, "", "y", 1.0)], path)
    results.write_results([Figure("b.x", 3, "ms", "x")], path)
    assert results.read_results(path) == [
        {"name": "a.y", "value": 2, "unit": "", "goal": "at most 1", "met": False, "against": "y"},
        {"name": "b.x", "value": 3, "unit": "ms", "goal": None, "met": None, "against": "x"},
    ]


class Slow:
    def measure(self) -> list[Figure]:
        return [Figure("slow.time", 9, "s", "a snail", goal=5)]


def test_a_missed_goal_is_shown_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(harness, "benchmarks_found", lambda: {"slow": Slow()})
    monkeypatch.setattr(harness, "write_results", lambda _figures: None)
    assert harness.main(["slow"]) == 1
    assert "NO" in capsys.readouterr().out


def test_an_unknown_benchmark_names_those_that_exist() -> None:
    command = [sys.executable, "-m", "benchmarks", "nope"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 2
    assert "startup" in run.stdout


def test_start_up_is_measured_on_two_programs_that_differ_only_in_their_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    script = Path(sys.executable).with_name("unicard")
    bare = startup.bare_program(tmp_path, script)
    assert len(bare.read_text().splitlines()) == len(script.read_text().splitlines())
    run = subprocess.run([bare, "--help"], capture_output=True, text=True, check=True)
    assert "Do nothing." in run.stdout
