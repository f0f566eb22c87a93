"""What issuer and card certificates have in common, over the X.509 library.

A public key is a point on P-256, uncompressed: 65 bytes.
"""

import hashlib
import secrets
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from host_lib.certificates import point_of

_SERIAL_LENGTH = 8
_KEY_ID_LENGTH = 8


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


def encode(certificate: x509.Certificate) -> bytes:
    """Return a certificate as DER."""
    return certificate.public_bytes(serialization.Encoding.DER)
