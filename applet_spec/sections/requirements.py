"""The numbered requirements, each with the status words and commands that it is about."""

from collections.abc import Iterator

from applet_spec.checks.names import CARD_MANAGER, EVERY_COMMAND
from applet_spec.model import Requirement, Spec
from applet_spec.sections.apdus import common_words, heading, own_words
from applet_spec.sections.markdown import DRAFT, Read, code, link, table

TITLES = {
    "GEN": "Every command",
    "SEL": "SELECT",
    "GDA": "GET DATA",
    "GDP": "GET DATA PART",
    "PDA": "PUT DATA",
    "PIN": "PIN",
    "CHG": "CHANGE REFERENCE DATA",
    "RRC": "RESET RETRY COUNTER",
    "AUT": "INTERNAL AUTHENTICATE",
    "SCP": "Opening a session",
    "SM": "Secure messaging",
    "KEY": "Card key pair",
    "STD": "STORE DATA",
    "STA": "States of the application",
    "ISD": "Card manager",
    "PUK": "Card manager PUT KEY",
    "DLK": "Card manager DELETE KEY",
    "DEL": "Card manager DELETE",
    "INS": "Card manager INSTALL",
    "LOD": "Card manager LOAD",
    "SDI": "Card manager STORE DATA",
    "GST": "Card manager GET STATUS",
    "SST": "Card manager SET STATUS",
    "LCK": "Life cycle of the card",
    "TRX": "Transactions",
    "PUR": "Purses",
    "QUO": "Quotas",
    "ENT": "Entitlements",
    "DAT": "The card's date",
    "QRY": "Query",
    "REV": "Reverse",
    "SVC": "Services after issuance",
    "RKY": "Receipt keys",
    "ROL": "Roles",
    "RPK": "PUT KEY",
    "RDK": "DELETE KEY",
    "FIN": "Fingerprint",
    "LOG": "Log",
}
"""What the letters of a requirement stand for."""
APDU_PAGE = "apdu.md"


def requirements(spec: Spec, read: Read) -> Iterator[str]:
    """Write the requirements, by their letters."""
    groups: dict[str, list[Requirement]] = {}
    for entry in spec.requirements.values():
        groups.setdefault(entry.id.partition("-")[0], []).append(entry)
    for letters, entries in groups.items():
        yield f"## {TITLES.get(letters, letters)}"
        yield table(["", "requirement", "seen in"], (_row(spec, read, entry) for entry in entries))


def _row(spec: Spec, read: Read, entry: Requirement) -> tuple[str, str, str]:
    name = f'<a id="{entry.id.lower()}"></a>{entry.id}'
    text = entry.text + (f" ({DRAFT})" if entry.draft else "")
    if entry.source:
        text += f" *{entry.source}*"
    if entry.shown_elsewhere:
        text += f"<br>Not shown through commands: {entry.shown_elsewhere}."
    return name, text, "<br>".join(_places(spec, read, entry))


def _places(spec: Spec, read: Read, entry: Requirement) -> Iterator[str]:
    """Give the status words that name a requirement, and the commands that it is about."""
    for word in common_words(spec, read):
        if word.requirement == entry.id:
            yield f"{code(word.pattern)} of [any command]({APDU_PAGE}#status-words)"
    for command in [*spec.commands.values(), *spec.card_manager.values()]:
        for word in own_words(spec, read, command):
            if word.requirement == entry.id:
                yield f"{code(word.pattern)} of {link(heading(command), APDU_PAGE)}"
    for name in entry.applies_to:
        title = name.replace(CARD_MANAGER, "Card manager ")
        yield name if name == EVERY_COMMAND else link(title, APDU_PAGE)
