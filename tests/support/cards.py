"""Software cards in the states that tests start from, of an invented issuer."""

from collections.abc import Callable
from datetime import date

from applet_spec import spec
from card_simulator.reader import SIM, SimReader
from host_lib.card import Card
from host_lib.command import GenerateKeyPair, Install, SelectCardManager
from host_lib.drive import drive
from host_lib.flow.base import CardKeys
from host_lib.flow.rotation import rotate_issuer_keys
from host_lib.flow.session import open_issuer_session
from host_lib.flow.store import DgiValue, secret_dgi, store_data
from host_lib.keyset import KeySet
from host_lib.primitives import AesContext
from host_lib.reader import Reader
from host_lib.scp03 import secured
from host_lib.secret import AesKey, Pin, SecretBytes
from host_lib.services import ServiceRecord, encode_service
from host_lib.tlv import encode

BLANK, OLD, NEW = 0xFF, 0x30, 0x31
TRANSPORT_PIN = Pin("73951")
GP_TEST_KEY = AesKey(bytes.fromhex("404142434445464748494A4B4C4D4E4F"))
"""GlobalPlatform's public test key."""

CARD_NUMBER = "9818010000000015"
CARD_SERIAL = bytes.fromhex("0102030405060708")
HOLDER_NAME = "سلمى محمود"
EFFECTIVE, EXPIRY = date(2026, 1, 1), date(2031, 12, 31)

BREAD = ServiceRecord(
    id=2,
    kind="quota",
    label="bread",
    verification="none",
    debit_roles=frozenset({4}),
    credit_roles=frozenset({0}),
    enabled=True,
    values={
        "allowance": 20,
        "period kind": 1,
        "carry-over ceiling": 60,
        "transaction limit": 80,
        "current period": 9822,
        "horizon": 9914,
        "balance": 20,
    },
)
"""A household's bread, 20 loaves a day."""

RECEIPT_KEY_VERSION = 1
RECEIPT_KEY = AesKey(bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C"))
"""The AES-128 key of SP 800-38B, appendix D.1."""


def issuer(call: CardKeys) -> KeySet:
    """Answer with blank stock's public test key, or keys of one card derived from it."""
    if call.version == BLANK:
        return KeySet(BLANK, GP_TEST_KEY, GP_TEST_KEY, GP_TEST_KEY)
    return _derived(call, b"issuer")


def stranger(call: CardKeys) -> KeySet:
    """Answer with other keys of the same versions."""
    return _derived(call, b"stranger")


def _derived(call: CardKeys, who: bytes) -> KeySet:
    context = AesContext(GP_TEST_KEY.reveal())
    version = bytes((call.version,))
    enc, mac, dek = (
        AesKey(context.cmac(who, version, call.diversification, bytes((n,)))) for n in range(3)
    )
    return KeySet(call.version, enc, mac, dek)


def issued_card() -> SimReader:
    """Return a card whose blank key set was replaced by the issuer's version 30."""
    reader = SIM.open("")
    issue(reader)
    return reader


def issue(reader: Reader) -> None:
    """Replace the blank key set of a card by the issuer's version 30."""
    drive(rotate_issuer_keys({BLANK, OLD}, OLD), reader, issuer)


def installed_card() -> SimReader:
    """Return an issued card with the application installed, still BLANK."""
    reader = issued_card()
    install(reader)
    return reader


def install(reader: Reader) -> None:
    """Install the application on an issued card."""
    drive(iter(SelectCardManager(spec().aids.isd)), reader)
    session = drive(open_issuer_session(OLD), reader, issuer)
    aids = spec().aids
    command = Install(aids.package, aids.module, aids.instance)
    drive(secured(session.channel, iter(command)), reader)


def personalized_card(
    services: tuple[ServiceRecord, ...] = (BREAD,),
    certify: Callable[[bytes], bytes] | None = None,
) -> tuple[SimReader, bytes]:
    """Return a PERSONALIZED card with the transport PIN, and the point of its public key.

    ``certify`` makes the certificate of that point; without it there is some DER in its place.
    """
    reader = installed_card()
    return reader, personalize(reader, services, certify)


def personalize(
    reader: Reader,
    services: tuple[ServiceRecord, ...] = (BREAD,),
    certify: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Personalize a BLANK card; return the point of its public key. As `personalized_card`."""
    card = Card(reader, issuer)
    with card.issuer_session(OLD) as session:
        point = card.run(GenerateKeyPair())
        dgis = [*record(services), *secrets(session.dek)]
        if certify is not None:
            dgis.append(DgiValue(0x0201, certify(point)))
        card.run(store_data(tuple(dgis)))
    return point


def secrets(dek: AesKey) -> tuple[DgiValue, DgiValue]:
    """Return the DGIs of transport PIN and receipt key."""
    versioned = bytes((RECEIPT_KEY_VERSION,)) + RECEIPT_KEY.reveal()
    return (
        secret_dgi(0x8010, SecretBytes(TRANSPORT_PIN.block()), dek),
        secret_dgi(0x8401, SecretBytes(versioned), dek),
    )


def record(services: tuple[ServiceRecord, ...] = (BREAD,)) -> tuple[DgiValue, ...]:
    """Return the DGIs of an invented, finger-exempt holder, without PIN and receipt key."""
    holder = b"".join(
        (
            encode(0x5F20, HOLDER_NAME.encode()),
            encode(0x5F2B, bytes.fromhex("19900115")),
            encode(0xDF41, bytes.fromhex("29001150100017")),
            encode(0xDF42, b"\x01"),
            encode(0xDF43, bytes.fromhex("01000000001F")),
        )
    )
    validity = bytes.fromhex(f"{EFFECTIVE:%Y%m%d}{EXPIRY:%Y%m%d}")
    certificate = encode(0x30, bytes(range(256)) + bytes(range(180)))
    return (
        DgiValue(0x0101, bytes.fromhex(CARD_NUMBER) + b"BATCH-01" + CARD_SERIAL),
        DgiValue(0x0102, holder),
        DgiValue(0x0103, validity),
        DgiValue(0x0104, b"\x01" + bytes(8)),
        DgiValue(0x0201, certificate),
        *(DgiValue(0x0400 + one.id - 1, encode_service(one)) for one in services),
    )
