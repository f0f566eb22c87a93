"""What the Java card's page tells its reader to type works as written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tree import ROOT

pytestmark = pytest.mark.usefixtures("java")

PAGE = (ROOT / "docs" / "java-card.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The page's pieces in a language, in order."""
    return [part.partition("```")[0] for part in PAGE.split(f"```{language}\n")[1:]]


def test_an_applet_of_ones_own_is_built_and_torn_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("applet", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    _, commands = blocks("sh")
    find_jdk = f". {ROOT}/scripts/lib.sh; use_jdk; PATH=${{JAVA_HOME:+$JAVA_HOME/bin:}}$PATH"
    run = subprocess.run(
        ["bash", "-euc", f"{find_jdk}\n{commands}"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    (shown,) = blocks("text")
    assert "the gate is open" in run.stderr
    assert run.stdout.startswith(shown)
    assert "writes=3" in run.stdout

    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(blocks("python")[1], "java-card.md", "exec"), names)
    assert names["answer"] == b"\x90\x00"


def test_the_power_is_cut_and_the_memory_restored_as_the_page_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    exec(compile(blocks("python")[0], "java-card.md", "exec"), {"command": bytes(4)})
    assert "Measures(writes=" in capsys.readouterr().out
