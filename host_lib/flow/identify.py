"""Which card is this, and how far has it come? Reads only, needs no key."""

from dataclasses import dataclass

from applet_spec import spec
from host_lib.command import Cplc, Fci, GetCplc, GetKeyInformation, Select, SelectCardManager
from host_lib.flow.base import Flow
from host_lib.refusals import ApplicationNotFound, NotFound


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card says about itself without a session; nothing of it is authenticated.

    ``key_versions`` of the card manager in the card's order; ``application`` None where it is not
    installed.
    """

    cplc: Cplc
    key_versions: tuple[int, ...]
    application: Fci | None

    @property
    def is_blank(self) -> bool:
        """Whether the card still has the key set of blank stock."""
        return spec().key_ranges["blank"].first in self.key_versions


def identify() -> Flow[CardFacts]:
    """Ask card manager and application who they are; the application stays selected."""
    yield from SelectCardManager(spec().aids.isd)
    cplc = yield from GetCplc()
    versions = yield from key_versions()
    application = yield from select_application()
    return CardFacts(cplc, versions, application)


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
