"""The issuer security domain (GlobalPlatform Card 2.3.1): what a card answers before and beside
the application.
"""

from __future__ import annotations

from applet_spec import spec
from card_simulator import tlv
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.chip import Chip
from card_simulator.content import Content
from card_simulator.dispatch import CommandTable, Situation, select_in_session
from card_simulator.key_sets import TRANSPORT_KVN, KeySets
from card_simulator.memory import Image, Memory
from card_simulator.scp03 import StaticKeys
from card_simulator.secure_channel import SCP, SecureChannel

OP_READY, INITIALIZED, SECURED = b"\x01", b"\x07", b"\x0f"
STATE_NAMES = {OP_READY: "OP_READY", INITIALIZED: "INITIALIZED", SECURED: "SECURED"}
STATE_CELL = "isd.state"
CPLC_CELL = "chip.cplc"

TEST_KEY = bytes.fromhex("404142434445464748494A4B4C4D4E4F")
"""GlobalPlatform's public test key, which blank cards carry as ENC, MAC and DEK."""

_NEXT_STATE = {OP_READY: INITIALIZED, INITIALIZED: SECURED}

_GLOBALPLATFORM_OID = bytes.fromhex("2A864886FC6B")


def blank_image(chip: Chip) -> Image:
    """Return the memory of a new card: OP_READY, transport keys, no application installed."""
    memory = Memory()
    memory.write(CPLC_CELL, chip.cplc)
    memory.write(STATE_CELL, OP_READY)
    KeySets(memory).store(TRANSPORT_KVN, StaticKeys(TEST_KEY, TEST_KEY, TEST_KEY))
    return memory.image


class CardManager:
    """The issuer security domain as a selectable application."""

    def __init__(
        self,
        memory: Memory,
        chip: Chip,
        key_sets: KeySets,
        content: Content,
        channel: SecureChannel,
    ) -> None:
        self.aid = spec().aids.isd
        self._memory = memory
        self._chip = chip
        self._key_sets = key_sets
        self._content = content
        self._channel = channel
        self._write_level = spec().secure_channel.write_level
        self._table = CommandTable(
            spec().card_manager,
            {
                "SELECT": select_in_session,
                "GET DATA": self._get_data,
                "INITIALIZE UPDATE": lambda command: channel.initialize_update(command, self.aid),
                "EXTERNAL AUTHENTICATE": channel.external_authenticate,
                "PUT KEY": lambda command: key_sets.put(command, channel.decrypt_data),
                "DELETE KEY": lambda command: key_sets.delete(command, channel.kvn),
                "INSTALL": content.install,
                "GET STATUS": content.get_status,
                "SET STATUS": self._set_status,
            },
            secret=frozenset({"PUT KEY", "DELETE KEY", "INSTALL", "SET STATUS"}),
        )

    def select(self) -> Answer:
        """Answer the FCI: the name, and the longest command data field (tag 9F65)."""
        longest = bytes((spec().limits["command_data"],))
        proprietary = tlv.write(0xA5, tlv.write(0x9F65, longest))
        return Answer(tlv.write(0x6F, tlv.write(0x84, self.aid), proprietary))

    def deselect(self) -> None:
        """Forget what lasts only while the security domain is selected."""
        self._content.forget_listing()

    def process(self, command: Command) -> bytes:
        """Run one command and return its answer as it leaves the card."""
        return self._channel.run(command, self._run)

    def _run(self, command: Command) -> Answer:
        situation = Situation(
            state=None,
            pending=self._channel.pending,
            session=self._channel.session is not None,
            secret=self._channel.has(self._write_level),
            contactless=False,
        )
        return self._table.run(command, situation)

    def _get_data(self, command: Command) -> Answer:
        if command.p1p2 == 0x9F7F:
            return Answer(tlv.write(0x9F7F, self._chip.cplc))
        if command.p1p2 == 0x00E0:
            return Answer(self._key_sets.template())
        if command.p1p2 == 0x0066:
            return Answer(_card_data(self._channel.options.i))
        if command.p1p2 == 0x00C1:
            return Answer(tlv.write(0xC1, self._channel.sequence()))
        if command.p1p2 == 0x00CF:
            return Answer(tlv.write(0xCF, self._chip.diversification_data))
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)

    def _set_status(self, command: Command) -> Answer:
        if _NEXT_STATE.get(self._memory.read(STATE_CELL)) != bytes((command.p2,)):
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        self._memory.write(STATE_CELL, bytes((command.p2,)))
        return Answer()


def _card_data(i: int) -> bytes:
    """Return the card recognition data (tag 66; GlobalPlatform Card 2.3.1, annex H.2)."""

    def identifier(*arcs: int) -> bytes:
        return tlv.write(0x06, _GLOBALPLATFORM_OID, bytes(arcs))

    return tlv.write(
        0x66,
        tlv.write(
            0x73,
            identifier(1),
            tlv.write(0x60, identifier(2, 2, 3, 1)),
            tlv.write(0x63, identifier(3)),
            tlv.write(0x64, identifier(4, SCP, i)),
        ),
    )
