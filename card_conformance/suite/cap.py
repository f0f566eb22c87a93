"""Small load files that the suite makes itself: a package of nobody, with modules that do nothing.

A CAP file's components in their order, each with tag and size (Java Card VM 3.0.5, 6.3 and 6.5).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1, sha256

from applet_spec import spec
from card_conformance.card_under_test import CardUnderTest
from host_lib.apdu import Apdu
from host_lib.channel import SecureChannel
from host_lib.command import DeleteContent, Install, InstallForLoad, Load
from host_lib.tlv import encode

_HEADER, _APPLET = 1, 3
_MAGIC = bytes.fromhex("DECAFFED")
PACKAGE = bytes.fromhex("F0554E4943415244EE")
"""A name in the proprietary category (ISO/IEC 7816-4), apart from the contract's."""
BLOCK = 100
"""Bytes of a LOAD command in these tests: more than one even for a small file."""


def module(number: int = 1) -> bytes:
    """Return the AID of a module of the package."""
    return PACKAGE + bytes((number,))


def components(*modules: bytes, package: bytes = PACKAGE, magic: bytes = _MAGIC) -> bytes:
    """Return a CAP file's components, with an Applet component where there are modules."""
    header = magic + bytes.fromhex("0102 00 0001") + bytes((len(package),)) + package
    found = _component(_HEADER, header)
    if modules:
        applets = b"".join(bytes((len(aid),)) + aid + b"\x00\x00" for aid in modules)
        found += _component(_APPLET, bytes((len(modules),)) + applets)
    return found


def _component(tag: int, content: bytes) -> bytes:
    return bytes((tag,)) + len(content).to_bytes(2, "big") + content


def filled(size: int) -> bytes:
    """Return components of the package with this many bytes more, in two that may be so long."""
    half = size // 2
    return components(module()) + _component(7, bytes(half)) + _component(9, bytes(size - half))


def load_file(data: bytes) -> bytes:
    """Return the load file data block of components, as C4."""
    return encode(0xC4, data)


def digest(data: bytes, length: int) -> bytes:
    """Return the load file hash of components: SHA-1 for 20 bytes, SHA-256 for 32."""
    return (sha1(data) if length == 20 else sha256(data)).digest()


def blocks(stream: bytes, size: int = BLOCK) -> Iterator[Apdu]:
    """Cut a load file into LOAD commands."""
    for number, start in enumerate(range(0, len(stream), size)):
        last = start + size >= len(stream)
        yield Load(number & 0xFF, stream[start : start + size], last).apdu()


def bring(
    card: CardUnderTest, channel: SecureChannel, data: bytes, sw: str = "9000", **announced: bytes
) -> None:
    """Load components; every block but the last must be taken, the last answered with ``sw``."""
    name = announced.pop("load_file", PACKAGE)
    card.expect("9000", InstallForLoad(name, **announced).apdu(), channel)
    *earlier, last = blocks(load_file(data), min(BLOCK * 2, channel.max_data))
    for command in earlier:
        card.expect("9000", command, channel)
    card.expect(sw, last, channel)


@contextmanager
def on_card(card: CardUnderTest, *modules: bytes) -> Iterator[SecureChannel]:
    """Have the package on the card inside the block, and a session with its card manager."""
    channel = card.session(on_manager=True).channel
    bring(card, channel, components(*(modules or (module(),))))
    try:
        yield channel
    finally:
        remove(card, PACKAGE)


def remove(card: CardUnderTest, aid: bytes) -> None:
    """Take a load file with its applications, or an application, off the card if it is there."""
    with card.restoring("the card's content"):
        card.reader.reset()
        again = card.session(on_manager=True).channel
        card.send(DeleteContent(aid, related=True).apdu(), again)
        left = card.send(DeleteContent(aid, related=True).apdu(), again)
        if left.sw != 0x6A88:
            card.expect("6A88", DeleteContent(aid, related=True).apdu(), again)


def install(instance: bytes, *, selectable: bool = True, number: int = 1) -> Apdu:
    """Return INSTALL of a module of the package."""
    return Install(PACKAGE, module(number), instance, selectable=selectable).apdu()


def instance(number: int = 1) -> bytes:
    """Return the AID of an application made of the package."""
    return PACKAGE + bytes((0xA0, number))


OURS = (spec().aids.isd, spec().aids.package, spec().aids.instance)
"""AIDs that are taken on every card of the contract."""
