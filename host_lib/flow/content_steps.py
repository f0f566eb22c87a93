"""The steps that change what is on a card: pure functions of what was observed and what is wished.

Each returns `Step`s for a session with the card manager selected, and raises `DoesNotFit` where the
observation already shows that the card would refuse. Nothing is sent here.
"""

from enum import Enum
from hashlib import sha1, sha256

from applet_spec import spec
from host_lib.command import (
    CardState,
    DeleteContent,
    DeleteKey,
    Install,
    InstallForLoad,
    Load,
    MakeSelectable,
    PutKey,
    SetApplicationStatus,
    SetCardStatus,
    StoreCardData,
)
from host_lib.command.base import Command
from host_lib.command.card_answers import CARD_IMAGE_TAG, ISSUER_NUMBER_TAG, ApplicationState
from host_lib.flow.content import CardContents, DoesNotFit
from host_lib.flow.rotation import fill_put_key
from host_lib.flow.stages import Step
from host_lib.keyset import KeySet
from host_lib.load_file import LoadFile
from host_lib.plan import Effect
from host_lib.secret import AesKey
from host_lib.tlv import encode

_CONFIRMATION = 1
_LONGEST_STORED = 16
_FORWARD = (CardState.OP_READY, CardState.INITIALIZED, CardState.SECURED, CardState.CARD_LOCKED)
"""The card life cycle, one step at a time; from CARD_LOCKED also back to SECURED."""


class Digest(Enum):
    """With which hash INSTALL [for load] announces a load file."""

    NONE = "none"
    SHA_1 = "sha-1"
    SHA_256 = "sha-256"

    def of(self, load_file: LoadFile) -> bytes:
        """Return the load file data block hash (GlobalPlatform 2.3.1, C.2); empty for NONE.

        Over the components alone, as GlobalPlatformPro and gpshell compute it.
        """
        if self is Digest.NONE:
            return b""
        return (sha1 if self is Digest.SHA_1 else sha256)(load_file.code).digest()


def load_steps(
    contents: CardContents, load_file: LoadFile, block: int, digest: Digest = Digest.SHA_256
) -> tuple[Step, ...]:
    """Load a load file in blocks of at most ``block`` bytes; on the card only after the last."""
    _require_usable(contents)
    if contents.load_file(load_file.package) is not None:
        raise DoesNotFit(
            f"the card has the load file {_hex(load_file.package)} already",
            advice="Delete it first (`unicard admin delete`), or take another card.",
        )
    pieces = load_file.cut(block)
    announce = InstallForLoad(load_file.package, contents.domain.aid, digest.of(load_file))
    blocks = (
        Load(number, piece, last=number == len(pieces) - 1) for number, piece in enumerate(pieces)
    )
    return (
        _changing(announce, "for load", _CONFIRMATION),
        *(
            _changing(command, f"block {command.number + 1} of {len(pieces)}", _CONFIRMATION)
            for command in blocks
        ),
    )


def install_steps(
    contents: CardContents,
    module: bytes,
    instance: bytes,
    *,
    parameters: bytes = b"",
    selectable: bool = True,
) -> tuple[Step, ...]:
    """Install an instance of a module that is on the card."""
    _require_usable(contents)
    load_file = contents.load_file_with(module)
    if any(entry.aid == instance for entry in (*contents.applications, contents.domain)):
        raise DoesNotFit(f"the card has an application {_hex(instance)} already")
    command = Install(load_file.aid, module, instance, parameters, selectable=selectable)
    note = "for install and make selectable" if selectable else "for install"
    return (_changing(command, note, _CONFIRMATION),)


def make_selectable_steps(contents: CardContents, instance: bytes) -> tuple[Step, ...]:
    """Let an installed application be selected."""
    _require_usable(contents)
    if contents.application(instance).life_cycle != ApplicationState.INSTALLED:
        raise DoesNotFit(f"the application {_hex(instance)} can be selected already")
    return (_changing(MakeSelectable(instance), "for make selectable", _CONFIRMATION),)


def delete_steps(contents: CardContents, aid: bytes, *, related: bool = False) -> tuple[Step, ...]:
    """Delete an application, or a load file and with ``related`` the applications from it."""
    _require_usable(contents)
    if aid == contents.domain.aid:
        raise DoesNotFit("the issuer security domain cannot be deleted")
    if contents.load_file(aid) is None:
        contents.application(aid)
    elif not related and (users := [e for e in contents.applications if e.load_file == aid]):
        names = ", ".join(_hex(entry.aid) for entry in users)
        raise DoesNotFit(
            f"the load file {_hex(aid)} is in use by {names}",
            advice="Delete them first, or all together with --related.",
        )
    note = f"{_hex(aid)} and what came from it" if related else _hex(aid)
    warning = f"{note} are gone" if related else f"{note} is gone"
    return (_final(DeleteContent(aid, related), note, _CONFIRMATION, warning=warning),)


def lock_steps(contents: CardContents, aid: bytes, *, lock: bool) -> tuple[Step, ...]:
    """Lock or unlock an application."""
    if contents.application(aid).locked == lock:
        raise DoesNotFit(f"the application {_hex(aid)} is {'' if lock else 'not '}locked")
    note = f"{'lock' if lock else 'unlock'} {_hex(aid)}"
    return (_changing(SetApplicationStatus(aid, lock), note),)


def state_steps(contents: CardContents, target: CardState) -> tuple[Step, ...]:
    """Lead the card to a life cycle state, one state at a time; back only from CARD_LOCKED."""
    if contents.state == target:
        raise DoesNotFit(f"the card is {target.name} already")
    if target is CardState.TERMINATED:
        return (_final(SetCardStatus(target), "to TERMINATED", warning="ends the card for ever"),)
    if (contents.state, target) == (CardState.CARD_LOCKED, CardState.SECURED):
        return (_changing(SetCardStatus(target), "back to SECURED"),)
    if contents.state not in _FORWARD or contents.state >= target:
        raise DoesNotFit(f"there is no way from {contents.state_name} to {target.name}")
    ways = (state for state in _FORWARD if contents.state < state <= target)
    return tuple(_state_step(state) for state in ways)


def _state_step(state: CardState) -> Step:
    if state is CardState.CARD_LOCKED:
        return _changing(SetCardStatus(state), f"to {state.name}")
    return _final(SetCardStatus(state), f"to {state.name}", warning=f"the card is {state.name}")


def store_steps(
    contents: CardContents, iin: bytes | None, cin: bytes | None, block: int
) -> tuple[Step, ...]:
    """Store the issuer's number (42) and the card's (45), 1 to 16 bytes each; None leaves one."""
    _require_usable(contents)
    given = [(ISSUER_NUMBER_TAG, iin), (CARD_IMAGE_TAG, cin)]
    values = [(tag, value) for tag, value in given if value is not None]
    if not values or any(not 1 <= len(value) <= _LONGEST_STORED for _, value in values):
        raise DoesNotFit(
            f"an issuer or card identification number has 1 to {_LONGEST_STORED} bytes",
            advice="Write the numbers in hexadecimal, two digits a byte.",
        )
    data = b"".join(encode(tag, value) for tag, value in values)
    starts = range(0, len(data), block)
    return tuple(
        _changing(
            StoreCardData(number, data[start : start + block], last=start + block >= len(data)),
            " and ".join(f"{tag:02X}" for tag, _ in values),
        )
        for number, start in enumerate(starts)
    )


def put_keys_steps(
    contents: CardContents,
    version: int,
    length: int,
    *,
    replaces: int = 0,
    inner_length: bool = True,
) -> tuple[Step, ...]:
    """Put the key set of a version, keys of ``length`` bytes, new or in place of ``replaces``.

    The keys are asked for by `CardKeys` and travel under the DEK of the session.
    """
    _require_usable(contents)
    if replaces and replaces not in contents.key_versions:
        raise DoesNotFit(f"the card has no key set {replaces:02X} that could be replaced")
    if version in contents.key_versions and version != replaces:
        raise DoesNotFit(
            f"the card has a key set {version:02X} already",
            advice="Find out which of your keys open it: `unicard keys find`.",
        )
    key = AesKey(bytes(length))
    keys = KeySet(version, key, key, key)
    note = f"key set {version:02X}" + (f" in place of {replaces:02X}" if replaces else "")
    blank = spec().key_ranges["blank"].first
    going = replaces or (blank if blank in contents.key_versions else 0)
    step = Step(
        PutKey(keys, key, replaces, inner_length),
        1 + 3 * len(key.check_value),
        Effect.IRREVERSIBLE if going else Effect.CHANGES,
        note,
        f"the keys of key set {going:02X} are gone" if going else "",
        fill=fill_put_key,
    )
    return (step,)


def delete_keys_steps(contents: CardContents, version: int, session: int) -> tuple[Step, ...]:
    """Delete the key set of a version, which is not that of the ``session``, nor the last one."""
    _require_usable(contents)
    if version not in contents.key_versions:
        raise DoesNotFit(f"the card has no key set {version:02X}")
    if version == session:
        raise DoesNotFit(
            f"the card opened with key set {version:02X}, so it cannot delete it",
            advice="Open the card with another of its key sets: --key-version.",
        )
    note = f"key set {version:02X}"
    return (_final(DeleteKey(version), note, _CONFIRMATION, warning=f"{note} is gone"),)


def _require_usable(contents: CardContents) -> None:
    if contents.state in (CardState.CARD_LOCKED, CardState.TERMINATED):
        raise DoesNotFit(
            f"the card is {contents.state_name} and takes no changes of its contents",
            advice="A locked card is opened again with `unicard admin state SECURED`.",
        )


def _changing(command: Command[None], note: str, answer_length: int = 0) -> Step:
    return Step(command, answer_length, Effect.CHANGES, note)


def _final(command: Command[None], note: str, answer_length: int = 0, *, warning: str) -> Step:
    return Step(command, answer_length, Effect.IRREVERSIBLE, note, warning)


def _hex(aid: bytes) -> str:
    return aid.hex().upper()
