"""Issuer sessions: the card says who it is, the key holder gives its keys, the channel opens."""

from dataclasses import dataclass
from secrets import token_bytes

from applet_spec import spec
from host_lib.apdu import MAX_SHORT_DATA
from host_lib.channel import SecureChannel, secured
from host_lib.command.card_answers import DIVERSIFICATION_TAG
from host_lib.command.card_manager import GetCardData
from host_lib.errors import DiversificationError
from host_lib.flow.base import CardKeys, Flow
from host_lib.keyset import KeySet
from host_lib.refusals import NotFound, Refused, UnknownStatusWord
from host_lib.scp03 import (
    SessionOffer,
    authenticate,
    challenge_length,
    initialize_update,
    reduced,
)
from host_lib.secret import AesKey

CHALLENGE_LENGTH = 8
"""Bytes of a host challenge for a card of which nothing is known: S8."""
PUT_KEY_WITHOUT_INNER_LENGTH = "put-key-without-inner-length"
"""Quirk: PUT KEY takes keys whose own length does not stand before the cryptogram."""
SLOW_AFTER_WRONG_KEYS = "slow-after-wrong-keys"
"""Quirk: INITIALIZE UPDATE is answered minutes late, and is waited for."""
_SLOW_SECONDS = 600.0

_WRONG_LENGTH = (0x6700, 0x6A80)
_OTHER_LENGTH = {8: 16, 16: 8}


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """What a session has to go by on one card; without anything, what the contract's card takes.

    ``i`` is the SCP03 parameter as card data or profile give it (the card's answer decides in the
    end), ``level`` the level where the caller names none, ``max_lc`` the most bytes of data in a
    command on the wire (above 255: extended length), ``quirks`` the names of the card's quirks,
    ``factory_version`` the key version of blank stock, None for the contract's (FF).
    `host_lib.profile.terms_of` makes them from a card's profile.
    """

    i: int | None = None
    level: int | None = None
    max_lc: int = MAX_SHORT_DATA
    quirks: frozenset[str] = frozenset()
    factory_version: int | None = None

    @property
    def blank_version(self) -> int:
        """The key version of blank stock."""
        known = self.factory_version
        return spec().key_ranges["blank"].first if known is None else known

    @property
    def put_over(self) -> int:
        """What PUT KEY names as replaced, so that the keys of blank stock go; 0: they go anyway.

        Only the contract's set of blank stock (FF) disappears by itself with the first other set.
        """
        blank = self.blank_version
        return 0 if blank == spec().key_ranges["blank"].first else blank

    @property
    def inner_length(self) -> bool:
        """Whether the length of a key stands before its cryptogram in PUT KEY."""
        return PUT_KEY_WITHOUT_INNER_LENGTH not in self.quirks


PLAIN_TERMS = SessionTerms()


@dataclass(frozen=True, slots=True)
class IssuerSession:
    """An open session; ``dek`` encrypts keys and secrets that are sent in it.

    ``i`` are the options of SCP03 that the card announced (GPC Amendment D, table 5-1), ``terms``
    what the session goes by.
    """

    channel: SecureChannel
    keys: KeySet
    diversification: bytes
    i: int
    terms: SessionTerms = PLAIN_TERMS

    @property
    def dek(self) -> AesKey:
        """The key that encrypts keys and secrets. ValueError where the key holder gave none."""
        if self.keys.dek is None:
            raise ValueError("the key holder gave an issuer key set without DEK")
        return self.keys.dek

    def require_diversification(self, said: bytes) -> None:
        """Raise `DiversificationError` unless the session's keys come from this data."""
        if said != self.diversification:
            raise DiversificationError(
                f"the card named {self.diversification.hex().upper()} as the diversification data "
                f"of its keys when the session was opened, and {said.hex().upper()} elsewhere"
            )


def open_issuer_session(
    version: int,
    level: int | None = None,
    *,
    terms: SessionTerms = PLAIN_TERMS,
    aid: bytes | None = None,
) -> Flow[IssuerSession]:
    """Open a session with a key version on whatever is selected.

    The level is ``level``, else that of the terms, else the contract's daily one (33); what the
    card does not offer is refused, never lowered. ``aid`` is the name of what is selected, where
    the caller knows it (empty: the card did not say): a pseudo-random challenge is checked against
    it.

    The keys are asked for by `CardKeys` once the card has said from what they are derived. Raises
    `CardCryptogramError` where they are not the card's, and the other errors of
    `host_lib.scp03.authenticate`: EXTERNAL AUTHENTICATE is not sent then, so the attempt costs the
    card nothing.
    """
    offer, challenge = yield from ask_for_session(version, terms)
    keys = yield from CardKeys(version, offer.diversification)
    wanted = level or _usual_level(terms, offer.i)
    channel = yield from authenticate(
        offer, keys, wanted, challenge, aid=aid or None, max_lc=terms.max_lc
    )
    return IssuerSession(channel, keys, offer.diversification, offer.i, terms)


def _usual_level(terms: SessionTerms, i: int) -> int:
    """Return the level where the caller names none: that of the terms, else the daily one.

    Card data that nothing authenticates may have said that the card offers less than its answer to
    INITIALIZE UPDATE does: what it offers is used then, so that a damaged or changed answer takes
    no protection away.
    """
    daily = spec().secure_channel.daily_level
    if terms.level is None:
        return daily
    if terms.i is None or terms.i == i or terms.level != reduced(daily, terms.i):
        return terms.level
    return terms.level | reduced(daily, i)


def confirm_diversification(session: IssuerSession) -> Flow[None]:
    """Compare the diversification data with what the card says of it inside the session.

    To be done before keys are put that are derived from it: nothing but the transport keys may
    have been proven, which many cards share. A card without that object (CF) has said all it can.
    Raises `DiversificationError`.
    """
    try:
        said = yield from secured(session.channel, iter(GetCardData(DIVERSIFICATION_TAG)))
    except NotFound:
        return
    session.require_diversification(said)


def ask_for_session(
    version: int, terms: SessionTerms = PLAIN_TERMS
) -> Flow[tuple[SessionOffer, bytes]]:
    """Send INITIALIZE UPDATE; return the card's offer and the host challenge that it answers.

    Where a card refuses the challenge's length or answers in the other mode, the other length is
    tried, once: INITIALIZE UPDATE costs a card nothing but a step of its sequence counter. Errors
    as of `host_lib.scp03.initialize_update`.
    """
    timeout = _SLOW_SECONDS if SLOW_AFTER_WRONG_KEYS in terms.quirks else None
    challenge = token_bytes(CHALLENGE_LENGTH if terms.i is None else challenge_length(terms.i))
    try:
        offer = yield from initialize_update(version, challenge, timeout)
    except (Refused, UnknownStatusWord) as error:
        if error.sw not in _WRONG_LENGTH:
            raise
        length = _OTHER_LENGTH[len(challenge)]
    else:
        if offer.mac_length == len(challenge):
            return offer, challenge
        length = offer.mac_length
    challenge = token_bytes(length)
    return (yield from initialize_update(version, challenge, timeout)), challenge
