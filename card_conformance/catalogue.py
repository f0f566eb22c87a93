"""Which requirement has which tests: read from the suite's modules, without running anything."""

import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module

from applet_spec import ExitCode, Requirement, UnicardError, spec
from card_conformance import suite
from card_conformance.requirement import Claim, claim_of


class SuiteDefect(UnicardError):
    """The suite does not fit the contract: a defect of this package, found before any test."""

    advice = "install one release of the whole package; report it if this is one"


class UnknownRequirement(UnicardError):
    """A requirement number or group that the contract does not have."""

    exit_code = ExitCode.USAGE
    advice = "`unicard conformance list` names all requirements"


@dataclass(frozen=True, slots=True)
class TestEntry:
    """One test of the suite; ``name`` is module and function: ``pin::a_wrong_pin_costs_a_try``."""

    __test__ = False
    name: str
    claim: Claim

    @property
    def sentence(self) -> str:
        """The test's name as a sentence."""
        return self.name.partition("::")[2].replace("_", " ")


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement with its tests."""

    requirement: Requirement
    tests: tuple[TestEntry, ...]

    @property
    def status(self) -> str:
        """``tested``, ``shown elsewhere``, ``draft`` or ``missing``."""
        if self.tests:
            return "tested"
        if self.requirement.shown_elsewhere:
            return "shown elsewhere"
        return "draft" if self.requirement.draft else "missing"

    @property
    def profile(self) -> str:
        """The smallest profile in which some test of it runs, empty without tests."""
        profiles = {test.claim.needs.profile for test in self.tests}
        return min(profiles, key=lambda p: p.rank).value if profiles else ""


def entry_name(module: str, function: str) -> str:
    """Return the name of a test from its module's and its function's names."""
    short = module.rpartition(".")[2].removeprefix("test_")
    return f"{short}::{function.removeprefix('test_')}"


def tests() -> Iterator[TestEntry]:
    """Yield every test of the suite. Raises SuiteDefect for one that claims no requirement."""
    for found in pkgutil.iter_modules(suite.__path__):
        if not found.name.startswith("test_"):
            continue
        module = import_module(f"{suite.__name__}.{found.name}")
        for name, function in vars(module).items():
            if name.startswith("test_"):
                yield TestEntry(entry_name(found.name, name), checked_claim(name, function))


def checked_claim(name: str, test: object) -> Claim:
    """Return what a test claims. Raises SuiteDefect for no claim or an unknown requirement."""
    claim = claim_of(test)
    if claim is None or not claim.requirements:
        raise SuiteDefect(f"the test {name} names no requirement")
    unknown = [number for number in claim.requirements if number not in spec().requirements]
    if unknown:
        raise SuiteDefect(f"the test {name} names {unknown[0]}, which the contract does not have")
    return claim


def matrix(entries: Iterable[TestEntry] | None = None) -> tuple[Row, ...]:
    """Return one row for each requirement of the contract, in its order."""
    by_number: dict[str, list[TestEntry]] = {number: [] for number in spec().requirements}
    for entry in tests() if entries is None else entries:
        for number in entry.claim.requirements:
            by_number[number].append(entry)
    return tuple(Row(spec().requirements[number], tuple(by_number[number])) for number in by_number)


def check_coverage(rows: Iterable[Row]) -> None:
    """Raise SuiteDefect unless each requirement has a test or says where else it is shown."""
    missing = [row.requirement.id for row in rows if row.status == "missing"]
    if missing:
        raise SuiteDefect(f"no test shows {', '.join(missing)}")


def group_of(number: str) -> str:
    """Return a requirement's group: ``PIN`` of ``PIN-03``."""
    return number.partition("-")[0]


def selected(chosen: Iterable[str]) -> frozenset[str]:
    """Return the requirement numbers that numbers and groups name; all for none.

    Raises UnknownRequirement.
    """
    known: Mapping[str, object] = spec().requirements
    numbers: set[str] = set()
    for name in chosen:
        fitting = {number for number in known if name.upper() in (number, group_of(number))}
        if not fitting:
            raise UnknownRequirement(f"the contract has no requirement or group {name!r}")
        numbers |= fitting
    return frozenset(numbers or known)
