"""The order of checks of a command, read from the contract's tables.

CLA and secure messaging have been looked at before; here come instruction, class of the
instruction, state, session, P1 and P2, and the length of the data. What is left to a handler is
the data itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from applet_spec.model import CommandSpec, Variant
from card_simulator.apdu import SECURE, SW, Answer, Command, StatusError

Handler = Callable[[Command], Answer]
_Entry = tuple[CommandSpec, Handler, bool]


@dataclass(frozen=True, slots=True)
class Situation:
    """What the checks need to know of the card.

    ``state`` is its life cycle state, None where commands work in every state; ``pending`` is
    about a session that waits for EXTERNAL AUTHENTICATE, ``session`` about an open one of any
    level, ``issuer`` about one of the issuer, ``secret`` about the issuer's with C-MAC and C-ENC,
    ``role`` about one of a terminal role. ``levels`` are those that the pending session can have.
    """

    state: str | None
    pending: bool
    session: bool
    issuer: bool
    secret: bool
    contactless: bool
    levels: frozenset[int]
    role: bool = False

    def allows(self, states: frozenset[str] | None) -> bool:
        """Say whether the card is in one of these states; None stands for every state."""
        return states is None or self.state is None or self.state in states


class CommandTable:
    """The commands of one target with their handlers.

    ``handlers`` are named as the commands in the contract; ``secret`` names those that need
    C-MAC and C-ENC whatever their parameters. Commands without handler are unknown to the card.
    """

    def __init__(
        self,
        commands: Mapping[str, CommandSpec],
        handlers: Mapping[str, Handler],
        secret: frozenset[str],
    ) -> None:
        self._by_ins: dict[int, list[_Entry]] = {}
        for name, command in commands.items():
            if name in handlers:
                entry = (command, handlers[name], name in secret)
                self._by_ins.setdefault(command.ins, []).append(entry)

    def run(self, command: Command, situation: Situation) -> Answer:
        """Check the command as far as the tables say and hand it over; raises `StatusError`."""
        if command.ins not in self._by_ins:
            raise StatusError(SW.INS_NOT_SUPPORTED)
        wanted, handler, secret = _meant(self._by_ins[command.ins], command)
        if not _takes_class(wanted, command.cla, situation):
            raise StatusError(SW.CLA_NOT_SUPPORTED)
        if not situation.allows(wanted.states):
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        _check_session(wanted, secret, situation)
        _check_parameters(wanted.variants, command, situation)
        return handler(command)


def _meant(entries: list[_Entry], command: Command) -> _Entry:
    """Return the command of an instruction that the first tag of the data means, or the first."""
    tag = command.data[:1]
    return next((entry for entry in entries if tag and tag[0] in entry[0].begins_with), entries[0])


def _takes_class(wanted: CommandSpec, cla: int, situation: Situation) -> bool:
    """Say whether the class fits; a command that always has secure messaging has lost the bit."""
    taken = {wanted.cla, wanted.cla if wanted.other_cla is None else wanted.other_cla}
    return cla in ({value & ~SECURE for value in taken} if situation.session else taken)


def _check_session(wanted: CommandSpec, secret: bool, situation: Situation) -> None:
    if wanted.session == "pending" and not situation.pending:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    missing = (
        (wanted.session == "issuer" and not situation.issuer)
        or (wanted.session == "role" and not situation.role)
        or (wanted.session == "issuer or role" and not (situation.secret or situation.role))
        or (secret and not situation.secret)
        or (wanted.contactless_session and situation.contactless and not situation.session)
    )
    if missing:
        raise StatusError(SW.SECURITY_NOT_SATISFIED)


def _check_parameters(
    variants: tuple[Variant, ...], command: Command, situation: Situation
) -> None:
    """Look at P1 and P2, at the states of the forms that they name, then at the length."""
    fitting = [v for v in variants if _takes(v.p1, command.p1) and _takes(v.p2, command.p2)]
    if any(v.p1 == "level" for v in fitting) and command.p1 not in situation.levels:
        raise StatusError(SW.WRONG_P1P2)
    if not fitting:
        raise StatusError(SW.WRONG_P1P2)
    allowed = [v for v in fitting if situation.allows(v.states)]
    if not allowed:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    lengths = [variant.length() for variant in allowed]
    if not any(length is None or len(command.data) in length for length in lengths):
        raise StatusError(SW.WRONG_LENGTH)


def select_in_session(_command: Command) -> Answer:
    """Refuse SELECT with secure messaging, which the card does not offer for it (6882)."""
    raise StatusError(SW.SECURE_MESSAGING_NOT_SUPPORTED)


def _takes(values: str, value: int) -> bool:
    """Say whether a parameter written as ``02, 03`` takes a value; a word takes every value."""
    try:
        return value in bytes.fromhex(values.replace(",", " "))
    except ValueError:
        return True
