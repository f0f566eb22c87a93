"""The implementation statement: what a card claims to do, and so what the suite asks of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from applet_spec import spec
from card_conformance.formats import STATEMENT, FileDamaged, Json, read

Interface = Literal["contact", "contactless"]


def _offered() -> tuple[int, ...]:
    return tuple(sorted(spec().secure_channel.level_needs))


@dataclass(frozen=True, slots=True)
class Statement:
    """What the card under test claims; the default claims all of the contract, by contact.

    ``levels`` are security levels of issuer sessions, ``key_length`` the bytes of each issuer key
    that the suite writes, ``profile`` the contract's card type, ``i`` the parameter of SCP03 (None:
    whatever the card says), ``application`` whether there is one behind the card manager,
    ``not_applicable`` reasons by requirement number.
    """

    card: str = "a card without implementation statement"
    interface: Interface = "contact"
    levels: tuple[int, ...] = field(default_factory=_offered)
    key_length: int = 16
    profile: str | None = None
    i: int | None = None
    finger: bool = True
    application: bool = True
    not_applicable: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def as_json(self) -> Json:
        """Return the statement as results hold it; `from_json` reads it again."""
        return {
            "format": "unicard-implementation-statement",
            "version": 1,
            "card": self.card,
            "spec_version": spec_version(),
            "interface": self.interface,
            "levels": [f"{level:02X}" for level in self.levels],
            "key_length": self.key_length,
            **({} if self.profile is None else {"profile": self.profile}),
            **({} if self.i is None else {"i": f"{self.i:02X}"}),
            "finger": self.finger,
            **({} if self.application else {"application": False}),
            "not_applicable": [
                {"requirement": number, "reason": reason}
                for number, reason in self.not_applicable.items()
            ],
        }


def spec_version() -> str:
    """Return the contract's version as text, for example 1.0."""
    return ".".join(str(number) for number in spec().version)


def _i_of(profile: str | None) -> int | None:
    return None if profile is None else spec().card_profiles[profile].i


def load_statement(path: Path) -> Statement:
    """Read an implementation statement. Raises FileDamaged."""
    return from_json(read(path, STATEMENT), str(path))


def from_json(content: Json, where: str) -> Statement:
    """Build a statement from content that fits the schema.

    Raises FileDamaged for another version of the contract, and for levels, requirements, profiles
    or values of i that the contract does not have.
    """
    if content["spec_version"] != spec_version():
        raise FileDamaged(
            f"{where} is about version {content['spec_version']} of the contract, "
            f"this suite tests {spec_version()}"
        )
    default = Statement()
    levels = tuple(int(level, 16) for level in content.get("levels", ())) or default.levels
    strange = [f"security level {level:02X}" for level in levels if level not in default.levels]
    reasons = {e["requirement"]: e["reason"] for e in content.get("not_applicable", ())}
    strange += [f"requirement {n}" for n in reasons if n not in spec().requirements]
    profile = content.get("profile")
    if profile is not None and profile not in spec().card_profiles:
        strange.append(f"card profile {profile}")
    i = int(content["i"], 16) if "i" in content else None
    if i is not None and not spec().secure_channel.knows(i):
        strange.append(f"i = {i:02X}")
    if strange:
        raise FileDamaged(f"{where}: the contract has no {strange[0]}")
    return Statement(
        card=content["card"],
        interface=content.get("interface", default.interface),
        levels=tuple(sorted(levels)),
        key_length=content.get("key_length", default.key_length),
        profile=profile,
        i=_i_of(profile) if i is None else i,
        finger=content.get("finger", default.finger),
        application=content.get("application", default.application),
        not_applicable=MappingProxyType(reasons),
    )
