"""What a step is made of: commands and other single things, streams cut and secrets encrypted."""

import hashlib
from collections.abc import Iterator
from itertools import pairwise

from tests.card_application.application_side import keys_of
from tests.card_application.application_steps import (
    ANY,
    APP,
    HOME,
    ISSUER,
    Anew,
    Cut,
    Open,
    PutKey,
    Raw,
    Resend,
    Select,
    Send,
    Several,
    Step,
    Store,
    Transact,
    Visit,
)
from tests.support.content import deletion, named
from tests.support.terminal import ISD, Keys, Terminal, aes_cbc, dgi, install_data, pad
from tests.support.two_cards import Again, Parts, Tamper

Single = Open | Send | Raw | Select | Tamper | Again | Transact | Resend
MAKE_PERSONALIZATION: Parts = (0x80, 0xE6, 0x20, 0, named(APP))
MOST = 223
"""Bytes of command data that fit a protected command of every size of MAC."""
SECRET_DGIS = (0x8010, 0x8401)
"""Transport PIN and receipt key."""


def singles(step: Step, issuer: Keys) -> Iterator[Single]:
    """Cut a step into those that are sent at once."""
    match step:
        case Store():
            yield from _store(step, issuer)
        case PutKey(kvn, master, damage):
            yield Send((0x80, 0xD8, 0, 0x81, _key_data(issuer, kvn, master, damage)), ISSUER)
        case Anew(delete, install):
            yield Select(ISD)
            yield Open(0)
            if delete:
                yield Send((0x80, 0xE4, 0, 0, deletion(APP)))
            if install:
                yield Send((0x80, 0xE6, 0x0C, 0, install_data(APP)))
            yield Select(APP)
        case Several(commands):
            yield from (Send(parts, HOME) for parts in commands)
        case Visit(kvn, acts):
            yield from (Select(APP), Open(kvn), *acts)
        case Cut():
            raise AssertionError("a cut is no sequence of steps")
        case _:
            yield step


def _key_data(issuer: Keys, kvn: int, master: int, damage: tuple[int, int] | None) -> bytes:
    host = Terminal(lambda _command: b"", keys=issuer)
    data = bytearray(host.role_key_data(kvn, keys_of(kvn, master), master))
    if damage:
        at, bits = damage
        data[at % len(data)] ^= bits
    return bytes(data)


def _store(step: Store, issuer: Keys) -> Iterator[Single]:
    """Yield the blocks of a stream; through the domain after INSTALL for personalization."""
    stream = b"".join(_dgi(tag, content, issuer) for tag, content in step.dgis)
    edges = sorted({min(cut, len(stream)) for cut in step.cuts} | {0, len(stream)})
    parts = [
        stream[a:b][at : at + MOST] for a, b in pairwise(edges) for at in range(0, b - a, MOST)
    ]
    blocks = [
        (0x80, 0xE2, 0x88 if step.last and part is parts[-1] else 0x08, number, part)
        for number, part in enumerate(parts)
    ]
    if step.fault and blocks:
        blocks = _spoiled(blocks, *step.fault)
    if step.forwarded:
        yield Select(ISD)
        yield Open(0)
        yield Send(MAKE_PERSONALIZATION)
    session = ANY if step.forwarded else ISSUER
    yield from (Send(block, session) for block in blocks)


def _dgi(tag: int, content: bytes, issuer: Keys) -> bytes:
    if tag not in SECRET_DGIS:
        return dgi(tag, content)
    check = hashlib.sha256(tag.to_bytes(2, "big") + content).digest()[:4]
    return dgi(tag, aes_cbc(issuer.dek, bytes(16), pad(content + check)))


def _spoiled(blocks: list[Parts], what: str, at: int, value: int) -> list[Parts]:
    """Return the blocks of a stream with something wrong at one of them."""
    at %= len(blocks)
    cla, ins, p1, p2, data = blocks[at]
    if what == "p1":
        wrong = [(cla, ins, value, p2, data)]
    elif what == "p2":
        wrong = [(cla, ins, p1, value, data)]
    elif what == "byte":
        place = value % len(data)
        wrong = [(cla, ins, p1, p2, data[:place] + bytes([value]) + data[place + 1 :])]
    elif what == "again":
        wrong = [blocks[at], blocks[at]]
    elif what == "less":
        wrong = [(cla, ins, p1, p2, data[:-1] or data)]
    else:
        wrong = [(cla, ins, p1, p2, data[: MOST - 1] + bytes([value]))]
    return blocks[:at] + wrong + blocks[at + 1 :]
