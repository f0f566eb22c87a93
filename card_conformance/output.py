"""Writing result files: each is there as a whole or not at all."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from applet_spec import ExitCode, UnicardError
from card_conformance import formats
from card_conformance.formats import Json
from card_conformance.junit import junit_xml

RESULTS_FILE = "results.json"
JUNIT_FILE = "junit.xml"


class ResultsThere(UnicardError):
    """The folder holds the results of an earlier run; found out before the card is touched."""

    exit_code = ExitCode.USAGE
    advice = "name another folder with --out: what a run has shown is evidence"


class NoOutputFolder(UnicardError):
    """The folder for the results cannot be written; found out before the card is touched."""

    exit_code = ExitCode.USAGE
    advice = "name a folder that can be written with --out"


@contextmanager
def output_folder(folder: Path) -> Iterator[None]:
    """Make the folder and try a file in it, before anything is done that would be lost.

    If the block fails, the folders that were made for it are gone again, unless something is in
    them. Raises NoOutputFolder, ResultsThere.
    """
    for name in (RESULTS_FILE, JUNIT_FILE):
        if (folder / name).exists():
            raise ResultsThere(f"{folder} holds the {name} of an earlier run")
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise NoOutputFolder(f"{folder} cannot be written: {error.strerror}") from error
        yield
    except BaseException:
        with suppress(OSError):
            for path in made:
                path.rmdir()
        raise


def write_results(folder: Path, results: Json) -> tuple[Path, Path]:
    """Write results and JUnit XML, and return their paths. Raises FileDamaged, NoOutputFolder."""
    formats.check(results, formats.RESULTS, "what the run produced")
    text = json.dumps(results, ensure_ascii=False, indent=1) + "\n"
    contents = {RESULTS_FILE: text.encode(), JUNIT_FILE: junit_xml(results)}
    for name, content in contents.items():
        _replace(folder / name, content)
    return folder / RESULTS_FILE, folder / JUNIT_FILE


def _replace(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(0o644)
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise NoOutputFolder(f"{path} cannot be written: {error.strerror}") from error
