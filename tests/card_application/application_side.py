"""One of two compared cards with the application: its sessions, and its answers without chance."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from applet_spec import spec
from tests.card_application.application_steps import Open
from tests.support.any_card import AnyCard
from tests.support.stages import ROLE_SLOTS, session
from tests.support.terminal import AIDS, ISD, Keys, apdu, derive, role_keys
from tests.support.two_cards import INITIALIZE_UPDATE, Parts, Seen, Side

GENERATE, AUTHENTICATE = 0x46, 0x88
POINT = bytes.fromhex("7F4943864104")
SLOTS = range(0x50, 0x70)
WRONG = Keys(b"?" * 16, b"!" * 16, b"." * 16)
PROOF_HEAD = 20
"""Bytes of an INTERNAL AUTHENTICATE answer before its signature."""
PublicKey = ec.EllipticCurvePublicKey


def keys_of(kvn: int, master: int) -> Keys:
    """Return the keys of a role's slot that were made from this version of their master."""
    if ROLE_SLOTS.get(kvn) == master:
        return role_keys(kvn)
    return Keys(bytes([kvn, master]) * 8, bytes([master, kvn]) * 8, b"")


class ApplicationSide(Side):
    """A card at its checkpoint, with ``issuer`` keys for sessions of this size.

    ``public`` is the card's public key, None where it has none that is known.
    """

    def __init__(self, card: AnyCard, size: int, issuer: Keys) -> None:
        super().__init__(card, size)
        self.issuer = issuer
        self.size = size
        self.public: PublicKey | None = None
        self._kept: PublicKey | None = None
        self.begin()
        if self.host.select(AIDS.instance)[1] == 0x9000:
            session(self.host)
            data, sw = self.host.send(0, GENERATE, 0x81, 0)
            self._kept = _point(data) if sw == 0x9000 else None

    def begin(self) -> None:
        """Put the card back to the checkpoint and into a new terminal."""
        super().begin()
        self.host.keys, self.host.size = self.issuer, self.size
        self.public = self._kept

    def raw(self, raw: bytes) -> Seen:
        """Send bytes; the answer, but for what is random in it."""
        data, sw = self.host.raw(raw)
        if raw[1:2] == bytes([INITIALIZE_UPDATE]) and len(data) >= 29:
            size = 8 if len(data) < 45 else 16
            return data[:13], len(data), data[13 + 2 * size :], sw
        if len(raw) < 6:
            return data, sw
        return self._without_chance((*raw[:4], raw[5 : 5 + raw[4]]), data, sw)

    def send(self, parts: Parts, in_clear: bool = False, le: bool = True) -> Seen:
        """Send a command, protected where a session is open and nothing else is wanted."""
        if in_clear or not self.host.level:
            return self.raw(apdu(*parts, b"\x00" if le else b""))
        wrapped = self.host.wrap(*parts)
        return self.tampered(parts, wrapped if le else wrapped[:-1])

    def tampered(self, parts: Parts, raw: bytes) -> Seen:
        """Send what a protected command has become on its way."""
        seen = self.opened(raw)
        if len(seen) == 2 and isinstance(seen[0], bytes) and isinstance(seen[1], int):
            return self._without_chance(parts, seen[0], seen[1])
        return seen

    def handshake(self, step: Open) -> Seen:
        """Open a session, or fail to; what is not random of both answers."""
        host = self.host
        role = step.kvn in SLOTS
        host.level, host.size = 0, 8 if role else self.size
        challenge = bytes(range(host.size))
        data, sw = host.raw(apdu(0x80, INITIALIZE_UPDATE, step.kvn, 0, challenge, b"\x00"))
        if sw != 0x9000 or len(data) < 13 + 2 * host.size:
            return data, sw
        keys = keys_of(step.kvn, data[9]) if role else self.issuer
        same, right = self._derived(data, challenge, WRONG if step.wrong else keys)
        between = self.send(step.between) if step.between else ()
        spoil = None if step.spoil is None else step.spoil % (2 * host.size)
        word = host.external_authenticate(step.level, spoil)
        return data[:13], data[13 + 2 * host.size :], same, right, between, word

    def _derived(self, data: bytes, challenge: bytes, keys: Keys) -> tuple[object, bool]:
        """Take the session keys over; say what the card's challenge and cryptogram fit."""
        host, size = self.host, self.host.size
        drawn = data[13 : 13 + size]
        host.keys, host.context = keys, challenge + drawn
        bits = 8 * len(keys.enc)
        host.s_enc = derive(keys.enc, 4, host.context, bits)
        host.s_mac = derive(keys.mac, 6, host.context, bits)
        host.s_rmac = derive(keys.mac, 7, host.context, bits)
        counter = data[13 + 2 * size :]
        same = [
            aid for aid in (ISD, AIDS.instance)
            if counter and derive(keys.enc, 2, counter + aid, 8 * size) == drawn
        ]  # fmt: skip
        right = derive(host.s_mac, 0, host.context, 8 * size)
        return same, data[13 + size : 13 + 2 * size] == right

    def _without_chance(self, parts: Parts, data: bytes, sw: int) -> Seen:
        """Take key pair and signature out of an answer; say instead whether they are right."""
        _, ins, p1, p2, sent = parts
        if sw == 0x9000 and ins == GENERATE and data.startswith(POINT):
            public, before = _point(data), self.public
            self.public = public
            again = p1 == 0x80 or before is None or before == public
            return data[: len(POINT)], len(data), again, sw
        if sw == 0x9000 and ins == AUTHENTICATE and len(data) > PROOF_HEAD and len(sent) == 17:
            said, signature = data[:PROOF_HEAD], data[PROOF_HEAD:]
            message = spec().domain_tag + bytes([p2 & 1]) + sent + said
            return said, self._signed(message, signature), sw
        return data, sw

    def _signed(self, message: bytes, signature: bytes) -> str:
        if self.public is None:
            return "no public key known"
        try:
            self.public.verify(signature, message, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return "another's signature"
        return "signed"


def _point(data: bytes) -> PublicKey:
    return PublicKey.from_encoded_point(ec.SECP256R1(), data[len(POINT) - 1 :])
