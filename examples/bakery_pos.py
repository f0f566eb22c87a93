"""A bakery's till: sells subsidised bread, the loaves and their price in one step.

The store holds one key, the master of BREAD: `unicard keys hand-over role-bread 01 --to
till.unicard`. The till asks for the PIN only where the card does.
"""

import os
import sys
from collections.abc import Callable
from getpass import getpass

from host_lib import (
    Card,
    Debit,
    Pin,
    Receipt,
    Role,
    Terminal,
    UnicardError,
    VerificationRequired,
    open_reader,
)
from host_lib.flow.base import Sam
from keys_tool import open_store

PIASTRES_A_LOAF = 20


def sell(card: Card, sam: Sam, terminal: Terminal, loaves: int, pin: Callable[[], Pin]) -> Receipt:
    """Debit loaves and their price, all or nothing; settle first what was interrupted here."""
    basket = Debit("bread", loaves), Debit("wallet", loaves * PIASTRES_A_LOAF)
    with card.session(Role.BREAD, sam) as pos:
        pos.settle(terminal=terminal)
        try:
            return pos.transact(*basket, terminal=terminal)
        except VerificationRequired:
            pos.verify_pin(pin())
            return pos.transact(*basket, terminal=terminal)


def passphrase() -> str:
    """Return the key store's: of the environment, else typed."""
    return os.environ.get("UNICARD_PASSPHRASE") or getpass("Passphrase: ")


def ask_pin() -> Pin:
    """Have the holder type the PIN."""
    return Pin(getpass("PIN: "))


def main(loaves: int) -> str:
    """Sell to the card in $UNICARD_READER; return what the baker reads."""
    with (
        open_reader() as reader,
        open_store("till.unicard", passphrase()) as keys,
        Terminal.open("BAKERY01", "journal.db") as terminal,
    ):
        receipt = sell(Card(reader), keys.sam(), terminal, loaves, ask_pin)
    left, money = receipt.balance("bread"), receipt.balance("wallet")
    return f"{loaves} loaves sold, {left} left; {money / 100:.2f} EGP left"


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        sys.exit("usage: bakery_pos.py LOAVES")
    try:
        print(main(int(sys.argv[1])))
    except ValueError as error:
        sys.exit(f"{error}; nothing was sent to the card")
    except UnicardError as error:
        sys.exit(f"{error.message}\n{error.changed.value}\n{error.advice}")
