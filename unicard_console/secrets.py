"""Secrets from a person, a file or the environment; never from the command line's words."""

import getpass
import sys
from pathlib import Path

from applet_spec.errors import ExitCode, UnicardError


class NoSecretError(UnicardError):
    """A secret is needed and none was given."""

    exit_code = ExitCode.USAGE


class SecretsDifferError(UnicardError):
    """A new secret was typed twice, not the same way."""

    advice = "run the command again and type the same secret twice"


def ask_secret(prompt: str, *, confirm: bool = False, elsewhere: str = "see --help") -> str:
    """Return a secret typed without echo, or the next line of stdin when that is no terminal.

    ``elsewhere`` says in the error where the secret can come from instead.

    Raises ``NoSecretError`` when it is empty, ``SecretsDifferError`` when ``confirm`` is set and
    the second answer is another one.
    """
    what = prompt.strip().rstrip(":")
    if not sys.stdin.isatty():
        return _not_empty(sys.stdin.readline().rstrip("\r\n"), what, elsewhere)
    secret = _not_empty(_typed(f"{what}: "), what, elsewhere)
    if confirm and _typed(f"{what} (again): ") != secret:
        raise SecretsDifferError(f"the two answers for “{what}” are not the same")
    return secret


def secret_from_file(path: Path) -> str:
    """Return the first line of a file without its line end.

    Raises ``NoSecretError`` when the file cannot be read or its first line is empty.
    """
    try:
        with path.open(encoding="utf-8") as file:
            line = file.readline()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise NoSecretError(
            f"the secret in {path} cannot be read: {reason}",
            advice="name a readable file whose first line is the secret",
        ) from error
    return _not_empty(line.rstrip("\r\n"), str(path))


def _typed(prompt: str) -> str:
    return getpass.getpass(prompt, stream=sys.stderr)


def _not_empty(secret: str, what: str, elsewhere: str = "see --help") -> str:
    if not secret:
        raise NoSecretError(
            f"no secret was given for “{what}”",
            advice=f"type it, or give it in a file or an environment variable: {elsewhere}",
        )
    return secret
