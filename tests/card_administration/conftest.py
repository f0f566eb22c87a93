"""A card of the bureau for each test of this room that wants one."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import cli
from tests.support.issued import PASSPHRASE, READER, issue

Unicard = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an issued card and the issuer's keys; to be copied, not used."""
    folder = tmp_path_factory.mktemp("bureau")
    issue(folder)
    return folder


@pytest.fixture
def unicard(
    bureau: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Unicard:
    """Run the command line in a folder with an issued card; return exit code, output, errors."""
    for name in ("card.json", "keys.unicard", "pin", "passphrase"):
        shutil.copy(bureau / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("UNICARD_READER", READER)
    monkeypatch.setenv("UNICARD_TERMINAL", "BAKERY01")
    monkeypatch.setenv("UNICARD_JOURNAL", "terminal.journal")
    for name in ("UNICARD_STORE", "UNICARD_PIN", "UNICARD_STOP_LIST"):
        monkeypatch.delenv(name, raising=False)
    capsys.readouterr()

    def run(words: str, *more: str) -> tuple[int, str, str]:
        code = cli.main([*words.split(), *more])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run
