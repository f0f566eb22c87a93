"""`unicard card pay|load|withdraw|recover|services|log`: what a person types and reads."""

import io
import json
import re
import signal
import sqlite3
from pathlib import Path
from typing import Any

import click
import pytest
from rich.console import Console

from host_lib import Card, Pin
from host_lib import reader as reading
from host_lib.command import ResetRetryCounter
from host_lib.errors import ReaderTimeout
from host_lib.reader import Reader, ReaderLayer, open_reader
from host_lib.stop_list import StopList
from host_lib.transaction import Receipt
from keys_tool import open_store
from keys_tool.receipts import Verdict, verify_receipts
from tests.card_administration.conftest import Unicard
from tests.support.issued import PASSPHRASE

PIN = "--with-pin --pin-file pin"


def shown(unicard: Unicard, words: str) -> Any:
    code, out, err = unicard(f"{words} --json")
    assert (code, err) == (0, ""), (out, err)
    return json.loads(out)


def balances(unicard: Unicard) -> dict[str, int]:
    found = shown(unicard, "card services --role inspect")["services"]
    return {one["label"]: one.get("balance", one.get("uses")) for one in found}


@pytest.fixture
def active(unicard: Unicard) -> Unicard:
    """The same, on a card whose wallet has 250 EGP."""
    assert unicard(f"card load wallet=250.00 {PIN}")[0] == 0
    return unicard


class Breaking(ReaderLayer):
    """Loses the answer to a transaction, and everything after it."""

    def __init__(self, inner: Reader, *, carried: bool) -> None:
        super().__init__(inner)
        self._carried = carried
        self._broken = False

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Carry a command, until it is PERFORM TRANSACTION."""
        transaction = command[1] == 0x40
        if not self._broken and (self._carried or not transaction):
            answer = super().transmit(command, timeout)
            if not transaction:
                return answer
        self._broken = True
        raise ReaderTimeout("no answer")

    def wait_for_card(self, timeout: float | None) -> None:  # noqa: ARG002
        """Find none."""
        raise ReaderTimeout("no card came")


def broken(monkeypatch: pytest.MonkeyPatch, *, carried: bool) -> None:
    """Let every reader that is opened lose the answer to a transaction."""
    monkeypatch.setattr(
        reading, "open_reader", lambda name=None: Breaking(open_reader(name), carried=carried)
    )


def test_a_household_loads_money_buys_bread_and_sees_both_in_the_log(unicard: Unicard) -> None:
    code, out, err = unicard(f"card load wallet=250.00 {PIN}")
    assert (code, err) == (0, "")
    assert "the card's first transaction: it is active now" in out
    code, out, err = unicard("card pay bread=20 wallet=4.00 --role bread")
    assert (code, err) == (0, "")
    assert re.search(r"wallet now +246\.00 EGP", out)
    assert re.search(r"bread now +0 loaves", out)
    code, out, _ = unicard(f"card log {PIN}")
    assert code == 0
    newest, money, oldest = out.splitlines()[1:]
    assert re.search(r"^2 .* BAKERY01 +bread -20 loaves +0 loaves", newest)
    assert re.search(r"wallet -4\.00 EGP +246\.00 EGP", money)
    assert re.search(r"^1 .* wallet \+250\.00 EGP +250\.00 EGP", oldest)


def test_what_json_says_of_a_receipt_the_issuer_verifies(active: Unicard) -> None:
    sold = shown(active, "card pay bread=3 wallet=1.05 --role bread")
    assert [one["amount"] for one in sold["operations"]] == [3, 105]
    assert [one["service"] for one in sold["operations"]] == ["bread", "wallet"]
    assert sold["balances"] == [17, 248_95]
    assert sold["settled_before"] == []
    receipt = Receipt.decode(bytes.fromhex(sold["receipt"]))
    with open_store("keys.unicard", PASSPHRASE) as keys:
        assert [told for _, told in verify_receipts([receipt], keys)] == [Verdict.VALID]
    logged = shown(active, "card log --role inspect")["log"]
    assert logged[0]["receipt"] == sold["receipt"]
    assert [one["number"] for one in logged] == [2, 1]


def test_the_services_are_shown_as_a_holder_reads_them(active: Unicard) -> None:
    code, out, err = active(f"card services {PIN}")
    assert (code, err) == (0, "")
    assert re.search(r"2 +bread +20 loaves +none +20 a day", out)
    assert re.search(r"4 +wallet +250\.00 EGP +pin +unverified 0\.00 EGP", out)
    assert re.search(r"now \d{4}-\d\d-\d\d +\n +last \d{4}-\d\d-\d\d", out)
    assert max(len(line) for line in out.splitlines()) <= 80
    found = {one["label"]: one for one in shown(active, f"card services {PIN}")["services"]}
    assert found["bread"]["allowance"] == 20
    assert found["wallet"]["role_limits"]["4"] == 5000
    assert (found["wallet"]["balance"], found["wallet"]["debits_since_load"]) == (250_00, 0)


def test_a_narrow_terminal_shows_each_balance_beside_its_operation(
    active: Unicard, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert active("card pay bread=20 wallet=4.00 --role bread")[0] == 0
    monkeypatch.setattr(
        "unicard_console.drawing.result_console", lambda stream: Console(file=stream, width=60)
    )
    log = active("card log --role inspect")[1]
    assert re.search(r"bread -20 .* 0 loaves", log)
    assert re.search(r"wallet .* 246\.00 EGP", log)
    assert max(map(len, log.splitlines())) <= 60


def test_every_table_fits_into_80_columns(active: Unicard) -> None:
    active(f"card pay bread=20 wallet=50.00 --role bread {PIN}")
    for words in ("card services --role bread", "card log --role inspect", "card recover"):
        _, out, _ = active(words)
        assert all(len(line) <= 80 for line in out.splitlines()), out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("card pay bread=21 --role bread", "9401"),
        ("card load wallet=9999999", "9402"),
        ("card pay bread=1 wallet=50.01 --role bread --with-pin --pin-file pin", "9403"),
        ("card pay wallet=200.01 --role merchant", "9405"),
        ("card pay wallet=1 --role bread", "6982"),
        ("card pay wallet=1 --role bread", "`unicard card pay --role` names one"),
        ("card pay health=1 --role health", "9405"),
        ("card pay ration=1 --role ration", "6A88"),
        ("card pay 9=1 --role merchant", "6A88"),
        ("card pay 9=1 --role merchant", "`unicard card services` shows the services"),
    ],
)
def test_a_refusal_says_why_and_that_nothing_changed(
    active: Unicard, words: str, said: str
) -> None:
    before = balances(active)
    code, out, err = active(words)
    assert (code, out) == (3, "")
    assert said in err
    assert "Nothing was changed." in err
    assert balances(active) == before
    assert active("card recover")[1] == "Nothing is open between this terminal and this card.\n"


def test_a_payment_that_wants_the_pin_names_the_option(active: Unicard) -> None:
    words = "card pay wallet=200.01 --role merchant"
    assert "Repeat it with --with-pin" in active(words)[2]
    assert active(f"{words} {PIN}")[0] == 0


def test_the_first_transaction_wants_the_pin(unicard: Unicard) -> None:
    code, _, err = unicard("card pay bread=1 --role bread")
    assert code == 3
    assert "--with-pin" in err


def test_a_wrong_pin_ends_the_payment_and_the_last_try_is_kept(active: Unicard) -> None:
    Path("wrong").write_text("1357\n")
    for left in ("2", "1"):
        code, _, err = active("card pay wallet=1 --role merchant --with-pin --pin-file wrong")
        assert code == 3
        assert f"{left} tr" in err
    code, _, err = active("card pay wallet=1 --role merchant --with-pin --pin-file wrong")
    assert code == 1
    assert "--spend-last-try" in err
    code, _, err = active(f"card pay wallet=1 --role merchant {PIN} --spend-last-try")
    assert (code, err) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        "card pay --role bread",
        "card pay bread --role bread",
        "card pay bread= --role bread",
        "card pay bread=0 --role bread",
        "card pay bread=-1 --role bread",
        "card pay bread=1.5 --role bread",
        "card pay bread=1.00 --role bread",
        "card withdraw 100.00 --service 5",
        "card pay wallet=1.000 --role merchant",
        "card pay wallet=Infinity --role merchant",
        "card pay bread=1e99999 --role bread",
        "card pay bread=NaN --role bread",
        "card pay breid=1 --role bread",
        "card pay 0=1 --role bread",
        "card pay 256=1 --role bread",
        "card pay wallet=1.234 --role merchant",
        "card pay wallet=21474836.48 --role merchant",
        "card pay bread=1 bread=1 --role bread",
        "card pay bread=1 2=1 --role bread",
        "card pay 1=1 2=1 3=1 4=1 5=1 --role bread",
        "card pay bread=1",
        "card pay bread=1 --role baker",
        "card pay bread=1 --role 16",
        "card pay bread=1 --role -1",
        "card pay bread=1 --role bread --terminal BAKERY-01",
        "card pay bread=1 --role bread --terminal مخبز",
        "card withdraw -- -5",
        "card withdraw zwölf",
        "card load wallet",
        "card services",
        "card log",
    ],
)
def test_what_was_typed_wrongly_touches_neither_card_nor_journal(
    unicard: Unicard, words: str
) -> None:
    before = Path("card.json").read_bytes()
    code, out, err = unicard(words)
    assert (code, out) == (2, ""), err
    assert "Error: " in err
    assert "Traceback" not in err
    assert Path("card.json").read_bytes() == before
    assert not Path("terminal.journal").exists()


def test_a_pin_is_never_a_word_and_a_bad_one_is_not_sent(unicard: Unicard) -> None:
    assert unicard("card pay bread=1 --role bread --pin 1234")[0] == 2
    Path("pin").write_text("12a4\n")
    code, _, err = unicard(f"card load wallet=1 {PIN}")
    assert code == 2
    assert "12a4" not in err
    assert "nothing was sent to the card" in err


def test_where_cash_was_given_out_the_debit_stands(
    active: Unicard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    code, out, err = active(f"card withdraw 100 {PIN}")
    assert code == 0
    assert "was the cash given out?" in err
    assert re.search(r"wallet now +150\.00 EGP", out)


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_where_cash_was_not_given_out_the_card_takes_the_debit_back(
    active: Unicard, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    code, out, err = active(f"card withdraw 100 {PIN}")
    assert (code, out) == (3, "")
    # Who types an answer ends the line of the question by it.
    assert answer or "\nError: no cash was given out" in err
    assert "the card took it back by transaction 3" in err
    assert "Nothing was changed." in err
    assert balances(active)["wallet"] == 250_00
    _, out, _ = active("card log --role inspect")
    assert re.search(r"takes the transaction before it back +250\.00 EGP", out)


def test_a_ctrl_c_at_the_question_lets_the_reversal_reach_the_card(
    active: Unicard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed_twice(_question: str, **_options: object) -> bool:
        signal.raise_signal(signal.SIGINT)
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt as error:
            raise click.Abort from error
        return True

    monkeypatch.setattr(click, "confirm", pressed_twice)
    code, out, err = active(f"card withdraw 100 {PIN}")
    assert (code, out) == (3, "")
    assert err.startswith("Ctrl-C once more")
    assert "the card took it back by transaction 3" in err
    assert balances(active)["wallet"] == 250_00


@pytest.mark.parametrize(("carried", "left"), [(True, 0), (False, 20)])
def test_a_lost_answer_says_what_to_type_and_typing_it_finds_out(
    active: Unicard, monkeypatch: pytest.MonkeyPatch, carried: bool, left: int
) -> None:
    with monkeypatch.context() as patch:
        broken(patch, carried=carried)
        code, out, err = active("card pay bread=20 --role bread")
    assert (code, out) == (4, "")
    assert "It is not known whether a change was made." in err
    typed = re.search(r"type `unicard (card recover [^`]*)`", err)
    assert typed is not None
    found = shown(active, typed[1])
    (settled,) = found["settled"]
    wanted = "it happened" if carried else "it did not happen, and never will"
    assert settled["outcome"] == wanted
    assert ("receipt" in settled) == carried
    assert balances(active)["bread"] == left
    assert active("card recover")[1] == "Nothing is open between this terminal and this card.\n"


def test_a_lost_answer_is_said_in_json_too(
    active: Unicard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        broken(patch, carried=True)
        code, out, err = active("card pay bread=20 --role bread --json")
    error = json.loads(out)["error"]
    assert (code, err) == (4, "")
    assert (error["kind"], error["changed"]) == ("TransactionUncertain", "unknown")
    assert "unicard card recover --terminal BAKERY01" in error["advice"]


def test_paying_again_settles_first_what_is_open_in_any_role(
    active: Unicard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        broken(patch, carried=True)
        assert active("card load wallet=10")[0] == 4
    code, out, err = active("card pay bread=1 wallet=1 --role bread")
    assert code == 0
    assert "earlier transaction 2: it happened" in err
    assert re.search(r"wallet now +259\.00 EGP", out)


def test_what_another_role_left_open_names_the_store_that_is_wanted(
    active: Unicard, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = "--to till.unicard --to-passphrase-file passphrase"
    assert active(f"keys hand-over role-bread 1 {handed}")[0] == 0
    with monkeypatch.context() as patch:
        broken(patch, carried=True)
        assert active("card load wallet=10")[0] == 4
    code, out, err = active("card pay bread=1 --role bread --store till.unicard")
    assert (code, out) == (1, "")
    assert "in a session of LOAD" in err
    assert "--store" in err
    assert active("card recover")[0] == 0
    assert active("card pay bread=1 --role bread --store till.unicard")[0] == 0


def test_what_the_card_has_forgotten_goes_to_the_clearing_with_exit_code_4(
    active: Unicard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        broken(patch, carried=True)
        assert active("card pay bread=1 --role bread")[0] == 4
    for _ in range(21):
        assert active("card load wallet=0.01 --terminal OFFICE01 --journal office")[0] == 0
    code, out, _ = active("card recover")
    assert code == 4
    assert "left to the clearing: transaction" in out
    # It was asked and cannot be asked again: the terminal may sell to this card once more.
    assert active("card pay bread=1 --role bread")[0] == 0


def test_a_stopped_card_gets_no_session(active: Unicard) -> None:
    serial = shown(active, "card show")["card_serial"]
    StopList(frozenset({bytes.fromhex(serial)})).save("stop.json")
    code, out, err = active("card pay bread=1 --role bread --stop-list stop.json")
    assert (code, out) == (1, "")
    assert "stop list" in err
    assert balances(active)["bread"] == 20


def test_a_journal_of_another_terminal_or_of_none_is_refused(active: Unicard) -> None:
    code, _, err = active("card pay bread=1 --role bread --terminal OTHER")
    assert code == 2
    assert "the journal of terminal" in err
    sqlite3.connect("some.db").executescript("CREATE TABLE t (x)")
    code, _, err = active("card pay bread=1 --role bread --journal some.db")
    assert code == 2
    assert "is no journal" in err


def test_a_second_journal_of_one_terminal_id_is_told_as_what_it_is(active: Unicard) -> None:
    code, _, err = active("card pay bread=1 --role bread --journal new.db")
    assert code == 3
    assert "Another journal has used this number under the same terminal id." in err


def test_a_suspended_card_takes_nothing_and_the_command_that_shows_why_is_named(
    active: Unicard,
) -> None:
    assert active("card suspend")[0] == 0
    code, _, err = active("card pay bread=1 --role bread")
    assert code == 3
    assert "`unicard card show` tells whether the card is suspended" in err
    assert re.search(r"state +SUSPENDED", active("card show")[1])


@pytest.mark.parametrize("words", ["card services", "card pay bread=1 --role bread"])
def test_a_card_with_its_transport_pin_names_the_command_that_changes_it(
    unicard: Unicard, words: str
) -> None:
    with open_store("keys.unicard", PASSPHRASE) as keys, open_reader() as reader:
        card = Card(reader, keys.sam())
        with card.issuer_session(0x30):
            card.run(ResetRetryCounter(Pin("97531")))
    code, _, err = unicard(f"{words} {PIN}")
    assert code == 3
    assert "`unicard card change-pin`" in err


def test_recover_offers_no_pin_which_it_would_not_use(unicard: Unicard) -> None:
    assert unicard(f"card recover {PIN}")[0] == 2


def test_a_role_that_may_not_read_the_log_is_told_who_may(active: Unicard) -> None:
    code, _, err = active("card log --role bread")
    assert code == 3
    assert "--role inspect" in err


def test_a_blank_card_and_one_without_keys_of_the_role_are_told(active: Unicard) -> None:
    code, _, err = active("card pay bread=1 --role bread --reader sim")
    assert code in (1, 3)
    assert "Traceback" not in err
    code, _, err = active("card pay bread=1 --role 9")
    assert code == 3
    assert "Nothing was changed." in err
