"""Measures what commands cost a Java card, and what it holds."""

from dataclasses import dataclass, field

from java_card.control import Measures
from java_card.reader import JavaReader
from tests.support.terminal import AIDS, Keys, Terminal


@dataclass(frozen=True)
class Cost:
    """What one command costs at most: writes, bytes in the commit buffer, bytecodes."""

    writes: int
    commit_bytes: int
    bytecodes: int

    def most(self, other: "Cost") -> "Cost":
        """Return the greater of each figure."""
        return Cost(
            max(self.writes, other.writes),
            max(self.commit_bytes, other.commit_bytes),
            max(self.bytecodes, other.bytecodes),
        )


@dataclass(frozen=True)
class Memory:
    """Bytes that the applet holds: persistent ones, and transient ones of both kinds."""

    persistent: int
    cleared_on_reset: int
    cleared_on_deselect: int


@dataclass
class Meter:
    """A card that measures; ``host`` talks to it."""

    reader: JavaReader
    costs: dict[tuple[str, str, str], Cost] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.host = Terminal(self.reader.transmit)
        self._empty = self._measures()

    def _measures(self) -> Measures:
        return self.reader.control.measures()

    def memory(self) -> Memory:
        """Return what is in use beyond what the blank card held."""
        now, before = self._measures(), self._empty
        return Memory(
            now.persistent_bytes - before.persistent_bytes,
            now.transient_reset_bytes - before.transient_reset_bytes,
            now.transient_deselect_bytes - before.transient_deselect_bytes,
        )

    def costs_of(self, command: str, variant: str = "", case: str = "") -> None:
        """Keep what the last command cost, if nothing of the name cost more."""
        last = self._measures()
        cost = Cost(last.writes, last.commit_peak, last.instructions)
        key = (command, variant, case)
        self.costs[key] = cost.most(self.costs.get(key, cost))

    def send(
        self,
        name: tuple[str, str, str],
        command: tuple[int, int, int, int],
        data: bytes = b"",
        words: int = 0x9000,
    ) -> None:
        """Send a command, through the session where one is open, and keep its cost."""
        sw = self.host.sw(*command, data)
        assert sw == words, f"{', '.join(name)}: {sw:04X}"
        self.costs_of(*name)

    def select(self, case: str, words: int = 0x9000) -> None:
        """Select the application."""
        _, sw = self.host.select(AIDS.instance)
        assert sw == words, f"SELECT, {case}: {sw:04X}"
        self.costs_of("SELECT", "", case)

    def open(self, kvn: int, case: str, keys: Keys) -> None:
        """Open a session of the issuer or of a role."""
        self.host.keys = keys
        self.host.initialize(kvn)
        variant = f"S{self.host.size}"
        self.costs_of("INITIALIZE UPDATE", variant, case)
        assert self.host.external_authenticate() == 0x9000
        self.costs_of("EXTERNAL AUTHENTICATE", variant, case)
