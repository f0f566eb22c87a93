"""Status, report and plan as values and as tables for people."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from personalization.errors import RecordNotFound
from personalization.journal import Journal
from personalization.journal_rows import Entry
from personalization.journal_schema import State
from personalization.report import progress

if TYPE_CHECKING:
    from rich.console import Console

_QUIET = (State.WAITING, State.DONE)


def batch_status(journal: Journal, batch: bytes) -> dict[str, Any]:
    """Return counts by outcome and state, and every record that needs a person's eye."""
    about = journal.batch(batch)
    entries = journal.entries(batch)
    return {
        "batch": batch.hex().upper(),
        "prepared": about.created.isoformat(),
        "records": {"count": about.count, **progress(entries)},
        "states": {state.value: sum(e.state is state for e in entries) for state in State},
        "open": [_open(entry) for entry in entries if entry.state not in _QUIET],
    }


def _open(entry: Entry) -> dict[str, Any]:
    return {
        "record": entry.place + 1,
        "enrolment_id": entry.enrolment_id,
        "card_number": entry.card_number,
        "chip": entry.chip.hex().upper() if entry.chip else None,
        "state": entry.state.value,
        "interrupted": entry.interrupted,
        "reader": entry.reader,
        "remark": entry.remark,
        "what_to_do": what_to_do(entry),
    }


def what_to_do(entry: Entry) -> str:
    """Say what the operator does with a record in its state."""
    if entry.state is State.SPOILED:
        return "destroy the card before a witness; prepare the record again with --spoiled"
    if entry.state is State.UNCERTAIN or entry.interrupted:
        return "put the card back and run again; if it is lost: `unicard personalize spoil`"
    return "" if entry.state in _QUIET else "a station has it in hand"


def card_history(journal: Journal, batch: bytes, card_number: str) -> dict[str, Any]:
    """Return everything that happened to a card number. Raises `RecordNotFound`."""
    entry = journal.entry_of_card(batch, card_number)
    if entry is None:
        raise RecordNotFound("the batch has no record of this card number")
    events = [
        {"at": at, "what": what, "detail": detail} for at, what, detail in journal.history(entry.id)
    ]
    return _open(entry) | {"events": events}


def draw_status(console: "Console", data: dict[str, Any]) -> None:
    """Draw what `batch_status` returned."""
    from rich.table import Table

    counts = data["records"]
    console.print(f"Batch {data['batch']}, prepared {data['prepared']}: {counts['count']} cards")
    console.print(
        f"issued {counts['issued']}, spoiled {counts['spoiled']}, "
        f"uncertain {counts['uncertain']}, in the making {counts['in_the_making']}, "
        f"left {counts['left']}"
    )
    if data["open"]:
        table = Table("record", "card number", "chip", "state", "remark", "what to do")
        for entry in data["open"]:
            state = entry["state"] + (" (interrupted)" if entry["interrupted"] else "")
            table.add_row(
                *(str(entry["record"]), entry["card_number"], entry["chip"] or ""),
                *(state, entry["remark"], entry["what_to_do"]),
            )
        console.print(table)


def draw_history(console: "Console", data: dict[str, Any]) -> None:
    """Draw what `card_history` returned."""
    from rich.table import Table

    console.print(f"Card {data['card_number']}, enrolment {data['enrolment_id']}: {data['state']}")
    if data["what_to_do"]:
        console.print(data["what_to_do"])
    table = Table("time", "event", "detail")
    for event in data["events"]:
        table.add_row(event["at"], event["what"], event["detail"])
    console.print(table)


def draw_report(console: "Console", data: dict[str, Any]) -> None:
    """Draw a production report: the balance, the traffic, and one line a card."""
    from rich.table import Table

    console.print(f"Production report of batch {data['batch']}, profile {data['profile']}")
    balance = Table("", "total", "issued", "spoiled", "uncertain", "left")
    for name, total in (("records", "count"), ("blanks", "stock")):
        row = data[name]
        cells = [row[total], row["issued"], row["spoiled"], row["uncertain"], row["left"]]
        balance.add_row(name, *("–" if cell is None else str(cell) for cell in cells))
    console.print(balance)
    cards = Table("card number", "chip", "card serial", "key", "state", "commands", "bytes")
    for card in data["cards"]:
        cards.add_row(
            card["card_number"],
            card["chip"] or "",
            card["card_serial"],
            card["key_version"] or "",
            card["state"],
            str(card["commands"]),
            str(card["bytes"]),
        )
    console.print(cards)


def draw_phases(console: "Console", totals: Mapping[str, Mapping[str, int]]) -> None:
    """Draw the sums of a plan by phase, as the journal counts them."""
    from rich.table import Table

    sums = Table("phase", "commands", "bytes sent", "bytes received")
    for phase, counts in totals.items():
        sums.add_row(phase, *(str(counts[name]) for name in ("commands", "sent", "received")))
    console.print(sums)
