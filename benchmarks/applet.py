"""What bread and wallet cost a card with the applet, counted by the Java card.

The card has a full log, and its quota's period is the day before. The goals are the limits of the
applet's budget. Bytecodes are counted while the card runs, by a counter that is woven into every
block of the applet's methods; those of secure messaging are among them, the API's own work is not.
Nothing is measured where the Java card is not built (`make java`).
"""

import sys
from collections.abc import Iterator

from benchmarks.figure import Figure
from java_card.build import JavaCardMissing, find_runtime
from tests.support.applet_budget import measured
from tests.support.budget_page import read_limits

CASE = ("PERFORM TRANSACTION", "perform", "bread and wallet")


def measure() -> Iterator[Figure]:
    """Yield persistent writes, commit buffer and bytecodes."""
    try:
        find_runtime()
    except JavaCardMissing as error:
        print(f"applet is left out: {error.message} ({error.advice})", file=sys.stderr)
        return
    cost, limit = measured().costs[CASE], read_limits().of(CASE)
    told = "bread and wallet on a new day, full log"
    yield Figure(
        "applet.transaction_writes", cost.writes, "", f"{told}; 90 for the log", limit.writes
    )
    yield Figure(
        "applet.transaction_commit", cost.commit_bytes, "bytes", f"{told}; fullest commit buffer",
        limit.commit_bytes,
    )  # fmt: skip
    yield Figure(
        "applet.transaction_bytecodes", cost.bytecodes, "",
        f"{told}; Java's, secure messaging included, the API's own not", limit.bytecodes,
    )  # fmt: skip
