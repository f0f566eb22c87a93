"""Passphrases: how text becomes bytes, and the rule for new ones."""

import unicodedata

from host_lib.secret import SecretBytes
from keys_tool.errors import WeakPassphrase

MINIMUM_CHARACTERS = 15
"""NIST SP 800-63B-4, 3.1.1.2: the least for a password that is the only factor."""


def from_text(text: str) -> SecretBytes:
    """Return a passphrase as it is given to the key derivation: Unicode NFKC, UTF-8.

    Normalised (as SP 800-63B-4 asks), so that the same words open the store from any keyboard and
    system. Spaces count and stay. Bytes that Python read as no text at all pass through unchanged.
    """
    normalised = unicodedata.normalize("NFKC", text)
    return SecretBytes(normalised.encode("utf-8", errors="surrogateescape"))


def check_new(passphrase: SecretBytes) -> None:
    """Raise `WeakPassphrase` unless a new passphrase has at least 15 characters, not all the same.

    The file can be attacked at leisure by whoever copies it, and nothing else protects it: length
    is what counts, so there are no rules about kinds of characters.
    """
    try:
        text = passphrase.reveal().decode("utf-8")
    except UnicodeDecodeError:
        raise WeakPassphrase("the new passphrase is not text in UTF-8") from None
    if len(text) < MINIMUM_CHARACTERS:
        raise WeakPassphrase(f"the new passphrase has fewer than {MINIMUM_CHARACTERS} characters")
    if len(set(text)) == 1:
        raise WeakPassphrase("the new passphrase is one character repeated")
