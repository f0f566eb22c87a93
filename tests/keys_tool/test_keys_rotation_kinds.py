"""Rotation on every form of SCP03 and every key length, interrupted anywhere, ends all the same."""

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from applet_spec import Changed, ExitCode, UnicardError
from card_simulator.reader import Faults, SimReader
from host_lib.secret import SecretBytes
from keys_tool.file_store import FileStore
from keys_tool.finding import find_keys
from keys_tool.purpose import Algorithm, Purpose
from keys_tool.rotation import rotate_card
from keys_tool.vault import ScryptCost
from tests.support.card_kinds import Kind, issued
from tests.support.evidence import evidence

OPTIONS = (0x60, 0x61, 0x70, 0x71, 0x00, 0x20)
LENGTHS = (128, 192, 256)
OLD = dict(zip(LENGTHS, (0x30, 0x31, 0x32), strict=True))
NEW = dict(zip(LENGTHS, (0x33, 0x34, 0x35), strict=True))
KINDS = tuple(
    Kind(i, OLD[old], NEW[new]) for i, old, new in itertools.product(OPTIONS, LENGTHS, LENGTHS)
)
CUTS = ("power cut at a write", "answer lost", "card removed")
SEED = 20261122


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory, cheap: ScryptCost) -> Iterator[FileStore]:
    """Give a store with masters of every length, an old and a new one."""
    path: Path = tmp_path_factory.mktemp("rotation") / "keys.unicard"
    with FileStore.create(path, SecretBytes(b"invented words for tests"), cost=cheap) as store:
        for versions in (OLD, NEW):
            for bits, version in versions.items():
                store.generate(Purpose.ISSUER, version, Algorithm(f"AES-{bits} KDF3"))
        yield store


def interrupt(card: SimReader, cut: str, at: int) -> None:
    if cut == CUTS[0]:
        card.card.memory.cut_power_at(at)
    elif cut == CUTS[1]:
        card.inject(Faults(lose_answer_of=at))
    else:
        card.inject(Faults(remove_before=at))


def put_back(card: SimReader) -> None:
    card.inject(Faults())
    card.insert()
    card.reset()


@dataclass
class Recoveries:
    """How often what was cut, and what was found then."""

    counts: Counter[str] = field(default_factory=Counter)

    def cut(self, kind: Kind, keys: FileStore, cut: str, at: int) -> bool:
        """Cut one rotation, look at the card and finish; tell whether anything was cut."""
        card = issued(kind, keys)
        interrupt(card, cut, at)
        try:
            rotate_card(card, keys, kind.new)
        except UnicardError as error:
            self.counts[cut] += 1
            self.counts[kind.words] += 1
            put_back(card)
            self.finish(card, kind, keys, error)
            return True
        return False

    def finish(self, card: SimReader, kind: Kind, keys: FileStore, error: UnicardError) -> None:
        """Find out what opens the card, and rotate again: it must end with the new set alone."""
        found = find_keys(card, keys)
        opening = tuple(one.version for one in found.opening)
        assert opening == found.present, "a key set that the store cannot open"
        if error.changed is Changed.NO:
            assert found.present == (kind.old,), "it was said that nothing changed"
            assert error.exit_code is not ExitCode.UNCERTAIN
        names: dict[tuple[int, ...], str] = {
            (kind.old,): "found the old set alone",
            (kind.new,): "found the new set alone",
        }
        self.counts[names.get(found.present, "found both sets")] += 1
        assert rotate_card(card, keys, kind.new).after == (kind.new,)
        assert [one.version for one in find_keys(card, keys).opening] == [kind.new]
        self.counts["finished"] += 1


def points(kind: Kind, keys: FileStore, cut: str) -> int:
    """Return how many points a rotation has at which it can be cut so."""
    card = issued(kind, keys)
    before = card.card.memory.writes
    sent = 0
    transmit = card.transmit

    def counted(command: bytes, timeout: float | None = None) -> bytes:
        nonlocal sent
        sent += 1
        return transmit(command, timeout)

    card.transmit = counted  # type: ignore[method-assign]
    assert rotate_card(card, keys, kind.new).after == (kind.new,)
    return card.card.memory.writes - before if cut == CUTS[0] else sent


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: f"{k.i:02X}-{k.old:02X}-{k.new:02X}")
def test_every_kind_of_card_rotates_to_keys_of_every_length(keys: FileStore, kind: Kind) -> None:
    card = issued(kind, keys)
    report = rotate_card(card, keys, kind.new)
    assert (report.before, report.opened_with) == ((kind.old,), (kind.old,))
    assert (report.added, report.deleted, report.after) == (True, (kind.old,), (kind.new,))
    found = find_keys(card, keys)
    assert [one.version for one in found.opening] == [kind.new]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("i", [0x60, 0x61, 0x70, 0x71], ids=lambda i: f"{i:02X}")
def test_an_interrupted_rotation_is_finished_by_the_same_call(
    keys: FileStore, i: int, cut: str
) -> None:
    chosen = random.Random(f"{SEED} {i} {cut}")
    kind = chosen.choice([kind for kind in KINDS if kind.i == i])
    count = points(kind, keys, cut)
    recoveries = Recoveries()
    for at in chosen.sample(range(1, count + 1), min(6, count)):
        assert recoveries.cut(kind, keys, cut, at)
    assert recoveries.counts["finished"] == recoveries.counts[cut] > 0
    assert not recoveries.cut(kind, keys, cut, count + 1), "after the last point nothing is cut"


@pytest.mark.proof
def test_a_rotation_of_every_kind_cut_at_every_point_is_finished(keys: FileStore) -> None:
    recoveries = Recoveries()
    for kind, cut in itertools.product(KINDS, CUTS):
        count = points(kind, keys, cut)
        assert count > 0
        for at in range(1, count + 1):
            assert recoveries.cut(kind, keys, cut, at)
        assert not recoveries.cut(kind, keys, cut, count + 1)
    counts = recoveries.counts
    assert counts["finished"] == sum(counts[cut] for cut in CUTS)
    expected = {
        *CUTS, "S8 random", "S8 pseudo-random", "S16 random", "S16 pseudo-random",
        "found the old set alone", "found both sets", "found the new set alone", "finished",
    }  # fmt: skip
    evidence(
        "rotation-every-card-kind",
        {"kinds of cards": len(KINDS), **{what: counts[what] for what in sorted(expected)}},
    )
