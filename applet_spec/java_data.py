"""Writes the tables of data objects, DGIs and service records for the applet.

Each table is one array of ``short`` whose rows are as long as its ``..._ROW`` says; the constants
before it name the columns. Objects and DGIs in a row that differ by their tag alone share a row.
The places of values in the applet's memory are laid out here too, because they follow from the
lengths.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TypeVar

from applet_spec.java_text import constant, wrapped
from applet_spec.model import DataObject, Dgi, RecordField, ServiceKind, Spec

Row = Sequence[int]
Item = TypeVar("Item", DataObject, Dgi)

FORMATS = (
    "bcd", "bits", "bytes", "card-date", "date", "date-range", "der", "finger", "service",
    "service-period", "template", "utf-8",
)  # fmt: skip
CONDITIONS = {"anyone": 1, "issuer": 2, "pin": 4, "finger": 8}
_ALL_ROLES = 0xFFFF

OBJECT_COLUMNS = (
    ("TAG", "of the first"),
    ("COUNT", "objects with consecutive tags"),
    ("LEAST", "bytes of a value"),
    ("MOST", "bytes of a value"),
    ("FORMAT", "one of FORMAT_..."),
    ("DETAIL", "bits: the known ones; template: first row in FIELDS"),
    ("FIELDS", "template: rows of FIELDS, 0: any objects"),
    ("FLAGS", "LONG, COMPUTED"),
    ("READ", "conditions"),
    ("READ_ROLES", "bit n: role n"),
    ("WRITE", "conditions"),
    ("WRITE_ROLES", "bit n: role n"),
    ("PLACE", "of the first in the memory; -1: none"),
    ("PAIR", "of the first among those of two slots; -1: one place"),
)
FIELD_COLUMNS = (("TAG", ""), ("FORMAT", "one of FORMAT_..."), ("LEAST", "bytes"), ("MOST", ""))
DGI_COLUMNS = (
    ("TAG", "of the first"),
    ("COUNT", "DGIs with consecutive tags"),
    ("LEAST", "bytes of content"),
    ("MOST", "bytes of content"),
    ("SECRET", "bytes of the secret inside; 0: in clear"),
    ("MANDATORY", "1: a card is not personalized without it"),
    ("STATES", "bits of Contract.IN_...: taken in these states"),
    ("PARTS", "first row in PARTS"),
    ("PARTS_COUNT", "rows in PARTS"),
)
PART_COLUMNS = (("TAG", "object of the first DGI"), ("LENGTH", "bytes; 0: the whole content"))
KIND_COLUMNS = (("CODE", ""), ("FIRST", "row in RECORD_FIELDS"), ("COUNT", "rows"))
RECORD_FIELD_COLUMNS = (("CHECK", "one of CHECK_..."), ("LENGTH", "bytes"))

CHECKS = ("any", "amount", "bcd", "date", "last-date", "period-kind", "limits")
"""What the applet looks at in a field of a service record."""

_CHECK_OF = {
    "currency": "bcd",
    "valid from": "date",
    "valid to": "last-date",
    "period kind": "period-kind",
    "limits": "limits",
    "current period": "any",
    "horizon": "any",
    "class of cover": "any",
    "uses": "any",
}
_AMOUNT_LENGTH = 4


def data_tables(spec: Spec) -> str:
    """Return class ``DataTables`` of package ``unicard.application``."""
    plan = _plan(spec)
    sections = [
        _codes("FORMAT", FORMATS, "Formats of values."),
        _members(
            "Conditions of access rules, any of which is enough; roles are beside them.",
            ((f"IF_{constant(name)}", bit) for name, bit in CONDITIONS.items()),
        ),
        _members("Flags of objects.", (("LONG", 1), ("COMPUTED", 2))),
        _table("OBJECT", "OBJECTS", OBJECT_COLUMNS, plan.rows),
        _members("Bits of holder flags.", _bits(spec.object_named("holder flags"))),
        _members(
            "Memory of values. One place: length 1, value. Two slots, each: length 2, value.",
            (("MEMORY", plan.memory), ("PAIRS", plan.pairs)),
        ),
        _table("FIELD", "FIELDS", FIELD_COLUMNS, plan.fields),
        _table("DGI", "DGIS", DGI_COLUMNS, _dgi_rows(spec)),
        _table("PART", "PARTS", PART_COLUMNS, _parts(spec)),
        _members("Most bytes of a DGI without two slots.", (("HELD", _held(spec)),)),
        _members("How many DGIs there are.", (("DGIS_IN_ALL", sum(1 for _ in _live(spec))),)),
        _members("Check value of a secret.", (("SECRET_CHECK", spec.secret_check_length),)),
        *_services(spec),
    ]
    return (
        "package unicard.application;\n\n"
        "/** Data objects, data groupings and service records, as the contract has them. */\n"
        "final class DataTables {\n" + "\n".join(sections) + "\n"
        "    private DataTables() {}\n"
        "}\n"
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """The rows of objects with their places, and what the places come to."""

    rows: list[Row]
    fields: list[Row]
    memory: int
    pairs: int


def _plan(spec: Spec) -> _Plan:
    rows: list[Row] = []
    fields: list[Row] = []
    memory = pairs = 0
    for target, count in _runs(spec.objects.values(), _object_back):
        two = not target.computed and target.length.most > spec.limits["atomic_object_bytes"]
        place, pair = (-1 if target.computed else memory), (pairs if two else -1)
        detail = len(fields) if target.fields else sum(target.bits)
        fields += [
            (f.tag, FORMATS.index(f.format), f.length.least, f.length.most) for f in target.fields
        ]
        rows.append(
            (
                target.tag, count, target.length.least, target.length.most,
                FORMATS.index(target.format), detail, len(target.fields),
                (1 if target.long else 0) | (2 if target.computed else 0),
                *_rule(target.read), *_rule(target.write), place, pair,
            )
        )  # fmt: skip
        if not target.computed:
            memory += count * (2 * (2 + target.length.most) if two else 1 + target.length.most)
            pairs += count if two else 0
    return _Plan(rows, fields, memory, pairs)


def _runs(items: Iterable[Item], back: Callable[[Item, int], Item]) -> Iterator[tuple[Item, int]]:
    """Yield each item that begins a run of consecutive tags, with the length of the run.

    ``back`` gives an item as it would be so many tags earlier. Names and texts may differ.
    """
    first: Item | None = None
    count = 0
    for item in items:
        if first is not None and first == _called(back(item, count), first):
            count += 1
            continue
        if first is not None:
            yield first, count
        first, count = item, 1
    if first is not None:
        yield first, count


def _called(item: Item, other: Item) -> Item:
    """Return an item under the name and text of another one."""
    return replace(item, name=other.name, text=other.text)


def _object_back(target: DataObject, step: int) -> DataObject:
    return replace(target, tag=target.tag - step)


def _dgi_back(dgi: Dgi, step: int) -> Dgi:
    parts = tuple(replace(part, object=part.object - step) for part in dgi.fields)
    return replace(dgi, tag=dgi.tag - step, fields=parts)


def _rule(conditions: Iterable[str]) -> tuple[int, int]:
    """Return the bits of a rule's conditions and of its roles."""
    bits = roles = 0
    for condition in conditions:
        name, _, number = condition.partition(":")
        if name == "role":
            roles |= 1 << int(number) if number else _ALL_ROLES
        elif name != "never":
            bits |= CONDITIONS[name]
    return bits, roles


def _bits(target: DataObject) -> Iterator[tuple[str, int]]:
    return ((constant(name), bit) for bit, name in target.bits.items())


def _live(spec: Spec) -> Iterator[Dgi]:
    return (dgi for dgi in spec.dgis.values() if not dgi.draft)


def _dgi_rows(spec: Spec) -> Iterator[Row]:
    order = list(spec.states)
    runs = list(_runs(_live(spec), _dgi_back))
    firsts = accumulate((len(dgi.fields) for dgi, _ in runs), initial=0)
    for (dgi, count), first in zip(runs, firsts, strict=False):
        states = sum(1 << order.index(name) for name in dgi.states)
        yield (
            dgi.tag, count, dgi.length.least, dgi.length.most, dgi.secret_length,
            int(dgi.mandatory), states, first, len(dgi.fields),
        )  # fmt: skip


def _parts(spec: Spec) -> Iterator[Row]:
    for dgi, _ in _runs(_live(spec), _dgi_back):
        for part in dgi.fields:
            yield part.object, part.length or 0


def _held(spec: Spec) -> int:
    """Return the most bytes of a DGI that is not written to a slot. Raises ValueError.

    One that is longer must be one object of two slots: its parts go where they will be.
    """
    atomic = spec.limits["atomic_object_bytes"]
    held = 0
    for dgi in _live(spec):
        paired = [p for p in dgi.fields if spec.objects[p.object].length.most > atomic]
        if paired and len(dgi.fields) > 1:
            raise ValueError(f"DGI {dgi.name} has a long object beside others")
        held = held if paired else max(held, dgi.length.most)
    return held


def _services(spec: Spec) -> Iterator[str]:
    starts = accumulate((f.length for f in spec.services.header), initial=0)
    places = zip(spec.services.header, starts, strict=False)
    yield _members("Header of a service record: where each field begins.", (
        (f"AT_{constant(field.name)}", start) for field, start in places
    ))  # fmt: skip
    yield _members("Service records.", (
        ("RECORD_HEADER", sum(f.length for f in spec.services.header)),
        ("LABEL", next(f.length for f in spec.services.header if f.name == "label")),
        ("ENABLED", spec.services.enabled_flag),
        ("VERIFICATION_RULES", max(spec.services.verification.values()) + 1),
        ("PERIOD_KINDS", 3),
        ("ROLE_LIMITS", spec.limits["role_limits"]),
        ("ROLES", 16),
    ))  # fmt: skip
    yield _codes("CHECK", CHECKS, "What is looked at in a field of a record.")
    kinds = spec.services.kinds.values()
    yield _table("KIND", "KINDS", KIND_COLUMNS, _kinds(kinds))
    fields = (_record_field(field) for kind in kinds for field in kind.fields)
    yield _table("RECORD_FIELD", "RECORD_FIELDS", RECORD_FIELD_COLUMNS, fields)


def _kinds(kinds: Iterable[ServiceKind]) -> Iterator[Row]:
    first = 0
    for kind in kinds:
        yield kind.code, first, len(kind.fields)
        first += len(kind.fields)


def _record_field(field: RecordField) -> Row:
    """Return a field's row; one without a check of its own is an amount. Raises ValueError."""
    check = _CHECK_OF.get(field.name, "amount")
    if check == "amount" and field.length != _AMOUNT_LENGTH:
        raise ValueError(f"no check is known for the field {field.name} of a service record")
    return CHECKS.index(check), field.length


def _codes(prefix: str, names: Iterable[str], text: str) -> str:
    return _members(text, ((f"{prefix}_{constant(n)}", i) for i, n in enumerate(names)))


def _members(text: str, members: Iterable[tuple[str, int]]) -> str:
    lines = "".join(
        f"    static final short {name} = {_short(value)};\n" for name, value in members
    )
    return f"    // {text}\n{lines}"


def _table(prefix: str, name: str, columns: Sequence[tuple[str, str]], rows: Iterable[Row]) -> str:
    lines = [
        f"    static final short {prefix}_{column} = {index};" + (f" // {text}" if text else "")
        for index, (column, text) in enumerate(columns)
    ]
    lines.append(f"    static final short {prefix}_ROW = {len(columns)};")
    values = "".join(wrapped([_short(v) for v in row], 8) for row in rows)
    return "\n".join(lines) + f"\n\n    static final short[] {name} = {{\n{values}    }};\n"


def _short(value: int) -> str:
    """Return a number as a short: in hexadecimal where it is a tag or a mask."""
    if value > 0x7FFF:
        return f"(short) 0x{value:04X}"
    return str(value) if value < 0x100 and value != 0x5A and value != 0x65 else f"0x{value:04X}"
