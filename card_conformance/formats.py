"""Files of the two formats that this room exchanges, checked against their schemas."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from applet_spec import UnicardError

Json = dict[str, Any]
STATEMENT = "implementation-statement"
RESULTS = "conformance-results"


class FileDamaged(UnicardError):
    """A file is not of the format that it should be; the message names the place in it."""

    advice = "correct the file, or make it again; its format is in applet_spec/formats"


def schema(name: str) -> Json:
    """Return the JSON Schema of a format."""
    path = files("applet_spec") / "formats" / f"{name}.schema.json"
    content: Json = json.loads(path.read_text(encoding="utf-8"))
    return content


def read(path: Path, name: str) -> Json:
    """Return the content of a file of the format ``name``. Raises FileDamaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileDamaged(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise FileDamaged(f"{path} is no JSON file: {error}") from error
    check(content, name, str(path))
    found: Json = content
    return found


def check(content: object, name: str, where: str) -> None:
    """Raise FileDamaged, naming the first fault and its place, unless the content fits."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    fault = best_match(Draft202012Validator(schema(name)).iter_errors(content))
    if fault is not None:
        place = fault.json_path.removeprefix("$").lstrip(".") or "the whole"
        raise FileDamaged(f"{where} is no {name.replace('-', ' ')}: {place}: {fault.message}")
