"""JUnit XML out of a run's results: one test suite a group of requirements.

The form that CI servers read (Jenkins' junit-10 schema): counts on each suite, ``failure`` and
``error`` for what went wrong, ``skipped`` with its reason for what did not run.
"""

import re
from collections.abc import Iterable
from xml.etree import ElementTree as Xml

from card_conformance.catalogue import group_of
from card_conformance.formats import Json

_CLASS = "unicard"
_CHILDREN = {"failed": "failure", "error": "error", "not run": "skipped"}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(results: Json) -> bytes:
    """Return the results as an XML document."""
    groups: dict[str, list[Json]] = {}
    for test in results["tests"]:
        groups.setdefault(group_of(test["requirements"][0]), []).append(test)
    root = Xml.Element("testsuites", {"name": "unicard conformance", **_counts(results["tests"])})
    for group, tests in groups.items():
        attributes = {"name": group, "timestamp": _timestamp(results), **_counts(tests)}
        suite = Xml.SubElement(root, "testsuite", attributes)
        properties = Xml.SubElement(suite, "properties")
        for name in ("suite_version", "spec_version", "reader", "profile"):
            Xml.SubElement(properties, "property", name=name, value=results[name])
        for test in tests:
            _add(suite, test)
    Xml.indent(root)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _add(suite: Xml.Element, test: Json) -> None:
    module, _, function = test["name"].partition("::")
    case = Xml.SubElement(
        suite,
        "testcase",
        classname=f"{_CLASS}.{module}",
        name=_text(f"{', '.join(test['requirements'])} {function}"),
        time=f"{test['seconds']:.4f}",
    )
    child = _CHILDREN.get(test["outcome"])
    if child is None:
        return
    element = Xml.SubElement(case, child, message=_text(test["reason"]))
    if child != "skipped":
        element.set("type", test["outcome"])
    if failure := test["failure"]:
        lines = (f"{name}: {failure[name]}" for name in ("sent", "came", "expected"))
        element.text = _text("\n".join(lines))


def _counts(tests: Iterable[Json]) -> dict[str, str]:
    tests = list(tests)
    outcomes = [test["outcome"] for test in tests]
    return {
        "tests": str(len(tests)),
        "failures": str(outcomes.count("failed")),
        "errors": str(outcomes.count("error")),
        "skipped": str(outcomes.count("not run")),
        "time": f"{sum(test['seconds'] for test in tests):.4f}",
    }


def _timestamp(results: Json) -> str:
    """Return when the run began, without the time zone: readers expect none."""
    return str(results["started"]).partition("+")[0].removesuffix("Z")


def _text(text: str) -> str:
    """Return text without the characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub("?", text)
