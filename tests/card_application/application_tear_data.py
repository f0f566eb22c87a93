"""Changes of data: PUT DATA and STORE DATA, before personalization, at its end and later."""

from dataclasses import replace

from host_lib.services import encode_service
from tests.card_application.application_acts import (
    NEVER,
    SIM,
    begun,
    each,
    forwarded,
    personalize,
    sends,
)
from tests.card_application.application_look import OTHER_KEY, OTHER_VERSION
from tests.card_application.application_tears import BOTH, Act, Change
from tests.support.cards import BREAD
from tests.support.stages import Stage, session
from tests.support.terminal import (
    AIDS,
    ANCHOR,
    CARDHOLDER,
    CERTIFICATE,
    FINGER,
    FLAGS,
    PIN,
    VALIDITY,
    Terminal,
    dgi,
    receipt_key_dgi,
)

SERVICE = encode_service(replace(BREAD, id=1))
INFORMATION = bytes.fromhex("810102820105")
LONG_CERTIFICATE = bytes.fromhex("3082027C") + bytes(range(256)) * 2 + bytes(124)
SMALL_CERTIFICATE = bytes.fromhex("3003020105")
OTHER_FINGER = b"\x07" + bytes(range(180, 0, -1))
OTHER_HOLDER = CARDHOLDER[:-7] + bytes.fromhex("29001150100017")
OTHER_VALIDITY = bytes.fromhex("2026010120391231")


OFFLINE = Terminal(lambda _command: b"")
"""Encrypts as a terminal in a session with the test key set does."""
THE_PIN = OFFLINE.secret(0x8010, PIN)
THE_RECEIPT_KEY = receipt_key_dgi(OFFLINE)
OTHER_RECEIPT_KEY = receipt_key_dgi(OFFLINE, OTHER_VERSION, OTHER_KEY)


def put_data(value: bytes, tag: int = 0xDF52) -> Act:
    return sends(0, 0xDA, tag >> 8, tag & 0xFF, value)


def stores(*parts: bytes, last: bool = False, block: int = 0) -> Act:
    """Return what stores DGIs in one command."""
    return sends(0x80, 0xE2, 0x88 if last else 0x08, block, b"".join(parts))


def blocks(data: bytes, size: int, last: bool) -> tuple[Act, ...]:
    """Return what sends each block of a stream."""
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    end = len(parts) - 1
    return tuple(
        stores(part, last=last and number == end, block=number) for number, part in enumerate(parts)
    )


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
    "service record 16": dgi(0x040F, encode_service(replace(BREAD, id=16))),
}
REST = (
    dgi(0x0103, VALIDITY),
    dgi(0x0104, FLAGS),
    dgi(0x0201, SMALL_CERTIFICATE),
    dgi(0x0301, FINGER),
    dgi(0x0303, INFORMATION),
)
SERVICES = tuple(
    dgi(0x0400 + number - 1, encode_service(replace(BREAD, id=number))) for number in (1, 7, 12)
)


WHOLE = dgi(0x0103, VALIDITY) + dgi(0x0104, FLAGS) + dgi(0x0201, CERTIFICATE) + FINGERS
DATA = {
    "PUT DATA": later(put_data(OTHER_VALIDITY), ends=NEVER),
    "PUT DATA on a suspended card": later(
        put_data(OTHER_VALIDITY), stage=Stage.SUSPENDED, ends=NEVER
    ),
    "STORE DATA, anchor": blank(stores(dgi(0x0101, ANCHOR)), stage=Stage.BLANK),
    **{f"STORE DATA, {name}": blank(stores(data)) for name, data in BLANK_DGIS.items()},
    "STORE DATA, transport PIN": blank(stores(THE_PIN)),
    "STORE DATA, receipt key": blank(stores(THE_RECEIPT_KEY)),
    "STORE DATA, receipt key in the place of another": blank(
        stores(THE_RECEIPT_KEY), before=begun(stores(OTHER_RECEIPT_KEY))
    ),
    "STORE DATA, receipt key over blocks": blank(*blocks(THE_RECEIPT_KEY, 12, last=False)),
    "STORE DATA, anchor with others": blank(
        stores(dgi(0x0101, ANCHOR), dgi(0x0102, CARDHOLDER), *REST[:2], THE_PIN), stage=Stage.BLANK
    ),
    "STORE DATA, small and long together": blank(stores(*REST, THE_PIN, THE_RECEIPT_KEY)),
    "STORE DATA, three long ones together": blank(
        stores(CARDHOLDERS, dgi(0x0301, FINGER), dgi(0x0302, FINGER))
    ),
    "STORE DATA, three service records together": blank(stores(*SERVICES)),
    "STORE DATA, certificate over blocks": blank(
        *blocks(dgi(0x0201, LONG_CERTIFICATE) + dgi(0x0103, VALIDITY), 200, last=False)
    ),
    "STORE DATA, last block with the PIN": blank(
        stores(THE_PIN, last=True), before=begun(stores(*REST, THE_RECEIPT_KEY)), ends=BOTH
    ),
    "STORE DATA, last block with the receipt key": blank(
        stores(THE_RECEIPT_KEY, last=True), before=begun(stores(*REST, THE_PIN)), ends=BOTH
    ),
    "STORE DATA, last block with all that is missing": blank(
        stores(*REST, THE_PIN, THE_RECEIPT_KEY, last=True), ends=BOTH
    ),
    "STORE DATA, last block through the card manager": blank(
        stores(THE_PIN, last=True),
        before=begun(stores(*REST, THE_RECEIPT_KEY)),
        prepare=forwarded,
        again=each(
            forwarded,
            lambda host: host.sw(0x80, 0xE2, 0x88, 0, THE_PIN),
            personalize,
        ),
        ends=BOTH,
    ),
    "STORE DATA, a personalization": blank(
        *blocks(WHOLE, 100, last=False)[:-1],
        stores(
            WHOLE[len(WHOLE) // 100 * 100 :],
            THE_PIN,
            THE_RECEIPT_KEY,
            last=True,
            block=len(WHOLE) // 100,
        ),
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
