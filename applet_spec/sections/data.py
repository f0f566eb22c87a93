"""Data objects, the SELECT answer and the DGIs that fill the objects."""

from collections.abc import Iterator
from typing import Any

from applet_spec.model import DataObject, Dgi, Spec
from applet_spec.sections.apdus import states
from applet_spec.sections.markdown import (
    Read,
    and_list,
    block,
    bullets,
    code,
    drafted,
    link,
    table,
    tag,
)


def objects(spec: Spec, read: Read) -> Iterator[str]:
    """Write the data objects with their access rules."""
    content = read("objects")
    yield "## Data objects"
    yield (
        f"{link('GET DATA')} answers an object's value, {link('GET DATA PART')} a part of a long "
        "one. Any one of the conditions in a rule is enough."
    )
    rows = (
        _object_row(entry, spec.objects[int(entry["tag"], 16)], content["conditions"])
        for entry in content["objects"]
    )
    yield table(["tag", "object", "length", "format", "read", "written", "remarks"], rows)
    yield "### Access conditions"
    yield table(["condition", "is met"], ((code(n), t) for n, t in content["conditions"].items()))
    yield "### Formats"
    yield "A value that is not of its object's format and length is refused with 6A80."
    yield table(["format", "a value is"], ((code(n), t) for n, t in content["formats"].items()))
    for entry in spec.objects.values():
        yield from _template(entry)


def _object_row(entry: dict[str, Any], found: DataObject, order: dict[str, str]) -> list[object]:
    remarks = [found.text, "long" if found.long else ""]
    remarks += ["made by the card when it is read" if found.computed else ""]
    remarks += [f"bit {code(f'{bit:02X}')}: {name}" for bit, name in found.bits.items()]
    rules = (and_list(name for name in order if name in rule) for rule in (found.read, found.write))
    text = "; ".join(remark for remark in remarks if remark)
    return [_tags(entry), entry["name"], found.length, found.format, *rules, text]


def _tags(entry: dict[str, Any]) -> str:
    first, digits = int(entry["tag"], 16), len(entry["tag"])
    last = first + entry.get("count", 1) - 1
    return code(entry["tag"]) + (f" to {code(f'{last:0{digits}X}')}" if last > first else "")


def _template(entry: DataObject) -> Iterator[str]:
    if entry.fields:
        yield f"### Inside {code(tag(entry.tag))} {entry.name}"
        rows = ((code(tag(f.tag)), f.name, f.length, f.format, f.text) for f in entry.fields)
        yield table(["tag", "name", "length", "format", "remarks"], rows)


def fci(_spec: Spec, read: Read) -> Iterator[str]:
    """Write what SELECT answers."""
    yield "## The SELECT answer"
    yield (
        f"{link('SELECT')} answers a template {code('6F')} with these objects (file control "
        "information, ISO/IEC 7816-4). It holds no personal data."
    )
    rows = (
        (_nested(row["tag"]), row["name"], row["length"], row.get("text", ""))
        for row in read("card")["fci"]
    )
    yield table(["tag", "name", "length", "remarks"], rows)


def _nested(tags: str) -> str:
    outer, inner = tags[:-2], tags[-2:]
    return f"{code(inner)} inside {code(outer)}" if outer else code(inner)


def dgis(spec: Spec, read: Read) -> Iterator[str]:
    """Write the DGIs of personalization."""
    content = read("dgis")
    yield "## DGIs"
    yield (
        f"{link('STORE DATA')} carries a stream of data groupings. {content['header']}. Lengths "
        "are those of the content, in bytes."
    )
    rows = (_dgi_row(spec, entry, spec.dgis[int(entry["tag"], 16)]) for entry in content["dgis"])
    head = ["DGI", "name", "length", "mandatory", "taken in", "content", "remarks"]
    yield table(head, rows)
    yield "### The stream"
    yield bullets(content["stream"])
    yield "### Secrets"
    yield read("card")["secret_check"]["text"]
    yield block(
        f"AES-CBC(DEK, secret || SHA-256(DGI tag || secret)[:{spec.secret_check_length}] || 80 00…)"
    )


def _dgi_row(spec: Spec, entry: dict[str, Any], dgi: Dgi) -> list[object]:
    parts = [
        f"{spec.objects[field.object].name} {code(tag(field.object))}"
        + (f" ({field.length})" if field.length is not None else "")
        for field in dgi.fields
    ]
    if "count" in entry:
        parts = [f"{entry['name']} of the same place"]
    if dgi.secret:
        parts = [f"a secret of {dgi.secret_length} bytes, encrypted"]
    name, mandatory = drafted(entry["name"], dgi.draft), "yes" if dgi.mandatory else "no"
    allowed = states(spec.states, dgi.states)
    return [_tags(entry), name, dgi.length, mandatory, allowed, "<br>".join(parts), dgi.text]
