"""Card types: which profile of the contract fits a card, why, and what sessions go by then.

Profiles are data (``applet_spec/data/card_profiles.json``), and the quirks that they name are code
of the host. Pure: `host_lib.flow.probe` asks the card.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from applet_spec import spec
from applet_spec.model import CardProfile, Recognition
from host_lib.apdu import MAX_SHORT_DATA
from host_lib.command import Cplc
from host_lib.flow.session import (
    PUT_KEY_WITHOUT_INNER_LENGTH,
    SLOW_AFTER_WRONG_KEYS,
    SessionTerms,
)
from host_lib.scp03 import reduced

IMPLEMENTED_QUIRKS = frozenset({PUT_KEY_WITHOUT_INNER_LENGTH, SLOW_AFTER_WRONG_KEYS})


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a card says about its type; None for what it does not say. Nothing is authenticated.

    ``options`` are the values of ``i`` with which it offers SCP03 (empty: it offers other protocols
    only), ``largest`` the bytes of command data that its card manager takes.
    """

    atr: bytes | None = None
    cplc: Cplc | None = None
    options: tuple[int, ...] | None = None
    key_versions: frozenset[int] | None = None
    largest: int | None = None


NOTHING_SAID = Evidence()


class Verdict(Enum):
    """How a rule stands to what a card says."""

    MET = "met"
    NOT_MET = "not met"
    NOT_SAID = "the card does not say"


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of a profile: what is looked at, what it must be and what the card says."""

    what: str
    wanted: str
    found: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Fit:
    """A profile and how one of its recognition rules stands to a card."""

    profile: CardProfile
    checks: tuple[Check, ...]

    @property
    def fits(self) -> bool:
        """Whether every condition is met."""
        return bool(self.checks) and all(check.verdict is Verdict.MET for check in self.checks)

    @property
    def differing(self) -> tuple[Check, ...]:
        """The conditions that are not met, or of which the card says nothing."""
        return tuple(check for check in self.checks if check.verdict is not Verdict.MET)


def recognised(evidence: Evidence) -> Fit | None:
    """Return the profile that fits a card; None where none does.

    The first whose rule is met entirely; failing all, the generic one for a card that offers SCP03.
    """
    return next((fit for fit in _fits(evidence) if fit.fits), None)


def nearest(evidence: Evidence) -> Fit:
    """Return the profile that fits a card best, though it may not fit: most conditions met."""
    return max(
        (fit for fit in _fits(evidence) if not fit.profile.generic),
        key=lambda fit: (_count(fit, Verdict.MET) / len(fit.checks), _count(fit, Verdict.MET)),
    )


def contradictions(profile: CardProfile, evidence: Evidence) -> tuple[Check, ...]:
    """Return what a card says of itself otherwise than its profile; the card's word is used then.

    A card that was issued already has other key versions than its maker gave it: that is none.
    """
    checks = []
    if profile.i is not None:
        checks.append(_check("i", _byte(profile.i), _options(evidence)))
    if evidence.largest is not None:
        least = profile.largest_command_data
        verdict = Verdict.MET if evidence.largest >= least else Verdict.NOT_MET
        checks.append(Check("command data", f"{least}", f"{evidence.largest}", verdict))
    return tuple(check for check in checks if check.verdict is Verdict.NOT_MET)


def terms_of(profile: CardProfile, evidence: Evidence = NOTHING_SAID) -> SessionTerms:
    """Return what sessions go by on a card of a profile.

    ``i`` as the card says, else the profile's; the contract's daily level, or what profile and card
    have of it; no more command data than both take.
    """
    i = _option(profile, evidence)
    largest = min(profile.largest_command_data, evidence.largest or profile.largest_command_data)
    return SessionTerms(
        i=i,
        level=_level(profile, i),
        max_lc=largest if profile.extended else min(largest, MAX_SHORT_DATA),
        quirks=profile.quirks,
        factory_version=profile.factory_version,
    )


def _option(profile: CardProfile, evidence: Evidence) -> int | None:
    offered = evidence.options
    if not offered or profile.i in offered:
        return profile.i
    return offered[0]


def _level(profile: CardProfile, i: int | None) -> int:
    daily = spec().secure_channel.daily_level
    wanted = daily if i is None else reduced(daily, i)
    if wanted in profile.levels:
        return wanted
    # What protects commands counts more than what protects responses.
    return max(profile.levels, key=lambda level: (level & 0x03, level))


def _fits(evidence: Evidence) -> Iterator[Fit]:
    profiles = spec().card_profiles.values()
    for profile in sorted(profiles, key=lambda profile: profile.generic):
        if profile.generic:
            yield Fit(profile, (_offers_scp03(evidence),))
        elif profile.recognise:
            checked = [Fit(profile, tuple(_checks(rule, evidence))) for rule in profile.recognise]
            yield max(checked, key=lambda fit: (fit.fits, _count(fit, Verdict.MET)))


def _count(fit: Fit, verdict: Verdict) -> int:
    return sum(check.verdict is verdict for check in fit.checks)


def _offers_scp03(evidence: Evidence) -> Check:
    found = evidence.options
    verdict = Verdict.NOT_SAID if found is None else Verdict.MET if found else Verdict.NOT_MET
    return Check("protocol", "SCP03", "SCP03" if found else "-", verdict)


def _checks(rule: Recognition, evidence: Evidence) -> Iterator[Check]:
    """Yield a check for each condition that a rule has."""
    cplc = evidence.cplc
    fields = (
        ("ATR", rule.atr, evidence.atr),
        ("IC fabricator", rule.fabricator, cplc.fabricator if cplc else None),
        ("IC type", rule.ic_type, cplc.chip_type if cplc else None),
        ("operating system", rule.os_id, cplc.system if cplc else None),
        ("release level", rule.os_release_level, cplc.system_release[2:] if cplc else None),
    )
    for what, wanted, found in fields:
        if wanted is not None:
            yield _check(what, _hex(wanted), None if found is None else [_hex(found)])
    if rule.i is not None:
        yield _check("i", _byte(rule.i), _options(evidence))
    if rule.key_versions is not None:
        versions = evidence.key_versions
        said = None if versions is None else [_listed(versions)]
        yield _check("key versions", _listed(rule.key_versions), said)


def _options(evidence: Evidence) -> list[str] | None:
    return None if evidence.options is None else [_byte(i) for i in evidence.options]


def _check(what: str, wanted: str, found: list[str] | None) -> Check:
    """Compare what is wanted with what the card says, which may be several values."""
    if found is None:
        return Check(what, wanted, "-", Verdict.NOT_SAID)
    verdict = Verdict.MET if wanted in found else Verdict.NOT_MET
    return Check(what, wanted, ", ".join(found) or "-", verdict)


def _hex(value: bytes) -> str:
    return value.hex().upper()


def _byte(value: int) -> str:
    return f"{value:02X}"


def _listed(versions: Iterable[int]) -> str:
    return " ".join(_byte(version) for version in sorted(versions))
