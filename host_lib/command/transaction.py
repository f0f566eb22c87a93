"""PERFORM TRANSACTION, its query, and READ RECORD."""

from dataclasses import dataclass
from typing import ClassVar

from applet_spec import spec
from host_lib.apdu import Apdu, Response
from host_lib.command.base import Command
from host_lib.transaction import Answer, QueryOutcome, QueryResult, Receipt, Request

_PERFORM, _QUERY = 0x00, 0x01
_LOG = 0x04
_RESULT_LENGTH = 4


@dataclass(frozen=True, slots=True)
class PerformTransaction(Command[Answer]):
    """PERFORM TRANSACTION: carries a request out, or answers as before where that was done.

    Its refusals have no MAC and decide nothing: `host_lib.flow.transaction` queries after them.
    """

    NAME: ClassVar[str] = "PERFORM TRANSACTION"
    request: Request

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(_PERFORM, 0x00, self.request.encode(), answer=True)

    def decode(self, response: Response) -> Answer:
        """Return the answer."""
        return Answer.decode(response.data)


@dataclass(frozen=True, slots=True)
class QueryTransaction(Command[QueryResult]):
    """PERFORM TRANSACTION as a query: what became of exactly this request? Changes nothing."""

    NAME: ClassVar[str] = "PERFORM TRANSACTION"
    request: Request

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(_QUERY, 0x00, self.request.encode(), answer=True)

    def decode(self, response: Response) -> QueryResult:
        """Return what the card knows of the request."""
        data = response.data
        names = {code: name for name, code in spec().transactions.query_results.items()}
        if len(data) < _RESULT_LENGTH or data[0] not in names:
            raise self.malformed(f"{len(data)} bytes are no result of a query")
        outcome, number = QueryOutcome(names[data[0]]), int.from_bytes(data[1:4], "big")
        if outcome is QueryOutcome.SAME:
            return QueryResult(outcome, number, Answer.decode(data[_RESULT_LENGTH:]))
        self.exactly(response, _RESULT_LENGTH)
        return QueryResult(outcome, number)


@dataclass(frozen=True, slots=True)
class ReadRecord(Command[Receipt]):
    """READ RECORD: a receipt out of the log, record 1 the newest; `RecordNotFound` for none."""

    NAME: ClassVar[str] = "READ RECORD"
    record: int

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(self.record, _LOG, answer=True)

    def decode(self, response: Response) -> Receipt:
        """Return the receipt; its MAC is for who has the receipt key."""
        return Receipt.decode(response.data)
