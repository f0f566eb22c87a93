"""The contract's parts as frozen values. Built by ``loader``; nothing here reads a file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from applet_spec.errors import Changed

Named = TypeVar("Named", "DataObject", "Dgi")
Session = Literal["none", "any", "pending", "issuer", "role", "issuer or role"]


@dataclass(frozen=True, slots=True)
class Aids:
    """Application identifiers (ISO/IEC 7816-4), 5 to 16 bytes each."""

    isd: bytes
    package: bytes
    module: bytes
    instance: bytes


@dataclass(frozen=True, slots=True)
class CardNumber:
    """Form of the card number: count of digits and the leading ones that every card shares."""

    digits: int
    prefix: str


@dataclass(frozen=True, slots=True)
class Currency:
    """The wallet's currency (ISO 4217); amounts are counted in minor units (piastres)."""

    alpha: str
    numeric: int
    minor_digits: int
    minor_name: str


@dataclass(frozen=True, slots=True)
class SecureChannelSpec:
    """SCP03: ``i``, ``mac_length`` (bytes), ``issuer_levels`` (P1 values) of the reference card.

    ``write_level`` is the least for what the application writes, ``read_level`` the least for
    reading in a session what is not for everyone. Other values of i follow from ``i_bits`` (what
    each bit announces) and ``level_needs`` (the bits of i that each level needs).
    """

    protocol: int
    i: int
    mac_length: int
    issuer_levels: frozenset[int]
    write_level: int
    read_level: int
    daily_level: int
    sequence_counter_length: int
    i_bits: Mapping[int, str]
    level_needs: Mapping[int, int]

    def knows(self, i: int) -> bool:
        """Say whether a value of i is one that SCP03 has (R-ENC never goes without R-MAC)."""
        r_mac, r_enc = self._bit("R-MAC"), self._bit("R-ENC")
        return not i & ~sum(self.i_bits) and (not i & r_enc or bool(i & r_mac))

    def levels_for(self, i: int) -> frozenset[int]:
        """Return the security levels that a card with this i offers."""
        return frozenset(level for level, needs in self.level_needs.items() if i & needs == needs)

    def mac_length_for(self, i: int) -> int:
        """Return the bytes of challenges, cryptograms and MACs: 8 under S8, 16 under S16."""
        return 16 if i & self._bit("S16") else 8

    def is_pseudo_random(self, i: int) -> bool:
        """Say whether the card challenge comes from a sequence counter."""
        return bool(i & self._bit("pseudo-random"))

    def _bit(self, name: str) -> int:
        return next((bit for bit, known in self.i_bits.items() if known == name), 0)


@dataclass(frozen=True, slots=True)
class Length:
    """Allowed lengths in bytes, both ends included."""

    least: int
    most: int

    def __contains__(self, size: object) -> bool:
        """Say whether a size in bytes is allowed."""
        return isinstance(size, int) and self.least <= size <= self.most

    def __str__(self) -> str:
        """Return ``8`` or ``1-240``."""
        return str(self.least) if self.least == self.most else f"{self.least}-{self.most}"


@dataclass(frozen=True, slots=True)
class LifeCycleState:
    """One state of the application with its life cycle code."""

    name: str
    code: int
    works: str
    leaves_by: str


@dataclass(frozen=True, slots=True)
class CardState:
    """One state of the card's life cycle; ``next`` names those that SET STATUS leads to."""

    name: str
    code: int
    works: str
    next: frozenset[str]


@dataclass(frozen=True, slots=True)
class ContentState:
    """A state that the card's registry gives to a load file or application."""

    name: str
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """One part of command or response data; ``length`` as written in the reference."""

    name: str
    length: str
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Variant:
    """One form of a command: its P1 and P2 as written in the reference, its data and answer."""

    name: str
    p1: str
    p2: str
    data: tuple[Field, ...]
    response: tuple[Field, ...]
    states: frozenset[str] | None = None

    def length(self) -> Length | None:
        """Return the lengths that the data can have, in bytes; None where text describes it."""
        least = most = 0
        for field in self.data:
            low, _, high = field.length.partition("-")
            if not low.isdigit() or (high and not high.isdigit()):
                return None
            least, most = least + int(low), most + int(high or low)
        return Length(least, most)


def pattern_matches(pattern: str, sw: int) -> bool:
    """Say whether a status word falls under a pattern: four hex digits, or ``63Cx``."""
    word = f"{sw:04X}"
    return word[:3] == pattern[:3] and pattern[3] in ("x", word[3])


@dataclass(frozen=True, slots=True)
class StatusWord:
    """What a status word means; ``pattern`` is four hex digits or ``63Cx``."""

    pattern: str
    name: str
    meaning: str
    changed: Changed
    advice: str
    requirement: str

    def matches(self, sw: int) -> bool:
        """Say whether a status word falls under the pattern."""
        return pattern_matches(self.pattern, sw)

    def told(self, sw: int) -> str:
        """Return name and meaning for one status word: the ``x`` of ``63Cx`` is its last digit."""
        text = f"{self.name}: {self.meaning}"
        if self.pattern.endswith("x"):
            text = re.sub(r"\bx tr(?:ies|y)\b", _tries(sw & 0xF), text)
        return text


def _tries(count: int) -> str:
    return "1 try" if count == 1 else f"{count or 'no'} tries"


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command of the application or of the card manager.

    ``states`` are the application's, or for the card manager the card's. ``timeout`` is how many
    seconds a host waits, ``typical`` how many milliseconds a card usually takes. ``begins_with``
    are the first tags of the data that tell apart commands of the same class and instruction.
    """

    name: str
    target: Literal["application", "card manager"]
    cla: int
    ins: int
    states: frozenset[str]
    session: Session
    who: str
    summary: str
    variants: tuple[Variant, ...]
    status: tuple[StatusWord, ...]
    contactless_session: bool = False
    draft: bool = False
    timeout: float = 10.0
    typical: int = 50
    other_cla: int | None = None
    begins_with: frozenset[int] = frozenset()

    def takes_class(self, cla: int) -> bool:
        """Say whether the command is taken in a class, both without secure messaging."""
        return cla in (self.cla, self.other_cla)

    def meaning(self, sw: int) -> StatusWord | None:
        """Return what the status word means for this command, or None when it has no such one."""
        return next((word for word in self.status if word.matches(sw)), None)


@dataclass(frozen=True, slots=True)
class TemplateField:
    """One object inside a template object."""

    tag: int
    name: str
    format: str
    length: Length
    text: str


@dataclass(frozen=True, slots=True)
class DataObject:
    """A data object with its access rules; any one of the conditions is enough.

    The value of a ``computed`` one is made by the card when it is read.
    """

    tag: int
    name: str
    length: Length
    format: str
    read: frozenset[str]
    write: frozenset[str]
    long: bool
    text: str
    fields: tuple[TemplateField, ...]
    bits: Mapping[int, str]
    computed: bool = False


@dataclass(frozen=True, slots=True)
class DgiField:
    """Which object a part of a DGI goes to; ``length`` None where it takes the whole content."""

    object: int
    length: int | None


@dataclass(frozen=True, slots=True)
class Dgi:
    """A data grouping (EMV CPS); ``secret_length`` is that of the secret before its check value."""

    tag: int
    name: str
    length: Length
    secret: bool
    secret_length: int
    mandatory: bool
    states: frozenset[str]
    fields: tuple[DgiField, ...]
    text: str
    draft: bool


@dataclass(frozen=True, slots=True)
class Role:
    """A terminal role with its number, 0 to 15."""

    role: int
    name: str
    held_by: str
    may: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """A numbered requirement; ``shown_elsewhere`` says why no conformance test can show it.

    ``applies_to`` names commands where no status word names the requirement: ``VERIFY``,
    ``card manager: PUT KEY`` or ``every command``.
    """

    id: str
    text: str
    source: str
    draft: bool
    shown_elsewhere: str
    applies_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordField:
    """One field of a service record, big-endian; ``length`` in bytes.

    A purse's last field, ``limits``, is a count: so many role limits of 5 bytes follow it.
    """

    name: str
    length: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class ServiceKind:
    """A kind of service and the fields that follow the record's header."""

    code: int
    name: str
    fields: tuple[RecordField, ...]


@dataclass(frozen=True, slots=True)
class ServiceProfile:
    """One service of the reference profile; ``settings`` are the kind's own (amounts in units)."""

    id: int
    label: str
    kind: str
    unit: str
    verification: str
    debit_roles: tuple[int, ...]
    credit_roles: tuple[int, ...]
    settings: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Services:
    """The service table: header, kinds, verification rules by name and the reference profiles.

    ``profile`` are the services of a holder's card, ``delegate_profile`` those of a delegate's.
    ``horizon_months`` is how far ahead the periods of a new quota are open.
    """

    header: tuple[RecordField, ...]
    kinds: Mapping[str, ServiceKind]
    verification: Mapping[str, int]
    enabled_flag: int
    horizon_months: int
    profile: tuple[ServiceProfile, ...]
    delegate_profile: tuple[ServiceProfile, ...]


@dataclass(frozen=True, slots=True)
class PeriodVector:
    """A date (YYYYMMDD) and the numbers of its periods."""

    date: str
    day: int
    month: int


@dataclass(frozen=True, slots=True)
class QuotaVector:
    """A quota's balance before and after ``k`` periods; amounts in units of the service."""

    text: str
    allowance: int
    carry_over_ceiling: int
    balance: int
    k: int
    result: int


@dataclass(frozen=True, slots=True)
class Transactions:
    """PERFORM TRANSACTION: layouts of fixed fields in order, codes by name, worked vectors.

    ``request`` is followed by one ``operation`` for each; ``receipt`` is what its MAC is over.
    Dates are YYYYMMDD in BCD; ``purse_alone_roles`` may debit a purse and nothing else.
    """

    most_operations: int
    operations: Mapping[str, int]
    purse_alone_roles: frozenset[int]
    first_date: bytes
    last_date: bytes
    request: tuple[RecordField, ...]
    operation: tuple[RecordField, ...]
    flags: Mapping[str, int]
    answer: tuple[RecordField, ...]
    query_results: Mapping[str, int]
    receipt: tuple[RecordField, ...]
    receipt_mac_length: int
    period_vectors: tuple[PeriodVector, ...]
    quota_vectors: tuple[QuotaVector, ...]


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Key versions of one purpose, both ends included."""

    name: str
    first: int
    last: int
    held_by: str
    may: str
    draft: bool


@dataclass(frozen=True, slots=True)
class Vector:
    """A worked derivation: master key, input and the key that comes out."""

    source: str
    master: bytes
    input: bytes
    purpose: str
    key: bytes
    check_value: bytes = b""


@dataclass(frozen=True, slots=True)
class Derivation:
    """How keys of one card come from a master key, by AES-CMAC or by TDES-ECB (``function``)."""

    name: str
    purpose: str
    function: str
    source: str
    block: str
    parameters: str
    vectors: tuple[Vector, ...]
    draft: bool


@dataclass(frozen=True, slots=True)
class Recognition:
    """A rule that says which card it is: everything that is not None must be so.

    ``fabricator``, ``ic_type``, ``os_id`` and ``os_release_level`` are 2 bytes of CPLC each,
    ``key_versions`` all versions that the key information lists.
    """

    atr: bytes | None = None
    fabricator: bytes | None = None
    ic_type: bytes | None = None
    os_id: bytes | None = None
    os_release_level: bytes | None = None
    i: int | None = None
    key_versions: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class CardProfile:
    """A card type as it leaves the factory; lengths in bytes.

    ``i`` is None where the card must be asked; ``derivation`` is the name of one, or ``none``:
    the master key itself. ``software`` marks those that the software card can be, ``generic`` the
    one that fits when nothing else does. ``quirks`` are implemented by the host under their names.
    """

    name: str
    title: str
    source: str
    factory_version: int
    key_length: int
    i: int | None
    levels: frozenset[int]
    largest_command_data: int
    extended: bool
    derivation: str
    recognise: tuple[Recognition, ...]
    quirks: frozenset[str]
    software: bool = False
    generic: bool = False


@dataclass(frozen=True, slots=True)
class Spec:
    """The whole contract."""

    version: tuple[int, int]
    aids: Aids
    card_number: CardNumber
    currency: Currency
    secure_channel: SecureChannelSpec
    limits: Mapping[str, int]
    domain_tag: bytes
    proof_message: tuple[str, ...]
    secret_check_length: int
    states: Mapping[str, LifeCycleState]
    card_states: Mapping[str, CardState]
    content_states: Mapping[str, ContentState]
    lock_bit: int
    commands: Mapping[str, CommandSpec]
    card_manager: Mapping[str, CommandSpec]
    order_of_checks: tuple[str, ...]
    status_names: Mapping[str, str]
    objects: Mapping[int, DataObject]
    dgis: Mapping[int, Dgi]
    roles: Mapping[int, Role]
    services: Services
    transactions: Transactions
    key_ranges: Mapping[str, KeyRange]
    derivations: Mapping[str, Derivation]
    card_profiles: Mapping[str, CardProfile]
    quirks: Mapping[str, str]
    requirements: Mapping[str, Requirement]

    def object_named(self, name: str) -> DataObject:
        """Return the data object of this name. Raises KeyError."""
        return _named(self.objects, name)

    def dgi_named(self, name: str) -> Dgi:
        """Return the DGI of this name. Raises KeyError."""
        return _named(self.dgis, name)

    def state_of(self, code: int) -> LifeCycleState | None:
        """Return the state that has this life cycle code, or None."""
        return next((state for state in self.states.values() if state.code == code), None)

    def card_state_of(self, code: int) -> CardState | None:
        """Return the state of the card that has this life cycle code, or None."""
        return next((state for state in self.card_states.values() if state.code == code), None)


def _named(table: Mapping[int, Named], name: str) -> Named:
    for entry in table.values():
        if entry.name == name:
            return entry
    raise KeyError(name)
