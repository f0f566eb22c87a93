"""What cannot be taken back and costs a card or a citizen's data needs the card named again."""

from applet_spec import ExitCode, UnicardError
from host_lib.flow.content import CardContents


class NotConfirmed(UnicardError):
    """The card in the reader was not named for what cannot be undone; nothing was sent to it."""

    exit_code = ExitCode.USAGE


def require_confirmed(contents: CardContents, confirmed: bytes | None, effect: str) -> None:
    """Raise `NotConfirmed` unless the chip serial that was typed is this card's."""
    require_named(contents.chip_serial, confirmed, effect)


def require_named(serial: bytes, confirmed: bytes | None, effect: str) -> None:
    """Raise `NotConfirmed` unless what was typed is this serial."""
    named = serial.hex().upper()
    if confirmed is None:
        raise NotConfirmed(
            f"this {effect}, and the card was not named",
            advice=f"If it is the card {named} that you mean, add --confirm {named}.",
        )
    if confirmed != serial:
        raise NotConfirmed(
            f"this {effect}, and --confirm names the card {confirmed.hex().upper()}; "
            f"the card in the reader is {named}",
            advice="Check which card is in the reader.",
        )
