"""Every record and blank is accounted for, or the report is refused."""

import sqlite3
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from personalization.errors import ReportUnbalanced
from personalization.fields import format_schema
from personalization.outcome import Outcome
from personalization.owner import Owner
from personalization.report import production_report
from personalization.status import batch_status, card_history, what_to_do
from tests.personalization.perso_bureau import Bureau, blanks, inserted

ME = Owner.of_this_process()


def report(bureau: Bureau, stock: int | None = None) -> dict[str, Any]:
    found = production_report(bureau.journal, bureau.batch, stock=stock)
    schema = format_schema("production-report")
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(found)
    return found


def issue_one_spoil_one(bureau: Bureau) -> None:
    image, bent = blanks(2)
    with inserted(image) as reader:
        assert bureau.visit(reader).outcome is Outcome.ISSUED
    with inserted(bent) as reader:
        chip = reader.card.chip.serial
    entry = bureau.journal.take(bureau.batch, chip, ME, "r")
    assert entry is not None
    bureau.journal.spoil(entry, ME, "bent", has_data=True)


def test_records_and_blanks_balance(bureau: Bureau) -> None:
    issue_one_spoil_one(bureau)
    entry = bureau.journal.take(bureau.batch, bytes(10), ME, "r")
    assert entry is not None
    bureau.journal.set_uncertain(entry, ME, "lost", {})
    found = report(bureau, stock=10)
    counts = {"issued": 1, "spoiled": 1, "uncertain": 1}
    assert found["records"] == {"count": 3, **counts, "left": 0}
    assert found["blanks"] == {"stock": 10, "used": 3, **counts, "left": 7}
    assert [chip["reason"] for chip in found["spoiled_chips"]] == ["bent"]


def test_a_chip_spoiled_before_it_had_data_counts_as_a_blank_and_not_as_a_record(
    bureau: Bureau,
) -> None:
    entry = bureau.journal.take(bureau.batch, bytes(10), ME, "r")
    assert entry is not None
    bureau.journal.spoil(entry, ME, "bent", has_data=False)
    found = report(bureau)
    assert found["records"]["spoiled"] == 0
    assert found["records"]["left"] == 3
    assert found["blanks"]["used"] == found["blanks"]["spoiled"] == 1
    assert found["blanks"]["left"] is None


def test_an_issued_card_is_listed_with_everything_about_it(bureau: Bureau) -> None:
    issue_one_spoil_one(bureau)
    card = report(bureau)["cards"][0]
    entry = bureau.entries()[0]
    assert entry.chip is not None
    assert card["chip"] == entry.chip.hex().upper()
    assert card["card_serial"] == entry.card_serial.hex().upper()
    assert (card["key_version"], card["applet_version"], card["state"]) == ("30", "1.0", "done")
    assert report(bureau)["keys"]["issuer"] == "30"
    assert set(card["traffic"]) == {"identify", "keys", "install", "data", "verify", "secure"}
    assert card["commands"] > 40
    assert card["bytes"] > 3000


def test_more_blanks_used_than_handed_out_is_refused(bureau: Bureau) -> None:
    issue_one_spoil_one(bureau)
    with pytest.raises(ReportUnbalanced, match="1 blanks were handed out, and 2 were used"):
        report(bureau, stock=1)


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM records WHERE place = 2", "DELETE FROM chips WHERE spoiled IS NOT NULL"],
)
def test_a_journal_that_does_not_add_up_gives_no_report(bureau: Bureau, statement: str) -> None:
    issue_one_spoil_one(bureau)
    with sqlite3.connect(bureau.journal.path) as database:
        database.execute(statement)
    with pytest.raises(ReportUnbalanced, match=r"add up|records"):
        report(bureau)


def test_status_says_what_to_do_with_each_open_record(bureau: Bureau) -> None:
    issue_one_spoil_one(bureau)
    entry = bureau.journal.take(bureau.batch, bytes(10), ME, "r")
    assert entry is not None
    assert what_to_do(entry) == "a station has it in hand"
    bureau.journal.set_uncertain(entry, ME, "the answer was lost", {})
    found = batch_status(bureau.journal, bureau.batch)
    assert [e["state"] for e in found["open"]] == ["spoiled", "uncertain"]
    assert "--spoiled" in found["open"][0]["what_to_do"]
    assert "put the card back" in found["open"][1]["what_to_do"]
    history = card_history(bureau.journal, bureau.batch, entry.card_number)
    assert [e["what"] for e in history["events"]] == ["leased", "uncertain"]
