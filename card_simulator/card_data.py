"""What the issuer security domain says about the card: its FCI, and the objects of GET DATA."""

from __future__ import annotations

from applet_spec import spec
from card_simulator import tlv
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.chip import Chip
from card_simulator.key_sets import KeySets
from card_simulator.secure_channel import SCP, SecureChannel
from card_simulator.store_data import CIN, IIN, DomainData

CARD_DATA, KEY_INFORMATION, SEQUENCE, DIVERSIFICATION, CPLC = 0x66, 0xE0, 0xC1, 0xCF, 0x9F7F

_TEMPLATES = (CARD_DATA, KEY_INFORMATION)
_GLOBALPLATFORM_OID = bytes.fromhex("2A864886FC6B")


class CardData:
    """The objects that everybody may read."""

    def __init__(
        self, chip: Chip, key_sets: KeySets, channel: SecureChannel, domain: DomainData
    ) -> None:
        self._chip = chip
        self._key_sets = key_sets
        self._channel = channel
        self._domain = domain

    def fci(self) -> bytes:
        """Return the FCI of the security domain (GlobalPlatform Card 2.3.1, 11.9.3.1).

        The name and the longest command data field (9F65). The management data (73) is optional
        and left out: there are programs that go no further when it names a version of
        GlobalPlatform that they do not know.
        """
        aids, limits = spec().aids, spec().limits
        longest = tlv.write(0x9F65, bytes((limits["command_data"],)))
        return tlv.write(0x6F, tlv.write(0x84, aids.isd), tlv.write(0xA5, longest))

    def get_data(self, command: Command) -> Answer:
        """GET DATA (GlobalPlatform Card 2.3.1, 11.3): an object with tag and length.

        In the classes of ISO/IEC 7816-4 a template answers its value field alone.
        """
        tag = command.p1p2
        value = self._value(tag)
        bare = tag in _TEMPLATES and not command.cla & 0x80
        return Answer(value if bare else tlv.write(tag, value))

    def _value(self, tag: int) -> bytes:
        if tag == CPLC:
            return self._chip.cplc
        if tag == DIVERSIFICATION:
            return self._chip.diversification_data
        if tag == CARD_DATA:
            return _recognition_data(self._channel.options.i)
        if tag == KEY_INFORMATION:
            return tlv.read_one(self._key_sets.template()).value
        if tag == SEQUENCE:
            return self._channel.sequence()
        if tag in (IIN, CIN) and (stored := self._domain.value(tag)):
            return stored
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)


def _recognition_data(i: int) -> bytes:
    """Return the card recognition data (tag 73; GlobalPlatform Card 2.3.1, annex H.2)."""

    def identifier(*arcs: int) -> bytes:
        return tlv.write(0x06, _GLOBALPLATFORM_OID, bytes(arcs))

    return tlv.write(
        0x73,
        identifier(1),
        tlv.write(0x60, identifier(2, 2, 3, 1)),
        tlv.write(0x63, identifier(3)),
        tlv.write(0x64, identifier(4, SCP, i)),
    )
