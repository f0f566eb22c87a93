"""What a run is told to do; passed to the child process through its standard input, secrets too."""

import json
from dataclasses import dataclass

from card_conformance.formats import Json
from card_conformance.needs import Profile
from card_conformance.statement import Statement, from_json
from host_lib.secret import Pin, SecretBytes


@dataclass(frozen=True, slots=True)
class StoreAccess:
    """Where the keys are, and the passphrase that opens them."""

    location: str
    passphrase: SecretBytes


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. ``selected``: requirement numbers; ``card``: chip serial that may be consumed."""

    reader: str
    profile: Profile
    selected: frozenset[str]
    statement: Statement
    store: StoreAccess | None = None
    pin: Pin | None = None
    card: bytes | None = None

    def to_child(self) -> bytes:
        """Return the plan for the child process; holds the secrets in clear."""
        store = self.store
        content = {
            "reader": self.reader,
            "profile": self.profile.value,
            "selected": sorted(self.selected),
            "statement": self.statement.as_json(),
            "store": store and [store.location, store.passphrase.reveal().decode()],
            "pin": self.pin and self.pin.reveal().decode(),
            "card": self.card and self.card.hex(),
        }
        return json.dumps(content).encode()

    @classmethod
    def from_parent(cls, content: bytes) -> "Plan":
        """Read what `to_child` wrote."""
        values: Json = json.loads(content)
        store, pin, card = values["store"], values["pin"], values["card"]
        return cls(
            reader=values["reader"],
            profile=Profile(values["profile"]),
            selected=frozenset(values["selected"]),
            statement=from_json(values["statement"], "the plan"),
            store=StoreAccess(store[0], SecretBytes(store[1].encode())) if store else None,
            pin=Pin(pin) if pin else None,
            card=bytes.fromhex(card) if card else None,
        )
