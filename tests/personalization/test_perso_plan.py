"""A run is held to its plan: whole for a blank card, what is left for one that comes back."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import cli
from card_simulator.memory import Image
from card_simulator.profiles import software_profiles
from card_simulator.reader import Faults, SimReader
from host_lib.flow.planned import DiffersFromPlan
from host_lib.plan import Answer, Effect, Occurs, PlannedCommand
from host_lib.plan_file import PlanDoesNotFit, as_document
from personalization import steps
from personalization.decision import Verdict
from personalization.errors import CardInTheMaking, CardSetAside, RecordNotFound
from personalization.fields import format_schema
from personalization.journal_schema import State
from personalization.metering import Phase
from personalization.outcome import Outcome
from personalization.plan import PHASES, CardPlan, totals
from personalization.station import personalize
from personalization.visit_plan import plan_of_record, plan_visit, planned_card
from tests.personalization.perso_bureau import Bureau, blanks, inserted
from tests.personalization.perso_shop import PREPARE, Terminal
from tests.personalization.test_perso_profiles import MAC_ONLY, bureau_and_card


class Wire(SimReader):
    """Writes down the sizes of everything that goes over it."""

    seen: list[tuple[int, int]]

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        answer = super().transmit(command, timeout)
        self.seen.append((len(command), len(answer)))
        return answer


def wired(image: Image) -> Wire:
    reader = inserted(image)
    wire = Wire(reader.name, reader.card)
    wire.seen = []
    return wire


def counted(commands: tuple[PlannedCommand, ...]) -> list[PlannedCommand]:
    return [command for command in commands if command.occurs is not Occurs.WHILE_MORE]


def whole(bureau: Bureau, place: int = 0) -> CardPlan:
    with bureau.bench() as bench:
        return planned_card(bench.production, bench.store, bench.production.card(place))


def test_every_byte_of_a_blank_card_is_foretold_but_for_what_the_card_signs(
    bureau: Bureau,
) -> None:
    plan = whole(bureau)
    (image,) = blanks(1)
    with wired(image) as reader:
        assert bureau.visit(reader).outcome is Outcome.ISSUED
        commands = counted(plan.commands())
        assert len(commands) == len(reader.seen)
        for command, (sent, received) in zip(commands, reader.seen, strict=True):
            if command.name != "STORE DATA":  # the certificate's signature has no fixed length
                assert command.sent == sent, command
            if command.answer is not Answer.ESTIMATE:
                assert command.received == received, command
    planned, real = totals(plan.commands()), bureau.entries()[0].traffic
    assert list(planned) == list(real) == [phase.value for phase in Phase]
    for phase, counts in real.items():
        assert planned[phase]["commands"] == counts["commands"]
        for way in ("sent", "received"):
            assert planned[phase][way] == pytest.approx(counts[way], abs=32), phase


@pytest.mark.parametrize("name", sorted({*software_profiles()} - {MAC_ONLY}))
def test_a_card_of_every_type_is_foretold(tmp_path: Path, name: str) -> None:
    with bureau_and_card(tmp_path, name) as (bureau, reader):
        with bureau.bench() as bench:
            plan = plan_visit(bench, reader, ())
        assert bureau.visit(reader).outcome is Outcome.ISSUED
        planned, real = totals(plan.commands), bureau.entries()[0].traffic
        for phase in ("keys", "install"):
            assert planned[phase]["sent"] == real[phase]["sent"]
        for phase, counts in real.items():
            assert planned[phase]["commands"] == counts["commands"], phase
            assert planned[phase]["sent"] == pytest.approx(counts["sent"], abs=32), phase


def test_the_plan_names_every_step_that_cannot_be_taken_back(bureau: Bureau) -> None:
    commands = whole(bureau).commands()
    marked = [command for command in commands if command.effect is Effect.IRREVERSIBLE]
    assert [command.name for command in marked] == [
        *("PUT KEY", "INSTALL", "STORE DATA", "STORE DATA", "SET STATUS", "SET STATUS")
    ]
    assert all(command.warning for command in marked)


@pytest.mark.parametrize("length", [200, 365, 366, 367, 368, 430, 900])
def test_a_plan_with_the_certificate_s_own_length_agrees_on_all_that_comes_before_it(
    bureau: Bureau, length: int
) -> None:
    plan = whole(bureau)
    before, after = plan.commands(), replace(plan, certificate=length).commands()
    start = [command.name for command in before].index("STORE DATA")
    assert before[:start] == after[:start]


# Held to it


def test_a_run_that_would_send_something_else_stops_before_it(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    (image,) = blanks(1)
    monkeypatch.setattr(steps, "SECURED", 0x7F)  # the flow locks the card, the plan does not know
    with wired(image) as reader:
        with pytest.raises(CardInTheMaking, match="SET STATUS") as caught:
            bureau.visit(reader)
        assert isinstance(caught.value.__cause__, DiffersFromPlan)
        monkeypatch.undo()
        assert bureau.entries()[0].state is State.VERIFIED
        assert bureau.visit(reader).outcome is Outcome.ISSUED


def test_a_card_interrupted_at_any_command_is_finished_under_the_plan_for_what_is_left(
    bureau: Bureau,
) -> None:
    verdicts = set()
    for number, image in enumerate(blanks(3)):
        with wired(image) as reader:
            reader.inject(Faults(lose_answer_of=(9, 25, 46)[number]))
            assert bureau.visit(reader).outcome is Outcome.UNCERTAIN
            reader.inject(Faults())
            reader.reset()
            reader.seen.clear()
            with bureau.bench() as bench:
                plan = plan_visit(bench, reader, ())
            assert plan.card is not None
            verdicts.add(dict(plan.card.state)["decision"])
            reader.seen.clear()
            assert bureau.visit(reader).outcome is Outcome.ISSUED
            sent = [sent for sent, _ in reader.seen]
            assert len(sent) <= len(counted(plan.commands)) + 6, "and the six that look at it"
    assert len(verdicts) > 1


def test_what_is_left_is_what_the_decision_table_says(bureau: Bureau) -> None:
    plan = whole(bureau)
    for verdict, phases in PHASES.items():
        commands = replace(plan, verdict=verdict).commands()
        assert list(dict.fromkeys(command.phase for command in commands)) == [*phases]
    assert set(PHASES) == {
        *(Verdict.TAKE, Verdict.KEYS, Verdict.INSTALL, Verdict.VERIFY, Verdict.SECURE)
    }


# Looked at, kept and carried out


def test_a_look_at_the_card_writes_nothing_to_card_or_journal(bureau: Bureau) -> None:
    (image,) = blanks(1)
    journal = bureau.journal.path.read_bytes()
    with wired(image) as reader, bureau.bench() as bench:
        before = reader.card.memory.image
        plan = plan_visit(bench, reader, ("batch.production",))
        assert reader.card.memory.image == before
    assert bureau.journal.path.read_bytes() == journal
    Draft202012Validator(format_schema("card-plan")).validate(as_document(plan))


def test_a_plan_holds_nothing_of_the_holder_but_the_card_number(bureau: Bureau) -> None:
    with bureau.bench() as bench:
        card = bench.production.card(0)
        plan = plan_of_record(bench.production, bench.store, card.numbers.card_number, ())
    text = json.dumps(as_document(plan))
    assert card.pin.reveal().decode() not in text.replace(card.numbers.card_number, "")
    for value in card.values():
        assert value.content.hex().upper() not in text


def test_no_plan_is_made_for_a_card_that_a_station_would_not_write_to(bureau: Bureau) -> None:
    (image,) = blanks(1)
    with wired(image) as reader, bureau.bench() as bench:
        assert bureau.visit(reader).outcome is Outcome.ISSUED
        with pytest.raises(CardSetAside, match="already done"):
            plan_visit(bench, reader, ())


def test_without_a_waiting_record_there_is_no_plan_for_a_blank(bureau: Bureau) -> None:
    for image in blanks(3):
        with wired(image) as reader:
            bureau.visit(reader)
    another = wired(blanks(4)[3])
    with another, bureau.bench() as bench, pytest.raises(RecordNotFound, match="no record waits"):
        plan_visit(bench, another, ())


def test_a_plan_that_does_not_fit_leaves_card_and_journal_as_they_were(bureau: Bureau) -> None:
    first, second = blanks(2)
    with wired(first) as reader, bureau.bench() as bench:
        plan = plan_visit(bench, reader, ())
    journal = bureau.journal.path.read_bytes()
    with wired(second) as reader, bureau.bench() as bench:
        before = reader.card.memory.image
        with pytest.raises(PlanDoesNotFit, match="chip serial"):
            personalize(replace(bench, saved=plan), reader)
        assert reader.card.memory.image == before
    assert bureau.journal.path.read_bytes() == journal


class Shop:
    """What a person types besides `unicard personalize`."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, dict[str, Any]]:
        self._capsys.readouterr()
        code = cli.main([*words, "--json"])
        return code, json.loads(self._capsys.readouterr().out)


def test_a_kept_plan_makes_the_card_that_it_is_for_and_no_other(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    unicard = Shop(capsys)
    terminal(*PREPARE)
    kept = ("run", "p", "--reader", "sim:blank-0.json", "--save-plan", "plan.json")
    shown = terminal(*kept)
    assert shown["operation"] == "personalize run"
    assert shown["arguments"] == ["p"]
    assert shown["card"]["state"]["decision"] == "take"
    assert terminal("status", "p")["records"]["left"] == 4

    code, said = unicard("apply", "plan.json", "--reader", "sim:blank-1.json")
    assert (code, said["error"]["changed"]) == (1, "no")
    assert "chip serial" in said["error"]["message"]
    code, said = unicard("apply", "plan.json", "--reader", "sim:blank-0.json")
    # One record waits: a plan is for one card.
    assert said["this_run"] == {"issued": 1}
    assert terminal("status", "p")["records"]["issued"] == 1
    code, said = unicard("apply", "plan.json", "--reader", "sim:blank-0.json")
    assert code in (1, 3)
    assert terminal("status", "p")["records"]["issued"] == 1


def test_a_plan_is_for_one_reader_with_one_card(terminal: Terminal) -> None:
    terminal(*PREPARE)
    error = terminal("run", "p", "--reader", "sim:blank-*.json", "--dry-run", code=2)["error"]
    assert "one card" in error["message"]


def test_a_plan_of_a_record_alone_is_shown_and_cannot_be_carried_out(
    shop: Path, terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    unicard = Shop(capsys)
    terminal(*PREPARE)
    terminal("run", "p", "--reader", "sim:blank-0.json", code=0)
    card = terminal("report", "p")["cards"][0]["card_number"]
    shown = terminal("plan", "p", "--card", card)
    assert shown["card"] is None
    (shop / "record.json").write_text(json.dumps(shown))
    code, said = unicard("apply", "record.json", "--reader", "sim:blank-1.json")
    assert (code, said["error"]["changed"]) == (1, "no")
    assert "without a card" in said["error"]["message"]
