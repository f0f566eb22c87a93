"""Opening keys and cards for a run, and refusing a wrong card before any test touches it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from applet_spec import ExitCode, UnicardError, spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun
from card_conformance.formats import Json
from card_conformance.keyring import InventedKeyring, Keyring, StoreKeyring
from card_conformance.needs import Profile, Stage
from card_conformance.plan import Plan
from card_conformance.prepare import stage_of
from card_conformance.source import FRESH, CardSource, FreshCards, OneCard
from card_conformance.statement import spec_version
from host_lib.flow.identify import CardFacts
from host_lib.reader import Reader
from keys_tool.store import open_store

Opener = Callable[[str], Reader]
WAIT_FOR_CARD = 10.0
"""Seconds that a reader without a card is given."""


class WrongCard(UnicardError):
    """A destructive run was allowed for another card than the one in the reader."""

    exit_code = ExitCode.USAGE
    advice = "repeat the chip serial of the card that may be consumed: --card SERIAL"


class NoKeys(UnicardError):
    """The key store has no keys for any key version of the card; found out before any test."""

    advice = "name the key store that has this card's keys, or none for a read-only run"


class CardNewer(UnicardError):
    """The card follows another major version of the contract than this suite."""

    advice = "use the suite of the card's version"


@contextmanager
def keys(plan: Plan) -> Iterator[Keyring | None]:
    """Hold the plan's keys inside the ``with`` block; None where it has none."""
    if plan.store is not None:
        with open_store(plan.store.location, plan.store.passphrase) as store:
            yield StoreKeyring(store)
    else:
        fresh = plan.reader in FRESH
        name = plan.statement.profile
        profile = None if name is None else spec().card_profiles[name]
        yield InventedKeyring(plan.statement.key_length, profile) if fresh else None


def open_source(plan: Plan, keyring: Keyring | None, opener: Opener) -> CardSource:
    """Open the plan's reader and make sure, before any test, that its card may be tested.

    Raises WrongCard, CardNewer, NoKeys, `CardCryptogramError` (the one attempt ends before EXTERNAL
    AUTHENTICATE), `PinNotTheCards`, and what the reader raises.
    """
    if plan.reader in FRESH and keyring is not None:
        return FreshCards(lambda: opener(plan.reader), plan.statement, keyring)
    reader = opener(plan.reader)
    try:
        reader.wait_for_card(WAIT_FOR_CARD)
        destructive = plan.profile is Profile.DESTRUCTIVE
        source = OneCard(reader, plan.statement, keyring, may_advance=destructive)
        _check_card(plan, source)
        source.make_bare()
    except BaseException:
        reader.close()
        raise
    return source


def _check_card(plan: Plan, source: OneCard) -> None:
    """Make sure that it is the right card and that keys and PIN are its own."""
    serial = source.facts.cplc.chip_serial
    if plan.profile is Profile.DESTRUCTIVE and plan.card != serial:
        named = plan.card.hex().upper() if plan.card else "none"
        raise WrongCard(
            f"a destructive run was allowed for card {named}; in the reader is "
            f"{serial.hex().upper()}"
        )
    application = source.facts.application
    if application is not None and application.version[0] != spec().version[0]:
        major, minor = application.version
        raise CardNewer(
            f"the card follows version {major}.{minor} of the contract, the suite {spec_version()}"
        )
    card = source.card
    if plan.profile is Profile.READ_ONLY or plan.store is None:
        return
    with card.reader.unobserved():
        if source.start is not Stage.TERMINATED:
            _prove_keys(card)
        if plan.pin is not None and source.start is Stage.ISSUED:
            card.prove_pin(plan.pin)


def _prove_keys(card: CardUnderTest) -> None:
    try:
        card.session(on_manager=True)
    except NotRun as error:
        raise NoKeys(str(error)) from error


def facts_json(facts: CardFacts) -> Json:
    """Return what a card says about itself as results files hold it."""
    application = facts.application
    version = ".".join(str(n) for n in application.version) if application else None
    return {
        "chip_serial": facts.cplc.chip_serial.hex().upper(),
        "key_versions": [f"{version:02X}" for version in facts.key_versions],
        "profile_version": version,
        "state": application.state if application else None,
        "stage": stage_of(facts).name,
    }
