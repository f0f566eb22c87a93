"""One card in one reader: led through its life, or left as it was; wrong keys, PINs and cards."""

from dataclasses import replace
from pathlib import Path

import pytest

from applet_spec import ExitCode, UnicardError, spec
from card_conformance.card_under_test import PinNotTheCards
from card_conformance.needs import Profile
from card_conformance.opening import NoKeys, WrongCard
from card_conformance.plan import StoreAccess
from card_simulator import card_file
from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_manager import blank_image
from card_simulator.reader import Faults, SimReader, open_card
from host_lib.card import Card as HostCard
from host_lib.errors import CardCryptogramError
from host_lib.reader import Reader, open_reader
from host_lib.secret import Pin
from tests.card_conformance.conftest import (
    BlankCard,
    IssuedCard,
    Switch,
    new_store,
    outcomes_of,
    results_of,
    run_suite,
)
from tests.card_conformance.mutants.every import behaviour_mutants

HOLDER_TEMPLATE_SLOT = ".object.65"
EXTERNAL_AUTHENTICATE = 0x82


class Watched:
    """A reader that remembers the instructions of the commands that went through it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.instructions: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._reader, name)

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        self.instructions.append(command[1])
        return self._reader.transmit(command, timeout)


def test_one_blank_card_is_led_through_all_stages(blank: BlankCard, keys: StoreAccess) -> None:
    events = run_suite(reader=blank.reader, keys=keys, card=blank.serial)
    assert set(outcomes_of(events)) == {"passed", "not run"}
    reasons = {r["reason"] for r in results_of(events) if r["outcome"] == "not run"}
    expected = (
        "already has",
        "contact",
        "challenges are random",
        "end this card's life",
        "had its first transaction",
        "in a place that was empty",
        "needs a card that is BLANK",
    )
    assert all(any(part in reason for part in expected) for reason in reasons), reasons
    assert events[-1] == {"event": "ended", "cards": 1, "stopped": None}
    with open_reader(blank.reader) as reader:
        assert HostCard(reader).select().state == "TERMINATED"


def test_stock_with_the_application_has_as_many_tests_as_stock_without(
    blank: BlankCard, installed: BlankCard, keys: StoreAccess
) -> None:
    bare, full = (
        {r["name"]: r["outcome"] for r in results_of(events) if r["outcome"] != "not run"}
        for card in (blank, installed)
        for events in [run_suite(reader=card.reader, keys=keys, card=card.serial)]
    )
    assert full == bare
    assert set(full.values()) == {"passed"}


@pytest.mark.parametrize("profile", [Profile.READ_ONLY, Profile.STANDARD])
def test_the_application_that_stock_comes_with_stays_unless_the_run_may_consume_the_card(
    installed: BlankCard, keys: StoreAccess, profile: Profile
) -> None:
    before = installed.cells()
    store = None if profile is Profile.READ_ONLY else keys
    run_suite("INS", "SEL", reader=installed.reader, keys=store, profile=profile)
    assert installed.cells() == before


def test_an_application_that_belongs_to_a_record_is_never_deleted_to_begin_with(
    issued: IssuedCard, keys: StoreAccess
) -> None:
    cells = issued.cells()
    del cells[next(name for name in cells if name.endswith(".personalized"))]
    _rewrite(issued, cells)
    events = run_suite("INS-01", reader=issued.reader, keys=keys, card=issued.serial)
    assert set(outcomes_of(events)) == {"not run"}
    assert issued.cells() == cells


@pytest.mark.parametrize("profile", ["unicard-mac-only", "unicard-pseudo-random"])
def test_stock_of_another_card_type_is_opened_with_the_stores_transport_keys(
    tmp_path: Path, keys: StoreAccess, profile: str
) -> None:
    kind = spec().card_profiles[profile]
    (chip,) = new_chips(1, profile=kind)
    path = tmp_path / "card.json"
    card_file.create(path, blank_image(chip, kind, installed=True))
    events = run_suite("PUK", "DLK", reader=f"sim:{path}", keys=keys, card=chip.serial)
    left = [r["reason"] for r in results_of(events) if r["outcome"] != "passed"]
    assert set(left) <= {"blank cards of this type have no key set FF"}
    assert outcomes_of(events)["passed"] > 25


def test_a_card_whose_key_versions_the_store_has_not_is_told_before_anything_is_sent(
    issued: IssuedCard, keys: StoreAccess
) -> None:
    cells = issued.cells()
    own = next(name for name in cells if name.startswith("isd.keys."))
    cells["isd.keys.45"] = cells.pop(own)
    _rewrite(issued, cells)
    watched: list[Watched] = []

    def opener(name: str) -> Reader:
        watched.append(Watched(open_reader(name)))
        reader: object = watched[-1]
        return reader  # type: ignore[return-value]

    with pytest.raises(NoKeys, match="45") as caught:
        run_suite(reader=issued.reader, keys=keys, profile=Profile.STANDARD, opener=opener)
    assert caught.value.exit_code is ExitCode.FAILED
    assert not {0x50, EXTERNAL_AUTHENTICATE} & set(watched[0].instructions)
    assert issued.cells() == cells


def test_the_standard_profile_leaves_an_issued_card_as_it_was(
    issued: IssuedCard, keys: StoreAccess
) -> None:
    before = issued.cells()
    events = run_suite(reader=issued.reader, keys=keys, pin=issued.pin, profile=Profile.STANDARD)
    assert set(outcomes_of(events)) == {"passed", "not run"}
    assert outcomes_of(events)["passed"] > 130
    assert _without_slots(issued.cells()) == _without_slots(before)


def _without_slots(cells: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out which of its two slots holds the cardholder data: storing it again swaps them."""
    return {name: value for name, value in cells.items() if HOLDER_TEMPLATE_SLOT not in name}


def test_the_standard_profile_gives_a_holder_their_own_pin_back(
    issued: IssuedCard, keys: StoreAccess
) -> None:
    own = Pin("4711")
    with open_reader(issued.reader) as reader:
        card = HostCard(reader)
        card.select()
        card.change_pin(issued.pin, own)
    before = issued.cells()
    events = run_suite("PIN", reader=issued.reader, keys=keys, pin=own, profile=Profile.STANDARD)
    assert outcomes_of(events)["passed"] > 10
    assert _without_slots(issued.cells()) == _without_slots(before)


def test_without_pin_the_pin_tests_are_not_run_and_say_so(
    issued: IssuedCard, keys: StoreAccess
) -> None:
    events = run_suite(
        "PIN-01", "PIN-02", reader=issued.reader, keys=keys, profile=Profile.STANDARD
    )
    reasons = {r["reason"] for r in results_of(events)}
    assert reasons == {"no PIN given", "needs the destructive profile"}
    assert set(outcomes_of(events)) == {"not run"}


def test_the_read_only_profile_needs_no_keys_and_writes_nothing(issued: IssuedCard) -> None:
    before = issued.path.read_bytes()
    events = run_suite(reader=issued.reader, profile=Profile.READ_ONLY)
    assert outcomes_of(events)["passed"] > 35
    assert "failed" not in outcomes_of(events)
    assert issued.path.read_bytes() == before


def test_a_wrong_key_store_ends_before_external_authenticate_and_touches_nothing(
    issued: IssuedCard, tmp_path: Path
) -> None:
    before = issued.path.read_bytes()
    watched: list[Watched] = []

    def opener(name: str) -> Reader:
        watched.append(Watched(open_reader(name)))
        reader: object = watched[-1]
        return reader  # type: ignore[return-value]

    with pytest.raises(CardCryptogramError) as caught:
        run_suite(
            reader=issued.reader,
            keys=new_store(tmp_path / "other.unicard"),
            profile=Profile.STANDARD,
            opener=opener,
        )
    assert caught.value.exit_code is ExitCode.FAILED
    assert EXTERNAL_AUTHENTICATE not in watched[0].instructions
    assert watched[0].instructions.count(0x50) == 1
    assert issued.path.read_bytes() == before


def test_a_wrong_pin_is_noticed_before_any_test_and_its_try_given_back(
    issued: IssuedCard, keys: StoreAccess
) -> None:
    before = issued.cells()
    with pytest.raises(PinNotTheCards, match="given back"):
        run_suite(reader=issued.reader, keys=keys, pin=Pin("000000"), profile=Profile.STANDARD)
    assert issued.cells() == before


def test_a_destructive_run_needs_the_serial_of_the_card_in_the_reader(
    issued: IssuedCard, keys: StoreAccess
) -> None:
    before = issued.path.read_bytes()
    for serial in (None, bytes(10)):
        with pytest.raises(WrongCard) as caught:
            run_suite(reader=issued.reader, keys=keys, card=serial)
        assert caught.value.exit_code is ExitCode.USAGE
    assert issued.path.read_bytes() == before


def test_a_card_that_somebody_else_began_to_personalize_is_left_alone(
    issued: IssuedCard, keys: StoreAccess
) -> None:
    cells = issued.cells()
    mark = next(name for name in cells if name.endswith(".personalized"))
    del cells[mark]
    _rewrite(issued, cells)
    events = run_suite("STD-05", reader=issued.reader, keys=keys, card=issued.serial)
    reasons = {r["name"]: r["reason"] for r in results_of(events) if r["outcome"] == "not run"}
    assert reasons == {
        "store_data::a_blank_card_takes_no_second_anchor": (
            "somebody else began to personalize this card"
        )
    }


def _rewrite(card: BlankCard, cells: dict[str, bytes]) -> None:
    image = replace(card_file.read(card.path), cells=cells)
    card.path.unlink()
    card_file.create(card.path, image)


def _leaving(name: str) -> Reader:
    reader = open_card(Path(name.partition(":")[2]))
    reader.inject(Faults(remove_before=120))
    return reader


@pytest.mark.parametrize("profile", [Profile.READ_ONLY, Profile.STANDARD])
def test_a_card_that_is_taken_out_ends_the_run(
    issued: IssuedCard, keys: StoreAccess, profile: Profile
) -> None:
    store = None if profile is Profile.READ_ONLY else keys
    events = run_suite(reader=issued.reader, keys=store, profile=profile, opener=_leaving)
    stopped = events[-1]["stopped"]
    assert stopped["kind"] == "CardRemoved"
    outcomes = outcomes_of(events)
    assert outcomes["error"] == 1
    assert outcomes["passed"] > 5
    late = {r["reason"] for r in results_of(events) if r["outcome"] == "not run"}
    assert "the run ended before this test" in late


class Forgetful(Card):
    """A card that loses the change back: RESET RETRY COUNTER always fails after the first."""

    resets = 0

    def transmit(self, raw: bytes) -> bytes:
        if len(raw) > 1 and raw[:2] == b"\x04\x2c":
            self.resets += 1
            if self.resets > 2:
                return b"\x65\x81"
        return super().transmit(raw)


def test_a_card_that_cannot_be_changed_back_ends_the_run_as_uncertain(
    issued: IssuedCard, keys: StoreAccess
) -> None:
    def opener(_name: str) -> Reader:
        return SimReader("sim:forgetful", Forgetful(card_file.read(issued.path)))

    events = run_suite(
        "PIN-01", "PIN-02", reader=issued.reader, keys=keys, pin=issued.pin,
        profile=Profile.STANDARD, opener=opener,
    )  # fmt: skip
    stopped = events[-1]["stopped"]
    assert stopped["kind"] == "CardNotRestored"
    assert "could not restore the card's PIN" in stopped["message"]
    assert stopped["exit_code"] == 4


def test_what_fails_and_cannot_be_changed_back_is_a_failure_that_ends_the_run(
    issued: IssuedCard, keys: StoreAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant = next(m for m in behaviour_mutants() if m.name == "suspends nothing")
    switch = Switch(mutant, monkeypatch)
    events = run_suite(
        "STA-01", reader=issued.reader, keys=keys, profile=Profile.STANDARD,
        opener=switch.open, plugins=(switch,),
    )  # fmt: skip
    *_, last = (r for r in results_of(events) if r["outcome"] == "failed")
    assert last["failure"] is not None
    assert "; then: could not restore the card's state" in last["reason"]
    assert events[-1]["stopped"]["kind"] == "CardNotRestored"


def test_a_fresh_card_that_cannot_be_changed_back_is_a_failure_and_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mutant = next(m for m in behaviour_mutants() if m.name == "suspends nothing")
    switch = Switch(mutant, monkeypatch)
    events = run_suite("STA", "PIN-08", opener=switch.open, plugins=(switch,))
    assert events[-1]["stopped"] is None
    assert set(outcomes_of(events)) == {"passed", "failed"}
    failures = [r for r in results_of(events) if r["outcome"] == "failed"]
    assert all(r["failure"] is not None for r in failures)
    restoring = [r for r in failures if r["reason"].startswith("could not restore")]
    assert [r["requirements"] for r in restoring] == [["PIN-08"]]
    assert restoring[0]["failure"]["expected"] == "the card takes back what the test changed"


def test_a_fresh_card_that_loses_its_session_keys_fails_that_requirement_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mutant = next(m for m in behaviour_mutants() if m.name == "deletes the keys of its session")
    assert mutant.patch is not None
    mutant.patch(monkeypatch)
    events = run_suite("PUK", "DLK")
    assert events[-1]["stopped"] is None
    failures = [r for r in results_of(events) if r["outcome"] == "failed"]
    assert [r["requirements"] for r in failures] == [["DLK-03"]] * 2
    for failed in failures:
        assert (failed["failure"]["came"], failed["failure"]["expected"]) == ("9000", "6985")
    assert set(outcomes_of(events)) == {"passed", "failed"}


def test_every_error_of_the_engine_says_what_to_do() -> None:
    error: UnicardError = WrongCard("x")
    assert "--card SERIAL" in error.advice
