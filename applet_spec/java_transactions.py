"""Writes the layouts of transactions for the applet: where each field is.

Flat constants, one prefix for each layout: ``REQUEST_DATE`` is an offset, ``REQUEST_LENGTH`` the
sum of the lengths.
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate

from applet_spec.java_text import constant
from applet_spec.model import RecordField, ServiceKind, Spec

Line = tuple[str, int]
"""Name and value of one constant."""


def transaction_layouts(spec: Spec) -> str:
    """Return class ``Layouts`` of package ``unicard.application``."""
    parts = spec.transactions
    answer = _layout("ANSWER", parts.answer[:-1])
    sections = [
        _members("What an operation does.", _codes("OPERATION", parts.operations.items())),
        _members("Request: fields before the operations.", _layout("REQUEST", parts.request)),
        _members("One operation.", _layout("PART", parts.operation)),
        _members("Operations in a basket.", [("MOST_OPERATIONS", parts.most_operations)]),
        _members("Answer: where its fields before the balances are, and these begin.", [
            line for line in answer if line[0] != "ANSWER_LENGTH"
        ]),
        _members("Flags of answer and receipt.", _codes("FLAG", parts.flags.items())),
        _members("Results of a query.", _codes("RESULT", parts.query_results.items())),
        _members("Receipt: what its MAC is over.", _layout("RECEIPT", parts.receipt)),
        _members("Bytes of a receipt's MAC.", [("MAC", parts.receipt_mac_length)]),
        _members("Roles, bit n: role n, that may debit a purse and nothing else.", [
            ("PURSE_ALONE", sum(1 << role for role in parts.purse_alone_roles)),
        ]),
        _members("First and last year of dates, in BCD without the century 20.", [
            ("FIRST_YEAR", parts.first_date[1]), ("LAST_YEAR", parts.last_date[1]),
        ]),
        _members("Verification rules.", _codes("RULE", spec.services.verification.items())),
        *(_record(spec, kind) for kind in spec.services.kinds.values()),
    ]  # fmt: skip
    return (
        "package unicard.application;\n\n"
        "/** Layouts of transactions and service records: offsets and codes. */\n"
        "final class Layouts {\n" + "\n".join(sections) + "\n"
        "    private Layouts() {}\n"
        "}\n"
    )


def _record(spec: Spec, kind: ServiceKind) -> str:
    """Return code and offsets of a kind's fields, from the beginning of the record."""
    name = constant(kind.name)
    fields = (*spec.services.header, *kind.fields)
    places = ((label, at) for label, at in _layout(name, fields) if at >= _header(spec))
    return _members(f"Service record of a {kind.name}.", [(f"KIND_{name}", kind.code), *places])


def _header(spec: Spec) -> int:
    return sum(field.length for field in spec.services.header)


def _layout(prefix: str, fields: Iterable[RecordField]) -> Iterator[Line]:
    fields = tuple(fields)
    places = accumulate((field.length for field in fields), initial=0)
    names = [constant(field.name) for field in fields]
    yield from ((f"{prefix}_{name}", at) for name, at in zip(names, places, strict=False))
    yield f"{prefix}_LENGTH", sum(field.length for field in fields)


def _codes(prefix: str, codes: Iterable[tuple[str, int]]) -> Iterator[Line]:
    return ((f"{prefix}_{constant(name)}", value) for name, value in codes)


def _members(text: str, members: Iterable[Line]) -> str:
    lines = "".join(f"    static final short {name} = {value};\n" for name, value in members)
    return f"    // {text}\n{lines}"
