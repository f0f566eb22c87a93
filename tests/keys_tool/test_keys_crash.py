"""A writer killed anywhere in a save leaves the old store or the new one, and no lock."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host_lib.secret import SecretBytes
from keys_tool.file_store import FileStore
from keys_tool.purpose import Purpose
from keys_tool.vault import ScryptCost

CALLS = ("open", "fchmod", "write", "fsync", "close", "replace")


def instrument(before: Callable[[str], None]) -> None:
    """Call ``before`` at each system call of a save; a write of many bytes becomes several."""
    for name in CALLS:
        setattr(os, name, instrumented(name, getattr(os, name), before))


def instrumented(
    name: str, original: Callable[..., Any], before: Callable[[str], None]
) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        before(name)
        if name == "write":
            args = (args[0], args[1][:1000])
        return original(*args)

    return call


def die_at(step: int) -> Callable[[str], None]:
    steps = iter(range(step))

    def before(_name: str) -> None:
        if next(steps, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    return before


def in_child(work: Callable[[], object]) -> int:
    """Run work in a forked process; return its exit code, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def save_and_die(path: Path, passphrase: SecretBytes, step: int) -> int:
    def work() -> None:
        store = FileStore.load(path, passphrase)
        instrument(die_at(step))
        store.generate(Purpose.ISSUER, 0x31)

    return in_child(work)


def test_a_writer_killed_before_any_system_call_leaves_old_or_new(
    store: FileStore, path: Path, passphrase: SecretBytes
) -> None:
    old_bytes, old = path.read_bytes(), store.keys()
    outcomes: Counter[str] = Counter()
    for step in range(100):
        path.write_bytes(old_bytes)
        code = save_and_die(path, passphrase, step)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        with FileStore.load(path, passphrase) as after:
            outcome = "old" if after.keys() == old else "new"
            assert set(old) <= set(after.keys())
            assert len(after.keys()) == len(old) + (outcome == "new")
            outcomes[outcome] += 1
            after.generate(Purpose.ISSUER, 0x3A)
    assert outcomes["old"] >= 8, "the save was cut at several places before it took effect"
    assert outcomes["new"] >= 2, "and after it"
    assert code == 0, "and at last it was not cut"


def test_a_store_cut_at_its_creation_is_complete_or_absent(
    path: Path, passphrase: SecretBytes, cheap: ScryptCost
) -> None:
    outcomes: Counter[bool] = Counter()
    for step in range(100):

        def work(step: int = step) -> None:
            instrument(die_at(step))
            FileStore.create(path, passphrase, cost=cheap)

        code = in_child(work)
        outcomes[path.exists()] += 1
        if path.exists():
            FileStore.load(path, passphrase).close()
            path.unlink()
        if code == 0:
            break
    assert min(outcomes[True], outcomes[False]) >= 2
    assert code == 0


def test_the_new_bytes_reach_the_disk_before_the_name_and_the_name_before_the_answer(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    for name in CALLS:
        monkeypatch.setattr(os, name, getattr(os, name))  # so that undo restores them
    instrument(calls.append)
    store.generate(Purpose.ISSUER, 0x31)
    monkeypatch.undo()
    order = [name for name in calls if name in ("write", "fsync", "replace")]
    writes = order.count("write")
    assert writes > 1
    assert order == ["write"] * writes + ["fsync", "replace", "fsync"]
