"""What issuer and card certificates have in common, over the X.509 library.

A public key is a point on P-256, uncompressed: 65 bytes.
"""

import hashlib
import re
import secrets
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from keys_tool.errors import CertificateMalformed

_SERIAL_LENGTH = 8
_KEY_ID_LENGTH = 8
_BEGINNING = re.compile(
    rb"\x30\x82..\x30\x82?..\xA0\x03\x02\x01\x02\x02(\x01[\x01-\x7F]|[\x02-\x14][\x00-\x7F])",
    re.DOTALL,
)
"""Version 3 and a positive serial number (RFC 5280, 4.1.2): of others the X.509 library warns."""


def encode_point(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as an uncompressed point: 04 || X || Y (SEC 1, 2.3.3)."""
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def certified_point(der: bytes) -> bytes:
    """Return the public key of a certificate as a point on P-256; ValueError for another key."""
    return point_of(x509.load_der_x509_certificate(der))


def key_identifier(point: bytes) -> bytes:
    """Return the identifier of a public key: the first 8 bytes of SHA-256 over its point.

    RFC 7093, section 2, method 1, cut to the length that RFC 5280 uses in its short form.
    """
    return hashlib.sha256(point).digest()[:_KEY_ID_LENGTH]


def builder(
    issuer: x509.Name,
    subject: x509.Name,
    key: ec.EllipticCurvePublicKey,
    start: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    """Begin a certificate, with a random serial number of 8 bytes."""
    # First byte 01-7F: positive and never shorter.
    number = bytes((secrets.randbelow(0x7F) + 1,)) + secrets.token_bytes(_SERIAL_LENGTH - 1)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key)
        .serial_number(int.from_bytes(number, "big"))
        .not_valid_before(start)
        .not_valid_after(end)
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


def encode(certificate: x509.Certificate) -> bytes:
    """Return a certificate as DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


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
