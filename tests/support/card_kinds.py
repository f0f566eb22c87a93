"""Software cards of every form of SCP03, with keys of a store, and what goes over to them."""

from collections import Counter
from dataclasses import dataclass

from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_manager import blank_image
from card_simulator.key_sets import TRANSPORT_KVN, KeySets
from card_simulator.memory import Image, Memory
from card_simulator.reader import SimReader
from card_simulator.scp03 import StaticKeys
from card_simulator.scp03_options import OPTIONS_CELL
from host_lib.keyset import KeySet
from keys_tool.store import KeyStore

SEQUENCE_CELLS = "isd.sequence."


@dataclass(frozen=True)
class Kind:
    """A card's parameter ``i``, and the store's issuer keys that it has and that it is to get."""

    i: int
    old: int
    new: int

    @property
    def words(self) -> str:
        """The form of the protocol, as counted by proofs."""
        size = "S16" if self.i & 0x01 else "S8"
        return f"{size} {'pseudo-random' if self.i & 0x10 else 'random'}"


def issued(kind: Kind, store: KeyStore, *, blank_too: bool = False) -> SimReader:
    """Return a card that has the issuer keys ``kind.old`` of a store, and the maker's no more."""
    (chip,) = new_chips(1, seed=kind.i)
    memory = Memory(blank_image(chip))
    memory.write(OPTIONS_CELL, bytes((kind.i,)))
    key_sets = KeySets(memory)
    key_sets.store(kind.old, static(store.issuer_keys(kind.old, chip.diversification_data)))
    if not blank_too:
        memory.erase(f"isd.keys.{TRANSPORT_KVN:02X}")
    return SimReader("sim", Card(memory.image))


def static(keys: KeySet) -> StaticKeys:
    """Return a host's key set as the card holds it."""
    assert keys.dek is not None
    return StaticKeys(keys.enc.reveal(), keys.mac.reveal(), keys.dek.reveal())


def watch(reader: SimReader) -> Counter[str]:
    """Count the commands that go to a card from now on, by instruction."""
    sent = Counter[str]()
    transmit = reader.transmit

    def counted(command: bytes, timeout: float | None = None) -> bytes:
        sent[f"{command[1]:02X}"] += 1
        return transmit(command, timeout)

    reader.transmit = counted  # type: ignore[method-assign]
    return sent


def cells_but_sequences(image: Image) -> dict[str, bytes]:
    """Return what a card's memory holds, but for its sequence counters."""
    return {
        name: value for name, value in image.cells.items() if not name.startswith(SEQUENCE_CELLS)
    }
