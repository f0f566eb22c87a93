"""The card library and these tests' own terminal conclude from a query what the model does."""

from datetime import datetime

import pytest

from applet_spec.transaction_model import Bounds, Design
from applet_spec.transaction_model.card import ABSENT, OTHER, SAME
from applet_spec.transaction_model.card import Answer as Found
from applet_spec.transaction_model.terminal import decided
from applet_spec.transaction_model.values import Pending as ModelPending
from applet_spec.transaction_model.values import Request as ModelRequest
from host_lib import Debit
from host_lib.flow.transaction import Happened, NotHappened, Undecided, outcome_of
from host_lib.transaction import Answer, Pending, QueryOutcome, QueryResult, Request
from tests.support.terminal import CARD_SERIAL

FIRST, RECORDS = 100, 20
OUTCOMES = {
    ABSENT: QueryOutcome.NOT_IN_LOG,
    OTHER: QueryOutcome.OTHER,
    SAME: QueryOutcome.SAME,
}
NAMES = {
    Happened: "happened",
    NotHappened: "did not happen",
    Undecided: "left to clearing",
}


SINCE = (-1, 0, 1, 19, 20, 21, 22, 1000)


@pytest.mark.parametrize(
    ("word", "since"),
    # *same* before the request's own number contradicts itself, and is refused as such
    [(word, since) for word in OUTCOMES for since in SINCE if word != SAME or since > 0],
)
def test_the_card_library_decides_as_the_model_does(word: str, since: int) -> None:
    when = datetime(2026, 6, 15, 12)
    request = Request(b"TERMINAL", 7, FIRST, when, (Debit("wallet", 1),))
    answer = Answer(FIRST + 1, 3, 1, bytes(8), (5,)) if word == SAME else None
    result = QueryResult(OUTCOMES[word], FIRST + since, answer)
    found = outcome_of(Pending(1, CARD_SERIAL, request), result)
    pending = ModelPending(ModelRequest(0, 7, FIRST, 0), 1)
    expected = decided(Design(), Bounds(log=RECORDS), pending, Found(word), FIRST + since)
    assert NAMES[type(found)] == expected
