"""Commands can be sent, told apart and answered."""

from collections.abc import Iterator
from itertools import combinations

from applet_spec.checks.contract import Files, Finding, SpecCheck, data_file
from applet_spec.model import CommandSpec, Spec, Variant

SHORT_RESPONSE = 256
"""Bytes that a short response can hold (ISO/IEC 7816-4, 5.2)."""
BLOCK = 16
"""Bytes in an AES block."""
SESSION_BLOCKS = {
    "host challenge",
    "card challenge",
    "host cryptogram",
    "card cryptogram",
    "C-MAC",
}
"""Fields that are as long as the session's MAC."""
S16 = "S16"
"""Name of the variants for sessions with blocks of 16 bytes; the others have 8."""


def secured_size(size: int, mac_length: int) -> int:
    """Return how long ``size`` bytes become once padded, encrypted and followed by their MAC."""
    return (size // BLOCK + 1) * BLOCK + mac_length


def _commands(spec: Spec) -> Iterator[tuple[str, CommandSpec]]:
    for command in spec.commands.values():
        yield data_file("commands"), command
    for command in spec.card_manager.values():
        yield data_file("card_manager"), command


def _variants(spec: Spec) -> Iterator[tuple[str, str, CommandSpec, Variant]]:
    for file, command in _commands(spec):
        for variant in command.variants:
            place = f"{command.name} ({variant.name})" if variant.name else command.name
            yield file, place, command, variant


def variants_keep_to_their_command(_files: Files, spec: Spec) -> Iterator[Finding]:
    """A variant works in states of its command only."""
    for file, place, command, variant in _variants(spec):
        for state in sorted((variant.states or frozenset()) - command.states):
            what = f"The variant works in {state}, but {command.name} does not."
            yield Finding(file, place, what)


def variants_differ(_files: Files, spec: Spec) -> Iterator[Finding]:
    """The card can tell two variants of a command apart by P1, P2 or length."""
    for file, command in _commands(spec):
        for one, other in combinations(command.variants, 2):
            if (one.p1, one.p2) == (other.p1, other.p2) and _lengths_meet(one, other):
                what = f"The variants {one.name!r} and {other.name!r} cannot be told apart."
                yield Finding(file, command.name, what)


def _lengths_meet(one: Variant, other: Variant) -> bool:
    a, b = one.length(), other.length()
    return a is None or b is None or (a.least <= b.most and b.least <= a.most)


def tags_take_both_parameters(_files: Files, spec: Spec) -> Iterator[Finding]:
    """A tag stands in P1 and P2 together."""
    for file, place, _command, variant in _variants(spec):
        if (variant.p1 == "tag") != (variant.p2 == "tag"):
            yield Finding(file, place, "A tag takes P1 and P2, not one of them.")


def data_fits_a_short_command(_files: Files, spec: Spec) -> Iterator[Finding]:
    """No command needs more data than a short command carries."""
    most = spec.limits["command_data"]
    for file, place, _command, variant in _variants(spec):
        length = variant.length()
        if length is not None and length.most > most:
            what = f"The data can be {length.most} bytes long, but a command carries {most}."
            yield Finding(file, place, what)


def answers_fit_a_session(_files: Files, spec: Spec) -> Iterator[Finding]:
    """An answer whose length is known fits one response, padded and with its R-MAC."""
    for file, place, _command, variant in _variants(spec):
        ends = [field.length.rpartition("-")[2] for field in variant.response]
        size = sum(int(end) for end in ends if end.isdigit())
        if secured_size(size, spec.secure_channel.mac_length) > SHORT_RESPONSE:
            what = f"The answer can be {size} bytes long, too long for one response in a session."
            yield Finding(file, place, what)


def session_fields_are_as_long_as_the_mac(_files: Files, spec: Spec) -> Iterator[Finding]:
    """Challenges, cryptograms and MACs have the length of the session's mode, S8 or S16."""
    for file, place, _command, variant in _variants(spec):
        expected = "16" if variant.name == S16 else "8"
        for field in (*variant.data, *variant.response):
            if field.name in SESSION_BLOCKS and field.length != expected:
                what = f"The {field.name} is {field.length} bytes long, the MAC {expected}."
                yield Finding(file, place, what)


def hosts_wait_longer_than_cards_take(_files: Files, spec: Spec) -> Iterator[Finding]:
    """A host gives a command more time than it usually takes."""
    for file, command in _commands(spec):
        if command.typical >= 1000 * command.timeout:
            what = f"It usually takes {command.typical} ms, and a host waits {command.timeout:g} s."
            yield Finding(file, command.name, what)


CHECKS: tuple[SpecCheck, ...] = (
    variants_keep_to_their_command,
    variants_differ,
    tags_take_both_parameters,
    data_fits_a_short_command,
    answers_fit_a_session,
    session_fields_are_as_long_as_the_mac,
    hosts_wait_longer_than_cards_take,
)
