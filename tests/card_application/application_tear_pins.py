"""Changes of the PIN and its tries."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from tests.card_application.application_acts import (
    NEVER,
    SIM,
    on,
    role_session,
    selected,
    sends,
    set_status,
)
from tests.card_application.application_look import THIRD_PIN, Look
from tests.card_application.application_tears import Act, Change
from tests.support.any_card import AnyCard
from tests.support.stages import Stage, session
from tests.support.terminal import NEW_PIN, PIN, WRONG_PIN, Terminal

RESUME = 0x1F


def verify(block: bytes, sw: int) -> Act:
    return sends(0, 0x20, 0, 0x81, block, (sw,))


def change_pin(old: bytes, new: bytes, sw: int = 0x9000) -> Act:
    return sends(0, 0x24, 0, 0x81, old + new, (sw,))


def reset_pin(block: bytes = b"") -> Act:
    return sends(0, 0x2C, 2 if block else 3, 0x81, block)


def with_tries(tries: int) -> Callable[[AnyCard], object]:
    """Return what presents wrong PINs until so many tries are left."""
    wrong = (verify(WRONG_PIN, 0x63C0 | left) for left in range(2, tries - 1, -1))
    return on(selected, *wrong)


def helped_by_issuer(host: Terminal) -> None:
    """Let the issuer set a PIN, and the holder change it, verify and prove presence."""
    set_status(RESUME, 0x9000, 0x6985)(host)
    session(host)
    reset_pin(THIRD_PIN)(host)
    selected(host)
    change_pin(THIRD_PIN, NEW_PIN)(host)
    verify(NEW_PIN, 0x9000)(host)
    sends(0, 0x88, 0, 1, bytes(17))(host)


def tries_of(*tries: int) -> Callable[[Look], Iterable[Look]]:
    """Allow the old PIN with these tries, too."""
    return lambda old: [replace(old, tries=each) for each in tries]


def pin_change(act: Act, tries: int, between: tuple[int, ...] = (), **others: object) -> Change:
    change = Change(
        Stage.OWN_PIN,
        (act,),
        helped_by_issuer,
        with_tries(tries),
        selected,
        tries_of(*between),
        shows_pin=True,
        ends=NEVER,
    )
    return replace(change, **others)  # type: ignore[arg-type]


PINS = {
    "VERIFY, right at the first try": pin_change(verify(NEW_PIN, 0x9000), 3, (2,), visible=False),
    "VERIFY, right": pin_change(verify(NEW_PIN, 0x9000), 2, (1,)),
    "VERIFY, right at the last try": pin_change(verify(NEW_PIN, 0x9000), 1, (0,)),
    "VERIFY, wrong": pin_change(verify(WRONG_PIN, 0x63C1), 2),
    "VERIFY, wrong at the last try": pin_change(verify(WRONG_PIN, 0x63C0), 1),
    "VERIFY, wrong, in a session": pin_change(verify(WRONG_PIN, 0x63C1), 2, prepare=session),
    "VERIFY, wrong, in a role session": pin_change(
        verify(WRONG_PIN, 0x63C1), 2, stage=Stage.ROLE_KEYS, prepare=role_session(0x56)
    ),
    "CHANGE REFERENCE DATA, right": pin_change(change_pin(NEW_PIN, PIN), 2, (1, 3), ends=SIM),
    "CHANGE REFERENCE DATA, right, of a transport PIN": pin_change(
        change_pin(PIN, NEW_PIN),
        2,
        (1, 3),
        stage=Stage.TRANSPORT_PIN,
        before=on(selected, change_pin(WRONG_PIN, NEW_PIN, 0x63C2)),
        ends=SIM,
    ),
    "CHANGE REFERENCE DATA, wrong": pin_change(change_pin(PIN, THIRD_PIN, 0x63C1), 2),
    "CHANGE REFERENCE DATA, wrong at the last try": pin_change(
        change_pin(PIN, THIRD_PIN, 0x63C0), 1
    ),
    "RESET RETRY COUNTER, counter only": pin_change(reset_pin(), 1, prepare=session, ends=SIM),
    "RESET RETRY COUNTER, counter of a blocked PIN": pin_change(
        reset_pin(), 0, prepare=session, ends=SIM
    ),
    "RESET RETRY COUNTER, new PIN": pin_change(reset_pin(PIN), 2, prepare=session, ends=SIM),
    "RESET RETRY COUNTER, new PIN on a suspended card": pin_change(
        reset_pin(THIRD_PIN),
        3,
        stage=Stage.SUSPENDED,
        before=lambda _card: None,
        prepare=session,
        ends=SIM,
    ),
}
