"""A household buys bread: loaves and their price in one basket, from SELECT to the receipt.

On the software card, at full security (a role session at level 33, S8), without PIN: what goes over
the wire, and by the models in `benchmarks.links` how long that takes with a contact and a
contactless reader; to the time on the line the card's own time is added, as the contract says it is
usual of each command (``typical``). Then what the host's processor does for it, by turns with the
bare calls of `cryptography` that nobody can do without: three CMAC keys, three session keys, two
cryptograms, two command MACs and one answer MAC, two IVs, CBC over the padded command and over the
padded answer. The card's keys are at hand, the card's part is worked out beforehand, and no journal
is written: that is the disk's time.
"""

from collections.abc import Iterator
from contextlib import suppress
from unittest.mock import patch

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from applet_spec import spec
from benchmarks.figure import Figure
from benchmarks.links import LINKS, milliseconds
from benchmarks.turns import Run, microseconds
from host_lib import Card, Debit, Role, RoleKeys, Slot
from host_lib.apdu import Apdu, Response
from host_lib.command import Select
from host_lib.flow.base import AnyFlow
from host_lib.flow.role_session import open_role_session
from host_lib.flow.transaction import Ending, transact
from host_lib.keyset import KeySet
from host_lib.primitives import AesContext, pad80
from host_lib.scp03 import SessionKeys
from host_lib.secret import AesKey
from host_lib.transaction import Pending, Request
from tests.support.pos_cards import PIN, TODAY, Wire, pay_card, sam, terminal

BASKET = (Debit("bread", 20), Debit("wallet", 4_00))
NAMES = ("SELECT", "INITIALIZE UPDATE", "EXTERNAL AUTHENTICATE", "PERFORM TRANSACTION")
MOST_BYTES = 260
REPEATS = 5
HOST, CARD = bytes(range(8)), bytes(range(0x80, 0x88))
SERIAL = bytes.fromhex("0102030405060708")
KEYS = KeySet(0x54, AesKey(bytes(range(0x40, 0x50))), AesKey(bytes(range(0x50, 0x60))))


def measure() -> Iterator[Figure]:
    """Yield commands, bytes, modelled times and the host's processor time."""
    exchanges = sold()
    count, sent, received = (
        len(exchanges),
        sum(command for command, _ in exchanges),
        sum(answer for _, answer in exchanges),
    )
    whole = "bread and wallet in one basket, SELECT to receipt, level 33, S8, without PIN"
    yield Figure("transaction.commands", count, "", whole, len(NAMES))
    yield Figure("transaction.bytes", sent + received, "bytes", f"{whole}, both ways", MOST_BYTES)
    yield Figure("transaction.bytes_to_card", sent, "bytes", "commands, headers and Le included")
    yield Figure("transaction.bytes_from_card", received, "bytes", "answers with status words")
    card = [spec().commands[name].typical for name in NAMES]
    told = " + ".join(map(str, card))
    yield Figure("transaction.card", sum(card), "ms", f"the card's own time, by contract: {told}")
    for link in LINKS:
        line = milliseconds(link, exchanges)
        yield Figure(f"transaction.{link.name}.line", line, "ms", link.told)
        yield Figure(f"transaction.{link.name}", line + sum(card), "ms", "line and card's own time")
    yield from _processor()


def sold() -> list[tuple[int, int]]:
    """Sell once to a card that has been used before; return the bytes of each exchange."""
    wire, shop = Wire(pay_card()), terminal()
    with Card(wire).session(Role.BREAD, sam()) as pos:
        pos.verify_pin(PIN)
        pos.transact(Debit("bread", 1), terminal=shop)
    wire.watch({})
    with Card(wire).session(Role.BREAD, sam()) as pos:
        pos.transact(*BASKET, terminal=shop)
        assert tuple(command[1] for command in wire.sent) == (0xA4, 0x50, 0x82, 0x40)
        return [
            (len(command), len(answer))
            for command, answer in zip(wire.sent, wire.answers, strict=True)
        ]


def _processor() -> Iterator[Figure]:
    with patch("host_lib.flow.role_session.token_bytes", lambda _: HOST):
        times = microseconds({"ours": _ours, "primitives": _primitives}, REPEATS)
    yield Figure("transaction.host", times["ours"], "µs", "the flows, SELECT to receipt, median")
    yield Figure("transaction.primitives", times["primitives"], "µs", "bare calls, median")
    over = times["ours"] / times["primitives"]
    yield Figure("transaction.over_primitives", over, "", "bare calls, a new CBC context each")


PENDING = Pending(Role.BREAD, SERIAL, Request(b"TERM0001", 7, 1, TODAY, BASKET))
ANSWER = bytes.fromhex("00000201001122334455667788000000280000F0A0")
FCI = bytes.fromhex("6F1E840AF0554E49434152440101A5108002010081011F820203008303000001")


def _sale() -> AnyFlow[Ending]:
    """Do what a terminal does, journal apart."""
    yield from Select(spec().aids.instance)
    session = yield from open_role_session(Role.BREAD, Slot.A)
    return (yield from transact(session, PENDING))


def _ours() -> Run:
    answers = _answers()

    def run() -> None:
        for _ in range(REPEATS):
            _sent(_sale(), answers)

    return run


def _sent(steps: AnyFlow[Ending], answers: list[bytes]) -> list[bytes]:
    """Run a flow on these answers, as far as they go; return the commands on the wire."""
    sent: list[bytes] = []
    left = iter(answers)
    with suppress(StopIteration):
        step = next(steps)
        while True:
            if isinstance(step, Apdu):
                sent.append(step.encode())
                step = steps.send(Response.parse(next(left)))
            else:
                step = steps.send(KEYS)
    return sent


def _answers() -> list[bytes]:
    """Return what a card with these keys and this challenge answers to just these commands."""
    session = SessionKeys.derive(KEYS, HOST, CARD)
    offer = RoleKeys.of(SERIAL, Role.BREAD, Slot.A, 1).diversification + bytes((0x54, 3, 0x60))
    opened = offer + CARD + session.card_cryptogram(HOST, CARD)
    before = [FCI + b"\x90\x00", opened + b"\x90\x00", b"\x90\x00"]
    *_, authenticate, perform = _sent(_sale(), before)
    enc, mac, rmac = (AesContext(key.reveal()) for key in (session.enc, session.mac, session.rmac))
    chaining = mac.cmac(bytes(16) + authenticate[:-8])
    chaining = mac.cmac(chaining + perform[:-9])
    icv = enc.encrypt_block(b"\x80" + (1).to_bytes(15, "big"))
    data = enc.cbc_encrypt(icv, pad80(ANSWER))
    return [*before, data + rmac.cmac(chaining + data + b"\x90\x00")[:8] + b"\x90\x00"]


def _primitives() -> Run:
    request, answer = pad80(PENDING.request.encode()), pad80(ANSWER)
    derivation = bytes(16) + HOST + CARD
    enc, mac = KEYS.enc.reveal(), KEYS.mac.reveal()

    def run() -> None:
        for _ in range(REPEATS):
            _macs(enc, [derivation])
            s_mac = _macs(mac, [derivation, derivation])
            # Two cryptograms, the MACs of EXTERNAL AUTHENTICATE and of the transaction.
            _macs(s_mac, [derivation, derivation, bytes(29), bytes(16 + 5) + request])
            _cbc(enc, request)
            _cbc(enc, answer)
            _macs(enc, [bytes(16) + answer + bytes(2)])

    return run


def _macs(key: bytes, messages: list[bytes]) -> bytes:
    start, last = CMAC(algorithms.AES(key)), b""
    for message in messages:
        state = start.copy()
        state.update(message)
        last = state.finalize()
    return last


def _cbc(key: bytes, data: bytes) -> bytes:
    """Encrypt the counter to the IV, then the data: decrypting costs the same."""
    algorithm = algorithms.AES(key)
    block = Cipher(algorithm, modes.ECB()).encryptor()
    work = Cipher(algorithm, modes.CBC(block.update(bytes(16)))).encryptor()
    return work.update(data) + work.finalize()
