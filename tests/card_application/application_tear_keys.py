"""Changes of the key pair and of role keys."""

from tests.card_application.application_acts import (
    DONE,
    JAVA,
    NEVER,
    begun,
    each,
    personalize,
    sends,
)
from tests.card_application.application_look import other_role_keys
from tests.card_application.application_tears import Act, Change
from tests.support.stages import Stage, session
from tests.support.terminal import Terminal, role_keys


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
