"""The files of the project, as tests about the project see them."""

import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]

PACKAGES = (
    "applet_spec",
    "card_administration",
    "card_conformance",
    "card_simulator",
    "host_lib",
    "java_card",
    "keys_tool",
    "personalization",
    "unicard_console",
)


@functools.cache
def project_files() -> tuple[Path, ...]:
    """Return the files that are in the repository or about to be: all that it does not ignore."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    names = sorted({name for name in listing.decode().split("\0") if name})
    return tuple(path for name in names if (path := ROOT / name).is_file())
