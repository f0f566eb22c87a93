"""Sessions of real cards, recorded by others, answered by the software card byte for byte.

The transcripts are those of kaoh/globalplatform, globalplatform/src/scp03Test.c (commit
175c6be0febfc0881d71a2d3de2aa844cbb64586): cards with pseudo-random challenges, their keys, and
what gpshell's library sent. The software card gets the same keys, diversification data and
sequence counter; then its INITIALIZE UPDATE answer has to be the same, and it has to open the
session and every command that follows in it.
"""

from dataclasses import dataclass

import pytest

from card_simulator.card import Card
from card_simulator.card_life_cycle import CardLifeCycle
from card_simulator.card_manager import CPLC_CELL
from card_simulator.key_sets import KeySets
from card_simulator.memory import Memory
from card_simulator.scp03 import StaticKeys
from card_simulator.scp03_options import OPTIONS_CELL

AES_128 = (
    "F995D0A069335C7DF42E590317FFEA6D",
    "58563362EC5A4541ABCD32B34B1EAE7D",
    "0A02A6D687406DCFA09DC70B3EDB7E38",
)
AES_192 = ("DE2A3629CBC24E8D8869E82C8B4C0D874D88166B6F8A1C12",) * 3


@dataclass(frozen=True)
class Transcript:
    """Keys (ENC, MAC, DEK), the two commands of the authentication, the card's answer to the first.

    ``commands`` follow in the session, each with the status word of a card that understood it.
    """

    keys: tuple[str, str, str]
    initialize_update: str
    answer: str
    external_authenticate: str
    commands: tuple[tuple[str, int], ...] = ()


TRANSCRIPTS = {
    "delete": Transcript(
        AES_128,
        "8050000008B2BDE1A2DC66BD5600",
        "00000000000000000000300370C40932A6FEFEAEB2E127185170F45FCA000015",
        "848203001059D54D932423D29F6313C970875F8C2F",
        # Nothing on our card has the AID that it deletes.
        (("84E400801829F06AEC3180B3EFE91FF662310B945DE0D5FE66AD67A5B6", 0x6A88),),
    ),
    "session only": Transcript(
        AES_128,
        "80500000089BD6BF878FB8E99100",
        "000000000000000000003003703C80C2CC87EB3A35E4EDBA35E629C33600001E",
        "848203001023EBFEDC579D22CDCDB6A25A5FF7891F",
    ),
    "list of one kind": Transcript(
        AES_128,
        "8050000008A6D40AEC55FE798600",
        "00000000000000000000300370B6E362D0F90F8101C34B7B21A7455320000025",
        "84820300103D958B36BB38AE5896A559345F81471A",
        (("84F2400218D18C9A7BB2B1B1C7ED1B24E1B1307CB9D71A66ABC55CBC3A00", 0x6A88),),
    ),
    "list of every kind": Transcript(
        AES_128,
        "8050000008DA2390D378D94B0A00",
        "00000000000000000000300370A7EFE2BFDB3A27A6EAE3FF0EA0D17524000085",
        "8482030010953EEC5B4A81BF393ADC2ADFD638827A",
        (
            ("84F2200218705C4D16C7BAC5496AEE0ED9963222455472F3CFAC97BCCA00", 0x9000),
            ("84F240021834AF0FEDDAE7C07308600587E1B1E6EC87811520D9A6AAAD00", 0x6A88),
            ("84F28002188D6CFE9EB359EACB9594D8EC161E45C10ED0138E34A10BF300", 0x9000),
            ("84F21002183D98B6DE9CBF3905EAE4FAF5E141C58DAB7013D1076745C700", 0x9000),
        ),
    ),
    "AES-192": Transcript(
        AES_192,
        "80500000084157115CAD7D2FE700",
        "00008301A8186727A822020310726B1E22EED4F4BBAB21001BFD4B6F02000012",
        "84820300109B126D1B1557297F3C06766CA9ACBD27",
        (("84F2200218110C222888859059700E5D42AD65F41299B0BFFC03BF79A800", 0x9000),),
    ),
}


def card_of(transcript: Transcript) -> Card:
    """Make the card of a transcript as it was directly before."""
    answer = bytes.fromhex(transcript.answer)
    kdd, version, i, sequence = answer[:10], answer[10], answer[12:13], answer[-3:]
    cplc = bytearray(42)
    cplc[0:2], cplc[10:12], cplc[16:18], cplc[12:16] = kdd[:2], kdd[2:4], kdd[4:6], kdd[6:]
    memory = Memory()
    memory.write(CPLC_CELL, bytes(cplc))
    CardLifeCycle(memory).begin()
    memory.write(OPTIONS_CELL, i)
    KeySets(memory).store(version, StaticKeys(*(bytes.fromhex(key) for key in transcript.keys)))
    before = int.from_bytes(sequence, "big") - 1
    memory.write(f"isd.sequence.{version:02X}", before.to_bytes(3, "big"))
    card = Card(memory.image)
    card.reset()
    return card


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_the_card_answers_a_recorded_session_byte_for_byte(name: str) -> None:
    transcript = TRANSCRIPTS[name]
    card = card_of(transcript)
    answer = card.transmit(bytes.fromhex(transcript.initialize_update))
    assert answer.hex().upper() == transcript.answer + "9000"
    assert card.transmit(bytes.fromhex(transcript.external_authenticate)) == b"\x90\x00"
    for command, sw in transcript.commands:
        assert card.transmit(bytes.fromhex(command))[-2:] == sw.to_bytes(2, "big")
