"""The command line of the software card: ``unicard sim``."""

from __future__ import annotations

import csv
import io
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from applet_spec import CardProfile, spec
from card_simulator.blanks import new_chips
from card_simulator.card_file import CardFileWriteError, create, read
from card_simulator.card_manager import blank_image
from card_simulator.chip import Interface
from card_simulator.describe import describe
from card_simulator.profiles import REFERENCE, software_profiles
from card_simulator.reader import open_card
from card_simulator.samples import columns, enrolments
from card_simulator.serve import DEFAULT_HOST, DEFAULT_PORT, Stop, VirtualReader
from unicard_console import Output, output_options

if TYPE_CHECKING:
    from rich.console import Console

    from card_simulator.reader import SimReader

_FILES = click.Path(path_type=Path)


def _software_profile(_context: object, _option: object, name: str) -> CardProfile:
    names = software_profiles()
    if name not in names:
        raise click.BadParameter(f"{name} is none of {', '.join(names)}")
    return spec().card_profiles[name]


@click.group()
def sim() -> None:
    """Make software cards, look at them and serve them to pcscd."""


@sim.command()
@click.option(
    "--count",
    "-n",
    type=click.IntRange(1, 100_000),
    default=1,
    show_default=True,
    help="How many cards.",
)
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where the files go; made if it is not there.  [default: here]",
)
@click.option("--seed", type=int, help="Give the same chip serials every time.")
@click.option(
    "--profile",
    "-p",
    default=REFERENCE,
    show_default=True,
    callback=_software_profile,
    metavar="NAME",
    help="Which card type: its SCP03 options, factory key version and key length.",
)
@click.option(
    "--bare",
    is_flag=True,
    help="Without the application: its load file is there, INSTALL is left to the buyer.",
)
@output_options
def new(
    out: Output,
    count: int,
    directory: Path,
    seed: int | None,
    profile: CardProfile,
    bare: bool,
) -> None:
    """Make blank cards: blank-0001.json and so on, each with its own chip serial.

    The application is installed, BLANK, with nothing stored. Their keys are GlobalPlatform's public
    test key 40 41 42 …, as long as the card type's keys are.
    """
    paths = [directory / f"blank-{number:04d}.json" for number in range(1, count + 1)]
    taken = next((path for path in paths if path.exists()), None)
    if taken:
        raise CardFileWriteError(
            f"{taken} exists already", advice="choose another directory or move the old cards away"
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CardFileWriteError(f"{directory} cannot be made: {error.strerror}") from error
    chips = list(new_chips(count, seed, profile))
    with out.progress(count, "blank cards") as progress:
        for path, chip in zip(paths, chips, strict=True):
            create(path, blank_image(chip, profile, installed=not bare))
            progress.advance()
    cards = [
        {"file": str(path), "chip_serial": chip.serial.hex().upper()}
        for path, chip in zip(paths, chips, strict=True)
    ]

    def human(console: Console) -> None:
        last = f" to {paths[-1]}" if count > 1 else ""
        console.print(f"{count} blank card{'s' if count > 1 else ''}: {paths[0]}{last}")
        console.print(f"{profile.name}: {profile.title}")
        console.print(f"key version {profile.factory_version:02X}, AES-{8 * profile.key_length}")
        console.print("without the application" if bare else "with the application installed")

    out.result({"profile": profile.name, "installed": not bare, "cards": cards}, human)


@sim.command()
@click.argument("file", type=_FILES)
@output_options
def show(out: Output, file: Path) -> None:
    """Show what state a card is in, without keys, PIN or anything of its holder."""
    state = describe(read(file))

    def human(console: Console) -> None:
        from rich.table import Table

        table = Table(show_header=False)
        table.add_row("chip serial", str(state["chip_serial"]))
        table.add_row("card type", state["profile"] or "unknown")
        table.add_row("SCP03 option i", state["i"])
        table.add_row("card state", str(state["card_state"]))
        bits = state["key_bits"]
        table.add_row("key versions", ", ".join(f"{kvn} (AES-{bits[kvn]})" for kvn in bits))
        if state["incomplete_key_versions"]:
            table.add_row("  incomplete", " ".join(state["incomplete_key_versions"]))
        for application in state["applications"]:
            table.add_row("application", application["aid"])
            table.add_row("  state", application["state"])
            table.add_row("  card serial", application["card_serial"] or "none yet")
            table.add_row("  PIN tries left", str(application["pin_tries"]))
            for keys in application["role_key_sets"]:
                role = f"{keys['version']} ({keys['role']}, master {keys['master_version']})"
                table.add_row("  role keys", role)
        if not state["applications"]:
            table.add_row("application", "none installed")
        console.print(table)

    out.result({"file": str(file), **state}, human)


@sim.command()
@click.argument("files", type=_FILES, nargs=-1)
@click.option("--java", is_flag=True, help="Serve a new blank Java card instead of card files.")
@click.option(
    "--profile",
    "-p",
    callback=lambda context, option, name: name and _software_profile(context, option, name),
    metavar="NAME",
    help=f"With --java: which card type it is.  [default: {REFERENCE}]",
)
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="Where vpcd listens.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="TCP port of the virtual reader.",
)
@click.option("--hopper", is_flag=True, help="Take a single card out, too, when it is done.")
@click.option("--contactless", is_flag=True, help="Tell the card that it is reached by radio.")
@output_options
def serve(
    out: Output,
    files: tuple[Path, ...],
    java: bool,
    profile: CardProfile | None,
    host: str,
    port: int,
    hopper: bool,
    contactless: bool,
) -> None:
    """Put cards into vpcd, the virtual reader of pcscd, until interrupted.

    FILES are card files or directories of them. A single card stays in the reader. Several are a
    hopper: a card that the host has used and powers down (a disconnect with unpower or eject)
    leaves the reader and the next one comes in; after the last one the command ends.

    With --java there are no files: a blank Java card is made, and is gone when the command ends.
    """
    _check_what_is_served(files, java=java, hopper=hopper, profile=profile)
    if java:
        _serve_java_card(out, profile, host, port, contactless=contactless)
        cards = served = 1
    else:
        cards, served = _serve_files(out, files, host, port, hopper, contactless=contactless)
    out.result(
        {"cards": cards, "served": served},
        lambda console: console.print(f"{served} of {cards} cards served"),
    )


@sim.command()
@click.option(
    "--count",
    "-n",
    type=click.IntRange(1, 1_000_000),
    default=25,
    show_default=True,
    help="How many citizens.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same citizens.")
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write.  [default: standard output]",
)
@output_options
def sample(out: Output, count: int, seed: int, target: Path | None) -> None:
    """Write enrolment records of invented citizens as CSV."""
    text = io.StringIO()
    table = csv.DictWriter(text, columns(), lineterminator="\n")
    table.writeheader()
    table.writerows(enrolments(count, seed))
    if target is None:
        out.result({"csv": text.getvalue()}, lambda _: click.echo(text.getvalue(), nl=False))
        return
    try:
        target.write_text(text.getvalue(), encoding="utf-8")
    except OSError as error:
        raise CardFileWriteError(f"{target} cannot be written: {error.strerror}") from error
    out.result(
        {"file": str(target), "records": count, "seed": seed},
        lambda console: console.print(f"{count} invented citizens in {target}"),
    )


def _card_files(arguments: tuple[Path, ...]) -> Iterator[Path]:
    for argument in arguments:
        if argument.is_dir():
            yield from sorted(argument.glob("*.json"))
        else:
            yield argument


def _open(paths: list[Path], interface: Interface) -> Iterator[SimReader]:
    for path in paths:
        yield open_card(path, interface)


def _check_what_is_served(
    files: tuple[Path, ...], *, java: bool, hopper: bool, profile: CardProfile | None
) -> None:
    if java and (files or hopper):
        raise click.UsageError("--java serves one new card: no FILES and no --hopper go with it")
    if not java and not files:
        raise click.UsageError("name the card files to serve, or --java for a new Java card")
    if not java and profile:
        raise click.UsageError("a card file says which type its card is: --profile is for --java")


def _at_interrupts(stop: Callable[[], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop())


def _serve_files(
    out: Output,
    files: tuple[Path, ...],
    host: str,
    port: int,
    hopper: bool,
    *,
    contactless: bool,
) -> tuple[int, int]:
    """Serve card files; return how many cards there are, and how many were served."""
    paths = list(_card_files(files))
    for path in paths:
        read(path)
    interface = Interface.CONTACTLESS if contactless else Interface.CONTACT
    with Stop() as stop:
        _at_interrupts(stop.request)
        reader = VirtualReader(host, port, stop, out.note)
        if hopper or len(paths) > 1:
            return len(paths), reader.serve_hopper(_open(paths, interface))
        with open_card(paths[0], interface) as card:
            reader.serve_one(card)
    return 1, 1


def _serve_java_card(
    out: Output, profile: CardProfile | None, host: str, port: int, *, contactless: bool
) -> None:
    from java_card.serve import JavaCardInReader
    from java_card.settings import Wiring, blank_card

    wiring = Wiring.CONTACTLESS if contactless else Wiring.CONTACT_T1
    with JavaCardInReader("java", blank_card(profile, wiring=wiring), host, port) as card:
        _at_interrupts(card.stop)
        card.run(out.note)
