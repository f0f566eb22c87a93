"""Measures what the applet costs a card: ``python -m scripts.budget [--check]``.

Writes docs/reference/applet-budget.md, with ``--check`` only compares it. Exit code 1 where a limit
of applet/application/budget.json is exceeded, the page is not what was measured, or the Java card
is not built as applet/ is now: `make java`.
"""

import subprocess
import sys

from applet_spec import UnicardError
from tests.support.applet_budget import measured
from tests.support.budget_page import COMMAND, PAGE, exceeded, page, read_limits
from tests.support.code_size import applet_classes, code_size
from tests.support.tree import ROOT

HINT = ROOT / "scripts" / "java.sh"
"""Says on its standard error where applet/ has changed since it was built."""


def main(words: list[str]) -> int:
    """Measure, compare with the limits, and write or compare the page."""
    if stale := subprocess.run([HINT, "hint"], capture_output=True, text=True, check=True).stderr:
        print(f"Nothing was measured: {stale}", end="", file=sys.stderr)
        return 1
    limits = read_limits()
    try:
        code, costs = code_size(applet_classes()), measured()
    except UnicardError as error:
        print(f"{error.message}: {error.advice}", file=sys.stderr)
        return 1
    over = list(exceeded(code, costs, limits))
    print("\n".join(over) or "Every figure is within its limit.")
    text = page(code, costs, limits)
    is_stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text
    if is_stale and words == ["--check"]:
        print(f"{PAGE.name} is not what was measured: run `{COMMAND}`.")
    elif is_stale:
        PAGE.write_text(text, encoding="utf-8")
        print(f"Written: {PAGE.name}")
    return int(bool(over) or (is_stale and words == ["--check"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
