"""The command line of key custodians: `unicard keys …`."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keys_tool import rendering
from keys_tool.purpose import TRANSPORT_ADVICE, Algorithm, KeyInfo, Purpose, versions
from keys_tool.store import KeyStore, open_store, require_store
from unicard_console import (
    Output,
    Planning,
    SecretSource,
    output_options,
    passphrase_option,
    plan_options,
    reader_option,
    secret_option,
    store_option,
)

if TYPE_CHECKING:
    from host_lib.keyset import KeySet
    from keys_tool.diversification import Master

_PURPOSES = click.Choice([purpose.value for purpose in Purpose])


def key_version(text: str | int) -> int:
    """Read a key version as `keys list` shows it: one byte in hexadecimal."""
    if isinstance(text, int):
        return text
    if not 1 <= len(text) <= 2 or not all(c in "0123456789abcdefABCDEF" for c in text):
        raise click.BadParameter(f"{text!r} is no key version: write one byte in hexadecimal")
    return int(text, 16)


def _transport_options(command: Callable[..., None]) -> Callable[..., None]:
    well_known = click.option(
        "--transport",
        type=click.Choice(["gp-default"]),
        help="Blank stock has the public test keys of GlobalPlatform: software cards, test cards.",
    )
    from_file = click.option(
        "--transport-file",
        type=click.Path(path_type=Path),
        help="File with the keys of blank stock, as the chip supplier sent it.",
    )
    return well_known(from_file(command))


@click.group()
def keys() -> None:
    """Make key stores, list keys, rotate a card's keys."""


@keys.command()
@store_option
@passphrase_option
@click.option("--issuer", default="Unicard", show_default=True, help="Name in the certificates.")
@_transport_options
@output_options
def init(
    out: Output,
    store: str,
    passphrase: SecretSource,
    issuer: str,
    transport: str | None,
    transport_file: Path | None,
) -> None:
    """Create an encrypted key store with the first key of each purpose."""
    from keys_tool.contents import initial_contents
    from keys_tool.file_store import FileStore, require_absent
    from keys_tool.passphrase import from_text

    require_absent(Path(store))
    blank = _transport_keys(transport, transport_file)
    try:
        contents = initial_contents(issuer, blank)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--issuer") from error
    with FileStore.create(
        Path(store), from_text(passphrase(confirm=True)), contents=contents
    ) as opened:
        _show(out, opened.location, opened.keys())
    out.note(f"Keep the passphrase apart from {store}, and a copy of both: nothing restores them.")
    if blank is None:
        out.note(
            f"It has no keys of blank stock yet, which personalizing needs: {TRANSPORT_ADVICE}"
        )


@keys.command("list")
@store_option
@passphrase_option
@output_options
def list_keys(out: Output, store: str, passphrase: SecretSource) -> None:
    """List the keys: purpose, version, algorithm, check value and its method."""
    with _open(store, passphrase) as opened:
        _show(out, opened.location, opened.keys())


@keys.command()
@click.argument("purpose", type=_PURPOSES)
@click.option(
    "--version", type=key_version, help="Version, hexadecimal; by default the next free one."
)
@click.option(
    "--algorithm",
    type=click.Choice([algorithm.value for algorithm in Algorithm]),
    help="By default the first that the purpose allows.",
)
@_transport_options
@store_option
@passphrase_option
@output_options
def add(
    out: Output,
    store: str,
    passphrase: SecretSource,
    purpose: str,
    version: int | None,
    algorithm: str | None,
    transport: str | None,
    transport_file: Path | None,
) -> None:
    """Add a key: a new issuer master, card CA, sealing key, or the keys of blank stock."""
    chosen = Purpose(purpose)
    blank = _transport_keys(transport, transport_file)
    if (chosen is Purpose.TRANSPORT) != (blank is not None):
        raise click.UsageError(
            "transport keys, and no others, come by --transport or --transport-file"
        )
    if algorithm and blank is not None:
        raise click.UsageError("the algorithm of transport keys follows from the keys themselves")
    with _open(store, passphrase) as opened:
        wanted = _next_version(opened, chosen) if version is None else version
        if blank is not None:
            info = opened.import_transport(wanted, blank)
        else:
            info = opened.generate(chosen, wanted, Algorithm(algorithm) if algorithm else None)
        _show(out, opened.location, [info])


@keys.command()
@click.argument("purpose", type=_PURPOSES)
@click.argument("version", type=key_version)
@store_option
@passphrase_option
@output_options
def retire(out: Output, store: str, passphrase: SecretSource, purpose: str, version: int) -> None:
    """Let a key protect nothing new; what it protected stays within reach."""
    with _open(store, passphrase) as opened:
        _show(out, opened.location, [opened.retire(Purpose(purpose), version)])


@keys.command("hand-over")
@click.argument("purpose", type=_PURPOSES)
@click.argument("version", type=key_version)
@click.option(
    "--to",
    "other",
    metavar="STORE",
    required=True,
    help="The other key store; it is created where there is none.",
)
@click.option(
    "--within-issuer",
    is_flag=True,
    help="The other store is the issuer's too: for keys that never go to a terminal.",
)
@secret_option("to_passphrase", "passphrase of the other key store", "UNICARD_TO_PASSPHRASE")
@store_option
@passphrase_option
@output_options
def hand_over(
    out: Output,
    store: str,
    passphrase: SecretSource,
    to_passphrase: SecretSource,
    purpose: str,
    version: int,
    other: str,
    within_issuer: bool,
) -> None:
    """Put the master of a role into another store: into the SAM of a terminal.

    So a bakery's till runs on a store with nothing but role-bread in it. Masters of issuer,
    receipts and LOAD stay with the issuer, and so does every key that is no role's.
    """
    from keys_tool.purpose import require_for_terminals
    from keys_tool.stolen import sentence

    wanted = Purpose(purpose)
    if not within_issuer:
        require_for_terminals(wanted)
    with _open(store, passphrase) as opened:
        opened.info(wanted, version)
        with _open_or_create(other, to_passphrase) as to:
            info = opened.hand_over(wanted, version, to, within_issuer=within_issuer)
            _show(out, to.location, [info])
    out.note(sentence(wanted))


@keys.command("verify-receipts")
@click.argument("file", type=click.Path(path_type=Path))
@store_option
@passphrase_option
@output_options
def verify_receipts(out: Output, store: str, passphrase: SecretSource, file: Path) -> None:
    """Verify the receipts in a file, one a line; every line that is none is named.

    The exit code is 1 where one fails.
    """
    from keys_tool.receipt_file import verify_file

    with _open(store, passphrase) as opened:
        found = verify_file(file, opened)
    data = {"file": str(file), **rendering.receipts_as_dict(found)}
    out.result(data, lambda console: rendering.draw_receipts(console, found))
    if found.bad:
        raise click.exceptions.Exit(1)


@keys.command()
@reader_option
@click.option("--to", "target", type=key_version, help="New key version; by default the newest.")
@click.option("--from", "source", type=key_version, help="Take away only this version.")
@plan_options
@store_option
@passphrase_option
@output_options
def rotate(
    out: Output,
    store: str,
    passphrase: SecretSource,
    reader: str | None,
    target: int | None,
    source: int | None,
    planning: Planning,
) -> None:
    """Give the card in a reader the issuer keys of a newer version.

    The new keys are added and proven by a session before the old ones are deleted. After an
    interruption the same command finishes the work.
    """
    from host_lib.interrupt import stopping_between_commands
    from host_lib.plan_file import as_document
    from host_lib.reader import open_reader
    from keys_tool.rotation import plan_rotation, rotate_card

    with _open(store, passphrase) as opened, open_reader(reader) as place:
        wanted = opened.default_version(Purpose.ISSUER) if target is None else target
        if planning.dry_run:
            plan = plan_rotation(place, opened, wanted, source)
            planning.show(out, as_document(plan, planning.saved))
            return
        with stopping_between_commands(place) as stoppable:
            report = rotate_card(stoppable, opened, wanted, source, planning.saved)
            data = {"reader": place.name, **rendering.rotation_as_dict(report)}
            out.result(data, lambda console: rendering.tell_rotation(console, report))


@keys.command()
@reader_option
@store_option
@passphrase_option
@output_options
def find(out: Output, store: str, passphrase: SecretSource, reader: str | None) -> None:
    """Find out which keys of the store open the card in a reader: issuer's, or of blank stock.

    A key that is not the card's costs it nothing: the card proves its keys first, and only one that
    has proven a key is authenticated to.
    """
    from host_lib.reader import open_reader
    from keys_tool.finding import find_keys

    with _open(store, passphrase) as opened, open_reader(reader) as place:
        found = find_keys(place, opened)
    data = {"reader": place.name, **rendering.found_as_dict(found)}
    out.result(data, lambda console: rendering.draw_found(console, found))


@keys.command("change-passphrase")
@store_option
@passphrase_option
@secret_option("new_passphrase", "new passphrase of the key store", "UNICARD_NEW_PASSPHRASE")
@output_options
def change_passphrase(
    out: Output, store: str, passphrase: SecretSource, new_passphrase: SecretSource
) -> None:
    """Put the store under a new passphrase; older copies of the file keep the old one."""
    from keys_tool.file_store import FileStore
    from keys_tool.passphrase import from_text

    require_store(store)
    with FileStore.load(Path(store), from_text(passphrase())) as opened:
        opened.change_passphrase(from_text(new_passphrase(confirm=True)))
        data = {"store": opened.location, "passphrase": "changed"}
    out.result(data, lambda console: console.print(f"The passphrase of {store} is changed."))


@keys.command("export-certificate")
@click.option("--version", type=key_version, help="Version of the card CA; by default the newest.")
@store_option
@passphrase_option
@output_options
def export_certificate(
    out: Output, store: str, passphrase: SecretSource, version: int | None
) -> None:
    """Print the issuer certificate, with which card certificates are checked, as PEM."""
    from ssl import DER_cert_to_PEM_cert

    with _open(store, passphrase) as opened:
        wanted = opened.default_version(Purpose.CARD_CA) if version is None else version
        pem = DER_cert_to_PEM_cert(opened.issuer_certificate(wanted))
    data = {"version": f"{wanted:02X}", "certificate": pem}
    out.result(data, lambda console: console.print(pem, end="", soft_wrap=True))


def _open(store: str, passphrase: SecretSource) -> KeyStore:
    from keys_tool.passphrase import from_text

    require_store(store)
    return open_store(store, from_text(passphrase()))


def _open_or_create(location: str, passphrase: SecretSource) -> KeyStore:
    from keys_tool.contents import Contents
    from keys_tool.file_store import FileStore
    from keys_tool.passphrase import from_text

    if location.startswith("pkcs11:") or Path(location).exists():
        return _open(location, passphrase)
    secret = from_text(passphrase(confirm=True))
    return FileStore.create(Path(location), secret, contents=Contents())


def _transport_keys(well_known: str | None, path: Path | None) -> "KeySet | Master | None":
    from keys_tool.transport_file import globalplatform_default, read_transport_file

    if well_known and path:
        raise click.UsageError("--transport and --transport-file exclude each other")
    if path:
        return read_transport_file(path)
    return globalplatform_default() if well_known else None


def _next_version(store: KeyStore, purpose: Purpose) -> int:
    infos = store.keys()
    taken = [info.version for info in infos if info.purpose is purpose]
    return max(taken, default=versions(purpose)[0] - 1) + 1


def _show(out: Output, location: str, infos: Iterable[KeyInfo]) -> None:
    infos = list(infos)
    data = {"store": location, "keys": [rendering.key_as_dict(info) for info in infos]}
    out.result(data, lambda console: rendering.draw_keys(console, infos))
