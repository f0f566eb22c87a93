"""Issuer and card certificates are made here; `host_lib.certificates` says what they are.

A card certificate never leaves the card outside a session, because of the card number in it.
"""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from applet_spec import spec
from host_lib.certificates import (
    CardCertificate,
    authority,
    encode_point,
    is_card_number,
    key_usage,
    verify_card_certificate,
)
from keys_tool import x509_profile
from keys_tool.derivation import CARD_SERIAL_LENGTH
from keys_tool.errors import CertificateRequestInvalid
from keys_tool.purpose import Purpose
from keys_tool.signing import StoreSigner
from keys_tool.store import KeyStore

__all__ = [
    "ISSUER_DAYS",
    "CardCertificate",
    "issue_card_certificate",
    "self_signed_certificate",
    "verify_card_certificate",
]

ISSUER_DAYS = 20 * 365
"""How long an issuer certificate is valid: a CA signs for some years, its cards outlive that."""


def self_signed_certificate(key: ec.EllipticCurvePrivateKey, name: str, created: datetime) -> bytes:
    """Make the self-signed certificate (DER) of a card CA.

    Valid for 20 years, and from the day before it was made, so that a card whose validity begins
    at today's local midnight lies within it.
    """
    midnight = created.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = midnight - timedelta(days=1), midnight + timedelta(days=ISSUER_DAYS)
    point = encode_point(key.public_key())
    identifier = x509.SubjectKeyIdentifier(x509_profile.key_identifier(point))
    own_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509_profile.builder(own_name, own_name, key.public_key(), start, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(key_cert_sign=True), critical=True)
        .add_extension(identifier, critical=False)
    )
    return x509_profile.encode(builder.sign(key, hashes.SHA256()))


def issue_card_certificate(
    store: KeyStore,
    public_key: bytes,
    card_number: str,
    card_serial: bytes,
    not_before: datetime,
    not_after: datetime,
    *,
    version: int | None = None,
) -> bytes:
    """Certify a card's public key; returns the certificate, DER.

    ``public_key`` is an uncompressed point on P-256 (65 bytes), ``card_number`` 16 digits,
    ``card_serial`` 8 bytes; the dates carry a time zone and lie within those of the issuer
    certificate. ``version`` names the card CA, by default the newest active. Raises
    `CertificateRequestInvalid`, and the store's errors.
    """
    if version is None:
        version = store.default_version(Purpose.CARD_CA)
    issuer = x509.load_der_x509_certificate(store.issuer_certificate(version))
    key = _requested_key(public_key)
    subject = _subject(card_number, card_serial)
    start, end = _requested_period(issuer, not_before, not_after)
    signer = StoreSigner(
        store.public_key(version), lambda digest: store.sign_digest(version, digest)
    )
    builder = (
        x509_profile.builder(issuer.subject, subject, key, start, end)
        .add_extension(key_usage(digital_signature=True), critical=True)
        .add_extension(authority(issuer), critical=False)
    )
    return x509_profile.encode(builder.sign(signer, hashes.SHA256()))


def _requested_key(point: bytes) -> ec.EllipticCurvePublicKey:
    try:
        if point[:1] != b"\x04":
            raise ValueError("not uncompressed")
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise CertificateRequestInvalid(
            "the card's public key is no uncompressed point on P-256",
            advice="Generate the card's key pair again.",
        ) from error


def _subject(card_number: str, card_serial: bytes) -> x509.Name:
    if not is_card_number(card_number):
        raise CertificateRequestInvalid(f"a card number has {spec().card_number.digits} digits")
    if len(card_serial) != CARD_SERIAL_LENGTH:
        raise CertificateRequestInvalid(
            f"a card serial has {CARD_SERIAL_LENGTH} bytes, not {len(card_serial)}"
        )
    return x509.Name(
        [
            x509.NameAttribute(NameOID.SERIAL_NUMBER, card_serial.hex().upper()),
            x509.NameAttribute(NameOID.COMMON_NAME, card_number),
        ]
    )


def _requested_period(
    issuer: x509.Certificate, not_before: datetime, not_after: datetime
) -> tuple[datetime, datetime]:
    if not_before.tzinfo is None or not_after.tzinfo is None:
        raise CertificateRequestInvalid("the certificate's dates carry no time zone")
    start = not_before.astimezone(UTC).replace(microsecond=0)
    end = not_after.astimezone(UTC).replace(microsecond=0)
    if not issuer.not_valid_before_utc <= start < end <= issuer.not_valid_after_utc:
        raise CertificateRequestInvalid(
            f"a certificate from {start} to {end} does not lie within the issuer's, from "
            f"{issuer.not_valid_before_utc} to {issuer.not_valid_after_utc}",
            advice="Choose other dates, or a newer card CA.",
        )
    return start, end
