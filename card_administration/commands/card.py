"""What this room's commands of `unicard card` share: group, options, how one asks a card."""

import functools
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from unicard_console import (
    Output,
    SecretSource,
    output_options,
    passphrase_option,
    reader_option,
    secret_option,
    store_option,
)

if TYPE_CHECKING:
    from card_administration.till import Till
    from host_lib.card import Card
    from host_lib.flow.base import AnyFlow, Sam
    from host_lib.secret import Pin
    from host_lib.terminal import Terminal

R = TypeVar("R")


@click.group()
def card() -> None:
    """Show a card's services and log; pay, load and withdraw; lead it through its life."""


@dataclass(frozen=True)
class Keys:
    """Where the keys are, and which cards they are not for."""

    store: str
    passphrase: SecretSource
    stop_list: Path | None

    @contextmanager
    def open(self) -> "Iterator[Sam]":
        """Open the store and return its key holder, which looks cards up in the stop list."""
        from host_lib.stop_list import StopList
        from keys_tool.store import open_store, require_store

        stopped = StopList.load(self.stop_list) if self.stop_list else None
        require_store(self.store)
        with open_store(self.store, self.passphrase()) as keys:
            yield keys.sam(stop_list=stopped)


@dataclass(frozen=True)
class Place:
    """Where a command works: the reader, the keys, the PIN where it is wanted."""

    reader: str | None
    keys: Keys
    pin_source: SecretSource | None = None
    spend_last_try: bool = False

    def pin(self) -> "Pin | None":
        """Return the PIN that is to be verified, None where none was asked for."""
        from host_lib.secret import Pin

        if self.pin_source is None:
            return None
        try:
            return Pin(self.pin_source())
        except ValueError as error:
            raise click.UsageError(f"{error}; nothing was sent to the card") from error

    def read(self, flow: "AnyFlow[R]", role: int | None) -> R:
        """Run a flow that reads: after the PIN, in a session of a role, or both.

        Without a role no keys are needed.
        """
        from card_administration.advice import refusals_in_words_to_type

        pin = self.pin()
        with refusals_in_words_to_type():
            if role is not None:
                return self._read_in_session(flow, role, pin)
            if pin is None:
                raise click.UsageError("add --with-pin, or the --role whose keys the store has")
            return self._read_after_pin(flow, pin)

    def _read_in_session(self, flow: "AnyFlow[R]", role: int, pin: "Pin | None") -> R:
        from host_lib.drive import only_asking

        with self.card() as (one, sam), one.session(role, sam) as session:
            if pin is not None:
                session.verify_pin(pin, spend_last_try=self.spend_last_try)
            with only_asking():
                return session.run(flow)

    def _read_after_pin(self, flow: "AnyFlow[R]", pin: "Pin") -> R:
        from host_lib.card import Card
        from host_lib.drive import only_asking
        from host_lib.reader import open_reader

        with open_reader(self.reader) as place:
            one = Card(place)
            one.select()
            one.verify_pin(pin, spend_last_try=self.spend_last_try)
            with only_asking():
                return one.run(flow)

    @contextmanager
    def card(self, *, stoppable: bool = True) -> "Iterator[tuple[Card, Sam]]":
        """Open keys and reader; return the card in it, and who holds its keys.

        Ctrl-C ends the work between two commands; where not ``stoppable`` that is the caller's.
        """
        from host_lib.card import Card
        from host_lib.interrupt import stopping_between_commands
        from host_lib.reader import open_reader

        with self.keys.open() as sam, open_reader(self.reader) as place:
            if not stoppable:
                yield Card(place, sam), sam
                return
            with stopping_between_commands(place) as watched:
                yield Card(watched, sam), sam

    @contextmanager
    def till(self, terminal_id: str, journal: Path, *, stoppable: bool = True) -> "Iterator[Till]":
        """Open keys, reader and journal; return the card with the terminal that asks it.

        What nobody knows yet ends with the command that finds it out. ``stoppable`` as `card`.
        """
        from card_administration.till import Till, said_what_to_type

        recover = self._recover(terminal_id, journal)
        with (
            said_what_to_type(recover, with_pin=self.pin_source is not None),
            self.card(stoppable=stoppable) as (one, sam),
            open_terminal(terminal_id, journal) as terminal,
        ):
            yield Till(one, sam, terminal, self.spend_last_try)

    def _recover(self, terminal_id: str, journal: Path) -> str:
        """Return the command that asks the card, with the options that were used here."""
        words = ["unicard", "card", "recover", "--terminal", terminal_id]
        words += ["--journal", str(journal), "--store", self.keys.store]
        if self.reader:
            words += ["--reader", self.reader]
        return shlex.join(words)


def open_terminal(terminal_id: str, journal: Path) -> "Terminal":
    """Return the terminal with its journal, which is made where there is none; to be closed."""
    from host_lib.terminal import Terminal

    try:
        return Terminal.open(terminal_id, journal)
    except ValueError as error:
        raise click.BadParameter(
            f"{terminal_id!r} is no terminal id: 1 to 8 characters of ASCII",
            param_hint="--terminal",
        ) from error


def place_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add what `place_without_pin` adds, and the PIN."""

    @click.option("--with-pin", is_flag=True, help="Verify the PIN first.")
    @secret_option("pin", "PIN of the card", "UNICARD_PIN")
    @click.option(
        "--spend-last-try", is_flag=True, help="Send the PIN even if the card has one try left."
    )
    @functools.wraps(command)
    def with_pin_options(
        out: Output,
        *args: Any,
        place: Place,
        with_pin: bool,
        pin: SecretSource,
        spend_last_try: bool,
        **kwargs: Any,
    ) -> R:
        source = pin if with_pin else None
        opened = replace(place, pin_source=source, spend_last_try=spend_last_try)
        return command(out, *args, place=opened, **kwargs)

    return place_without_pin(with_pin_options)


def place_without_pin(command: Callable[..., R]) -> Callable[..., R]:
    """Add --json, reader, key store and stop list; pass ``place`` after the output."""

    @output_options
    @reader_option
    @store_option
    @passphrase_option
    @click.option(
        "--stop-list",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        envvar="UNICARD_STOP_LIST",
        show_envvar=True,
        metavar="FILE",
        help="Stop list: a card on it gets no session.",
    )
    @functools.wraps(command)
    def with_place(
        out: Output,
        *args: Any,
        reader: str | None,
        store: str,
        passphrase: SecretSource,
        stop_list: Path | None,
        **kwargs: Any,
    ) -> R:
        keys = Keys(store, passphrase, stop_list)
        return command(out, *args, place=Place(reader, keys), **kwargs)

    return with_place


def terminal_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the terminal's id and journal; pass ``terminal`` and ``journal``."""
    with_journal = click.option(
        "--journal",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="UNICARD_JOURNAL",
        show_envvar=True,
        default="terminal.journal",
        show_default=True,
        metavar="FILE",
        help="The terminal's journal: numbers, open requests, receipts. Its first sale makes it.",
    )
    with_terminal = click.option(
        "--terminal",
        envvar="UNICARD_TERMINAL",
        show_envvar=True,
        required=True,
        metavar="ID",
        help="The terminal's id: up to 8 characters.",
    )
    return with_terminal(with_journal(command))


def read_role(_ctx: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    """Read a role: its name, or a number from 0 to 15."""
    if text is None:
        return None
    from card_administration.settings import role_of

    try:
        return role_of(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
