"""Small pieces of Markdown."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from applet_spec.model import Spec

Read = Callable[[str], dict[str, Any]]
"""Returns a parsed file of ``data/`` by its name: for prose that the typed contract leaves out."""

Section = Callable[[Spec, Read], Iterator[str]]
"""Gives blocks of Markdown; the first is the heading."""

DRAFT = "**draft**"
"""Mark of what no card does yet."""


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; bars inside cells are escaped, columns that are all empty are left out."""
    cells = [[str(cell).replace("|", r"\|") for cell in row] for row in rows]
    kept = [i for i, _ in enumerate(head) if any(row[i] for row in cells)]
    lines = [
        [head[i] for i in kept],
        ["---"] * len(kept),
        *([row[i] for i in kept] for row in cells),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(text: str) -> str:
    """Return text as code, or nothing for nothing."""
    return f"`{text}`" if text else ""


def byte(value: int) -> str:
    """Return a byte as two hexadecimal digits of code."""
    return code(f"{value:02X}")


def tag(value: int) -> str:
    """Return a tag of one or two bytes as hexadecimal digits."""
    return f"{value:02X}" if value <= 0xFF else f"{value:04X}"


def block(text: str) -> str:
    """Return text as a block of code."""
    return f"```text\n{text}\n```"


def bullets(texts: Iterable[str]) -> str:
    """Return a list, one text a line."""
    return "\n".join(f"- {text}" for text in texts)


def drafted(text: str, draft: bool) -> str:
    """Return text, marked when it is a draft."""
    return f"{text} ({DRAFT})" if draft else text


def anchor(heading: str) -> str:
    """Return the anchor that a heading gets on the usual viewers."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -")
    return kept.replace(" ", "-")


def link(heading: str, page: str = "") -> str:
    """Return a link to a heading."""
    return f"[{heading}]({page}#{anchor(heading)})"


def requirement(name: str) -> str:
    """Return a link to a numbered requirement."""
    return f"[{name}](requirements.md#{name.lower()})"


def and_list(words: Iterable[str]) -> str:
    """Return words with commas between them."""
    return ", ".join(words)
