"""What several modules of the suite need: commands by name, hand-made handshakes, state changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from secrets import token_bytes
from typing import TypeVar

from applet_spec import CommandSpec, DataObject, spec
from card_conformance.card_under_test import CardUnderTest
from host_lib.apdu import MAX_SHORT_NE, Apdu, Response
from host_lib.channel import SecureChannel, SecurityLevel
from host_lib.command import GetData, ResetRetryCounter, SetStatus
from host_lib.flow.base import CardKeys, Flow
from host_lib.flow.objects import read_object
from host_lib.flow.session import SessionTerms, open_issuer_session
from host_lib.keyset import KeySet
from host_lib.scp03 import SessionKeys, SessionOffer, initialize_update
from host_lib.secret import Pin

R = TypeVar("R")
C_MAC_ONLY = 0x01
UNKNOWN_TAG = 0xDF7E
NO_SUCH_AID = bytes.fromhex("F000000000FFFF")


def application(name: str, p1: int, p2: int, data: bytes = b"", *, answer: bool = False) -> Apdu:
    """Return a command of the application by its name in the contract."""
    return _command(spec().commands[name], p1, p2, data, answer)


def manager(name: str, p1: int, p2: int, data: bytes = b"", *, answer: bool = False) -> Apdu:
    """Return a command of the card manager by its name in the contract."""
    return _command(spec().card_manager[name], p1, p2, data, answer)


def _command(contract: CommandSpec, p1: int, p2: int, data: bytes, answer: bool) -> Apdu:
    secret = any(field.secret for variant in contract.variants for field in variant.data)
    # Holder data is in STORE DATA, which the contract does not call secret.
    hidden = secret or contract.name == "STORE DATA"
    ne = MAX_SHORT_NE if answer else 0
    return Apdu(contract.cla, contract.ins, p1, p2, data, ne, contract.name, hidden)


def open_with(card: CardUnderTest, keys: KeySet) -> None:
    """Open a session of the card manager with a key set; the error says what stood in the way."""
    card.select_manager()
    terms = SessionTerms(i=card.i)
    run_with(card, open_issuer_session(keys.version, max(card.levels), terms=terms), keys)


def run_with(card: CardUnderTest, steps: Flow[R], keys: KeySet) -> R:
    """Run a flow that asks for keys, and give it these."""
    request = next(steps)
    while True:
        answer = keys if isinstance(request, CardKeys) else card.send(request)
        try:
            request = steps.send(answer)
        except StopIteration as done:
            result: R = done.value
            return result


def get_data(tag: int) -> Apdu:
    """Return GET DATA of an object of the application."""
    return GetData(tag).apdu()


def tag_of(name: str) -> int:
    """Return the tag of an object by its name."""
    return spec().object_named(name).tag


def objects(*, public: bool) -> Iterator[DataObject]:
    """Yield the objects that everyone may read, or those that not everyone may."""
    return (o for o in spec().objects.values() if ("anyone" in o.read) is public)


def read(card: CardUnderTest, tag: int, channel: SecureChannel | None = None) -> bytes:
    """Return the value of an object."""
    return card.run(read_object(tag), channel)


def verify(block: bytes) -> Apdu:
    """Return VERIFY with a PIN block, or without data for an empty one."""
    return application("VERIFY", 0x00, 0x81, block)


def change(old: bytes, new: bytes) -> Apdu:
    """Return CHANGE REFERENCE DATA with two PIN blocks."""
    return application("CHANGE REFERENCE DATA", 0x00, 0x81, old + new)


ASK = Apdu(0x00, 0x20, 0x00, 0x81, label="VERIFY")
"""VERIFY without data."""


def give_tries_back(card: CardUnderTest) -> None:
    """Reset the PIN's try counter in an issuer session; no session is open afterwards."""
    card.run(ResetRetryCounter(), card.session().channel)
    card.select()


# Sessions by hand


@dataclass(frozen=True, slots=True)
class Handshake:
    """A session between INITIALIZE UPDATE and EXTERNAL AUTHENTICATE, with all its keys known."""

    offer: SessionOffer
    keys: KeySet
    session: SessionKeys
    host_challenge: bytes

    @property
    def cryptogram(self) -> bytes:
        """The right host cryptogram."""
        return self.session.host_cryptogram(self.host_challenge, self.offer.challenge)

    def authenticate(self, level: int, cryptogram: bytes | None = None) -> Apdu:
        """Return EXTERNAL AUTHENTICATE with a right MAC, whatever level and cryptogram are."""
        channel = self.channel(SecurityLevel.C_MAC)
        channel.level = level  # type: ignore[assignment]
        return channel.external_authenticate(self.cryptogram if cryptogram is None else cryptogram)

    def channel(self, level: SecurityLevel) -> SecureChannel:
        """Return the host's end of the session, as it is before EXTERNAL AUTHENTICATE."""
        keys = self.session
        return SecureChannel(keys.enc, keys.mac, keys.rmac, level, self.offer.mac_length)


def handshake(card: CardUnderTest) -> Handshake:
    """Send INITIALIZE UPDATE to whatever is selected."""
    version = card.key_version()
    challenge = token_bytes(card.mac_length)
    offer = card.run(initialize_update(version, challenge))
    keys = card.keyring(CardKeys(version, offer.diversification))
    session = SessionKeys.derive(keys, challenge, offer.challenge)
    return Handshake(offer, keys, session, challenge)


def raw(card: CardUnderTest, channel: SecureChannel, apdu: Apdu) -> Response:
    """Send a command through a channel and return the answer as it came, unopened."""
    return card.send(channel.wrap(apdu))


def raw_with(card: CardUnderTest, channel: SecureChannel, apdu: Apdu, ne: int) -> Response:
    """Send a command through a channel with this expected length, 0 for no Le; as ``raw``."""
    return card.send(replace(channel.wrap(apdu), ne=ne))


def tampered(apdu: Apdu, position: int = -1) -> Apdu:
    """Return a protected command with one bit of its data changed; -1 is in the MAC."""
    data = bytearray(apdu.data)
    data[position] ^= 0x01
    return replace(apdu, data=bytes(data))


def expect_closed(card: CardUnderTest, channel: SecureChannel) -> None:
    """Make sure that the card has ended this session: its next command is refused with 6982."""
    card.expect("6982", channel.wrap(get_data(tag_of("card serial"))))


def expect_open(card: CardUnderTest, channel: SecureChannel) -> None:
    """Make sure that the session works, and answers under its protection."""
    card.expect("9000", get_data(tag_of("card serial")), channel)


# States


@contextmanager
def suspended(card: CardUnderTest) -> Iterator[None]:
    """Suspend the card inside the block and resume it afterwards."""
    card.run(SetStatus("SUSPENDED"), card.session().channel)
    try:
        yield
    finally:
        with card.restoring("the card's state"):
            card.reader.reset()
            if card.select().state == "SUSPENDED":
                card.run(SetStatus("ACTIVE"), card.session().channel)


def pin_is_verified(card: CardUnderTest, channel: SecureChannel | None = None) -> bool:
    """Say whether the PIN flag is set; costs no try."""
    return card.send(ASK, channel).sw == 0x9000


def wrong(pin: Pin) -> bytes:
    """Return the block of a PIN that is not this one."""
    digits = pin.reveal().decode()
    return Pin(digits[:-1] + str((int(digits[-1]) + 1) % 10)).block()


def refuses_other_channels(card: CardUnderTest, tag: int) -> None:
    """Expect that what is selected answers GET DATA of ``tag`` on the basic channel only."""
    for cla in (0x01, 0x02, 0x03, 0x81, 0x83, 0xA1, 0xA3, 0xB2, 0x40, 0x60, 0xC0):
        card.expect("6881", Apdu(cla, 0xCA, tag >> 8, tag & 0xFF, ne=256))


def refuses_foreign_classes(card: CardUnderTest) -> None:
    """Expect that what is selected takes no class but 00, 04, 80 and 84."""
    for cla in (0x08, 0x0C, 0x20, 0x23, 0x30, 0x88, 0x8C, 0xA0, 0xB0):
        card.expect("6E00", Apdu(cla, 0xCA, 0xDF, 0x51, ne=256))


def refuses_chaining(card: CardUnderTest) -> None:
    """Expect that what is selected takes no command with the chaining bit, in either class."""
    for cla, ins in ((0x10, 0xCA), (0x90, 0x50)):
        card.expect("6884", Apdu(cla, ins, 0x00, 0x00, ne=256))
