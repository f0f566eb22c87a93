"""Operations on software cards of every type: whole, cut off anywhere, and on foreign ground."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applet_spec import Changed, ExitCode, UnicardError, spec
from card_administration.access import public_key_access
from card_administration.administration import (
    Operation,
    OperationUnfinished,
    Wish,
    carry_out,
    look,
    plan_operation,
)
from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_manager import blank_image
from card_simulator.profiles import software_profiles
from card_simulator.reader import Faults, SimReader
from host_lib.command import CardState, PutKey
from host_lib.drive import drive
from host_lib.errors import CardRemoved, MiscountError, ReaderTimeout
from host_lib.flow.base import CardKeys, Flow
from host_lib.flow.content import DoesNotFit
from host_lib.flow.content_steps import (
    delete_steps,
    install_steps,
    load_steps,
    lock_steps,
    make_selectable_steps,
    put_keys_steps,
    state_steps,
    store_steps,
)
from host_lib.flow.planned import DiffersFromPlan
from host_lib.flow.session import open_issuer_session
from host_lib.keyset import KeySet
from host_lib.load_file import LoadFile, parse_load_file
from host_lib.plan_file import PlanDoesNotFit
from host_lib.refusals import IncorrectData
from host_lib.scp03 import secured
from host_lib.secret import AesKey
from keys_tool.transport_file import globalplatform_default
from tests.support.cap_files import MODULE, OTHER_MODULE, PACKAGE, cap_file, contents, load_file
from tests.support.damage import miscount

ACCESS = public_key_access()
CAP = parse_load_file(cap_file(contents(modules=(MODULE, OTHER_MODULE), code=700)))
SELECT = b"\x00\xa4\x04\x00"
INITIALIZE_UPDATE, SET_STATUS = 0x50, 0xF0


def anyone(call: CardKeys) -> KeySet:
    """Answer with GlobalPlatform's public test keys."""
    return replace(globalplatform_default(), version=call.version)


def blank(profile: str = "unicard-reference") -> SimReader:
    kind = spec().card_profiles[profile]
    (chip,) = new_chips(1, seed=8, profile=kind)
    return SimReader("sim", Card(blank_image(chip, kind)))


def do(reader: SimReader, wish: Wish) -> None:
    carry_out(reader, ACCESS, Operation("admin test", (), wish))


def loading(load: LoadFile = CAP, block: int | None = None) -> Wish:
    return lambda found: load_steps(found.contents, load, block or found.room)


def installing(instance: bytes = MODULE, *, selectable: bool = True) -> Wish:
    return lambda found: install_steps(found.contents, MODULE, instance, selectable=selectable)


def deleting(aid: bytes, *, related: bool = False) -> Wish:
    return lambda found: delete_steps(found.contents, aid, related=related)


def locking(*, lock: bool) -> Wish:
    return lambda found: lock_steps(found.contents, MODULE, lock=lock)


def leading(state: CardState) -> Wish:
    return lambda found: state_steps(found.contents, state)


def storing(iin: bytes, cin: bytes) -> Wish:
    return lambda found: store_steps(found.contents, iin, cin, found.room)


def selects(reader: SimReader, aid: bytes) -> str:
    return reader.transmit(SELECT + bytes((len(aid),)) + aid)[-2:].hex().upper()


@pytest.mark.parametrize("profile", software_profiles())
def test_a_package_lives_and_dies_on_every_type_of_card(profile: str) -> None:
    reader = blank(profile)
    before = look(reader, ACCESS).contents
    do(reader, loading())
    (entry,) = (e for e in look(reader, ACCESS).contents.load_files if e.aid == PACKAGE)
    assert entry.modules == (MODULE, OTHER_MODULE)
    do(reader, installing(selectable=False))
    assert selects(reader, MODULE) == "6A82"
    do(reader, lambda found: make_selectable_steps(found.contents, MODULE))
    assert selects(reader, MODULE) == "9000"
    do(reader, locking(lock=True))
    assert selects(reader, MODULE) == "6A82"
    do(reader, locking(lock=False))
    assert selects(reader, MODULE) == "9000"
    do(reader, deleting(PACKAGE, related=True))
    assert look(reader, ACCESS).contents == before


@pytest.mark.parametrize("profile", software_profiles())
def test_a_card_goes_through_its_life_on_every_type_of_card(profile: str) -> None:
    reader = blank(profile)
    do(reader, leading(CardState.SECURED))
    do(reader, storing(b"\x98\x18\x01", b"\x01\x02"))
    found = look(reader, ACCESS).contents
    assert (found.iin, found.cin) == (b"\x98\x18\x01", b"\x01\x02")
    do(reader, leading(CardState.CARD_LOCKED))
    with pytest.raises(DoesNotFit, match="CARD_LOCKED"):
        do(reader, loading())
    assert look(reader, ACCESS).contents.state is not None
    do(reader, leading(CardState.SECURED))
    do(reader, loading())
    do(reader, leading(CardState.TERMINATED))
    with pytest.raises(UnicardError):
        look(reader, ACCESS)


@settings(max_examples=15)
@given(st.integers(16, 239))
def test_blocks_of_any_size_leave_the_same_card(block: int) -> None:
    whole, cut = blank(), blank()
    load = parse_load_file(load_file(contents(code=300)))
    do(whole, loading(load))
    do(cut, loading(load, block))
    assert cut.card.memory.image == whole.card.memory.image


PREPARED: dict[str, tuple[tuple[Wish, ...], Wish]] = {
    "load": ((), loading()),
    "install": ((loading(),), installing()),
    "make selectable": (
        (loading(), installing(selectable=False)),
        lambda found: make_selectable_steps(found.contents, MODULE),
    ),
    "delete an application": ((loading(), installing()), deleting(MODULE)),
    "delete all of a package": ((loading(), installing()), deleting(PACKAGE, related=True)),
    "lock": ((loading(), installing()), locking(lock=True)),
    "unlock": ((loading(), installing(), locking(lock=True)), locking(lock=False)),
    "secure the card": ((), leading(CardState.SECURED)),
    "lock the card": ((leading(CardState.SECURED),), leading(CardState.CARD_LOCKED)),
    "store": ((), storing(b"\x98\x18\x01", bytes(16))),
}


def cut_off(name: str, cut: Callable[[SimReader, int], None], at: int) -> str | None:
    """Cut an operation off; return what was found on the card then, None where nothing was cut."""
    prepare, wish = PREPARED[name]
    reader = blank()
    for step in prepare:
        do(reader, step)
    before = look(reader, ACCESS).contents
    cut(reader, at)
    try:
        do(reader, wish)
    except UnicardError as error:
        reader.inject(Faults())
        reader.insert()
        reader.reset()
        same = look(reader, ACCESS).contents == before
        check_said(error, same)
        if same:
            do(reader, wish)
        return "as before" if same else "changed"
    return None


def check_said(error: UnicardError, same: bool) -> None:
    """An error never says that nothing changed where something did, nor the other way round."""
    assert error.changed in (Changed.UNKNOWN, Changed.NO if same else Changed.YES), error
    if isinstance(error, OperationUnfinished):
        assert error.changed is not Changed.UNKNOWN
        assert error.exit_code is (ExitCode.FAILED if same else ExitCode.UNCERTAIN)


def power_cut(reader: SimReader, at: int) -> None:
    reader.card.memory.cut_power_at(at)


def answer_lost(reader: SimReader, at: int) -> None:
    reader.inject(Faults(lose_answer_of=at))


def card_removed(reader: SimReader, at: int) -> None:
    reader.inject(Faults(remove_before=at))


@pytest.mark.parametrize("name", PREPARED)
@pytest.mark.parametrize("cut", [power_cut, answer_lost, card_removed])
def test_an_operation_that_is_cut_off_happened_or_did_not_and_can_be_repeated(
    name: str, cut: Callable[[SimReader, int], None]
) -> None:
    seen = Counter[str]()
    for at in range(1, 200):
        found = cut_off(name, cut, at)
        if found is None:
            break
        seen[found] += 1
    assert found is None, "at last nothing was cut"
    assert seen["as before"]
    # Of the writes only the last one is what happens; of a lost answer the card does not know.
    assert (cut is not answer_lost) or seen["changed"]


def test_a_lost_answer_is_looked_into_and_said() -> None:
    reader = blank()
    seen = Counter[Changed]()
    for at in range(1, 100):
        reader = blank()
        reader.inject(Faults(lose_answer_of=at))
        try:
            do(reader, leading(CardState.INITIALIZED))
        except OperationUnfinished as error:
            seen[error.changed] += 1
        except ReaderTimeout:
            seen[Changed.UNKNOWN] += 1
        else:
            break
    assert seen[Changed.YES] == 1
    assert seen[Changed.NO] >= 2


def test_a_card_that_is_gone_leaves_the_question_open() -> None:
    reader = blank()
    count = sent_by(reader, leading(CardState.INITIALIZED))
    reader = blank()
    reader.inject(Faults(remove_before=count))
    with pytest.raises(CardRemoved) as caught:
        do(reader, leading(CardState.INITIALIZED))
    assert caught.value.changed is Changed.UNKNOWN
    assert caught.value.exit_code is ExitCode.UNCERTAIN


@pytest.mark.parametrize("instead", [None, b"\x69\x82"])
def test_a_card_that_is_terminated_though_it_did_not_say_so_is_told_to_be(
    instead: bytes | None,
) -> None:
    reader = blank()
    transmit = reader.transmit

    def silent(command: bytes, timeout: float | None = None) -> bytes:
        answer = transmit(command, timeout)
        if command[1] != SET_STATUS:
            return answer
        if instead is None:
            raise ReaderTimeout("the answer was lost")
        return instead

    reader.transmit = silent  # type: ignore[method-assign]
    with pytest.raises(OperationUnfinished, match="the card is terminated") as caught:
        do(reader, leading(CardState.TERMINATED))
    assert (caught.value.changed, caught.value.exit_code) == (Changed.UNKNOWN, ExitCode.UNCERTAIN)
    assert "cannot be used again" in caught.value.advice


def sent_by(reader: SimReader, wish: Wish) -> int:
    count = 0
    transmit = reader.transmit

    def counted(command: bytes, timeout: float | None = None) -> bytes:
        nonlocal count
        count += 1
        return transmit(command, timeout)

    reader.transmit = counted  # type: ignore[method-assign]
    do(reader, wish)
    return count


def test_nothing_is_sent_for_a_plan_and_a_plan_of_another_state_is_not_followed() -> None:
    reader = blank()
    before = reader.card.memory.image
    operation = Operation("admin load", (), loading())
    plan = plan_operation(reader, ACCESS, operation)
    assert reader.card.memory.image == before
    told = Counter[str]()
    done = carry_out(reader, ACCESS, operation, plan, lambda: told.update(["answered"]))
    assert done.commands == len(plan.commands) - 3
    assert told["answered"] == len(plan.commands)
    do(reader, deleting(PACKAGE))
    do(reader, leading(CardState.INITIALIZED))
    after = reader.card.memory.image
    with pytest.raises(PlanDoesNotFit):
        carry_out(reader, ACCESS, operation, plan)
    assert reader.card.memory.image == after


def test_a_plan_does_not_fit_once_the_numbers_or_the_modules_of_a_package_are_others() -> None:
    reader = blank()
    do(reader, storing(b"\x01", b"\x02"))
    operation = Operation("admin store", (), storing(b"\x03", b"\x02"))
    plan = plan_operation(reader, ACCESS, operation)
    carry_out(reader, ACCESS, operation, plan)
    with pytest.raises(PlanDoesNotFit, match=r"numbers 42 01, 45 02, .* and has .* 42 03, 45 02"):
        carry_out(reader, ACCESS, operation, plan)
    do(reader, loading())
    plan = plan_operation(reader, ACCESS, operation := Operation("t", (), deleting(PACKAGE)))
    do(reader, deleting(PACKAGE))
    do(reader, loading(parse_load_file(cap_file(contents(modules=(MODULE,), code=10)))))
    with pytest.raises(PlanDoesNotFit, match=OTHER_MODULE.hex().upper()):
        carry_out(reader, ACCESS, operation, plan)


def test_a_card_that_does_not_count_commands_without_data_is_told_at_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    miscount(monkeypatch)
    with pytest.raises(MiscountError, match="miscounts") as caught:
        look(blank(), ACCESS)
    assert caught.value.off == -1
    assert (caught.value.changed, caught.value.exit_code) == (Changed.NO, ExitCode.FAILED)


@pytest.mark.parametrize("at", [INITIALIZE_UPDATE, SELECT[1]])
def test_what_is_late_before_anything_is_changed_leaves_nothing_open(at: int) -> None:
    reader = blank()
    transmit = reader.transmit

    def late(command: bytes, timeout: float | None = None) -> bytes:
        if command[1] == at:
            raise ReaderTimeout("304 seconds")
        return transmit(command, timeout)

    reader.transmit = late  # type: ignore[method-assign]
    for ask in (lambda: look(reader, ACCESS), lambda: do(reader, leading(CardState.SECURED))):
        with pytest.raises(ReaderTimeout) as caught:
            ask()
        assert (caught.value.changed, caught.value.exit_code) == (Changed.NO, ExitCode.FAILED)


KEY = AesKey(bytes(range(16)))
TAMPERED: dict[str, Callable[[bytes], bytes]] = {
    "another key type": lambda data: data[:1] + b"\x80" + data[2:],
    "a wrong check value": lambda data: data[:-1] + bytes((data[-1] ^ 1,)),
    "a check value of 2 bytes": lambda data: data[:-4] + b"\x02" + data[-3:-1],
    "a length that is none": lambda data: data[:3] + b"\x0f" + data[4:],
    "a field that is too long": lambda data: data[:2] + b"\x12" + data[3:],
    "the last block cut off": lambda data: data[:-5],
    "more behind the blocks": lambda data: data + b"\x00",
    "no keys": lambda data: data[:1],
    "a reserved version": lambda data: b"\x70" + data[1:],
    "the maker's version": lambda data: b"\xff" + data[1:],
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_card_refuses_malformed_keys_and_keeps_what_it_has(what: str) -> None:
    reader = blank()
    session = drive(open_issuer_session(0xFF), reader, anyone)
    good = PutKey(KeySet(0x30, KEY, KEY, KEY), session.dek)
    apdu = good.apdu()
    bad = type(apdu)(apdu.cla, apdu.ins, apdu.p1, apdu.p2, TAMPERED[what](apdu.data), apdu.ne)
    before = reader.card.memory.image

    def sending() -> Flow[int]:
        response = yield bad
        assert not isinstance(response, KeySet)
        return response.sw

    assert drive(secured(session.channel, sending()), reader) == 0x6A80
    assert reader.card.memory.image == before


def test_a_wrong_dek_is_refused_by_the_check_values_with_advice() -> None:
    reader = blank()
    session = drive(open_issuer_session(0xFF), reader, anyone)
    before = reader.card.memory.image
    command = PutKey(KeySet(0x30, KEY, KEY, KEY), AesKey(bytes(16)))
    with pytest.raises(IncorrectData) as caught:
        drive(secured(session.channel, iter(command)), reader)
    assert (caught.value.changed, caught.value.exit_code) == (Changed.NO, ExitCode.REFUSED)
    assert caught.value.advice
    assert reader.card.memory.image == before


def test_keys_of_another_length_than_planned_are_not_sent() -> None:
    reader = blank()
    before = reader.card.memory.image
    with pytest.raises(DiffersFromPlan) as caught:
        do(reader, lambda found: put_keys_steps(found.contents, 0x30, 32))
    assert caught.value.changed is Changed.NO
    assert reader.card.memory.image == before
