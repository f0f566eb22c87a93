"""The written result of a long proof: which code, which seed, and how often what happened."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "evidence"


def evidence(name: str, counts: Mapping[str, int], seed: int | None = None) -> Path:
    """Write ``docs/evidence/NAME.json`` and return its path.

    ``counts`` says how often each thing that the proof is about happened. Raises
    ``AssertionError``, and writes nothing, when there is none or one of them is zero: a proof in
    which nothing happened has failed. What must never happen belongs into an assert of the
    proof, not into ``counts``.
    """
    idle = [what for what, count in counts.items() if count <= 0]
    assert counts, f"the proof {name} counted nothing"
    assert not idle, f"in the proof {name} this never happened: {', '.join(idle)}"
    document = {
        "proof": name,
        "command": "make proofs",
        "commit": _commit(),
        "seed": seed,
        "counts": dict(counts),
    }
    folder = Path(os.environ.get("UNICARD_EVIDENCE", FOLDER))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return path


def _commit() -> str:
    """Return the commit that is checked out; "+changes" when files differ from it."""
    head = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/evidence")
    return f"{head}+changes" if changes else head


def _git(*words: str) -> str:
    command = ["git", "-C", str(ROOT), *words]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
