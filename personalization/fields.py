"""The fields of an enrolment record, as the JSON Schema of the format names them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True)
class FieldTable:
    """Names, required names and JSON types of the fields of a format."""

    schema: Mapping[str, Any]

    @property
    def names(self) -> tuple[str, ...]:
        """All field names in the order of the schema."""
        return tuple(self.schema["properties"])

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the fields that no record lacks."""
        return tuple(self.schema["required"])

    def typed(self, name: str, cell: str) -> object:
        """Return a CSV cell as the type of its field; the cell itself where it is none of it."""
        wanted = self.schema["properties"][name]["type"]
        if wanted == "integer" and _INTEGER.fullmatch(cell):
            return int(cell)
        if wanted == "boolean":
            return _BOOLEANS.get(cell, cell)
        return cell


@cache
def format_schema(name: str) -> Mapping[str, Any]:
    """Return the JSON Schema ``applet_spec/formats/NAME.schema.json``."""
    path = files("applet_spec") / "formats" / f"{name}.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def enrolment_fields() -> FieldTable:
    """Return the fields of an enrolment record."""
    return FieldTable(format_schema("enrolment"))
