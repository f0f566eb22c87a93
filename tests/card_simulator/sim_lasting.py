"""What a card keeps without power, as the tests' model sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from applet_spec import spec
from card_simulator.card import Card
from tests.card_simulator.sim_log import Entry, Spent, log_of, spent_of
from tests.card_simulator.sim_rules import ABSENT, TERMINATED
from tests.support.content import INSTANCE, PACKAGE
from tests.support.terminal import AIDS, Keys

KeySet = Mapping[int, bytes]
INSTALLED_ONLY, LOCKED = 0x01, 0x80
IIN, CIN = 0x42, 0x45
ROLE_LIST, PURSE_COUNTERS, RECEIPT_VERSION, LOG_LENGTH = 0xDF55, 0xDF56, 0xDF58, 0xDF59
PERIODS = range(0xDF60, 0xDF70)


def key_set(keys: Keys) -> KeySet:
    return {1: keys.enc, 2: keys.mac, 3: keys.dek}


def is_complete(keys: KeySet) -> bool:
    return set(keys) == {1, 2, 3} and len({len(key) for key in keys.values()}) == 1


@dataclass(frozen=True)
class Lasting:
    """What a card keeps without power; of a terminated application only that it is one.

    ``marks`` are those of our application, ``foreign`` those of the instance of a loaded module,
    None where there is none. ``keys`` are by version and identifier, ``roles`` by version: ENC, MAC
    and master version of a terminal role. ``receipt`` is version and key that receipts are signed
    with, ``log`` the newest transaction first, ``spent`` what purses have counted, by place.
    """

    state: str = ABSENT
    pin: bytes = b""
    transport: bool = False
    tries: int = 0
    key_pair: bool = False
    values: Mapping[int, bytes] = field(default_factory=dict)
    roles: Mapping[int, bytes] = field(default_factory=dict)
    receipt: bytes = b""
    active: bool = False
    number: int = 0
    log: tuple[Entry, ...] = ()
    spent: Spent = field(default_factory=dict)
    keys: Mapping[int, KeySet] = field(default_factory=lambda: {0xFF: key_set(Keys())})
    card_state: int = 0x01
    i: int = 0x60
    marks: int = 0
    loaded: bool = False
    foreign: int | None = None
    numbers: Mapping[int, bytes] = field(default_factory=dict)

    @property
    def complete(self) -> list[int]:
        """Versions that open a session."""
        return sorted(kvn for kvn, keys in self.keys.items() if is_complete(keys))

    def value(self, tag: int) -> bytes:
        """Return a data object's value, empty where it has none."""
        if tag == ROLE_LIST:
            return b"".join(bytes((kvn, self.roles[kvn][-1])) for kvn in sorted(self.roles))
        if tag == PURSE_COUNTERS:
            return b"".join(self._counters(place) for place in range(1, 17))
        if tag == RECEIPT_VERSION:
            return self.receipt[:1]
        if tag == LOG_LENGTH:
            return bytes([len(self.log)])
        if tag in PERIODS:
            record = self.record(1 + tag % 16)
            return record[33:37] if record[1:2] == b"\x02" else b""
        return self.values.get(tag, b"")

    def record(self, place: int) -> bytes:
        """Return a service record, empty where there is none."""
        return self.values.get(0xDF2F + place, b"") if 1 <= place <= 16 else b""

    def _counters(self, place: int) -> bytes:
        if self.record(place)[1:2] != b"\x01":
            return b""
        pair = self.spent.get(place, (0, 0))
        return bytes([place]) + b"".join(count.to_bytes(4, "big") for count in pair)

    def without_application(self, state: str) -> "Lasting":
        """Return what is left when our application is TERMINATED or ABSENT."""
        nothing = Lasting(state)
        kept = ("keys", "card_state", "i", "marks", "loaded", "foreign", "numbers")
        return replace(nothing, **{name: getattr(self, name) for name in kept})

    @property
    def selectable(self) -> list[bytes]:
        """Names that SELECT finds, in the order in which it looks."""
        if self.card_state == 0x7F:
            return [AIDS.isd]
        ours = [AIDS.instance] if self.state != ABSENT and not self.marks else []
        other = [INSTANCE] if self.foreign == 0 else []
        return [AIDS.isd, *sorted(ours + other)]

    def opening(self, kvn: int) -> Keys:
        """Return the keys of a complete set."""
        return Keys(*(self.keys[kvn][number] for number in (1, 2, 3)))

    def opening_role(self, kvn: int) -> Keys:
        """Return the keys of a role's set."""
        return Keys(self.roles[kvn][:16], self.roles[kvn][16:32])

    @classmethod
    def of(cls, card: Card) -> "Lasting":
        """Look into a card's memory."""
        cells = card.memory.image.cells
        registry = card.content.registry
        foreign = registry.instance(INSTANCE)
        of_card = cls(
            keys={kvn: dict(card.key_sets._set(kvn).keys) for kvn in card.key_sets.versions()},
            card_state=cells["isd.state"][0],
            i=card.options.i,
            loaded=registry.load_file(PACKAGE) is not None,
            foreign=None if foreign is None else int(foreign.marks),
            numbers={
                tag: cells[f"isd.object.{tag:X}"]
                for tag in (IIN, CIN)
                if f"isd.object.{tag:X}" in cells
            },
        )
        ours = registry.instance(AIDS.instance)
        return _with_application(of_card, card, int(ours.marks)) if ours else of_card


def _with_application(found: Lasting, card: Card, marks: int) -> Lasting:
    application = card.application(AIDS.instance)
    if application.state == TERMINATED:
        return replace(found, state=TERMINATED, marks=marks)
    cells = card.memory.image.cells
    prefix = f"app.{AIDS.instance.hex().upper()}."
    pin = cells.get(prefix + "pin", b"")
    slot = cells.get(prefix + "receipt")
    number = int.from_bytes(cells.get(prefix + "transaction.number", b""), "big")
    return replace(
        found,
        state=application.state,
        pin=pin[1:],
        transport=pin[:1] == b"\x01",
        tries=application.pin_tries,
        key_pair=prefix + "key.private" in cells,
        values={
            tag: value
            for tag, entry in spec().objects.items()
            if not entry.computed and (value := application.value(tag))
        },
        roles={
            int(name.removeprefix(prefix + "role."), 16): value
            for name, value in cells.items()
            if name.startswith(prefix + "role.")
        },
        receipt=cells[f"{prefix}receipt.{slot[0]}"] if slot else b"",
        active=prefix + "activated" in cells,
        number=number,
        log=log_of(cells, prefix, number),
        spent=spent_of(cells.get(prefix + "purse.spent", b"")),
        marks=marks,
    )
