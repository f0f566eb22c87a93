"""Typed errors of key stores and certificates; none of them carries a secret."""

from applet_spec.errors import ExitCode, UnicardError
from host_lib.errors import CertificateError as CertificateError
from host_lib.errors import CertificateMalformed as CertificateMalformed
from host_lib.errors import CertificateNotGenuine as CertificateNotGenuine
from host_lib.errors import CertificateNotValidAt as CertificateNotValidAt
from host_lib.errors import RoleKeysNotHeld


class KeysError(UnicardError):
    """Base of everything that a key store can refuse."""


class StoreNotFound(KeysError):
    """There is no key store at the given place."""

    exit_code = ExitCode.USAGE
    advice = "Name the store with --store, or create one with `unicard keys init`."


class StoreExists(KeysError):
    """A file is already where a new store was to be created; it is never overwritten."""

    exit_code = ExitCode.USAGE
    advice = "Choose another path; a key store is never overwritten."


class StoreUnsupported(KeysError):
    """The location names a kind of store that this version cannot open."""

    exit_code = ExitCode.USAGE


class StoreTooNew(KeysError):
    """The store was written in a later version of the format."""

    advice = "Open the store with the version of this program that wrote it, or a later one."


class StoreDamaged(KeysError):
    """The store's bytes are not what was written: truncated, changed or no key store at all."""

    advice = "Restore the store from its backup; do not repair it by hand."


class WrongPassphrase(KeysError):
    """The passphrase does not open this store; the file itself is intact."""

    advice = "Check the passphrase, its keyboard layout and which store is named."


class WeakPassphrase(KeysError):
    """A new passphrase is shorter than the rule allows."""

    exit_code = ExitCode.USAGE
    advice = "Choose a longer passphrase, for example six random words."


class StoreLocked(KeysError):
    """Another process is writing to the store."""

    advice = "Wait until the other process is done and try again."


class StoreReadOnly(KeysError):
    """The store, or the folder it lies in, cannot be written."""

    advice = "Check the permissions of the file and of its folder, and that the disk is not full."


class StoreChanged(KeysError):
    """Another process gave the store a new passphrase, or replaced it, since it was opened."""

    advice = "Open the store again."


class StoreClosed(KeysError):
    """The store was used after it was closed."""

    advice = "Open the store again."


class KeyNotFound(KeysError):
    """The store holds no key of that purpose and version."""

    advice = "List the store's keys with `unicard keys list`."


class RoleMasterNotFound(KeyNotFound, RoleKeysNotHeld):
    """The store holds no master of that role and version; the card's other slot may still do."""

    advice = RoleKeysNotHeld.advice


class KeyExists(KeysError):
    """The store holds a key of that purpose and version already; versions are never overwritten."""

    advice = "Take the next free version; list the store's keys with `unicard keys list`."


class KeyRetired(KeysError):
    """A retired key was asked to protect something new."""

    advice = "Use the newest active version; a retired key only serves what it protected before."


class WrongPurpose(KeysError):
    """A key was asked for a use that its purpose does not allow."""

    exit_code = ExitCode.USAGE
    advice = "Use a key whose purpose is this use; a key never serves two."


class VersionOutOfRange(KeysError):
    """The purpose has no such version."""

    exit_code = ExitCode.USAGE


class WrongAlgorithm(KeysError):
    """The purpose does not take keys of that algorithm."""

    exit_code = ExitCode.USAGE


class TransportFileInvalid(KeysError):
    """The file with the transport keys of blank stock is not what its schema says."""

    exit_code = ExitCode.USAGE
    advice = "Compare the file with applet_spec/formats/transport-keys.schema.json."


class SealedDataDamaged(KeysError):
    """Sealed data does not open with this key and this associated data."""

    advice = "Check that the data belongs to this store and version, and fetch it again."


class CertificateRequestInvalid(CertificateError):
    """What was to be certified is not acceptable: public key, card number, serial or dates."""

    advice = "Correct the record that the certificate is for."
