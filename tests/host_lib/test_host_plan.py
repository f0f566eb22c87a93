"""Plans: their sizes are those on the wire, and what is not in them is not sent."""

import json
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from applet_spec import Changed, ExitCode, spec
from card_simulator.blanks import new_chips
from card_simulator.card import Card as SimCard
from card_simulator.card_manager import blank_image
from card_simulator.profiles import factory_keys
from card_simulator.reader import SimReader
from host_lib.apdu import Apdu, Response
from host_lib.channel import SecureChannel, SecurityLevel
from host_lib.command import (
    AskPin,
    ChangePin,
    Command,
    DeleteKey,
    GetCplc,
    GetStatus,
    PutData,
    PutKey,
    Registry,
    SetCardStatus,
    StoreCardData,
    StoreData,
    VerifyPin,
)
from host_lib.drive import drive
from host_lib.flow.base import AnyFlow, CardKeys, Flow
from host_lib.flow.planned import DiffersFromPlan, Guard, following
from host_lib.flow.rotation import (
    RotationSteps,
    find_issuer_keys,
    new_key_length,
    rotation_steps,
)
from host_lib.flow.session import SessionTerms
from host_lib.flow.stages import Opening, Stage, Step, commands_of, select_card_manager
from host_lib.keyset import KeySet
from host_lib.pin_work import ANY_PIN, PinWork
from host_lib.plan import (
    INTERFACE_RATE,
    Answer,
    CardState,
    Effect,
    Occurs,
    Plan,
    PlannedCommand,
    SessionShape,
    Totals,
    opening,
    planned,
)
from host_lib.plan_file import (
    PlanDoesNotFit,
    PlanUnreadable,
    as_document,
    digest,
    from_document,
    read_plan,
    require_same,
)
from host_lib.refusals import WrongPin
from host_lib.scp03 import secured
from host_lib.secret import AesKey, Pin
from tests.support.cards import (
    NEW,
    OLD,
    TRANSPORT_PIN,
    issued_card,
    issuer,
    personalized_card,
)

SHAPES = [SessionShape(level, mac_length) for level in SecurityLevel for mac_length in (8, 16)]
KEY = AesKey(bytes(16))


class Wire(SimReader):
    """Writes down header and sizes of everything that goes over it."""

    def __init__(self, card: SimCard) -> None:
        super().__init__("sim", card)
        self.seen: list[tuple[int, int]] = []

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        answer = super().transmit(command, timeout)
        self.seen.append((len(command), len(answer)))
        return answer


def wired(reader: SimReader) -> Wire:
    return Wire(reader.card)


def a_plan(commands: tuple[PlannedCommand, ...] = (), **changes: Any) -> Plan:
    card = CardState(bytes(10), (("key versions", "30"),))
    return replace(Plan("keys rotate", ("--to", "31"), card, commands), **changes)


# Sizes


@given(st.sampled_from(SHAPES), st.binary(max_size=223), st.booleans())
def test_a_protected_command_is_as_long_as_its_plan_says(
    shape: SessionShape, data: bytes, last: bool
) -> None:
    channel = SecureChannel(KEY, KEY, KEY, shape.level, shape.mac_length)
    for command in (PutData(0x5F20, data), StoreData(3, data, last), GetStatus(Registry(0x40))):
        wire = channel.wrap(command.apdu()).encode()
        assert planned(command, session=shape).sent == len(wire)
        assert planned(command).sent == len(command.apdu().encode())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("max_lc", [255, 261, 1033])
def test_a_plan_knows_how_much_a_command_takes_also_at_extended_length(
    shape: SessionShape, max_lc: int
) -> None:
    channel = SecureChannel(KEY, KEY, KEY, shape.level, shape.mac_length, max_lc)
    assert shape.room(max_lc) == channel.max_data
    command = PutData(0x5F20, bytes(channel.max_data))
    assert planned(command, session=shape).sent == len(channel.wrap(command.apdu()).encode())


def test_time_is_what_the_card_takes_and_what_the_bytes_take() -> None:
    command = planned(GetCplc(), 45)
    typical = spec().card_manager["GET DATA"].typical
    assert command.milliseconds == typical + 1000 * (5 + 47) / INTERFACE_RATE


def test_totals_leave_out_what_is_sent_only_while_there_is_more() -> None:
    once = planned(GetCplc(), 45)
    more = planned(GetStatus(Registry.APPLICATIONS), 200, occurs=Occurs.WHILE_MORE)
    assert Totals.of([once, more]) == replace(Totals.of([once]), estimated=False)
    assert Totals.of([replace(once, answer=Answer.ESTIMATE)]).estimated


# On the wire: each dialect of SCP03, each level that it has

PROFILES = [name for name, one in spec().card_profiles.items() if one.software]


def dialects() -> Iterator[tuple[str, int]]:
    for name in PROFILES:
        for level in sorted(spec().card_profiles[name].levels):
            yield name, level


def keys_of(name: str) -> Callable[[CardKeys], KeySet]:
    """Answer with a card type's factory keys, or with invented issuer keys of the same length."""
    factory = factory_keys(spec().card_profiles[name])

    def sam(call: CardKeys) -> KeySet:
        if call.version == spec().card_profiles[name].factory_version:
            return KeySet(
                call.version, AesKey(factory.enc), AesKey(factory.mac), AesKey(factory.dek)
            )
        one = AesKey(bytes((call.version,)) * len(factory.enc))
        return KeySet(call.version, one, one, one)

    return sam


def blank_of(name: str) -> Wire:
    profile = spec().card_profiles[name]
    (chip,) = new_chips(1, 3, profile)
    return Wire(SimCard(blank_image(chip, profile)))


def steps_for(reader: SimReader, name: str, level: int, target: int) -> RotationSteps:
    profile = spec().card_profiles[name]
    ours = {profile.factory_version, OLD, NEW}
    terms = SessionTerms(i=profile.i, level=level, factory_version=profile.factory_version)
    found = drive(find_issuer_keys(ours, terms), reader, keys_of(name))
    length = drive(new_key_length(found, target), reader, keys_of(name))
    return rotation_steps(found, ours, target, length)


@pytest.mark.parametrize(("name", "level"), list(dialects()))
def test_the_bytes_of_a_rotation_are_those_that_its_plan_foretold(name: str, level: int) -> None:
    with blank_of(name) as reader:
        for target in (OLD, NEW):
            steps = steps_for(reader, name, level, target)
            commands = steps.commands()
            assert all(command.answer is Answer.EXACT for command in commands)
            reader.seen.clear()
            drive(following(a_plan(commands), steps.run()), reader, keys_of(name))
            assert [(c.sent, c.received) for c in commands] == reader.seen
            shape = commands[-1].session
            assert shape is None or shape.level == level


@settings(deadline=None, max_examples=40)
@given(st.sampled_from([d for d in dialects() if d[1] & 1]), st.data())
def test_any_reading_and_changing_in_a_session_is_foretold_to_the_byte(
    dialect: tuple[str, int], data: st.DataObject
) -> None:
    name, level = dialect
    profile = spec().card_profiles[name]
    terms = SessionTerms(i=profile.i, level=level, factory_version=profile.factory_version)
    kinds: dict[str, Step] = {
        "reads": Step(GetCplc(), 45),
        "lists": Step(GetStatus(Registry.ISSUER_SECURITY_DOMAIN), 0, answer=Answer.ESTIMATE),
        "changes": Step(SetCardStatus(0x07), 0, Effect.IRREVERSIBLE),
    }
    names = data.draw(st.lists(st.sampled_from(["reads", "lists"]), max_size=4))
    chosen = [kinds[kind] for kind in (*names, "changes")]
    with blank_of(name) as reader:
        select = select_card_manager(0, Answer.ESTIMATE)
        stage = Stage(select, Opening(profile.factory_version, terms), tuple(chosen))
        commands = commands_of([stage])
        drive(following(a_plan(commands), stage.run()), reader, keys_of(name))
        assert len(commands) == len(reader.seen)
        for command, (sent, received) in zip(commands, reader.seen, strict=True):
            assert command.sent == sent
            assert command.answer is Answer.ESTIMATE or command.received == received


# The guard


def rotation(reader: SimReader) -> RotationSteps:
    found = drive(find_issuer_keys({OLD, NEW}), reader, issuer)
    return rotation_steps(found, {OLD, NEW}, NEW)


def stopped(reader: Wire, commands: tuple[PlannedCommand, ...], flow: AnyFlow[Any]) -> str:
    """Run a flow under a plan that it does not keep; return what was said."""
    reader.seen.clear()
    with pytest.raises(DiffersFromPlan) as caught:
        drive(following(a_plan(commands), flow), reader, issuer)
    return caught.value.message


def index_of(commands: tuple[PlannedCommand, ...], name: str) -> int:
    return [command.name for command in commands].index(name)


def test_a_command_that_is_added_is_stopped_before_it() -> None:
    reader = wired(issued_card())
    steps = rotation(reader)
    commands = steps.commands()
    put = index_of(commands, "PUT KEY")
    without = commands[:put] + commands[put + 1 :]
    before = reader.card.memory.image
    assert "PUT KEY instead of INITIALIZE UPDATE" in stopped(reader, without, steps.run())
    assert len(reader.seen) == put
    assert reader.card.memory.image == before


def test_a_command_that_is_dropped_is_noticed_at_the_next_one() -> None:
    reader = wired(issued_card())
    steps = rotation(reader)
    commands = steps.commands()
    more = (*commands[:3], planned(GetCplc(), session=commands[3].session), *commands[3:])
    assert "PUT KEY instead of GET DATA" in stopped(reader, more, steps.run())
    assert len(reader.seen) == 3


def test_a_flow_that_ends_before_its_plan_is_noticed_and_said_to_have_changed_the_card() -> None:
    reader = wired(issued_card())
    steps = rotation(reader)
    commands = (*steps.commands(), planned(DeleteKey(0x33), 1))
    with pytest.raises(DiffersFromPlan, match="ended before DELETE KEY") as caught:
        drive(following(a_plan(commands), steps.run()), reader, issuer)
    assert caught.value.changed is Changed.YES
    assert caught.value.exit_code is ExitCode.UNCERTAIN


def test_commands_in_another_order_are_stopped_at_the_first_that_is_moved() -> None:
    reader = wired(issued_card())
    steps = rotation(reader)
    commands = steps.commands()
    swapped = (commands[0], *commands[4:6], *commands[1:4], *commands[6:])
    assert "header is 80503000" in stopped(reader, swapped, steps.run())
    assert len(reader.seen) == 1


def other_version(command: PlannedCommand) -> PlannedCommand:
    return replace(command, digest=planned(DeleteKey(0x3A)).digest)


def other_level(command: PlannedCommand) -> PlannedCommand:
    return replace(command, header=bytes.fromhex("84821300"))


def shorter(command: PlannedCommand) -> PlannedCommand:
    return replace(command, data_length=command.data_length - 1)


def without_le(command: PlannedCommand) -> PlannedCommand:
    return replace(command, le=False)


def in_clear(command: PlannedCommand) -> PlannedCommand:
    return replace(command, session=None)


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("DELETE KEY", other_version, "its data is other data"),
        ("EXTERNAL AUTHENTICATE", other_level, "its header is 84823300"),
        ("PUT KEY", shorter, "bytes of data"),
        ("PUT KEY", in_clear, "secure messaging"),
        ("PUT KEY", without_le, "its Le field differs"),
    ],
)
def test_a_command_that_is_changed_is_stopped_before_it(
    name: str, change: Callable[[PlannedCommand], PlannedCommand], says: str
) -> None:
    reader = wired(issued_card())
    steps = rotation(reader)
    commands = list(steps.commands())
    place = index_of(tuple(commands), name)
    commands[place] = change(commands[place])
    assert says in stopped(reader, tuple(commands), steps.run())
    assert len(reader.seen) == place


def test_what_goes_out_by_a_session_of_its_own_is_compared_too() -> None:
    """The guard lies above every session, whoever has opened it."""
    reader = wired(issued_card())
    steps = rotation(reader)
    commands = steps.commands()

    def by_itself() -> Flow[None]:
        stage = Stage(None, Opening(OLD, SessionTerms(i=0x60, level=0x33)), ())
        yield from select_card_manager(0).command
        yield from stage.run()
        channel = SecureChannel(KEY, KEY, KEY, SecurityLevel.C_ENC_R_ENC, 8)
        yield from secured(channel, iter(DeleteKey(OLD)))

    assert "DELETE KEY instead of PUT KEY" in stopped(reader, commands, by_itself())


def test_the_error_says_that_the_card_changed_once_a_change_was_answered() -> None:
    reader = wired(issued_card())
    steps = rotation(reader)
    commands = steps.commands()
    put = index_of(commands, "PUT KEY")
    with pytest.raises(DiffersFromPlan) as caught:
        drive(following(a_plan(commands[: put + 1]), steps.run()), reader, issuer)
    assert caught.value.changed is Changed.YES
    assert drive(find_issuer_keys({OLD, NEW}), reader, issuer).opening == (OLD, NEW)


def answered(flow: Generator[Apdu, Response, Any], *words: int) -> list[str]:
    """Answer a flow's commands with status words; return what it sent."""
    sent = []
    answers = iter(words)
    try:
        apdu = next(flow)
        while True:
            sent.append(f"{apdu.header.hex().upper()}")
            apdu = flow.send(Response(b"", next(answers)))
    except StopIteration:
        return sent


def sending(*commands: Command[Any]) -> Generator[Apdu, Response, None]:
    for command in commands:
        yield command.apdu()


def test_what_may_be_left_out_may_be_left_out_and_what_may_repeat_may_repeat() -> None:
    first, more = GetStatus(Registry.APPLICATIONS), GetStatus(Registry.APPLICATIONS, go_on=True)
    plan = a_plan(
        (
            planned(first),
            planned(more, occurs=Occurs.WHILE_MORE),
            planned(SetCardStatus(7), occurs=Occurs.IF_NEEDED),
            planned(GetCplc()),
        )
    )
    ok = [0x9000] * 9
    whole = sending(first, more, more, SetCardStatus(7), GetCplc())
    assert len(answered(following(plan, whole), *ok)) == 5
    assert len(answered(following(plan, sending(first, GetCplc())), *ok)) == 2
    with pytest.raises(DiffersFromPlan):
        answered(following(plan, sending(first, SetCardStatus(7), more, GetCplc())), *ok)
    with pytest.raises(DiffersFromPlan):
        answered(following(plan, sending(first, SetCardStatus(7), SetCardStatus(7))), *ok)


def test_a_plan_becomes_more_exact_only_in_front_of_what_is_done() -> None:
    commands = (planned(GetCplc()), planned(PutData(0x5F20, bytes(5))))
    guard = Guard(commands)
    answered(guard.over(sending(GetCplc())), 0x9000)
    longer = (commands[0], planned(PutData(0x5F20, bytes(7))))
    guard.revise(longer)
    answered(guard.over(sending(PutData(0x5F20, bytes(7)))), 0x9000)
    guard.finish()
    with pytest.raises(DiffersFromPlan, match="behind what is done"):
        guard.revise(commands)


@pytest.mark.parametrize(
    ("word", "changed"),
    [(0x6985, Changed.NO), (0x63C2, Changed.YES), (0x9000, Changed.YES)],
)
def test_a_refused_change_is_no_change_but_a_wrong_pin_is_one(word: int, changed: Changed) -> None:
    plan = a_plan((planned(SetCardStatus(7), effect=Effect.IRREVERSIBLE),))
    with pytest.raises(DiffersFromPlan) as caught:
        answered(following(plan, sending(SetCardStatus(7), GetCplc())), word, 0x9000)
    assert caught.value.changed is changed


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_an_expected_refusal_is_a_bare_status_word(shape: SessionShape) -> None:
    command = GetStatus(Registry.APPLICATIONS)
    assert planned(command, session=shape, answer=Answer.REFUSAL).received == 2


# Secrets


def test_a_plan_tells_no_secret_from_another() -> None:
    key, other = AesKey(bytes(range(16))), AesKey(bytes(range(1, 17)))
    put = PutKey(KeySet(NEW, key, key, key), key)
    assert planned(put) == planned(PutKey(KeySet(NEW, other, other, other), other))
    assert planned(VerifyPin(Pin("1234"))) == planned(VerifyPin(Pin("98765432")))
    assert planned(ChangePin(Pin("1234"), Pin("5678"))) == planned(ChangePin(ANY_PIN, ANY_PIN))
    assert planned(StoreData(0, b"Salma", False)) == planned(StoreData(0, bytes(5), False))
    assert planned(DeleteKey(OLD)) != planned(DeleteKey(NEW)), "what is public is told apart"
    assert opening(OLD, SHAPES[0])[0].digest == b""


# The document

FORMAT = json.loads(
    (Path(__file__).parents[2] / "applet_spec/formats/card-plan.schema.json").read_text()
)


def rotation_plan() -> Plan:
    reader = issued_card()
    found = drive(find_issuer_keys({OLD, NEW}), reader, issuer)
    steps = rotation_steps(found, {OLD, NEW}, NEW)
    return Plan("keys rotate", ("--to", "31"), found.state, steps.commands(), ("a remark",))


def test_a_document_fits_its_schema_and_reads_back_as_the_same_plan(tmp_path: Path) -> None:
    plan = rotation_plan()
    document = as_document(plan)
    Draft202012Validator(FORMAT).validate(document)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document))
    assert read_plan(file) == plan
    assert document["totals"]["irreversible"] == 1
    assert document["totals"]["sent"] == sum(c.sent for c in plan.commands)


def edited(document: dict[str, Any]) -> dict[str, Any]:
    document["arguments"] = ["--to", "32"]
    return document


def of_another_version(document: dict[str, Any]) -> dict[str, Any]:
    document["version"] = 2
    return document | {"digest": digest(document)}


def misshapen(document: dict[str, Any]) -> dict[str, Any]:
    document["commands"][0]["header"] = "80"
    return document | {"digest": digest(document)}


def with_something_more(document: dict[str, Any]) -> dict[str, Any]:
    document["key"] = "00"
    return document | {"digest": digest(document)}


def with_other_bytes(document: dict[str, Any]) -> dict[str, Any]:
    document["commands"][3]["sent"] = 1
    return document | {"digest": digest(document)}


def with_no_irreversible_step(document: dict[str, Any]) -> dict[str, Any]:
    document["totals"]["irreversible"] = 0
    return document | {"digest": digest(document)}


def of_another_contract(document: dict[str, Any]) -> dict[str, Any]:
    document["contract"] = "9.9"
    return document | {"digest": digest(document)}


def no_plan(_document: dict[str, Any]) -> list[int]:
    return [1]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (edited, "its digest does not fit"),
        (of_another_version, "a plan of version 2"),
        (misshapen, "commands"),
        (with_something_more, "key"),
        (with_other_bytes, "does not follow"),
        (with_no_irreversible_step, "does not follow"),
        (of_another_contract, "another version of the contract"),
        (no_plan, "is no plan"),
    ],
)
def test_a_damaged_document_is_no_plan(damage: Callable[[Any], Any], says: str) -> None:
    document = json.loads(json.dumps(as_document(rotation_plan())))
    with pytest.raises(PlanUnreadable, match=says) as caught:
        from_document(damage(document), "plan.json")
    assert (caught.value.changed, caught.value.exit_code) == (Changed.NO, ExitCode.FAILED)


def test_a_file_that_is_absent_or_no_json_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(PlanUnreadable, match="cannot be read") as missing:
        read_plan(tmp_path / "absent")
    assert missing.value.exit_code is ExitCode.USAGE
    (tmp_path / "text").write_text("hello")
    with pytest.raises(PlanUnreadable, match="no JSON"):
        read_plan(tmp_path / "text")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"arguments": ("--to", "32")}, "unicard keys rotate --to 32"),
        ({"card": CardState(bytes(9) + b"\x01", (("key versions", "30"),))}, "chip serial"),
        ({"card": CardState(bytes(10), (("key versions", "30 and 31"),))}, "has changed since"),
        ({"commands": (planned(GetCplc()),)}, "1 are needed"),
        ({"remarks": ("nothing can go wrong",)}, "remarks"),
    ],
)
def test_a_plan_for_another_card_state_or_operation_does_not_fit(
    changes: dict[str, Any], says: str
) -> None:
    require_same(a_plan(), a_plan())
    with pytest.raises(PlanDoesNotFit, match=says) as caught:
        require_same(a_plan(), a_plan(**changes))
    assert (caught.value.changed, caught.value.exit_code) == (Changed.NO, ExitCode.FAILED)


def test_steps_that_differ_are_told_by_what_differs() -> None:
    one, other = (planned(StoreCardData(0, bytes((number,)), last=True)) for number in (1, 2))
    with pytest.raises(PlanDoesNotFit, match=r"step 1 is STORE DATA .* and differs in digest$"):
        require_same(a_plan(commands=(one,)), a_plan(commands=(other,)))


# PINs


def test_a_pin_is_planned_without_it_and_sent_as_planned() -> None:
    reader = wired(personalized_card()[0])
    change = ChangePin(TRANSPORT_PIN, Pin("246810"))
    before = reader.card.memory.image
    plan = PinWork(ChangePin(ANY_PIN, ANY_PIN)).plan(reader)
    assert reader.card.memory.image == before
    assert [c.effect for c in plan.commands] == [Effect.READS, Effect.CHANGES]
    assert "costs one of 3 tries" in plan.commands[-1].warning
    reader.seen.clear()
    PinWork(change).send(reader, plan)
    assert reader.seen[-2:] == [(c.sent, c.received) for c in plan.commands]
    with pytest.raises(PlanDoesNotFit, match="unicard card verify-pin"):
        PinWork(VerifyPin(Pin("246810"))).send(reader, plan)


def test_a_pin_that_a_plan_was_made_for_is_not_sent_when_a_try_was_lost_since() -> None:
    reader = wired(personalized_card()[0])
    plan = PinWork(ChangePin(ANY_PIN, ANY_PIN)).plan(reader)
    wrong = ChangePin(Pin("000000"), Pin("1234"))
    with pytest.raises(WrongPin):
        PinWork(wrong).send(reader)
    with pytest.raises(PlanDoesNotFit, match=r"PIN tries left 3, and has .* left 2"):
        PinWork(ChangePin(TRANSPORT_PIN, Pin("1234"))).send(reader, plan)
    assert drive(iter(AskPin()), reader).tries_left == 2


# The page

PAGE = (Path(__file__).parents[2] / "docs/plans.md").read_text(encoding="utf-8")


def test_the_page_shows_the_plan_that_a_rotation_has() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"[1-7]  [A-Z]", line)]
    commands = rotation_plan().commands
    assert len(rows) == len(commands)
    for row, command in zip(rows, commands, strict=True):
        figures = f"{command.sent:<6}{command.received:<10}{round(command.milliseconds)}"
        assert command.name in row
        assert figures in row
    totals = rotation_plan().totals
    assert f"{totals.sent} bytes to the card, {totals.received} back" in PAGE


def test_the_program_on_the_page_rotates_a_card() -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(program, names)
    reader = issued_card()
    assert names["rotate"](reader, issuer, {OLD, NEW}, NEW).deleted == (OLD,)
