"""One Java card behind a real pcscd: issued, given its holder's PIN and new keys, and judged."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from host_lib import open_reader
from java_card.build import BUILD_VARIABLE
from tests.support.pcscd import Pcscd
from tests.support.serving import PATIENCE
from tests.support.tree import ROOT

pytestmark = [pytest.mark.pcsc, pytest.mark.usefixtures("java_cards")]


def test_the_demonstration_runs_with_a_java_card(pcscd: Pcscd, tmp_path: Path) -> None:
    with open_reader(f"pcsc:{pcscd.readers[0]}") as reader:
        reader.wait_for_removal(PATIENCE)
    folder = tmp_path / "demo"
    run = demonstration(folder, f"{pcscd.readers[0]},{pcscd.ports[0]}")
    assert run.returncode == 0, run.stdout + run.stderr
    (issued,) = json.loads((folder / "report.json").read_text(encoding="utf-8"))["cards"]
    results = json.loads((folder / "conformance" / "results.json").read_text(encoding="utf-8"))
    assert issued["card_serial"] in run.stdout.replace(" ", "")
    assert results["counts"]["passed"] > 50
    assert "Traceback" not in run.stderr


@pytest.mark.usefixtures("pcscd")
def test_the_demonstration_waits_for_no_reader_that_is_not_there(tmp_path: Path) -> None:
    run = demonstration(tmp_path / "demo", "Reader of nobody,1")
    assert run.returncode == 1
    assert "unicard reader list" in run.stderr
    assert "There is no reader 'Reader of nobody' here" in run.stderr
    assert not (tmp_path / "demo" / "serve.log").exists()


def demonstration(folder: Path, vpcd: str) -> subprocess.CompletedProcess[str]:
    """Run it with a Java card that goes into this reader, by name and port."""
    return subprocess.run(
        ["scripts/demo.sh"],
        cwd=ROOT,
        env={
            **os.environ,
            "CARD": "java",
            "DEMO": str(folder),
            "VPCD": vpcd,
            BUILD_VARIABLE: str(ROOT / "applet" / "link" / "target"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
