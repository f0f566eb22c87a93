"""`unicard conformance run --dry-run` says what a run may do to a card, and touches none."""

import json
from pathlib import Path

import pytest

import cli
from applet_spec import spec
from card_conformance.catalogue import tests as suite_tests
from card_conformance.foreseen import foresee
from card_conformance.needs import Profile, Stage

ALL = frozenset(spec().requirements)


def test_a_destructive_run_is_said_to_consume_the_card_and_every_such_test_is_named() -> None:
    told = foresee(Profile.DESTRUCTIVE, ALL)
    lasting = {t.name for t in suite_tests() if t.claim.needs.leaves is not None}
    assert {t.name for tests in told.leaving.values() for t in tests} == lasting
    assert len(told.tests) == len(list(suite_tests()))
    assert "consumed" in told.effect
    assert "for ever" in told.effect


@pytest.mark.parametrize("profile", [Profile.READ_ONLY, Profile.STANDARD])
def test_the_other_profiles_leave_the_card_as_it_was(profile: Profile) -> None:
    told = foresee(profile, ALL)
    assert told.tests
    assert not told.leaving
    assert all(t.claim.needs.profile.rank <= profile.rank for t in told.tests)


def test_only_what_was_selected_is_foreseen() -> None:
    told = foresee(Profile.DESTRUCTIVE, {"PIN-01"})
    assert told.tests
    assert all("PIN-01" in test.claim.requirements for test in told.tests)
    assert Stage.TERMINATED not in told.leaving


def test_it_asks_for_no_reader_no_store_and_no_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UNICARD_READER", raising=False)
    words = ["conformance", "run", "--profile", "destructive", "--dry-run"]
    assert cli.main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert any(test["irreversible"] for test in told["tests"])
    assert cli.main(words) == 0
    assert "Nothing was sent to any card." in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_a_folder_for_its_results_is_refused_before_it_begins(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["conformance", "run", "--reader", "sim"]) == 2
    assert "--out" in capsys.readouterr().err
