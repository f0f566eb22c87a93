"""Makes the applet's CAP file with what the user supplies: ``python -m scripts.cap [check]``.

The converter of the SDK is called as it is; see docs/applet.md for why. ``check`` says only what is
missing. Exit code 0: ``build/unicard.cap`` is there; 1: it could not be made, and why.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from applet_spec import UnicardError, spec
from host_lib.load_file import LoadFile, read_load_file
from scripts.supplied import API_EXPORTS, GP_EXPORTS, JC_HOME, faults

PACKAGE = "unicard.application"
APPLET = f"{PACKAGE}.UnicardApplet"

_ROOT = Path(__file__).parents[1]
_COMPILED = Path("applet", "application", "target", "classes")
_GATE = Path("applet", "link", "target", "lib", "*")
_WORK = Path("build", "cap")
_CAP = Path("build", "unicard.cap")

_CLASS_VERSION = 51
"""Class files of Java 7: the newest that the converter of 3.0.5 reads."""
_JDKS = range(17, 20)


class CapNotMade(UnicardError):
    """There is no CAP file, and the message says what is missing or what was refused."""


def main(words: list[str]) -> int:
    """Make the CAP file, or say what is missing."""
    try:
        check()
        if words != ["check"]:
            _report(make())
    except UnicardError as error:
        print(f"No CAP file was made. {error.message}", file=sys.stderr)
        if error.advice:
            print(error.advice, file=sys.stderr)
        return 1
    return 0


def check() -> None:
    """Raise `CapNotMade` with everything that is missing at once."""
    found = [*_jdk_faults(), *faults(os.environ)]
    if found:
        raise CapNotMade(
            "This is missing:\n\n" + "\n\n".join(f"  * {fault}" for fault in found) + "\n",
            advice="docs/applet.md says more of what is needed and why. Then: make cap",
        )


def make() -> Path:
    """Convert the classes that the gate has read, and return the CAP file."""
    if not (_ROOT / _COMPILED).is_dir():
        raise CapNotMade(f"{_COMPILED} is not there.", advice="`make java` compiles the applet.")
    shutil.rmtree(_ROOT / _WORK, ignore_errors=True)
    (_ROOT / _CAP).unlink(missing_ok=True)
    classes = _copied_classes()
    _let_the_gate_read(classes)
    converted = _convert(classes)
    _compare_names(read_load_file(converted))
    shutil.copy(converted, _ROOT / _CAP)
    return _ROOT / _CAP


def _copied_classes() -> Path:
    """Return a folder with the applet's classes and nothing else, as the compiler wrote them."""
    target = _ROOT / _WORK / "classes"
    folder = Path(*PACKAGE.split("."))
    (target / folder).mkdir(parents=True)
    for file in sorted((_ROOT / _COMPILED / folder).glob("*.class")):
        if file.name == "package-info.class":  # holds a comment, and is no class for a converter
            continue
        version = int.from_bytes(file.read_bytes()[6:8], "big")
        if version != _CLASS_VERSION:
            raise CapNotMade(
                f"{file.name} is a class file of version {version}; converters of Java Card 3.0.5 "
                f"read those up to {_CLASS_VERSION} (Java 7).",
                advice="`make clean java` compiles it anew.",
            )
        shutil.copy(file, target / folder)
    return target


def _let_the_gate_read(classes: Path) -> None:
    """Raise `CapNotMade` unless the bytecode gate finds nothing in what is to be converted."""
    run = _java("-cp", str(_ROOT / _GATE), "unicard.gate.Main", str(classes))
    if run.returncode:
        raise CapNotMade(f"The bytecode gate does not let these classes through:\n{run.stdout}")


def _convert(classes: Path) -> Path:
    """Run the converter and return the CAP file that it wrote."""
    sdk, exports = Path(os.environ[JC_HOME]).resolve(), Path(os.environ[GP_EXPORTS]).resolve()
    output = _ROOT / _WORK / "out"
    output.mkdir()
    major, minor = spec().version
    aids = spec().aids
    run = _java(
        f"-Djc.home={sdk}",
        *("-cp", str(sdk / "lib" / "tools.jar"), "com.sun.javacard.converter.Main"),
        *("-classdir", str(classes), "-d", str(output)),
        *("-exportpath", os.pathsep.join((str(sdk / API_EXPORTS), str(exports)))),
        # SecureChannel is a shareable interface: without this the converter wants to generate and
        # compile a proxy class for it, which it cannot on the JDK that compiles the applet.
        "-useproxyclass",
        *("-out", "CAP", "-applet", _colons(aids.module), APPLET),
        *(PACKAGE, _colons(aids.package), f"{major}.{minor}"),
    )
    words = run.stdout + run.stderr
    (_ROOT / _WORK / "converter.log").write_text(words, encoding="utf-8")
    cap = output.joinpath(*PACKAGE.split("."), "javacard", "application.cap")
    if run.returncode or not cap.is_file():
        raise CapNotMade(f"The converter ended with {run.returncode} and said:\n{words}")
    return cap


def _compare_names(made: LoadFile) -> None:
    """Raise `CapNotMade` unless the CAP file has the contract's names."""
    aids, version = spec().aids, spec().version
    wanted = (aids.package, tuple(version), (aids.module,))
    if (made.package, made.version, made.modules) != wanted:
        modules = ", ".join(module.hex().upper() for module in made.modules)
        raise CapNotMade(
            f"The converter's file is package {made.package.hex().upper()} version "
            f"{made.version[0]}.{made.version[1]} with {modules}: not the contract's names."
        )


def _report(cap: Path) -> None:
    loaded = read_load_file(cap)
    digest = hashlib.sha256(loaded.code).hexdigest()
    print(f"{cap.relative_to(_ROOT)}: {len(loaded.code)} bytes to load, SHA-256 {digest}")
    print(f"Onto a card: unicard admin load {cap.relative_to(_ROOT)} (docs/applet.md)")


def _jdk_faults() -> list[str]:
    wanted = f"Wanted is a JDK of version {_JDKS[0]} to {_JDKS[-1]}: name it in JAVA_HOME."
    try:
        run = _java("-version")
    except OSError as error:
        return [f"{_program()} cannot be run: {error.strerror}. {wanted}"]
    version = re.search(r'version "(\d+)', run.stderr)
    if not version or int(version[1]) not in _JDKS:
        said = run.stderr.strip().partition("\n")[0] or "nothing"
        return [f"{_program()} -version says: {said}. {wanted}"]
    return []


def _program() -> str:
    home = os.environ.get("JAVA_HOME")
    return str(Path(home, "bin", "java")) if home else "java"


def _java(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_program(), *words], cwd=_ROOT, capture_output=True, text=True, check=False
    )


def _colons(aid: bytes) -> str:
    return ":".join(f"0x{byte:02X}" for byte in aid)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
