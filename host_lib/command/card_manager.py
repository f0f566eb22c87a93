"""The card manager's commands that select, read and set states.

Names are those of ``applet_spec/data/card_manager.json``; `card_content` and `card_keys` hold what
loads, installs and deletes, and what changes keys.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Literal

from host_lib.apdu import Apdu, Response
from host_lib.command.base import SUCCESS, Command
from host_lib.command.card_answers import (
    CARD_RECOGNITION_TAG,
    CPLC_TAG,
    KEY_INFORMATION_TAG,
    SEQUENCE_COUNTER_TAG,
    CardRecognition,
    CardState,
    Cplc,
    KeyEntry,
    ManagerFci,
    StatusPage,
    parse_cplc,
    parse_key_information,
    parse_manager_fci,
    parse_recognition,
    tagged_value,
)
from host_lib.tlv import encode

Target = Literal["application", "card manager"]
MORE_DATA = 0x6310
CARD_IS_LOCKED = 0x6283
_LOCK, _UNLOCK = 0x80, 0x00
_LAST_BLOCK, _BER_TLV = 0x80, 0x10


@dataclass(frozen=True, slots=True)
class SelectCardManager(Command[ManagerFci]):
    """SELECT by name: the issuer security domain by its own name or (empty) by default.

    ``aid`` may be the first bytes of a name; ``next_one`` asks for the next that begins so.
    """

    NAME: ClassVar[str] = "SELECT"
    TARGET: ClassVar[Target] = "card manager"
    aid: bytes = b""
    next_one: bool = False

    def accepts(self, sw: int) -> bool:
        """Accept 6283 too: selected, and the card is locked."""
        return sw in (SUCCESS, CARD_IS_LOCKED)

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(0x04, 0x02 if self.next_one else 0x00, self.aid, answer=True)

    def decode(self, response: Response) -> ManagerFci:
        """Return the FCI."""
        return parse_manager_fci(response.data, locked=response.sw == CARD_IS_LOCKED)


@dataclass(frozen=True, slots=True)
class GetCardData(Command[bytes]):
    """GET DATA of the card manager; answers the object's value without tag and length."""

    NAME: ClassVar[str] = "GET DATA"
    TARGET: ClassVar[Target] = "card manager"
    tag: int

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(self.tag >> 8, self.tag & 0xFF, answer=True)

    def decode(self, response: Response) -> bytes:
        """Return the value."""
        return tagged_value(response.data, self.tag)


@dataclass(frozen=True, slots=True)
class GetCplc(Command[Cplc]):
    """GET DATA 9F7F: the chip's production data."""

    NAME: ClassVar[str] = "GET DATA"
    TARGET: ClassVar[Target] = "card manager"

    def apdu(self) -> Apdu:
        """Return the command."""
        return GetCardData(CPLC_TAG).apdu()

    def decode(self, response: Response) -> Cplc:
        """Return the production data."""
        return parse_cplc(tagged_value(response.data, CPLC_TAG))


@dataclass(frozen=True, slots=True)
class GetKeyInformation(Command[tuple[KeyEntry, ...]]):
    """GET DATA E0: which keys the card manager has. Not authenticated, so only a hint."""

    NAME: ClassVar[str] = "GET DATA"
    TARGET: ClassVar[Target] = "card manager"

    def apdu(self) -> Apdu:
        """Return the command."""
        return GetCardData(KEY_INFORMATION_TAG).apdu()

    def decode(self, response: Response) -> tuple[KeyEntry, ...]:
        """Return one entry a key."""
        return parse_key_information(tagged_value(response.data, KEY_INFORMATION_TAG))


@dataclass(frozen=True, slots=True)
class GetCardRecognition(Command[CardRecognition]):
    """GET DATA 66: GlobalPlatform version and secure channel protocols. Not authenticated."""

    NAME: ClassVar[str] = "GET DATA"
    TARGET: ClassVar[Target] = "card manager"

    def apdu(self) -> Apdu:
        """Return the command."""
        return GetCardData(CARD_RECOGNITION_TAG).apdu()

    def decode(self, response: Response) -> CardRecognition:
        """Return what the card says about itself."""
        return parse_recognition(tagged_value(response.data, CARD_RECOGNITION_TAG))


@dataclass(frozen=True, slots=True)
class GetSequenceCounter(Command[int]):
    """GET DATA C1: the sequence counter of the default key set, where challenges follow from it."""

    NAME: ClassVar[str] = "GET DATA"
    TARGET: ClassVar[Target] = "card manager"

    def apdu(self) -> Apdu:
        """Return the command."""
        return GetCardData(SEQUENCE_COUNTER_TAG).apdu()

    def decode(self, response: Response) -> int:
        """Return the counter."""
        return int.from_bytes(tagged_value(response.data, SEQUENCE_COUNTER_TAG), "big")


class Registry(IntEnum):
    """Which part of the card's registry GET STATUS lists (P1)."""

    ISSUER_SECURITY_DOMAIN = 0x80
    APPLICATIONS = 0x40
    LOAD_FILES = 0x20
    LOAD_FILES_AND_MODULES = 0x10


@dataclass(frozen=True, slots=True)
class GetStatus(Command[StatusPage]):
    """GET STATUS: one page of entries; `host_lib.flow.registry` reads them all.

    ``aid`` limits the list to names that begin so. The page is raw: an E3 template may go on in the
    next page.
    """

    NAME: ClassVar[str] = "GET STATUS"
    TARGET: ClassVar[Target] = "card manager"
    part: Registry
    go_on: bool = False
    aid: bytes = b""

    def accepts(self, sw: int) -> bool:
        """Accept 6310 too: there are more entries."""
        return sw in (SUCCESS, MORE_DATA)

    def apdu(self) -> Apdu:
        """Return the command."""
        search = encode(0x4F, self.aid)
        return self.build(self.part, 0x03 if self.go_on else 0x02, search, answer=True)

    def decode(self, response: Response) -> StatusPage:
        """Return the page."""
        return StatusPage(response.data, more=response.sw == MORE_DATA)


@dataclass(frozen=True, slots=True)
class SetCardStatus(Command[None]):
    """SET STATUS of the card: to a `CardState`; TERMINATED is for ever."""

    NAME: ClassVar[str] = "SET STATUS"
    TARGET: ClassVar[Target] = "card manager"
    state: int

    @property
    def irreversible(self) -> bool:
        """Whether no later command undoes it."""
        return self.state != CardState.CARD_LOCKED

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(0x80, self.state)

    def decode(self, response: Response) -> None:
        """Check that the answer is empty."""
        self.exactly(response, 0)


@dataclass(frozen=True, slots=True)
class SetApplicationStatus(Command[None]):
    """SET STATUS of an application: locks it, or unlocks it to the state it had."""

    NAME: ClassVar[str] = "SET STATUS"
    TARGET: ClassVar[Target] = "card manager"
    aid: bytes
    lock: bool

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(0x40, _LOCK if self.lock else _UNLOCK, self.aid)

    def decode(self, response: Response) -> None:
        """Check that the answer is empty."""
        self.exactly(response, 0)


@dataclass(frozen=True, slots=True)
class StoreCardData(Command[None]):
    """STORE DATA to the issuer security domain: one block of BER-TLV objects."""

    NAME: ClassVar[str] = "STORE DATA"
    TARGET: ClassVar[Target] = "card manager"
    number: int
    data: bytes
    last: bool

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(_BER_TLV | (_LAST_BLOCK if self.last else 0), self.number, self.data)

    def decode(self, response: Response) -> None:
        """Check that the answer is empty."""
        self.exactly(response, 0)
