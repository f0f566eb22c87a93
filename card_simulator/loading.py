"""INSTALL [for load] and LOAD: a load file in blocks, in the registry with its last block.

GlobalPlatform Card 2.3.1, 11.5.2.3.1 and 11.6. What has come so far is transient; whatever goes
wrong, and any other command in between, drops it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha1, sha256
from hmac import compare_digest

from applet_spec import spec
from card_simulator import install_data
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.load_files import LoadFileError, read_load_file
from card_simulator.registry import Registry

MOST_MODULES = 8
"""Of one load file, so that its entry in the registry fits one answer of GET STATUS."""

LAST_BLOCK = 0x80

_LOAD_FILE_DATA = 0xC4
_HASHES = {0: None, 20: sha1, 32: sha256}


@dataclass(slots=True)
class _Load:
    """A load file on its way; ``data`` is all blocks so far, with tag and length in front."""

    aid: bytes
    digest: bytes
    data: bytearray = field(default_factory=bytearray)
    block: int = 0


class Loading:
    """The one load file that may be on its way."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._most_files = spec().limits["load_files"]
        self._most_bytes = spec().limits["load_file_bytes"]
        self._load: _Load | None = None

    def forget(self) -> None:
        """Drop what has come so far."""
        self._load = None

    def begin(self, command: Command) -> Answer:
        """INSTALL [for load]: announce a load file's AID and perhaps its hash."""
        aid, domain, digest, parameters, token = install_data.fields(command.data, 5)
        install_data.check_aid(aid)
        install_data.check_no_token(token)
        install_data.check_parameters(parameters, for_application=False)
        if len(digest) not in _HASHES:
            raise StatusError(SW.WRONG_DATA)
        if domain not in (b"", spec().aids.isd):
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        if self._is_taken(aid):
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        if len(self._registry.loaded()) >= self._most_files:
            raise StatusError(SW.NO_SPACE)
        self._load = _Load(aid, digest)
        return Answer(b"\x00")

    def load(self, command: Command) -> Answer:
        """LOAD: the next block; the last one puts the load file into the registry."""
        load, self._load = self._load, None
        if load is None:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        if command.p2 != load.block:
            raise StatusError(SW.WRONG_P1P2)
        load.data += command.data
        load.block += 1
        content = self._content(load)
        if command.p1 & LAST_BLOCK:
            if content is None:
                raise StatusError(SW.WRONG_DATA)
            self._finish(load, content)
        else:
            self._load = load
        return Answer(b"\x00")

    def _content(self, load: _Load) -> bytes | None:
        """Return the load file data block if all of it has come, None if not."""
        header = _header(bytes(load.data[:5]))
        if header is None:
            return None
        start, length = header
        used = sum(file.size for file in self._registry.loaded())
        if used + length > self._most_bytes:
            raise StatusError(SW.NO_SPACE)
        if len(load.data) > start + length:
            raise StatusError(SW.WRONG_DATA)
        return bytes(load.data[start:]) if len(load.data) == start + length else None

    def _finish(self, load: _Load, content: bytes) -> None:
        """Check what has been loaded, then write it to the registry in one step."""
        digest = _HASHES[len(load.digest)]
        if digest and not compare_digest(digest(content).digest(), load.digest):
            raise StatusError(SW.WRONG_DATA)
        try:
            file = read_load_file(content)
        except LoadFileError as error:
            raise StatusError(SW.WRONG_DATA) from error
        if file.aid != load.aid:
            raise StatusError(SW.WRONG_DATA)
        if len(file.modules) > MOST_MODULES:
            raise StatusError(SW.NO_SPACE)
        self._registry.put_load_file(file)

    def _is_taken(self, aid: bytes) -> bool:
        registry = self._registry
        return bool(aid == spec().aids.isd or registry.load_file(aid) or registry.instance(aid))


def _header(data: bytes) -> tuple[int, int] | None:
    """Return where the load file begins and its length, None while that has not come.

    Raises `StatusError` 6A80 for another tag than C4, such as a DAP block (E2), whose signature
    nobody can check on this card, and for a length that is not BER.
    """
    if data and data[0] != _LOAD_FILE_DATA:
        raise StatusError(SW.WRONG_DATA)
    if len(data) < 2:
        return None
    if data[1] < 0x80:
        return 2, data[1]
    count = data[1] & 0x7F
    if count not in (1, 2, 3):
        raise StatusError(SW.WRONG_DATA)
    if len(data) < 2 + count:
        return None
    return 2 + count, int.from_bytes(data[2 : 2 + count], "big")
