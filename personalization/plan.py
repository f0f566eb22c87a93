"""What would be sent to a card for one record, without a card: commands, last chances, bytes.

Answers whose length depends on the card are counted as the reference card gives them, the
certificate with its usual length.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from applet_spec import spec
from host_lib.command import (
    Command,
    GenerateKeyPair,
    GetCardRecognition,
    GetCplc,
    GetData,
    GetDataPart,
    GetKeyInformation,
    GetStatus,
    Install,
    InternalAuthenticate,
    Registry,
    Select,
    SelectCardManager,
    SetCardStatus,
)
from host_lib.flow.store import DgiValue, blocks, payload
from personalization.card_data import CardData
from personalization.metering import Phase
from personalization.steps import INITIALIZED, SECURED, expected_objects, stream

CERTIFICATE_LENGTH = 367
"""Usual length in bytes of a card certificate with the default issuer's name."""
_MAC, _SW, _LE = 8, 2, 1
_LENGTHS = {"INITIALIZE UPDATE": (8, 29), "EXTERNAL AUTHENTICATE": (16, 0)}
_PUT_KEY_DATA, _PUT_KEY_ANSWER = 1 + 3 * 23, 10
_FCI = 33
_RECOGNITION = 51
_PROOF = 92
_PUBLIC_KEY = 70


@dataclass(frozen=True, slots=True)
class PlannedCommand:
    """A command of the plan; ``irreversible`` says what cannot be taken back once it is answered.

    ``sent`` and ``received`` are bytes on the wire, secure messaging and status word included.
    """

    phase: Phase
    name: str
    sent: int
    received: int
    irreversible: str = ""


def plan(card: CardData) -> tuple[PlannedCommand, ...]:
    """Return the commands for one card in their order, for a blank card that makes no trouble."""
    return tuple(_plan(card))


def _plan(card: CardData) -> Iterator[PlannedCommand]:
    aids = spec().aids
    yield from _identify(Phase.IDENTIFY, installed=False)
    yield from _session(Phase.KEYS, SelectCardManager(aids.isd))
    yield PlannedCommand(
        Phase.KEYS,
        "PUT KEY",
        *_sizes(_PUT_KEY_DATA, _PUT_KEY_ANSWER, secured=True),
        "the transport keys are gone, the card opens with its issuer keys only",
    )
    yield from _session(Phase.INSTALL, SelectCardManager(aids.isd))
    yield _secured(Phase.INSTALL, GetStatus(Registry.APPLICATIONS), 0)
    install = Install(aids.package, aids.module, aids.instance)
    yield _secured(Phase.INSTALL, install, 1, "the application is installed")
    yield from _data(card)
    yield from _verify(card)
    yield from _session(Phase.SECURE, SelectCardManager(aids.isd))
    for state, name in ((INITIALIZED, "INITIALIZED"), (SECURED, "SECURED")):
        yield _secured(Phase.SECURE, GetStatus(Registry.ISSUER_SECURITY_DOMAIN), 18)
        yield _secured(Phase.SECURE, SetCardStatus(state), 0, f"the card is {name}")
    yield _secured(Phase.SECURE, GetStatus(Registry.ISSUER_SECURITY_DOMAIN), 18)
    yield from _identify(Phase.SECURE, installed=True)


def _identify(phase: Phase, *, installed: bool) -> Iterator[PlannedCommand]:
    yield _plain(phase, SelectCardManager(spec().aids.isd), 20)
    yield _plain(phase, GetCplc(), 45)
    yield _plain(phase, GetCardRecognition(), _RECOGNITION)
    yield _plain(phase, GetKeyInformation(), 20)
    yield _plain(phase, Select(spec().aids.instance), _FCI if installed else 0)
    if installed:
        yield _plain(phase, GetData(spec().object_named("card serial").tag), 8)


def _session(phase: Phase, select: Command[Any]) -> Iterator[PlannedCommand]:
    yield _plain(phase, select, _FCI if isinstance(select, Select) else 20)
    for name, (data, answer) in _LENGTHS.items():
        sent, received = _sizes(data, answer, secured=False)
        yield PlannedCommand(phase, name, sent + (_LE if answer else 0), received)


def _data(card: CardData) -> Iterator[PlannedCommand]:
    yield from _session(Phase.DATA, Select(spec().aids.instance))
    yield _secured(Phase.DATA, GenerateKeyPair(), _PUBLIC_KEY)
    for block in blocks(payload(_values(card)), spec().limits["secured_data"]):
        what = "the card belongs to this record" if block.block == 0 else ""
        if block.last:
            what = "the card is PERSONALIZED"
        yield _secured(Phase.DATA, block, 0, what)


def stream_length(card: CardData, certificate: int = CERTIFICATE_LENGTH) -> int:
    """Return the length of a card's DGI stream, with a certificate of so many bytes."""
    return len(payload(_values(card, certificate)))


def _values(card: CardData, certificate: int = CERTIFICATE_LENGTH) -> list[DgiValue]:
    """Return the stream's DGIs with placeholders for what only a session and a card's key give."""
    pin = spec().dgi_named("transport PIN")
    return [*stream(card, bytes(certificate)), DgiValue(pin.tag, bytes(pin.length.least))]


def _verify(card: CardData) -> Iterator[PlannedCommand]:
    yield from _session(Phase.VERIFY, Select(spec().aids.instance))
    certificate = spec().object_named("card certificate").tag
    objects = [(tag, len(value)) for tag, value in expected_objects(card.values())]
    for tag, length in [*objects, (certificate, CERTIFICATE_LENGTH)]:
        yield from _read(tag, length)
    yield _secured(Phase.VERIFY, InternalAuthenticate(bytes(16)), _PROOF)


def _read(tag: int, length: int) -> Iterator[PlannedCommand]:
    if not spec().objects[tag].long:
        yield _secured(Phase.VERIFY, GetData(tag), length)
        return
    part = spec().limits["object_part"]
    for start in range(0, length, part):
        size = min(part, length - start)
        yield _secured(Phase.VERIFY, GetDataPart(tag, start), 4 + (2 if size < 0x80 else 3) + size)


def _plain(phase: Phase, command: Command[Any], answer: int) -> PlannedCommand:
    apdu = command.apdu()
    return PlannedCommand(phase, apdu.label, len(apdu.encode()), answer + _SW)


def _secured(
    phase: Phase, command: Command[Any], answer: int, irreversible: str = ""
) -> PlannedCommand:
    apdu = command.apdu()
    sizes = _sizes(len(apdu.data), answer, secured=True)
    return PlannedCommand(phase, apdu.label, *sizes, irreversible)


def _sizes(data: int, answer: int, *, secured: bool) -> tuple[int, int]:
    """Return bytes sent and received of a command with so much data and answer."""
    if not secured:
        return 5 + data, answer + _SW
    return 5 + _padded(data) + _MAC + _LE, _padded(answer) + _MAC + _SW


def _padded(length: int) -> int:
    return (length // 16 + 1) * 16 if length else 0


def totals(commands: Iterable[PlannedCommand]) -> dict[str, dict[str, int]]:
    """Add commands and bytes by phase, in the form that the journal counts them."""
    sums: dict[str, dict[str, int]] = {}
    for command in commands:
        into = sums.setdefault(command.phase.value, {"commands": 0, "sent": 0, "received": 0})
        into["commands"] += 1
        into["sent"] += command.sent
        into["received"] += command.received
    return sums
