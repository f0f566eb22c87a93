"""`unicard spec` checks, writes and looks up, for people and as JSON."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import applet_spec.check
from applet_spec import spec
from applet_spec.lookup import Meaning, NotInSpecError, StatusName, look_up, names
from applet_spec.reference import pages
from applet_spec.shown import shown
from applet_spec.transaction_model import WRONG_DESIGNS, told
from cli import main


@pytest.fixture
def unicard(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str) -> tuple[int, str, str]:
        code = main(["spec", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_check_says_that_the_contract_holds_together(unicard: Any) -> None:
    assert unicard("check") == (0, "The contract's files hold together.\n", "")


def test_check_lists_findings_and_ends_with_1(
    unicard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = applet_spec.check.Finding("a.json", "place", "It is wrong.")
    monkeypatch.setattr(applet_spec.check, "check", lambda: [finding])
    assert unicard("check") == (1, "a.json, place: It is wrong.\n", "")
    code, text, _ = unicard("check", "--json")
    assert code == 1
    assert json.loads(text) == {
        "findings": [{"file": "a.json", "place": "place", "what": "It is wrong."}]
    }


def test_docs_writes_every_page_and_then_finds_them_up_to_date(
    unicard: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "folder"
    code, text, _ = unicard("docs", "--output", str(folder), "--json")
    assert code == 0
    assert json.loads(text) == {"written": [str(folder / name) for name in pages()]}
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == pages()
    assert unicard("docs", "--output", str(folder), "--check")[0] == 0
    assert json.loads(unicard("docs", "--output", str(folder), "--json")[1]) == {"written": []}


def test_docs_check_names_the_stale_page_and_writes_nothing(unicard: Any, tmp_path: Path) -> None:
    unicard("docs", "--output", str(tmp_path))
    page = tmp_path / "apdu.md"
    page.write_text("old", encoding="utf-8")
    code, text, said = unicard("docs", "--output", str(tmp_path), "--check")
    assert (code, text) == (1, "")
    assert f"{page}" in said
    assert f"unicard spec docs --output {tmp_path}" in said
    assert page.read_text(encoding="utf-8") == "old"


def test_docs_into_a_place_that_cannot_be_a_folder_is_an_error_with_advice(
    unicard: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, _, said = unicard("docs", "--output", str(tmp_path / "file" / "folder"))
    assert code == 1
    assert "cannot be written" in said
    assert "--output" in said


def test_show_says_what_a_status_word_means_for_one_command(unicard: Any) -> None:
    code, text, _ = unicard("show", "6985", "--command", "verify", "--json")
    (found,) = json.loads(text)["found"]
    word = spec().commands["VERIFY"].meaning(0x6985)
    assert word is not None
    assert code == 0
    assert found["meaning"] == word.meaning
    assert found["advice"] == word.advice
    assert found["requirement_text"] == spec().requirements[word.requirement].text


def test_show_takes_a_counter_for_its_pattern(unicard: Any) -> None:
    _, text, _ = unicard("show", "63c2", "--json")
    assert {entry["sw"] for entry in json.loads(text)["found"]} == {"63Cx"}


def test_show_takes_a_name_of_several_words_without_quotes(unicard: Any) -> None:
    assert unicard("show", "get", "data", "part") == unicard("show", "GET DATA PART")


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("CARD_LOCKED", ["state of the card"]),
        ("terminated", ["state", "state of the card"]),
        ("jcop4", ["card profile"]),
        ("VERIFY", ["command of the application"]),
        ("0020", ["command of the application"]),
        ("select", ["command of the application", "command of the card manager"]),
        ("df51", ["data object"]),
        ("Card Serial", ["data object"]),
        ("card certificate", ["data object", "DGI"]),
        ("0101", ["DGI"]),
        ("pin-01", ["requirement"]),
        ("suspended", ["state"]),
        ("merchant", ["role"]),
        ("wallet", ["service"]),
        ("role slot a", ["key set"]),
        ("6988", ["status word"]),
    ],
)
def test_show_finds_things_by_name_tag_and_number(
    name: str, kinds: list[str], unicard: Any
) -> None:
    code, text, _ = unicard("show", name, "--json")
    assert code == 0
    assert [entry["kind"] for entry in json.loads(text)["found"]] == kinds


def test_whatever_completion_offers_can_be_shown() -> None:
    for name in names(spec()):
        found = look_up(spec(), name)
        assert found, name
        for facts in (shown(spec(), entry) for entry in found):
            assert facts["kind"], name
            assert facts["name"], name


def test_show_for_people_has_the_same_facts(unicard: Any) -> None:
    _, text, _ = unicard("show", "DF53")
    for fact in ("holder flags", "DF53", "01 finger-exempt", "issuer, pin, role", "0104"):
        assert fact in text


def test_show_says_that_the_card_makes_an_object_itself(unicard: Any) -> None:
    (found,) = json.loads(unicard("show", "DF55", "--json")[1])["found"]
    assert (found["computed"], found["filled_by"]) == (True, [])


def test_show_of_a_role_numbered_zero_has_its_number(unicard: Any) -> None:
    assert ["number", "0"] in [line.split() for line in unicard("show", "LOAD")[1].splitlines()]


def test_a_word_in_several_commands_is_shown_as_one_table(unicard: Any) -> None:
    lines = unicard("show", "6983")[1].splitlines()
    assert [line.split()[0] for line in lines if "tries are left" in line] == ["VERIFY", "CHANGE"]


def test_show_of_an_unknown_name_offers_a_near_one(unicard: Any) -> None:
    code, text, said = unicard("show", "VERFY")
    assert (code, text) == (2, "")
    assert "Did you mean VERIFY?" in said


def test_a_word_that_a_command_does_not_have_is_an_error_with_advice() -> None:
    with pytest.raises(NotInSpecError, match="VERIFY has no status word 6A84") as caught:
        look_up(spec(), "6A84", "VERIFY")
    assert "spec show VERIFY" in caught.value.advice


def test_an_unknown_command_is_an_error() -> None:
    with pytest.raises(NotInSpecError, match="nothing called VERFY"):
        look_up(spec(), "6985", "verfy")


def test_a_status_word_alone_gives_its_name_and_each_commands_meaning() -> None:
    name, *meanings = look_up(spec(), "9000")
    assert name == StatusName("9000", "success")
    answered = {entry.command.name for entry in meanings if isinstance(entry, Meaning)}
    assert "VERIFY" in answered
    assert "PERFORM TRANSACTION" in answered
    assert "VERIFY FINGER" not in answered, "a draft"


@pytest.mark.parametrize("words", ["spec --help", "spec show VERIFY --json"])
def test_looking_something_up_does_not_load_what_only_the_check_needs(words: str) -> None:
    script = (
        "import sys, cli\n"
        f"cli.main({words.split()!r})\n"
        "print([name for name in ('jsonschema', 'cryptography') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_java_writes_the_sources_and_then_finds_them_up_to_date(
    unicard: Any, tmp_path: Path
) -> None:
    from applet_spec.java_sources import sources

    code, text, _ = unicard("java", "--output", str(tmp_path), "--json")
    assert code == 0
    assert json.loads(text) == {"written": [str(tmp_path / path) for path in sources()]}
    assert unicard("java", "--output", str(tmp_path), "--check")[0] == 0
    next(tmp_path.rglob("*.java")).write_text("old", encoding="utf-8")
    code, _, said = unicard("java", "--output", str(tmp_path), "--check")
    assert code == 1
    assert f"unicard spec java --output {tmp_path}" in said


def test_model_shows_worlds_events_and_the_counterexample_of_each_wrong_design(
    unicard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "WRONG_DESIGNS", WRONG_DESIGNS[:2])
    code, text, _ = unicard("model", "--depth", "6")
    assert code == 0
    assert "Every invariant holds." in text
    assert "event: reverse" in text
    assert "no stored answer: violates *every terminal learns the truth*" in text
    assert "terminal A: query; violated: every terminal learns the truth" in text


def test_model_as_json_says_what_was_enumerated(unicard: Any) -> None:
    code, text, _ = unicard("model", "--depth", "1", "--json")
    found = json.loads(text)
    assert code == 0
    assert (found["depth"], found["whole"], found["counterexample"]) == (1, False, [])
    assert "event: query" in found["never"]
    assert all(wrong["violates"] and wrong["counterexample"] for wrong in found["wrong_designs"])


def test_model_ends_with_1_when_an_invariant_does_not_hold(
    unicard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "Design", lambda: WRONG_DESIGNS[0].design)
    monkeypatch.setattr(told, "WRONG_DESIGNS", ())
    code, text, _ = unicard("model", "--depth", "7")
    assert code == 1
    assert "An invariant is violated:" in text
    assert "violated: no effect twice" in text
