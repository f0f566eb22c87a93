"""Key version ranges are apart, and the derivations' vectors are right."""

from collections.abc import Callable, Iterator
from itertools import combinations

from applet_spec.checks.contract import Files, Finding, SpecCheck, data_file
from applet_spec.model import Spec, Vector

KEYS = data_file("keys")
BLOCK = 16
NUMBERS = {"ENC": 1, "MAC": 2, "DEK": 3}
"""Numbers of the three keys in KDF3, EMV and VISA2."""
ROLE_SLOTS = ("role slot A", "role slot B")
ROLES = 16
"""Roles that there can be: half a byte of the key version."""


def key_ranges_are_apart(_files: Files, spec: Spec) -> Iterator[Finding]:
    """No key version belongs to two ranges, and no range is empty."""
    for one in spec.key_ranges.values():
        if one.first > one.last:
            yield Finding(KEYS, one.name, "The range's first version comes after its last.")
    for one, other in combinations(spec.key_ranges.values(), 2):
        if one.first <= other.last and other.first <= one.last:
            yield Finding(KEYS, one.name, f"The range overlaps with {other.name!r}.")


def role_slots_hold_the_roles(_files: Files, spec: Spec) -> Iterator[Finding]:
    """Each slot has a version for every role, and the list of key sets has room for both slots."""
    slots = [spec.key_ranges[name] for name in ROLE_SLOTS]
    for slot in slots:
        if slot.last - slot.first + 1 != ROLES or slot.first % ROLES:
            yield Finding(KEYS, slot.name, f"The slot is not {ROLES} versions, x0 to xF.")
    listed = spec.object_named("role key sets").length
    if (listed.least, listed.most) != (2, 2 * ROLES * len(slots)):
        what = "The object does not list from one to all role key sets, each in 2 bytes."
        yield Finding(data_file("objects"), "role key sets", what)


def vectors_recompute(_files: Files, spec: Spec) -> Iterator[Finding]:
    """Each derivation's vectors are what the derivation gives."""
    for derivation in spec.derivations.values():
        derive = DERIVE.get(derivation.name)
        if derive is None:
            what = "The check does not know how to recompute this derivation's vectors."
            yield Finding(KEYS, derivation.name, what)
            continue
        for vector in derivation.vectors:
            right = derive(vector) == vector.key
            if vector.check_value:
                right = right and _tdes(vector.key, bytes(8))[:3] == vector.check_value
            if not right:
                what = f"The vector of {vector.source!r} does not recompute."
                yield Finding(KEYS, derivation.name, what)


def _kdf3(vector: Vector) -> bytes | None:
    """SP 800-108r1 counter mode as GlobalPlatformPro's KDF3 has it; None for another purpose."""
    number = NUMBERS.get(vector.purpose)
    if number is None:
        return None
    fixed = bytes([0, 0, 0, number, 0]) + vector.input
    blocks = range(1, -(-len(vector.master) // BLOCK) + 1)
    return b"".join(_cmac(vector.master, bytes([i]) + fixed) for i in blocks)[: len(vector.master)]


def _uc1(vector: Vector) -> bytes | None:
    """SP 800-108r1 counter mode, label UC1, 128 bits; None when input and purpose differ."""
    number = {"ENC": 1, "MAC": 2, "receipt": 3}.get(vector.purpose)
    if number != vector.input[0]:
        return None
    return _cmac(vector.master, b"\x01UC1\x00" + vector.input + (8 * BLOCK).to_bytes(2, "big"))


def _emv(vector: Vector) -> bytes | None:
    return _tdes_pair(vector, vector.input[4:10])


def _visa2(vector: Vector) -> bytes | None:
    return _tdes_pair(vector, vector.input[:2] + vector.input[4:8])


def _tdes_pair(vector: Vector, part: bytes) -> bytes | None:
    """TDES over six bytes of the card, F0 and number, the six again, 0F and number."""
    number = NUMBERS.get(vector.purpose)
    if number is None or len(vector.master) != BLOCK:
        return None
    blocks = (part + bytes((mark, number)) for mark in (0xF0, 0x0F))
    return _tdes(vector.master, b"".join(blocks))


def _tdes(key: bytes, data: bytes) -> bytes:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    encryptor = Cipher(TripleDES(key + key[:8]), modes.ECB()).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def _cmac(key: bytes, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.cmac import CMAC

    mac = CMAC(AES(key))
    mac.update(data)
    return mac.finalize()


DERIVE: dict[str, Callable[[Vector], bytes | None]] = {
    "KDF3": _kdf3,
    "EMV": _emv,
    "VISA2": _visa2,
    "UC1": _uc1,
}

CHECKS: tuple[SpecCheck, ...] = (
    key_ranges_are_apart,
    role_slots_hold_the_roles,
    vectors_recompute,
)
