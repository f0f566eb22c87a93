"""Load files and the commands of content, as bytes, for these tests."""

import hashlib
from collections.abc import Sequence

from tests.support.terminal import AIDS, Terminal, lv

PACKAGE = bytes.fromhex("F04F54484552")
MODULE = PACKAGE + b"\x01"
OTHER_MODULE = PACKAGE + b"\x02"
INSTANCE = bytes.fromhex("F1494E53540001")
EVERY = b"\x4f\x00"


def component(tag: int, content: bytes) -> bytes:
    return bytes([tag]) + len(content).to_bytes(2, "big") + content


def cap(
    package: bytes = PACKAGE,
    modules: Sequence[bytes] = (MODULE, OTHER_MODULE),
    size: int = 40,
    flags: int = 4,
) -> bytes:
    """Return the components of a CAP file: Header, Directory, Applet, and a Method of ``size``."""
    header = bytes.fromhex("DECAFFED0102") + bytes([flags]) + b"\x03\x02" + lv(package)
    data = component(1, header) + component(2, bytes(31))
    if modules:
        applets = b"".join(lv(module) + b"\x00\x10" for module in modules)
        data += component(3, bytes([len(modules)]) + applets)
    return data + component(7, bytes(size))


def ber(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    size = (length.bit_length() + 7) // 8
    return bytes([0x80 | size]) + length.to_bytes(size, "big")


def load_file(content: bytes) -> bytes:
    """Return the load file as LOAD carries it: C4, length, components."""
    return b"\xc4" + ber(len(content)) + content


def announcement(
    package: bytes = PACKAGE,
    domain: bytes = b"",
    digest: bytes = b"",
    parameters: bytes = b"",
    token: bytes = b"",
) -> bytes:
    return b"".join(map(lv, (package, domain, digest, parameters, token)))


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def install_for(
    aid: bytes = INSTANCE,
    package: bytes = PACKAGE,
    module: bytes = MODULE,
    privileges: bytes = b"",
    parameters: bytes = b"\xc9\x00",
    token: bytes = b"",
) -> bytes:
    return b"".join(map(lv, (package, module, aid, privileges, parameters, token)))


def named(aid: bytes) -> bytes:
    """Return the data of INSTALL [for make selectable] and [for personalization]."""
    return b"\x00\x00" + lv(aid) + b"\x00\x00\x00"


def deletion(aid: bytes) -> bytes:
    return b"\x4f" + lv(aid)


def announce(host: Terminal, **fields: bytes) -> int:
    return host.sw(0x80, 0xE6, 0x02, 0, announcement(**fields))


def load_blocks(host: Terminal, blocks: Sequence[bytes]) -> list[int]:
    """Send the blocks of a load file until one is refused, and return the status words."""
    words: list[int] = []
    for number, block in enumerate(blocks):
        p1 = 0x80 if number == len(blocks) - 1 else 0x00
        words.append(host.sw(0x80, 0xE8, p1, number, block))
        if words[-1] != 0x9000:
            break
    return words


def cut_up(data: bytes, size: int = 200) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def load(host: Terminal, package: bytes = PACKAGE, content: bytes | None = None) -> int:
    """Load a package and return the last status word."""
    content = cap(package, (package + b"\x01", package + b"\x02")) if content is None else content
    word = announce(host, package=package)
    return word if word != 0x9000 else load_blocks(host, cut_up(load_file(content)))[-1]


def listed(host: Terminal, p1: int, search: bytes = EVERY) -> bytes:
    """Return all entries of a list, empty where there are none."""
    found, p2 = b"", 2
    while True:
        data, sw = host.send(0x80, 0xF2, p1, p2, search)
        found, p2 = found + data, 3
        if sw != 0x6310:
            assert sw in (0x9000, 0x6A88)
            return found


def state_of(host: Terminal, aid: bytes) -> int | None:
    """Return the life cycle code that GET STATUS shows for an application."""
    found = listed(host, 0x40, b"\x4f" + lv(aid) + b"\x5c\x02\x9f\x70")
    return found[-1] if found else None


def set_card(host: Terminal, state: int) -> int:
    return host.sw(0x80, 0xF0, 0x80, state)


def begin_again(host: Terminal) -> None:
    """Select the security domain and open a session."""
    host.select(AIDS.isd)
    host.authenticate()


HEADER = component(1, bytes.fromhex("DECAFFED0102040302") + lv(PACKAGE))
APPLET = component(3, b"\x01" + lv(MODULE) + b"\x00\x10")
MALFORMED = {  # no CAP files
    "nothing": b"",
    "no Header": APPLET,
    "Header second": APPLET + HEADER,
    "Header twice": HEADER + HEADER,
    "Applet twice": HEADER + APPLET + APPLET,
    "another magic": HEADER.replace(b"\xde\xca", b"\xde\xcb"),
    "extended format": cap(flags=0x0C),
    "a package AID of 4 bytes": component(1, bytes.fromhex("DECAFFED0102040302") + lv(b"abcd")),
    "a Header cut short": component(1, bytes.fromhex("DECAFFED0102040302") + lv(PACKAGE)[:-1]),
    "a Header too long": component(1, HEADER[3:] + b"\x01a" + b"\x00"),
    "no applet in Applet": HEADER + component(3, b"\x00"),
    "a module AID of 17 bytes": HEADER + component(3, b"\x01" + lv(bytes(17)) + b"\x00\x10"),
    "a module twice": HEADER + component(3, b"\x02" + (lv(MODULE) + b"\x00\x10") * 2),
    "Applet too long": HEADER + component(3, APPLET[3:] + b"\x00"),
    "Applet cut short": HEADER + component(3, APPLET[3:-1]),
    "component 0": HEADER + component(0, b""),
    "component 13": HEADER + component(13, b""),
    "a component without size": HEADER + b"\x07\x00",
    "a component cut short": HEADER + component(7, bytes(9))[:-1],
}


def install(host: Terminal, p1: int = 0x0C, **fields: bytes) -> int:
    return host.sw(0x80, 0xE6, p1, 0, install_for(**fields))


def delete(host: Terminal, aid: bytes, p2: int = 0) -> int:
    return host.sw(0x80, 0xE4, 0, p2, deletion(aid))


def lock(host: Terminal, aid: bytes, p2: int = 0x80) -> int:
    return host.sw(0x80, 0xF0, 0x40, p2, aid)


def selected(host: Terminal, name: bytes, p2: int = 0) -> tuple[bytes, int]:
    """Return the AID that SELECT finds, and the status word."""
    data, sw = host.raw(bytes([0, 0xA4, 4, p2]) + lv(name))
    return data[4 : 4 + data[3]] if data else b"", sw
