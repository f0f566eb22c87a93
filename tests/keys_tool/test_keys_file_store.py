"""The encrypted file store: what it refuses, and that a refusal leaves the file as it was."""

import fcntl
import hashlib
import os
import resource
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from host_lib import CardKeys, Role
from host_lib.keyset import KeySet
from host_lib.secret import AesKey, SecretBytes
from keys_tool import errors, open_store, sealing
from keys_tool.atomic_file import exclusive
from keys_tool.derivation import derive_card_keys
from keys_tool.diversification import Master, Scheme
from keys_tool.file_store import FileStore
from keys_tool.passphrase import from_text
from keys_tool.purpose import Algorithm, CheckMethod, KeyState, Purpose
from keys_tool.sam import issuer_versions
from keys_tool.store import KeyStore
from keys_tool.transport_file import globalplatform_default
from keys_tool.vault import ScryptCost

CHIP = bytes.fromhex("00112233445566778899")
OTHER_CHIP = bytes.fromhex("00112233445566778898")


def test_a_store_opens_again_with_the_same_keys(
    store: FileStore, path: Path, passphrase: SecretBytes
) -> None:
    with open_store(str(path), passphrase) as again:
        assert again.keys() == store.keys()
        assert again.issuer_keys(0x30, CHIP) == store.issuer_keys(0x30, CHIP)
        assert again.issuer_certificate(1) == store.issuer_certificate(1)


def test_a_new_store_has_the_first_key_of_each_purpose(store: FileStore) -> None:
    infos = store.keys()
    found = [(info.purpose, info.version, info.check_method) for info in infos]
    assert found == [
        (Purpose.TRANSPORT, 1, CheckMethod.AES_01),
        (Purpose.ISSUER, 0x30, CheckMethod.CMAC_00),
        (Purpose.CARD_CA, 1, CheckMethod.KEY_ID),
        (Purpose.PRODUCTION, 1, CheckMethod.CMAC_00),
        (Purpose.MAILER, 1, CheckMethod.CMAC_00),
        *((Purpose(f"role-{role.name.lower()}"), 1, CheckMethod.CMAC_00) for role in Role),
        (Purpose.RECEIPT, 1, CheckMethod.CMAC_00),
    ]


def test_test_stock_shows_the_check_values_that_every_vendor_prints(store: FileStore) -> None:
    # 504A77 is the check value of 404142…4F over a block of 01 in GlobalPlatform card sheets.
    assert store.info(Purpose.TRANSPORT, 1).check_value.hex().upper() == "504A77" * 3


def test_each_chip_has_keys_of_its_own(store: FileStore) -> None:
    assert store.issuer_keys(0x30, CHIP) != store.issuer_keys(0x30, OTHER_CHIP)


def test_a_key_set_opens_every_blank_card_and_a_master_each_with_its_own_keys(
    store: FileStore,
) -> None:
    master = AesKey(bytes(range(16)))
    info = store.import_transport(2, Master(Scheme.KDF3, master))
    assert info.algorithm is Algorithm.AES_128_KDF3
    assert store.transport_keys(1, CHIP) == store.transport_keys(1, OTHER_CHIP)
    assert store.transport_keys(2, CHIP) == derive_card_keys(master, 0xFF, CHIP)
    assert store.transport_keys(2, CHIP) != store.transport_keys(2, OTHER_CHIP)


@pytest.mark.parametrize("scheme", [Scheme.EMV, Scheme.VISA2])
def test_a_suppliers_master_is_kept_with_its_scheme(
    store: FileStore, path: Path, passphrase: SecretBytes, scheme: Scheme
) -> None:
    master = Master(scheme, AesKey(bytes(range(0x40, 0x50))))
    info = store.import_transport(2, master)
    assert info.algorithm.value == f"AES-128 {scheme.value}"
    assert (info.check_method.value, info.check_value.hex().upper()) == ("TDES-00", "8BAF47")
    with FileStore.load(path, passphrase) as again:
        assert again.transport_keys(2, CHIP) == master.keys_of(0xFF, CHIP)
        assert again.transport_keys(2, CHIP) != again.transport_keys(2, CHIP[::-1])


@pytest.mark.parametrize("length", [16, 24, 32])
def test_keys_of_every_aes_length_are_kept(store: FileStore, length: int) -> None:
    key = AesKey(os.urandom(length))
    keys = KeySet(0xFF, key, AesKey(os.urandom(length)), AesKey(os.urandom(length)))
    store.import_transport(9, keys)
    assert store.transport_keys(9, CHIP) == keys
    algorithm = Algorithm(f"AES-{8 * length} KDF3")
    store.generate(Purpose.ISSUER, 0x3F, algorithm)
    assert len(store.issuer_keys(0x3F, CHIP).enc) == length


@pytest.mark.parametrize(
    "keys",
    [
        KeySet(0x30, AesKey(bytes(16)), AesKey(bytes(16)), AesKey(bytes(16))),
        KeySet(0xFF, AesKey(bytes(16)), AesKey(bytes(16))),
    ],
)
def test_transport_keys_are_a_complete_set_of_version_ff(store: FileStore, keys: KeySet) -> None:
    with pytest.raises(ValueError, match="version FF"):
        store.import_transport(2, keys)


def test_the_newest_active_key_is_the_default(store: FileStore) -> None:
    store.generate(Purpose.ISSUER, 0x35)
    store.generate(Purpose.ISSUER, 0x31)
    assert store.default_version(Purpose.ISSUER) == 0x31
    store.retire(Purpose.ISSUER, 0x31)
    assert store.default_version(Purpose.ISSUER) == 0x35


def test_there_is_no_default_among_retired_keys(store: FileStore) -> None:
    store.retire(Purpose.MAILER, 1)
    with pytest.raises(errors.KeyNotFound):
        store.default_version(Purpose.MAILER)


def test_a_retired_key_serves_what_it_protected_and_protects_nothing_new(store: FileStore) -> None:
    sealed = store.seal(Purpose.MAILER, 1, b"mailer", b"")
    before = store.issuer_keys(0x30, CHIP)
    for purpose, version in ((Purpose.MAILER, 1), (Purpose.ISSUER, 0x30), (Purpose.CARD_CA, 1)):
        assert store.retire(purpose, version).state is KeyState.RETIRED
    assert store.open(Purpose.MAILER, 1, sealed, b"") == b"mailer"
    assert store.issuer_keys(0x30, CHIP) == before
    with pytest.raises(errors.KeyRetired):
        store.seal(Purpose.MAILER, 1, b"mailer", b"")
    with pytest.raises(errors.KeyRetired):
        store.sign_digest(1, bytes(32))


def test_the_card_ca_signs_what_its_public_key_verifies(store: FileStore) -> None:
    point = store.public_key(1)
    assert (len(point), point[0]) == (65, 4)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    signature = store.sign_digest(1, hashlib.sha256(b"data").digest())
    key.verify(signature, b"data", ec.ECDSA(hashes.SHA256()))


def test_sealed_data_opens_only_as_it_was_sealed(store: FileStore) -> None:
    store.generate(Purpose.PRODUCTION, 2)
    sealed = store.seal(Purpose.PRODUCTION, 1, b"secret", b"batch 1")
    assert store.open(Purpose.PRODUCTION, 1, sealed, b"batch 1") == b"secret"
    assert b"secret" not in sealed
    assert len(sealed) == 12 + len(b"secret") + 16
    for purpose, version, data, aad in (
        (Purpose.PRODUCTION, 1, sealed, b"batch 2"),
        (Purpose.PRODUCTION, 2, sealed, b"batch 1"),
        (Purpose.MAILER, 1, sealed, b"batch 1"),
        (Purpose.PRODUCTION, 1, sealed[:27], b"batch 1"),
        (Purpose.PRODUCTION, 1, b"", b"batch 1"),
        (Purpose.PRODUCTION, 1, sealed[:-1] + bytes((sealed[-1] ^ 1,)), b"batch 1"),
    ):
        with pytest.raises(errors.SealedDataDamaged):
            store.open(purpose, version, data, aad)


def test_sealed_data_is_bound_to_purpose_and_version_even_under_one_key() -> None:
    key = AesKey(bytes(32))
    sealed = sealing.seal(key, b"x", sealing.associated_data(Purpose.MAILER, 1, b""))
    assert sealing.unseal(key, sealed, b"mailer:01\0") == b"x"
    for purpose, version in ((Purpose.MAILER, 2), (Purpose.PRODUCTION, 1)):
        with pytest.raises(errors.SealedDataDamaged):
            sealing.unseal(key, sealed, sealing.associated_data(purpose, version, b""))


@pytest.mark.parametrize("purpose", [Purpose.TRANSPORT, Purpose.ISSUER, Purpose.CARD_CA])
def test_no_other_key_ever_seals_or_opens_data(store: FileStore, purpose: Purpose) -> None:
    with pytest.raises(errors.WrongPurpose):
        store.seal(purpose, 0x30, b"", b"")
    with pytest.raises(errors.WrongPurpose):
        store.open(purpose, 0x30, bytes(28), b"")


REFUSED: list[tuple[type[errors.KeysError], Callable[[KeyStore], object]]] = [
    (errors.KeyExists, lambda s: s.generate(Purpose.ISSUER, 0x30)),
    (errors.KeyExists, lambda s: s.import_transport(1, globalplatform_default())),
    (errors.WrongPurpose, lambda s: s.generate(Purpose.TRANSPORT, 2)),
    (errors.WrongAlgorithm, lambda s: s.generate(Purpose.ISSUER, 0x31, Algorithm.AES_256_GCM)),
    (errors.WrongAlgorithm, lambda s: s.generate(Purpose.CARD_CA, 2, Algorithm.AES_128_KDF3)),
    (errors.VersionOutOfRange, lambda s: s.generate(Purpose.ISSUER, 0x2F)),
    (errors.VersionOutOfRange, lambda s: s.generate(Purpose.ISSUER, 0x40)),
    (errors.VersionOutOfRange, lambda s: s.generate(Purpose.MAILER, 0)),
    (errors.VersionOutOfRange, lambda s: s.generate(Purpose.MAILER, 256)),
    (errors.VersionOutOfRange, lambda s: s.issuer_keys(0xFF, CHIP)),
    (errors.KeyNotFound, lambda s: s.issuer_keys(0x3F, CHIP)),
    (errors.KeyNotFound, lambda s: s.transport_keys(2, CHIP)),
    (errors.KeyNotFound, lambda s: s.retire(Purpose.ISSUER, 0x3F)),
    (errors.KeyNotFound, lambda s: s.public_key(2)),
    (errors.KeyNotFound, lambda s: s.issuer_certificate(2)),
    (errors.KeyNotFound, lambda s: s.sign_digest(2, bytes(32))),
    (errors.KeyNotFound, lambda s: s.seal(Purpose.MAILER, 2, b"", b"")),
    (errors.KeyNotFound, lambda s: s.info(Purpose.MAILER, 2)),
]


@pytest.mark.parametrize(("error", "use"), REFUSED)
def test_a_refusal_leaves_the_file_untouched(
    store: FileStore,
    path: Path,
    error: type[errors.KeysError],
    use: Callable[[KeyStore], object],
) -> None:
    before, keys = path.read_bytes(), store.keys()
    with pytest.raises(error) as caught:
        use(store)
    assert caught.value.advice
    assert (path.read_bytes(), store.keys()) == (before, keys)


def test_a_closed_store_answers_nothing(store: FileStore) -> None:
    store.close()
    store.close()
    with pytest.raises(errors.StoreClosed):
        store.keys()
    with pytest.raises(errors.StoreClosed):
        store.generate(Purpose.ISSUER, 0x31)


def test_a_store_is_never_created_over_a_file(
    store: FileStore, path: Path, passphrase: SecretBytes, cheap: ScryptCost
) -> None:
    before = path.read_bytes()
    with pytest.raises(errors.StoreExists):
        FileStore.create(path, passphrase, cost=cheap)
    assert path.read_bytes() == before
    assert store.keys()


def test_where_there_is_no_store_the_error_says_so(path: Path, passphrase: SecretBytes) -> None:
    for place in (path, path.parent):
        with pytest.raises(errors.StoreNotFound):
            open_store(place, passphrase)
    with pytest.raises(errors.StoreUnsupported, match="PKCS#11"):
        open_store("pkcs11:token=issuer", passphrase)
    assert list(path.parent.iterdir()) == []


def test_a_store_cannot_be_created_in_a_folder_that_is_not_there(
    path: Path, passphrase: SecretBytes, cheap: ScryptCost
) -> None:
    with pytest.raises(errors.StoreReadOnly):
        FileStore.create(path.parent / "absent" / "keys", passphrase, cost=cheap)


def test_a_file_too_large_for_a_store_is_not_read_to_its_end(
    path: Path, passphrase: SecretBytes
) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(errors.StoreDamaged, match="too large"):
        open_store(path, passphrase)


def test_only_the_owner_may_read_the_files(store: FileStore, path: Path) -> None:
    path.chmod(0o644)
    old = os.umask(0)
    try:
        store.generate(Purpose.ISSUER, 0x31)
    finally:
        os.umask(old)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {0o600}


def test_a_read_only_store_is_left_alone(store: FileStore, path: Path) -> None:
    path.chmod(0o400)
    before = path.read_bytes()
    with pytest.raises(errors.StoreReadOnly):
        store.generate(Purpose.ISSUER, 0x31)
    assert path.read_bytes() == before
    assert store.default_version(Purpose.ISSUER) == 0x30


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_the_old_store_and_no_half_written_file(
    store: FileStore, path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(errors.StoreReadOnly, match="No space left"):
        store.generate(Purpose.ISSUER, 0x31)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert {file.name for file in path.parent.iterdir()} == {path.name, f".{path.name}.lock"}
    assert store.generate(Purpose.ISSUER, 0x31).version == 0x31


def test_two_writers_at_once_are_refused(store: FileStore, path: Path) -> None:
    before = path.read_bytes()
    with exclusive(path), pytest.raises(errors.StoreLocked):
        store.generate(Purpose.ISSUER, 0x31)
    assert path.read_bytes() == before
    store.generate(Purpose.ISSUER, 0x31)


def test_a_lock_file_that_was_left_behind_locks_nobody_out(store: FileStore, path: Path) -> None:
    lock = path.with_name(f".{path.name}.lock")
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
    assert store.generate(Purpose.ISSUER, 0x31).version == 0x31


def test_a_longer_leftover_of_a_killed_writer_does_no_harm(
    store: FileStore, path: Path, passphrase: SecretBytes
) -> None:
    leftover = path.with_name(f".{path.name}.new")
    leftover.write_bytes(bytes(100_000))
    leftover.chmod(0o644)
    store.generate(Purpose.ISSUER, 0x31)
    with FileStore.load(path, passphrase) as again:
        assert again.keys() == store.keys()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not leftover.exists()


def test_keys_that_another_process_added_meanwhile_are_kept(
    store: FileStore, path: Path, passphrase: SecretBytes
) -> None:
    with FileStore.load(path, passphrase) as other:
        other.generate(Purpose.ISSUER, 0x31)
        store.generate(Purpose.ISSUER, 0x32)
        with pytest.raises(errors.KeyExists):
            other.generate(Purpose.ISSUER, 0x32)
    assert issuer_versions(store) == {0x30, 0x31, 0x32}


def test_a_new_passphrase_replaces_the_old_one_and_the_store_key(
    store: FileStore, path: Path, passphrase: SecretBytes
) -> None:
    new = SecretBytes(b"other words that were invented")
    before = store.issuer_keys(0x30, CHIP)
    with FileStore.load(path, passphrase) as other:
        store.change_passphrase(new)
        with pytest.raises(errors.StoreChanged):
            other.generate(Purpose.ISSUER, 0x31)
    with pytest.raises(errors.WrongPassphrase):
        FileStore.load(path, passphrase)
    with FileStore.load(path, new) as again:
        assert again.issuer_keys(0x30, CHIP) == before
    store.generate(Purpose.ISSUER, 0x31)


@pytest.mark.parametrize(
    "weak", [b"", b"fourteen chars", b"x" * 40, b"\xff" * 40, "رموز قصيرة".encode()]
)
def test_a_weak_passphrase_is_refused_for_a_new_store_and_as_a_new_one(
    store: FileStore, path: Path, cheap: ScryptCost, weak: bytes
) -> None:
    before = path.read_bytes()
    with pytest.raises(errors.WeakPassphrase):
        FileStore.create(path.with_name("new"), SecretBytes(weak), cost=cheap)
    with pytest.raises(errors.WeakPassphrase):
        store.change_passphrase(SecretBytes(weak))
    assert path.read_bytes() == before
    assert not path.with_name("new").exists()


def test_one_passphrase_opens_the_store_however_a_keyboard_composes_it() -> None:
    composed, decomposed = "caf\u00e9 \ufb01ve", "cafe\u0301 five"
    assert from_text(composed) == from_text(decomposed)
    assert from_text(composed) != from_text("cafe five")
    assert from_text("two  spaces ") != from_text("two spaces")


def test_fifteen_characters_are_enough_in_any_script(path: Path, cheap: ScryptCost) -> None:
    FileStore.create(path, SecretBytes("كلمات كثيرة جدا".encode()), cost=cheap).close()
    assert path.exists()


def test_a_store_behind_a_symbolic_link_stays_where_it_is(
    store: FileStore, path: Path, passphrase: SecretBytes
) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    with FileStore.load(link, passphrase) as opened:
        opened.generate(Purpose.ISSUER, 0x31)
    assert link.is_symlink()
    store.generate(Purpose.ISSUER, 0x32)
    assert issuer_versions(store) == {0x30, 0x31, 0x32}


def test_keys_follow_one_another_even_when_the_clock_stands_still(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        @staticmethod
        def now(_zone: object) -> object:
            return store.info(Purpose.ISSUER, 0x30).created

    monkeypatch.setattr("keys_tool.contents.datetime", Clock)
    for version in (0x37, 0x36, 0x31):
        store.generate(Purpose.ISSUER, version)
        assert store.default_version(Purpose.ISSUER) == version


def test_a_process_that_opens_a_store_writes_no_core_dump(
    store: FileStore, path: Path, passphrase: SecretBytes
) -> None:
    store.close()
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    open_store(path, passphrase).close()
    soft, hard_after = resource.getrlimit(resource.RLIMIT_CORE)
    assert soft in (0, 1)
    assert hard_after == hard


def test_flows_get_issuer_keys_and_transport_keys_by_key_version(store: FileStore) -> None:
    sam = store.sam()
    assert sam(CardKeys(0x30, CHIP)) == store.issuer_keys(0x30, CHIP)
    assert sam(CardKeys(0xFF, CHIP)) == globalplatform_default()
    for version in (0x31, 0x50, 0x00):
        with pytest.raises(errors.KeyNotFound):
            sam(CardKeys(version, CHIP))
    store.import_transport(2, Master(Scheme.EMV, AesKey(bytes(16))))
    assert sam(CardKeys(0xFF, CHIP)) == store.transport_keys(2, CHIP)
    assert store.sam(transport=1)(CardKeys(0xFF, CHIP)) == globalplatform_default()
