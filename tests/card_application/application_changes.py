"""Everything that changes what the application keeps, from a card that is ready for it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count as numbers

import pytest

from host_lib.services import encode_service
from tests.card_application.application_look import (
    TERMINATED,
    THIRD_PIN,
    Look,
    look,
    other_role_keys,
)
from tests.card_application.application_tears import BOTH, Act, Change, nothing
from tests.support.any_card import AnyCard, PowerLost
from tests.support.cards import BREAD
from tests.support.content import deletion, named
from tests.support.stages import Stage, session
from tests.support.terminal import (
    AIDS,
    ANCHOR,
    CARDHOLDER,
    CERTIFICATE,
    FINGER,
    FLAGS,
    ISD,
    NEW_PIN,
    PIN,
    VALIDITY,
    WRONG_PIN,
    Terminal,
    dgi,
    install_data,
    role_keys,
    stream,
)

SIM, JAVA = frozenset({"sim"}), frozenset({"java"})
NEVER: frozenset[str] = frozenset()
SERVICE = encode_service(BREAD)
INFORMATION = bytes.fromhex("810102820105")
LONG_CERTIFICATE = bytes.fromhex("3082027C") + bytes(range(256)) * 2 + bytes(124)
SMALL_CERTIFICATE = bytes.fromhex("3003020105")
OTHER_FINGER = b"\x07" + bytes(range(180, 0, -1))
OTHER_HOLDER = CARDHOLDER[:-7] + bytes.fromhex("29001150100017")
OTHER_VALIDITY = bytes.fromhex("2026010120391231")
SUSPEND, RESUME, TERMINATE = 0x3F, 0x1F, 0x7F
DONE = (0x9000,)
DONE_ALREADY = (0x9000, 0x6985)


# What commands are sent with


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


# PIN


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


def role_session(kvn: int) -> Act:
    """Return what opens a session with a role's keys."""

    def open_session(host: Terminal) -> None:
        host.keys = role_keys(kvn)
        host.select(AIDS.instance)
        host.authenticate(kvn)

    return open_session


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


# Data


def put_data(value: bytes) -> Act:
    return sends(0, 0xDA, 0xDF, 0x52, value)


def stores(*parts: bytes | int, last: bool = False, block: int = 0) -> Act:
    """Return what stores DGIs in one command; a number stands for the PIN's, which is secret."""

    def store(host: Terminal) -> None:
        data = b"".join(host.secret(0x8010, PIN) if isinstance(p, int) else p for p in parts)
        sw = host.sw(0x80, 0xE2, 0x88 if last else 0x08, block, data)
        assert sw == 0x9000, f"{sw:04X}"

    return store


def blocks(data: bytes, size: int, last: bool) -> tuple[Act, ...]:
    """Return what sends each block of a stream."""
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    end = len(parts) - 1
    return tuple(
        stores(part, last=last and number == end, block=number) for number, part in enumerate(parts)
    )


def personalize(host: Terminal) -> None:
    """Bring a card that is BLANK to PERSONALIZED; a key pair that is there is kept."""
    if host.select(AIDS.instance)[0][-10] != 0x07:
        return
    host.authenticate()
    if host.sw(0, 0x46, 0x81, 0) == 0x6A88:
        sends(0, 0x46, 0x80, 0)(host)
    assert set(host.store(stream(host))) == {0x9000}
    host.level = 0


def stored_again(acts: tuple[Act, ...]) -> Act:
    """Return what sends a BLANK card all of this again, and then all that is missing."""

    def again(host: Terminal) -> None:
        if host.select(AIDS.instance)[0][-10] == 0x07:
            host.authenticate()
            each(*acts)(host)
        personalize(host)

    return again


def blank(*acts: Act, stage: Stage = Stage.HALF, **others: object) -> Change:
    change = Change(stage, acts, stored_again(acts), ends=SIM)
    return replace(change, **others)  # type: ignore[arg-type]


def later(*acts: Act, stage: Stage = Stage.OWN_PIN, **others: object) -> Change:
    """Return a change of a card that is personalized, which can be sent again."""
    change = Change(stage, acts, each(session, *acts), ends=SIM)
    return replace(change, **others)  # type: ignore[arg-type]


CARDHOLDERS = dgi(0x0102, OTHER_HOLDER)
FINGERS = dgi(0x0301, OTHER_FINGER)
BLANK_DGIS = {
    "validity": dgi(0x0103, VALIDITY),
    "holder flags": dgi(0x0104, FLAGS),
    "cardholder again": CARDHOLDERS,
    "certificate": dgi(0x0201, SMALL_CERTIFICATE),
    "finger template 1": dgi(0x0301, FINGER),
    "finger template 2": dgi(0x0302, OTHER_FINGER),
    "biometric information template": dgi(0x0303, INFORMATION),
    "service record 1": dgi(0x0400, SERVICE),
    "service record 16": dgi(0x040F, SERVICE),
}
REST = (
    dgi(0x0103, VALIDITY),
    dgi(0x0104, FLAGS),
    dgi(0x0201, SMALL_CERTIFICATE),
    dgi(0x0301, FINGER),
    dgi(0x0303, INFORMATION),
)
SERVICES = tuple(
    dgi(0x0400 + number, encode_service(replace(BREAD, id=number))) for number in (1, 7, 12)
)


def begun(*acts: Act) -> Callable[[AnyCard], object]:
    """Return what does this in a session, before anything is cut."""
    return on(session, *acts)


def forwarded(host: Terminal) -> None:
    """Let the card manager pass STORE DATA on."""
    manager(host)
    sends(0x80, 0xE6, 0x20, 0, named(AIDS.instance))(host)


WHOLE = dgi(0x0103, VALIDITY) + dgi(0x0104, FLAGS) + dgi(0x0201, CERTIFICATE) + FINGERS
DATA = {
    "PUT DATA": later(put_data(OTHER_VALIDITY), ends=NEVER),
    "PUT DATA on a suspended card": later(
        put_data(OTHER_VALIDITY), stage=Stage.SUSPENDED, ends=NEVER
    ),
    "STORE DATA, anchor": blank(stores(dgi(0x0101, ANCHOR)), stage=Stage.BLANK),
    **{f"STORE DATA, {name}": blank(stores(data)) for name, data in BLANK_DGIS.items()},
    "STORE DATA, transport PIN": blank(stores(0)),
    "STORE DATA, anchor with others": blank(
        stores(dgi(0x0101, ANCHOR), dgi(0x0102, CARDHOLDER), *REST[:2], 0), stage=Stage.BLANK
    ),
    "STORE DATA, small and long together": blank(stores(*REST, 0)),
    "STORE DATA, three long ones together": blank(
        stores(CARDHOLDERS, dgi(0x0301, FINGER), dgi(0x0302, FINGER))
    ),
    "STORE DATA, three service records together": blank(stores(*SERVICES)),
    "STORE DATA, certificate over blocks": blank(
        *blocks(dgi(0x0201, LONG_CERTIFICATE) + dgi(0x0103, VALIDITY), 200, last=False)
    ),
    "STORE DATA, last block with the PIN": blank(
        stores(0, last=True), before=begun(stores(*REST)), ends=BOTH
    ),
    "STORE DATA, last block with all that is missing": blank(
        stores(*REST, 0, last=True), ends=BOTH
    ),
    "STORE DATA, last block through the card manager": blank(
        stores(0, last=True),
        before=begun(stores(*REST)),
        prepare=forwarded,
        again=each(
            forwarded,
            lambda host: host.sw(0x80, 0xE2, 0x88, 0, host.secret(0x8010, PIN)),
            personalize,
        ),
        ends=BOTH,
    ),
    "STORE DATA, a personalization": blank(
        *blocks(WHOLE, 100, last=False)[:-1],
        stores(WHOLE[len(WHOLE) // 100 * 100 :], 0, last=True, block=len(WHOLE) // 100),
        ends=BOTH,
    ),
    "STORE DATA later, cardholder": later(stores(CARDHOLDERS, last=True)),
    "STORE DATA later, longer certificate": later(
        *blocks(dgi(0x0201, LONG_CERTIFICATE), 225, last=True)
    ),
    "STORE DATA later, shorter certificate": later(
        stores(dgi(0x0201, SMALL_CERTIFICATE), last=True)
    ),
    "STORE DATA later, certificate for the second time": later(
        *blocks(dgi(0x0201, CERTIFICATE[:-1] + b"\xee"), 225, last=True),
        before=begun(*blocks(dgi(0x0201, LONG_CERTIFICATE), 225, last=True)),
    ),
    "STORE DATA later, first second finger": later(
        stores(dgi(0x0302, OTHER_FINGER), dgi(0x0303, INFORMATION), last=True)
    ),
    "STORE DATA later, several on a suspended card": later(
        stores(CARDHOLDERS, dgi(0x0201, SMALL_CERTIFICATE), dgi(0x0303, INFORMATION), last=True),
        stage=Stage.SUSPENDED,
    ),
}


# Keys


def generate(host: Terminal) -> None:
    """Make a key pair."""
    sends(0, 0x46, 0x80, 0)(host)


def put_keys(kvn: int, *, other: bool = False) -> Act:
    def put(host: Terminal) -> None:
        keys = other_role_keys(kvn) if other else role_keys(kvn)
        _, sw = host.put_role_key(kvn, keys, 9)
        assert sw == 0x9000, f"{sw:04X}"

    return put


def delete_keys(kvn: int, *words: int) -> Act:
    return sends(0x80, 0xE4, 0, 0, bytes([0xD2, 1, kvn]), words or DONE)


def filled_anew(kvn: int) -> Act:
    """Return what empties a slot, fills it with the other set, and personalizes."""
    emptied = delete_keys(kvn, 0x9000, 0x6A88)
    return each(session, emptied, put_keys(kvn, other=True), personalize)


KEYS = {
    "GENERATE ASYMMETRIC KEY PAIR": Change(Stage.BLANK, (generate,), personalize, steady=False),
    "GENERATE ASYMMETRIC KEY PAIR again": Change(
        Stage.HALF, (generate,), personalize, steady=False
    ),
    "GENERATE ASYMMETRIC KEY PAIR again, and once more": Change(
        Stage.HALF,
        (generate,),
        each(session, generate, personalize),
        keeps_pair=False,
        steady=False,
    ),
    "PUT KEY": Change(Stage.ROLE_KEYS, (put_keys(0x66),), filled_anew(0x66), ends=NEVER),
    "PUT KEY beside the role's other slot": Change(
        Stage.ROLE_KEYS, (put_keys(0x60, other=True),), filled_anew(0x60), ends=NEVER
    ),
    "PUT KEY into an emptied slot": Change(
        Stage.ROLE_KEYS,
        (put_keys(0x56, other=True),),
        filled_anew(0x56),
        begun(delete_keys(0x56)),
        ends=NEVER,
    ),
    "PUT KEY on a blank card": Change(Stage.HALF, (put_keys(0x50),), filled_anew(0x50), ends=NEVER),
    "DELETE KEY": Change(Stage.ROLE_KEYS, (delete_keys(0x56),), filled_anew(0x56), ends=JAVA),
    "DELETE KEY on a suspended card": Change(
        Stage.SUSPENDED, (delete_keys(0x51),), filled_anew(0x51), ends=JAVA
    ),
    "DELETE KEY, then PUT KEY": Change(
        Stage.ROLE_KEYS,
        (delete_keys(0x6F), put_keys(0x6F, other=True)),
        filled_anew(0x6F),
        ends=JAVA,
    ),
}


# Life cycle


def set_status(code: int, *words: int) -> Act:
    """Return what sets the status in a session of its own."""
    return each(session, sends(0x80, 0xF0, 0x40, code, words=words or DONE))


def terminated(host: Terminal) -> None:
    """Terminate what is not."""
    if host.select(AIDS.instance)[1] != TERMINATED:
        set_status(TERMINATE)(host)


def torn(act: Act, until: Callable[[AnyCard], bool]) -> Callable[[AnyCard], None]:
    """Return what cuts an act at the first write after which the card shows so."""

    def cut(card: AnyCard, write: int) -> None:
        card.restore()
        card.reset()
        host = Terminal(card.transmit)
        session(host)
        card.cut_power_at(write)
        with pytest.raises(PowerLost):
            act(host)
        card.reset()

    def tear(card: AnyCard) -> None:
        for write in numbers(1):
            cut(card, write)
            if until(card):
                cut(card, write)  # once more, because looking has completed it
                return

    return tear


def is_terminated(card: AnyCard) -> bool:
    return Terminal(card.transmit).select(AIDS.instance)[1] == TERMINATED


def lacks(kvn: int) -> Callable[[AnyCard], bool]:
    """Return whether a role's slot is empty."""
    return lambda card: all(each != kvn for each, _, _ in look(card).roles)


def status_change(code: int, stage: Stage, again: Act) -> Change:
    return Change(stage, (sends(0x80, 0xF0, 0x40, code),), again)


def suspended_and_resumed(host: Terminal) -> None:
    set_status(SUSPEND, *DONE_ALREADY)(host)
    set_status(RESUME)(host)


ends_it = sends(0x80, 0xF0, 0x40, TERMINATE)
STATES = {
    "SET STATUS, suspend": replace(
        status_change(SUSPEND, Stage.ROLE_KEYS, suspended_and_resumed), ends=JAVA
    ),
    "SET STATUS, resume": replace(
        status_change(RESUME, Stage.SUSPENDED, set_status(RESUME, *DONE_ALREADY)), ends=JAVA
    ),
    "SET STATUS, terminate": status_change(TERMINATE, Stage.ROLE_KEYS, terminated),
    "SET STATUS, terminate a suspended card": status_change(TERMINATE, Stage.SUSPENDED, terminated),
    "SELECT that completes a termination": Change(
        Stage.ROLE_KEYS,
        (selected,),
        selected,
        torn(ends_it, is_terminated),
        nothing,
        visible=False,
    ),
    "SELECT that completes DELETE KEY": Change(
        Stage.ROLE_KEYS,
        (selected,),
        selected,
        torn(delete_keys(0x56), lacks(0x56)),
        nothing,
        visible=False,
        kinds=JAVA,
    ),
}


# The application as a whole


def uninstalled(host: Terminal) -> None:
    manager(host)
    sends(0x80, 0xE4, 0, 0, deletion(AIDS.instance), (0x9000, 0x6A88))(host)


def installed(host: Terminal) -> None:
    """Install the application unless it is there; make it selectable unless it is."""
    manager(host)
    sends(0x80, 0xE6, 0x0C, 0, install_data(AIDS.instance), DONE_ALREADY)(host)
    if host.select(AIDS.instance)[1] == 0x6A82:
        manager(host)
        sends(0x80, 0xE6, 0x08, 0, named(AIDS.instance))(host)


CONTENT = {
    "INSTALL": Change(
        Stage.BLANK,
        (sends(0x80, 0xE6, 0x0C, 0, install_data(AIDS.instance)),),
        each(installed, personalize),
        on(uninstalled),
        manager,
        ends=NEVER,
    ),
    "INSTALL in two steps": Change(
        Stage.BLANK,
        (
            sends(0x80, 0xE6, 0x04, 0, install_data(AIDS.instance)),
            sends(0x80, 0xE6, 0x08, 0, named(AIDS.instance)),
        ),
        each(installed, personalize),
        on(uninstalled),
        manager,
        ends=NEVER,
    ),
    "DELETE of an application with data": Change(
        Stage.ROLE_KEYS,
        (sends(0x80, 0xE4, 0, 0, deletion(AIDS.instance)),),
        each(uninstalled, installed, personalize),
        prepare=manager,
        keeps_pair=False,
    ),
}

ALL = {**PINS, **DATA, **KEYS, **STATES, **CONTENT}
