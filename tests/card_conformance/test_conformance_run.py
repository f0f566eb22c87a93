"""A run as a user starts it: a process of its own, result files, exit codes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from card_conformance import formats, runner
from card_conformance.catalogue import selected
from card_conformance.formats import FileDamaged, Json
from card_conformance.junit import junit_xml
from card_conformance.needs import Profile
from card_conformance.output import NoOutputFolder, output_folder, write_results
from card_conformance.plan import Plan, StoreAccess
from card_conformance.statement import Statement
from cli import main
from host_lib.secret import Pin, SecretBytes
from tests.card_conformance.conftest import BlankCard, IssuedCard

PASSPHRASE = "invented words for tests only"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, without the caller's settings."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("UNICARD_READER", "UNICARD_STORE", "UNICARD_PASSPHRASE", "UNICARD_PIN"):
        monkeypatch.delenv(name, raising=False)
    return folder


def run(*words: str) -> int:
    return main(["conformance", "run", "--out", "out", *words])


def results(folder: Path) -> Json:
    content: Json = json.loads((folder / "out" / "results.json").read_text(encoding="utf-8"))
    return content


def check_junit(document: bytes) -> Xml.Element:
    """Check the form that CI servers read (Jenkins' junit-10 schema), and return the root."""
    root = Xml.fromstring(document)
    assert root.tag == "testsuites"
    for suite in root:
        assert suite.tag == "testsuite"
        assert set(suite.attrib) <= {
            "name", "tests", "failures", "errors", "skipped", "time", "timestamp",
        }  # fmt: skip
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
        cases = suite.findall("testcase")
        assert suite[0].tag == "properties"
        assert len(suite) == 1 + len(cases)
        assert int(suite.attrib["tests"]) == len(cases)
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            found = [case for case in cases if case.find(tag) is not None]
            assert int(suite.attrib[name]) == len(found)
        for case in cases:
            assert {"name", "classname", "time"} == set(case.attrib)
            assert float(case.attrib["time"]) >= 0
            assert [child.tag for child in case] in ([], ["failure"], ["error"], ["skipped"])
    totals = {name: sum(int(s.attrib[name]) for s in root) for name in ("tests", "failures")}
    assert {name: int(root.attrib[name]) for name in totals} == totals
    return root


def test_a_run_on_software_cards_passes_and_writes_both_files(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--reader", "sim", "--select", "PIN", "--select", "SM") == 0
    written = results(here)
    formats.check(written, formats.RESULTS, "results")
    assert written["verdict"] == "passed"
    assert written["counts"]["passed"] > 30
    root = check_junit((here / "out" / "junit.xml").read_bytes())
    assert {suite.attrib["name"] for suite in root} == {"PIN", "SM", "SEL"}
    shown = capsys.readouterr().out
    assert re.search(r"^PIN +8 ", shown, re.MULTILINE)
    assert "not run: PIN-02, PIN-03, PIN-05: needs the destructive profile" in shown
    assert "passed: " in shown.splitlines()[-3]


def test_the_callers_pytest_configuration_plugins_and_environment_do_not_reach_the_suite(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (here / "conftest.py").write_text("raise SystemExit('the caller’s conftest was loaded')\n")
    (here / "pytest.py").write_text("raise SystemExit('the caller’s folder is on the path')\n")
    (here / "foreign.py").write_text("raise SystemExit('the caller’s plug-in was loaded')\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "foreign")
    assert run("--reader", "sim", "--select", "SEL-05") == 0
    assert results(here)["counts"]["passed"] == 2
    assert sorted(path.name for path in here.iterdir()) == [
        "conftest.py",
        "foreign.py",
        "out",
        "pytest.ini",
        "pytest.py",
    ]


def test_the_engine_reports_errors_as_events(here: Path) -> None:
    plan = Plan("sim:missing.json", Profile.READ_ONLY, selected(()), Statement())
    with pytest.raises(runner.CannotRun) as caught:
        runner.run(plan)
    assert caught.value.exit_code == 2
    assert caught.value.as_dict()["kind"] == "CardFileMissingError"
    assert "missing.json" in caught.value.message
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--reader", "nowhere"), 2, "no kind of reader called 'nowhere'"),
        (("--reader", "sim:missing.json"), 2, "missing.json"),
        (("--reader", "sim", "--select", "PIN-99"), 2, "no requirement or group 'PIN-99'"),
        (("--reader", "sim:c.json", "--profile", "standard"), 2, "needs keys"),
        (("--reader", "sim:c.json", "--profile", "destructive", "-s", "k"), 2, "--card"),
        (("--reader", "sim", "--card", "12"), 2, "1 byte instead of 10"),
        (("--reader", "sim", "--statement", "no.json"), 2, "no.json"),
        (("--reader", "sim", "--store", "no.unicard"), 2, "no.unicard"),
        (("--reader", "sim", "--select", "TRX-01"), 1, "no test was run"),
        ((), 2, "No reader is named"),
    ],
)
def test_what_cannot_be_run_is_said_with_its_exit_code(
    here: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
    assert run(*words) == code
    streams = capsys.readouterr()
    assert said in streams.err + streams.out
    assert "Traceback" not in streams.err
    assert here.is_dir()


GOOD_STATEMENT = {
    "format": "unicard-implementation-statement",
    "version": 1,
    "card": "a product",
    "spec_version": "1.0",
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON file"),
        ("[]", "is no implementation statement"),
        (json.dumps(GOOD_STATEMENT | {"levels": ["01"]}), "levels"),
        (json.dumps(GOOD_STATEMENT | {"levels": ["33", "77"]}), "no security level 77"),
        (json.dumps(GOOD_STATEMENT | {"colour": "red"}), "colour"),
        (json.dumps(GOOD_STATEMENT | {"spec_version": "9.0"}), "version 9.0 of the contract"),
        (
            json.dumps(
                GOOD_STATEMENT
                | {"not_applicable": [{"requirement": "ABC-01", "reason": "not there"}]}
            ),
            "no requirement ABC-01",
        ),
    ],
)
def test_a_damaged_statement_is_refused_before_the_card_is_touched(
    here: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (here / "statement.json").write_text(text, encoding="utf-8")
    assert run("--reader", "sim", "--statement", "statement.json") == 1
    assert said in capsys.readouterr().err
    assert not (here / "out").exists()


def test_a_statement_is_read_and_kept_in_the_results(here: Path) -> None:
    statement = GOOD_STATEMENT | {
        "levels": ["33"],
        "not_applicable": [{"requirement": "SEL-04", "reason": "shown by another laboratory"}],
    }
    (here / "statement.json").write_text(json.dumps(statement), encoding="utf-8")
    assert run("--reader", "sim", "--statement", "statement.json", "--select", "SEL") == 0
    written = results(here)
    assert written["statement"]["card"] == "a product"
    assert written["statement"]["levels"] == ["33"]
    row = next(row for row in written["requirements"] if row["id"] == "SEL-04")
    assert row["outcome"] == "not applicable"


def test_a_folder_that_cannot_be_written_is_found_before_the_card_is_touched(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "file").write_text("")
    with pytest.raises(NoOutputFolder), output_folder(here / "file" / "out"):
        pytest.fail("the folder cannot be there")
    assert main(["conformance", "run", "--reader", "sim", "--out", "file/out"]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_run_that_cannot_begin_leaves_no_folder(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["conformance", "run", "--reader", "sim:nope.json", "--out"]
    (here / "mine").mkdir()
    for folder in ("out", "a/b/out", "mine", "mine/out"):
        assert main([*words, folder]) != 0
        assert "Nothing was changed." in capsys.readouterr().err
    assert [path.name for path in here.rglob("*")] == ["mine"]


@pytest.mark.parametrize("name", ["results.json", "junit.xml"])
def test_the_results_of_an_earlier_run_are_kept_and_the_card_is_not_touched(
    here: Path, issued: IssuedCard, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    before = issued.path.read_bytes()
    (here / "out").mkdir()
    (here / "out" / name).write_text("evidence", encoding="utf-8")
    assert run("--reader", issued.reader) == 2
    said = capsys.readouterr().err
    assert f"out holds the {name} of an earlier run" in said
    assert "Name another folder with --out" in said
    assert "Nothing was changed." in said
    assert [path.name for path in (here / "out").iterdir()] == [name]
    assert (here / "out" / name).read_text(encoding="utf-8") == "evidence"
    assert issued.path.read_bytes() == before


def test_the_summary_says_what_its_columns_mean(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--reader", "sim", "--select", "SCP-12", "--select", "SCP-13") == 0
    shown = capsys.readouterr().out
    assert re.search(r"Not run +Elsewhere +Left out *$", shown, re.MULTILINE)
    assert re.search(r"^SCP +13 +1 +1 +11 *$", shown, re.MULTILINE)
    assert "Elsewhere: not shown by this suite; below is where." in shown
    assert "elsewhere: SCP-12: needs sixteen million sessions" in shown
    assert (here / "out" / "results.json").exists()


def test_results_that_do_not_fit_their_format_are_not_written(here: Path) -> None:
    with pytest.raises(FileDamaged):
        write_results(here, {"format": "unicard-conformance-results"})
    assert list(here.iterdir()) == []


def test_no_secret_reaches_the_results(
    here: Path, issued: IssuedCard, keys: StoreAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
    pin = issued.pin.reveal().decode()
    (here / "pin").write_text(pin)
    words = ("--reader", issued.reader, "--store", keys.location, "--pin-file", "pin")
    assert run(*words, "--profile", "standard") == 0
    written = results(here)
    assert written["profile"] == "standard"
    assert written["card"]["chip_serial"] == issued.serial.hex().upper()
    assert written["card"]["state"] == "PERSONALIZED"
    text = "".join((here / "out" / name).read_text() for name in ("results.json", "junit.xml"))
    cells = issued.cells()
    secret = {
        "PIN block": issued.pin.block(),
        "card number": next(v for n, v in cells.items() if n.endswith("object.5A")),
        "holder's name": "مواطن تجريبي".encode(),
        "private key": next(v for n, v in cells.items() if n.endswith("key.private")),
        "issuer keys": next(v for n, v in cells.items() if n.startswith("isd.keys"))[:16],
    }
    for name, value in secret.items():
        assert value.hex().upper() not in text.upper(), name
    assert PASSPHRASE not in text
    verify = [
        exchange["command"]
        for test in written["tests"]
        for exchange in test["trace"]
        if exchange["command"].startswith("0020008108")
    ]
    assert verify
    assert set(verify) == {"0020008108" + 16 * "*"}


def test_a_wrong_store_ends_the_run_with_nothing_changed(
    here: Path,
    issued: IssuedCard,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("UNICARD_PASSPHRASE", "other words, long enough for a store")
    assert main(["keys", "init", "--store", "other.unicard", "--transport", "gp-default"]) == 0
    before = issued.path.read_bytes()
    assert run("--reader", issued.reader, "--store", "other.unicard") == 1
    assert "Nothing was changed" in capsys.readouterr().err
    assert issued.path.read_bytes() == before
    assert not (here / "out" / "results.json").exists()


def test_a_card_that_fails_is_reported_in_full_and_exits_with_3(
    here: Path, issued: IssuedCard, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = here / "trace.jsonl"
    trace.write_text("", encoding="utf-8")
    wrong = _failing_results()
    failures = [test for test in wrong["tests"] if test["outcome"] == "failed"]
    (here / "out").mkdir()
    write_results(here / "out", wrong)
    root = check_junit((here / "out" / "junit.xml").read_bytes())
    (case,) = root.iter("failure")
    assert "expected: 9000" in (case.text or "")
    assert main(["conformance", "report", "out/results.json"]) == 0
    shown = capsys.readouterr().out
    assert f"FAILED PIN-01: {failures[0]['name']}" in shown
    assert "  sent      VERIFY 0020008108****************" in shown
    assert "  came      63C2" in shown
    assert "  expected  9000" in shown
    error = runner.error_of(wrong)
    assert error is not None
    assert (error.exit_code, error.message) == (3, "the card fails 1 requirement: PIN-01")
    assert issued.path.exists()


def _failing_results() -> Json:
    """Return the results of a run in which one test failed."""
    plan = Plan("sim", Profile.STANDARD, selected(["PIN-01"]), Statement())
    found = runner.run(plan)
    (test,) = found["tests"]
    test |= {
        "outcome": "failed",
        "reason": "VERIFY: 63C2 instead of 9000",
        "failure": {
            "sent": "VERIFY 0020008108****************",
            "came": "63C2",
            "expected": "9000",
        },
    }
    found["counts"] |= {"passed": 0, "failed": 1}
    found["verdict"] = "failed"
    row = next(row for row in found["requirements"] if row["id"] == "PIN-01")
    row["outcome"] = "failed"
    return found


def test_a_failing_run_on_software_cards_says_where_the_cards_are_not_that_nothing_changed(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = _failing_results()
    monkeypatch.setattr(runner, "run", lambda _plan, _progress: wrong)
    assert run("--reader", "sim") == 3
    said = capsys.readouterr().err
    assert "the card fails 1 requirement: PIN-01" in said
    assert "The software cards were made for this run and are gone." in said
    assert "Nothing was changed" not in said
    error = runner.error_of(wrong)
    assert error is not None
    assert error.as_dict()["changed"] == "yes"
    assert results(here)["verdict"] == "failed"


def test_what_xml_cannot_hold_is_replaced() -> None:
    wrong = _failing_results()
    wrong["tests"][0]["reason"] = "a\x00b\x1b<&>\ufffe"
    root = check_junit(junit_xml(wrong))
    (failure,) = root.iter("failure")
    assert failure.attrib["message"] == "a?b?<&>?"


def test_results_as_json_are_one_document(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--reader", "sim", "--select", "SEL-05", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "passed"
    assert document["error"] is None
    assert document["files"] == ["out/results.json", "out/junit.xml"]
    words = ["--reader", "sim", "--select", "TRX-01", "--json", "--out", "other"]
    assert main(["conformance", "run", *words]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["error"]["exit_code"] == 1
    assert here.is_dir()


def test_report_refuses_a_file_of_another_format(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "x.json").write_text("{}", encoding="utf-8")
    assert main(["conformance", "report", "x.json"]) == 1
    assert "is no conformance results" in capsys.readouterr().err


def test_list_shows_each_requirement_with_its_tests(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["conformance", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["requirements"]
    by_number = {row["id"]: row for row in rows}
    assert by_number["PIN-03"]["tests"] == [
        {
            "name": "pin::with_no_tries_left_the_right_pin_is_refused_too",
            "profile": "destructive",
        }
    ]
    assert by_number["INS-05"]["status"] == "shown elsewhere"
    assert by_number["TRX-01"]["status"] == "tested"
    assert by_number["FIN-01"]["status"] == "draft"
    assert main(["conformance", "list"]) == 0
    assert "A wrong PIN costs one try" in capsys.readouterr().out


def test_the_plan_that_goes_to_the_child_is_the_plan_that_arrives() -> None:
    store = StoreAccess("a store", SecretBytes("كلمة".encode()))
    plan = Plan(
        "sim:x", Profile.DESTRUCTIVE, selected(["PIN"]), Statement(), store, Pin("1234"), bytes(10)
    )
    assert Plan.from_parent(plan.to_child()) == plan
    assert "1234" not in repr(plan)


def _started(here: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "conformance", "run", "--out", "out", *words],
        cwd=here,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )


def _wait_for_writes(card: BlankCard, before: bytes) -> None:
    """Wait until the suite has changed the card for the first time."""
    for _ in range(400):
        if card.path.read_bytes() != before:
            return
        time.sleep(0.05)
    pytest.fail("the suite never wrote to the card")


def test_a_killed_engine_leaves_results_that_say_uncertain(
    here: Path, blank: BlankCard, keys: StoreAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
    before = blank.path.read_bytes()
    words = ("--reader", blank.reader, "--store", keys.location, "--profile", "destructive")
    process = _started(here, *words, "--card", blank.serial.hex())
    _wait_for_writes(blank, before)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 4, said
    written = results(here)
    assert written["verdict"] == "uncertain"
    assert written["stopped"]["kind"] == "EngineFailed"
    assert written["counts"]["passed"] > 0


def test_an_interrupted_run_gives_the_card_back_and_writes_what_it_has(
    here: Path, issued: IssuedCard, keys: StoreAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("UNICARD_PIN", issued.pin.reveal().decode())
    before = issued.path.read_bytes()
    process = _started(here, "--reader", issued.reader, "--store", keys.location)
    _wait_for_writes(issued, before)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert b"Traceback" not in said
    written = results(here)
    assert written["verdict"] in ("uncertain", "passed"), said
    if written["verdict"] == "uncertain":
        assert process.returncode == 4
        assert written["stopped"]["kind"] == "Interrupted"
