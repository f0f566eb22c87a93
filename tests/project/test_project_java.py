"""Set-up of the Java card: which tools it needs, what is built when, which libraries are taken."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.tree import ROOT

MAVEN = """#!/bin/sh
echo "$*" >>"$TREE/calls"
mkdir -p "$TREE/applet/link/target/lib"
cp "$TREE"/libraries/* "$TREE/applet/link/target/lib/"
cat "$TREE/log" 2>/dev/null
exit $(cat "$TREE/fails" 2>/dev/null || echo 0)
"""

LOG = """\
[INFO] --- maven-surefire-plugin:3.5.2:test (default-test) @ unicard-runtime ---
[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s -- in unicard.A
[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0
[INFO] --- maven-surefire-plugin:3.5.2:test (default-test) @ unicard-link ---
[WARNING] Tests run: 5, Failures: 0, Errors: 0, Skipped: {skipped}
"""


class Tree:
    """A project of nothing but the scripts, with a Maven that does as it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("scripts", "applet", "libraries", "bin"):
            (folder / name).mkdir()
        for name in ("java.sh", "lib.sh", "java-packages.txt"):
            shutil.copy(ROOT / "scripts" / name, folder / "scripts" / name)
        (folder / "applet" / "pom.xml").write_text("<project/>")
        (folder / "bin" / "mvn").write_text(MAVEN)
        (folder / "bin" / "mvn").chmod(0o755)
        for name in ("asm-1.jar", "unicard-link-1.jar"):
            (folder / "libraries" / name).write_text(name)
        digest = hashlib.sha256(b"asm-1.jar").hexdigest()
        (folder / "applet" / "artifacts.sha256").write_text(f"{digest}  asm-1.jar\n")

    def run(
        self, word: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        changed = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "TREE": str(self.folder),
            "CI": "",
        }
        return subprocess.run(
            [self.folder / "scripts" / "java.sh", word],
            env={**os.environ, **changed, **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def builds(self) -> int:
        return len((self.folder / "calls").read_text().splitlines())


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_the_java_card_is_built_once_for_each_content(tree: Tree) -> None:
    for builds in (1, 2):
        for _ in range(2):
            assert tree.run("build").returncode == 0
            assert tree.builds == builds
            assert tree.run("hint").stderr == ""
        (tree.folder / "applet" / f"More{builds}.java").touch()
        assert "make java" in tree.run("hint").stderr
    shutil.rmtree(tree.folder / "applet" / "link")
    tree.run("build")
    assert tree.builds == 3


def test_a_source_that_is_not_what_the_contract_says_fails_the_build_however_fresh(
    tree: Tree,
) -> None:
    assert tree.run("build").returncode == 0
    for name in ("python", "unicard"):
        file = tree.folder / ".venv" / "bin" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('#!/bin/sh\n[ "$*" = "-m cli spec java --check" ] && ! echo "stale" >&2\n')
        file.chmod(0o755)
    run = tree.run("build")
    assert run.returncode == 1
    assert run.stderr == "stale\nSo the Java card is not built.\n"


def test_two_builds_at_once_wait_for_each_other(tree: Tree) -> None:
    (tree.folder / "bin" / "mvn").write_text(f"#!/bin/sh\nsleep 1\n{MAVEN}")
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(tree.run, ("build", "build")))
    assert [run.returncode for run in runs] == [0, 0]
    assert tree.builds == 1
    assert sum("Waiting for another build" in run.stderr for run in runs) == 1


def test_a_library_with_another_hash_is_not_taken(tree: Tree) -> None:
    (tree.folder / "libraries" / "asm-1.jar").write_text("something else")
    run = tree.run("build")
    assert run.returncode == 1
    assert "asm-1.jar: FAILED" in run.stderr
    tree.run("build")
    assert tree.builds == 2


def test_a_library_that_nobody_asked_for_is_not_taken(tree: Tree) -> None:
    (tree.folder / "libraries" / "other-1.jar").touch()
    run = tree.run("build")
    assert run.returncode == 1
    assert "other-1.jar" in run.stderr
    assert tree.run("accept").returncode == 0
    assert tree.run("build").returncode == 0


def test_a_library_that_is_not_there_is_noticed(tree: Tree) -> None:
    (tree.folder / "libraries" / "asm-1.jar").unlink()
    assert tree.run("build").returncode == 1


@pytest.mark.parametrize("word", ["build", "test"])
def test_a_maven_that_fails_is_told_with_its_reasons(tree: Tree, word: str) -> None:
    (tree.folder / "log").write_text("[INFO] chatter\n[WARNING] unused\n[ERROR] no symbol\n")
    (tree.folder / "fails").write_text("1")
    run = tree.run(word)
    assert run.returncode == 1
    assert run.stderr.startswith("Building" * (word == "build"))
    assert "[WARNING] unused\n[ERROR] no symbol\n" in run.stderr
    assert "chatter" not in run.stderr


def test_each_modules_tests_are_told_in_one_line(tree: Tree) -> None:
    (tree.folder / "log").write_text(LOG.format(skipped=0))
    told = tree.run("test", {"CI": "true"})
    assert told.returncode == 0
    assert told.stdout == (
        "unicard-runtime: Tests run: 3, Failures: 0, Errors: 0, Skipped: 0\n"
        "unicard-link: Tests run: 5, Failures: 0, Errors: 0, Skipped: 0\n"
    )


def test_under_ci_a_skipped_test_of_java_is_a_failure(tree: Tree) -> None:
    (tree.folder / "log").write_text(LOG.format(skipped=1))
    assert tree.run("test").returncode == 0
    assert tree.run("test", {"CI": "true"}).returncode == 1


def tool(folder: Path, name: str, says: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho {says}\n")
    (folder / name).chmod(0o755)


def missing(tmp_path: Path, javac: str | None, *, maven: bool) -> list[str]:
    """Return which packages are wanted where these tools, and no others, are on the PATH."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sed", "grep"):
        found = shutil.which(name)
        assert found
        (tools / name).symlink_to(found)
    for name, says in (("javac", javac), ("mvn", "maven" if maven else None)):
        if says is not None:
            tool(tools, name, says)
    bash = shutil.which("bash")
    assert bash
    return subprocess.run(
        [bash, "-euc", f". scripts/lib.sh; jvms={tmp_path}/jvm; missing_for_java"],
        cwd=ROOT,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


@pytest.mark.parametrize(
    ("javac", "maven", "wanted"),
    [
        ("javac 17.0.15", True, []),
        ("javac 18", True, []),
        ("javac 19-ea", False, ["maven"]),
        ("javac 21", True, ["openjdk-17-jdk-headless"]),
        ("javac 11.0.20", True, ["openjdk-17-jdk-headless"]),
        ("javac 1.8.0_402", True, ["openjdk-17-jdk-headless"]),
        (None, False, ["openjdk-17-jdk-headless", "maven"]),
    ],
)
def test_what_is_there_from_elsewhere_is_not_installed(
    tmp_path: Path, javac: str | None, maven: bool, wanted: list[str]
) -> None:
    assert missing(tmp_path, javac, maven=maven) == wanted


def test_an_older_jdk_beside_the_one_on_the_path_is_used(tmp_path: Path) -> None:
    tool(tmp_path / "jvm" / "java-17" / "bin", "javac", "javac 17.0.15")
    assert missing(tmp_path, "javac 21", maven=True) == []


def test_maven_has_no_wrapper_and_its_files_no_addresses() -> None:
    poms = list((ROOT / "applet").glob("**/pom.xml"))
    assert poms
    for pom in poms:
        addresses = re.findall(r"https?://[^\"<\s]+", pom.read_text(encoding="utf-8"))
        assert all("maven.apache.org" in one or "w3.org" in one for one in addresses), pom
        assert "<repositor" not in pom.read_text(encoding="utf-8")
    assert not list((ROOT / "applet").glob("**/mvnw*"))
    assert not (ROOT / "applet" / ".mvn").exists()


def test_every_library_of_the_java_card_has_one_hash() -> None:
    lines = (ROOT / "applet" / "artifacts.sha256").read_text().splitlines()
    named = [re.fullmatch(r"[0-9a-f]{64}  ([a-z-]+-[0-9.]+\.jar)", line) for line in lines]
    assert all(named)
    assert len({match[1] for match in named if match}) == len(lines) >= 5
