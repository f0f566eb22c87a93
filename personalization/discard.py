"""Closing the books on a card that will not come back."""

from personalization.errors import BatchRefused, RecordNotFound
from personalization.journal import Journal
from personalization.journal_rows import Entry
from personalization.journal_schema import State
from personalization.owner import Owner


def declare_spoiled(journal: Journal, batch: bytes, chip: str, reason: str) -> Entry:
    """Mark a chip of a batch as spoiled, for a reason that a person gives; return its record.

    A record whose data may be on the chip is spoiled with it. Raises `RecordNotFound` for a chip
    that the batch does not have in the making, `LeaseLost` while a station works on it.
    """
    try:
        known = journal.chip(bytes.fromhex(chip))
    except ValueError:
        known = None
    if known is None or known.batch != batch:
        raise RecordNotFound(f"the batch has no chip {chip[:40]}", advice="see `status`")
    entry = journal.entry(known.record)
    if known.spoiled or entry.state is State.DONE:
        raise BatchRefused(
            f"the chip is {'spoiled already' if known.spoiled else 'an issued card'}",
            advice="an issued card is stopped by the registry, not by the bureau",
        )
    owner = Owner.of_this_process()
    entry = journal.resume(entry.id, owner, "declared by hand")
    journal.spoil(entry, owner, reason, has_data=entry.state is not State.LEASED)
    return journal.entry(entry.id)
