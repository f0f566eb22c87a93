"""What a key is for, and what the store says about it: purpose, version, algorithm, check value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from types import MappingProxyType

from applet_spec import spec
from keys_tool.errors import KeyNotFound, VersionOutOfRange, WrongAlgorithm, WrongPurpose


class Purpose(Enum):
    """The one use of a key; the store refuses every other."""

    TRANSPORT = "transport"
    """Opens blank stock, key version number FF on the card; its version counts deliveries."""
    ISSUER = "issuer"
    """Derivation master of the issuer keys of cards; its version is their key version number."""
    CARD_CA = "card-ca"
    """Signs card certificates; comes with its self-signed issuer certificate."""
    PRODUCTION = "production"
    """Seals the secrets of production files."""
    MAILER = "mailer"
    """Seals PIN mailers for the mail room."""
    ROLE_LOAD = "role-load"
    """Derivation master of the keys of role 0 on cards, of which its version is the master version;
    so for the other roles, one purpose each."""
    ROLE_MERCHANT = "role-merchant"
    ROLE_CASH = "role-cash"
    ROLE_RATION = "role-ration"
    ROLE_BREAD = "role-bread"
    ROLE_HEALTH = "role-health"
    ROLE_INSPECT = "role-inspect"
    ROLE_7 = "role-7"
    ROLE_8 = "role-8"
    ROLE_9 = "role-9"
    ROLE_A = "role-a"
    ROLE_B = "role-b"
    ROLE_C = "role-c"
    ROLE_D = "role-d"
    ROLE_E = "role-e"
    ROLE_F = "role-f"
    RECEIPT = "receipt"
    """Derivation master of the keys with which cards sign receipts; its version is theirs."""


ROLE_PURPOSES = tuple(purpose for purpose in Purpose if purpose.value.startswith("role-"))
"""The purposes of role masters, by role: 0 to 15."""


class Algorithm(Enum):
    """What the key material is and how it is used."""

    AES_128_SET = "AES-128 key set"
    """Three keys, ENC, MAC and DEK, the same for every card (as test stock is delivered)."""
    AES_192_SET = "AES-192 key set"
    AES_256_SET = "AES-256 key set"
    AES_128_KDF3 = "AES-128 KDF3"
    """A master from which KDF3 derives the keys of one card, as long as itself."""
    AES_192_KDF3 = "AES-192 KDF3"
    AES_256_KDF3 = "AES-256 KDF3"
    AES_128_EMV = "AES-128 EMV"
    """A two-key 3DES master of a chip supplier; what it derives is taken as AES-128 keys."""
    AES_128_VISA2 = "AES-128 VISA2"
    AES_128_UC1 = "AES-128 UC1"
    """A master from which UC1 derives the role keys or the receipt key of one card."""
    AES_256_GCM = "AES-256-GCM"
    ECDSA_P256 = "ECDSA P-256 SHA-256"


class KeyState(Enum):
    """An active key protects new things; a retired one only serves what it protected before."""

    ACTIVE = "active"
    RETIRED = "retired"


class CheckMethod(Enum):
    """How a check value was computed; two check values compare only under one method."""

    AES_01 = "AES-01"
    """First 3 bytes of AES over 16 bytes 01 (GlobalPlatform), for each key of a set."""
    TDES_00 = "TDES-00"
    """First 3 bytes of 3DES over 8 bytes 00, as suppliers print it for 3DES masters."""
    CMAC_00 = "CMAC-00"
    """First 3 bytes of CMAC over 16 bytes 00 (ANSI X9.24-1, annex A)."""
    KEY_ID = "SHA-256 key id"
    """First 8 bytes of SHA-256 over the public point: the key identifier in certificates."""


KEY_SETS = (Algorithm.AES_128_SET, Algorithm.AES_192_SET, Algorithm.AES_256_SET)
"""Three keys as they are."""
MASTERS = (Algorithm.AES_128_KDF3, Algorithm.AES_192_KDF3, Algorithm.AES_256_KDF3)
"""Derivation masters of our own."""
FOREIGN_MASTERS = (Algorithm.AES_128_EMV, Algorithm.AES_128_VISA2)
"""Masters by which chip suppliers derive the keys of blank stock; never made here."""

AES_LENGTHS: Mapping[Algorithm, int] = MappingProxyType(
    {
        **dict(zip(KEY_SETS, (16, 24, 32), strict=True)),
        **dict(zip(MASTERS, (16, 24, 32), strict=True)),
        **dict.fromkeys(FOREIGN_MASTERS, 16),
        Algorithm.AES_128_UC1: 16,
        Algorithm.AES_256_GCM: 32,
    }
)
"""Length in bytes of one AES key of the algorithm."""


ALGORITHMS: Mapping[Purpose, tuple[Algorithm, ...]] = MappingProxyType(
    {
        Purpose.TRANSPORT: (*KEY_SETS, *MASTERS, *FOREIGN_MASTERS),
        Purpose.ISSUER: MASTERS,
        Purpose.CARD_CA: (Algorithm.ECDSA_P256,),
        Purpose.PRODUCTION: (Algorithm.AES_256_GCM,),
        Purpose.MAILER: (Algorithm.AES_256_GCM,),
        **dict.fromkeys((*ROLE_PURPOSES, Purpose.RECEIPT), (Algorithm.AES_128_UC1,)),
    }
)
"""The algorithms that a purpose allows, the default one first."""


FOR_TERMINALS = tuple(p for p in ROLE_PURPOSES if p is not Purpose.ROLE_LOAD)
"""What leaves the issuer: the masters of roles that terminals have. LOAD can create value."""


def require_for_terminals(purpose: Purpose) -> None:
    """Raise `WrongPurpose` for keys that stay with the issuer."""
    if purpose not in FOR_TERMINALS:
        raise WrongPurpose(
            f"{_phrase(purpose)} stays with the issuer",
            advice="Hand over the master of the terminal's own role. Where the other store is the "
            "issuer's too, say so (`--within-issuer`).",
        )


def versions(purpose: Purpose) -> range:
    """Return the versions that a purpose allows: key version numbers of the spec, or a count.

    Versions of role and receipt masters are one byte on the card, where 00 stands for none.
    """
    if purpose is Purpose.ISSUER:
        issuer = spec().key_ranges["issuer"]
        return range(issuer.first, issuer.last + 1)
    return range(1, 0x100)


def blank_key_version() -> int:
    """Return the key version number under which blank stock holds its transport keys."""
    return spec().key_ranges["blank"].first


def check_version(purpose: Purpose, version: int) -> None:
    """Raise `VersionOutOfRange` unless the purpose has this version."""
    allowed = versions(purpose)
    if version not in allowed:
        raise VersionOutOfRange(
            f"{_phrase(purpose)} cannot have version {version:02X}",
            advice=f"Choose a version from {allowed[0]:02X} to {allowed[-1]:02X}.",
        )


def check_algorithm(purpose: Purpose, algorithm: Algorithm) -> None:
    """Raise `WrongAlgorithm` unless the purpose takes keys of this algorithm."""
    allowed = ALGORITHMS[purpose]
    if algorithm not in allowed:
        raise WrongAlgorithm(
            f"{_phrase(purpose)} is never of {algorithm.value}",
            advice="Choose one of " + ", ".join(one.value for one in allowed),
        )


def _phrase(purpose: Purpose) -> str:
    article = "an" if purpose.value[0] in "aeiou" else "a"
    return f"{article} {purpose.value} key"


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What may be known about a key by anyone who opens the store; nothing here is secret.

    ``created`` is in UTC. ``check_value`` has 3 bytes per AES key, or 8 bytes for a
    key pair; compare it only with values of the same ``check_method``.
    """

    purpose: Purpose
    version: int
    algorithm: Algorithm
    check_value: bytes
    check_method: CheckMethod
    created: datetime
    state: KeyState


TRANSPORT_ADVICE = (
    "Add them with `unicard keys add transport --transport-file FILE` (format: "
    "applet_spec/formats/transport-keys.schema.json), or `--transport gp-default` for test cards."
)
"""Where the keys of blank stock come from."""


def newest_active(infos: Iterable[KeyInfo], purpose: Purpose) -> KeyInfo:
    """Return the active key of a purpose that was made last; `KeyNotFound` where there is none."""
    active = (info for info in infos if info.purpose is purpose and info.state is KeyState.ACTIVE)
    newest = max(active, key=lambda info: (info.created, info.version), default=None)
    if newest is None:
        own = f"Add one with `unicard keys add {purpose.value}`."
        advice = TRANSPORT_ADVICE if purpose is Purpose.TRANSPORT else own
        raise KeyNotFound(f"the store holds no active {purpose.value} key", advice=advice)
    return newest
