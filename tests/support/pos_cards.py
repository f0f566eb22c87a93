"""Software cards that terminals pay with, and what can go wrong on the way to them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from card_simulator.reader import SimReader
from host_lib import Card, Role, RoleKeys, Slot, Terminal, TerminalJournal
from host_lib.command import PutRoleKeys
from host_lib.errors import CardRemoved, ReaderTimeout
from host_lib.primitives import AesContext
from host_lib.reader import Reader, ReaderLayer
from host_lib.secret import Pin
from host_lib.services import ServiceRecord
from host_lib.transaction import Receipt
from keys_tool.derivation import derive_role_keys
from tests.support.cards import (
    BREAD,
    CARD_SERIAL,
    OLD,
    RECEIPT_KEY,
    TRANSPORT_PIN,
    issuer,
    personalized_card,
)
from tests.support.roles import Sam, master

PIN = Pin("246810")
TODAY = datetime(2026, 11, 22, 8, 30, 15)
"""A day on which the card's bread has just been renewed: day 9822."""
EVERY_ROLE = (Role.LOAD, Role.MERCHANT, Role.CASH, Role.BREAD, Role.INSPECT)

WALLET = ServiceRecord(
    id=4,
    kind="purse",
    label="wallet",
    verification="pin",
    debit_roles=frozenset({1, 2, 3, 4, 5}),
    credit_roles=frozenset({0}),
    enabled=True,
    values={
        "currency": 818,
        "ceiling": 1_000_000,
        "unverified allowance": 20_000,
        "debit limit": 500_000,
        "balance": 100_000,
    },
    role_limits={1: 300_000, 2: 300_000, 3: 30_000, 4: 5_000, 5: 50_000},
)
LOAVES = replace(BREAD, values={**BREAD.values, "balance": 60})


def sam(*roles: Role) -> Sam:
    """Return a terminal's key holder."""
    return Sam(frozenset((role, 1) for role in roles or EVERY_ROLE))


def pay_card(*roles: Role, certify: Callable[[bytes], bytes] | None = None) -> SimReader:
    """Return a PERSONALIZED card with bread and wallet, the holder's PIN and keys of the roles."""
    reader, _ = personalized_card((LOAVES, WALLET), certify)
    give_roles(reader, *roles)
    return reader


def give_roles(reader: Reader, *roles: Role) -> None:
    """Give a PERSONALIZED card the keys of these roles, or of all, and the holder's PIN."""
    card = Card(reader, issuer)
    with card.issuer_session(OLD) as session:
        for role in roles or EVERY_ROLE:
            asked = RoleKeys.of(CARD_SERIAL, role, Slot.A, 1)
            keys = derive_role_keys(master(role, 1), asked)
            card.run(PutRoleKeys(keys, 1, session.dek))
    card.select()
    card.change_pin(TRANSPORT_PIN, PIN)


def terminal(name: str = "TERM0001", clock: Callable[[], datetime] = lambda: TODAY) -> Terminal:
    """Return a terminal with a journal in memory."""
    journal = TerminalJournal.in_memory(name.encode().ljust(8))
    return Terminal(name, journal, clock)


def is_genuine(receipt: Receipt) -> bool:
    """Say whether the test issuer's receipt key made the receipt's MAC."""
    return AesContext(RECEIPT_KEY.reveal()).cmac(receipt.signed_bytes())[:8] == receipt.mac


Spoil = Callable[[bytes, Callable[[], bytes]], bytes]
"""Gets a command and what passes it on to the card; returns or raises what the host gets."""


def lost_command(_command: bytes, _carry: Callable[[], bytes]) -> bytes:
    """Time out; the card never gets the command."""
    raise ReaderTimeout("no answer")


def lost_answer(_command: bytes, carry: Callable[[], bytes]) -> bytes:
    """Time out after the card has done it."""
    carry()
    raise ReaderTimeout("no answer")


def instead(answer: str, *, carried: bool = True) -> Spoil:
    """Return what gives the host another answer, whether the card got the command or not."""

    def spoil(_command: bytes, carry: Callable[[], bytes]) -> bytes:
        if carried:
            carry()
        return bytes.fromhex(answer)

    return spoil


def flipped(place: int) -> Spoil:
    """Return what flips the first bit of one byte of the answer."""

    def spoil(_command: bytes, carry: Callable[[], bytes]) -> bytes:
        answer = bytearray(carry())
        answer[place % len(answer)] ^= 0x80
        return bytes(answer)

    return spoil


def cut_short(_command: bytes, carry: Callable[[], bytes]) -> bytes:
    """Lose all but the first byte of the answer."""
    return carry()[:1]


class Wire(ReaderLayer):
    """A reader that lets things go wrong on the way to and from a card, and counts what it carries.

    ``spoils`` are by the number of the command, 1 for the first after `watch`.
    """

    def __init__(self, inner: Reader) -> None:
        super().__init__(inner)
        self.watch({})

    def watch(self, spoils: Mapping[int, Spoil]) -> None:
        """Count from here, and spoil these."""
        self.sent: list[bytes] = []
        self.answers: list[bytes] = []
        self._spoils = spoils

    def transmit(self, command: bytes, timeout: float | None = None) -> bytes:
        """Carry one command, or spoil it."""
        self.sent.append(bytes(command))
        spoil = self._spoils.get(len(self.sent))

        def carry() -> bytes:
            return super(Wire, self).transmit(command, timeout)

        answer = carry() if spoil is None else spoil(command, carry)
        self.answers.append(answer)
        return answer

    # What needs the reader itself.

    def removal(self, _command: bytes, _carry: Callable[[], bytes]) -> bytes:
        """Take the card out before the command, and put it back at once."""
        self.remove()
        self.insert()
        raise CardRemoved("the card was removed")

    def remove(self) -> None:
        """Take the card out; a Java card, which nobody can take out, loses its session at least."""
        if isinstance(self._reader, SimReader):
            self._reader.remove()
        else:
            self._reader.reset()

    def insert(self) -> None:
        """Put it back."""
        if isinstance(self._reader, SimReader):
            self._reader.insert()

    def removal_after(self, _command: bytes, carry: Callable[[], bytes]) -> bytes:
        """Take the card out after it has done the command, and put it back at once."""
        carry()
        return self.removal(_command, carry)

    def restart(self, _command: bytes, carry: Callable[[], bytes]) -> bytes:
        """Reset the card before the command."""
        self.reset()
        return carry()

    def repeated_answer(self, _command: bytes, carry: Callable[[], bytes]) -> bytes:
        """Give the answer before once more, in place of this one."""
        carry()
        return self.answers[-1] if self.answers else bytes.fromhex("9000")

    def repeated_command(self, _command: bytes, carry: Callable[[], bytes]) -> bytes:
        """Give the command to the card twice; the host gets the first answer."""
        first = carry()
        carry()
        return first

    def repeated_command_second_answer(self, _command: bytes, carry: Callable[[], bytes]) -> bytes:
        """Give the command to the card twice; the host gets the second answer."""
        carry()
        return carry()
