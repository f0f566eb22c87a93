"""Where the built card runtime and a Java to run it are."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from host_lib.errors import ReaderError

BUILD_VARIABLE = "UNICARD_JAVA_CARD"
"""Names another folder with a build than the one of this checkout."""

_CHECKOUT = Path(__file__).parents[1]
_BUILD = Path("applet", "link", "target")
_MAIN_JAR = "unicard-link-*.jar"


class JavaCardMissing(ReaderError):
    """The Java card cannot be started here: it is not built, or there is no Java."""

    advice = "`make java` in a checkout of the project installs or names what it needs, and builds"


@dataclass(frozen=True)
class Runtime:
    """What starts a card: the program ``java`` and the class path."""

    java: Path
    class_path: tuple[Path, ...]


def find_runtime() -> Runtime:
    """Return what starts a card here. Raises JavaCardMissing."""
    java = _find_java()
    return Runtime(java, _find_classes())


def _find_java() -> Path:
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home, "bin"))) if home else None
    found = found or shutil.which("java")
    if found is None:
        raise JavaCardMissing("the Java card needs a Java of version 17 or newer, and none is here")
    return Path(found)


def _find_classes() -> tuple[Path, ...]:
    named = os.environ.get(BUILD_VARIABLE)
    folder = Path(named) if named else _CHECKOUT / _BUILD
    jars = sorted(folder.glob(_MAIN_JAR))
    if len(jars) != 1:
        where = f"{folder} (named by {BUILD_VARIABLE})" if named else str(_BUILD)
        raise JavaCardMissing(f"the Java card is not built: {where} does not hold {_MAIN_JAR}")
    return (*jars, *sorted((folder / "lib").glob("*.jar")))
