"""The phases of one card's personalization as flows: no journal, no reader, no store in here."""

import secrets
from collections.abc import Iterable, Set
from datetime import UTC, datetime, time

from applet_spec import spec
from host_lib.command import (
    DeleteRoleKeys,
    GenerateKeyPair,
    GetData,
    Install,
    PutKey,
    PutRoleKeys,
    Registry,
    Select,
    SelectCardManager,
    SetCardStatus,
)
from host_lib.errors import ProtocolError
from host_lib.flow.base import CardKeys, Flow, RoleKeys
from host_lib.flow.genuine import CHALLENGE_LENGTH, prove_card
from host_lib.flow.identify import identify
from host_lib.flow.objects import read_object
from host_lib.flow.registry import list_registry
from host_lib.flow.role_session import read_role_key_sets
from host_lib.flow.session import (
    PLAIN_TERMS,
    IssuerSession,
    SessionTerms,
    confirm_diversification,
    open_issuer_session,
)
from host_lib.flow.store import DgiValue, block_size, blocks, payload, secret_dgi
from host_lib.refusals import NotFound
from host_lib.roles import Slot
from host_lib.scp03 import secured
from host_lib.secret import AesKey, SecretBytes
from keys_tool import verify_card_certificate
from personalization.card_data import CardData
from personalization.decision import Observation
from personalization.errors import CardSpoiled
from personalization.key_versions import KeyVersions

INITIALIZED, SECURED = 0x07, 0x0F
"""Life cycle codes of the card (GlobalPlatform 2.3.1, 11.1.1)."""
_PERSONALIZED, _TERMINATED = "PERSONALIZED", "TERMINATED"


def observe(atr: bytes | None = None) -> Flow[Observation]:
    """Ask a card who it is and how far it has come. Reads only, needs no key."""
    facts = yield from identify(atr)
    application, serial = facts.application, None
    if application is not None and application.state != _TERMINATED:
        try:
            serial = yield from GetData(spec().object_named("card serial").tag)
        except NotFound:
            serial = None
    version = "" if application is None else ".".join(str(part) for part in application.version)
    return Observation(
        chip=facts.cplc.chip_serial,
        key_versions=facts.key_versions,
        state=None if application is None else application.state,
        card_serial=serial,
        applet_version=version,
        terms=facts.terms,
    )


def open_blank(terms: SessionTerms = PLAIN_TERMS) -> Flow[IssuerSession]:
    """Open a session with the transport keys: proves that the blank is of our stock."""
    return (yield from open_card_manager(terms.blank_version, terms))


def put_issuer_keys(session: IssuerSession, version: int) -> Flow[None]:
    """Replace the transport keys, in their session, by the card's own issuer keys.

    Raises `DiversificationError` where the card is not sure what they are derived from.
    """
    yield from confirm_diversification(session)
    keys = yield from CardKeys(version, session.diversification)
    terms = session.terms
    put = PutKey(keys, session.dek, terms.put_over, terms.inner_length)
    yield from secured(session.channel, iter(put))


def open_card_manager(version: int, terms: SessionTerms = PLAIN_TERMS) -> Flow[IssuerSession]:
    """Open a session on the card manager with the card's issuer keys."""
    fci = yield from SelectCardManager(spec().aids.isd)
    return (yield from open_issuer_session(version, terms=terms, aid=fci.aid))


def open_application(version: int, terms: SessionTerms = PLAIN_TERMS) -> Flow[IssuerSession]:
    """Open a session on the application with the card's issuer keys."""
    fci = yield from Select(spec().aids.instance)
    return (yield from open_issuer_session(version, terms=terms, aid=fci.aid))


def install_if_absent(session: IssuerSession) -> Flow[None]:
    """Install the application where the card's registry does not list it."""
    return (yield from secured(session.channel, _install_if_absent()))


def _install_if_absent() -> Flow[None]:
    aids = spec().aids
    installed = yield from list_registry(Registry.APPLICATIONS)
    if aids.instance not in {entry.aid for entry in installed}:
        yield from Install(aids.package, aids.module, aids.instance)


def make_key_pair(session: IssuerSession) -> Flow[bytes]:
    """Let the card make its key pair; return the public point (65 bytes)."""
    return (yield from secured(session.channel, iter(GenerateKeyPair())))


def write_data(
    session: IssuerSession,
    card: CardData,
    certificate: bytes,
    keys: KeyVersions,
    receipt_key: AesKey,
) -> Flow[None]:
    """Store everything in one stream, the anchor first, PIN and receipt key under the DEK.

    The role keys come before the last block, which makes the card PERSONALIZED: so no card is
    without them that is.
    """
    receipt = bytes((keys.receipt,)) + receipt_key.reveal()
    secret = {"transport PIN": card.pin.block(), "receipt key": receipt}
    hidden = (
        secret_dgi(spec().dgi_named(name).tag, SecretBytes(value), session.dek)
        for name, value in secret.items()
    )
    room = block_size(session.channel.max_data)
    *first, last = blocks(payload([*stream(card, certificate), *hidden]), room)
    for block in first:
        yield from secured(session.channel, iter(block))
    yield from put_role_keys(session, card.numbers.card_serial, keys)
    yield from secured(session.channel, iter(last))


def put_role_keys(session: IssuerSession, card_serial: bytes, keys: KeyVersions) -> Flow[None]:
    """Put the role keys of a card into slot A; keys that an interrupted visit left are replaced.

    Raises `CardSpoiled` for keys of other versions than the card gets.
    """
    there = yield from secured(session.channel, read_role_key_sets())
    present = {one.version for one in there}
    ours = {one.version for one in keys.role_key_sets}
    if not present <= ours:
        others = ", ".join(f"{version:02X}" for version in sorted(present - ours))
        raise CardSpoiled(f"the card has role keys that this batch does not put there: {others}")
    for role, master_version in keys.roles:
        asked = RoleKeys.of(card_serial, role, Slot.A, master_version)
        derived = yield from asked
        if asked.version in present:
            yield from secured(session.channel, iter(DeleteRoleKeys(asked.version)))
        put = PutRoleKeys(derived, master_version, session.dek)
        yield from secured(session.channel, iter(put))


def stream(card: CardData, certificate: bytes) -> list[DgiValue]:
    """Return the DGIs of a card that are no secrets, in the order in which they are stored."""
    own = DgiValue(spec().dgi_named("card certificate").tag, certificate)
    return sorted([*card.values(), own], key=lambda value: value.tag)


def verify(
    version: int,
    card: CardData,
    keys: KeyVersions,
    issuer_certificate: bytes,
    now: datetime,
    terms: SessionTerms = PLAIN_TERMS,
) -> Flow[None]:
    """Read back every readable object, compare it, and let the card prove that it is genuine.

    Of role and receipt keys the card says the versions; that they are those that were sent, it
    confirmed when it took them: by check values.
    Opens a session of its own. On a card type whose sessions do not protect responses, only what
    anyone may read is read back. Raises `CardSpoiled` for a difference, `NotGenuine`, and the
    certificate's errors.
    """
    application = yield from Select(spec().aids.instance)
    if (application.state, application.pin_tries) != (_PERSONALIZED, spec().limits["pin_tries"]):
        raise CardSpoiled(
            f"the card is {application.state} with {application.pin_tries} PIN tries, "
            "not freshly personalized"
        )
    session = yield from open_issuer_session(version, terms=terms, aid=application.aid)
    who = readable_by(session.channel.level)
    yield from secured(session.channel, _verify(card, keys, issuer_certificate, now, who))


def readable_by(level: int) -> Set[str]:
    """Return whose objects can be read in an issuer session of a level."""
    least = spec().secure_channel.read_level
    return {"anyone", "issuer"} if level & least == least else {"anyone"}


def _verify(
    card: CardData, keys: KeyVersions, issuer_certificate: bytes, now: datetime, who: Set[str]
) -> Flow[None]:
    for tag, expected in (*expected_objects(card.values(), who), *expected_keys(keys, who)):
        found = yield from read_object(tag)
        if found != expected:
            name = spec().objects[tag].name
            raise CardSpoiled(f"the card reads back another {name} than was written")
    der = yield from read_object(spec().object_named("card certificate").tag)
    moment = max(now, datetime.combine(card.numbers.effective, time(), UTC))
    certificate = verify_card_certificate(issuer_certificate, der, moment)
    numbers = card.numbers
    if (certificate.card_number, certificate.card_serial) != (
        numbers.card_number,
        numbers.card_serial,
    ):
        raise CardSpoiled("the card's certificate is another card's")
    challenge = secrets.token_bytes(CHALLENGE_LENGTH)
    proof = yield from prove_card(challenge, certificate.public_key)
    if proof.card_serial != numbers.card_serial:
        raise CardSpoiled("the card proves another card serial than was written")


def expected_objects(
    values: Iterable[DgiValue], who: Set[str] = frozenset({"anyone", "issuer"})
) -> Iterable[tuple[int, bytes]]:
    """Yield tag and value of each object that ``who`` may read, out of the DGIs."""
    objects = spec().objects
    for value in values:
        start = 0
        for part in spec().dgis[value.tag].fields:
            end = len(value.content) if part.length is None else start + part.length
            tag = part.object
            if objects[tag].read & who:
                yield tag, value.content[start:end]
            start = end


def expected_keys(keys: KeyVersions, who: Set[str]) -> Iterable[tuple[int, bytes]]:
    """Yield tag and value of the objects that say which keys the card has, if ``who`` may read."""
    roles = b"".join(bytes((one.version, one.master_version)) for one in keys.role_key_sets)
    values = {"role key sets": roles, "receipt key version": bytes((keys.receipt,))}
    for name, value in values.items():
        known = spec().object_named(name)
        if value and known.read & who:
            yield known.tag, value


def secure(session: IssuerSession) -> Flow[None]:
    """Bring the card's life cycle to SECURED, from wherever it stands."""
    yield from secured(session.channel, _secure())


def _secure() -> Flow[None]:
    for state in (INITIALIZED, SECURED):
        if (yield from _life_cycle()) < state:
            yield from SetCardStatus(state)
    if (reached := (yield from _life_cycle())) != SECURED:
        raise CardSpoiled(f"the card's life cycle is {reached:02X} and not SECURED")


def _life_cycle() -> Flow[int]:
    entries = yield from list_registry(Registry.ISSUER_SECURITY_DOMAIN)
    if len(entries) != 1:
        raise ProtocolError(f"the card lists {len(entries)} issuer security domains, not one")
    return entries[0].life_cycle
