"""What must never happen, by name; `events` finds where it does."""

VALUE = "value is conserved"
TWICE = "no effect twice"
TRUTH = "every terminal learns the truth"
UNDECIDED = "undecided only beyond the log"
STORED = "a stored answer changes nothing"
REVERSE_ONCE = "a reverse once, by the session that committed"

INVARIANTS = {
    VALUE: "The balance is what the receipts of all transactions make it, and of each transaction "
    "the issuer has counted the receipt once, or a terminal keeps it, or holds the request "
    "pending or has given it to clearing.",
    TWICE: "No request takes effect a second time, whoever sends it, however late.",
    TRUTH: "A terminal that says *happened* has the receipt of its own request, which happened "
    "once; one that says *did not happen* is right, and it never will.",
    UNDECIDED: "A terminal leaves a request to clearing only when more transactions than the log "
    "has records came since.",
    STORED: "A card that answers with a stored answer has the same number, log and balance after.",
    REVERSE_ONCE: "What is taken back is the newest transaction, no reverse, and was committed by "
    "the session that takes it back.",
}
"""Each invariant in words."""


class Violated(Exception):
    """An invariant does not hold; its only argument is the invariant's name."""
