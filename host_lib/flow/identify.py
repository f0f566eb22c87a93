"""Which card is this, and how far has it come? Reads only, needs no key."""

from dataclasses import dataclass

from applet_spec import spec
from applet_spec.model import CardProfile
from host_lib.command import (
    Cplc,
    Fci,
    GetCardRecognition,
    GetCplc,
    GetKeyInformation,
    Select,
    SelectCardManager,
)
from host_lib.errors import ProtocolError
from host_lib.flow.base import Flow
from host_lib.flow.session import SessionTerms
from host_lib.profile import Evidence, recognised, terms_of
from host_lib.refusals import ApplicationNotFound, NotFound, Refused

_SCP03 = 0x03


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card says about itself without a session; nothing of it is authenticated.

    ``key_versions`` of the card manager in the card's order; ``application`` None where it is not
    installed; ``evidence`` is what its type shows by.
    """

    cplc: Cplc
    key_versions: tuple[int, ...]
    application: Fci | None
    evidence: Evidence

    @property
    def profile(self) -> CardProfile | None:
        """The profile that fits the card; None where none does."""
        fit = recognised(self.evidence)
        return fit.profile if fit else None

    @property
    def terms(self) -> SessionTerms:
        """What sessions with the card go by."""
        profile = self.profile
        return terms_of(profile, self.evidence) if profile else SessionTerms()

    @property
    def is_blank(self) -> bool:
        """Whether the card still has the key set of blank stock."""
        return self.terms.blank_version in self.key_versions


def identify(atr: bytes | None = None) -> Flow[CardFacts]:
    """Ask card manager and application who they are; the application stays selected.

    With the ``atr`` card types are recognised that show by it alone.
    """
    fci = yield from SelectCardManager(spec().aids.isd)
    cplc = yield from GetCplc()
    options = yield from scp03_options()
    versions = yield from key_versions()
    application = yield from select_application()
    evidence = Evidence(atr, cplc, options, frozenset(versions), fci.largest_command_data)
    return CardFacts(cplc, versions, application, evidence)


def scp03_options() -> Flow[tuple[int, ...] | None]:
    """Return the values of ``i`` with which the card manager offers SCP03; None: it does not say.

    Out of the card recognition data (GlobalPlatform 2.3.1, annex H); it must be selected.
    """
    try:
        recognition = yield from GetCardRecognition()
    except (Refused, ProtocolError):
        # Absent or malformed: INITIALIZE UPDATE says it too.
        return None
    return tuple(offer.i for offer in recognition.protocols if offer.protocol == _SCP03)


def key_versions() -> Flow[tuple[int, ...]]:
    """Return the card manager's key versions, each once; the card manager must be selected."""
    try:
        entries = yield from GetKeyInformation()
    except NotFound:
        return ()
    return tuple(dict.fromkeys(entry.version for entry in entries))


def select_application() -> Flow[Fci | None]:
    """Select the application; None where the card does not have it."""
    try:
        return (yield from Select(spec().aids.instance))
    except ApplicationNotFound:
        return None
