"""One card at a station: whole, and interrupted at every point where it can be interrupted."""

import dataclasses
import os
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from applet_spec import spec
from card_simulator.blanks import new_chips
from card_simulator.card_life_cycle import STATE_CELL
from card_simulator.card_manager import blank_image
from card_simulator.memory import Image
from card_simulator.reader import Faults, SimReader
from host_lib.drive import drive
from host_lib.errors import CardRemoved
from host_lib.flow.objects import decode_cardholder, read_object
from host_lib.flow.session import open_issuer_session
from host_lib.scp03 import secured
from keys_tool.sam import StoreSam
from personalization import steps
from personalization.discard import declare_spoiled
from personalization.journal import Journal
from personalization.journal_rows import Entry
from personalization.journal_schema import State
from personalization.outcome import Outcome
from personalization.owner import Owner
from tests.personalization.perso_bureau import (
    Bureau,
    blanks,
    inserted,
    memory_folder,
    new_store,
    prepared_batch,
    until_done,
)
from tests.support.evidence import evidence

SECURED = b"\x0f"
FINISHED = (Outcome.ISSUED, Outcome.ALREADY_DONE)


def states(bureau: Bureau) -> list[State]:
    return [entry.state for entry in bureau.entries()]


def issued(bureau: Bureau) -> list[Entry]:
    return [entry for entry in bureau.entries() if entry.state is State.DONE]


def test_a_blank_card_becomes_the_first_record_s_card(bureau: Bureau) -> None:
    (image,) = blanks(1)
    with inserted(image) as reader:
        result = bureau.visit(reader)
        assert result.outcome is Outcome.ISSUED
        assert states(bureau) == [State.DONE, State.WAITING, State.WAITING]
        entry = bureau.entries()[0]
        assert entry.chip == reader.card.chip.serial
        assert (entry.key_version, entry.applet_version) == (0x30, "1.0")
        seen = drive(steps.observe(), reader)
        assert (seen.state, seen.key_versions) == ("PERSONALIZED", (0x30,))
        assert seen.card_serial == entry.card_serial
        assert reader.card.memory.read(STATE_CELL) == SECURED


def test_the_card_holds_what_the_citizen_s_enrolment_says(bureau: Bureau) -> None:
    (image,) = blanks(1)
    with inserted(image) as reader, bureau.bench() as bench:
        bureau.visit(reader)
        card = bench.production.card(0)
        drive(steps.observe(), reader)
        session = drive(open_issuer_session(0x30), reader, StoreSam(bureau.store))
        tag = spec().object_named("cardholder data").tag
        holder = decode_cardholder(drive(secured(session.channel, read_object(tag)), reader))
    row = next(iter((bureau.folder / "batch.csv").read_text("utf-8").splitlines()[1:]))
    cells = row.split(",")
    assert card.enrolment_id == cells[0]
    assert [holder.national_id, holder.name, holder.birth_date.isoformat()] == cells[1:4]
    assert [holder.governorate, holder.mobile] == cells[4:6]


def test_three_blanks_become_the_three_records_cards_and_a_fourth_is_left_blank(
    bureau: Bureau,
) -> None:
    outcomes = []
    for image in blanks(4):
        with inserted(image) as reader:
            outcomes.append(bureau.visit(reader).outcome)
            last = drive(steps.observe(), reader)
    assert outcomes == [Outcome.ISSUED] * 3 + [Outcome.LEFT]
    assert len({entry.chip for entry in issued(bureau)}) == 3
    assert last.key_versions == (0xFF,)
    assert bureau.journal.count_chips(bureau.batch) == 3


def test_an_issued_card_that_comes_again_is_recognized_and_not_written(bureau: Bureau) -> None:
    (image,) = blanks(1)
    with inserted(image) as reader:
        bureau.visit(reader)
        before = reader.card.memory.image
        assert bureau.visit(reader).outcome is Outcome.ALREADY_DONE
        assert reader.card.memory.image == before
    assert states(bureau).count(State.DONE) == 1


def count_writes(bureau: Bureau, image: Image) -> tuple[int, int]:
    """Return how many writes and commands the personalization of a card takes."""
    with inserted(image) as reader:
        before = reader.card.memory.writes
        result = bureau.visit(reader)
        assert result.outcome is Outcome.ISSUED
        commands = sum(counts["commands"] for counts in (result.traffic or {}).values())
        return reader.card.memory.writes - before, commands


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Bureau]:
    """Give a bureau with more records than any test here needs."""
    yield from bureau_of(tmp_path, 400)


def bureau_of(folder: Path, count: int) -> Iterator[Bureau]:
    with (
        memory_folder(folder) as memory,
        new_store(memory / "keys.unicard") as store,
        Journal(memory / "bureau.journal", create=True) as journal,
    ):
        yield prepared_batch(memory, store, journal, count, seed=11)


def finished_once(bureau: Bureau, chip: bytes) -> bool:
    """Say whether the chip is the card of exactly one record, and that record is done."""
    known = bureau.journal.chip(chip)
    assert known is not None
    entry = bureau.journal.entry(known.record)
    return entry.state is State.DONE and entry.chip == chip


def settled(bureau: Bureau, done: int) -> bool:
    """Say whether so many records are done, each with a chip of its own, and all others wait."""
    chips = [entry.chip for entry in issued(bureau)]
    all_states = set(states(bureau))
    return len(set(chips)) == len(chips) == done and all_states <= {State.DONE, State.WAITING}


def test_after_a_power_cut_at_any_write_the_card_becomes_its_record_s_card(many: Bureau) -> None:
    first, *images = blanks(390)
    writes, _ = count_writes(many, first)
    recovered = 0
    for write in range(1, writes + 1):
        recovered += cut_and_recover(many, images.pop(), write, torn=write % 7)
    assert recovered >= writes - 5, "cards differ a little in what they write"
    assert settled(many, writes + 1)


def cut_and_recover(bureau: Bureau, image: Image, *writes: int, torn: int = 0) -> int:
    """Cut the power at each of these writes in turn, then let it be; return how many cuts fell."""
    cuts = 0
    with inserted(image) as reader:
        for write in writes:
            reader.card.memory.cut_power_at(write, torn)
            result = bureau.visit(reader)
            if result.outcome is not Outcome.UNCERTAIN:
                assert result.outcome in FINISHED, result.message
                break
            cuts += 1
            reader.reset()
        reader.card.memory.keep_power()
        assert until_done(bureau, reader, most=1).outcome in FINISHED
        assert finished_once(bureau, reader.card.chip.serial)
    return cuts


def test_after_a_second_power_cut_during_recovery_the_card_is_still_completed(
    many: Bureau,
) -> None:
    first, *images = blanks(390)
    writes, _ = count_writes(many, first)
    choose = random.Random(5)
    twice = 0
    for _ in range(20):
        pair = choose.randint(1, writes - 5), choose.randint(1, writes)
        twice += cut_and_recover(many, images.pop(), *pair) == 2
    assert twice >= 5
    assert settled(many, 21)


@pytest.mark.proof
def test_no_two_power_cuts_lose_a_card_or_issue_it_twice(tmp_path: Path) -> None:
    choose = random.Random(20261122)
    counts = {"cards": 0, "power cuts": 0, "cards cut twice": 0, "cards cut three times": 0}
    for bureau in bureau_of(tmp_path, 701):
        first, *images = blanks(601, seed=2)
        writes, _ = count_writes(bureau, first)
        for image in images:
            cuts = [choose.randint(1, writes) for _ in range(3)]
            fell = cut_and_recover(bureau, image, *cuts, torn=choose.randrange(64))
            counts["cards"] += 1
            counts["power cuts"] += fell
            counts["cards cut twice"] += fell == 2
            counts["cards cut three times"] += fell == 3
        assert settled(bureau, 601)
    evidence("personalization-power-cuts", counts, seed=20261122)


def test_after_the_loss_of_any_answer_the_card_becomes_its_record_s_card(many: Bureau) -> None:
    first, *images = blanks(390)
    _, commands = count_writes(many, first)
    lost = set()
    for number in range(1, commands + 1):
        with inserted(images.pop()) as reader:
            reader.inject(Faults(lose_answer_of=number))
            lost.add(many.visit(reader).outcome)
            reader.inject(Faults())
            reader.reset()
            assert until_done(many, reader, most=1).outcome in FINISHED
            assert many.visit(reader).outcome is Outcome.ALREADY_DONE
    assert lost >= {Outcome.UNCERTAIN, Outcome.SET_ASIDE}
    assert Outcome.SPOILED not in lost
    assert settled(many, commands + 1)


def test_a_card_taken_out_before_any_command_is_completed_when_it_comes_back(
    many: Bureau,
) -> None:
    first, *images = blanks(390)
    _, commands = count_writes(many, first)
    gone = 0
    for number in range(1, commands + 1):
        with inserted(images.pop()) as reader:
            reader.inject(Faults(remove_before=number))
            gone += many.visit(reader).outcome.failed
            reader.inject(Faults())
            reader.insert()
            reader.reset()
            assert until_done(many, reader, most=1).outcome in FINISHED
    assert settled(many, commands + 1)
    assert gone >= commands - 5, "cards differ a little in their number of commands"


def test_a_blank_of_other_stock_is_set_aside_untouched_and_without_a_try(
    bureau: Bureau,
) -> None:
    (chip,) = new_chips(1, seed=4)
    image = blank_image(chip)
    cells = {**image.cells, "isd.keys.FF": bytes(48)}
    with inserted(Image(cells)) as reader:
        sent = recorded(reader)
        result = bureau.visit(reader)
        assert result.outcome is Outcome.SET_ASIDE
        assert 0x82 not in {command[1] for command in sent}, "EXTERNAL AUTHENTICATE went out"
        assert reader.card.memory.image.cells == cells
    assert states(bureau) == [State.WAITING] * 3
    assert bureau.journal.count_chips(bureau.batch) == 0


def recorded(reader: SimReader) -> list[bytes]:
    """Record what a reader transmits from now on."""
    sent: list[bytes] = []
    original = reader.transmit

    def transmit(command: bytes, timeout: float | None = None) -> bytes:
        sent.append(command)
        return original(command, timeout)

    reader.transmit = transmit  # type: ignore[method-assign]
    return sent


def test_a_card_of_another_batch_is_set_aside_untouched(bureau: Bureau) -> None:
    other = prepared_batch(bureau.folder, bureau.store, bureau.journal, 1, seed=99, name="other")
    (image,) = blanks(1)
    with inserted(image) as reader:
        assert other.visit(reader).outcome is Outcome.ISSUED
        before = reader.card.memory.image
        result = bureau.visit(reader)
        assert result.outcome is Outcome.SET_ASIDE
        assert other.batch.hex().upper() in result.message
        assert reader.card.memory.image == before


def test_a_card_that_another_bureau_issued_is_set_aside_untouched(
    bureau: Bureau, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    store = new_store(tmp_path / "elsewhere" / "keys")
    journal = Journal(tmp_path / "elsewhere" / "journal", create=True)
    other = prepared_batch(tmp_path / "elsewhere", store, journal, 1, seed=99)
    (image,) = blanks(1)
    with store, journal, inserted(image) as reader:
        assert other.visit(reader).outcome is Outcome.ISSUED
        before = reader.card.memory.image
        assert bureau.visit(reader).outcome is Outcome.SET_ASIDE
        assert reader.card.memory.image == before
    assert states(bureau) == [State.WAITING] * 3


def test_a_chip_is_never_used_twice_even_if_its_memory_was_wiped(bureau: Bureau) -> None:
    (image,) = blanks(1)
    with inserted(image) as reader:
        bureau.visit(reader)
    with inserted(image) as reader:  # the same chip, blank again
        result = bureau.visit(reader)
        assert result.outcome is Outcome.SET_ASIDE
        assert drive(steps.observe(), reader).key_versions == (0xFF,)
    assert states(bureau).count(State.DONE) == 1


def test_a_card_that_is_lost_before_its_data_is_spoiled_and_its_record_waits_for_another(
    bureau: Bureau,
) -> None:
    image, other = blanks(2)
    with inserted(image) as reader:
        interrupt_at(reader, 0xD8)
        assert bureau.visit(reader).outcome is Outcome.UNCERTAIN
        chip = reader.card.chip.serial
    declare_spoiled(bureau.journal, bureau.batch, chip.hex(), "eaten by the machine")
    assert states(bureau) == [State.WAITING] * 3
    with inserted(other) as reader:
        assert bureau.visit(reader).outcome is Outcome.ISSUED
    assert bureau.entries()[0].chip != chip
    with inserted(image) as reader:
        assert bureau.visit(reader).outcome is Outcome.SPOILED


def interrupt_at(reader: SimReader, ins: int) -> None:
    """Take the card out of the reader before the first command with this instruction."""
    original = reader.transmit

    def transmit(command: bytes, timeout: float | None = None) -> bytes:
        if command[1] == ins:
            reader.remove()
        return original(command, timeout)

    reader.transmit = transmit  # type: ignore[method-assign]


def test_a_card_that_reads_back_something_else_is_spoiled_with_its_record(bureau: Bureau) -> None:
    (image,) = blanks(1)
    with inserted(image) as reader:
        interrupt_at(reader, 0xCB)  # the first read of the cardholder data, when verifying
        assert bureau.visit(reader).outcome is Outcome.UNCERTAIN
        memory = reader.card.memory.image
    name = next(n for n in memory.cells if n.endswith(".object.DF52"))
    changed = Image({**memory.cells, name: bytes.fromhex("2026112220321121")})
    with inserted(changed) as reader:
        result = bureau.visit(reader)
        assert result.outcome is Outcome.SPOILED
        assert "validity" in result.message
    assert states(bureau) == [State.SPOILED, State.WAITING, State.WAITING]


def test_a_card_that_is_gone_before_it_is_asked_is_set_aside(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> AbstractContextManager[None]:
        raise CardRemoved("the card was removed")

    (image,) = blanks(1)
    with inserted(image) as reader:
        monkeypatch.setattr(reader, "exclusive", gone)
        assert bureau.visit(reader).outcome is Outcome.SET_ASIDE
    assert states(bureau) == [State.WAITING] * 3


def test_a_card_whose_private_key_is_another_is_no_genuine_card(bureau: Bureau) -> None:
    (image,) = blanks(1)
    with inserted(image) as reader:
        interrupt_at(reader, 0xCB)
        bureau.visit(reader)
        memory = reader.card.memory.image
    name = next(n for n in memory.cells if n.endswith("key.private"))
    with inserted(Image({**memory.cells, name: (7).to_bytes(32, "big")})) as reader:
        assert bureau.visit(reader).outcome is Outcome.SPOILED


def test_a_card_without_the_load_file_is_spoiled_and_its_record_waits_for_another(
    bureau: Bureau,
) -> None:
    image, other = blanks(2)
    with inserted(image) as reader:
        answer(reader, 0xE6, 0x6A88)
        result = bureau.visit(reader)
        assert result.outcome is Outcome.SPOILED
        assert "INSTALL was refused with 6A88" in result.message
    assert states(bureau) == [State.WAITING] * 3
    with inserted(other) as reader:
        assert bureau.visit(reader).outcome is Outcome.ISSUED
    assert bureau.entries()[0].state is State.DONE


def test_a_card_that_refuses_its_data_is_spoiled_with_its_record(bureau: Bureau) -> None:
    (image,) = blanks(1)
    with inserted(image) as reader:
        answer(reader, 0xE2, 0x6A80)
        assert bureau.visit(reader).outcome is Outcome.SPOILED
    assert states(bureau) == [State.SPOILED, State.WAITING, State.WAITING]


@pytest.mark.parametrize("sw", [0x9000, 0x6310, 0x6F00, 0x6581, 0x6982, 0x6ABC])
@pytest.mark.parametrize("ins", [0xD8, 0xE6, 0xE2, 0xF0])
def test_an_answer_that_proves_nothing_makes_the_card_uncertain_and_it_is_asked_again(
    bureau: Bureau, ins: int, sw: int
) -> None:
    (image,) = blanks(1)
    with inserted(image) as reader:
        restore = answer(reader, ins, sw)
        assert bureau.visit(reader).outcome is Outcome.UNCERTAIN
        restore()
        reader.reset()
        assert bureau.visit(reader).outcome is Outcome.ISSUED
    assert states(bureau).count(State.DONE) == 1


def answer(reader: SimReader, ins: int, sw: int) -> Callable[[], None]:
    """Answer commands of an instruction with a bare status word; the card never sees them."""
    original = reader.transmit

    def transmit(command: bytes, timeout: float | None = None) -> bytes:
        return sw.to_bytes(2, "big") if command[1] == ins else original(command, timeout)

    def restore() -> None:
        reader.transmit = original  # type: ignore[method-assign]

    reader.transmit = transmit  # type: ignore[method-assign]
    return restore


def test_a_store_with_other_issuer_keys_changes_nothing_on_a_card_in_the_making(
    bureau: Bureau, tmp_path: Path
) -> None:
    (image,) = blanks(1)
    with inserted(image) as reader:
        interrupt_at(reader, 0x46)
        bureau.visit(reader)
        memory = reader.card.memory.image
    with inserted(memory) as reader, new_store(tmp_path / "other") as store:
        sent = recorded(reader)
        result = bureau.visit(reader, store=store)
        assert result.outcome is Outcome.UNCERTAIN
        assert 0x82 not in {command[1] for command in sent}
        assert reader.card.memory.image == memory
    with inserted(memory) as reader:
        assert bureau.visit(reader).outcome is Outcome.ISSUED


def test_a_record_in_the_hands_of_a_living_station_is_not_taken(bureau: Bureau) -> None:
    (image,) = blanks(1)
    entry = take(bureau, image, Owner(os.getppid(), *parents_start()))
    with inserted(image) as reader, pytest.raises(Exception, match="held by process"):
        bureau.visit(reader)
    assert bureau.journal.entry(entry.id).state is State.LEASED


def parents_start() -> tuple[int, str]:
    stat = Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()
    return int(stat[19]), Owner.of_this_process().boot


def take(bureau: Bureau, image: Image, owner: Owner) -> Entry:
    with inserted(image) as reader:
        chip = reader.card.chip.serial
    entry = bureau.journal.take(bureau.batch, chip, owner, "elsewhere")
    assert entry is not None
    return entry


def test_a_record_of_a_dead_station_is_taken_back(bureau: Bureau) -> None:
    (image,) = blanks(1)
    dead = dataclasses.replace(Owner.of_this_process(), started=1)
    take(bureau, image, dead)
    assert bureau.entries()[0].interrupted
    with inserted(image) as reader:
        assert bureau.visit(reader).outcome is Outcome.ISSUED
    assert states(bureau) == [State.DONE, State.WAITING, State.WAITING]
