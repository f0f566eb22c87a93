"""The card's key pair: GENERATE ASYMMETRIC KEY PAIR and INTERNAL AUTHENTICATE.

P-256; signatures are ECDSA with SHA-256, in DER. The private key never leaves the card.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from card_simulator import tlv
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application import state as cell
from card_simulator.application.objects import Objects
from card_simulator.application.state import State

_CURVE = ec.SECP256R1()
_SCALAR = 32
_GENERATE = 0x80
_PRESENCE = 0x01
_CHALLENGE = 16


class KeyPair:
    """The one key pair that proves that the card is genuine."""

    def __init__(self, state: State, objects: Objects) -> None:
        self._state = state
        self._cells = state.cells
        self._objects = objects
        self._serial = state.spec.object_named("card serial").tag
        self._loaded: ec.EllipticCurvePrivateKey | None = None

    @property
    def exists(self) -> bool:
        """Whether the pair has been made."""
        return cell.PRIVATE_KEY in self._cells

    def erase(self) -> None:
        """Erase the pair, the private key first."""
        self._loaded = None
        self._cells.erase(cell.PRIVATE_KEY)
        self._cells.erase(cell.PUBLIC_KEY)

    def forget(self) -> None:
        """Drop what was loaded into volatile memory; the power is gone."""
        self._loaded = None

    def generate(self, command: Command) -> Answer:
        """GENERATE ASYMMETRIC KEY PAIR: make the pair, or answer the public point again."""
        if command.p1 == _GENERATE:
            self._state.require_secret_session()
            self._make()
        if not self.exists:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        return Answer(tlv.write(0x7F49, tlv.write(0x86, self._cells.read(cell.PUBLIC_KEY))))

    def authenticate(self, command: Command) -> Answer:
        """INTERNAL AUTHENTICATE: sign the caller's challenge, as a card or a presence proof."""
        verified = self._state.verified
        presence = command.p2 == _PRESENCE
        if presence and not verified:
            raise StatusError(SW.SECURITY_NOT_SATISFIED)
        challenge, service = command.data[:_CHALLENGE], command.data[_CHALLENGE:]
        said = (
            bytes((verified,))
            + self._objects.value(self._serial)
            + self._cells.read(cell.TRANSACTION_NUMBER, bytes(3))
            + self._cells.read(cell.RECEIPT_MAC, bytes(8))
        )
        kind = bytes((presence,))
        message = self._state.spec.domain_tag + kind + challenge + service + said
        signature = self._private_key().sign(message, ec.ECDSA(SHA256()))
        if presence:
            self._state.clear_verified()
        return Answer(said + signature)

    def _make(self) -> None:
        key = ec.generate_private_key(_CURVE)
        scalar = key.private_numbers().private_value.to_bytes(_SCALAR, "big")
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        with self._cells.transaction():
            self._cells.write(cell.PRIVATE_KEY, scalar)
            self._cells.write(cell.PUBLIC_KEY, point)
        self._loaded = key

    def _private_key(self) -> ec.EllipticCurvePrivateKey:
        if self._loaded is None:
            scalar = int.from_bytes(self._cells.read(cell.PRIVATE_KEY), "big")
            self._loaded = ec.derive_private_key(scalar, _CURVE)
        return self._loaded
