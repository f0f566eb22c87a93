"""The helpers of the tests themselves: evidence, skips, the private pcscd."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.evidence import evidence
from tests.support.pcscd import Pcscd, missing_for_pcscd
from tests.support.tree import ROOT


def test_evidence_names_commit_seed_and_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNICARD_EVIDENCE", str(tmp_path))
    written = json.loads(evidence("tears", {"cuts": 12, "recovered": 12}, seed=7).read_text())
    assert len(written.pop("commit").removesuffix("+changes")) == 40
    assert written == {
        "proof": "tears",
        "command": "make proofs",
        "seed": 7,
        "counts": {"cuts": 12, "recovered": 12},
    }


@pytest.mark.parametrize("counts", [{}, {"cuts": 0}, {"cuts": 3, "recovered": 0}])
def test_a_proof_in_which_something_never_happened_has_failed(
    counts: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNICARD_EVIDENCE", str(tmp_path))
    with pytest.raises(AssertionError):
        evidence("tears", counts)
    assert list(tmp_path.iterdir()) == []


SKIPPING = """
import pytest
{module}
def test_skips():
    pytest.skip("no card")
@pytest.mark.xfail(reason="known")
def test_fails_as_expected():
    assert False
"""


@pytest.mark.parametrize(
    ("continuous", "module", "exit_code"),
    [
        ("", "", pytest.ExitCode.OK),
        ("", "pytest.importorskip('no_such_module')", pytest.ExitCode.NO_TESTS_COLLECTED),
        ("true", "", pytest.ExitCode.TESTS_FAILED),
        ("true", "pytest.importorskip('no_such_module')", pytest.ExitCode.INTERRUPTED),
    ],
)
def test_under_ci_a_skip_is_a_failure(
    continuous: str, module: str, exit_code: pytest.ExitCode, tmp_path: Path
) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(SKIPPING.format(module=module))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", "."]
    run = subprocess.run(
        [*command, "-c", os.devnull, "test_it.py"],
        cwd=tmp_path,
        env={**os.environ, "CI": continuous, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == exit_code, run.stdout
    assert ("nothing may be skipped" in run.stdout) == bool(continuous)


def test_without_pcscd_the_reason_says_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name, **_where: None)
    assert "make test" in missing_for_pcscd()


@pytest.mark.pcsc
def test_the_private_pcscd_lists_two_readers_to_any_program(pcscd: Pcscd) -> None:
    program = "from smartcard.System import readers; print(*readers(), sep='\\n')"
    listed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert tuple(listed.stdout.splitlines()) == pcscd.readers
    assert all("Virtual PCD" in reader for reader in pcscd.readers)


@pytest.mark.pcsc
def test_a_virtual_card_can_connect_to_each_reader(pcscd: Pcscd) -> None:
    for port in pcscd.ports:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as card:
            command = card.recv(3)  # two bytes of length, then a command: 00 off, 01 on, 02 reset
            assert command[:2] == b"\x00\x01"
