"""The keys of blank stock, as the chip supplier sends them: a JSON file, or GlobalPlatform's own.

`applet_spec/formats/transport-keys.schema.json`. The file is a plain text with keys in it: it is
destroyed once they are in the store.
"""

import json
from pathlib import Path
from typing import Final

from host_lib.keyset import KeySet
from host_lib.secret import AesKey
from keys_tool.diversification import NO_SCHEME, Master, Scheme
from keys_tool.errors import TransportFileInvalid
from keys_tool.purpose import blank_key_version

FORMAT: Final = "unicard-transport-keys"
VERSION: Final = 1
_LARGEST_FILE = 1 << 16
_GLOBALPLATFORM_DEFAULT = 0x40


def globalplatform_default(length: int = 16) -> KeySet:
    """Return the public test keys of GlobalPlatform cards, 404142…4F three times, as version FF.

    Keys of 24 or 32 bytes count on. For software cards and test stock only: everybody knows them.
    """
    key = AesKey(bytes(range(_GLOBALPLATFORM_DEFAULT, _GLOBALPLATFORM_DEFAULT + length)))
    return KeySet(blank_key_version(), key, key, key)


def read_transport_file(path: Path) -> KeySet | Master:
    """Read a file of transport keys: a set that serves every card, or a master with its scheme.

    A master without ``derivation`` is KDF3's; with ``none`` it is the key of every card. Raises
    `TransportFileInvalid`, which never quotes what stands in the file.
    """
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(_LARGEST_FILE))
        return _keys(values)
    except OSError as error:
        raise TransportFileInvalid(f"{path} cannot be read: {error.strerror}") from error
    except _NoSuchMaster as error:
        raise TransportFileInvalid(f"{path}: {error}") from None
    except (KeyError, TypeError, ValueError, RecursionError):
        # Not chained: the message of the cause might quote a key.
        raise TransportFileInvalid(f"{path} is no file of transport keys") from None


class _NoSuchMaster(Exception):
    """Scheme and length of a master do not go together; the message holds no key."""


def _keys(values: object) -> KeySet | Master:
    if not isinstance(values, dict):
        raise TypeError("no JSON object")
    if (values.pop("format"), values.pop("version")) != (FORMAT, VERSION):
        raise ValueError("another format")
    scheme = values.pop("derivation", Scheme.KDF3.value) if "master" in values else None
    keys = {name: AesKey(bytes.fromhex(str(value))) for name, value in values.items()}
    if set(keys) == {"master"}:
        return _master(keys["master"], scheme)
    if set(keys) != {"enc", "mac", "dek"}:
        raise ValueError("other members than those of this format")
    return KeySet(blank_key_version(), keys["enc"], keys["mac"], keys["dek"])


def _master(key: AesKey, scheme: object) -> KeySet | Master:
    if scheme == NO_SCHEME:
        return KeySet(blank_key_version(), key, key, key)
    named = Scheme(scheme)
    try:
        return Master(named, key)
    except ValueError as error:
        raise _NoSuchMaster(str(error)) from None
