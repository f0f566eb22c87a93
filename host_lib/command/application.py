"""The application's commands, one class each; names as in ``applet_spec/data/commands.json``."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from applet_spec import spec
from host_lib.apdu import Apdu, Response
from host_lib.command.answers import Fci, Part, PinStatus, Proof, parse_fci, parse_part
from host_lib.command.base import SUCCESS, Command
from host_lib.errors import TlvError
from host_lib.secret import Pin
from host_lib.tlv import encode, parse

PIN_REFERENCE = 0x81
PUBLIC_POINT_LENGTH = 65
TERMINATED = 0x6285
BLOCKED = 0x6983


@dataclass(frozen=True, slots=True)
class Select(Command[Fci]):
    """SELECT the application by name (5 to 16 bytes); a terminated one answers too."""

    NAME: ClassVar[str] = "SELECT"
    aid: bytes

    def accepts(self, sw: int) -> bool:
        """Accept the answer of a terminated application too: its FCI says so."""
        return sw in (SUCCESS, TERMINATED)

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(0x04, 0x00, self.aid, answer=True)

    def decode(self, response: Response) -> Fci:
        """Return the file control information."""
        return parse_fci(response.data)


@dataclass(frozen=True, slots=True)
class GetData(Command[bytes]):
    """GET DATA: the value of an object that is not long."""

    NAME: ClassVar[str] = "GET DATA"
    tag: int

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(self.tag >> 8, self.tag & 0xFF, answer=True)

    def decode(self, response: Response) -> bytes:
        """Return the value."""
        return response.data


@dataclass(frozen=True, slots=True)
class GetDataPart(Command[Part]):
    """GET DATA with odd instruction: a part of any object's value, from an offset in bytes."""

    NAME: ClassVar[str] = "GET DATA PART"
    tag: int
    offset: int = 0

    def apdu(self) -> Apdu:
        """Return the command."""
        tag = self.tag.to_bytes(2 if self.tag > 0xFF else 1, "big")
        data = encode(0x5C, tag)
        if self.offset:
            data += encode(0x54, self.offset.to_bytes(2, "big"))
        return self.build(0x3F, 0xFF, data, answer=True)

    def decode(self, response: Response) -> Part:
        """Return the part and the object's total length."""
        return parse_part(response.data)


@dataclass(frozen=True, slots=True)
class PutData(Command[None]):
    """PUT DATA: a new value for an object whose write rule names the session."""

    NAME: ClassVar[str] = "PUT DATA"
    tag: int
    value: bytes = field(repr=False)

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(self.tag >> 8, self.tag & 0xFF, self.value)

    def decode(self, response: Response) -> None:
        """Check that the answer is empty."""
        self.exactly(response, 0)


@dataclass(frozen=True, slots=True)
class AskPin(Command[PinStatus]):
    """VERIFY without data: is the PIN verified, and how many tries are left? Costs no try."""

    NAME: ClassVar[str] = "VERIFY"

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(0x00, PIN_REFERENCE)

    def accepts(self, sw: int) -> bool:
        """Accept a count of tries, none too: that is what was asked."""
        return sw in (SUCCESS, BLOCKED) or sw & 0xFFF0 == 0x63C0

    def decode(self, response: Response) -> PinStatus:
        """Return what the status word says."""
        self.exactly(response, 0)
        if response.sw == SUCCESS:
            return PinStatus(verified=True, tries_left=None)
        return PinStatus(False, 0 if response.sw == BLOCKED else response.sw & 0xF)


@dataclass(frozen=True, slots=True)
class VerifyPin(Command[None]):
    """VERIFY: compares the PIN and sets the PIN flag. A wrong one costs a try (`WrongPin`)."""

    NAME: ClassVar[str] = "VERIFY"
    pin: Pin

    def apdu(self) -> Apdu:
        """Return the command; its data is secret."""
        return self.build(0x00, PIN_REFERENCE, self.pin.block(), secret=True)

    def decode(self, response: Response) -> None:
        """Check that the answer is empty."""
        self.exactly(response, 0)


@dataclass(frozen=True, slots=True)
class ChangePin(Command[None]):
    """CHANGE REFERENCE DATA: replaces the PIN, the transport PIN too."""

    NAME: ClassVar[str] = "CHANGE REFERENCE DATA"
    old: Pin
    new: Pin

    def apdu(self) -> Apdu:
        """Return the command; its data is secret."""
        blocks = self.old.block() + self.new.block()
        return self.build(0x00, PIN_REFERENCE, blocks, secret=True)

    def decode(self, response: Response) -> None:
        """Check that the answer is empty."""
        self.exactly(response, 0)


@dataclass(frozen=True, slots=True)
class ResetRetryCounter(Command[None]):
    """RESET RETRY COUNTER: all tries back, and with ``transport_pin`` a new transport PIN."""

    NAME: ClassVar[str] = "RESET RETRY COUNTER"
    transport_pin: Pin | None = None

    def apdu(self) -> Apdu:
        """Return the command; its data is secret."""
        if self.transport_pin is None:
            return self.build(0x03, PIN_REFERENCE)
        return self.build(0x02, PIN_REFERENCE, self.transport_pin.block(), secret=True)

    def decode(self, response: Response) -> None:
        """Check that the answer is empty."""
        self.exactly(response, 0)


@dataclass(frozen=True, slots=True)
class InternalAuthenticate(Command[Proof]):
    """INTERNAL AUTHENTICATE: the card signs a challenge (16 bytes) for a service (0: none).

    ``presence`` asks for a presence proof, which uses up the verified flags.
    """

    NAME: ClassVar[str] = "INTERNAL AUTHENTICATE"
    challenge: bytes
    service: int = 0
    presence: bool = False

    def apdu(self) -> Apdu:
        """Return the command."""
        data = self.challenge + bytes((self.service,))
        return self.build(0x00, int(self.presence), data, answer=True)

    def decode(self, response: Response) -> Proof:
        """Return the proof; `host_lib.flow.genuine` checks it."""
        data = response.data
        if len(data) < Proof.FIXED + 8:
            raise self.malformed(f"{len(data)} bytes are too few for a proof")
        return Proof(
            verified=data[0],
            card_serial=data[1:9],
            transaction_number=int.from_bytes(data[9:12], "big"),
            receipt_mac=data[12:20],
            signature=data[Proof.FIXED :],
        )


class _PublicKeyCommand(Command[bytes]):
    """Either form of GENERATE ASYMMETRIC KEY PAIR; answers the public point, 65 bytes."""

    NAME: ClassVar[str] = "GENERATE ASYMMETRIC KEY PAIR"

    def decode(self, response: Response) -> bytes:
        """Return the uncompressed point."""
        try:
            (template,) = parse(response.data)
            (point,) = parse(template.value)
        except (TlvError, ValueError) as error:
            raise self.malformed(str(error)) from error
        if template.tag != 0x7F49 or point.tag != 0x86 or len(point.value) != PUBLIC_POINT_LENGTH:
            raise self.malformed("no template 7F49 with a point of 65 bytes in 86")
        return point.value


@dataclass(frozen=True, slots=True)
class GenerateKeyPair(_PublicKeyCommand):
    """GENERATE ASYMMETRIC KEY PAIR: makes the key pair of a BLANK card."""

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(0x80, 0x00, answer=True)


@dataclass(frozen=True, slots=True)
class ReadPublicKey(_PublicKeyCommand):
    """GENERATE ASYMMETRIC KEY PAIR: reads the public key that is there."""

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(0x81, 0x00, answer=True)


@dataclass(frozen=True, slots=True)
class StoreData(Command[None]):
    """STORE DATA: one block of a DGI stream; block numbers count from 00 to FF."""

    NAME: ClassVar[str] = "STORE DATA"
    block: int
    data: bytes = field(repr=False)
    last: bool

    def apdu(self) -> Apdu:
        """Return the command; holder data and secrets are in it, so no trace shows it.

        It has no Le, as GlobalPlatform defines STORE DATA without answer data (2.3.1, 11.11): our
        card answers with its R-MAC all the same (requirement SM-08), and the byte counts where
        thousands of blocks are sent.
        """
        command = self.build(0x88 if self.last else 0x08, self.block, self.data, secret=True)
        return replace(command, bare=True)

    def decode(self, response: Response) -> None:
        """Check that the answer is empty."""
        self.exactly(response, 0)


@dataclass(frozen=True, slots=True)
class SetStatus(Command[None]):
    """SET STATUS of the application to SUSPENDED, ACTIVE (resumes) or TERMINATED."""

    NAME: ClassVar[str] = "SET STATUS"
    state: str

    def apdu(self) -> Apdu:
        """Return the command."""
        return self.build(0x40, spec().states[self.state].code)

    def decode(self, response: Response) -> None:
        """Check that the answer is empty."""
        self.exactly(response, 0)


@dataclass(frozen=True, slots=True)
class SetServiceStatus(Command[None]):
    """SET STATUS of one service, by its id: enabled or disabled."""

    NAME: ClassVar[str] = "SET STATUS"
    service: int
    enabled: bool

    def apdu(self) -> Apdu:
        """Return the command."""
        wanted = "enable service" if self.enabled else "disable service"
        variant = next(one for one in self.contract.variants if one.name == wanted)
        return self.build(int(variant.p1, 16), self.service)

    def decode(self, response: Response) -> None:
        """Check that the answer is empty."""
        self.exactly(response, 0)
