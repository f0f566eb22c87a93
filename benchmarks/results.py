"""The file results.json: the newest value of each figure."""

import json
from collections.abc import Iterable
from pathlib import Path

from benchmarks.figure import Figure

RESULTS = Path(__file__).with_name("results.json")


def write_results(figures: Iterable[Figure], path: Path = RESULTS) -> None:
    """Put figures into the file; those of benchmarks that were not run now stay as they are."""
    kept = {str(entry["name"]): entry for entry in read_results(path)}
    kept |= {figure.name: figure.as_dict() for figure in figures}
    entries = [kept[name] for name in sorted(kept)]
    path.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_results(path: Path = RESULTS) -> list[dict[str, object]]:
    """Return the entries of the file; none when there is no file."""
    if not path.exists():
        return []
    entries: list[dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))
    return entries
