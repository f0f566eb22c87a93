"""Leading a blank card through its life, one stage at a time, with the suite's invented record."""

from collections.abc import Callable

from applet_spec import spec
from card_conformance.invented import Record
from card_conformance.keyring import Keyring
from card_conformance.needs import Stage
from host_lib.command import (
    ChangePin,
    DeleteContent,
    GenerateKeyPair,
    GetData,
    Install,
    PutKey,
    Select,
    SelectCardManager,
    StoreData,
)
from host_lib.drive import drive
from host_lib.flow.base import CardKeys, Flow
from host_lib.flow.identify import CardFacts, key_versions, select_application
from host_lib.flow.session import IssuerSession, ask_for_session, open_issuer_session
from host_lib.flow.store import payload, store_data
from host_lib.reader import Reader
from host_lib.refusals import NotFound
from host_lib.scp03 import secured
from host_lib.secret import AesKey, Pin
from keys_tool.purpose import blank_key_version


def stage_of(facts: CardFacts) -> Stage:
    """Return how far a card has come, as far as it says so itself."""
    if facts.application is None:
        return Stage.BLANK if facts.is_blank else Stage.KEYED
    return _STAGES[facts.application.state]


_STAGES = {
    "BLANK": Stage.INSTALLED,
    "PERSONALIZED": Stage.ISSUED,
    "ACTIVE": Stage.ISSUED,
    "SUSPENDED": Stage.SUSPENDED,
    "TERMINATED": Stage.TERMINATED,
}


def advance(reader: Reader, keyring: Keyring, record: Record, now: Stage, target: Stage) -> None:
    """Lead a card from one stage to a later one, ISSUED at most.

    Raises what the card's refusals are, and the key holder's errors.
    """
    for step in Stage:
        if now < step <= target:
            drive(_STEPS[step](keyring, record), reader, keyring)


def make_bare(reader: Reader, keyring: Keyring, version: int) -> None:
    """Delete an application in which nothing is stored, in a session of this key version.

    Blank stock may come with one; the suite begins before that. Does nothing where a record's
    anchor is stored. Raises what the card's refusals are, and the key holder's errors.
    """
    drive(_make_bare(version), reader, keyring)


def _make_bare(version: int) -> Flow[None]:
    aids = spec().aids
    if (yield from select_application()) is None or (yield from _is_anchored()):
        return
    yield from SelectCardManager(aids.isd)
    session = yield from _session(version)
    yield from secured(session.channel, iter(DeleteContent(aids.instance)))


def _is_anchored() -> Flow[bool]:
    """Say whether the selected application belongs to a record: its anchor has the card serial."""
    try:
        yield from GetData(spec().object_named("card serial").tag)
    except NotFound:
        return False
    return True


def change_transport_pin(reader: Reader, record: Record, pin: Pin) -> None:
    """Replace the record's transport PIN by a holder's own one."""
    drive(_change_pin(record, pin), reader)


def _change_pin(record: Record, pin: Pin) -> Flow[None]:
    yield from Select(spec().aids.instance)
    yield from ChangePin(record.pin, pin)


def _put_issuer_keys(keyring: Keyring, _record: Record) -> Flow[None]:
    yield from SelectCardManager(spec().aids.isd)
    present = yield from key_versions()
    blank = next(version for version in present if version in keyring.blank_versions)
    session = yield from _session(blank)
    keys = yield from CardKeys(keyring.issuer_version, session.diversification)
    # Only a set FF goes by itself; another factory set is the one that gets the new keys.
    replaces = 0 if blank == blank_key_version() else blank
    yield from secured(session.channel, iter(PutKey(keys, session.dek, replaces)))


def _install(keyring: Keyring, _record: Record) -> Flow[None]:
    aids = spec().aids
    yield from SelectCardManager(aids.isd)
    session = yield from _session(keyring.issuer_version)
    install = Install(aids.package, aids.module, aids.instance)
    yield from secured(session.channel, iter(install))


def _anchor(keyring: Keyring, record: Record) -> Flow[None]:
    session = yield from _on_application(keyring)
    block = StoreData(0, payload([record.anchor()]), last=False)
    yield from secured(session.channel, iter(block))


def _issue(keyring: Keyring, record: Record) -> Flow[None]:
    session = yield from _on_application(keyring)
    yield from secured(session.channel, _personalize(record, session))


def _personalize(record: Record, session: IssuerSession) -> Flow[None]:
    return personalize(record, session.dek, session.channel.max_data)


def personalize(record: Record, dek: AesKey, room: int | None = None) -> Flow[None]:
    """Make the key pair and store everything but the anchor, which is there; runs in a session."""
    public_key = yield from GenerateKeyPair()
    values = [*record.open_data(), record.certificate(public_key), *record.secrets(dek)]
    yield from store_data(values, room)


def _on_application(keyring: Keyring) -> Flow[IssuerSession]:
    yield from Select(spec().aids.instance)
    return (yield from _session(keyring.issuer_version))


def _session(version: int) -> Flow[IssuerSession]:
    """Open a session at the highest level that the card's i announces, but never without C-ENC."""
    offer, _ = yield from ask_for_session(version)
    level = max(spec().secure_channel.levels_for(offer.i))
    return (yield from open_issuer_session(version, level))


_STEPS: dict[Stage, Callable[[Keyring, Record], Flow[None]]] = {
    Stage.KEYED: _put_issuer_keys,
    Stage.INSTALLED: _install,
    Stage.ANCHORED: _anchor,
    Stage.ISSUED: _issue,
}
