"""What an issuer types and reads: add-service, set-service, suspend, resume, terminate."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from card_administration.access import store_access
from card_administration.issued import IssuedOperation, IssuedWish, change, plan_change
from card_administration.settings import changed_record, new_record, typed
from card_simulator.reader import SimReader
from host_lib import reader as reading
from host_lib.errors import ReaderTimeout
from host_lib.flow.issued import (
    add_service_steps,
    resume_steps,
    set_service_steps,
    suspend_steps,
    terminate_steps,
)
from host_lib.reader import ReaderLayer, open_reader
from keys_tool import open_store
from tests.card_administration.conftest import Unicard
from tests.card_administration.test_admin_plan import wire_of
from tests.support.issued import PASSPHRASE

PIN = "--with-pin --pin-file pin"
HORIZON = (date.today() + timedelta(days=60)).isoformat()
SNACKS = (
    "id=5 kind=quota label=snacks verification=none debit_roles=MERCHANT allowance=2 "
    f"period_kind=day transaction_limit=2 horizon={HORIZON}"
)


def shown(unicard: Unicard, words: str) -> Any:
    code, out, err = unicard(f"{words} --json")
    assert (code, err) == (0, ""), (out, err)
    return json.loads(out)


def services(unicard: Unicard) -> dict[str, Any]:
    found = shown(unicard, "card services --role inspect")["services"]
    return {one["label"]: one for one in found}


def serial(unicard: Unicard) -> str:
    return str(shown(unicard, "card show")["card_serial"])


@pytest.fixture
def active(unicard: Unicard) -> Unicard:
    """The same, on a card whose wallet has 250 EGP."""
    assert unicard(f"card load wallet=250.00 {PIN}")[0] == 0
    return unicard


def test_a_service_that_was_added_is_paid_with(active: Unicard) -> None:
    code, out, err = active(f"card add-service {SNACKS}")
    assert (code, out, err) == (0, "Service 5 is on the card: snacks.\n", "")
    found = services(active)["snacks"]
    assert (found["balance"], found["credit_roles"], found["debit_roles"]) == (2, [0], [1])
    assert found["current_period"] == (date.today() - date(2000, 1, 1)).days
    assert active("card pay 5=2 --role merchant")[0] == 0
    code, _, err = active("card pay 5=1 --role merchant")
    assert code == 3
    assert "9401" in err


def test_a_new_purse_is_empty_until_it_is_loaded(active: Unicard) -> None:
    words = (
        "id=6 kind=purse label=bus verification=none debit_roles=MERCHANT,9 ceiling=100.00 "
        "debit_limit=500.00 limit.MERCHANT=12.50"
    )
    assert active(f"card add-service {words}")[0] == 0
    bus = services(active)["bus"]
    assert (bus["balance"], bus["ceiling"], bus["role_limits"]) == (0, 100_00, {"1": 12_50})
    assert bus["debit_roles"] == [1, 9]
    assert active("card load 6=1000")[0] == 0
    code, _, err = active("card pay 6=1251 --role merchant")
    assert code == 3
    assert "9403" in err


def test_what_services_prints_adds_the_service_to_another_card(
    active: Unicard, tmp_path: Path
) -> None:
    health = services(active)["health"]
    file = tmp_path / "health.json"
    file.write_text(json.dumps(health | {"id": 7, "uses": 0}))
    words = ("--from", str(file), "label=clinic")
    assert active("card add-service", *words)[0] == 0
    assert services(active)["clinic"] == health | {"id": 7, "label": "clinic"}
    code, _, err = active("card add-service", *words)
    assert code == 1
    assert "a service 7 already: clinic" in err


def test_settings_of_a_service_are_changed_and_its_balance_stays(active: Unicard) -> None:
    before = services(active)["wallet"]
    words = "ceiling=20000.00 limit.BREAD=80.00 verification=none"
    assert active(f"card set-service wallet {words}")[1] == "Service wallet is changed.\n"
    after = services(active)["wallet"]
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"ceiling", "role_limits", "verification"}
    assert (after["ceiling"], after["role_limits"]["4"]) == (20000_00, 80_00)
    assert active("card pay bread=1 wallet=79.50 --role bread")[0] == 0


def test_the_horizon_is_moved_and_the_period_only_back(active: Unicard) -> None:
    before = services(active)["bread"]
    today = before["current_period"]
    assert active(f"card set-service bread horizon={HORIZON}")[0] == 0
    assert services(active)["bread"] == before | {"horizon": today + 60}
    yesterday = (date.today() - timedelta(days=1)).isoformat()
    assert active(f"card set-service bread current_period={yesterday}")[0] == 0
    assert services(active)["bread"]["current_period"] == today - 1
    code, _, err = active(f"card set-service 2 current_period={HORIZON}")
    assert code == 1
    assert "sets it back only" in err


def test_a_file_that_was_printed_from_a_card_sets_no_period_back(active: Unicard) -> None:
    old = services(active)["bread"]
    stale = old | {"allowance": 30, "balance": 99, "current_period": old["current_period"] - 5}
    Path("bread.json").write_text(json.dumps(stale))
    assert active("card set-service bread --from bread.json")[0] == 0
    assert services(active)["bread"] == old | {"allowance": 30}


def test_a_disabled_service_is_refused_until_it_is_enabled(active: Unicard) -> None:
    assert active("card set-service bread --disable allowance=7")[0] == 0
    assert (services(active)["bread"]["enabled"], services(active)["bread"]["allowance"]) == (
        False,
        7,
    )
    assert "disabled by the issuer" in active("card services --role inspect")[1]
    code, _, err = active("card pay bread=1 --role bread")
    assert code == 3
    assert "9409" in err
    assert active("card set-service bread --enable")[0] == 0
    assert active("card pay bread=1 --role bread")[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("set-service bread", 2, "no setting was named"),
        ("set-service bread --enable", 1, "as it should be already"),
        ("set-service bread allowance=20", 1, "as it should be already"),
        ("set-service breid allowance=1", 1, "2 bread, 3 health, 4 wallet"),
        ("set-service bread balance=900", 1, "only transactions change it"),
        ("set-service health uses=0 valid_to=2020-01-01", 2, "ends before it begins"),
        ("set-service bread kind=purse", 2, "is a quota, and stays one"),
        ("set-service bread id=9", 2, "keeps its id"),
        ("set-service bread allowance=x", 2, "allowance=x is no setting: it is a whole number"),
        ("set-service bread allowance=-1", 2, "no card can hold"),
        ("set-service bread allowance=4294967295", 2, "no card can hold"),
        ("set-service bread horizon=1999-12-31", 2, "not in a period"),
        ("set-service bread horizon=2200-01-01", 2, "not in a period"),
        ("set-service bread horizon=2020-01-01", 2, "the horizon is before the current period"),
        ("set-service bread horizon=tomorrow", 2, "horizon=tomorrow is no setting: it is a date"),
        ("set-service bread period_kind=month", 2, "keeps its period_kind"),
        ("set-service bread period_kind=week", 2, "period_kind=week"),
        ("set-service bread period_kind=3", 2, "none, day or month"),
        ("set-service bread limit.BREAD=3", 2, "a quota has no setting"),
        ("set-service bread allowance=1 allowance=2", 2, "twice"),
        ("set-service bread allowance", 2, "no setting"),
        ("set-service bread label=مخبز-بلدي-مدعم", 2, "12 bytes"),
        ("set-service bread verification=nose", 2, "pin or finger"),
        ("set-service bread debit_roles=BAKER", 2, "no role"),
        ("set-service wallet ceiling=1.234", 2, "2 digits"),
        ("set-service wallet limit.16=1", 2, "no role"),
        ("set-service wallet limit.6=1", 2, "too many"),
        ("set-service bread --from none.json allowance=1", 2, "cannot be read"),
        ("add-service", 2, "needs kind="),
        ("add-service kind=quota", 2, "needs allowance"),
        ("add-service kind=stamp", 2, "needs kind="),
        ("add-service id=17 " + SNACKS.removeprefix("id=5 "), 2, "between 1 and 16"),
        ("add-service id=2 " + SNACKS.removeprefix("id=5 "), 1, "a service 2 already"),
        ("terminate", 2, "the card was not named"),
        ("terminate --confirm 0102030405060708", 2, "Check which card"),
        ("terminate --confirm 01", 2, "instead of 8"),
        ("resume", 1, "not suspended"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_sent(
    active: Unicard, words: str, code: int, said: str
) -> None:
    before = services(active)
    ended, out, err = active(f"card {words}")
    assert (ended, out) == (code, ""), err
    assert said in err
    assert "Traceback" not in err
    assert services(active) == before


@pytest.mark.parametrize("text", ["", "[]", "7", '{"kind": 3}', '{"kind": "quota", "id": null}'])
def test_a_file_that_is_no_service_is_refused(active: Unicard, tmp_path: Path, text: str) -> None:
    (tmp_path / "service.json").write_text(text)
    code, out, err = active("card add-service --from service.json")
    assert (code, out) == (2, "")
    assert "Nothing was changed." in err


def test_a_suspended_card_pays_nothing_and_is_resumed(active: Unicard) -> None:
    assert active("card suspend")[1] == "The card is suspended.\n"
    assert shown(active, "card show")["state"] == "SUSPENDED"
    code, _, err = active("card pay bread=1 --role bread")
    assert code == 3
    assert "Nothing was changed." in err
    code, _, err = active("card suspend")
    assert code == 1
    assert "SUSPENDED already" in err
    assert active("card set-service bread allowance=9")[0] == 0
    assert active("card resume")[1] == "The card is resumed.\n"
    assert shown(active, "card show")["state"] == "ACTIVE"
    assert active("card pay bread=1 --role bread")[0] == 0


def test_a_card_that_was_never_used_is_resumed_to_what_it_was(unicard: Unicard) -> None:
    assert unicard("card suspend")[0] == 0
    assert unicard("card resume")[0] == 0
    assert shown(unicard, "card show")["state"] == "PERSONALIZED"


def test_a_terminated_card_is_at_its_end(active: Unicard) -> None:
    named = serial(active)
    done = shown(active, f"card terminate --confirm {named}")
    assert (done["operation"], done["card_serial"], done["commands"]) == ("terminate", named, 1)
    assert shown(active, "card show")["state"] == "TERMINATED"
    for words in (
        "card pay bread=1 --role bread",
        f"card services {PIN}",
        "card resume",
        "card suspend",
        f"card terminate --confirm {named}",
        "card recover",
    ):
        code, out, err = active(words)
        assert code in (1, 3), words
        assert out == ""
        assert "Nothing was changed." in err
        assert "Traceback" not in err


def test_a_dry_run_shows_the_commands_and_changes_nothing(active: Unicard) -> None:
    before = services(active)
    code, out, _ = active(f"card add-service {SNACKS} --dry-run")
    assert code == 0
    assert "STORE DATA" in out
    code, out, _ = active(f"card terminate --confirm {serial(active)} --dry-run")
    assert code == 0
    assert "! irreversible" in out
    assert "1 of them irreversible" in out
    assert services(active) == before


@pytest.mark.parametrize(
    "words",
    [
        f"add-service {SNACKS}",
        f"set-service bread allowance=9 horizon={HORIZON} --disable",
        "suspend",
    ],
)
def test_a_kept_plan_is_carried_out_once_on_its_card(active: Unicard, words: str) -> None:
    assert active(f"card {words} --save-plan plan.json")[0] == 0
    code, out, err = active("apply plan.json")
    assert (code, err) == (0, "")
    assert out
    code, _, err = active("apply plan.json")
    assert code == 1
    assert "Nothing was changed." in err


def test_a_plan_does_not_fit_a_card_that_has_changed(active: Unicard) -> None:
    assert active("card set-service wallet ceiling=1.00 --save-plan plan.json")[0] == 0
    assert active("card set-service wallet ceiling=2.00")[0] == 0
    code, _, err = active("apply plan.json")
    assert code == 1
    assert "Nothing was changed." in err
    assert services(active)["wallet"]["ceiling"] == 2_00


WISHES: dict[str, IssuedWish] = {
    "settings": lambda found: set_service_steps(
        found, changed_record(found.service(2), {"allowance": 3, "horizon": "2027-02-01"})
    ),
    "disabled": lambda found: set_service_steps(
        found, changed_record(found.service(4), {"limit.BREAD": "1.00", "enabled": False})
    ),
    "added": lambda found: add_service_steps(found, new_record(typed(SNACKS.split()))),
    "suspended": suspend_steps,
    "resumed": resume_steps,
    "terminated": lambda _: terminate_steps(),
}


def test_every_operation_sends_and_gets_the_bytes_of_its_plan(active: Unicard) -> None:
    assert active("card show")[0] == 0
    with open_reader("sim:card.json") as reader, open_store("keys.unicard", PASSPHRASE) as keys:
        assert isinstance(reader, SimReader)
        seen = wire_of(reader)
        for name, wish in WISHES.items():
            operation = IssuedOperation(f"card {name}", (), wish)
            before = reader.card.memory.image
            plan = plan_change(reader, store_access(keys), operation)
            assert reader.card.memory.image == before, "a plan only reads"
            seen.clear()
            change(reader, store_access(keys), operation, plan)
            last = seen[-len(plan.commands) :]
            assert [(c.sent, c.received) for c in plan.commands] == last, name


class _Losing(ReaderLayer):
    """Loses the answer to the command with one instruction."""

    instruction = 0

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Carry a command; its answer is lost where it is that one."""
        answer = super().transmit(command, timeout)
        if command[1] == self.instruction:
            raise ReaderTimeout("no answer")
        return answer


@pytest.mark.parametrize(
    ("words", "instruction", "said"),
    [
        ("set-service bread allowance=9", 0xE2, "not as it was before"),
        ("suspend", 0xF0, "not as it was before"),
        ("terminate --confirm {serial}", 0xF0, "the card is TERMINATED"),
    ],
)
def test_a_lost_answer_is_followed_by_a_look_at_the_card(
    active: Unicard,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    instruction: int,
    said: str,
) -> None:
    words = words.format(serial=serial(active))
    monkeypatch.setattr(_Losing, "instruction", instruction)
    with monkeypatch.context() as patch:
        patch.setattr(reading, "open_reader", lambda name=None: _Losing(open_reader(name)))
        code, out, err = active(f"card {words}")
    assert (code, out) == (4, "")
    assert said in err
    assert "A change was made." in err


def test_a_blank_card_is_no_issued_card(unicard: Unicard) -> None:
    code, _, err = unicard("card suspend --reader sim")
    assert code == 1
    assert "no issued card" in err or "not installed" in err
