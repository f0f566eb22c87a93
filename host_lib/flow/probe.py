"""What type of card is this, and what will be used with it? Asked before anything is written."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TypeVar

from applet_spec import spec
from host_lib.apdu import Apdu, Response
from host_lib.command import (
    Command,
    Cplc,
    GetCardData,
    GetCardRecognition,
    GetCplc,
    GetKeyInformation,
    GetSequenceCounter,
    KeyEntry,
    ManagerFci,
    SelectCardManager,
)
from host_lib.command.card_answers import DIVERSIFICATION_TAG, CardRecognition
from host_lib.errors import ProtocolError, SessionNotOffered
from host_lib.flow.base import Flow
from host_lib.flow.session import SessionTerms, ask_for_session
from host_lib.profile import (
    Check,
    Evidence,
    Fit,
    contradictions,
    nearest,
    recognised,
    terms_of,
)
from host_lib.refusals import ApplicationNotFound, Refused

T = TypeVar("T")
_SCP03 = 0x03
_ANY_VERSION = 0x00


@dataclass(frozen=True, slots=True)
class Probe:
    """What a card says about its type, unauthenticated; None for what it does not say.

    ``asked_update``: INITIALIZE UPDATE was sent, because nothing else told ``i``; it authenticates
    nothing and costs at most one step of the card's sequence counter.
    """

    atr: bytes | None
    manager: ManagerFci
    cplc: Cplc | None
    recognition: CardRecognition | None
    keys: tuple[KeyEntry, ...] | None
    diversification: bytes | None
    sequence: int | None
    options: tuple[int, ...] | None
    asked_update: bool

    @property
    def fit(self) -> Fit | None:
        """The profile that fits and why; None where none does."""
        return recognised(self.evidence)

    @property
    def evidence(self) -> Evidence:
        """What the profile is chosen by."""
        versions = None if self.keys is None else frozenset(key.version for key in self.keys)
        largest = self.manager.largest_command_data
        return Evidence(self.atr, self.cplc, self.options, versions, largest)

    @property
    def terms(self) -> SessionTerms | None:
        """What sessions with the card will go by; None where no profile fits."""
        fit = self.fit
        return terms_of(fit.profile, self.evidence) if fit else None

    @property
    def contradictions(self) -> tuple[Check, ...]:
        """Where the card says otherwise than its profile."""
        fit = self.fit
        return contradictions(fit.profile, self.evidence) if fit else ()

    @property
    def nearest(self) -> Fit:
        """The profile of a known type that the card is most like."""
        return nearest(self.evidence)


def probe(atr: bytes | None = None) -> Flow[Probe]:
    """Ask the card manager for everything that shows its type; changes nothing, needs no key.

    The card manager stays selected. A question that the card refuses or answers in a form of its
    own counts as not answered; errors of the reader are raised.
    """
    manager = yield from _selected()
    cplc = yield from _asked(GetCplc())
    recognition = yield from _asked(GetCardRecognition())
    keys = yield from _asked(GetKeyInformation())
    diversification = yield from _asked(GetCardData(DIVERSIFICATION_TAG))
    sequence = yield from _asked(GetSequenceCounter())
    options = _options(recognition)
    asked_update = options is None
    if options is None:
        options = yield from _options_of_offer()
        yield from _selected()
    return Probe(
        atr,
        manager,
        cplc,
        recognition,
        keys,
        diversification,
        sequence,
        options,
        asked_update,
    )


def _selected() -> Flow[ManagerFci]:
    """Select the card manager by its usual name, else whatever the card selects by default."""
    try:
        return (yield from SelectCardManager(spec().aids.isd))
    except ApplicationNotFound:
        return (yield from SelectCardManager())


def _asked(command: Command[T]) -> Generator[Apdu, Response, T | None]:
    try:
        return (yield from command)
    except (Refused, ProtocolError):
        return None


def _options(recognition: CardRecognition | None) -> tuple[int, ...] | None:
    if recognition is None or not recognition.protocols:
        return None
    return tuple(offer.i for offer in recognition.protocols if offer.protocol == _SCP03)


def _options_of_offer() -> Flow[tuple[int, ...] | None]:
    try:
        offer, _ = yield from ask_for_session(_ANY_VERSION)
    except SessionNotOffered:
        return ()
    except (Refused, ProtocolError):
        return None
    return (offer.i,)


def what_to_do(probed: Probe) -> Iterator[str]:
    """Yield sentences of advice for a card that no profile fits."""
    if probed.options == ():
        yield "The card offers no SCP03, which is the only protocol spoken here: use another card."
        return
    yield "Nothing was written. Compare the differences with the maker's data sheet."
    yield (
        "If the card is of the nearest type, add a rule to that profile in "
        "applet_spec/data/card_profiles.json; else add a profile of its own."
    )
