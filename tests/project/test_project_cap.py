"""`make cap`: what it asks its user for, and what it tells the converter.

No Java Card SDK may be handed on, so a stand-in takes its place: it writes down how it was called
and answers with an invented CAP file. That a real converter takes the classes is not shown here.
"""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from applet_spec import spec
from tests.support.cap_files import cap_file, contents
from tests.support.java_cards import missing_for_java
from tests.support.tree import ROOT

CONVERTER = """
package com.sun.javacard.converter;

import java.nio.file.*;
import java.util.*;

public class Main {
    public static void main(String[] words) throws Exception {
        Path home = Path.of(System.getProperty("jc.home"));
        Files.write(home.resolve("called"), Arrays.asList(words));
        List<String> given = Arrays.asList(words);
        if (Files.exists(home.resolve("refuses"))) {
            System.err.println("error: unsupported class file format");
            System.exit(1);
        }
        Path out = Path.of(given.get(given.indexOf("-d") + 1), "unicard/application/javacard");
        Files.createDirectories(out);
        Files.copy(home.resolve("answer.cap"), out.resolve("application.cap"));
    }
}
"""

VERSION = """\
# tools
build=
converter.version=3.0.5
copyright.banner=Copyright (c) 1998, {year}, Oracle
"""


def export(
    name: str = "org/globalplatform",
    aid: str = "A00000015100",
    version: tuple[int, int] = (1, 6),
    form: tuple[int, int] = (2, 1),
) -> bytes:
    """An export file with nothing but its names: a text, a class, a number and the package."""
    text = b"\x01" + len(name).to_bytes(2, "big") + name.encode()
    others = bytes.fromhex("070000") + bytes.fromhex("0300000001")
    code = bytes.fromhex(aid)
    package = bytes((13, 0, 0, 0, version[1], version[0], len(code))) + code
    head = bytes.fromhex("00FACADE") + bytes((form[1], form[0], 0, 4))
    return head + text + others + package + bytes.fromhex("0003 00")


class Place:
    """A project with the scripts and the built applet, and what a user supplies."""

    def __init__(self, folder: Path, jdk: str) -> None:
        self.folder = folder
        self.sdk = folder / "java_card_kit"
        self.exports = folder / "exports"
        (folder / "scripts").mkdir(parents=True)
        for name in ("cap.py", "supplied.py"):
            shutil.copy(ROOT / "scripts" / name, folder / "scripts" / name)
        for package in ("java/lang", "javacard/framework", "javacard/security", "javacardx/crypto"):
            self.write(f"java_card_kit/api_export_files/{package}/javacard", package)
        self.write("exports/org/globalplatform/javacard", "globalplatform", export())
        self.environment = {
            "JC_HOME": str(self.sdk),
            "GP_EXPORTS": str(self.exports),
            "JAVA_HOME": jdk,
        }

    def write(self, folder: str, package: str, content: bytes = b"") -> None:
        target = self.folder / folder
        target.mkdir(parents=True, exist_ok=True)
        (target / f"{package.rpartition('/')[2]}.exp").write_bytes(content)

    def tools(self, year: int = 2018, converter: bytes = b"") -> None:
        (self.sdk / "lib").mkdir(exist_ok=True)
        with zipfile.ZipFile(self.sdk / "lib" / "tools.jar", "w") as jar:
            jar.writestr("com/sun/javacard/toolsversion.properties", VERSION.format(year=year))
            jar.writestr("com/sun/javacard/converter/Main.class", converter)

    def run(self, *words: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "scripts.cap", *words],
            cwd=self.folder,
            env={**os.environ, **self.environment, **changes},
            capture_output=True,
            text=True,
            check=False,
        )

    def complaint(self, **changes: str) -> str:
        run = self.run("check", **changes)
        assert (run.returncode, run.stdout) == (1, "")
        assert "Traceback" not in run.stderr
        return run.stderr


@pytest.fixture
def jdk() -> str:
    """The folder of a JDK that builds the applet."""
    where = "readlink -f $(PATH=$JAVA_HOME/bin:$PATH command -v javac)"
    find = f". {ROOT}/scripts/lib.sh; use_jdk; {where}"
    found = subprocess.run(["bash", "-c", find], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip("there is no JDK of version 17 to 19")
    return str(Path(found.stdout.strip()).parents[1])


@pytest.fixture
def place(tmp_path: Path, jdk: str) -> Place:
    place = Place(tmp_path / "project", jdk)
    place.tools()
    return place


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The stand-in for the converter, compiled."""
    if missing := missing_for_java():
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("converter")
    (folder / "Main.java").write_text(CONVERTER)
    line = f". {ROOT}/scripts/lib.sh; use_jdk; ${{JAVA_HOME:+$JAVA_HOME/bin/}}javac -d . Main.java"
    subprocess.run(["bash", "-euc", line], cwd=folder, check=True)
    return (folder / "com/sun/javacard/converter/Main.class").read_bytes()


@pytest.fixture
def complete(place: Place, compiled: bytes) -> Place:
    """A place in which nothing is missing."""
    place.tools(converter=compiled)
    (place.folder / "applet").symlink_to(ROOT / "applet")
    aids = spec().aids
    parts = contents(aids.package, (aids.module,))
    parts[1] = parts[1][:7] + bytes(reversed(spec().version)) + parts[1][9:]
    (place.sdk / "answer.cap").write_bytes(cap_file(parts, "unicard/application"))
    return place


def test_a_cap_file_is_made_of_the_classes_that_the_gate_has_read(complete: Place) -> None:
    run = complete.run()
    assert run.returncode == 0, run.stderr
    assert (complete.folder / "build" / "unicard.cap").read_bytes() == (
        complete.sdk / "answer.cap"
    ).read_bytes()
    assert "unicard admin load build/unicard.cap" in run.stdout

    called = (complete.sdk / "called").read_text().splitlines()
    classes = Path(called[called.index("-classdir") + 1])
    assert called == [
        *("-classdir", str(complete.folder / "build/cap/classes")),
        *("-d", str(complete.folder / "build/cap/out")),
        *("-exportpath", f"{complete.sdk / 'api_export_files'}:{complete.exports}"),
        *("-useproxyclass", "-out", "CAP"),
        *("-applet", "0xF0:0x55:0x4E:0x49:0x43:0x41:0x52:0x44:0x01:0x01"),
        *("unicard.application.UnicardApplet", "unicard.application"),
        *("0xF0:0x55:0x4E:0x49:0x43:0x41:0x52:0x44:0x01", "1.0"),
    ]
    compiled = ROOT / "applet/application/target/classes/unicard/application"
    given = {file.name: file.read_bytes() for file in classes.rglob("*.class")}
    assert given == {
        file.name: file.read_bytes()
        for file in compiled.glob("*.class")
        if file.name != "package-info.class"
    }
    assert {content[4:8] for content in given.values()} == {bytes((0, 0, 0, 51))}


def test_what_the_gate_does_not_let_through_is_not_converted(complete: Place, jdk: str) -> None:
    _own_classes(complete, jdk, "static String word;")
    run = complete.run()
    assert run.returncode == 1
    assert "bytecode gate" in run.stderr
    assert not (complete.sdk / "called").exists()


def test_classes_of_a_newer_java_are_not_converted(complete: Place, jdk: str) -> None:
    _own_classes(complete, jdk, "", release="8")
    run = complete.run()
    assert run.returncode == 1
    assert "UnicardApplet.class is a class file of version 52" in run.stderr
    assert not (complete.sdk / "called").exists()


def _own_classes(place: Place, jdk: str, member: str, release: str = "7") -> None:
    """Let the project's applet be one class with a member."""
    (place.folder / "applet").unlink()
    target = place.folder / "applet" / "application" / "target" / "classes"
    target.mkdir(parents=True)
    (place.folder / "applet" / "link").symlink_to(ROOT / "applet" / "link")
    source = place.folder / "UnicardApplet.java"
    source.write_text(f"package unicard.application; class UnicardApplet {{ {member} }}")
    javac = [f"{jdk}/bin/javac", "--release", release, "-Xlint:-options", "-d", str(target)]
    subprocess.run([*javac, str(source)], check=True)


def test_a_converter_that_refuses_is_quoted_and_leaves_no_file(complete: Place) -> None:
    (complete.folder / "build").mkdir()
    (complete.folder / "build" / "unicard.cap").write_text("of yesterday")
    (complete.sdk / "refuses").touch()
    run = complete.run()
    assert run.returncode == 1
    assert "unsupported class file format" in run.stderr
    assert not (complete.folder / "build" / "unicard.cap").exists()


def test_a_file_with_other_names_than_the_contract_s_is_not_handed_on(complete: Place) -> None:
    (complete.sdk / "answer.cap").write_bytes(cap_file())
    run = complete.run()
    assert run.returncode == 1
    assert "not the contract's names" in run.stderr
    assert not (complete.folder / "build" / "unicard.cap").exists()


def test_the_page_names_every_class_and_the_contract_s_aids() -> None:
    page = (ROOT / "docs" / "applet.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"^\| class \| what it is for \|\n((?:\|.*\n)+)", page, re.MULTILINE)
    named = [
        name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])
    ]
    sources = (ROOT / "applet/application/src/main/java/unicard/application").glob("*.java")
    assert sorted(named) == sorted(file.stem for file in sources if file.stem != "package-info")
    aids = {aid.hex().upper() for aid in (spec().aids.package, spec().aids.module)}
    assert set(re.findall(r"`(F0554E\w+)`", page)) == aids


def test_everything_that_is_missing_is_said_at_once(place: Place) -> None:
    said = place.complaint(JC_HOME="", GP_EXPORTS="", JAVA_HOME=str(place.folder))
    for words in (
        "JC_HOME is not set",
        "3.0.5u3",
        "GP_EXPORTS is not set",
        "bin/java cannot be run",
    ):
        assert words in said


def test_a_folder_that_is_no_sdk_is_named_with_what_it_holds(place: Place) -> None:
    said = place.complaint(JC_HOME=str(place.exports))
    assert (
        f"JC_HOME={place.exports} is no Java Card SDK, lib/tools.jar is missing: it holds org"
        in said
    )
    assert "there is no such folder" in place.complaint(JC_HOME=str(place.folder / "nowhere"))
    assert "it is a file; unpack it" in place.complaint(JC_HOME=str(place.sdk / "lib/tools.jar"))
    said = place.complaint(JC_HOME=str(place.folder))
    assert f"Perhaps you mean JC_HOME={place.sdk}" in said


def test_an_sdk_of_another_version_or_without_its_parts_is_refused(place: Place) -> None:
    place.tools(year=2015)
    assert "is of version 3.0.5, of 2015. Wanted is 3.0.5u3 or 3.0.5u4" in place.complaint()
    place.tools()
    missing = place.sdk / "api_export_files" / "javacardx" / "crypto" / "javacard" / "crypto.exp"
    missing.unlink()
    assert "lacks the export file api_export_files/javacardx/crypto" in place.complaint()
    with zipfile.ZipFile(place.sdk / "lib" / "tools.jar", "w"):
        pass
    assert "holds no converter" in place.complaint()
    (place.sdk / "lib" / "tools.jar").write_text("nothing")
    assert "cannot be read" in place.complaint()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"nothing", "is no export file: it does not begin with 00FACADE"),
        (export()[:20], "is no export file"),
        (export(name="visa/openplatform"), "is of visa/openplatform 1.6"),
        (export(aid="A000000003000000"), "AID A000000003000000. Wanted is org/globalplatform"),
        (export(version=(2, 0)), "is of org/globalplatform 2.0"),
        (export(form=(2, 3)), "format 2.3, which came with Java Card 3.1"),
    ],
)
def test_export_files_of_something_else_are_refused(
    content: bytes, words: str, place: Place
) -> None:
    place.write("exports/org/globalplatform/javacard", "globalplatform", content)
    assert words in place.complaint()


def test_missing_export_files_are_named_and_looked_for_below(place: Place) -> None:
    said = place.complaint(GP_EXPORTS=str(place.sdk))
    assert "does not hold org/globalplatform/javacard/globalplatform.exp" in said
    said = place.complaint(GP_EXPORTS=str(place.folder))
    assert f"Perhaps you mean GP_EXPORTS={place.exports}" in said


def test_a_jdk_that_is_too_new_is_named_with_what_it_says(place: Place) -> None:
    java = place.folder / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"21.0.2\" 2024-01-16' >&2\n")
    java.chmod(0o755)
    said = place.complaint(JAVA_HOME=str(place.folder))
    assert 'java -version says: openjdk version "21.0.2" 2024-01-16' in said
    assert "JDK of version 17 to 19" in said
