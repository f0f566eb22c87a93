"""``record:FILE:READER``: another reader, with a trace of all that goes over it."""

from collections.abc import Iterable

from host_lib.errors import ReaderNotFound
from host_lib.reader import open_reader
from host_lib.trace import Recorder, record


class RecordKind:
    """Opens readers to be recorded; there is nothing to list."""

    def open(self, argument: str) -> Recorder:
        """Open ``READER`` and write a trace of it to ``FILE``. Raises ReaderNotFound."""
        file, _, reader = argument.partition(":")
        if not file or not reader:
            raise ReaderNotFound(
                f"'record:{argument}' does not name a file and a reader",
                advice="name both, for example record:trace.jsonl:pcsc:0",
            )
        inner = open_reader(reader)
        try:
            return record(inner, file)
        except BaseException:
            inner.close()
            raise

    def names(self) -> Iterable[str]:
        """Return nothing: any reader can be recorded."""
        return ()


RECORD = RecordKind()
