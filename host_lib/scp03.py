"""The host's side of SCP03, from INITIALIZE UPDATE to the open channel.

GPC Amendment D, 1.1.2 and 1.2; AES-128, 192 and 256; S8 and S16, random and pseudo-random card
challenge, as the card's ``i`` says. Free of I/O: each function is a flow. What the open channel
does is in `host_lib.channel`.
"""

import hmac
from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal

from applet_spec import Changed, CommandSpec, ExitCode, spec
from host_lib.apdu import MAX_SHORT_DATA, MAX_SHORT_NE, Apdu, Response
from host_lib.channel import SecureChannel, SecurityLevel, secured
from host_lib.errors import (
    CardChallengeError,
    CardCryptogramError,
    ProtocolError,
    SessionNotOffered,
)
from host_lib.keyset import KeySet
from host_lib.primitives import AesContext, kdf_counter_cmac
from host_lib.refusals import refusal
from host_lib.secret import AesKey

__all__ = [
    "SecureChannel",
    "SecurityLevel",
    "SessionKeys",
    "SessionOffer",
    "authenticate",
    "challenge_length",
    "initialize_update",
    "open_session",
    "reduced",
    "secured",
]

Target = Literal["application", "card manager"]
"""Whose keys a session is opened with: the application's own role keys, or the issuer's."""

_SUCCESS = 0x9000
_SCP03 = 0x03
_I_S16 = 0x01
_I_PSEUDO_RANDOM = 0x10
_I_R_MAC = 0x20
_I_R_ENC = 0x40
_R_MAC, _R_ENC = 0x10, 0x20
_DIVERSIFICATION_LENGTH = 10
_SEQUENCE_LENGTH = 3

# Derivation constants, Amendment D, table 4-1.
_LABEL = bytes(11)
_CARD_CRYPTOGRAM = 0x00
_HOST_CRYPTOGRAM = 0x01
_CARD_CHALLENGE = 0x02
_S_ENC = 0x04
_S_MAC = 0x06
_S_RMAC = 0x07


def challenge_length(i: int) -> int:
    """Return how long a challenge is under the parameter ``i``: 8 bytes in S8, 16 in S16."""
    return 16 if i & _I_S16 else 8


def reduced(level: int, i: int) -> SecurityLevel:
    """Return a level without the protection of responses that ``i`` does not offer.

    What protects commands stays. ValueError for a number that is no level.
    """
    lost = 0 if i & _I_R_ENC else _R_ENC
    if not i & _I_R_MAC:
        lost = _R_MAC | _R_ENC
    return SecurityLevel(SecurityLevel(level).value & ~lost)


@dataclass(frozen=True, slots=True)
class SessionOffer:
    """What the card answers to INITIALIZE UPDATE (Amendment D, 7.1.1).

    ``diversification`` are the 10 bytes from which its keys are derived, ``version`` the key
    version it will use; challenge and cryptogram have 8 bytes in S8 and 16 in S16. ``sequence`` is
    the 3-byte sequence counter of a card with pseudo-random challenges, else None.
    """

    diversification: bytes
    version: int
    i: int
    challenge: bytes
    cryptogram: bytes
    sequence: int | None

    @property
    def mac_length(self) -> int:
        """Length of challenges, cryptograms and MACs: 8 in S8, 16 in S16."""
        return len(self.challenge)

    def offers(self, level: SecurityLevel) -> bool:
        """Say whether the card's ``i`` includes what the level needs."""
        return reduced(level, self.i) == level

    def challenge_is_from(self, enc: AesKey, aid: bytes) -> bool:
        """Say whether a pseudo-random challenge is the one that Key-ENC, counter and AID give.

        ``aid`` is the name of the application that was selected (6.2.2.1). True for a card with
        random challenges, which follow from nothing.
        """
        if self.sequence is None:
            return True
        context = self.sequence.to_bytes(_SEQUENCE_LENGTH, "big") + aid
        key = AesContext(enc.reveal())
        expected = _derive(key, _CARD_CHALLENGE, len(self.challenge), context)
        return hmac.compare_digest(expected, self.challenge)

    @classmethod
    def parse(cls, data: bytes) -> "SessionOffer":
        """Read the response data. Raises ProtocolError, SessionNotOffered for another protocol."""
        version, protocol, i = data[10:13] if len(data) >= 13 else (0, _SCP03, 0)
        if protocol != _SCP03:
            raise SessionNotOffered(f"the card offers SCP{protocol:02X} instead of SCP03")
        size = challenge_length(i)
        end = 13 + 2 * size
        with_sequence = end + (_SEQUENCE_LENGTH if i & _I_PSEUDO_RANDOM else 0)
        if len(data) != with_sequence:
            raise ProtocolError(
                f"the answer to INITIALIZE UPDATE has {len(data)} bytes instead of {with_sequence}",
                changed=Changed.NO,
                exit_code=ExitCode.FAILED,
                advice="try another reader or another card; no authentication was tried",
            )
        return cls(
            diversification=data[:_DIVERSIFICATION_LENGTH],
            version=version,
            i=i,
            challenge=data[13 : 13 + size],
            cryptogram=data[13 + size : end],
            sequence=int.from_bytes(data[end:], "big") if i & _I_PSEUDO_RANDOM else None,
        )


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """The keys of one session (Amendment D, 6.2.1)."""

    enc: AesKey
    mac: AesKey
    rmac: AesKey

    @classmethod
    def derive(cls, keys: KeySet, host_challenge: bytes, card_challenge: bytes) -> "SessionKeys":
        """Derive the session keys from a card's static keys and both challenges."""
        context = host_challenge + card_challenge
        length = len(keys.enc)
        enc, mac = AesContext(keys.enc.reveal()), AesContext(keys.mac.reveal())
        return cls(
            AesKey(_derive(enc, _S_ENC, length, context)),
            AesKey(_derive(mac, _S_MAC, length, context)),
            AesKey(_derive(mac, _S_RMAC, length, context)),
        )

    def card_cryptogram(self, host_challenge: bytes, card_challenge: bytes) -> bytes:
        """Return what a card with these keys answers; as long as a challenge (6.2.2.2)."""
        return self.cryptograms(host_challenge, card_challenge)[0]

    def host_cryptogram(self, host_challenge: bytes, card_challenge: bytes) -> bytes:
        """Return what proves to the card that the host has these keys (6.2.2.3)."""
        return self.cryptograms(host_challenge, card_challenge)[1]

    def cryptograms(self, host_challenge: bytes, card_challenge: bytes) -> tuple[bytes, bytes]:
        """Return the card's cryptogram and the host's."""
        key, size = AesContext(self.mac.reveal()), len(host_challenge)
        context = host_challenge + card_challenge
        return (
            _derive(key, _CARD_CRYPTOGRAM, size, context),
            _derive(key, _HOST_CRYPTOGRAM, size, context),
        )


def _derive(key: AesContext, constant: int, length: int, context: bytes) -> bytes:
    """Derive ``length`` bytes: label of 12 bytes, 00, length in bits, counter, context (4.1.5)."""
    before = _LABEL + bytes((constant, 0, length >> 5, 8 * length & 0xFF))
    return kdf_counter_cmac(key, length, before=before, after=context)


def initialize_update(
    version: int,
    host_challenge: bytes,
    timeout: float | None = None,
    *,
    target: Target = "card manager",
) -> Generator[Apdu, Response, SessionOffer]:
    """Ask the card for a session with a key version (00: its own choice); return its offer.

    ``host_challenge`` are 8 fresh random bytes for S8, 16 for S16; ``timeout`` is how many seconds
    the answer is waited for where that is not what the contract says; ``target`` says in whose
    words a refusal is told. Raises what `refusal` makes
    of another status word than 9000, ProtocolError and SessionNotOffered as `SessionOffer.parse`.
    """
    label = "INITIALIZE UPDATE"
    response = yield Apdu(
        0x80, 0x50, version, 0x00, host_challenge, MAX_SHORT_NE, label, timeout=timeout
    )
    if response.sw != _SUCCESS:
        raise refusal(_command(label, target), response.sw)
    return SessionOffer.parse(response.data)


def authenticate(
    offer: SessionOffer,
    keys: KeySet,
    level: int,
    host_challenge: bytes,
    *,
    aid: bytes | None = None,
    max_lc: int = MAX_SHORT_DATA,
    most: int | None = None,
    target: Target = "card manager",
) -> Generator[Apdu, Response, SecureChannel]:
    """Check the card's cryptogram and challenge, send EXTERNAL AUTHENTICATE, return the channel.

    ``level`` is a `SecurityLevel`. ``aid`` is the name of what is selected, where it is known: a
    pseudo-random challenge is checked against it. ``max_lc`` and ``most`` as `SecureChannel` takes
    them, ``target`` as `initialize_update`. All before EXTERNAL AUTHENTICATE, which is sent once:
    CardCryptogramError where the card has other keys, CardChallengeError where its challenge does
    not follow from them, SessionNotOffered for a level that its ``i`` does not offer, ValueError
    for a number that is no level. Then what `refusal` makes of the card's answer.
    """
    wanted = SecurityLevel(level)
    if offer.mac_length != len(host_challenge):
        raise SessionNotOffered(
            f"the card's challenge has {offer.mac_length} bytes, the host's not",
            advice=f"send a host challenge of {offer.mac_length} bytes, as i = {offer.i:02X} says",
        )
    session = SessionKeys.derive(keys, host_challenge, offer.challenge)
    expected, cryptogram = session.cryptograms(host_challenge, offer.challenge)
    if not hmac.compare_digest(expected, offer.cryptogram):
        raise CardCryptogramError(
            f"the card's keys of version {keys.version:02X} are not those that were tried, of "
            f"{8 * len(keys.enc)} bit"
        )
    if aid is not None and not offer.challenge_is_from(keys.enc, aid):
        raise CardChallengeError(
            f"the card's challenge does not follow from key set {keys.version:02X}, its sequence "
            f"counter {offer.sequence} and the name {aid.hex().upper()}"
        )
    if not offer.offers(wanted):
        raise SessionNotOffered(f"the card (i = {offer.i:02X}) does not offer level {wanted:02X}")
    channel = SecureChannel(
        session.enc, session.mac, session.rmac, wanted, offer.mac_length, max_lc, most
    )
    command = channel.external_authenticate(cryptogram)
    response = yield command
    if response.sw != _SUCCESS:
        raise refusal(_command(command.label, target), response.sw)
    return channel


def _command(name: str, target: Target) -> CommandSpec:
    return (spec().commands if target == "application" else spec().card_manager)[name]


def open_session(
    keys: KeySet, level: int, host_challenge: bytes, *, aid: bytes | None = None
) -> Generator[Apdu, Response, SecureChannel]:
    """Open a session with keys that are known beforehand; errors as the two halves have them."""
    offer = yield from initialize_update(keys.version, host_challenge)
    return (yield from authenticate(offer, keys, level, host_challenge, aid=aid))
