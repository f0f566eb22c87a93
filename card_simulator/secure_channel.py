"""The card's one secure channel: no session, a pending one or an open one, of issuer or role.

The issuer security domain uses it for itself and lends it to the selected application, as
``org.globalplatform.SecureChannel`` does on a card. The application begins sessions of terminal
roles on it with keys of its own, so that no two sessions are ever open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.chip import Chip
from card_simulator.key_sets import KeySets
from card_simulator.scp03 import LAST_COUNT, Handshake, Session, pseudo_random_challenge
from card_simulator.scp03_options import Options

SCP = 0x03

_INITIALIZE_UPDATE = 0x50
_EXTERNAL_AUTHENTICATE = 0x82


def is_initialize_update(command: Command) -> bool:
    """Say whether the command is INITIALIZE UPDATE, whatever else is wrong with it."""
    return command.cla >= 0x80 and command.ins == _INITIALIZE_UPDATE


def is_external_authenticate(command: Command) -> bool:
    """Say whether the command is EXTERNAL AUTHENTICATE, whatever else is wrong with it."""
    return command.cla >= 0x80 and command.ins == _EXTERNAL_AUTHENTICATE


@dataclass(frozen=True, slots=True)
class _Pending:
    """A session that waits for EXTERNAL AUTHENTICATE; ``role`` is None for the issuer's."""

    handshake: Handshake
    levels: frozenset[int]
    role: int | None


class SecureChannel:
    """One SCP03 channel: opens sessions with the domain's key sets, guards the commands in them.

    ``options`` say which form of the protocol the card speaks, ``last_count`` how many commands a
    session can have.
    """

    def __init__(
        self, chip: Chip, key_sets: KeySets, options: Options, last_count: int = LAST_COUNT
    ) -> None:
        self.options = options
        self._last_count = last_count
        self._chip = chip
        self._key_sets = key_sets
        self._pending: _Pending | None = None
        self._session: Session | None = None
        self._role: int | None = None
        self._kvn = 0
        self._closing = False

    @property
    def session(self) -> Session | None:
        """The open session; another object means another session."""
        return self._session

    @property
    def pending(self) -> bool:
        """Whether the last command was INITIALIZE UPDATE."""
        return self._pending is not None

    @property
    def levels(self) -> frozenset[int]:
        """Security levels that the pending session can have, those of the card if there is none."""
        return self._pending.levels if self._pending else self.options.levels

    @property
    def issuer(self) -> bool:
        """Whether the open session is the issuer's."""
        return self._session is not None and self._role is None

    @property
    def role(self) -> int | None:
        """Role of the terminal whose session is open, None where none or the issuer's is."""
        return self._role

    @property
    def kvn(self) -> int:
        """Version of the key set that opened the session, the present one if it got another."""
        return self._kvn

    def renumbered(self, old: int, new: int) -> None:
        """Note that a key set has another version now."""
        if self._kvn == old:
            self._kvn = new

    def has(self, level: int) -> bool:
        """Say whether a session with all bits of this level is open, of issuer or role."""
        return self._session is not None and self._session.level & level == level

    def close(self) -> None:
        """End the session, and forget a pending one."""
        self._pending = self._session = self._role = None
        self._closing = False

    def forget_pending(self) -> None:
        """Drop a session that waits for EXTERNAL AUTHENTICATE."""
        self._pending = None

    def interrupted(self) -> None:
        """Drop an issuer's pending session, because of a command that nobody selected hears of.

        A role's is the application's own, which does not know.
        """
        if self._pending and self._pending.role is None:
            self.forget_pending()

    def close_after_answer(self) -> None:
        """End the session once the command that is being answered has been protected."""
        self._closing = True

    def keep_open(self) -> None:
        """Take `close_after_answer` back."""
        self._closing = False

    def decrypt_data(self, data: bytes) -> bytes:
        """Decrypt a secret under the DEK of the key set that opened the session."""
        if self._session is None:
            raise StatusError(SW.SECURITY_NOT_SATISFIED)
        return self._session.decrypt_data(data)

    def run(self, command: Command, handler: Callable[[Command], Answer]) -> bytes:
        """Open one command, let ``handler`` run it, and protect its answer.

        Any command but EXTERNAL AUTHENTICATE drops a pending session, INITIALIZE UPDATE the open
        one too. Inside a session a failure of secure messaging ends it with 6982.
        """
        if is_initialize_update(command):
            self.close()
        elif not is_external_authenticate(command):
            self.forget_pending()
        session = self._session
        try:
            answer = handler(self._unwrap(session, command))
        except StatusError as error:
            answer = Answer(sw=error.sw)
        if is_external_authenticate(command):
            self.forget_pending()
        encoded = answer.encode() if session is None else session.wrap(answer)
        if self._closing:
            self.close()
        return encoded

    def initialize_update(self, command: Command, invoker: bytes) -> Answer:
        """Begin a session with the application of AID ``invoker`` (Amendment D, 7.1.1).

        A sequence counter moves before it is used, so that no loss of power repeats a challenge.
        """
        size = self.options.size
        if len(command.data) != size:
            raise StatusError(SW.WRONG_LENGTH)
        kvn = self._key_sets.choose(command.p1)
        keys = self._key_sets.keys(kvn)
        if self.options.pseudo_random:
            sequence = self._key_sets.next_sequence(kvn)
            challenge = pseudo_random_challenge(keys.enc, sequence, invoker, size)
        else:
            sequence = b""
            challenge = self._chip.random(size)
        self._kvn = kvn
        handshake = Handshake(keys, command.data, challenge, self._last_count)
        self.begin(handshake, self.options.levels)
        return Answer(
            self._chip.diversification_data
            + bytes((kvn, SCP, self.options.i))
            + challenge
            + handshake.card_cryptogram
            + sequence
        )

    def begin(
        self, handshake: Handshake, levels: frozenset[int], *, role: int | None = None
    ) -> None:
        """Wait for the EXTERNAL AUTHENTICATE of a session at one of these security levels."""
        self._pending = _Pending(handshake, levels, role)

    def sequence(self) -> bytes:
        """Return the sequence counter (3 bytes) of the key set that key version 00 stands for.

        It is the value of the last session; the next INITIALIZE UPDATE takes the one after it.
        Raises `StatusError` 6A88 on a card whose challenges are random.
        """
        if not self.options.pseudo_random:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        return self._key_sets.sequence(self._key_sets.choose(0x00))

    def external_authenticate(self, command: Command) -> Answer:
        """Open the pending session at one of its levels (Amendment D, 7.1.2)."""
        if self._pending is None:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        self._session = self._pending.handshake.authenticate(command)
        self._role = self._pending.role
        return Answer()

    def _unwrap(self, session: Session | None, command: Command) -> Command:
        if session is None:
            if command.secure and not is_external_authenticate(command):
                raise StatusError(SW.SECURITY_NOT_SATISFIED)
            return command
        try:
            return session.unwrap(command)
        except StatusError:
            self.close()
            raise
