"""Putting and deleting key sets: cut off anywhere, the card stays within reach of the store."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from applet_spec import Changed, ExitCode, UnicardError
from card_administration.access import Access, store_access
from card_administration.administration import (
    Operation,
    OperationUnfinished,
    Wish,
    carry_out,
    look,
)
from card_simulator.key_sets import KeySets
from card_simulator.reader import SIM, Faults, SimReader
from host_lib.errors import CardCryptogramError, DiversificationError, ReaderTimeout
from host_lib.flow.content_steps import delete_keys_steps, put_keys_steps
from host_lib.secret import SecretBytes
from keys_tool.contents import initial_contents
from keys_tool.file_store import FileStore
from keys_tool.finding import find_keys
from keys_tool.purpose import Algorithm, Purpose
from keys_tool.transport_file import globalplatform_default
from keys_tool.vault import ScryptCost
from tests.support.card_kinds import Kind, issued, static
from tests.support.damage import damaging, flipped

PUT_KEY = 0xD8
KINDS = [Kind(i, 0x30, 0x31) for i in (0x60, 0x71)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileStore]:
    path: Path = tmp_path_factory.mktemp("keys") / "keys.unicard"
    contents = initial_contents("Test issuer", globalplatform_default())
    secret = SecretBytes(b"invented words for tests only")
    with FileStore.create(path, secret, contents=contents, cost=ScryptCost(n=1024)) as opened:
        opened.generate(Purpose.ISSUER, 0x31, Algorithm.AES_256_KDF3)
        opened.generate(Purpose.ISSUER, 0x32, Algorithm.AES_192_KDF3)
        yield opened


def do(reader: SimReader, access: Access, wish: Wish) -> None:
    carry_out(reader, access, Operation("admin test", (), wish))


def putting(version: int, length: int, replaces: int = 0) -> Wish:
    return lambda found: put_keys_steps(found.contents, version, length, replaces=replaces)


def deleting(version: int) -> Wish:
    return lambda found: delete_keys_steps(found.contents, version, found.opening.version)


WISHES: dict[str, tuple[Wish, tuple[int, ...]]] = {
    "put a set": (putting(0x32, 24), (0x30, 0x32)),
    "replace the set of the session": (putting(0x32, 24, 0x30), (0x32,)),
    "put the same version anew": (putting(0x30, 16, 0x30), (0x30,)),
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.i:02X}")
@pytest.mark.parametrize("name", WISHES)
@pytest.mark.parametrize("cut", ["power", "answer", "removal"])
def test_put_key_that_is_cut_off_leaves_a_card_that_the_store_opens(
    store: FileStore, kind: Kind, name: str, cut: str
) -> None:
    wish, after = WISHES[name]
    seen = Counter[tuple[int, ...]]()
    for at in range(1, 200):
        reader = issued(kind, store)
        access = store_access(store)
        if cut == "power":
            reader.card.memory.cut_power_at(at)
        else:
            word = "lose_answer_of" if cut == "answer" else "remove_before"
            reader.inject(Faults(**{word: at}))
        try:
            do(reader, access, wish)
        except UnicardError as error:
            reader.inject(Faults())
            reader.insert()
            reader.reset()
            found = find_keys(reader, store)
            assert tuple(one.version for one in found.opening) == found.present
            assert found.present in ((kind.old,), after)
            if error.changed is Changed.NO:
                assert found.present == (kind.old,)
            seen[found.present] += 1
        else:
            break
    reader.card.memory.cut_power_at(1_000_000)
    reader.inject(Faults())
    assert tuple(one.version for one in find_keys(reader, store).opening) == after
    # The same keys under the same version are no write at all.
    assert seen[(kind.old,)] or (cut, after) == ("power", (kind.old,))


def test_the_set_of_the_session_and_the_last_one_cannot_be_deleted(store: FileStore) -> None:
    reader = issued(KINDS[0], store)
    access = store_access(store)
    with pytest.raises(UnicardError, match="opened with key set 30"):
        do(reader, access, deleting(0x30))
    do(reader, access, putting(0x32, 24))
    with pytest.raises(UnicardError, match="opened with key set 30"):
        do(reader, access, deleting(0x30))
    do(reader, access.only(0x32), deleting(0x30))
    assert look(reader, access).contents.key_versions == (0x32,)


def test_the_keys_of_blank_stock_go_with_the_first_set(store: FileStore) -> None:
    reader = issued(KINDS[0], store, blank_too=True)
    assert look(reader, store_access(store)).contents.key_versions == (0x30, 0xFF)
    do(reader, store_access(store), putting(0x32, 24))
    assert look(reader, store_access(store)).contents.key_versions == (0x30, 0x32)


def test_foreign_keys_open_nothing_and_cost_nothing(store: FileStore, tmp_path: Path) -> None:
    reader = issued(KINDS[0], store)
    secret = SecretBytes(b"invented words for tests only")
    with FileStore.create(
        tmp_path / "other", secret, contents=initial_contents("Other"), cost=ScryptCost(n=1024)
    ) as other:
        before = reader.card.memory.image
        with pytest.raises(CardCryptogramError) as caught:
            look(reader, store_access(other))
        assert caught.value.changed is Changed.NO
        assert reader.card.memory.image == before


@pytest.mark.parametrize("at", [1, 2])
def test_keys_of_another_chip_are_not_put_where_the_diversification_data_was_damaged(
    store: FileStore, at: int
) -> None:
    reader = SIM.open("")
    sent = damaging(reader, at, flipped(0))
    with pytest.raises(DiversificationError) as caught:
        do(reader, store_access(store), putting(0x30, 16))
    assert caught.value.changed is Changed.NO
    assert PUT_KEY not in sent
    do(reader, store_access(store), putting(0x30, 16))
    assert [one.version for one in find_keys(reader, store).opening] == [0x30]


def test_keys_that_came_under_a_version_that_stays_are_not_told_as_nothing_changed(
    store: FileStore,
) -> None:
    reader = issued(KINDS[0], store)
    foreign = static(store.issuer_keys(0x31, bytes(10)))
    KeySets(reader.card.memory).store(0x31, foreign)
    transmit = reader.transmit

    def losing(command: bytes, timeout: float | None = None) -> bytes:
        answer = transmit(command, timeout)
        if command[1] == PUT_KEY:
            raise ReaderTimeout("the answer was lost")
        return answer

    reader.transmit = losing  # type: ignore[method-assign]
    with pytest.raises(OperationUnfinished) as caught:
        do(reader, store_access(store).only(0x30), putting(0x31, 32, 0x31))
    assert (caught.value.changed, caught.value.exit_code) == (Changed.UNKNOWN, ExitCode.UNCERTAIN)
    assert "keys find" in caught.value.advice
    assert [one.version for one in find_keys(reader, store).opening] == [0x30, 0x31]
