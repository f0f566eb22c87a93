"""What will be sent to a card for one record: the whole for a blank, or what is left of it.

Made without a card, or for the state in which one was found; a station is held to it by
`host_lib.flow.planned`. Until the card's certificate is there its usual length stands for it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from applet_spec import spec
from host_lib.command import (
    Command,
    DeleteRoleKeys,
    GenerateKeyPair,
    GetCardData,
    GetCardRecognition,
    GetCplc,
    GetData,
    GetDataPart,
    GetKeyInformation,
    GetStatus,
    Install,
    InternalAuthenticate,
    PutKey,
    PutRoleKeys,
    Registry,
    Select,
    SetCardStatus,
    StoreData,
)
from host_lib.command.card_answers import DIVERSIFICATION_TAG
from host_lib.command.role_keys import ROLE_KEY_LENGTH
from host_lib.flow.session import PLAIN_TERMS, SessionTerms
from host_lib.flow.stages import Opening, select_application, select_card_manager
from host_lib.flow.store import DgiValue, block_size, blocks, payload
from host_lib.keyset import KeySet
from host_lib.plan import (
    Answer,
    Effect,
    Occurs,
    PlannedCommand,
    SessionShape,
    Totals,
    opening,
    planned,
)
from host_lib.roles import role_name
from host_lib.secret import AesKey
from personalization.card_data import CardData
from personalization.decision import Verdict
from personalization.key_versions import KeyVersions
from personalization.metering import Phase
from personalization.steps import (
    INITIALIZED,
    SECURED,
    expected_keys,
    expected_objects,
    readable_by,
    stream,
)

CERTIFICATE_LENGTH = 367
"""Usual length in bytes of a card certificate with the default issuer's name."""
_MANAGER_FCI, _CPLC, _RECOGNITION, _KEY_INFORMATION = 18, 45, 51, 20
_PUBLIC_KEY, _PROOF, _DOMAIN_ENTRY, _DIVERSIFICATION = 70, 92, 18, 12
_KEY_SET_ENTRY, _ROLE_KEY_ECHO = 2, 7
_PART_HEADER, _LONG_PART, _SERIAL = 6, 0x80, 8

PHASES = {
    Verdict.TAKE: tuple(Phase),
    Verdict.KEYS: (Phase.KEYS, Phase.INSTALL, Phase.DATA, Phase.VERIFY, Phase.SECURE),
    Verdict.INSTALL: (Phase.INSTALL, Phase.DATA, Phase.VERIFY, Phase.SECURE),
    Verdict.VERIFY: (Phase.VERIFY, Phase.SECURE),
    Verdict.SECURE: (Phase.SECURE,),
}
"""The phases that are left, by what the decision table says."""


@dataclass(frozen=True, slots=True)
class CardPlan:
    """What the commands for one card depend on.

    ``keys`` are the masters of the card's role and receipt keys, ``version`` and ``key_length``
    (bytes) are those of the issuer keys, ``terms`` what sessions with the card go by,
    ``certificate`` is the length of its certificate, None until it is known. ``open`` says that the
    session with the transport keys is there already.
    """

    card: CardData
    keys: KeyVersions
    version: int
    key_length: int = 16
    terms: SessionTerms = PLAIN_TERMS
    verdict: Verdict = Verdict.TAKE
    certificate: int | None = None
    open: bool = False

    def commands(self) -> tuple[PlannedCommand, ...]:
        """Return the commands that are left, in their order."""
        return tuple(
            replace(command, phase=phase.value)
            for phase in PHASES[self.verdict]
            for command in _MAKERS[phase](self)
        )

    def values(self) -> list[DgiValue]:
        """Return the DGIs, with placeholders for what only a session and a card's key give."""
        secret = (spec().dgi_named(name) for name in ("transport PIN", "receipt key"))
        hidden = (DgiValue(dgi.tag, bytes(dgi.length.least)) for dgi in secret)
        certificate = bytes(self.certificate or CERTIFICATE_LENGTH)
        return [*stream(self.card, certificate), *hidden]

    def _identify(self, *, installed: bool = False) -> Iterator[PlannedCommand]:
        guess = Answer.ESTIMATE
        yield select_card_manager(_MANAGER_FCI, guess).planned(None)
        yield planned(GetCplc(), _CPLC, note="production data")
        yield planned(GetCardRecognition(), _RECOGNITION, note="card data", answer=guess)
        yield planned(GetKeyInformation(), _KEY_INFORMATION, note="key versions", answer=guess)
        if not installed:
            absent = Select(spec().aids.instance)
            yield planned(absent, note="application: absent yet", answer=Answer.REFUSAL)
            return
        yield select_application().planned(None)
        serial = GetData(spec().object_named("card serial").tag)
        yield planned(serial, _SERIAL, note="card serial")

    def _keys(self) -> Iterator[PlannedCommand]:
        if not self.open:
            yield from self._manager(self.terms.blank_version, note="transport keys")
        yield self._secured(
            GetCardData(DIVERSIFICATION_TAG),
            _DIVERSIFICATION,
            note="diversification data",
            answer=Answer.ESTIMATE,
        )
        key = AesKey(bytes(self.key_length))
        keys = KeySet(self.version, key, key, key)
        command = PutKey(keys, key, self.terms.put_over, self.terms.inner_length)
        yield self._secured(
            command,
            1 + 3 * len(key.check_value),
            note=f"key set {self.version:02X}",
            effect=Effect.IRREVERSIBLE,
            warning="the transport keys are gone, the card opens with its issuer keys only",
        )

    def _install(self) -> Iterator[PlannedCommand]:
        yield from self._manager(self.version)
        yield from self._listed(Registry.APPLICATIONS, 0)
        aids = spec().aids
        yield self._secured(
            Install(aids.package, aids.module, aids.instance),
            1,
            note="application",
            effect=Effect.IRREVERSIBLE,
            warning="the application is installed",
            occurs=Occurs.IF_NEEDED,
        )

    def _data(self) -> Iterator[PlannedCommand]:
        yield from self._application()
        yield self._secured(GenerateKeyPair(), _PUBLIC_KEY, note="card key", effect=Effect.CHANGES)
        room = block_size(self._shape.room(self.terms.max_lc))
        *first, last = blocks(payload(self.values()), room)
        for block in first:
            yield self._stored(block, "" if block.block else "the card belongs to this record")
        yield from self._role_keys()
        yield self._stored(last, "the card is PERSONALIZED")

    def _stored(self, block: StoreData, warning: str) -> PlannedCommand:
        effect = Effect.IRREVERSIBLE if warning else Effect.CHANGES
        return self._secured(block, note=f"block {block.block:02X}", effect=effect, warning=warning)

    def _role_keys(self) -> Iterator[PlannedCommand]:
        """Yield what puts the role keys, and replaces those that an interrupted visit left."""
        known = spec().object_named("role key sets")
        again = self.verdict is Verdict.INSTALL
        length = len(self.keys.roles) * _KEY_SET_ENTRY if again else 0
        answer = Answer.ESTIMATE if again else Answer.REFUSAL
        yield self._secured(GetData(known.tag), length, note=known.name, answer=answer)
        key = AesKey(bytes(ROLE_KEY_LENGTH))
        for one in self.keys.role_key_sets:
            note = f"{role_name(one.role)}, key set {one.version:02X}"
            if again:
                delete = DeleteRoleKeys(one.version)
                yield self._secured(
                    delete, 1, note=note, effect=Effect.CHANGES, occurs=Occurs.IF_NEEDED
                )
            put = PutRoleKeys(KeySet(one.version, key, key), one.master_version, key)
            yield self._secured(put, _ROLE_KEY_ECHO, note=note, effect=Effect.CHANGES)

    def _verify(self) -> Iterator[PlannedCommand]:
        yield from self._application()
        who = readable_by(self._shape.level)
        expected = (*expected_objects(self.card.values(), who), *expected_keys(self.keys, who))
        for tag, value in expected:
            yield from self._read(tag, len(value))
        yield from self._certificate()
        yield self._secured(
            InternalAuthenticate(bytes(16)),
            _PROOF,
            note="card proof",
            answer=Answer.ESTIMATE,
            fresh=True,
        )

    def _read(self, tag: int, length: int) -> Iterator[PlannedCommand]:
        known = spec().objects[tag]
        if not known.long:
            yield self._secured(GetData(tag), length, note=known.name)
            return
        part = spec().limits["object_part"]
        for start in range(0, length, part):
            size = min(part, length - start)
            yield self._secured(GetDataPart(tag, start), _of_part(size), note=known.name)

    def _certificate(self) -> Iterator[PlannedCommand]:
        """Yield the parts of the certificate; as many as the card has, where that is not known."""
        tag = spec().object_named("card certificate").tag
        first, *others = self._read(tag, self.certificate or CERTIFICATE_LENGTH)
        if self.certificate is not None:
            yield from (first, *others)
            return
        yield replace(first, answer=Answer.ESTIMATE)
        for other in others:
            yield replace(other, answer=Answer.ESTIMATE, occurs=Occurs.IF_NEEDED)
        yield self._secured(
            GetDataPart(tag, 1), note=first.note, occurs=Occurs.WHILE_MORE, fresh=True
        )

    def _secure(self) -> Iterator[PlannedCommand]:
        yield from self._manager(self.version)
        for state, name in ((INITIALIZED, "INITIALIZED"), (SECURED, "SECURED")):
            yield from self._listed(Registry.ISSUER_SECURITY_DOMAIN, _DOMAIN_ENTRY)
            yield self._secured(
                SetCardStatus(state),
                note=f"to {name}",
                effect=Effect.IRREVERSIBLE,
                warning=f"the card is {name}",
                occurs=Occurs.IF_NEEDED,
            )
        yield from self._listed(Registry.ISSUER_SECURITY_DOMAIN, _DOMAIN_ENTRY)
        yield from self._identify(installed=True)

    def _manager(self, version: int, note: str = "") -> Iterator[PlannedCommand]:
        yield select_card_manager(_MANAGER_FCI, Answer.ESTIMATE).planned(None)
        yield from opening(version, self._shape, note=note)

    def _application(self) -> Iterator[PlannedCommand]:
        yield select_application().planned(None)
        yield from opening(self.version, self._shape)

    def _listed(self, part: Registry, length: int) -> Iterator[PlannedCommand]:
        name = part.name.lower().replace("_", " ")
        answer = Answer.ESTIMATE if length else Answer.REFUSAL
        yield self._secured(GetStatus(part), length, note=name, answer=answer)
        yield self._secured(GetStatus(part, go_on=True), note=name, occurs=Occurs.WHILE_MORE)

    def _secured(self, command: Command[Any], length: int = 0, **told: Any) -> PlannedCommand:
        return planned(command, length, session=self._shape, **told)

    @property
    def _shape(self) -> SessionShape:
        return Opening(self.version, self.terms).shape


_MAKERS = {
    Phase.IDENTIFY: CardPlan._identify,
    Phase.KEYS: CardPlan._keys,
    Phase.INSTALL: CardPlan._install,
    Phase.DATA: CardPlan._data,
    Phase.VERIFY: CardPlan._verify,
    Phase.SECURE: CardPlan._secure,
}


def _of_part(size: int) -> int:
    """Return the length of an answer that holds so many bytes of an object, in its two fields."""
    return _PART_HEADER + size + (size >= _LONG_PART)


def stream_length(card: CardData, certificate: int = CERTIFICATE_LENGTH) -> int:
    """Return the length of a card's DGI stream, with a certificate of so many bytes."""
    return len(payload(CardPlan(card, KeyVersions(1), 0, certificate=certificate).values()))


def totals(commands: Iterable[PlannedCommand]) -> dict[str, dict[str, int]]:
    """Add commands and bytes by phase, in the form that the journal counts them."""
    by_phase = dict[str, list[PlannedCommand]]()
    for command in commands:
        by_phase.setdefault(command.phase, []).append(command)
    sums = {phase: Totals.of(listed) for phase, listed in by_phase.items()}
    return {
        phase: {"commands": one.commands, "sent": one.sent, "received": one.received}
        for phase, one in sums.items()
    }
