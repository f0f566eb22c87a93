"""A terminal at the collection office: the holder chooses a PIN, then sees what the card holds."""

import sys

from host_lib import Card, Pin, UnicardError, open_reader


def collect(reader_name: str, transport_pin: Pin, pin: Pin) -> str:
    """Change the transport PIN of the card in a reader and return its holder's name."""
    with open_reader(reader_name) as reader:
        card = Card(reader)
        card.select()
        card.change_pin(transport_pin, pin)
        card.verify_pin(pin)
        return card.cardholder().name


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(
            "usage: holder_changes_pin.py READER, the old and the new PIN on two lines of stdin"
        )
    try:
        transport_pin, pin = (Pin(line.strip()) for line in sys.stdin)
        print(collect(sys.argv[1], transport_pin, pin))
    except ValueError as error:
        sys.exit(f"two lines with a PIN each are needed: {error}")
    except UnicardError as error:
        sys.exit(f"{error.message}\n{error.changed.value}\n{error.advice}")
