"""Power cut at every write of what changes the application: afterwards it shows the old or the new.

Comments name the requirements that a test shows.
"""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from applet_spec import spec
from tests.card_application.application_acts import role_session, selected
from tests.card_application.application_changes import ALL
from tests.card_application.application_cuts import (
    BytewiseSims,
    all_of,
    in_turn,
    sample,
    sample_of_recovery,
)
from tests.card_application.application_look import look
from tests.card_application.application_tear_pins import verify
from tests.card_application.application_tear_transactions import BREAD_SET, LOAF, Basket
from tests.card_application.application_tears import Act, Tears
from tests.support.any_card import MakeCard
from tests.support.evidence import evidence
from tests.support.java_test_card import JavaCards
from tests.support.service_records import BREAD
from tests.support.stages import Stage, at_stage, session
from tests.support.terminal import NEW_PIN, Keys, Terminal
from tests.support.transactions import DEBIT, HISTORY, REVERSES, in_role, perform, records

CUTS, SECOND_CUTS = (2, 1), (1, 0)
"""How many of the last writes are cut, and how many others, of each change and each recovery.

The proof cuts all.
"""
MOST_SECOND_CUTS, FINISH_EACH = 200, 10
"""Of each change the proof cuts about so many writes of recoveries: of few all.

After each so many cuts the issuer does it again.
"""


@pytest.fixture(scope="module", params=["sim", "java"])
def make_torn(request: pytest.FixtureRequest) -> MakeCard:
    """Give what makes cards on which each byte that can be torn off is a write of its own."""
    if request.param == "sim":
        return BytewiseSims()
    cards = request.getfixturevalue("java_cards")
    assert isinstance(cards, JavaCards)
    return cards


@pytest.mark.parametrize("name", ALL)
def test_a_change_happens_whole_or_not_at_all(make_torn: MakeCard, name: str) -> None:
    # PIN-06, CHG-01, STD-09, STA-05, RPK-05, RDK-05, DEL-08, TRX-21, RKY-01, SVC-02, SVC-03
    change = ALL[name]
    if make_torn.kind in change.kinds:
        writes = sample(name, *CUTS, steady=change.steady)
        Tears(make_torn, change).run(writes, sample_of_recovery(name, *SECOND_CUTS))


def refused_session(kvn: int, spoil: int) -> Act:
    """Return what fails to open a session because of a wrong byte."""

    def refused(host: Terminal) -> None:
        host.keys = Keys() if kvn == 0 else host.keys
        selected(host)
        host.initialize(kvn)
        assert host.external_authenticate(spoil=spoil) in (0x6300, 0x6982)

    return refused


def sends(ins: int, p1: int, p2: int, data: bytes = b"") -> Act:
    """Return what sends this in clear, whatever the answer."""
    return lambda host: host.sw(0, ins, p1, p2, data)


def opens(level: int) -> Act:
    """Return what opens an issuer session."""
    return lambda host: session(host, level)


def harmless() -> Iterator[tuple[str, Act]]:
    """Yield what changes nothing that outlasts the power, by name."""
    for level in (0x01, 0x03, 0x33):
        yield f"issuer session at {level:02X}", opens(level)
    yield "role session", role_session(0x56)
    for kvn in (0, 0x56):
        for spoil in (0, 8):
            yield f"refused session {kvn:02X} {spoil}", refused_session(kvn, spoil)
    yield "VERIFY without data", sends(0x20, 0, 0x81)
    yield "card proof", sends(0x88, 0, 0, bytes(17))
    for tag in spec().objects:
        yield f"GET DATA {tag:X}", sends(0xCA, tag >> 8, tag & 0xFF)
    yield "GET DATA PART", sends(0xCB, 0x3F, 0xFF, b"\x5c\x01\x65")


def test_sessions_proofs_and_reading_write_nothing(make_torn: MakeCard) -> None:
    card = make_torn()
    at_stage(card, Stage.ROLE_KEYS)
    for name, act in harmless():
        host = Terminal(card.transmit)
        selected(host)
        start = card.writes
        act(host)
        assert card.writes == start, name
    start = card.writes
    look(card)
    assert card.writes == start
    selected(host)
    verify(NEW_PIN, 0x9000)(host)
    start = card.writes
    assert host.sw(0, 0x88, 0, 1, bytes(17)) == 0x9000
    assert card.writes == start, "a presence proof writes nothing"


def looks_back(host: Terminal) -> Iterator[tuple[str, int]]:
    """Yield what a terminal of role BREAD asks of past transactions, and the answers' words."""
    happened = [data for kvn, data in HISTORY if kvn == BREAD_SET]
    new = Basket(LOAF).request(len(HISTORY))
    too_much = Basket(((DEBIT, BREAD, 1000),)).request(len(HISTORY))
    for data in (happened[0], happened[-1], HISTORY[0][1], new, bytes(len(new))):
        yield "query", perform(host, data, query=True)[1] ^ 0x9000
    for data in (happened[0], happened[-1]):
        yield "stored answer", perform(host, data)[1] ^ 0x9000
    for data, sw in (
        (HISTORY[0][1], 0x9481),
        (Basket(LOAF).request(3), 0x9482),
        (too_much, 0x9403),
        (Basket(REVERSES).request(len(HISTORY)), 0x6985),
        (bytes(len(new)), 0x6A80),
    ):
        yield f"refused with {sw:04X}", perform(host, data)[1] ^ sw


def test_stored_answers_queries_refusals_and_the_log_write_nothing(make_torn: MakeCard) -> None:
    # TRX-02, TRX-03, QRY-04
    card = make_torn()
    at_stage(card, Stage.ACTIVE)
    host = in_role(card.transmit, BREAD_SET)
    start, asked = card.writes, 0
    for name, wrong in looks_back(host):
        assert (wrong, card.writes) == (0, start), name
        asked += 1
    assert asked == 12
    host = Terminal(card.transmit)
    session(host)
    assert len(list(records(host))) == len(HISTORY)
    assert card.writes == start


def torn_everywhere(kind: str, name: str) -> Counter[str]:
    """Cut one change on one kind of card at each write; in a process of its own."""
    cards = JavaCards() if kind == "java" else None
    try:
        return Tears(cards or BytewiseSims(), ALL[name]).run(
            all_of, in_turn(MOST_SECOND_CUTS), FINISH_EACH
        )
    except AssertionError as error:
        raise AssertionError(f"{kind}, {name}: {error}") from error
    finally:
        if cards:
            cards.close()


@pytest.mark.proof
@pytest.mark.usefixtures("java_cards")
def test_power_cut_at_every_write_and_byte_leaves_the_old_or_the_new() -> None:
    work = [(kind, name) for name, change in ALL.items() for kind in sorted(change.kinds)]
    workers = 2 * (os.cpu_count() or 1)  # a card and its terminal wait for one another
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        founds = list(pool.map(torn_everywhere, *zip(*work, strict=True)))
    counts: Counter[str] = Counter()
    for (kind, name), found in zip(work, founds, strict=True):
        counts[f"{kind}, all: changes"] += 1
        for what, number in found.items():
            counts[f"{kind}, all: {what}"] += number
            counts[f"{kind}, {name}: {what}"] += number
    evidence("application-power", +counts)
