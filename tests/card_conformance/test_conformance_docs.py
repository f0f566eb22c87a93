"""The documentation of the suite says what the suite is."""

import json
import re
from pathlib import Path

from card_conformance import formats, statement
from card_conformance.catalogue import matrix
from card_conformance.page import matrix_page

PAGE = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text(encoding="utf-8")


def test_the_matrix_in_the_documentation_is_fresh() -> None:
    assert PAGE.endswith(f"\n\n{matrix_page(matrix())}"), (
        "replace what follows 'Requirements and tests' in docs/conformance.md by what "
        "`unicard conformance list --markdown` prints"
    )


def test_the_statement_in_the_documentation_is_one() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    content = json.loads(example)
    formats.check(content, formats.STATEMENT, "the example")
    assert statement.from_json(content, "the example").levels == (0x03, 0x33)
