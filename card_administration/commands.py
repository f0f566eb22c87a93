"""The command line of card administration: `unicard admin …`."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from unicard_console import (
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
    from host_lib.flow.content import Observation
    from host_lib.flow.stages import Step
    from host_lib.reader import Reader

R = TypeVar("R")
_STATES = ("INITIALIZED", "SECURED", "CARD_LOCKED", "TERMINATED")
_DIGESTS = ("none", "sha-1", "sha-256")


class Hex(click.ParamType[bytes]):
    """Bytes in hexadecimal, of some lengths."""

    def __init__(self, name: str, least: int, most: int) -> None:
        self.name = name
        self._lengths = range(least, most + 1)

    def convert(
        self, value: str | bytes, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        """Return the bytes."""
        if isinstance(value, bytes):
            return value
        try:
            found = bytes.fromhex(value)
        except ValueError:
            self.fail(f"{value!r} is not hexadecimal", param, ctx)
        if len(found) not in self._lengths:
            wanted = f"{self._lengths[0]} to {self._lengths[-1]} bytes"
            self.fail(f"{value!r} has {len(found)} bytes instead of {wanted}", param, ctx)
        return found


AID = Hex("AID", 5, 16)
SERIAL = Hex("SERIAL", 10, 10)
NUMBER = Hex("NUMBER", 1, 16)


def _version(_ctx: click.Context, _option: click.Parameter, text: str | None) -> int | None:
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
        callback=_version,
        metavar="HEX",
        help="Open with this key version only; by default any that the store has.",
    )
    @click.option(
        "--delivery",
        callback=_version,
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


def _changes(command: Callable[..., R]) -> Callable[..., R]:
    """Add what every command that changes a card has."""
    return station_options(plan_options(output_options(command)))


@click.group()
def admin() -> None:
    """Load, install, delete, lock; lead a card through its life.

    Each command opens a session with a key set of the store that opens the card, reads what is on
    it, and refuses what does not fit before anything is sent. --dry-run shows the commands.
    """


@admin.command("list")
@station_options
@output_options
def list_contents(out: Output, station: Station) -> None:
    """List what is on a card: its life cycle, keys, applications and load files."""
    from card_administration.administration import look
    from card_administration.rendering import contents_as_dict, draw_contents

    with station.open() as (place, access), place.exclusive():
        found = look(place, access)
        data = {"reader": place.name, **contents_as_dict(found)}
    out.result(data, lambda console: draw_contents(console, found))


@admin.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--digest",
    type=click.Choice(_DIGESTS),
    default="sha-256",
    show_default=True,
    help="Hash with which the load file is announced; the card compares it.",
)
@_changes
def load(out: Output, station: Station, planning: Planning, file: Path, digest: str) -> None:
    """Load a package onto a card: a CAP file, or a load file of bare components."""
    from host_lib.flow.content_steps import Digest, load_steps
    from host_lib.load_file import read_load_file

    package = read_load_file(file)

    def wish(found: "Observation") -> "tuple[Step, ...]":
        return load_steps(found.contents, package, found.room, Digest(digest))

    words = (str(file), "--digest", digest)
    modules = ", ".join(module.hex().upper() for module in package.modules) or "none"
    _do(
        out, station, planning, "load", words, wish,
        f"Loaded {package.package.hex().upper()}, modules: {modules}.",
    )  # fmt: skip


@admin.command()
@click.argument("module", type=AID)
@click.option("--instance", type=AID, help="Name of the application; by default the module's.")
@click.option(
    "--parameters",
    type=Hex("HEX", 1, 100),
    default=None,
    help="Parameters for the application, in hexadecimal.",
)
@click.option(
    "--not-selectable", is_flag=True, help="Leave it INSTALLED; `make-selectable` goes on."
)
@_changes
def install(
    out: Output,
    station: Station,
    planning: Planning,
    module: bytes,
    instance: bytes | None,
    parameters: bytes | None,
    not_selectable: bool,
) -> None:
    """Install an application from a module of a load file that is on the card."""
    from host_lib.flow.content_steps import install_steps

    name = instance or module

    def wish(found: "Observation") -> "tuple[Step, ...]":
        return install_steps(
            found.contents,
            module,
            name,
            parameters=parameters or b"",
            selectable=not not_selectable,
        )

    words = (
        module.hex().upper(),
        *(("--instance", instance.hex().upper()) if instance else ()),
        *(("--parameters", parameters.hex().upper()) if parameters else ()),
        *(("--not-selectable",) if not_selectable else ()),
    )
    said = f"Installed {name.hex().upper()}" + (", not selectable yet." if not_selectable else ".")
    _do(out, station, planning, "install", words, wish, said)


@admin.command("make-selectable")
@click.argument("aid", type=AID)
@_changes
def make_selectable(out: Output, station: Station, planning: Planning, aid: bytes) -> None:
    """Let an installed application be selected."""
    from host_lib.flow.content_steps import make_selectable_steps

    _do(
        out, station, planning, "make-selectable", (aid.hex().upper(),),
        lambda found: make_selectable_steps(found.contents, aid),
        f"{aid.hex().upper()} can be selected.",
    )  # fmt: skip


@admin.command()
@click.argument("aid", type=AID)
@click.option("--related", is_flag=True, help="A load file together with its applications.")
@click.option("--confirm", type=SERIAL, help="Chip serial, where a citizen's data would go.")
@_changes
def delete(
    out: Output,
    station: Station,
    planning: Planning,
    aid: bytes,
    related: bool,
    confirm: bytes | None,
) -> None:
    """Delete an application or a load file.

    What is deleted is gone. The government application takes the citizen's data with it: name the
    card again with --confirm.
    """
    from applet_spec import spec
    from card_administration.confirmation import require_confirmed
    from host_lib.flow.content_steps import delete_steps

    def wish(found: "Observation") -> "tuple[Step, ...]":
        steps = delete_steps(found.contents, aid, related=related)
        gone = {aid, *(e.aid for e in found.contents.applications if e.load_file == aid)}
        if spec().aids.instance in gone:
            require_confirmed(found.contents, confirm, "deletes the citizen's data for ever")
        return steps

    words = (aid.hex().upper(), *(("--related",) if related else ()), *_confirmed(confirm))
    _do(out, station, planning, "delete", words, wish, f"Deleted {aid.hex().upper()}.")


@admin.command()
@click.argument("aid", type=AID)
@_changes
def lock(out: Output, station: Station, planning: Planning, aid: bytes) -> None:
    """Lock an application: it cannot be selected until it is unlocked."""
    from host_lib.flow.content_steps import lock_steps

    _do(
        out, station, planning, "lock", (aid.hex().upper(),),
        lambda found: lock_steps(found.contents, aid, lock=True),
        f"Locked {aid.hex().upper()}.",
    )  # fmt: skip


@admin.command()
@click.argument("aid", type=AID)
@_changes
def unlock(out: Output, station: Station, planning: Planning, aid: bytes) -> None:
    """Unlock an application; it is in the state that it had before."""
    from host_lib.flow.content_steps import lock_steps

    _do(
        out, station, planning, "unlock", (aid.hex().upper(),),
        lambda found: lock_steps(found.contents, aid, lock=False),
        f"Unlocked {aid.hex().upper()}.",
    )  # fmt: skip


@admin.command()
@click.argument("target", metavar="STATE", type=click.Choice(_STATES, case_sensitive=False))
@click.option("--confirm", type=SERIAL, help="Chip serial of the card that is to be TERMINATED.")
@_changes
def state(
    out: Output, station: Station, planning: Planning, target: str, confirm: bytes | None
) -> None:
    """Lead the card to a life cycle state: INITIALIZED, SECURED, CARD_LOCKED or TERMINATED.

    States are passed one by one and never back, but from CARD_LOCKED to SECURED. TERMINATED is the
    end of the card: name it again with --confirm.
    """
    from card_administration.confirmation import require_confirmed
    from host_lib.command import CardState
    from host_lib.flow.content_steps import state_steps

    wanted = CardState[target]

    def wish(found: "Observation") -> "tuple[Step, ...]":
        if wanted is CardState.TERMINATED:
            require_confirmed(found.contents, confirm, "ends the card for ever")
        return state_steps(found.contents, wanted)

    words = (wanted.name, *_confirmed(confirm))
    _do(out, station, planning, "state", words, wish, f"The card is {wanted.name}.")


@admin.command()
@click.option("--iin", type=NUMBER, help="Issuer identification number, in hexadecimal.")
@click.option("--cin", type=NUMBER, help="Card identification number, in hexadecimal.")
@_changes
def store(
    out: Output, station: Station, planning: Planning, iin: bytes | None, cin: bytes | None
) -> None:
    """Store the numbers that the card manager answers: the issuer's (42), the card's (45)."""
    from host_lib.flow.content_steps import store_steps

    if iin is None and cin is None:
        raise click.UsageError("name --iin, --cin or both")
    words = tuple(
        word
        for name, value in (("--iin", iin), ("--cin", cin))
        if value is not None
        for word in (name, value.hex().upper())
    )
    _do(
        out, station, planning, "store", words,
        lambda found: store_steps(found.contents, iin, cin, found.room),
        "Stored.",
    )  # fmt: skip


@admin.command("put-keys")
@click.argument("version", callback=_version)
@click.option(
    "--replace", callback=_version, metavar="HEX", help="Put it in place of this key version."
)
@_changes
def put_keys(
    out: Output, station: Station, planning: Planning, version: int, replace: int | None
) -> None:
    """Put the issuer keys of a version of the key store on the card.

    The keys of blank stock go with the first set. To change the keys of issued cards take `unicard
    keys rotate`: it proves the new keys before the old ones go.
    """
    from host_lib.flow.content_steps import put_keys_steps

    def run(access: "Access") -> "Wish":
        length = access.key_length(version)
        return lambda found: put_keys_steps(
            found.contents,
            version,
            length,
            replaces=replace or 0,
            inner_length=found.opening.terms.inner_length,
        )

    words = (f"{version:02X}", *(("--replace", f"{replace:02X}") if replace else ()))
    _do_with(out, station, planning, "put-keys", words, run, f"Put key set {version:02X}.")


@admin.command("delete-keys")
@click.argument("version", callback=_version)
@_changes
def delete_keys(out: Output, station: Station, planning: Planning, version: int) -> None:
    """Delete a key set of the card; the one that opened the card stays."""
    from host_lib.flow.content_steps import delete_keys_steps

    _do(
        out, station, planning, "delete-keys", (f"{version:02X}",),
        lambda found: delete_keys_steps(found.contents, version, found.opening.version),
        f"Deleted key set {version:02X}.",
    )  # fmt: skip


def _confirmed(serial: bytes | None) -> tuple[str, ...]:
    return ("--confirm", serial.hex().upper()) if serial else ()


def _do(
    out: Output,
    station: Station,
    planning: Planning,
    name: str,
    words: tuple[str, ...],
    wish: "Wish",
    said: str,
) -> None:
    _do_with(out, station, planning, name, words, lambda _: wish, said)


def _do_with(
    out: Output,
    station: Station,
    planning: Planning,
    name: str,
    words: tuple[str, ...],
    wish: "Callable[[Access], Wish]",
    said: str,
) -> None:
    """Show the plan of an operation, or carry it out and say so."""
    from card_administration.administration import Operation, carry_out, plan_operation
    from host_lib.plan_file import as_document

    with station.open() as (place, access):
        operation = Operation(f"admin {name}", (*words, *station.words), wish(access))
        if planning.dry_run:
            plan = plan_operation(place, access, operation)
            planning.show(out, as_document(plan, planning.saved))
            return
        with out.progress(None, name) as progress:
            done = carry_out(place, access, operation, planning.saved, progress.advance)
        data = {
            "reader": place.name,
            "chip_serial": done.before.chip_serial,
            "operation": name,
            "arguments": list(words),
            "commands": done.commands,
        }
    out.result(data, lambda console: console.print(said))
