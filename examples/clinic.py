"""A clinic: one visit on the health cover, its copayment from the wallet, the card proven genuine.

One step does both, so that no patient pays for a visit that the cover did not count. Who comes
without money is treated on the cover alone: that is a copayment of 0. The card proves itself by its
own key before the patient is treated.
"""

import os
import sys
from collections.abc import Callable
from decimal import Decimal
from getpass import getpass
from pathlib import Path

from host_lib import (
    Above,
    Card,
    Debit,
    Pin,
    Prover,
    Receipt,
    Role,
    Terminal,
    UnicardError,
    open_reader,
)
from host_lib.flow.base import Sam
from keys_tool import open_store


def visit(
    card: Card,
    sam: Sam,
    terminal: Terminal,
    copayment: int,
    pin: Callable[[], Pin],
    issuers: tuple[bytes, ...],
) -> Receipt:
    """Count a visit and debit the copayment (piastres), all or nothing.

    ``issuers`` are certificates (DER), one of which has signed the card's; from 50 EGP on the card
    has to prove itself. Raises `NotProven`, which carries the receipt, where it cannot.
    """
    basket = [Debit("health", 1)]
    if copayment:
        basket.append(Debit("wallet", copayment))
    prover = Prover(issuers, Above("wallet", 49_99))
    with card.session(Role.HEALTH, sam, prover=prover) as pos:
        pos.settle(terminal=terminal)
        # The finger opens the cover; the PIN does on cards of people who have none to show.
        pos.verify_pin(pin())
        return pos.transact(*basket, terminal=terminal)


def passphrase() -> str:
    """Return the key store's: of the environment, else typed."""
    return os.environ.get("UNICARD_PASSPHRASE") or getpass("Passphrase: ")


def ask_pin() -> Pin:
    """Have the holder type the PIN."""
    return Pin(getpass("PIN: "))


def piastres(pounds: Decimal) -> int:
    """Return an amount in EGP in its smallest unit. ValueError where a part of one is left."""
    if pounds * 100 % 1:
        raise ValueError(f"{pounds} EGP is no number of piastres")
    return int(pounds * 100)


def main(copayment: Decimal) -> str:
    """Treat the patient whose card is in $UNICARD_READER; return what the clinic reads."""
    with (
        open_reader() as reader,
        open_store("clinic.unicard", passphrase()) as keys,
        Terminal.open("CLINIC01", "clinic.db") as terminal,
    ):
        issuers = (Path("issuer.der").read_bytes(),)
        card = Card(reader)
        receipt = visit(card, keys.sam(), terminal, piastres(copayment), ask_pin, issuers)
    return f"visit {receipt.balance('health')} on this cover; copayment {copayment:.2f} EGP"


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].replace(".", "", 1).isdigit():
        sys.exit("usage: clinic.py COPAYMENT, in EGP: 25.50")
    try:
        print(main(Decimal(sys.argv[1])))
    except ValueError as error:
        sys.exit(f"{error}; nothing was sent to the card")
    except OSError as error:
        sys.exit(str(error))
    except UnicardError as error:
        sys.exit(f"{error.message}\n{error.changed.value}\n{error.advice}")
