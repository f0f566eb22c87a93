"""How `unicard card probe` shows what it found: as data and as text."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from applet_spec import spec
from host_lib.apdu import MAX_SHORT_DATA
from host_lib.command import KeyEntry
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
    _print_lines(_told_facts(probed), console)
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
    console.print("What will be used with it:")
    _print_lines(_told_use(fit, probed.terms), console)


def _told_facts(probed: Probe) -> Iterator[tuple[str, str]]:
    """Yield what the card says, in words."""
    keys = probed.keys
    told = {name: "not told" if value is None else str(value) for name, value in _facts(probed)}
    source = told["scp03_options_from"]
    options = ", ".join(f"{i:02X}" for i in probed.options or ()) or "none"
    yield "ATR", told["atr"]
    yield "chip serial", told["chip_serial"]
    yield "chip: maker, type", told["ic"]
    yield "operating system: maker, release", told["operating_system"]
    yield "GlobalPlatform", told["globalplatform"]
    yield "card manager", told["card_manager"]
    yield "SCP03 option i", "not told" if probed.options is None else f"{options} (from {source})"
    yield "key versions", "not told" if keys is None else ", ".join(_key_sets(keys)) or "none"
    yield "diversification data", told["diversification_data"]
    yield "sequence counter", told["sequence_counter"]
    yield "largest command data", told["largest_command_data"]


def _told_use(fit: Fit, terms: SessionTerms | None) -> Iterator[tuple[str, str]]:
    """Yield what will be used, in words."""
    assert terms is not None, "a profile that fits gives terms"
    used, profile = _used(fit, terms), fit.profile
    derived = profile.derivation
    how = "the same for every card" if derived == "none" else f"derived by {derived}"
    yield "factory keys", f"version {used['factory_key_version']}, AES-{used['key_bits']}, {how}"
    yield "SCP03 option i", str(used["i"])
    yield "security level", str(used["level"])
    extended = "extended length" if used["extended_length"] else "no extended length"
    yield "command data", f"at most {terms.max_lc} bytes, {extended}"
    quirks = (f"{name}: {spec().quirks[name]}" for name in sorted(terms.quirks))
    yield "quirks", "; ".join(quirks) or "none"


def _key_sets(keys: Iterable[KeyEntry]) -> list[str]:
    """Return each key version with the kind of its keys, as `unicard admin list` does."""
    kinds: dict[int, set[str]] = {}
    for key in keys:
        kinds.setdefault(key.version, set()).add(key.kind)
    return [f"{version:02X} ({', '.join(sorted(found))})" for version, found in kinds.items()]


def _print_lines(lines: Iterable[tuple[str, str]], console: "Console") -> None:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for name, value in lines:
        table.add_row(f"  {name}", value)
    console.print(table)


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
    entries = ((key.version, key.identifier, key.type, key.length) for key in keys or ())
    yield (
        "keys",
        [
            {"version": f"{version:02X}", "identifier": n, "type": f"{kind:02X}", "length": length}
            for version, n, kind, length in entries
        ],
    )
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
