"""STORE DATA: the last block, which personalizes a card that has all it needs."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from card_conformance.failure import NotRun, check, same
from card_conformance.invented import Record, named
from card_conformance.needs import Stage, at, reading
from card_conformance.requirement import requirement
from card_conformance.suite.support import (
    ASK,
    application,
    expect_closed,
    get_data,
    read,
    tag_of,
)
from host_lib.channel import SecureChannel
from host_lib.command import GenerateKeyPair, ReadPublicKey
from host_lib.flow.store import DgiValue, block_size, blocks, payload
from host_lib.secret import AesKey

_MANDATORY = tuple(d.name for d in spec().dgis.values() if d.mandatory and d.name != "anchor")


def _of(*values: DgiValue) -> bytes:
    return payload(values)


def _record(card: CardUnderTest) -> Record:
    if card.record is None:
        raise NotRun("needs a card with the suite's own record")
    return card.record


def _everything(card: CardUnderTest, key: AesKey, point: bytes) -> dict[str, DgiValue]:
    """Return what makes a card PERSONALIZED, by the DGIs' names."""
    record = _record(card)
    values = [*record.open_data(), record.certificate(point), *record.secrets(key)]
    return {spec().dgis[value.tag].name: value for value in values}


@requirement("STD-08", needs=reading(at(Stage.ANCHORED, leaves=Stage.ANCHORED)))
@pytest.mark.parametrize("missing", [*_MANDATORY, "finger or exempt mark", "key pair"])
def test_the_last_block_is_refused_while_something_is_missing(
    card: CardUnderTest, missing: str
) -> None:
    session = card.session()
    channel = session.channel
    if _already_there(card, channel, missing):
        raise NotRun(f"this card already has: {missing}")
    point = card.run(GenerateKeyPair(), channel) if missing != "key pair" else _foreign_point()
    values = _everything(card, session.dek, point)
    values.pop(missing, None)
    if missing == "finger or exempt mark":
        values.pop("finger template 1", None)
        values["holder flags"] = named("holder flags", bytes(9))
    *earlier, last = blocks(_of(*values.values()), block_size(channel.max_data))
    for command in earlier:
        card.run(command, channel)
    card.expect("6985", last.apdu(), channel)
    same("state", card.select().state, "BLANK")


def _foreign_point() -> bytes:
    """Return some point: the certificate of a card that has no key yet."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _already_there(card: CardUnderTest, channel: SecureChannel, missing: str) -> bool:
    if missing == "transport PIN":
        return card.send(ASK, channel).sw != 0x6985
    if missing == "key pair":
        return card.send(ReadPublicKey().apdu(), channel).sw == 0x9000
    if missing == "finger or exempt mark":
        return card.send(get_data(tag_of("holder flags")), channel).sw == 0x9000
    if missing == "receipt key":
        return card.send(get_data(tag_of("receipt key version")), channel).sw == 0x9000
    tag = spec().dgi_named(missing).fields[0].object
    part = application("GET DATA PART", 0x3F, 0xFF, _tag_list(tag), answer=True)
    return card.send(part, channel).sw == 0x9000


def _tag_list(tag: int) -> bytes:
    name = tag.to_bytes(2 if tag > 0xFF else 1, "big")
    return bytes((0x5C, len(name))) + name


@requirement("STD-08", needs=reading(at(Stage.ANCHORED, leaves=Stage.ISSUED)))
def test_the_last_block_personalizes_the_card_and_ends_the_session(card: CardUnderTest) -> None:
    session = card.session()
    channel = session.channel
    point = card.run(GenerateKeyPair(), channel)
    values = _everything(card, session.dek, point)
    for command in blocks(_of(*values.values()), block_size(channel.max_data)):
        card.expect("9000", command.apdu(), channel)
    expect_closed(card, channel)
    fci = card.select()
    same("state", fci.state, "PERSONALIZED")
    same("PIN tries", fci.pin_tries, spec().limits["pin_tries"])
    stored = read(card, tag_of("card certificate"), card.session().channel)
    check(stored == values["card certificate"].content, "certificate", "another", "as stored")
