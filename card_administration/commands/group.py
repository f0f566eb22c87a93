"""What the commands of `unicard admin` share: the group, its options, how one is carried out."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from unicard_console import (
    Hex,
    Output,
    SecretSource,
    output_options,
    passphrase_option,
    reader_option,
    store_option,
)
from unicard_console.planning import Planning, plan_options

if TYPE_CHECKING:
    from card_administration.access import Access
    from card_administration.administration import Wish
    from host_lib.plan import Plan
    from host_lib.reader import Reader

R = TypeVar("R")


AID = Hex("AID", 5, 16)
NUMBER = Hex("NUMBER", 1, 16)


def read_key_version(_ctx: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    """Read a key version: one byte in hexadecimal."""
    if text is None:
        return None
    if not 1 <= len(text) <= 2 or not all(c in "0123456789abcdefABCDEF" for c in text):
        raise click.BadParameter(f"{text!r} is no key version: write one byte in hexadecimal")
    return int(text, 16)


@dataclass(frozen=True)
class Station:
    """Where a command works: the reader, and the keys that open the card."""

    reader: str | None
    store: str
    passphrase: SecretSource
    test_keys: bool
    key_version: int | None
    delivery: int | None

    @property
    def words(self) -> tuple[str, ...]:
        """The words that a plan keeps: which keys, not where they are."""
        words = ["--test-keys"] if self.test_keys else []
        if self.key_version is not None:
            words += ["--key-version", f"{self.key_version:02X}"]
        if self.delivery is not None:
            words += ["--delivery", f"{self.delivery:02X}"]
        return tuple(words)

    @contextmanager
    def open(self) -> Iterator[tuple["Reader", "Access"]]:
        """Open the reader, and the key store where one is needed."""
        from card_administration.access import public_key_access, store_access
        from host_lib.reader import open_reader
        from keys_tool.store import open_store, require_store

        if self.test_keys:
            with open_reader(self.reader) as place:
                yield place, self._limited(public_key_access())
            return
        require_store(self.store)
        with open_store(self.store, self.passphrase()) as keys, open_reader(self.reader) as place:
            yield place, self._limited(store_access(keys, self.delivery))

    def _limited(self, access: "Access") -> "Access":
        return access if self.key_version is None else access.only(self.key_version)


def station_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options of reader and keys; pass ``station``."""

    @reader_option
    @store_option
    @passphrase_option
    @click.option(
        "--test-keys",
        is_flag=True,
        help="Open with GlobalPlatform's public test keys, without a key store: test cards.",
    )
    @click.option(
        "--key-version",
        callback=read_key_version,
        metavar="HEX",
        help="Open with this key version only; by default any that the store has.",
    )
    @click.option(
        "--delivery",
        callback=read_key_version,
        metavar="HEX",
        help="Transport keys of this delivery for blank cards; by default the newest.",
    )
    @functools.wraps(command)
    def with_station(
        *args: Any,
        reader: str | None,
        store: str,
        passphrase: SecretSource,
        test_keys: bool,
        key_version: int | None,
        delivery: int | None,
        **kwargs: Any,
    ) -> R:
        station = Station(reader, store, passphrase, test_keys, key_version, delivery)
        return command(*args, station=station, **kwargs)

    return with_station


def changes(command: Callable[..., R]) -> Callable[..., R]:
    """Add what every command that changes a card has."""
    return station_options(plan_options(output_options(command)))


@click.group()
def admin() -> None:
    """Load, install, delete, lock; lead a card through its life.

    Each command opens a session with a key set of the store that opens the card, reads what is on
    it, and refuses what does not fit before anything is sent. --dry-run shows the commands.
    """


def confirm_words(serial: bytes | None) -> tuple[str, ...]:
    """Return the words with which a plan keeps --confirm."""
    return ("--confirm", serial.hex().upper()) if serial else ()


def do(
    out: Output,
    station: Station,
    planning: Planning,
    name: str,
    words: tuple[str, ...],
    wish: "Wish",
    said: str,
) -> None:
    """Show the plan of an operation, or carry it out and say so."""
    do_with(out, station, planning, name, words, lambda _: wish, said)


def do_with(
    out: Output,
    station: Station,
    planning: Planning,
    name: str,
    words: tuple[str, ...],
    wish: "Callable[[Access], Wish]",
    said: str,
) -> None:
    """Do the same where what is wished depends on the keys that there are."""
    from card_administration.administration import Operation, carry_out, plan_operation

    def engine(access: "Access") -> Engine:
        operation = Operation(f"admin {name}", (*words, *station.words), wish(access))

        def run(place: "Reader", saved: "Plan | None", answered: Callable[[], None]) -> Ran:
            done = carry_out(place, access, operation, saved, answered)
            return Ran({"chip_serial": done.before.chip_serial}, done.commands)

        return Engine(lambda place: plan_operation(place, access, operation), run)

    run_planned(out, station, planning, (name, words), engine, said)


@dataclass(frozen=True)
class Ran:
    """What came of an operation: the card it was done to, and how many commands changed it."""

    card: dict[str, object]
    commands: int


@dataclass(frozen=True)
class Engine:
    """How an operation is planned for the card in a reader, and how it is carried out there."""

    plan: "Callable[[Reader], Plan]"
    run: "Callable[[Reader, Plan | None, Callable[[], None]], Ran]"


def run_planned(
    out: Output,
    station: Station,
    planning: Planning,
    typed: tuple[str, tuple[str, ...]],
    engine: "Callable[[Access], Engine]",
    said: str,
) -> None:
    """Show the plan of what was typed (name, words), or carry it out and say so."""
    from host_lib.interrupt import stopping_between_commands
    from host_lib.plan_file import as_document

    name, words = typed
    with station.open() as (place, access):
        work = engine(access)
        if planning.dry_run:
            planning.show(out, as_document(work.plan(place), planning.saved))
            return
        with stopping_between_commands(place) as stoppable:
            with out.progress(None, name) as progress:
                ran = work.run(stoppable, planning.saved, progress.advance)
            data = {
                "reader": place.name,
                **ran.card,
                "operation": name,
                "arguments": list(words),
                "commands": ran.commands,
            }
            out.result(data, lambda console: console.print(said))
