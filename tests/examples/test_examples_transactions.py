"""The examples that take money do what they say, on both kinds of card."""

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest

from host_lib import (
    BalanceTooSmall,
    Card,
    Credit,
    Debit,
    LimitExceeded,
    NotProven,
    Pin,
    Role,
    Terminal,
    TerminalJournal,
    VerificationRequired,
    open_reader,
)
from host_lib.reader import Reader
from host_lib.relay import RelayServer, server_context
from host_lib.relay_terminal import client_context, keep_relaying
from keys_tool import open_store
from keys_tool.file_store import FileStore
from tests.support.issued import PASSPHRASE, PIN, WITHOUT_FINGERS, issue, issue_in
from tests.support.java_cards import missing_for_java
from tests.support.tls import Authority

FOLDER = Path(__file__).parents[2] / "examples"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["sim", "java"])
def reader(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Reader]:
    """An issued card of each kind, of somebody who shows no finger; 400 EGP in the wallet."""
    if request.param == "java" and (missing := missing_for_java()):
        pytest.skip(missing)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
    with open_reader(request.param) as opened:
        issue_in(opened, tmp_path, WITHOUT_FINGERS)
        with open_store("keys.unicard", PASSPHRASE) as keys:
            office = terminal("BANK0001")
            with Card(opened).session(Role.LOAD, keys.sam()) as pos:
                pos.verify_pin(PIN)
                pos.load(400_00, terminal=office)
        yield opened


@pytest.fixture
def keys(reader: Reader) -> Iterator[FileStore]:
    assert reader.name
    with open_store("keys.unicard", PASSPHRASE) as opened:
        assert isinstance(opened, FileStore)
        yield opened


def terminal(name: str) -> Terminal:
    return Terminal(name, TerminalJournal.in_memory(name.encode().ljust(8)))


def no_pin() -> Pin:
    raise AssertionError("nobody was to be asked")


def test_the_bakery_sells_without_the_pin_until_the_card_asks_for_it(
    reader: Reader, keys: FileStore
) -> None:
    sell, card, till = example("bakery_pos").sell, Card(reader), terminal("BAKERY01")
    receipt = sell(card, keys.sam(), till, 20, no_pin)
    assert receipt.operations == (Debit(2, 20), Debit(4, 4_00))
    assert receipt.balances == (15, 396_00)
    with pytest.raises(BalanceTooSmall):
        sell(card, keys.sam(), till, 16, no_pin)
    with card.session(Role.MERCHANT, keys.sam()) as pos:
        pos.transact(Debit("wallet", 195_00), terminal=till)
    assert sell(card, keys.sam(), till, 15, lambda: PIN).pin_verified
    assert len(till.journal.unsent()) == 3


def test_the_bakery_settles_what_was_interrupted_before_it_sells(
    reader: Reader, keys: FileStore
) -> None:
    sell, card, till = example("bakery_pos").sell, Card(reader), terminal("BAKERY01")
    with card.session(Role.BREAD, keys.sam()) as pos:
        till.begin(Role.BREAD, pos.card_serial, pos.number, (Debit("bread", 1),))
    assert sell(card, keys.sam(), till, 1, no_pin).balance("bread") == 34
    assert not till.journal.pending()


def test_a_visit_counts_on_the_cover_and_costs_its_copayment(
    reader: Reader, keys: FileStore
) -> None:
    visit, card, clinic = example("clinic").visit, Card(reader), terminal("CLINIC01")
    issuers = (keys.issuer_certificate(1),)
    receipt = visit(card, keys.sam(), clinic, 60_00, lambda: PIN, issuers)
    assert receipt.operations == (Debit(3, 1), Debit(4, 60_00))
    assert receipt.balances == (1, 340_00)
    free = visit(card, keys.sam(), clinic, 0, lambda: PIN, issuers)
    assert (free.operations, free.balances) == ((Debit(3, 1),), (2,))
    with pytest.raises(LimitExceeded):
        visit(card, keys.sam(), clinic, 500_01, lambda: PIN, issuers)
    assert card_balances(card, keys) == {"health": 2, "wallet": 340_00}


def test_a_card_that_another_issuer_has_signed_is_not_treated(
    reader: Reader, keys: FileStore, tmp_path: Path
) -> None:
    visit, clinic = example("clinic").visit, terminal("CLINIC01")
    (tmp_path / "other").mkdir()
    issue(tmp_path / "other")
    with open_store(str(tmp_path / "other" / "keys.unicard"), PASSPHRASE) as other:
        stranger = (other.issuer_certificate(1),)
    with pytest.raises(NotProven) as raised:
        visit(Card(reader), keys.sam(), clinic, 60_00, lambda: PIN, stranger)
    assert raised.value.receipt.balance("health") == 1


def card_balances(card: Card, keys: FileStore) -> dict[str, int]:
    with card.session(Role.INSPECT, keys.sam()) as pos:
        found = pos.balances()
    return {name: found[name] for name in ("health", "wallet")}


def test_a_finger_is_wanted_of_who_has_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    issue(tmp_path)
    clinic = terminal("CLINIC01")
    with (
        open_reader("sim:card.json") as reader,
        open_store("keys.unicard", PASSPHRASE) as keys,
        pytest.raises(VerificationRequired),
    ):
        example("clinic").visit(Card(reader), keys.sam(), clinic, 0, lambda: PIN, ())


def test_the_counter_passes_bytes_and_the_office_loads(
    reader: Reader, keys: FileStore, tmp_path: Path
) -> None:
    module, authority, office = example("back_office_load"), Authority(tmp_path), terminal("OFFICE")
    at_office = authority.shown("office")
    authority.shown("COUNTER1")
    stop = threading.Event()
    with RelayServer(
        ("127.0.0.1", 0),
        server_context(at_office.certificate, at_office.key, at_office.authority),
    ) as server:
        context = client_context("COUNTER1.pem", "COUNTER1.key", "authority.pem")
        at_counter = threading.Thread(
            target=keep_relaying,
            args=(reader, "COUNTER1", server.address, context),
            kwargs={"stop": stop, "pin_pad": lambda: PIN},
            daemon=True,
        )
        at_counter.start()
        receipt = module.load(server, keys.sam(), office, 50_00)
        stop.set()
    at_counter.join(10)
    assert receipt.operations == (Credit(4, 50_00),)
    assert receipt.balances == (450_00,)
    assert receipt.pin_verified
    assert not office.journal.pending()


def test_a_counter_in_a_folder_without_keys_loads_a_card_for_the_office(tmp_path: Path) -> None:
    office, counter = tmp_path / "office", tmp_path / "counter"
    for folder in (office, counter):
        folder.mkdir()
    issue(office)
    shutil.move(office / "card.json", counter / "card.json")
    authority = Authority(tmp_path)
    authority.shown("office")
    authority.shown("COUNTER1")
    for end, name in ((office, "office"), (counter, "COUNTER1")):
        for file in (f"{name}.pem", f"{name}.key", "authority.pem"):
            shutil.copy(tmp_path / file, end)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    program = [sys.executable, str(FOLDER / "back_office_load.py")]
    environment = {
        **os.environ,
        "UNICARD_PASSPHRASE": PASSPHRASE,
        "UNICARD_READER": "sim:card.json",
    }
    at_office = subprocess.Popen(
        [*program, "office", "127.0.0.1", port, "75.50"],
        cwd=office, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    at_counter = subprocess.Popen(
        [*program, "counter", "127.0.0.1", port, "COUNTER1"],
        cwd=counter, env=environment, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert at_counter.stdin is not None
        at_counter.stdin.write(PIN.reveal().decode() + "\n")
        at_counter.stdin.flush()
        said, wrong = at_office.communicate(timeout=120)
    finally:
        for one in (at_office, at_counter):
            one.kill()
            one.communicate()
    assert (said, wrong) == ("loaded; 75.50 EGP in the wallet\n", "")
    assert not list(counter.glob("*.unicard"))


def test_a_clinic_takes_no_part_of_a_piastre() -> None:
    piastres = example("clinic").piastres
    assert piastres(Decimal("25.50")) == 25_50
    with pytest.raises(ValueError, match=r"25\.505 EGP"):
        piastres(Decimal("25.505"))


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("bakery_pos", ["5"], "keys.unicard|till.unicard|no key store|there is no"),
        ("bakery_pos", ["many"], "usage: bakery_pos.py LOAVES"),
        ("bakery_pos", [], "usage: bakery_pos.py LOAVES"),
        ("clinic", ["-3"], "usage: clinic.py COPAYMENT"),
        ("clinic", ["25"], "there is no"),
        ("back_office_load", ["office"], "both ends show|Both ends show"),
        ("back_office_load", ["office", "127.0.0.1", "0", "x"], "nothing was sent to the card"),
        ("back_office_load", ["office", "127.0.0.1", "0", "5.005"], "5.005 EGP is no number of pi"),
        ("back_office_load", ["office", "127.0.0.1", "0", "5"], "No such file"),
        ("back_office_load", ["counter", "127.0.0.1", "0", "COUNTER1"], "No such file"),
    ],
)
def test_an_example_says_what_is_wrong_without_a_traceback(
    tmp_path: Path, name: str, words: list[str], said: str
) -> None:
    run = subprocess.run(
        [sys.executable, str(FOLDER / f"{name}.py"), *words],
        cwd=tmp_path,
        env={**os.environ, "UNICARD_PASSPHRASE": PASSPHRASE, "UNICARD_READER": "sim"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert re.search(said, run.stderr), run.stderr
    assert "Traceback" not in run.stderr
