"""Card certificates and their issuer's: how a terminal checks them.

X.509 v3 (RFC 5280), ECDSA P-256 with SHA-256, kept small. A card certificate's subject holds the
card serial (serialNumber, upper-case hexadecimal) and the card number (commonName, 16 digits); its
only extensions are keyUsage (digitalSignature) and the issuer's key identifier. A public key is a
point on P-256, uncompressed: 65 bytes. `keys_tool.certificates` makes them.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from applet_spec import spec
from host_lib.errors import CertificateMalformed, CertificateNotGenuine, CertificateNotValidAt

_BEGINNING = re.compile(
    rb"\x30\x82..\x30\x82?..\xA0\x03\x02\x01\x02\x02(\x01[\x01-\x7F]|[\x02-\x14][\x00-\x7F])",
    re.DOTALL,
)
"""Version 3 and a positive serial number (RFC 5280, 4.1.2): of others the X.509 library warns."""
_NOT_THE_PROFILE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
)


@dataclass(frozen=True, slots=True)
class CardCertificate:
    """What an accepted card certificate says.

    ``card_number`` has 16 digits, ``card_serial`` 8 bytes, ``public_key`` is an uncompressed point
    on P-256 (65 bytes).
    """

    card_number: str
    card_serial: bytes
    public_key: bytes


def verify_card_certificate(issuer: bytes, der: bytes, at: datetime) -> CardCertificate:
    """Check a card certificate against its issuer's (both DER) at a time that carries a time zone.

    Raises `CertificateMalformed` for anything but the profile of this module,
    `CertificateNotGenuine` when the issuer did not sign it, `CertificateNotValidAt`.
    """
    signer = load(issuer)
    certificate = load(der)
    try:
        certificate.verify_directly_issued_by(signer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError) as error:
        raise CertificateNotGenuine("the issuer did not sign this certificate") from error
    try:
        _check_authority(signer)
        _check_profile(certificate, signer)
        accepted = _content(certificate)
    except _NOT_THE_PROFILE as error:
        raise CertificateMalformed("the issuer signed this, but as no card certificate") from error
    for one, whose in ((signer, "issuer"), (certificate, "card")):
        if not one.not_valid_before_utc <= at <= one.not_valid_after_utc:
            raise CertificateNotValidAt(
                f"the {whose} certificate is valid from {one.not_valid_before_utc} to "
                f"{one.not_valid_after_utc}, and not at {at}"
            )
    return accepted


def encode_point(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as an uncompressed point: 04 || X || Y (SEC 1, 2.3.3)."""
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def key_usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    """Return a keyUsage extension: what is named, and nothing else."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def authority(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """Return the extension that points to an issuer's certificate; ExtensionNotFound."""
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier(identifier.digest, None, None)


def point_of(certificate: x509.Certificate) -> bytes:
    """Return the public key of a certificate as a point; ValueError for another kind of key."""
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("another kind of key")
    return encode_point(key)


def load(der: bytes) -> x509.Certificate:
    """Read a certificate, strictly: one spelling only. Raises `CertificateMalformed`."""
    if not _BEGINNING.match(der):
        raise CertificateMalformed("the bytes are no X.509 v3 certificate")
    try:
        certificate = x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateMalformed("the bytes are no certificate") from error
    # The X.509 library overlooks a signature that claims unused bits at its end.
    if der[-len(certificate.signature) - 1] != 0:
        raise CertificateMalformed("the certificate's signature is no whole number of bytes")
    return certificate


def _check_authority(issuer: x509.Certificate) -> None:
    constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    if not (constraints.ca and usage.key_cert_sign):
        raise ValueError("the issuer's certificate is none of a card CA")


def _check_profile(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    extensions = [(one.value, one.critical) for one in certificate.extensions]
    expected = [
        (key_usage(digital_signature=True), True),
        (authority(issuer), False),
    ]
    if certificate.version is not x509.Version.v3 or extensions != expected:
        raise ValueError("other extensions than those of a card")
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256:
        raise ValueError("another signature algorithm")


def _content(certificate: x509.Certificate) -> CardCertificate:
    names = [(one.oid, str(one.value)) for one in certificate.subject]
    if [oid for oid, _ in names] != [NameOID.SERIAL_NUMBER, NameOID.COMMON_NAME]:
        raise ValueError("another subject than a card")
    serial, number = (text for _, text in names)
    card_serial = bytes.fromhex(serial)
    length = spec().object_named("card serial").length
    if len(card_serial) not in length or card_serial.hex().upper() != serial:
        raise ValueError("another spelling of a card serial")
    if not is_card_number(number):
        raise ValueError("no card number")
    return CardCertificate(number, card_serial, point_of(certificate))


def is_card_number(text: str) -> bool:
    """Say whether a text has as many digits as a card number."""
    return text.isascii() and text.isdigit() and len(text) == spec().card_number.digits
