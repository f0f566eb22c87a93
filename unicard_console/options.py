"""Options that every room's command line spells the same way, as decorators of click commands."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

from unicard_console.output import Output
from unicard_console.secrets import ask_secret, secret_from_file

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

P = ParamSpec("P")
R = TypeVar("R")
Function = TypeVar("Function", bound=Callable[..., Any])

JSON_WANTED = "unicard.json"
"""Key in a click context's ``meta``: True when ``--json`` was given."""


def output_options(command: Callable[Concatenate[Output, P], R]) -> Callable[P, R]:
    """Add ``--json`` to a command and pass its ``Output`` as first argument."""

    @click.option(
        "--json",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_remember_json,
        help="Print one JSON document instead of text.",
    )
    @functools.wraps(command)
    def with_output(*args: P.args, **kwargs: P.kwargs) -> R:
        as_json = bool(click.get_current_context().meta.get(JSON_WANTED))
        return command(Output(as_json), *args, **kwargs)

    return with_output


def _remember_json(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        ctx.meta[JSON_WANTED] = True


class SecretSource:
    """Where a secret comes from. Call it for the secret: file, environment variable, question."""

    def __init__(self, what: str, environment: str, path: Path | None, option: str) -> None:
        self._what = what
        self._option = option
        self._environment = environment
        self._path = path

    def __call__(self, *, confirm: bool = False) -> str:
        """Return the secret; ``confirm`` asks twice when a person types it.

        Raises ``NoSecretError`` and ``SecretsDifferError`` as ``ask_secret`` does.
        """
        if self._path is not None:
            return secret_from_file(self._path)
        elsewhere = f"{self._option} FILE or ${self._environment}"
        return os.environ.get(self._environment) or ask_secret(
            self._what, confirm=confirm, elsewhere=elsewhere
        )


def secret_option(
    name: str, what: str, environment: str
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Add ``--NAME-file``; pass ``name`` as a ``SecretSource`` that also knows the environment.

    ``what`` is how the prompt and the help call the secret. The value itself is never an option:
    other users of a machine can read the words of a running command.
    """
    option_name = name.replace("_", "-")
    parameter = f"{name}_file"

    def decorate(command: Callable[..., R]) -> Callable[..., R]:
        @click.option(
            f"--{option_name}-file",
            parameter,
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=f"File with the {what} in its first line; else ${environment}, else asked for.",
        )
        @functools.wraps(command)
        def with_secret(*args: Any, **kwargs: Any) -> R:
            path = kwargs.pop(parameter)
            source = SecretSource(what, environment, path, f"--{option_name}-file")
            return command(*args, **{name: source}, **kwargs)

        return with_secret

    return decorate


def passphrase_option(command: Callable[..., R]) -> Callable[..., R]:
    """Add ``--passphrase-file``; pass ``passphrase``, a callable that returns the passphrase."""
    return secret_option("passphrase", "passphrase of the key store", "UNICARD_PASSPHRASE")(command)


def reader_option(command: Function) -> Function:
    """Add ``--reader``; pass ``reader``: a reader's name, or None when none is given."""
    return click.option(
        "-r",
        "--reader",
        metavar="NAME",
        envvar="UNICARD_READER",
        show_envvar=True,
        shell_complete=_reader_kinds,
        help="Reader: sim, sim:FILE, pcsc:NAME-or-part, pcsc:0, replay:FILE.",
    )(command)


def store_option(command: Function) -> Function:
    """Add ``--store``; pass ``store``: the path or URI of the key store."""
    return click.option(
        "-s",
        "--store",
        metavar="STORE",
        envvar="UNICARD_STORE",
        show_envvar=True,
        default="keys.unicard",
        show_default=True,
        help="Key store.",
    )(command)


def _reader_kinds(
    _ctx: click.Context, _option: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    from importlib.metadata import entry_points

    from click.shell_completion import CompletionItem

    kinds = sorted(entry_points(group="unicard.readers").names)
    return [CompletionItem(kind) for kind in kinds if kind.startswith(incomplete)]
