"""Cards of one type that speak another dialect of SCP03 than their i announces."""

from collections.abc import Callable

from card_simulator import secure_channel
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.key_sets import KeySets
from card_simulator.profiles import REFERENCE
from card_simulator.scp03 import Handshake, Level, Session, pseudo_random_challenge
from card_simulator.scp03_options import Options
from card_simulator.secure_channel import SecureChannel
from tests.card_conformance.mutants.base import Patch, Patcher, replaced

_PSEUDO_RANDOM, _S16 = "unicard-pseudo-random", "unicard-s16"
_MAC_ONLY = "unicard-mac-only"


def _any_challenge(patch: Patcher) -> None:
    original = SecureChannel.initialize_update

    def initialize_update(self: SecureChannel, command: Command, invoker: bytes) -> Answer:
        cla, ins, p1, p2 = command.header
        data = command.data.ljust(self.options.size, b"\x00")[: self.options.size]
        return original(self, Command(cla, ins, p1, p2, data, command.ne), invoker)

    patch.setattr(SecureChannel, "initialize_update", initialize_update)


def _needs_le(patch: Patcher) -> None:
    original = SecureChannel.initialize_update

    def initialize_update(self: SecureChannel, command: Command, invoker: bytes) -> Answer:
        if command.ne is None:
            raise StatusError(SW.WRONG_LENGTH)
        return original(self, command, invoker)

    patch.setattr(SecureChannel, "initialize_update", initialize_update)


def _derives_otherwise(change: Callable[..., tuple[bytes, bytes, bytes, int]]) -> Patch:
    """Return a patch under which a pseudo-random challenge is made of something else."""
    return replaced(
        secure_channel,
        "pseudo_random_challenge",
        lambda *args: pseudo_random_challenge(*change(*args)),
    )


def _standing_counter(patch: Patcher) -> None:
    original = KeySets.next_sequence

    def next_sequence(self: KeySets, kvn: int) -> bytes:
        before = self.sequence(kvn)
        following = original(self, kvn)
        self._memory.write(f"isd.sequence.{kvn:02X}", before)
        return following

    patch.setattr(KeySets, "next_sequence", next_sequence)


def _shared_counter(patch: Patcher) -> None:
    for name in ("sequence", "next_sequence"):
        original = getattr(KeySets, name)

        def shared(self: KeySets, _kvn: int, original: Callable[..., bytes] = original) -> bytes:
            return original(self, 0x00)

        patch.setattr(KeySets, name, shared)


def _padding_unchecked(patch: Patcher) -> None:
    original = Session._decrypt

    def decrypt(self: Session, data: bytes) -> bytes:
        try:
            return original(self, data)
        except StatusError:
            return bytes(17)

    patch.setattr(Session, "_decrypt", decrypt)


def _short_is_plain(patch: Patcher) -> None:
    original = Session.unwrap

    def unwrap(self: Session, command: Command) -> Command:
        if command.secure and len(command.data) < self._size:
            return command.plain(b"")
        return original(self, command)

    patch.setattr(Session, "unwrap", unwrap)


def _padding_alone_refused(patch: Patcher) -> None:
    original = Session._decrypt

    def decrypt(self: Session, data: bytes) -> bytes:
        plain = original(self, data)
        if not plain:
            raise StatusError(SW.SECURITY_NOT_SATISFIED)
        return plain

    patch.setattr(Session, "_decrypt", decrypt)


def _half_a_mac(patch: Patcher) -> None:
    """Let the second half of a MAC of 16 bytes be anything."""
    original = Session.unwrap

    def unwrap(self: Session, command: Command) -> Command:
        size = self._size
        data = command.data[:-size]
        header = bytes((command.cla & 0x80 | 4, *command.header[1:], len(command.data)))
        right = self._mac.cmac(self._chain, header, data)[8:size]
        cla, ins, p1, p2 = command.header
        fixed = Command(cla, ins, p1, p2, command.data[:-8] + right, command.ne)
        return original(self, fixed)

    patch.setattr(Session, "unwrap", unwrap)


def _cut_cryptogram(patch: Patcher) -> None:
    original = Handshake.authenticate

    def authenticate(self: Handshake, command: Command) -> Session:
        try:
            return original(self, command)
        except StatusError as error:
            if error.sw != SW.WRONG_LENGTH:
                raise
        raise StatusError(SW.SECURITY_NOT_SATISFIED)

    patch.setattr(Handshake, "authenticate", authenticate)


def _every_level(patch: Patcher) -> None:
    patch.setattr(Options, "levels", frozenset({0x01, 0x03, 0x11, 0x13, 0x33}))


def _answers_without_mac(patch: Patcher) -> None:
    original = Session.wrap

    def wrap(self: Session, answer: Answer) -> bytes:
        before, self.level = self.level, self.level & ~(Level.R_MAC | Level.R_ENC)
        try:
            return original(self, answer)
        finally:
            self.level = before

    patch.setattr(Session, "wrap", wrap)


MUTANTS: tuple[tuple[str, str, str, Patch], ...] = (
    ("takes a challenge of any length", "SCP-09", REFERENCE, _any_challenge),
    ("takes a challenge of any length under S16", "SCP-09", _S16, _any_challenge),
    ("looks at the MAC of a cut cryptogram", "SCP-09", REFERENCE, _cut_cryptogram),
    (
        "derives its challenge from another name",
        "SCP-10",
        _PSEUDO_RANDOM,
        _derives_otherwise(lambda enc, seq, _aid, size: (enc, seq, bytes(5), size)),
    ),
    (
        "derives its challenge without its counter",
        "SCP-10",
        _PSEUDO_RANDOM,
        _derives_otherwise(lambda enc, _seq, aid, size: (enc, bytes(3), aid, size)),
    ),
    ("does not count", "SCP-11", _PSEUDO_RANDOM, _standing_counter),
    ("has one counter for all key sets", "SCP-11", _PSEUDO_RANDOM, _shared_counter),
    ("needs Le to begin a session", "SCP-13", REFERENCE, _needs_le),
    ("offers what i does not announce", "SCP-07", _MAC_ONLY, _every_level),
    ("takes no padding alone", "SM-04", REFERENCE, _padding_alone_refused),
    ("does not look at padding", "SM-11", REFERENCE, _padding_unchecked),
    ("takes a command shorter than its MAC", "SM-11", REFERENCE, _short_is_plain),
    ("checks half of a MAC of 16 bytes", "SM-03", _S16, _half_a_mac),
    ("leaves the R-MAC out under S16", "SM-05", _S16, _answers_without_mac),
)
