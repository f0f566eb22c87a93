"""How `unicard card probe` shows what it found: as data and as text."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from applet_spec import spec
from host_lib.apdu import MAX_SHORT_DATA
from host_lib.flow.probe import Probe, what_to_do
from host_lib.flow.session import SessionTerms
from host_lib.profile import Check, Fit, Verdict

if TYPE_CHECKING:
    from rich.console import Console


def shown_probe(probed: Probe) -> dict[str, object]:
    """Return everything as JSON takes it: bytes and key versions in hexadecimal, lengths in bytes.

    ``profile`` is null where none fits; then ``nearest`` and ``advice`` say more.
    """
    fit = probed.fit
    shown: dict[str, object] = {"card": dict(_facts(probed)), "profile": None, "checks": []}
    if fit is not None:
        shown["profile"] = fit.profile.name
        shown["title"] = fit.profile.title
        shown["checks"] = _listed(fit.checks)
        shown["contradictions"] = _listed(probed.contradictions)
        shown["used"] = _used(fit, probed.terms)
    else:
        near = probed.nearest
        shown["nearest"] = {"profile": near.profile.name, "checks": _listed(near.checks)}
        shown["advice"] = list(what_to_do(probed))
    return shown


def print_probe(probed: Probe, console: "Console") -> None:
    """Print it for a person."""
    for name, value in _facts(probed):
        console.print(f"{name.replace('_', ' ')}: {'-' if value is None else value}")
    if probed.asked_update:
        console.print(
            "Nothing else told the options of SCP03, so INITIALIZE UPDATE was sent; it proves "
            "nothing to the card and costs at most one step of its sequence counter."
        )
    fit = probed.fit
    if fit is None:
        near = probed.nearest
        console.print(f"No profile fits. Nearest: {near.profile.name} ({near.profile.title})")
        _print_checks(near.checks, console)
        for sentence in what_to_do(probed):
            console.print(sentence)
        return
    console.print(f"Profile {fit.profile.name}: {fit.profile.title}")
    _print_checks(fit.checks, console)
    for check in probed.contradictions:
        console.print(
            f"The card says otherwise than its profile: {check.what} is {check.found} instead of "
            f"{check.wanted}; what the card says is used."
        )
    for name, value in _used(fit, probed.terms).items():
        text = ", ".join(map(str, value)) or "-" if isinstance(value, list) else value
        console.print(f"used: {name.replace('_', ' ')} {text}")


def _print_checks(checks: Iterable[Check], console: "Console") -> None:
    for check in checks:
        found = "" if check.verdict is Verdict.NOT_SAID else f" (the card: {check.found})"
        console.print(f"  {check.what} {check.wanted}: {check.verdict.value}{found}")


def _facts(probed: Probe) -> Iterator[tuple[str, object]]:
    cplc, keys, recognition = probed.cplc, probed.keys, probed.recognition
    yield "atr", _hex(probed.atr)
    yield "card_manager", _hex(probed.manager.aid)
    yield "largest_command_data", probed.manager.largest_command_data
    yield "ic", None if cplc is None else f"{_hex(cplc.fabricator)} {_hex(cplc.chip_type)}"
    system = None if cplc is None else f"{_hex(cplc.system)} {_hex(cplc.system_release)}"
    yield "operating_system", system
    yield "chip_serial", None if cplc is None else _hex(cplc.chip_serial)
    versions = None if recognition is None else recognition.globalplatform
    yield "globalplatform", None if versions is None else ".".join(map(str, versions))
    options = None if probed.options is None else [f"{i:02X}" for i in probed.options]
    yield "scp03_options", options
    yield "scp03_options_from", "INITIALIZE UPDATE" if probed.asked_update else "card data"
    lengths = {} if keys is None else {key.version: key.length for key in keys}
    yield "keys", [f"{version:02X}: {8 * length} bits" for version, length in lengths.items()]
    yield "diversification_data", _hex(probed.diversification)
    yield "sequence_counter", probed.sequence


def _used(fit: Fit, terms: SessionTerms | None) -> dict[str, object]:
    assert terms is not None, "a profile that fits gives terms"
    profile = fit.profile
    return {
        "factory_key_version": f"{profile.factory_version:02X}",
        "key_bits": 8 * profile.key_length,
        "derivation": profile.derivation,
        "i": "as the card answers" if terms.i is None else f"{terms.i:02X}",
        "level": f"{terms.level or 0:02X}",
        "command_data": terms.max_lc,
        "extended_length": terms.max_lc > MAX_SHORT_DATA,
        "quirks": [f"{name}: {spec().quirks[name]}" for name in sorted(terms.quirks)],
    }


def _listed(checks: Iterable[Check]) -> list[dict[str, str]]:
    return [
        {
            "what": check.what,
            "wanted": check.wanted,
            "found": check.found,
            "verdict": check.verdict.value,
        }
        for check in checks
    ]


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex().upper()
