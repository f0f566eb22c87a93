"""Card certificates: small, accepted when genuine, and nothing else is accepted."""

import inspect
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from applet_spec import spec
from host_lib.certificates import encode_point
from keys_tool import (
    CardCertificate,
    KeyStore,
    Purpose,
    issue_card_certificate,
    verify_card_certificate,
)
from keys_tool.certificates import self_signed_certificate
from keys_tool.errors import (
    CertificateError,
    CertificateMalformed,
    CertificateNotGenuine,
    CertificateNotValidAt,
    CertificateRequestInvalid,
    KeyRetired,
)
from keys_tool.file_store import FileStore
from keys_tool.signing import StoreSigner
from keys_tool.x509_profile import key_identifier

NOW = datetime.now(UTC).replace(microsecond=0)
LATER = NOW + timedelta(days=3650)
CARD_KEY = ec.generate_private_key(ec.SECP256R1())
POINT = encode_point(CARD_KEY.public_key())
NUMBER, SERIAL = "9818011234567897", bytes.fromhex("0123456789ABCDEF")

CA_KEY = ec.generate_private_key(ec.SECP256R1())
CA = self_signed_certificate(CA_KEY, "Test CA", NOW)


def issued(store: KeyStore) -> bytes:
    return issue_card_certificate(store, POINT, NUMBER, SERIAL, NOW, LATER)


def test_a_genuine_certificate_says_whose_card_it_is(store: FileStore) -> None:
    accepted = verify_card_certificate(store.issuer_certificate(1), issued(store), NOW)
    assert accepted == CardCertificate(NUMBER, SERIAL, POINT)


def test_a_certificate_fits_its_object_and_is_at_most_400_bytes(store: FileStore) -> None:
    sizes = [len(issued(store)) for _ in range(50)]
    assert max(sizes) <= min(400, spec().objects[0x7F21].length.most)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl program")
def test_openssl_accepts_it_too(store: FileStore, tmp_path: Path) -> None:
    for name, der in (("ca", store.issuer_certificate(1)), ("card", issued(store))):
        pem = x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)
        (tmp_path / name).write_bytes(pem)
    words = ["openssl", "verify", "-x509_strict", "-CAfile", "ca", "card"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "card: OK\n")


@pytest.mark.parametrize("moment", [NOW - timedelta(seconds=1), LATER + timedelta(seconds=1)])
def test_a_certificate_is_not_accepted_outside_its_dates(
    store: FileStore, moment: datetime
) -> None:
    with pytest.raises(CertificateNotValidAt, match="card certificate"):
        verify_card_certificate(store.issuer_certificate(1), issued(store), moment)


def test_a_certificate_is_accepted_at_its_first_and_last_second(store: FileStore) -> None:
    certificate = issued(store)
    for moment in (NOW, LATER):
        verify_card_certificate(store.issuer_certificate(1), certificate, moment)


def test_a_card_dated_from_todays_midnight_anywhere_is_within_a_ca_made_now(
    store: FileStore,
) -> None:
    midnight = NOW.replace(hour=0, minute=0, second=0) - timedelta(hours=14)
    issue_card_certificate(store, POINT, NUMBER, SERIAL, midnight, LATER)


def test_the_certificate_of_another_issuer_is_not_genuine(store: FileStore) -> None:
    certificate = issued(store)
    store.generate(Purpose.CARD_CA, 2)
    with pytest.raises(CertificateNotGenuine):
        verify_card_certificate(store.issuer_certificate(2), certificate, NOW)
    impostor = ec.generate_private_key(ec.SECP256R1())
    same_name = self_signed_certificate(impostor, "Test issuer CA 01", NOW)
    with pytest.raises(CertificateNotGenuine):
        verify_card_certificate(same_name, certificate, NOW)


def test_the_newest_ca_signs_unless_another_is_named(store: FileStore) -> None:
    store.generate(Purpose.CARD_CA, 2)
    verify_card_certificate(store.issuer_certificate(2), issued(store), NOW)
    older = issue_card_certificate(store, POINT, NUMBER, SERIAL, NOW, LATER, version=1)
    verify_card_certificate(store.issuer_certificate(1), older, NOW)
    store.retire(Purpose.CARD_CA, 2)
    with pytest.raises(KeyRetired):
        issue_card_certificate(store, POINT, NUMBER, SERIAL, NOW, LATER, version=2)


@pytest.mark.parametrize(
    "change",
    [
        {"public_key": b"\x04" + bytes(64)},
        {"public_key": POINT[:-1]},
        {"public_key": b""},
        {"public_key": POINT[:-1] + bytes((POINT[-1] ^ 1,))},
        {"public_key": b"\x02" + POINT[1:33]},
        {"card_number": NUMBER[:-1]},
        {"card_number": NUMBER + "0"},
        {"card_number": "٩٨١٨٠١١٢٣٤٥٦٧٨٩٧"},
        {"card_number": "98180112345678 7"},
        {"card_serial": SERIAL[:-1]},
        {"card_serial": SERIAL + b"\0"},
        {"not_before": NOW - timedelta(days=3)},
        {"not_after": NOW + timedelta(days=8000)},
        {"not_after": NOW},
        {"not_before": NOW.replace(tzinfo=None)},
    ],
)
def test_what_cannot_be_certified_is_refused(store: FileStore, change: dict[str, object]) -> None:
    wanted: dict[str, object] = {
        "public_key": POINT,
        "card_number": NUMBER,
        "card_serial": SERIAL,
        "not_before": NOW,
        "not_after": LATER,
    }
    with pytest.raises(CertificateRequestInvalid):
        issue_card_certificate(store, **(wanted | change))  # type: ignore[arg-type]


def built(
    subject: list[tuple[x509.ObjectIdentifier, str]] | None = None,
    key: object = None,
    sign_with: hashes.SHA256 | hashes.SHA384 | None = None,
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] | None = None,
) -> bytes:
    """Sign, with the true CA, a certificate that differs from a card's in one thing."""
    names = subject or [
        (NameOID.SERIAL_NUMBER, SERIAL.hex().upper()),
        (NameOID.COMMON_NAME, NUMBER),
    ]
    ca_point = encode_point(CA_KEY.public_key())
    builder = (
        x509.CertificateBuilder()
        .issuer_name(x509.load_der_x509_certificate(CA).subject)
        .subject_name(x509.Name([x509.NameAttribute(oid, text) for oid, text in names]))
        .public_key(key or CARD_KEY.public_key())  # type: ignore[arg-type]
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(LATER)
    )
    authority = x509.AuthorityKeyIdentifier(key_identifier(ca_point), None, None)
    standard = ((usage("digital_signature"), True), (authority, False))
    for extension, critical in standard if extensions is None else extensions:
        builder = builder.add_extension(extension, critical)
    certificate = builder.sign(CA_KEY, sign_with or hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.DER)


def usage(wanted: str) -> x509.KeyUsage:
    every = inspect.signature(x509.KeyUsage).parameters
    return x509.KeyUsage(**{name: name == wanted for name in every})


def test_the_certificates_of_the_following_test_are_accepted_when_nothing_differs() -> None:
    assert verify_card_certificate(CA, built(), NOW).card_number == NUMBER


@pytest.mark.parametrize(
    "different",
    [
        lambda: built(subject=[(NameOID.COMMON_NAME, NUMBER)]),
        lambda: built(
            subject=[(NameOID.COMMON_NAME, NUMBER), (NameOID.SERIAL_NUMBER, SERIAL.hex().upper())]
        ),
        lambda: built(
            subject=[(NameOID.SERIAL_NUMBER, SERIAL.hex()), (NameOID.COMMON_NAME, NUMBER)]
        ),
        lambda: built(subject=[(NameOID.SERIAL_NUMBER, "00"), (NameOID.COMMON_NAME, NUMBER)]),
        lambda: built(subject=[(NameOID.SERIAL_NUMBER, "X" * 16), (NameOID.COMMON_NAME, NUMBER)]),
        lambda: built(
            subject=[(NameOID.SERIAL_NUMBER, SERIAL.hex().upper()), (NameOID.COMMON_NAME, "1")]
        ),
        lambda: built(key=ec.generate_private_key(ec.SECP384R1()).public_key()),
        lambda: built(sign_with=hashes.SHA384()),
        lambda: built(extensions=()),
        lambda: built(extensions=((usage("key_cert_sign"), True),)),
        lambda: built(extensions=((x509.BasicConstraints(True, None), True),)),
    ],
)
def test_what_the_ca_signed_for_another_use_is_no_card_certificate(
    different: Callable[[], bytes],
) -> None:
    with pytest.raises(CertificateMalformed):
        verify_card_certificate(CA, different(), NOW)


def test_a_card_cannot_act_as_a_ca() -> None:
    card = built()
    name = x509.load_der_x509_certificate(card).subject
    forged = (
        x509.CertificateBuilder()
        .issuer_name(name)
        .subject_name(name)
        .public_key(CARD_KEY.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(LATER)
        .sign(CARD_KEY, hashes.SHA256())
    ).public_bytes(serialization.Encoding.DER)
    with pytest.raises(CertificateMalformed):
        verify_card_certificate(card, forged, NOW)


def test_only_a_ca_may_have_signed() -> None:
    name = x509.load_der_x509_certificate(CA).subject
    point = encode_point(CA_KEY.public_key())
    no_ca = (
        x509.CertificateBuilder()
        .issuer_name(name)
        .subject_name(name)
        .public_key(CA_KEY.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(LATER)
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(usage("key_cert_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier(key_identifier(point)), critical=False)
        .sign(CA_KEY, hashes.SHA256())
    ).public_bytes(serialization.Encoding.DER)
    with pytest.raises(CertificateMalformed):
        verify_card_certificate(no_ca, built(), NOW)


GENUINE = built()
MULTIPLE_OF_4 = next(der for der in iter(built, None) if der[-1] % 4 == 0)


@pytest.mark.parametrize("der", [GENUINE, MULTIPLE_OF_4])
def test_every_flipped_bit_of_a_certificate_is_noticed(der: bytes) -> None:
    for position in range(len(der)):
        for bit in range(8):
            flipped = bytearray(der)
            flipped[position] ^= 1 << bit
            with pytest.raises(CertificateError):
                verify_card_certificate(CA, bytes(flipped), NOW)


@given(
    st.one_of(
        st.binary(max_size=500),
        st.integers(0, len(GENUINE) - 1)
        .map(GENUINE.__getitem__)
        .map(lambda byte: GENUINE + bytes((byte,))),
    )
)
def test_no_other_bytes_are_accepted_and_none_break_the_check(der: bytes) -> None:
    with pytest.raises(CertificateMalformed):
        verify_card_certificate(CA, der, NOW)


def test_the_signer_of_a_store_signs_and_does_nothing_else(store: FileStore) -> None:
    signer = StoreSigner(store.public_key(1), lambda digest: store.sign_digest(1, digest))
    assert signer.key_size == 256
    signer.public_key().verify(
        signer.sign(b"data", ec.ECDSA(hashes.SHA256())), b"data", ec.ECDSA(hashes.SHA256())
    )
    with pytest.raises(TypeError):
        signer.private_numbers()
    with pytest.raises(TypeError):
        signer.private_bytes(serialization.Encoding.DER)
    with pytest.raises(TypeError):
        signer.exchange(ec.ECDH(), CARD_KEY.public_key())
    with pytest.raises(TypeError):
        signer.sign(b"data", ec.ECDSA(hashes.SHA1()))
