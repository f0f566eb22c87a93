"""Transactions: layouts of request, answer and receipt, the order of checks, rules and vectors."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from applet_spec.model import Spec
from applet_spec.sections.markdown import Read, and_list, bullets, byte, code, table

Entry = Mapping[str, Any]


def transactions(spec: Spec, read: Read) -> Iterator[str]:
    """Write what PERFORM TRANSACTION takes, does, answers and signs."""
    content = read("transactions")
    yield "## Transactions"
    yield (
        f"A request names up to {spec.transactions.most_operations} operations, each with the "
        "amount and never a balance. Numbers are big-endian."
    )
    yield "### Request"
    yield _layout(content["request"])
    yield "One to four operations follow, each of them:"
    yield _layout(content["operation"])
    yield table(["operation", "name"], _codes(content["operations"]))
    yield "### Answer"
    yield _layout(content["answer"])
    flags = [(code(bit), name) for bit, name in content["flags"].items()]
    yield table(["flag", "meaning"], flags)
    yield table(["result of a query", "meaning"], _codes(content["query_results"]))
    yield "### Receipt"
    yield content["receipt"]["text"]
    yield _layout(content["receipt"]["fields"])
    yield "### Order of checks in a transaction"
    yield "\n".join(f"{n}. {text}" for n, text in enumerate(content["order_of_checks"], 1))
    yield "### Rules of transactions"
    alone = and_list(str(role) for role in sorted(spec.transactions.purse_alone_roles))
    yield bullets([*content["rules"], f"Roles that may debit a purse alone: {alone}."])
    yield from _vectors(spec)


def _layout(fields: Sequence[Entry]) -> str:
    """Return a table of fields; behind one of variable count offsets are not known."""
    rows, offset = [], 0
    fixed = True
    for field in fields:
        remarks = "; ".join(field[key] for key in ("count", "text") if key in field)
        rows.append((offset if fixed else "", field["name"], field["length"], remarks))
        fixed = fixed and "count" not in field
        offset += field["length"]
    return table(["offset", "field", "length", "remarks"], rows)


def _codes(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    return [(byte(entry["code"]), entry["name"]) for entry in entries]


def _vectors(spec: Spec) -> Iterator[str]:
    yield "### Vectors of periods and quotas"
    yield table(
        ["date", "day", "month"],
        [(code(v.date), v.day, v.month) for v in spec.transactions.period_vectors],
    )
    yield table(
        ["what it shows", "allowance", "carry-over ceiling", "balance", "k", "new balance"],
        [
            (v.text, v.allowance, v.carry_over_ceiling, v.balance, v.k, v.result)
            for v in spec.transactions.quota_vectors
        ],
    )
