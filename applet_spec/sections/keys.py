"""Key versions, derivations with their vectors, and check values."""

from collections.abc import Iterator

from applet_spec.model import Derivation, Spec
from applet_spec.sections.markdown import DRAFT, Read, block, code, drafted, table

FUNCTIONS = {
    "AES-CMAC": "Each block is the AES-CMAC, under the master key,",
    "TDES-ECB": "The key is the two-key TDES encryption (ECB), under the master key,",
}
"""How a derivation's block is used."""


def keys(spec: Spec, read: Read) -> Iterator[str]:
    """Write key sets, derivations and check values."""
    yield "## Keys"
    rows = (
        (drafted(r.name, r.draft), _versions(r.first, r.last), r.held_by, r.may)
        for r in spec.key_ranges.values()
    )
    yield table(["key set", "version (KVN)", "held by", "may"], rows)
    for derivation in spec.derivations.values():
        yield from _derivation(derivation)
    yield "### Check values"
    rows_of_values = (
        (value["name"], value["length"], value["text"], value["source"])
        for value in read("keys")["check_values"]
    )
    yield table(["method", "length", "value", "source"], rows_of_values)


def _versions(first: int, last: int) -> str:
    return (
        code(f"{first:02X}")
        if first == last
        else f"{code(f'{first:02X}')} to {code(f'{last:02X}')}"
    )


def _derivation(derivation: Derivation) -> Iterator[str]:
    yield f"### {derivation.name}: {derivation.purpose}"
    if derivation.draft:
        yield f"{DRAFT}: no card uses it yet."
    source = derivation.source[0].upper() + derivation.source[1:]
    yield f"{source}. {FUNCTIONS[derivation.function]} of"
    yield block(derivation.block)
    yield f"{derivation.parameters}."
    for vector in derivation.vectors:
        yield f"Vector ({vector.source}):"
        yield block(
            f"master  {vector.master.hex().upper()}\n"
            f"input   {vector.input.hex().upper()}\n"
            f"{vector.purpose:<7} {vector.key.hex().upper()}"
        )
