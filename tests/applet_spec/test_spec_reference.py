"""The APDU reference says all that the contract says, and its pages are never stale."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from applet_spec import spec
from applet_spec.loader import read_data
from applet_spec.reference import pages, render
from applet_spec.sections.markdown import anchor, table
from applet_spec.sections.requirements import TITLES

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
PAGES = pages()
APDU = PAGES["apdu.md"]
DRAFT = "**draft**"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_in_docs_is_what_the_contract_says(name: str) -> None:
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert written == PAGES[name], "stale: run `unicard spec docs`"


def test_every_command_has_its_section() -> None:
    headings = re.findall(r"^### (.+)$", APDU, re.MULTILINE)
    assert set(spec().commands) <= set(headings)
    assert {f"Card manager {name}" for name in spec().card_manager} <= set(headings)


def sections_of(text: str) -> dict[str, str]:
    """Return the text under each heading of level 2 or 3."""
    parts = re.split(r"^##+ (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


SECTIONS = sections_of(APDU)


@pytest.mark.parametrize("name", [c.name for c in spec().commands.values() if c.draft])
def test_a_draft_command_is_marked_in_its_section_and_in_the_overview(name: str) -> None:
    found = SECTIONS
    assert DRAFT in found[name]
    assert f"[{name}](#{anchor(name)}) ({DRAFT})" in found["Commands of the application"]


@pytest.mark.parametrize("name", [c.name for c in spec().commands.values() if not c.draft])
def test_a_command_that_cards_have_is_not_marked_as_draft(name: str) -> None:
    assert DRAFT not in SECTIONS[name]


def test_every_other_draft_is_marked() -> None:
    contract, text = spec(), APDU
    for dgi in contract.dgis.values():
        assert (f"| {dgi.name} ({DRAFT}) |" in text) == dgi.draft
    for keys in contract.key_ranges.values():
        assert (f"| {keys.name} ({DRAFT}) |" in text) == keys.draft
    for derivation in contract.derivations.values():
        section = SECTIONS[f"{derivation.name}: {derivation.purpose}"]
        assert (DRAFT in section) == derivation.draft
    rows = PAGES["requirements.md"].splitlines()
    for requirement in contract.requirements.values():
        row = next(line for line in rows if f"</a>{requirement.id} |" in line)
        assert (DRAFT in row) == requirement.draft


@pytest.mark.parametrize("name", [*spec().commands, *spec().card_manager])
def test_a_section_has_every_status_word_that_is_the_commands_own(name: str) -> None:
    for target, heading in ((spec().commands, name), (spec().card_manager, f"Card manager {name}")):
        command = target.get(name)
        if command is None or command.draft:
            continue
        common = {word["sw"] for word in read_data("status_words")["common"]}
        for word in command.status:
            if word.pattern not in common:
                assert f"| `{word.pattern}` | {word.name}: {word.meaning} |" in SECTIONS[heading]


def test_every_object_dgi_vector_and_limit_is_there() -> None:
    text = APDU
    for entry in read_data("objects")["objects"]:
        assert re.search(rf"^\| `{entry['tag']}`.* \| {entry['name']} \|", text, re.MULTILINE)
    for entry in read_data("dgis")["dgis"]:
        assert re.search(rf"^\| `{entry['tag']}`.* \| {entry['name']} ", text, re.MULTILINE)
    for derivation in spec().derivations.values():
        for vector in derivation.vectors:
            assert vector.key.hex().upper() in text
    for limit in spec().limits.values():
        assert f"\n| {limit} | " in text


def test_every_requirement_has_a_row_and_every_link_to_one_leads_there() -> None:
    text = PAGES["requirements.md"]
    for name, requirement in spec().requirements.items():
        assert f'<a id="{name.lower()}"></a>{name} | {requirement.text}' in text
    for target in re.findall(r"requirements\.md#([a-z]+-[0-9]+)", APDU):
        assert f'<a id="{target}"></a>' in text


def test_every_group_of_requirements_has_a_title_in_words() -> None:
    letters = {name.partition("-")[0] for name in spec().requirements}
    assert letters == set(TITLES)


def test_an_object_that_the_card_makes_itself_says_so() -> None:
    for entry in read_data("objects")["objects"]:
        row = next(line for line in APDU.splitlines() if line.startswith(f"| `{entry['tag']}`"))
        assert ("made by the card" in row) == entry.get("computed", False)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_within_the_reference_leads_to_a_heading(page: str) -> None:
    anchors = {
        name: {anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
        for name, text in PAGES.items()
    }
    for target, place in re.findall(r"\]\((\w*(?:\.md)?)#([^)]+)\)", PAGES[page]):
        if not re.fullmatch(r"[a-z]{2,3}-[0-9]{2}", place):
            assert place in anchors[target or page]


def test_the_example_follows_the_contract() -> None:
    def read_other(name: str) -> dict[str, Any]:
        content = copy.deepcopy(read_data(name))
        if name == "card":
            content["aids"]["instance"] = "F0112233445566"
            content["limits"]["pin_tries"] = 5
        return content

    text = render(read_other)
    assert "> 00 A4 04 00 07 F0112233445566 00" in text
    assert "< 6F1B8407F0112233445566A51080020100" in text
    assert "< 63C4 " in text


def test_a_bar_in_a_cell_does_not_split_it() -> None:
    assert table(["a"], [["x || y"]]).splitlines()[-1] == r"| x \|\| y |"


def test_a_column_that_says_nothing_is_left_out() -> None:
    assert table(["a", "b"], [["x", ""], ["y", ""]]).splitlines()[0] == "| a |"


def test_the_page_of_rights_says_of_acts_that_a_role_may_why_they_are_refused() -> None:
    by_state = sections_of(PAGES["rights.md"])["By state"]
    (above_the_limit,) = re.findall(r"^\| debit \d+ of wallet and .*$", by_state, re.MULTILINE)
    assert above_the_limit.split(" | ")[2] == "`9403`"
