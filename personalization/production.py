"""A production file as stations use it: checked whole, matched with the journal, read by record."""

from pathlib import Path

from host_lib.reader import SelfClosing
from keys_tool import KeyStore
from personalization.card_data import CardData
from personalization.errors import RecordNotFound, SealedFileDamaged
from personalization.journal import Journal
from personalization.journal_rows import Batch, Entry
from personalization.key_versions import KeyVersions
from personalization.sealed_file import PRODUCTION, SealedFile


class Production(SelfClosing):
    """An open production file. A context manager. Raises `SealedFileDamaged`, store's errors."""

    def __init__(self, path: Path, store: KeyStore) -> None:
        self._file = SealedFile(path, store, PRODUCTION)
        try:
            self._keys = KeyVersions.from_dict(self._file.header)
        except (KeyError, TypeError, ValueError, AttributeError):
            self._file.close()
            raise SealedFileDamaged(f"{path} does not say which keys its cards get") from None

    @property
    def id(self) -> bytes:
        """The batch id, 8 bytes."""
        return self._file.batch

    @property
    def issuer_version(self) -> int:
        """The version of the issuer keys that the cards get."""
        return int(self._file.header["issuer_version"])

    @property
    def card_ca_version(self) -> int:
        """The version of the card CA that certifies the cards."""
        return int(self._file.header["card_ca_version"])

    @property
    def keys(self) -> KeyVersions:
        """The masters of the role and receipt keys that the cards get."""
        return self._keys

    @property
    def count(self) -> int:
        """How many cards the batch has."""
        return self._file.count

    def registered(self, journal: Journal) -> Batch:
        """Return the batch as the journal has it.

        Raises `BatchRefused` when the journal does not know it, and `SealedFileDamaged` when the
        journal's batch was prepared as another file.
        """
        batch = journal.batch(self.id)
        if batch.sha256 != self._file.digest:
            raise SealedFileDamaged(f"{self._file.path} is not the file that was prepared")
        return batch

    def card(self, place: int) -> CardData:
        """Return one card's data."""
        try:
            return CardData.from_dict(self._file.record(place), self.id)
        except (KeyError, TypeError, ValueError, AttributeError):
            # Not chained: the cause may quote the record.
            raise SealedFileDamaged(
                f"record {place + 1} of {self._file.path} is not one of this version"
            ) from None

    def card_of(self, entry: Entry) -> CardData:
        """Return the data of a record of the journal. Raises `SealedFileDamaged`."""
        card = self.card(entry.place)
        if (card.numbers.card_number, card.numbers.card_serial) != (
            entry.card_number,
            entry.card_serial,
        ):
            raise SealedFileDamaged(f"record {entry.place + 1} is not the journal's")
        return card

    def find(self, card_number: str) -> CardData:
        """Return the data of a card number. Raises `RecordNotFound`."""
        for place in range(self.count):
            card = self.card(place)
            if card.numbers.card_number == card_number:
                return card
        raise RecordNotFound("the production file has no record of this card number")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
