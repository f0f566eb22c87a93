"""The matrix of requirements and tests as Markdown, for the project's documentation."""

from collections.abc import Iterable, Iterator

from card_conformance.catalogue import Row, group_of


def matrix_page(rows: Iterable[Row]) -> str:
    """Return one table a group of requirements; drafts have no tests yet and are left out."""
    return "\n".join(_lines(rows)) + "\n"


def _lines(rows: Iterable[Row]) -> Iterator[str]:
    group = ""
    for row in rows:
        if row.requirement.draft:
            continue
        if group_of(row.requirement.id) != group:
            if group:
                yield ""
            group = group_of(row.requirement.id)
            yield from (f"### {group}", "", "| requirement | profile | tests |", "|---|---|---|")
        yield f"| **{row.requirement.id}** {row.requirement.text} | {row.profile} | {_tests(row)} |"


def _tests(row: Row) -> str:
    shown = [test.sentence for test in row.tests]
    if row.requirement.shown_elsewhere:
        shown.append(f"*elsewhere: {row.requirement.shown_elsewhere}*")
    return "<br>".join(shown)
