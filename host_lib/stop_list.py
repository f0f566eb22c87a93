"""Stop lists: card serials that a key holder gives no keys for.

A file is JSON (``applet_spec/formats/stop-list.schema.json``): ``{"format": "unicard-stop-list",
"version": 1, "cards": [hexadecimal card serials]}``, written whole and in order.
"""

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from applet_spec import ExitCode, UnicardError, spec

FORMAT, VERSION = "unicard-stop-list", 1


class StopListDamaged(UnicardError):
    """A file is no stop list."""

    exit_code = ExitCode.FAILED
    advice = "fetch the list again; without one, take no cards that must be looked up in it"


@dataclass(frozen=True, slots=True)
class StopList:
    """Card serials, 8 bytes each; ``serial in stop_list`` asks for one."""

    serials: frozenset[bytes] = frozenset()

    def __post_init__(self) -> None:
        length = spec().object_named("card serial").length
        if any(len(serial) not in length for serial in self.serials):
            raise ValueError(f"a card serial has {length} bytes")

    def __contains__(self, serial: bytes) -> bool:
        return serial in self.serials

    def __len__(self) -> int:
        return len(self.serials)

    def with_cards(self, serials: Iterable[bytes]) -> "StopList":
        """Return the list with these cards on it too."""
        return StopList(self.serials | frozenset(serials))

    def without_cards(self, serials: Iterable[bytes]) -> "StopList":
        """Return the list without these cards."""
        return StopList(self.serials - frozenset(serials))

    def save(self, path: Path | str) -> None:
        """Write the list in one step: whoever reads finds the old or the new one."""
        target = Path(path)
        cards = sorted(serial.hex().upper() for serial in self.serials)
        text = json.dumps({"format": FORMAT, "version": VERSION, "cards": cards}, indent=1)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    @classmethod
    def load(cls, path: Path | str) -> "StopList":
        """Read a file. Raises `StopListDamaged`, also for one that is not there: a terminal that
        is to look cards up must not go on without its list.
        """
        try:
            document = json.loads(Path(path).read_text(encoding="utf-8"))
            if (document["format"], document["version"]) != (FORMAT, VERSION):
                raise ValueError("it is of another format or version")
            return cls(frozenset(bytes.fromhex(card) for card in document["cards"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StopListDamaged(f"{path} is no stop list: {error}") from error
