"""What the files of the project may hold and what they must."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.tree import PACKAGES, ROOT, project_files


def spelled(text: str) -> str:
    """Return ``text`` without its gaps; written so, this file does not hold what it forbids."""
    return text.replace("~", "")


FORBIDDEN = {
    "a path of one machine": spelled(r"(?<![\w.])/(?:ho~me|ro~ot|Us~ers|wo~rk)/\w"),
    "a package registry's host": spelled(
        r"py~pi\.org|python~hosted\.org|crates~\.io|repo1?\.maven~\.|npm~js\.|proxy\.go~lang\."
    ),
    "a private key": spelled("-----BE~GIN [A-Z ]*PRIVATE KEY-----"),
}


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in project_files()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if re.search(FORBIDDEN[what], line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a path of one machine", "see /ho~me/someone/x"),
        ("a package registry's host", "https://py~pi.org/simple"),
        ("a private key", "-----BE~GIN EC PRIVATE KEY-----"),
    ],
)
def test_the_search_notices(what: str, text: str) -> None:
    assert re.search(FORBIDDEN[what], spelled(text))


def test_lock_files_carry_hashes_and_no_addresses() -> None:
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert [lock.stem for lock in locks] == ["core", "lock", "pcsc", "test"]
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        pins = re.findall(r"^[a-z0-9-]+==\S+", text, re.MULTILINE)
        assert pins
        assert text.count("==") - text.count("python_version ==") >= len(pins)
        for block in re.split(r"\n(?=\S)", text):
            if not block.startswith("#"):
                assert "--hash=sha256:" in block, block.splitlines()[0]
        assert "://" not in text
        assert "--index" not in text
        assert "--find-links" not in text


def test_what_a_demonstration_needs_comes_without_the_reader_stack() -> None:
    assert "pyscard" not in (ROOT / "requirements" / "core.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("package", PACKAGES)
def test_each_room_says_what_lives_there_and_is_typed(package: str) -> None:
    folder = ROOT / package
    assert (folder / "py.typed").exists()
    for init in folder.rglob("__init__.py"):
        docstring = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8")))
        assert docstring, f"{init.relative_to(ROOT)} does not say what lives there"
    assert len(ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or "") > 60


def test_test_modules_have_names_of_their_own() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(set(names)) == sorted(names)
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def anchors(markdown: str) -> set[str]:
    """Return the anchors that a forge gives to the headings of a Markdown text, and its own."""
    headings = re.findall(r"^#+ +(.+?) *#*$", markdown, re.MULTILINE)
    named = set(re.findall(r"<a id=\"([^\"]+)\">", markdown))
    return named | {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in headings}


def broken_links(document: Path, root: Path = ROOT) -> list[str]:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        if not target.exists() or (
            anchor and anchor not in anchors(target.read_text(encoding="utf-8"))
        ):
            broken.append(f"{document.relative_to(root)}: {link}")
    return broken


def test_a_link_to_no_file_and_one_to_no_heading_are_noticed(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text("# Some `code` here\n[1](a.md#some-code-here) [2](b.md) [3](#nothing)")
    assert broken_links(document, tmp_path) == ["a.md: b.md", "a.md: #nothing"]


def test_links_between_documents_lead_somewhere() -> None:
    documents = [path for path in project_files() if path.suffix == ".md"]
    assert documents
    assert [link for document in documents for link in broken_links(document)] == []


def test_scripts_can_be_run_and_parsed() -> None:
    scripts = [*(ROOT / "scripts").glob("*.sh"), ROOT / ".ci" / "run"]
    for script in scripts:
        subprocess.run(["bash", "-n", str(script)], check=True)
        assert script.name == "lib.sh" or script.stat().st_mode & 0o111
