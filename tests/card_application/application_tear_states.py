"""Changes of the life cycle, what completes them, and INSTALL and DELETE of the application."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count as numbers

import pytest

from tests.card_application.application_acts import (
    DONE_ALREADY,
    JAVA,
    NEVER,
    begun,
    each,
    manager,
    on,
    personalize,
    selected,
    sends,
    set_status,
)
from tests.card_application.application_look import OTHER_VERSION, TERMINATED, look
from tests.card_application.application_tear_data import OTHER_RECEIPT_KEY, stores
from tests.card_application.application_tear_keys import delete_keys
from tests.card_application.application_tears import Act, Change, nothing
from tests.support.any_card import AnyCard, PowerLost
from tests.support.content import deletion, named
from tests.support.stages import Stage, session
from tests.support.terminal import AIDS, Terminal, install_data

SUSPEND, RESUME, TERMINATE = 0x3F, 0x1F, 0x7F


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
    "SET STATUS, terminate after transactions, with another receipt key": replace(
        status_change(TERMINATE, Stage.ACTIVE, terminated),
        before=begun(stores(OTHER_RECEIPT_KEY, last=True)),
    ),
    "SELECT that erases a receipt key that was replaced": Change(
        Stage.ACTIVE,
        (selected,),
        selected,
        torn(
            stores(OTHER_RECEIPT_KEY, last=True),
            lambda card: look(card).value(0xDF58) == bytes([OTHER_VERSION]),
        ),
        nothing,
        visible=False,
        kinds=JAVA,
    ),
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
