"""`unicard keys rotate` foretold, kept and carried out by `unicard apply`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cli
from applet_spec import spec
from card_simulator.blanks import new_chips
from card_simulator.card_file import create
from card_simulator.card_manager import blank_image
from card_simulator.profiles import factory_keys
from card_simulator.reader import Faults, SimReader
from host_lib.drive import drive
from host_lib.flow.base import CardKeys
from host_lib.flow.rotation import rotate_issuer_keys
from host_lib.keyset import KeySet
from host_lib.plan_file import digest
from host_lib.reader import open_reader
from host_lib.secret import AesKey, SecretBytes
from keys_tool import Purpose
from keys_tool.contents import initial_contents
from keys_tool.file_store import FileStore
from keys_tool.store import KeyStore
from keys_tool.vault import ScryptCost

PASSPHRASE = "invented words for tests only"
Run = Callable[..., tuple[int, str, str]]


def issued(path: Path, store: KeyStore, profile_name: str, seed: int = 5) -> None:
    """Make a card file of a card type whose factory keys were replaced by issuer keys 30."""
    profile = spec().card_profiles[profile_name]
    (chip,) = new_chips(1, seed, profile)
    create(path, blank_image(chip, profile))
    factory = factory_keys(profile)

    def sam(call: CardKeys) -> KeySet:
        if call.version == profile.factory_version:
            keys = (AesKey(key) for key in (factory.enc, factory.mac, factory.dek))
            return KeySet(call.version, *keys)
        return store.issuer_keys(call.version, call.diversification)

    with open_reader(f"sim:{path}") as reader:
        if profile.i is not None and profile.i & 0x20:
            drive(rotate_issuer_keys({profile.factory_version, 0x30}, 0x30), reader, sam)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
    for name in ("UNICARD_STORE", "UNICARD_READER"):
        monkeypatch.delenv(name, raising=False)
    secret = SecretBytes(PASSPHRASE.encode())
    with FileStore.create(
        Path("keys.unicard"), secret, contents=initial_contents("Test"), cost=ScryptCost(n=1024)
    ) as store:
        store.generate(Purpose.ISSUER, 0x31)
        issued(Path("card.json"), store, "unicard-reference")
        issued(Path("counting.json"), store, "unicard-s16-pseudo-random")
        issued(Path("other.json"), store, "unicard-reference", seed=6)

    def unicard(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return unicard


def cells(path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(path).read_text())
    return found


ROTATE = ("keys", "rotate", "--reader", "sim:card.json")


def test_a_dry_run_shows_what_is_irreversible_and_leaves_the_memory_as_it_was(run: Run) -> None:
    before = cells("card.json")
    code, out, _ = run(*ROTATE, "--dry-run")
    assert code == 0
    assert "Plan of `unicard keys rotate --to 31`" in out
    (marked,) = [line for line in out.splitlines() if "! irreversible" in line]
    assert "key set 30 is gone, the card opens with 31" in marked
    assert "7 commands, 1 of them irreversible" in out
    assert cells("card.json") == before


def test_a_card_that_counts_its_sessions_has_counted_those_of_the_dry_run_and_nothing_else(
    run: Run,
) -> None:
    before = memory_of("counting.json")
    code, out, _ = run("keys", "rotate", "--reader", "sim:counting.json", "--dry-run")
    assert code == 0
    assert "its sequence counter has moved" in out
    after = memory_of("counting.json")
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert len(changed) == 1
    assert "sequence" in changed.pop()


def memory_of(path: str) -> dict[str, bytes]:
    with open_reader(f"sim:{path}") as reader:
        assert isinstance(reader, SimReader)
        return dict(reader.card.memory.image.cells)


def test_a_kept_plan_is_carried_out_once_and_does_not_fit_a_second_time(run: Run) -> None:
    code, _, err = run(*ROTATE, "--to", "31", "--save-plan", "plan.json")
    assert code == 0
    assert "unicard apply plan.json" in err
    text = Path("plan.json").read_text()
    assert Path("plan.json").stat().st_mode & 0o777 == 0o600
    code, out, _ = run("apply", "plan.json", "--reader", "sim:card.json", "--json")
    assert code == 0
    assert (json.loads(out)["added"], json.loads(out)["after"]) == (True, ["31"])
    before = cells("card.json")
    code, _, err = run("apply", "plan.json", "--reader", "sim:card.json")
    assert code == 1
    assert "the card has changed since the plan was made" in err
    assert "Nothing was changed" in err
    assert cells("card.json") == before
    assert Path("plan.json").read_text() == text


def test_a_plan_is_never_overwritten(run: Run) -> None:
    Path("plan.json").write_text("mine")
    code, _, err = run(*ROTATE, "--save-plan", "plan.json")
    assert code == 2
    assert "exists already" in err
    assert Path("plan.json").read_text() == "mine"


def test_a_plan_is_for_one_card(run: Run) -> None:
    run(*ROTATE, "--to", "31", "--save-plan", "plan.json")
    before = cells("other.json")
    code, out, _ = run("apply", "plan.json", "--reader", "sim:other.json", "--json")
    error = json.loads(out)["error"]
    assert (code, error["kind"], error["changed"]) == (1, "PlanDoesNotFit", "no")
    assert "chip serial" in error["message"]
    assert cells("other.json") == before


def test_other_words_than_the_plans_are_refused(run: Run) -> None:
    run(*ROTATE, "--to", "31", "--save-plan", "plan.json")
    before = cells("card.json")
    code, _, err = run("apply", "plan.json", "--reader", "sim:card.json", "--from", "30")
    assert code == 1
    assert "this is `unicard keys rotate --to 31 --from 30`" in err
    assert cells("card.json") == before


def test_a_plan_that_was_edited_is_refused_before_the_card_is_asked(run: Run) -> None:
    run(*ROTATE, "--to", "31", "--save-plan", "plan.json")
    document = json.loads(Path("plan.json").read_text())
    document["commands"].pop()
    Path("plan.json").write_text(json.dumps(document))
    code, _, err = run("apply", "plan.json", "--reader", "nothing:")
    assert code == 1
    assert "its digest does not fit" in err


@pytest.mark.parametrize("operation", ["keys retire", "apply", "keys", "nothing", "sim serve"])
def test_a_file_runs_no_command_that_would_not_look_at_the_plan(run: Run, operation: str) -> None:
    run(*ROTATE, "--to", "31", "--save-plan", "plan.json")
    document = json.loads(Path("plan.json").read_text())
    document |= {"operation": operation, "arguments": ["issuer", "30"]}
    Path("plan.json").write_text(json.dumps(document | {"digest": digest(document)}))
    store = Path("keys.unicard").read_bytes()
    code, out, _ = run("apply", "plan.json", "--json")
    assert (code, json.loads(out)["error"]["kind"]) == (1, "PlanUnreadable")
    assert Path("keys.unicard").read_bytes() == store


def test_a_plan_can_be_looked_at_once_more_before_it_is_carried_out(run: Run) -> None:
    _, kept, _ = run(*ROTATE, "--to", "31", "--save-plan", "plan.json", "--json")
    before = cells("card.json")
    code, again, _ = run("apply", "plan.json", "--reader", "sim:card.json", "--dry-run", "--json")
    assert (code, json.loads(again)) == (0, json.loads(kept))
    assert cells("card.json") == before


def test_the_plan_comes_before_options(run: Run) -> None:
    code, _, err = run("apply", "--reader", "sim:card.json", "plan.json")
    assert code == 2
    assert "name the plan first" in err


def test_an_interrupted_plan_says_how_the_card_stands_and_that_the_operation_finishes_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(*ROTATE, "--to", "31", "--save-plan", "plan.json")
    transmit = SimReader.transmit

    def losing(self: SimReader, command: bytes, timeout: float | None = None) -> bytes:
        if command[1] == 0xE4:
            monkeypatch.setattr(SimReader, "transmit", transmit)
            self.inject(Faults(lose_answer_of=1))
        return transmit(self, command, timeout)

    monkeypatch.setattr(SimReader, "transmit", losing)
    code, _, err = run("apply", "plan.json", "--reader", "sim:card.json")
    assert code == 4
    assert "the card has key versions 31 now and opens with 31" in err
    assert "The plan fits the card no longer" in err
    assert "unicard keys rotate --to 31" in err
    code, _, err = run("apply", "plan.json", "--reader", "sim:card.json")
    assert code == 1
    code, out, _ = run(*ROTATE, "--to", "31")
    assert code == 0
    assert "There was nothing to do" in out
