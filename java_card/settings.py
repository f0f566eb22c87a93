"""What a new Java card is like, as the lines that its process reads (``unicard.link.Settings``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from applet_spec import CardProfile, spec
from applet_spec.simulated import CONTACT_ATR, REFERENCE, factory_key, new_cplcs, software_profiles
from host_lib.errors import ReaderNotFound

CARD_MANAGER = "unicard.manager.CardManager"
"""The class of the issuer security domain."""

APPLET = "unicard.application.UnicardApplet"
"""The class of the contract's application."""

INERT_APPLET = "unicard.manager.content.InertApplet"
"""The class of applications that answer SELECT with their name, and 6D00 to everything else."""


class Wiring(Enum):
    """How the reader talks to the card, as ``unicard.card.Wiring`` has it."""

    CONTACT_T0 = "CONTACT_T0"
    CONTACT_T1 = "CONTACT_T1"
    CONTACTLESS = "CONTACTLESS"


@dataclass(frozen=True)
class Module:
    """An executable module and the class of its applet."""

    aid: bytes
    class_name: str = INERT_APPLET


@dataclass(frozen=True)
class LoadFile:
    """An executable load file; one that is not ``on_card`` must be loaded before it is used."""

    aid: bytes
    modules: tuple[Module, ...]
    version: int = 0x0100
    on_card: bool = True


@dataclass(frozen=True)
class Instance:
    """An application that the card has from the start; ``parameters`` are those of tag C9."""

    load_file: bytes
    module: bytes
    aid: bytes
    parameters: bytes = b""


@dataclass(frozen=True)
class CardSettings:
    """A new card. ``sizes`` are the numbers of ``unicard.card.CardOptions``, by their names there.

    ``domain`` is the class of the issuer domain, with its settings; ``class_path`` is where applet
    classes are found besides those of the runtime.
    """

    domain: str | None = None
    domain_settings: tuple[tuple[str, str], ...] = ()
    load_files: Sequence[LoadFile] = ()
    instances: Sequence[Instance] = ()
    class_path: Sequence[Path] = ()
    wiring: Wiring = Wiring.CONTACT_T1
    atr: bytes = CONTACT_ATR
    sizes: tuple[tuple[str, int], ...] = ()
    keys_join_transactions: bool = False

    def lines(self) -> Iterator[str]:
        """Yield the lines that describe this card. Some hold keys: they go through a pipe only.

        Raises ValueError, which names no value, for a setting with a line break.
        """
        for line in self._lines():
            if len(line.splitlines()) > 1:
                raise ValueError(f"{line.partition('=')[0]} has more than one line")
            yield line

    def _lines(self) -> Iterator[str]:
        yield f"wiring={self.wiring.value}"
        yield f"atr={self.atr.hex()}"
        yield f"keysJoinTransactions={str(self.keys_join_transactions).lower()}"
        yield from (f"{name}={number}" for name, number in self.sizes)
        if self.domain:
            yield f"domain={self.domain}"
        yield from (f"domain.{name}={value}" for name, value in self.domain_settings)
        for file in self.load_files:
            place = "card" if file.on_card else "outside"
            yield f"loadFile={file.aid.hex()} {file.version:04x} {place}"
            for module in file.modules:
                yield f"module={module.aid.hex()} {module.class_name}"
        for one in self.instances:
            parameters = one.parameters.hex() or "-"
            yield f"instance={one.load_file.hex()} {one.module.hex()} {one.aid.hex()} {parameters}"
        yield from (f"classPath={path}" for path in self.class_path)


def blank_card(
    profile: CardProfile | None = None,
    *,
    seed: int | None = None,
    wiring: Wiring = Wiring.CONTACT_T1,
    load_files: Sequence[LoadFile] = (),
    class_path: Sequence[Path] = (),
) -> CardSettings:
    """Return a blank card of a type, the reference type where none is given, with its own serial.

    Its maker's keys and the load file of the contract are on it, the application is not installed.
    ``load_files`` are there besides, or can be loaded; ``class_path`` is where their classes are.
    """
    profile = profile or spec().card_profiles[REFERENCE]
    (cplc,) = new_cplcs(1, seed, profile)
    if profile.i is None:
        raise ValueError(f"what {profile.name} announces as i is not known")
    aids = spec().aids
    return CardSettings(
        domain=CARD_MANAGER,
        domain_settings=(
            ("cplc", cplc.hex()),
            ("i", f"{profile.i:02x}"),
            ("keyVersion", f"{profile.factory_version:02x}"),
            ("key", factory_key(profile).hex()),
        ),
        load_files=(LoadFile(aids.package, (Module(aids.module, APPLET),)), *load_files),
        class_path=class_path,
        wiring=wiring,
    )


def profile_named(name: str) -> CardProfile:
    """Return a card type that a simulated card can be. Raises ReaderNotFound."""
    names = software_profiles()
    if name not in names:
        raise ReaderNotFound(
            f"no Java card is of the type {name!r}", advice=f"the types are {', '.join(names)}"
        )
    return spec().card_profiles[name]
