"""Data objects can be named, read and filled by DGIs."""

from collections.abc import Iterator

from applet_spec.checks.apdus import BLOCK
from applet_spec.checks.contract import Files, Finding, SpecCheck, data_file
from applet_spec.model import DataObject, Dgi, Length, Spec

OBJECTS = data_file("objects")
DGIS = data_file("dgis")
CONSTRUCTED_FORMATS = {"template", "der"}
FIRST_STATE = "BLANK"
NEVER = "never"
PERIOD = "service-period"
"""Format of the objects that are a part of another one: writing them writes that."""


def tags_are_ber(_files: Files, spec: Spec) -> Iterator[Finding]:
    """Tags follow ISO/IEC 7816-4:2020, 5.2.2.1, and say whether the value is made of objects."""
    for place, tag, form in _tags(spec):
        if not _is_ber_tag(tag):
            what = f"{tag:X} is no BER-TLV tag: a second byte follows 1F, and counts from 1F to 7F."
            yield Finding(OBJECTS, place, what)
        elif _is_constructed(tag) != (form in CONSTRUCTED_FORMATS):
            kind = "constructed" if _is_constructed(tag) else "primitive"
            yield Finding(OBJECTS, place, f"Tag {tag:X} is {kind}, which does not fit {form}.")


def _tags(spec: Spec) -> Iterator[tuple[str, int, str]]:
    for entry in spec.objects.values():
        yield entry.name, entry.tag, entry.format
        for field in entry.fields:
            yield f"{entry.name}, {field.name}", field.tag, field.format


def _is_ber_tag(tag: int) -> bool:
    if tag <= 0xFF:
        return tag != 0 and tag & 0x1F != 0x1F
    return (tag >> 8) & 0x1F == 0x1F and 0x1F <= tag & 0xFF <= 0x7F


def _is_constructed(tag: int) -> bool:
    return bool((tag if tag <= 0xFF else tag >> 8) & 0x20)


def conditions_exist(files: Files, spec: Spec) -> Iterator[Finding]:
    """Access rules use conditions that are explained, and ``never`` stands alone."""
    known = files["objects"]["conditions"]
    for entry in spec.objects.values():
        for rule in (entry.read, entry.write):
            for name in sorted(rule - set(known)):
                yield Finding(OBJECTS, entry.name, f"There is no access condition {name!r}.")
            if NEVER in rule and len(rule) > 1:
                yield Finding(OBJECTS, entry.name, "A rule with 'never' allows nothing else.")


def conditions_name_roles(files: Files, spec: Spec) -> Iterator[Finding]:
    """A condition about one role names a role that exists."""
    for name in files["objects"]["conditions"]:
        kind, _, number = name.partition(":")
        if number and (kind != "role" or int(number) not in spec.roles):
            yield Finding(OBJECTS, "conditions", f"{name!r} names no role of roles.json.")


def template_fields_fit(_files: Files, spec: Spec) -> Iterator[Finding]:
    """The fields of a template, with their tags and lengths, fit the template."""
    for entry in spec.objects.values():
        if entry.fields and entry.format != "template":
            yield Finding(OBJECTS, entry.name, "Only a template has fields.")
        size = sum(_tlv_size(field.tag, field.length.most) for field in entry.fields)
        if entry.fields and size > entry.length.most:
            what = f"The fields can be {size} bytes long, the template only {entry.length.most}."
            yield Finding(OBJECTS, entry.name, what)


def _tlv_size(tag: int, length: int) -> int:
    length_field = 1 if length < 0x80 else 2 if length < 0x100 else 3
    return (1 if tag <= 0xFF else 2) + length_field + length


def long_objects_say_so(_files: Files, spec: Spec) -> Iterator[Finding]:
    """An object that can be longer than one part is marked as long."""
    part = spec.limits["object_part"]
    for entry in spec.objects.values():
        if entry.length.most > part and not entry.long:
            what = f"The object can be longer than {part} bytes and is not marked as long."
            yield Finding(OBJECTS, entry.name, what)


def computed_objects_are_only_read(_files: Files, spec: Spec) -> Iterator[Finding]:
    """An object that the card computes fits one answer; a command writes periods alone of them."""
    for entry in spec.objects.values():
        if entry.computed and entry.write != {NEVER} and entry.format != PERIOD:
            yield Finding(OBJECTS, entry.name, "The card computes the object: nobody writes it.")
        if entry.computed and entry.long:
            yield Finding(OBJECTS, entry.name, "An object that the card computes is read at once.")


def objects_can_be_filled(_files: Files, spec: Spec) -> Iterator[Finding]:
    """An object that the card does not compute gets its value from a DGI, or by PUT DATA."""
    filled = {field.object for dgi in spec.dgis.values() for field in dgi.fields}
    for entry in spec.objects.values():
        if entry.computed and entry.tag in filled:
            yield Finding(OBJECTS, entry.name, "The card computes the object, and a DGI fills it.")
        if not entry.computed and entry.tag not in filled and entry.write == {NEVER}:
            yield Finding(OBJECTS, entry.name, "No DGI gives the object a value.")


def dgis_fill_objects(_files: Files, spec: Spec) -> Iterator[Finding]:
    """A DGI's fields go to objects that exist, in lengths that these can hold."""
    for dgi in spec.dgis.values():
        for field in dgi.fields:
            target = spec.objects.get(field.object)
            if target is None:
                what = f"The DGI fills object {field.object:X}, which does not exist."
                yield Finding(DGIS, dgi.name, what)
            elif field.length is not None and field.length not in target.length:
                what = f"{field.length} bytes are no length of object {target.name}."
                yield Finding(DGIS, dgi.name, what)
            elif field.length is None:
                yield from _whole_content(dgi, target)


def _whole_content(dgi: Dgi, target: DataObject) -> Iterator[Finding]:
    if len(dgi.fields) > 1:
        yield Finding(DGIS, dgi.name, "A field without length must be the only one.")
    elif dgi.length != target.length:
        what = f"The DGI takes {dgi.length} bytes, its object {target.name} {target.length}."
        yield Finding(DGIS, dgi.name, what)


def dgi_lengths_add_up(_files: Files, spec: Spec) -> Iterator[Finding]:
    """A DGI is as long as its fields together."""
    for dgi in spec.dgis.values():
        lengths = [field.length for field in dgi.fields]
        if not lengths or None in lengths:
            continue
        total = sum(length for length in lengths if length is not None)
        if dgi.length != Length(total, total):
            what = f"The fields are {total} bytes long together, the DGI {dgi.length}."
            yield Finding(DGIS, dgi.name, what)


def secret_lengths_add_up(_files: Files, spec: Spec) -> Iterator[Finding]:
    """A secret DGI is as long as secret and check value, padded and encrypted."""
    for dgi in spec.dgis.values():
        plain = dgi.secret_length + spec.secret_check_length
        size = (plain // BLOCK + 1) * BLOCK
        if dgi.secret and dgi.length != Length(size, size):
            what = f"The encrypted secret is {size} bytes long, the DGI {dgi.length}."
            yield Finding(DGIS, dgi.name, what)


def mandatory_dgis_fit_a_blank_card(_files: Files, spec: Spec) -> Iterator[Finding]:
    """What personalization must write, a blank card takes."""
    for dgi in spec.dgis.values():
        if dgi.mandatory and FIRST_STATE not in dgi.states:
            what = f"The DGI is mandatory, but not allowed in {FIRST_STATE}."
            yield Finding(DGIS, dgi.name, what)
        if dgi.mandatory and dgi.draft:
            yield Finding(DGIS, dgi.name, "A draft cannot be mandatory.")


CHECKS: tuple[SpecCheck, ...] = (
    tags_are_ber,
    conditions_exist,
    conditions_name_roles,
    template_fields_fit,
    long_objects_say_so,
    computed_objects_are_only_read,
    objects_can_be_filled,
    dgis_fill_objects,
    dgi_lengths_add_up,
    secret_lengths_add_up,
    mandatory_dgis_fit_a_blank_card,
)
