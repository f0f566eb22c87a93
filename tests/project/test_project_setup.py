"""Set-up: what is installed how, and what is said when it may not be."""

import re
import subprocess

from tests.support.tree import ROOT

LINE = "apt-get install --yes --no-install-recommends one two"


def shell(program: str) -> subprocess.CompletedProcess[str]:
    """Run a piece of shell after the functions of scripts/lib.sh."""
    command = ("bash", "-euc", f". scripts/lib.sh; {program}")
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_who_may_not_install_is_told_the_exact_line() -> None:
    run = shell("id() { echo 1000; }; may_sudo() { false; }; install_packages one two")
    assert run.returncode == 1
    assert f"    {LINE}\n" in run.stderr


def test_who_has_sudo_installs_with_it() -> None:
    run = shell(
        "id() { echo 1000; }; may_sudo() { true; }; sudo() { echo sudo $* >&3; }; "
        "exec 3>&1; install_packages one two"
    )
    assert run.returncode == 0
    assert run.stdout.startswith("sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install")
    assert run.stdout.endswith("one two\n")


def test_an_old_package_list_is_refreshed_once() -> None:
    run = shell(
        "id() { echo 0; }; fresh=no; "
        "apt_get() { echo $1; if [ $1 = update ]; then fresh=yes; fi; [ $fresh = yes ]; }; "
        "install_packages one two"
    )
    assert run.returncode == 0
    assert run.stdout.split() == ["install", "update", "install"]


def test_an_installation_that_fails_ends_with_the_line_to_try_by_hand() -> None:
    run = shell("id() { echo 0; }; apt_get() { false; }; install_packages one two")
    assert run.returncode == 1
    assert f"apt-get update && {LINE}\n" in run.stderr


def test_everything_is_installed_from_a_file_of_hashes() -> None:
    script = (ROOT / "scripts" / "setup.sh").read_text(encoding="utf-8")
    installs = re.findall(r"pip install (.*)", script)
    assert len(installs) == 3
    for words in installs:
        own = "--no-deps --no-build-isolation --editable ." in words
        assert own or "--require-hashes" in words
    assert "--no-build-isolation" in next(words for words in installs if "pcsc.txt" in words)


def test_a_demonstration_installs_wheels_only() -> None:
    script = (ROOT / "scripts" / "setup.sh").read_text(encoding="utf-8")
    (wheels,) = re.findall(r"install_wheels\(\) \{ (.*) \}", script)
    assert "--only-binary :all:" in wheels
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^demo:\n\t@scripts/setup\.sh core\n", makefile, re.MULTILINE)


def test_the_makefile_tells_of_each_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    told = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for target in set(phony.split()) - {"help"}:
        assert re.search(rf"\bmake {target}\b", told), target


def test_system_packages_are_two_lists() -> None:
    lists = [path.name for path in (ROOT / "scripts").iterdir() if path.suffix == ".txt"]
    assert sorted(lists) == ["java-packages.txt", "system-packages.txt"]
