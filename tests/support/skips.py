"""Under CI a skipped test is a failed one: a check that did not run has proven nothing."""

import os
from typing import TypeVar

import pytest

SKIPS_ARE_FAILURES = bool(os.environ.get("CI"))

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def skip_to_failure(report: Report) -> Report:
    """Turn the report of a skip into that of a failure; leave expected failures as they are."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"CI is set, so nothing may be skipped. {reason}"
    return report
