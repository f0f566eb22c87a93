"""The invented citizen whose data the suite writes into blank cards. Nothing here is of a person.

Numbers and keys are drawn anew for each card. The certificate is signed by an authority that is
made up on the spot, so that no card of the suite ever passes for an issued one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import choice, randbelow, token_bytes, token_hex

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from applet_spec import spec
from host_lib.flow.store import DgiValue, secret_dgi
from host_lib.secret import AesKey, Pin, SecretBytes
from host_lib.tlv import encode

_EFFECTIVE, _EXPIRY = "20250101", "20341231"
_EXEMPT = 0x01
_DAYS = 3650
_NO_CARD = "0" * spec().card_number.digits


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """A key that signs receipts, and its version, 01 to FF."""

    version: int
    key: AesKey

    def dgi(self, dek: AesKey) -> DgiValue:
        """Return its DGI under a session's DEK."""
        secret = SecretBytes(bytes((self.version,)) + self.key.reveal())
        return secret_dgi(spec().dgi_named("receipt key").tag, secret, dek)


@dataclass(frozen=True, slots=True)
class Record:
    """One invented record; ``card_number`` 16 digits, ``card_serial`` and ``batch`` 8 bytes.

    ``replaces`` is the number of the card in whose place this one comes.
    """

    card_number: str
    card_serial: bytes
    batch: bytes
    pin: Pin
    finger: bool
    receipt_key: ReceiptKey
    replaces: str = _NO_CARD

    def anchor(self) -> DgiValue:
        """Return the DGI that binds a card to this record."""
        return named("anchor", bytes.fromhex(self.card_number) + self.batch + self.card_serial)

    def open_data(self) -> tuple[DgiValue, ...]:
        """Return what is stored besides anchor, certificate and PIN."""
        flags = 0 if self.finger else _EXEMPT
        values = (
            named("cardholder", cardholder()),
            named("validity", validity()),
            named("holder flags", bytes((flags,)) + bytes.fromhex(self.replaces)),
        )
        return (*values, named("finger template 1", finger())) if self.finger else values

    def secrets(self, dek: AesKey) -> tuple[DgiValue, ...]:
        """Return transport PIN and receipt key under the session's DEK."""
        pin = SecretBytes(self.pin.block())
        transport_pin = secret_dgi(spec().dgi_named("transport PIN").tag, pin, dek)
        return transport_pin, self.receipt_key.dgi(dek)

    def certificate(self, public_key: bytes) -> DgiValue:
        """Return the certificate of the card's public key (65 bytes)."""
        return named("card certificate", _certificate(self, public_key))


def new_record(*, finger: bool) -> Record:
    """Draw a record; ``finger`` False makes its holder finger-exempt."""
    serial, batch = token_bytes(8), token_bytes(8)
    return Record(new_card_number(), serial, batch, new_pin(), finger, new_receipt_key())


def new_receipt_key(*versions: int) -> ReceiptKey:
    """Draw a receipt key with a version that is none of these."""
    free = [version for version in range(0x01, 0x100) if version not in versions]
    return ReceiptKey(choice(free), AesKey(token_bytes(16)))


def new_pin(digits: int = 6) -> Pin:
    """Draw a PIN."""
    return Pin("".join(str(randbelow(10)) for _ in range(digits)))


def another_pin(*others: Pin) -> Pin:
    """Draw a PIN that is none of the others."""
    while (pin := new_pin()) in others:
        pass
    return pin


def named(name: str, content: bytes) -> DgiValue:
    """Return a DGI by its name in the contract."""
    return DgiValue(spec().dgi_named(name).tag, content)


def cardholder(name: str = "مواطن تجريبي للاختبار") -> bytes:
    """Return cardholder data of nobody: an Arabic name meaning test citizen, an impossible id."""
    values = {
        "name": name.encode(),
        "birth date": bytes.fromhex("19900101"),
        "national id": bytes.fromhex("29001010000000"),
        "governorate": bytes.fromhex("01"),
        "mobile number": bytes.fromhex("01000000000F"),
    }
    fields = spec().object_named("cardholder data").fields
    return b"".join(encode(field.tag, values[field.name]) for field in fields)


def validity(effective: str = _EFFECTIVE, expiry: str = _EXPIRY) -> bytes:
    """Return the object "validity" for two dates YYYYMMDD."""
    return bytes.fromhex(effective + expiry)


def finger(minutiae: int = 20) -> bytes:
    """Return a finger template of random minutiae: right thumb, 3 bytes each."""
    return b"\x01" + token_bytes(3 * minutiae)


def new_card_number() -> str:
    """Draw a card number with its check digit."""
    form = spec().card_number
    free = form.digits - len(form.prefix) - 1
    digits = form.prefix + "".join(str(randbelow(10)) for _ in range(free))
    return digits + str(luhn_digit(digits))


def luhn_digit(digits: str) -> int:
    """Return the check digit to be appended (ISO/IEC 7812-1, annex B)."""
    doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits))]
    return -sum(d - 9 if d > 9 else d for d in doubled) % 10


def _certificate(record: Record, public_key: bytes) -> bytes:
    authority = ec.generate_private_key(ec.SECP256R1())
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"conformance {token_hex(4)}")])
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, record.card_number),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, record.card_serial.hex().upper()),
        ]
    )
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    certificate = (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(point)
        .serial_number(x509.random_serial_number())
        .not_valid_before(today)
        .not_valid_after(today + timedelta(days=_DAYS))
        .sign(authority, SHA256())
    )
    return certificate.public_bytes(Encoding.DER)
