"""The forms of all commands, written by hand beside the contract, and how bytes are cut up."""

from collections.abc import Container
from dataclasses import dataclass

APP, MANAGER, INERT = "application", "card manager", "application without a program"
ABSENT, BLANK, PERSONALIZED, ACTIVE = "ABSENT", "BLANK", "PERSONALIZED", "ACTIVE"
SUSPENDED, TERMINATED = "SUSPENDED", "TERMINATED"
LIVE = (BLANK, PERSONALIZED, ACTIVE, SUSPENDED)
ISSUED = (PERSONALIZED, ACTIVE, SUSPENDED)
USABLE = (PERSONALIZED, ACTIVE)
OPEN_CARD, LIVE_CARD, ANY_CARD = (0x01, 0x07, 0x0F), (0x01, 0x07, 0x0F, 0x7F), range(256)
ANY: Container[int] = range(256)
ANY_LENGTH: Container[int] = range(256)


@dataclass(frozen=True)
class Form:
    """P1, P2 and lengths of one form of a command, and the states that it works in."""

    p1: Container[int]
    p2: Container[int]
    lengths: Container[int] = ANY_LENGTH
    states: tuple[str, ...] = LIVE


@dataclass(frozen=True)
class Rule:
    """One command: ``need`` is "", "session" or "secret" (C-ENC too) of the issuer, "role",
    "secret or role", or "pending".

    ``states`` are the application's, ``card`` those of the card, for its card manager. ``begins``
    are the first bytes of data that mean this command and not another of the same instruction.
    """

    name: str
    ins: int
    cla: int
    need: str
    forms: tuple[Form, ...]
    states: tuple[str, ...] = LIVE
    card: Container[int] = ANY_CARD
    begins: Container[int] = ()
    other_cla: int | None = None


def _on_card(
    name: str,
    ins: int,
    forms: tuple[Form, ...],
    card: Container[int] = OPEN_CARD,
    begins: Container[int] = (),
    other_cla: int | None = None,
) -> Rule:
    return Rule(name, ins, 0x80, "session", forms, LIVE, card, begins, other_cla)


UPDATE = Rule("INITIALIZE UPDATE", 0x50, 0x80, "", (Form(ANY, (0,), (8, 16)),), LIVE, LIVE_CARD)
AUTHENTICATE = Rule(
    "EXTERNAL AUTHENTICATE", 0x82, 0x84, "pending", (Form(ANY, (0,), (16, 32)),), LIVE, LIVE_CARD
)
STORE_TO_APP = Rule("STORE DATA", 0xE2, 0x80, "secret", (Form((0x08, 0x88), ANY, range(1, 256)),))
RULES: dict[str, tuple[Rule, ...]] = {
    APP: (
        Rule("SELECT", 0xA4, 0x00, "", (Form((4,), (0,), range(5, 17)),)),
        Rule("GET DATA", 0xCA, 0x00, "", (Form(ANY, ANY, (0,)),)),
        Rule("GET DATA PART", 0xCB, 0x00, "", (Form((0x3F,), (0xFF,)),)),
        Rule("PUT DATA", 0xDA, 0x00, "secret or role", (Form(ANY, ANY),), ISSUED),
        Rule("VERIFY", 0x20, 0x00, "", (Form((0,), (0x81,), (0, 8)),), USABLE),
        Rule("CHANGE REFERENCE DATA", 0x24, 0x00, "", (Form((0,), (0x81,), (16,)),), USABLE),
        Rule(
            "RESET RETRY COUNTER",
            0x2C,
            0x00,
            "secret",
            (Form((2,), (0x81,), (8,)), Form((3,), (0x81,), (0,))),
            ISSUED,
        ),
        Rule("INTERNAL AUTHENTICATE", 0x88, 0x00, "", (Form((0,), (0, 1), (17,)),), USABLE),
        Rule(
            "GENERATE ASYMMETRIC KEY PAIR",
            0x46,
            0x00,
            "session",
            (Form((0x80,), (0,), (0,), (BLANK,)), Form((0x81,), (0,), (0,))),
        ),
        UPDATE,
        AUTHENTICATE,
        STORE_TO_APP,
        Rule("PUT KEY", 0xD8, 0x80, "secret", (Form((0,), (0x81,), (48,)),)),
        Rule("DELETE KEY", 0xE4, 0x80, "secret", (Form((0,), (0,), (3,)),)),
        Rule(
            "SET STATUS",
            0xF0,
            0x80,
            "secret",
            (
                Form((0x40,), (0x3F,), (0,), USABLE),
                Form((0x40,), (0x1F,), (0,), (SUSPENDED,)),
                Form((0x40,), (0x7F,), (0,)),
                Form((0x20, 0x21), ANY, (0,)),
            ),
            ISSUED,
        ),
        Rule(
            "PERFORM TRANSACTION", 0x40, 0x80, "role", (Form((0, 1), (0,), range(28, 47)),), ISSUED
        ),
        Rule("READ RECORD", 0xB2, 0x00, "", (Form(ANY, (4,), (0,)),), ISSUED),
    ),
    MANAGER: (
        Rule("SELECT", 0xA4, 0x00, "", (Form((4,), (0, 2)),), LIVE, LIVE_CARD),
        Rule("GET DATA", 0xCA, 0x80, "", (Form(ANY, ANY, (0,)),), other_cla=0x00),
        UPDATE,
        AUTHENTICATE,
        _on_card("PUT KEY", 0xD8, (Form(ANY, (1, 2, 3, 0x81, 0x82)),)),
        _on_card("DELETE KEY", 0xE4, (Form((0,), (0, 1, 0x80)),), begins=(0xD0, 0xD2)),
        _on_card("DELETE", 0xE4, (Form((0,), (0, 0x80)),), begins=(0x4F,)),
        _on_card("INSTALL", 0xE6, (Form((2, 4, 8, 0x0C, 0x10, 0x20, 0x40), (0,)),)),
        _on_card("LOAD", 0xE8, (Form((0, 0x80), ANY, range(1, 256)),)),
        _on_card(
            "STORE DATA", 0xE2, (Form((0, 0x10, 0x80, 0x90), ANY, range(1, 256)),), other_cla=0x00
        ),
        _on_card("GET STATUS", 0xF2, (Form((0x80, 0x40, 0x20, 0x10), (2, 3)),), LIVE_CARD),
        _on_card(
            "SET STATUS",
            0xF0,
            (Form((0x80,), (7, 0x0F, 0x7F, 0xFF)), Form((0x40,), ANY, range(5, 17))),
            LIVE_CARD,
        ),
    ),
    INERT: (),
}


def rule_for(target: str, ins: int, data: bytes) -> Rule | None:
    """Return the command that an instruction means, by its data where there are two."""
    rules = [rule for rule in RULES[target] if rule.ins == ins]
    meant = [rule for rule in rules if data[:1] and data[0] in rule.begins]
    return next(iter(meant or rules), None)


def class_word(cla: int) -> int:
    """Return what a class byte is refused with, 0 where it is one of the card's."""
    if cla in (0x00, 0x04, 0x80, 0x84):
        return 0
    if cla == 0xFF or 0x20 <= cla <= 0x3F:
        return 0x6E00
    if cla & 0x40 or cla & 0x03:
        return 0x6881
    return 0x6884 if cla & 0x10 and cla < 0xA0 else 0x6E00


def split(raw: bytes) -> tuple[int, int, int, int, bytes] | None:
    """Cut a short command; None where its lengths are of another form."""
    if len(raw) < 4:
        return None
    cla, ins, p1, p2 = raw[:4]
    body = raw[4:]
    if len(body) <= 1:
        return cla, ins, p1, p2, b""
    if body[0] == 0 or len(body) - 1 - body[0] not in (0, 1):
        return None
    return cla, ins, p1, p2, body[1 : 1 + body[0]]


def is_block(block: bytes) -> bool:
    """Say whether bytes are a PIN block of format 2 with 4 to 8 digits."""
    text = block.hex()
    count = int(text[1], 16)
    return (
        text[0] == "2"
        and 4 <= count <= 8
        and text[2 : 2 + count].isdecimal()
        and text[2 + count :] == "f" * (14 - count)
    )
