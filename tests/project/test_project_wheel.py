"""The wheel holds everything and runs in an empty environment, away from the source tree."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.support.tree import PACKAGES, ROOT, project_files

Run = subprocess.CompletedProcess[str]


def run(*command: str | Path, cwd: Path) -> Run:
    """Run a program that must succeed, with nothing of this checkout in its environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    result = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"
    return result


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the project's files, so that no earlier build is mixed in."""
    source = tmp_path_factory.mktemp("source")
    for path in project_files():
        target = source / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    built = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet")
    run(*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", built, source, cwd=built)
    (path,) = built.glob("*.whl")
    return path


def test_the_wheel_holds_every_file_of_every_room(wheel: Path) -> None:
    files = {path.relative_to(ROOT) for path in project_files()}
    expected = {str(path) for path in files if path.parts[0] in PACKAGES} | {"cli.py"}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == expected


def test_the_wheel_carries_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the locked libraries and the wheel into a new environment; return its bin folder."""
    home = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "env", cwd=home)
    scripts = home / "env" / "bin"
    pip = (scripts / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    lock = ROOT / "requirements" / "core.txt"
    run(*pip, "--require-hashes", "--only-binary", ":all:", "--requirement", lock, cwd=home)
    run(*pip, "--no-deps", "--no-index", wheel, cwd=home)
    return scripts


def test_the_installed_program_runs_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    unicard = installed / "unicard"
    assert "personalize" in run(unicard, "--help", cwd=tmp_path).stdout
    assert run(unicard, "--version", cwd=tmp_path).stdout.startswith("unicard ")
    json.loads(run(unicard, "spec", "check", "--json", cwd=tmp_path).stdout)
    run(unicard, "sim", "new", cwd=tmp_path)
    shown = run(unicard, "card", "show", "--json", "--reader", "sim:blank-0001.json", cwd=tmp_path)
    json.loads(shown.stdout)


def test_the_installed_rooms_come_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    program = (
        "import importlib, sys; [print(importlib.import_module(n).__file__) for n in sys.argv[1:]]"
    )
    names = run(installed / "python", "-c", program, *PACKAGES, "cli", cwd=tmp_path)
    assert all(line.startswith(str(installed.parent)) for line in names.stdout.splitlines())


def test_the_installed_reader_kinds_are_found(installed: Path, tmp_path: Path) -> None:
    program = (
        "from importlib.metadata import entry_points\n"
        "for point in entry_points(group='unicard.readers'):\n"
        "    if point.name != 'pcsc':\n"
        "        assert callable(point.load().open)\n"
        "    print(point.name)\n"
    )
    found = run(installed / "python", "-c", program, cwd=tmp_path).stdout.split()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert sorted(found) == sorted(project["entry-points"]["unicard.readers"])
    assert {"pcsc", "replay", "sim"} <= set(found)
