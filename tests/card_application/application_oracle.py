"""What a card has to answer before it looks at data: the contract's order of checks, once more.

Written from the contract's text and read from its JSON, by itself: neither card's code nor the
loader of the specification is used, so that they cannot be wrong together.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.tree import ROOT
from tests.support.two_cards import Parts

DATA = ROOT / "applet_spec" / "data"
CONTRACT: list[dict[str, Any]] = [
    each
    for each in json.loads((DATA / "commands.json").read_text(encoding="utf-8"))["commands"]
    if not each.get("draft")
]
STATUS_WORDS = json.loads((DATA / "status_words.json").read_text(encoding="utf-8"))
CHANNELS = json.loads((DATA / "card.json").read_text(encoding="utf-8"))["secure_channel"]
BY_INS = {int(each["ins"], 16): each for each in CONTRACT}
SELECT, INITIALIZE_UPDATE, EXTERNAL_AUTHENTICATE, GENERATE, MANAGE_CHANNEL = (
    0xA4, 0x50, 0x82, 0x46, 0x70,
)  # fmt: skip
READ_RECORD, PERFORM_TRANSACTION, SET_STATUS = 0xB2, 0x40, 0xF0
SECURE = 0x04
WRITE_BITS = int(CHANNELS["write_level"], 16)
RESPONSE_ENCRYPTED = 0x20
TRANSACTIONS = json.loads((DATA / "transactions.json").read_text(encoding="utf-8"))
REQUEST_HEAD = sum(field["length"] for field in TRANSACTIONS["request"])
OPERATION = sum(field["length"] for field in TRANSACTIONS["operation"])
(LOG_RULE,) = (
    each["read"]
    for each in json.loads((DATA / "objects.json").read_text(encoding="utf-8"))["objects"]
    if each["name"] == "transaction log"
)
SWITCHES = (0x20, 0x21)
"""P1 of SET STATUS that enables or disables a service."""
WRITERS = ("PUT DATA", "RESET RETRY COUNTER", "STORE DATA", "PUT KEY", "DELETE KEY", "SET STATUS")
ROLE_SETS = range(0x50, 0x70)
ISSUER, ROLE = "issuer", "role"


@dataclass(frozen=True)
class Situation:
    """Where the card is: its state, the session that is open or pending, and its interface.

    ``role`` is that of a role session, ``verified`` whether the holder's PIN is, ``records`` how
    many the log has, and ``services`` which are there.
    """

    state: str
    session: str = ""
    level: int = 0
    pending: str = ""
    contactless: bool = False
    size: int = 8
    role: int | None = None
    verified: bool = False
    records: int = 0
    services: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Verdict:
    """The status word, None where the data decides, and whether the session ends with it."""

    sw: int | None
    ends: bool = False


def judge(raw: bytes, where: Situation) -> Verdict:
    """Say what is answered to bytes that nobody has protected."""
    parts = _parsed(raw)
    if parts is None:
        return Verdict(0x6700)
    cla, ins = parts[:2]
    if (word := _class(cla)) or (cla, ins) == (0x00, MANAGE_CHANNEL):
        return Verdict(word or 0x6881)
    if where.state == "TERMINATED":
        return Verdict(None if (cla, ins) == (0x00, SELECT) else 0x6D00)
    if (cla, ins) == (0x00, SELECT):
        return Verdict(None)
    if cla >= 0x80 and ins == INITIALIZE_UPDATE:
        alone = Situation(where.state, contactless=where.contactless, size=where.size)
        answer = 0x6982 if cla & SECURE else _headers(parts, alone)
        return Verdict(answer, ends=True)
    if where.session:
        return Verdict(0x6982, ends=True)
    if cla & SECURE and (cla, ins) != (0x84, EXTERNAL_AUTHENTICATE):
        return Verdict(0x6982)
    return Verdict(_headers(parts, where))


def judge_protected(parts: Parts, where: Situation) -> Verdict:
    """Say what is answered to a command under the open session, its class without the bit."""
    if where.state == "TERMINATED":
        return Verdict(0x6D00)
    if parts[:2] == (0x00, SELECT):
        return Verdict(0x6882)
    return Verdict(_headers(parts, where))


def _parsed(raw: bytes) -> Parts | None:
    """Cut a short command up; None where its lengths contradict each other."""
    if len(raw) < 4:
        return None
    body = raw[4:]
    data = b""
    if len(body) > 1:
        data = body[1 : 1 + body[0]]
        if not body[0] or len(data) != body[0] or len(body) > 2 + body[0]:
            return None
    return raw[0], raw[1], raw[2], raw[3], data


def _class(cla: int) -> int:
    """Return the status word of a class that no command has, else 0."""
    if cla in (0x00, 0x04, 0x80, 0x84):
        return 0
    if cla == 0xFF or 0x20 <= cla < 0x40:
        return 0x6E00
    if cla & 0x40 or cla & 0x03:
        return 0x6881
    return 0x6884 if cla & 0x10 and (cla < 0x20 or 0x80 <= cla < 0xA0) else 0x6E00


def _headers(parts: Parts, where: Situation) -> int | None:
    """Look at instruction, class, state, session, P1 and P2, and length, in this order."""
    cla, ins, p1, p2, data = parts
    command = BY_INS.get(ins)
    if command is None:
        return 0x6D00
    taken = int(command["cla"], 16)
    if cla != (taken & ~SECURE if where.session else taken):
        return 0x6E00
    if ins == INITIALIZE_UPDATE:
        return _initialize_update(p1, p2, len(data), where)
    states = command["states"]
    if isinstance(states, list) and where.state not in states:
        return 0x6985
    return _session(command, where) or _forms(command, parts, where)


def _initialize_update(p1: int, p2: int, length: int, where: Situation) -> int | None:
    if p2:
        return 0x6A86
    if p1 in ROLE_SETS and where.state == "BLANK":
        return 0x6985
    size = 8 if p1 in ROLE_SETS else where.size
    return None if length == size else 0x6700


def _session(command: dict[str, Any], where: Situation) -> int:
    if command["session"] == "pending" and not where.pending:
        return 0x6985
    missing = (
        (command["session"] in (ISSUER, ROLE) and where.session != command["session"])
        or (command["session"] == "issuer or role" and not where.session)
        or (command["name"] in WRITERS and where.level & WRITE_BITS != WRITE_BITS)
        or (command.get("contactless") == "session" and where.contactless and not where.session)
    )
    return 0x6982 if missing else 0


def _forms(command: dict[str, Any], parts: Parts, where: Situation) -> int | None:
    """Look at P1 and P2, the states of the forms that they name, and the length."""
    _, ins, p1, p2, data = parts
    fitting = [v for v in command["variants"] if _is(v["p1"], p1) and _is(v["p2"], p2)]
    if ins == EXTERNAL_AUTHENTICATE and p1 not in _levels(where.pending):
        return 0x6A86
    if not fitting:
        return 0x6A86
    allowed = [v for v in fitting if where.state in v.get("states", [where.state])]
    if not allowed:
        return 0x6985
    if ins == EXTERNAL_AUTHENTICATE:
        size = 8 if where.pending == ROLE else where.size
        return None if len(data) == 2 * size else 0x6700
    if not any(_fits(v, len(data)) for v in allowed):
        return 0x6700
    if ins == GENERATE and p1 == 0x80 and where.level & WRITE_BITS != WRITE_BITS:
        return 0x6982
    return _of_services(parts, where)


def _of_services(parts: Parts, where: Situation) -> int | None:
    """Look further at commands on services and log that are wrong by header or length alone."""
    _, ins, p1, p2, data = parts
    if ins == PERFORM_TRANSACTION and (len(data) - REQUEST_HEAD) % OPERATION:
        return 0x6700
    if ins == READ_RECORD:
        if not _log_is_open(where):
            return 0x6982
        return None if 1 <= p1 <= where.records else 0x6A83
    if ins == SET_STATUS and p1 in SWITCHES and p2 not in where.services:
        return 0x6A88
    return None


def _log_is_open(where: Situation) -> bool:
    """Say whether the read rule of the log's object is met."""
    encrypted = where.level & RESPONSE_ENCRYPTED != 0
    rules = {"issuer": where.session == ISSUER, "role:6": where.role == 6, "pin": where.verified}
    met = any(rules.get(rule, False) for rule in LOG_RULE)
    return met and (encrypted or not where.session)


def _is(written: str, value: int) -> bool:
    """Say whether a parameter is the one that is written; a word stands for all."""
    return int(written, 16) == value if re.fullmatch("[0-9A-F]{2}", written) else True


def _levels(pending: str) -> list[int]:
    return [0x33] if pending == ROLE else [int(level, 16) for level in CHANNELS["issuer_levels"]]


def _fits(variant: dict[str, Any], length: int) -> bool:
    """Say whether a length is one of a form; one that the data itself tells takes every length."""
    least = most = 0
    for item in variant["data"]:
        found = re.fullmatch(r"(\d+)(?:-(\d+))?", item["length"])
        if not found:
            return True
        least += int(found[1])
        most += int(found[2] or found[1])
    return least <= length <= most


def allowed_words(ins: int) -> frozenset[int]:
    """Return the status words that the contract has for a command, 63Cx as 63C0."""
    common = {each["sw"] for each in STATUS_WORDS["common"]} - {"6F00", "6581"}
    own = {each["sw"] for each in BY_INS[ins]["status"]} if ins in BY_INS else set()
    return frozenset(int(word.replace("x", "0"), 16) for word in common | own)


def good_commands() -> Iterator[Parts]:
    """Yield each form of each command, its data of the least length and all zeros."""
    for command in CONTRACT:
        for variant in command["variants"]:
            p1 = _or_zero(variant["p1"])
            if command["name"] == "EXTERNAL AUTHENTICATE":
                p1 = 0x33
            p2 = _or_zero(variant["p2"])
            length = next(n for n in range(256) if _fits(variant, n))
            yield int(command["cla"], 16), int(command["ins"], 16), p1, p2, bytes(length)


def _or_zero(written: str) -> int:
    return int(written, 16) if re.fullmatch("[0-9A-F]{2}", written) else 0
