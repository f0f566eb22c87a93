"""Answers that nothing authenticates, damaged on the way: no card is lost by them, no station."""

from collections.abc import Callable, Iterator

import pytest

from card_simulator.reader import SimReader
from personalization.errors import CardSetAside
from personalization.outcome import Outcome
from personalization.visit_plan import plan_visit
from tests.personalization.perso_bureau import Bureau, blanks, inserted, memory_folder, new_bureau
from tests.support.damage import damaging, flipped, miscount

PUT_KEY, INSTALL = 0xD8, 0xE6
Damage = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    with memory_folder(tmp_path_factory.mktemp("bureau")) as folder:
        yield new_bureau(folder, 20)


def inserted_one(seed: int) -> SimReader:
    (image,) = blanks(1, seed)
    return inserted(image)


@pytest.mark.parametrize("place", [0, 4, 9])
def test_keys_of_another_chip_are_not_put_where_the_diversification_data_was_damaged(
    bureau: Bureau, place: int
) -> None:
    reader = inserted_one(100 + place)
    sent = damaging(reader, 1, flipped(place))
    result = bureau.visit(reader)
    assert result.outcome is Outcome.UNCERTAIN
    assert "diversification data" in result.message
    assert PUT_KEY not in sent
    assert result.card_number
    reader.reset()
    assert bureau.visit(reader).outcome is Outcome.ISSUED


def another_protocol(answer: bytes) -> bytes:
    return answer[:11] + b"\x02" + answer[12:]


def another_option(answer: bytes) -> bytes:
    return answer[:12] + b"\x00" + answer[13:]


@pytest.mark.parametrize("damage", [another_protocol, another_option])
def test_a_blank_of_another_protocol_is_set_aside_and_the_station_goes_on(
    bureau: Bureau, damage: Damage
) -> None:
    reader = inserted_one(200 if damage is another_protocol else 201)
    before = dict(reader.card.memory.image.cells)
    damaging(reader, 1, damage)
    result = bureau.visit(reader)
    assert result.outcome is Outcome.SET_ASIDE
    assert result.advice
    assert dict(reader.card.memory.image.cells) == before


@pytest.mark.parametrize("at", [2, 3, 4])
@pytest.mark.parametrize("damage", [another_protocol, another_option])
def test_a_card_in_the_making_is_uncertain_then_and_finished_at_its_next_visit(
    bureau: Bureau, at: int, damage: Damage
) -> None:
    reader = inserted_one(300 + 10 * at + (damage is another_option))
    damaging(reader, at, damage)
    result = bureau.visit(reader)
    assert result.outcome is Outcome.UNCERTAIN
    assert result.card_number
    reader.reset()
    assert bureau.visit(reader).outcome is Outcome.ISSUED


def test_a_card_that_does_not_count_commands_without_data_gets_no_keys(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    miscount(monkeypatch)
    reader = inserted_one(400)
    sent = damaging(reader, 0, bytes)
    result = bureau.visit(reader)
    assert result.outcome is Outcome.UNCERTAIN
    assert "miscounts" in result.message
    assert PUT_KEY not in sent


def test_no_plan_is_made_for_a_card_that_is_spoiled(bureau: Bureau) -> None:
    reader = inserted_one(500)
    transmit = reader.transmit

    def full(command: bytes, timeout: float | None = None) -> bytes:
        return b"\x6a\x84" if command[1] == INSTALL else transmit(command, timeout)

    reader.transmit = full  # type: ignore[method-assign]
    assert bureau.visit(reader).outcome is Outcome.SPOILED
    reader.reset()
    with bureau.bench() as bench, pytest.raises(CardSetAside, match="spoiled"):
        plan_visit(bench, reader, ())
