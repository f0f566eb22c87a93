"""The whole suite on the Java card: what the software card passes, this one passes."""

from collections.abc import Iterator

import pytest

from applet_spec import CardProfile, spec
from applet_spec.simulated import software_profiles
from card_conformance.formats import Json
from card_conformance.invented import new_record
from card_conformance.keyring import StoreKeyring
from card_conformance.needs import Profile, Stage
from card_conformance.plan import StoreAccess
from card_conformance.prepare import advance
from card_conformance.statement import Statement
from card_conformance.suite.role_keys import random_keys
from host_lib import Card, Pin, Refused
from host_lib.command import PutRoleKeys, ReadPublicKey
from host_lib.flow.objects import read_object
from host_lib.reader import Reader
from java_card.build import JavaCardMissing, find_runtime
from java_card.reader import JavaReader
from java_card.settings import Wiring, blank_card
from keys_tool import open_store
from tests.card_conformance.conftest import outcomes_of, results_of, run_suite

RANDOM = "the card's challenges are random"
CONTACT = "the run is over the contact interface"
SESSIONS_AND_WRITES = ("SCP", "SM", "GDP", "STD", "RPK", "ROL")
"""Groups that a card type's form of SCP03 matters for."""


CHANGING = ("GEN", "PIN", "CHG", "RRC", "PDA", "STD", "STA", "ROL", "RPK", "RDK")
"""Groups whose tests change a card and change it back."""


class JavaStock:
    """Blank Java cards; the process of one that was closed makes the next."""

    def __init__(self, profile: CardProfile | None, wiring: Wiring) -> None:
        self._profile = profile
        self._wiring = wiring
        self._free: list[JavaReader] = []
        self._every: list[JavaReader] = []

    def open(self, _: str) -> Reader:
        """Give a new card."""
        card = blank_card(self._profile, wiring=self._wiring)
        if self._free:
            reader = self._free.pop()
            reader.control.replace(card)
            reader.reset()
        else:
            reader = JavaReader("java", card)
            self._every.append(reader)
        lent: object = _Lent(reader, self._free)
        return lent  # type: ignore[return-value]

    def close(self) -> None:
        """End the processes."""
        for reader in self._every:
            reader.close()


class _Lent:
    """A reader that goes back to the stock when it is closed."""

    def __init__(self, reader: JavaReader, stock: list[JavaReader]) -> None:
        self._reader = reader
        self._stock = stock

    def __getattr__(self, name: str) -> object:
        return getattr(self._reader, name)

    def __enter__(self) -> "_Lent":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give it back."""
        if self._reader not in self._stock:
            self._stock.append(self._reader)


@pytest.fixture(autouse=True)
def _built() -> None:
    try:
        find_runtime()
    except JavaCardMissing as error:
        pytest.skip(f"{error.message}; {error.advice}")


@pytest.fixture
def stock(request: pytest.FixtureRequest) -> Iterator[JavaStock]:
    """Give blank cards of the type and wiring that the test names."""
    profile, wiring = getattr(request, "param", (None, Wiring.CONTACT_T1))
    made = JavaStock(spec().card_profiles[profile] if profile else None, wiring)
    yield made
    made.close()


def by_name(events: list[Json]) -> dict[str, str]:
    """Return each test's outcome, and why it was not run."""
    return {r["name"]: r["reason"] or r["outcome"] for r in results_of(events)}


def test_the_java_card_passes_what_the_software_card_passes(stock: JavaStock) -> None:
    java = run_suite(reader="java", opener=stock.open)
    assert outcomes_of(java).keys() == {"passed", "not run"}
    outcomes = by_name(java)
    assert set(outcomes.values()) - {"passed"} <= {RANDOM, CONTACT}
    assert outcomes == by_name(run_suite(reader="sim"))


def test_an_issued_java_card_is_left_as_it_was_found(stock: JavaStock, keys: StoreAccess) -> None:
    record, own = new_record(finger=True), random_keys(0x6F)
    reader = stock.open("java")
    with open_store(keys.location, keys.passphrase) as store:
        keyring = StoreKeyring(store)
        advance(reader, keyring, record, Stage.BLANK, Stage.ISSUED)
        card = Card(reader, keyring)
        with card.issuer_session(keyring.issuer_version) as session:
            card.run(PutRoleKeys(own.keys, own.master_version, session.dek))
        before = shown(card, keyring.issuer_version)
        events = run_suite(
            *CHANGING,
            reader="pcsc:0",  # a reader with one card, whose cards are not all new
            opener=lambda _: reader,
            keys=keys,
            pin=record.pin,
            profile=Profile.STANDARD,
        )
        assert outcomes_of(events).keys() == {"passed", "not run"}, by_name(events)
        assert outcomes_of(events)["passed"] > 100
        assert shown(card, keyring.issuer_version) == before
    terminal = Card(reader, lambda _: own.keys)
    with terminal.role_session(own.listed.role, own.listed.slot) as opened:
        assert opened.asked.master_version == own.master_version
    card.change_pin(record.pin, Pin("24680"))


def shown(card: Card, version: int) -> dict[object, object]:
    """Return what a card shows the issuer: its selection, each object, keys and applications."""
    seen: dict[object, object] = {"facts": card.identify(), "FCI": card.select()}
    with card.issuer_session(version):
        seen["public key"] = card.run(ReadPublicKey())
        for tag, each in spec().objects.items():
            if {"anyone", "issuer"}.isdisjoint(each.read):
                continue
            try:
                seen[tag] = card.run(read_object(tag))
            except Refused as error:
                seen[tag] = error.sw
    return seen


@pytest.mark.parametrize("stock", [(None, Wiring.CONTACTLESS)], indirect=True)
def test_over_the_air_the_java_card_hears_no_pin_in_clear(stock: JavaStock) -> None:
    statement = Statement(card="the Java card", interface="contactless")
    events = run_suite("PIN-07", reader="java", statement=statement, opener=stock.open)
    assert outcomes_of(events).keys() == {"passed"}, by_name(events)


@pytest.mark.parametrize(
    "stock",
    [(name, Wiring.CONTACT_T1) for name in software_profiles()[1:]],
    ids=software_profiles()[1:],
    indirect=True,
)
def test_each_other_type_of_java_card_keeps_its_sessions(
    stock: JavaStock, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id
    i = spec().card_profiles[name].i
    statement = Statement(card="the Java card", profile=name, i=i)
    chosen = SESSIONS_AND_WRITES
    events = run_suite(*chosen, reader="java", statement=statement, opener=stock.open)
    assert outcomes_of(events).keys() <= {"passed", "not run"}, by_name(events)
    assert (RANDOM in by_name(events).values()) != spec().secure_channel.is_pseudo_random(i or 0)
