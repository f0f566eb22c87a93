"""The production report: every record and every blank of a batch accounted for."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from host_lib.roles import role_name
from personalization.errors import ReportUnbalanced
from personalization.journal import Journal
from personalization.journal_rows import Batch, Entry
from personalization.journal_schema import State
from personalization.owner import Owner

FORMAT, VERSION = "unicard-production-report", 2


def production_report(
    journal: Journal, batch: bytes, *, stock: int | None = None, now: datetime | None = None
) -> dict[str, Any]:
    """Return the report of a batch as JSON-ready values.

    ``stock`` is how many blanks were handed out for the batch; without it only the blanks that
    were used are accounted for. Raises `ReportUnbalanced` when the counts do not add up.
    """
    about = journal.batch(batch)
    entries = journal.entries(batch)
    spoiled = journal.spoiled_chips(batch)
    return {
        "format": FORMAT,
        "version": VERSION,
        "created": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        "batch": batch.hex().upper(),
        "profile": about.profile,
        "prepared": about.created.isoformat(timespec="seconds"),
        "keys": {
            "issuer": f"{about.issuer_version:02X}",
            "card_ca": f"{about.card_ca_version:02X}",
            "receipt": f"{about.keys.receipt:02X}",
            "roles": {role_name(role): f"{version:02X}" for role, version in about.keys.roles},
        },
        "records": _record_totals(about, entries),
        "blanks": _blank_totals(journal, about, entries, len(spoiled), stock),
        "traffic": _traffic(entry.traffic for entry in entries if entry.state is State.DONE),
        "cards": [_card(entry) for entry in entries],
        "spoiled_chips": [
            {"chip": chip.serial.hex().upper(), "reason": chip.spoiled} for chip in spoiled
        ],
    }


def totals(entries: Iterable[Entry]) -> dict[str, int]:
    """Count records as issued, spoiled, uncertain (a card in the making counts here) and left."""
    counts = Counter(_group(entry.state) for entry in entries)
    return {name: counts[name] for name in ("issued", "spoiled", "uncertain", "left")}


def progress(entries: Iterable[Entry]) -> dict[str, int]:
    """Count records as `totals` does, with those apart that another process has in hand now.

    A card that this process or one that is gone had in hand is uncertain.
    """
    listed = tuple(entries)
    me = Owner.of_this_process()
    elsewhere = sum(
        entry.in_the_making and not entry.interrupted and entry.owner != me for entry in listed
    )
    counts = totals(listed)
    counts["uncertain"] -= elsewhere
    return {**counts, "in_the_making": elsewhere}


def _group(state: State) -> str:
    names = {State.DONE: "issued", State.SPOILED: "spoiled", State.WAITING: "left"}
    return names.get(state, "uncertain")


def _record_totals(batch: Batch, entries: tuple[Entry, ...]) -> dict[str, int]:
    counts = totals(entries)
    if sum(counts.values()) != batch.count:
        raise ReportUnbalanced(
            f"the batch has {batch.count} records, the journal {sum(counts.values())}"
        )
    return {"count": batch.count, **counts}


def _blank_totals(
    journal: Journal, batch: Batch, entries: tuple[Entry, ...], spoiled: int, stock: int | None
) -> dict[str, int | None]:
    """Balance: blanks handed out = issued + spoiled + uncertain + left."""
    counts = totals(entries)
    used = journal.count_chips(batch.id)
    balanced = used == counts["issued"] + spoiled + counts["uncertain"]
    if not balanced or counts["spoiled"] > spoiled:
        raise ReportUnbalanced(
            f"{used} chips were taken; {counts['issued']} issued, {spoiled} spoiled and "
            f"{counts['uncertain']} uncertain do not add up to them"
        )
    if stock is not None and stock < used:
        raise ReportUnbalanced(f"{stock} blanks were handed out, and {used} were used")
    return {
        "stock": stock,
        "used": used,
        "issued": counts["issued"],
        "spoiled": spoiled,
        "uncertain": counts["uncertain"],
        "left": None if stock is None else stock - used,
    }


def _traffic(all_counts: Iterable[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    """Add the traffic of all issued cards, by phase."""
    sums: dict[str, dict[str, int]] = {}
    for traffic in all_counts:
        for phase, counts in traffic.items():
            into = sums.setdefault(phase, dict.fromkeys(counts, 0))
            for name, value in counts.items():
                into[name] += value
    return sums


def _card(entry: Entry) -> dict[str, Any]:
    return {
        "enrolment_id": entry.enrolment_id,
        "card_number": entry.card_number,
        "card_serial": entry.card_serial.hex().upper(),
        "state": entry.state.value,
        "chip": entry.chip.hex().upper() if entry.chip else None,
        "key_version": None if entry.key_version is None else f"{entry.key_version:02X}",
        "applet_version": entry.applet_version or None,
        "finished": entry.finished or None,
        "commands": sum(counts["commands"] for counts in entry.traffic.values()),
        "bytes": sum(c["sent"] + c["received"] for c in entry.traffic.values()),
        "traffic": {phase: dict(counts) for phase, counts in entry.traffic.items()},
        "remark": entry.remark or None,
    }
