"""PIN mailers: what the mail room prints, one card at a time."""

from dataclasses import dataclass
from pathlib import Path

from host_lib.secret import Pin
from keys_tool import KeyStore
from personalization.errors import RecordNotFound
from personalization.sealed_file import MAILERS, SealedFile


@dataclass(frozen=True, slots=True)
class Mailer:
    """The transport PIN of one card; the holder changes it before the card does anything."""

    card_number: str
    enrolment_id: str
    pin: Pin


def find_mailer(path: Path, store: KeyStore, card_number: str) -> Mailer:
    """Return the mailer of a card number. Raises `RecordNotFound`, `SealedFileDamaged`."""
    with SealedFile(path, store, MAILERS) as file:
        for record in file.records():
            if record["card_number"] == card_number:
                return Mailer(card_number, record["enrolment_id"], Pin(record["pin"]))
    raise RecordNotFound("the mailer file has no record of this card number")
