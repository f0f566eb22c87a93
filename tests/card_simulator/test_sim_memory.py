"""The software card's persistent memory: transactions and failing power."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_simulator.cells import Cells
from card_simulator.memory import (
    COMMIT_CAPACITY,
    ENTRY_OVERHEAD,
    Memory,
    PowerCut,
    TransactionError,
)

CELLS = st.sampled_from(["a", "b", "c"])
WRITES = st.lists(st.tuples(CELLS, st.one_of(st.none(), st.binary(max_size=8))), max_size=8)


def put(memory: Memory, cell: str, value: bytes | None) -> None:
    if value is None:
        memory.erase(cell)
    else:
        memory.write(cell, value)


def cells(memory: Memory) -> dict[str, bytes]:
    assert not memory.image.journal
    return dict(memory.image.cells)


def test_a_commit_makes_all_its_writes_permanent() -> None:
    memory = Memory()
    with memory.transaction():
        memory.write("a", b"1")
        memory.write("b", b"2")
        assert memory.image.cells == {}
        assert (memory.read("a"), "b" in memory, memory.names()) == (b"1", True, ["a", "b"])
    assert cells(memory) == {"a": b"1", "b": b"2"}


def test_an_exception_inside_a_transaction_takes_its_writes_back() -> None:
    memory = Memory()
    memory.write("a", b"old")

    def fail() -> None:
        with memory.transaction():
            memory.write("a", b"new")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert cells(memory) == {"a": b"old"}
    memory.write("a", b"newer")
    assert not memory.image.journal, "this write was in no transaction"


def test_a_transaction_in_a_transaction_is_refused() -> None:
    memory = Memory()
    memory.begin()
    with pytest.raises(TransactionError, match="already open"):
        memory.begin()


@pytest.mark.parametrize("end", [Memory.commit, Memory.abort])
def test_ending_a_transaction_that_was_not_begun_is_refused(end: object) -> None:
    assert callable(end)
    with pytest.raises(TransactionError, match="no transaction"):
        end(Memory())


def test_a_transaction_holds_512_bytes_with_6_charged_for_each_write() -> None:
    memory = Memory()
    memory.begin()
    memory.write("a", bytes(COMMIT_CAPACITY - 2 * ENTRY_OVERHEAD - 1))
    memory.write("b", b"1")
    with pytest.raises(TransactionError, match="exceeds"):
        memory.write("c", b"")


def test_erasing_is_charged_what_is_erased() -> None:
    memory = Memory()
    memory.write("a", bytes(COMMIT_CAPACITY - ENTRY_OVERHEAD + 1))
    memory.begin()
    with pytest.raises(TransactionError, match="exceeds"):
        memory.erase("a")


def test_a_card_without_power_neither_reads_nor_writes_until_it_recovers() -> None:
    memory = Memory()
    memory.write("a", b"old")
    memory.cut_power_at(1)
    with pytest.raises(PowerCut):
        memory.write("a", b"new")
    for use in (lambda: memory.read("a"), lambda: memory.write("a", b""), memory.begin):
        with pytest.raises(PowerCut):
            use()
    memory.recover()
    assert memory.read("a") == b"old"


def test_kept_power_is_not_cut() -> None:
    memory = Memory()
    memory.cut_power_at(1)
    memory.keep_power()
    memory.write("a", b"1")
    assert memory.writes == 1


@pytest.mark.parametrize("torn", range(5))
def test_a_non_atomic_write_can_tear_at_every_byte(torn: int) -> None:
    memory = Memory()
    memory.write("a", b"old!")
    memory.cut_power_at(1, torn_bytes=torn)
    with pytest.raises(PowerCut):
        memory.write_non_atomic("a", b"NEW?")
    memory.recover()
    assert memory.read("a") == b"NEW?"[:torn] + b"old!"[torn:]


def test_an_atomic_write_does_not_tear() -> None:
    memory = Memory()
    memory.write("a", b"old!")
    memory.cut_power_at(1, torn_bytes=2)
    with pytest.raises(PowerCut):
        memory.write("a", b"NEW?")
    memory.recover()
    assert memory.read("a") == b"old!"


def test_a_non_atomic_write_goes_past_the_transaction_but_not_past_its_own_cell() -> None:
    memory = Memory()
    memory.begin()
    memory.write("a", b"1")
    memory.write_non_atomic("b", b"234", offset=2)
    with pytest.raises(TransactionError):
        memory.write_non_atomic("a", b"2")
    memory.abort()
    assert cells(memory) == {"b": b"\x00\x00234"}


def test_an_owner_sees_only_its_own_cells() -> None:
    memory = Memory()
    ours, theirs = Cells(memory, "x."), Cells(memory, "y.")
    ours.write("a", b"1")
    ours.write_non_atomic("b", b"2")
    assert ("a" in ours, "a" in theirs, theirs.read("a", b"-")) == (True, False, b"-")
    ours.erase("a")
    assert cells(memory) == {"x.b": b"2"}


@given(before=WRITES, inside=WRITES, cut=st.integers(1, 40), cut_again=st.integers(1, 20))
def test_power_cut_at_any_write_of_a_transaction_leaves_old_or_new(
    before: list[tuple[str, bytes | None]],
    inside: list[tuple[str, bytes | None]],
    cut: int,
    cut_again: int,
) -> None:
    memory = Memory()
    for cell, value in before:
        put(memory, cell, value)
    old = cells(memory)
    done = Memory(memory.image)
    with done.transaction():
        for cell, value in inside:
            put(done, cell, value)
    memory.cut_power_at(cut)
    try:
        with memory.transaction():
            for cell, value in inside:
                put(memory, cell, value)
        survived = True
    except PowerCut:
        survived = False
        memory = Memory(memory.image)  # as a card file would be opened again
        memory.cut_power_at(cut_again)
        try:
            memory.recover()
        except PowerCut:
            memory = Memory(memory.image)
            memory.recover()
    assert cells(memory) == cells(done) if survived else cells(memory) in (old, cells(done))


def write_both(memory: Memory) -> None:
    with memory.transaction():
        memory.write("a", b"1")
        memory.write("b", b"2")


def test_power_cut_just_after_the_journal_became_valid_completes_the_commit() -> None:
    outcomes = []
    for cut in range(1, 7):
        memory = Memory()
        memory.cut_power_at(cut)
        with pytest.raises(PowerCut):
            write_both(memory)
        memory.recover()
        outcomes.append(cells(memory))
    new = {"a": b"1", "b": b"2"}
    # two journal entries and the mark, then two copies and the clearing of the journal
    assert outcomes == [{}, {}, {}, new, new, new]
