"""Loading a wallet: the keys are in the back office, the terminal at the counter passes bytes only.

    back_office_load.py counter HOST PORT COUNTER1   # passes bytes until Ctrl-C, asks for the PIN
    back_office_load.py office HOST PORT AMOUNT      # loads one card, at the terminal that is there

Both ends show a certificate (TLS 1.3): office.pem and office.key for the host, COUNTER1.pem and
COUNTER1.key with the terminal's id as common name, each signed by authority.pem.
"""

import os
import sys
import threading
from decimal import Decimal, InvalidOperation
from getpass import getpass

from host_lib import Card, Pin, Receipt, Role, Terminal, UnicardError, open_reader
from host_lib.flow.base import Sam
from host_lib.relay import Address, RelayServer, server_context
from host_lib.relay_terminal import client_context, keep_relaying
from keys_tool import open_store


def load(server: RelayServer, sam: Sam, office: Terminal, amount: int) -> Receipt:
    """Credit the wallet (piastres) of the card at the next terminal that connects.

    When the line breaks, that terminal comes back to this reader, and the card is asked.
    """
    with server.accept(timeout=60) as reader:
        reader.wait_for_card(60)
        with Card(reader).session(Role.LOAD, sam) as pos:
            pos.settle(terminal=office)
            pos.verify_pin(reader.ask_pin())  # typed at the counter; logged nowhere
            return pos.load(amount, terminal=office)


def counter(name: str, address: Address) -> None:
    """Pass bytes between the reader in $UNICARD_READER and the back office; no keys are here."""
    context = client_context(f"{name}.pem", f"{name}.key", "authority.pem")
    with open_reader() as reader:
        keep_relaying(reader, name, address, context, stop=threading.Event(), pin_pad=ask_pin)


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


def office(address: Address, amount: int) -> str:
    """Load one card; return what the clerk reads."""
    context = server_context("office.pem", "office.key", "authority.pem")
    with (
        open_store("keys.unicard", passphrase()) as keys,
        Terminal.open("OFFICE01", "office.db") as terminal,
        RelayServer(address, context) as server,
    ):
        receipt = load(server, keys.sam(), terminal, amount)
    return f"loaded; {receipt.balance('wallet') / 100:.2f} EGP in the wallet"


if __name__ == "__main__":
    if len(sys.argv) != 5 or sys.argv[1] not in ("office", "counter"):
        sys.exit(__doc__)
    _, end, host, port, what = sys.argv
    try:
        if end == "counter":
            counter(what, (host, int(port)))
        print(office((host, int(port)), piastres(Decimal(what))))
    except (ValueError, InvalidOperation) as error:
        sys.exit(f"{error!r}; nothing was sent to the card")
    except OSError as error:
        sys.exit(str(error))
    except UnicardError as error:
        sys.exit(f"{error.message}\n{error.changed.value}\n{error.advice}")
