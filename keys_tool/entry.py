"""One key in a file store: its material, what may be known about it, and its JSON form."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec

from host_lib.certificates import encode_point
from host_lib.keyset import KeySet
from host_lib.primitives import cmac_check_value, key_check_value
from host_lib.secret import AesKey, SecretBytes
from keys_tool.certificates import self_signed_certificate
from keys_tool.diversification import Master, Scheme
from keys_tool.purpose import (
    AES_LENGTHS,
    FOREIGN_MASTERS,
    KEY_SETS,
    Algorithm,
    CheckMethod,
    KeyInfo,
    KeyState,
    Purpose,
    check_algorithm,
    check_version,
)
from keys_tool.x509_profile import certified_point, key_identifier

_SCALAR_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Entry:
    """A key: ``material`` is ENC || MAC || DEK, one AES key, or a private scalar (32 bytes).

    ``certificate`` (DER) comes with a key pair and is empty otherwise. ValueError for material that
    is not of the algorithm.
    """

    info: KeyInfo
    material: SecretBytes
    certificate: bytes = b""

    @classmethod
    def generate(
        cls, purpose: Purpose, version: int, algorithm: Algorithm, created: datetime, issuer: str
    ) -> Self:
        """Make a key from the operating system's random numbers; ``issuer`` names a certificate."""
        if algorithm is not Algorithm.ECDSA_P256:
            material = SecretBytes(secrets.token_bytes(AES_LENGTHS[algorithm]))
            return cls.of(purpose, version, algorithm, created, material)
        key = ec.generate_private_key(ec.SECP256R1())
        scalar = key.private_numbers().private_value.to_bytes(_SCALAR_LENGTH, "big")
        name = f"{issuer} CA {version:02X}"
        certificate = self_signed_certificate(key, name, created)
        return cls.of(purpose, version, algorithm, created, SecretBytes(scalar), certificate)

    @classmethod
    def of(
        cls,
        purpose: Purpose,
        version: int,
        algorithm: Algorithm,
        created: datetime,
        material: SecretBytes,
        certificate: bytes = b"",
    ) -> Self:
        """Make an active key of given material, and compute its check value."""
        method, value = _check_value(algorithm, material)
        info = KeyInfo(purpose, version, algorithm, value, method, created, KeyState.ACTIVE)
        return cls(info, material, certificate)

    def retired(self) -> Self:
        """Return the same key, retired."""
        return replace(self, info=replace(self.info, state=KeyState.RETIRED))

    def aes_key(self) -> AesKey:
        """Return the material of a single AES key."""
        return AesKey(self.material.reveal())

    def master(self) -> Master:
        """Return the material of a derivation master, with the scheme in its algorithm's name."""
        return Master(_scheme(self.info.algorithm), self.aes_key())

    def key_set(self, version: int) -> KeySet:
        """Return the material of a key set, as a set of this key version number."""
        enc, mac, dek = _thirds(self.material)
        return KeySet(version, AesKey(enc), AesKey(mac), AesKey(dek))

    def private_key(self) -> ec.EllipticCurvePrivateKey:
        """Return the material of a key pair."""
        return _private_key(self.material)

    def _point(self) -> bytes:
        """Return the public point of a key pair; nothing for other keys."""
        if self.info.algorithm is not Algorithm.ECDSA_P256:
            return b""
        return encode_point(self.private_key().public_key())

    def _certified_point(self) -> bytes:
        return certified_point(self.certificate) if self.certificate else b""

    def as_dict(self) -> dict[str, object]:
        """Return the entry for the encrypted payload; holds the key itself."""
        info = self.info
        return {
            "purpose": info.purpose.value,
            "version": info.version,
            "algorithm": info.algorithm.value,
            "created": info.created.isoformat(timespec="microseconds"),
            "state": info.state.value,
            "check_method": info.check_method.value,
            "check_value": info.check_value.hex(),
            "material": self.material.reveal().hex(),
            "certificate": self.certificate.hex(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Self:
        """Read an entry of a decrypted payload.

        Check values are computed anew and compared with the stored ones, a certificate with its
        key. Raises KeyError, TypeError, ValueError or `KeysError` for an inconsistent entry.
        """
        version = values["version"]
        if type(version) is not int:
            raise ValueError("a key version is an integer")
        entry = cls.of(
            Purpose(values["purpose"]),
            version,
            Algorithm(values["algorithm"]),
            datetime.fromisoformat(str(values["created"])).astimezone(UTC),
            SecretBytes(bytes.fromhex(str(values["material"]))),
            bytes.fromhex(str(values["certificate"])),
        )
        check_version(entry.info.purpose, version)
        check_algorithm(entry.info.purpose, entry.info.algorithm)
        if KeyState(values["state"]) is KeyState.RETIRED:
            entry = entry.retired()
        if entry.as_dict() != values or entry._certified_point() != entry._point():
            raise ValueError("the entry contradicts itself")
        return entry


def _check_value(algorithm: Algorithm, material: SecretBytes) -> tuple[CheckMethod, bytes]:
    if algorithm is Algorithm.ECDSA_P256:
        point = encode_point(_private_key(material).public_key())
        return CheckMethod.KEY_ID, key_identifier(point)
    parts = _thirds(material) if algorithm in KEY_SETS else (material.reveal(),)
    if any(len(part) != AES_LENGTHS[algorithm] for part in parts):
        raise ValueError(f"no material of {algorithm.value}")
    if algorithm in KEY_SETS:
        return CheckMethod.AES_01, b"".join(map(key_check_value, parts))
    if algorithm in FOREIGN_MASTERS:
        return CheckMethod.TDES_00, Master(_scheme(algorithm), AesKey(parts[0])).check_value
    return CheckMethod.CMAC_00, cmac_check_value(parts[0])


def _scheme(algorithm: Algorithm) -> Scheme:
    return Scheme(algorithm.value.rpartition(" ")[2])


def _thirds(material: SecretBytes) -> tuple[bytes, ...]:
    value = material.reveal()
    third, rest = divmod(len(value), 3)
    if rest:
        raise ValueError("a key set has three keys of one length")
    return value[:third], value[third : 2 * third], value[2 * third :]


def _private_key(material: SecretBytes) -> ec.EllipticCurvePrivateKey:
    if len(material) != _SCALAR_LENGTH:
        raise ValueError(f"a P-256 private key has {_SCALAR_LENGTH} bytes")
    return ec.derive_private_key(int.from_bytes(material.reveal(), "big"), ec.SECP256R1())
