"""What is on a card: its life cycle, applications, load files and keys, read in a session."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVar

from applet_spec import UnicardError, spec
from host_lib.command import (
    CardState,
    Command,
    GetCardData,
    GetCplc,
    GetKeyInformation,
    KeyEntry,
    ManagerFci,
    Registry,
    Select,
    SelectCardManager,
    StatusEntry,
)
from host_lib.command.card_answers import CARD_IMAGE_TAG, ISSUER_NUMBER_TAG
from host_lib.errors import CardCryptogramError, ProtocolError
from host_lib.flow.base import Flow
from host_lib.flow.identify import key_versions
from host_lib.flow.registry import list_registry
from host_lib.flow.role_session import read_role_key_sets
from host_lib.flow.rotation import NoKnownKeys
from host_lib.flow.session import (
    PLAIN_TERMS,
    IssuerSession,
    SessionTerms,
    confirm_diversification,
    open_issuer_session,
)
from host_lib.flow.stages import Opening, Stage, Step, select_card_manager, terms_of_session
from host_lib.refusals import NotFound
from host_lib.roles import RoleKeySet
from host_lib.scp03 import secured

T = TypeVar("T")


class DoesNotFit(UnicardError):
    """What was asked for does not fit what is on the card; nothing was sent to change it."""

    advice = "See what is on the card with `unicard admin list`."


@dataclass(frozen=True, slots=True)
class CardContents:
    """What is on a card. ``state`` is the card's life cycle code, ``domain`` the ISD's entry.

    ``load_files`` come with their modules. ``iin`` and ``cin`` are the issuer and card
    identification numbers (objects 42 and 45), None where none is stored.
    """

    chip_serial: bytes
    state: int
    domain: StatusEntry
    applications: tuple[StatusEntry, ...]
    load_files: tuple[StatusEntry, ...]
    keys: tuple[KeyEntry, ...]
    iin: bytes | None = None
    cin: bytes | None = None

    @property
    def state_name(self) -> str:
        """The name of the card's life cycle state, or its code where it has none."""
        return CardState(self.state).name if self.state in list(CardState) else f"{self.state:02X}"

    @property
    def key_versions(self) -> tuple[int, ...]:
        """The card manager's key versions, each once, in the card's order."""
        return tuple(dict.fromkeys(entry.version for entry in self.keys))

    def application(self, aid: bytes) -> StatusEntry:
        """Return the application of this name. Raises `DoesNotFit`."""
        for entry in self.applications:
            if entry.aid == aid:
                return entry
        raise DoesNotFit(f"the card has no application {aid.hex().upper()}")

    def load_file(self, aid: bytes) -> StatusEntry | None:
        """Return the load file of this name, or None."""
        return next((entry for entry in self.load_files if entry.aid == aid), None)

    def load_file_with(self, module: bytes) -> StatusEntry:
        """Return the load file that has this module. Raises `DoesNotFit`."""
        for entry in self.load_files:
            if module in entry.modules:
                return entry
        raise DoesNotFit(
            f"no load file on the card has the module {module.hex().upper()}",
            advice="Load the package first: `unicard admin load FILE`.",
        )


@dataclass(frozen=True, slots=True)
class Observation:
    """A card as a session found it, and how that session opens again.

    ``fci`` is what SELECT answered, ``room`` how many bytes of data one command can carry in the
    session.
    """

    contents: CardContents
    fci: ManagerFci
    opening: Opening
    room: int

    def stage(self, steps: tuple[Step, ...]) -> Stage:
        """Return the steps under selection and session as they were here."""
        return Stage(select_card_manager(len(self.fci.raw)), self.opening, steps)


def read_contents() -> Flow[CardContents]:
    """Read all of it; the card manager is selected and a session open, of any level."""
    cplc = yield from GetCplc()
    domains = yield from list_registry(Registry.ISSUER_SECURITY_DOMAIN)
    applications = yield from list_registry(Registry.APPLICATIONS)
    load_files = yield from list_registry(Registry.LOAD_FILES_AND_MODULES)
    keys = yield from _if_there(GetKeyInformation())
    iin = yield from _if_there(GetCardData(ISSUER_NUMBER_TAG))
    cin = yield from _if_there(GetCardData(CARD_IMAGE_TAG))
    if len(domains) != 1:
        raise ProtocolError(f"GET STATUS lists {len(domains)} issuer security domains")
    (domain,) = domains
    return CardContents(
        cplc.chip_serial,
        domain.life_cycle,
        domain,
        applications,
        load_files,
        keys or (),
        iin,
        cin,
    )


def _if_there(command: Command[T]) -> Flow[T | None]:
    try:
        return (yield from command)
    except NotFound:
        return None


def observe(
    ours: Collection[int], level: int | None = None, terms: SessionTerms = PLAIN_TERMS
) -> Flow[Observation]:
    """Select the card manager, open a session with one of our key versions and read the card.

    The versions are tried in the card's order; a set that is not ours costs the card nothing.
    Raises `NoKnownKeys`, `CardCryptogramError`, and `DiversificationError` where the card
    contradicts itself about what its keys are derived from.
    """
    fci = yield from SelectCardManager(spec().aids.isd)
    present = yield from key_versions()
    known = tuple(version for version in present if version in ours)
    if not known:
        raise NoKnownKeys.among(present, ours)
    session = yield from _open_one_of(known, level, terms, fci.aid)
    # The shortest answer that there is: it also shows a card that miscounts (MiscountError).
    yield from confirm_diversification(session)
    contents = yield from secured(session.channel, read_contents())
    opening = Opening(session.keys.version, terms_of_session(session), session.diversification)
    return Observation(contents, fci, opening, session.channel.max_data)


def observe_role_keys(
    ours: Collection[int], terms: SessionTerms = PLAIN_TERMS
) -> Flow[tuple[RoleKeySet, ...]]:
    """Open a session with the application under one of our key versions; list its role key sets.

    Errors as of `open_application`.
    """
    session = yield from open_application(ours, terms)
    return (yield from secured(session.channel, read_role_key_sets()))


def open_application(
    ours: Collection[int], terms: SessionTerms = PLAIN_TERMS
) -> Flow[IssuerSession]:
    """Open a session with the application under one of our key versions, for reading all of it.

    Errors as of `observe`, `ApplicationNotFound` on a card without it, and `SessionNotOffered` on
    one without R-ENC, which shows what only its issuer may read to nobody.
    """
    yield from SelectCardManager(spec().aids.isd)
    present = yield from key_versions()
    known = tuple(version for version in present if version in ours)
    if not known:
        raise NoKnownKeys.among(present, ours)
    fci = yield from Select(spec().aids.instance)
    level = spec().secure_channel.read_level
    return (yield from _open_one_of(known, level, terms, fci.aid))


def _open_one_of(
    versions: tuple[int, ...], level: int | None, terms: SessionTerms, aid: bytes
) -> Flow[IssuerSession]:
    *others, last = versions
    for version in others:
        try:
            return (yield from open_issuer_session(version, level, terms=terms, aid=aid))
        except CardCryptogramError:
            continue
    return (yield from open_issuer_session(last, level, terms=terms, aid=aid))
