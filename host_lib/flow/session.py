"""Issuer sessions: the card says who it is, the key holder gives its keys, the channel opens."""

from dataclasses import dataclass
from secrets import token_bytes

from applet_spec import spec
from host_lib.channel import SecureChannel
from host_lib.flow.base import CardKeys, Flow
from host_lib.keyset import KeySet
from host_lib.scp03 import authenticate, initialize_update

CHALLENGE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class IssuerSession:
    """An open session; ``keys.dek`` encrypts keys and secrets that are sent in it.

    ``i`` is the byte with which the card said which options of SCP03 it has.
    """

    channel: SecureChannel
    keys: KeySet
    diversification: bytes
    i: int


def open_issuer_session(version: int, level: int | None = None) -> Flow[IssuerSession]:
    """Open a session with a key version on whatever is selected; level 33 unless another is named.

    The keys are asked for by `CardKeys` once the card has said from what they are derived. Raises
    `CardCryptogramError` where they are not the card's: EXTERNAL AUTHENTICATE is not sent then, so
    the attempt costs the card nothing.
    """
    challenge = token_bytes(CHALLENGE_LENGTH)
    offer = yield from initialize_update(version, challenge)
    keys = yield from CardKeys(version, offer.diversification)
    wanted = spec().secure_channel.daily_level if level is None else level
    channel = yield from authenticate(offer, keys, wanted, challenge)
    return IssuerSession(channel, keys, offer.diversification, offer.i)
