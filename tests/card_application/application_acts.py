"""What tears and their preparation send to a card, each as something that a terminal does."""

from collections.abc import Callable, Iterable

from tests.card_application.application_tears import Act
from tests.support.any_card import AnyCard
from tests.support.content import named
from tests.support.stages import session
from tests.support.terminal import AIDS, ISD, Terminal, role_keys, stream

DONE = (0x9000,)
DONE_ALREADY = (0x9000, 0x6985)
SIM, JAVA = frozenset({"sim"}), frozenset({"java"})
NEVER: frozenset[str] = frozenset()
"""Kinds of cards on which a cut can leave the new."""


def sends(
    cla: int, ins: int, p1: int, p2: int, data: bytes = b"", words: Iterable[int] = DONE
) -> Act:
    """Return what sends this command and expects one of these status words."""

    def send(host: Terminal) -> None:
        sw = host.sw(cla, ins, p1, p2, data)
        assert sw in words, f"{ins:02X}: {sw:04X}"

    return send


def each(*acts: Act) -> Act:
    """Return what does one after the other."""

    def do(host: Terminal) -> None:
        for act in acts:
            act(host)

    return do


def on(*acts: Act) -> Callable[[AnyCard], object]:
    """Return what does this on a card that has just been reset."""
    return lambda card: each(*acts)(Terminal(card.transmit))


def selected(host: Terminal) -> None:
    """Select the application."""
    host.select(AIDS.instance)


def manager(host: Terminal) -> None:
    """Open a session with the card manager."""
    host.select(ISD)
    host.authenticate()


def role_session(kvn: int) -> Act:
    """Return what opens a session with a role's keys."""

    def open_session(host: Terminal) -> None:
        host.keys = role_keys(kvn)
        host.select(AIDS.instance)
        host.authenticate(kvn)

    return open_session


def personalize(host: Terminal) -> None:
    """Bring a card that is BLANK to PERSONALIZED; a key pair that is there is kept."""
    if host.select(AIDS.instance)[0][-10] != 0x07:
        return
    host.authenticate()
    if host.sw(0, 0x46, 0x81, 0) == 0x6A88:
        sends(0, 0x46, 0x80, 0)(host)
    assert set(host.store(stream(host))) == {0x9000}
    host.level = 0


def begun(*acts: Act) -> Callable[[AnyCard], object]:
    """Return what does this in a session, before anything is cut."""
    return on(session, *acts)


def forwarded(host: Terminal) -> None:
    """Let the card manager pass STORE DATA on."""
    manager(host)
    sends(0x80, 0xE6, 0x20, 0, named(AIDS.instance))(host)


def set_status(code: int, *words: int) -> Act:
    """Return what sets the status in a session of its own."""
    return each(session, sends(0x80, 0xF0, 0x40, code, words=words or DONE))
