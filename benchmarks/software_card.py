"""What the software card itself takes for a command, and what of that is cipher.

Each command is timed in `Card.transmit`, wire bytes in and out; a session is at level 33, S8 and
AES-128. A second card runs by turns with the first; its cipher primitives note how long they take.
``over_primitives`` is the time of the whole command over what the calls of `host_lib.primitives` in
it take. Commands without any cipher have a time only.
"""

from collections.abc import Callable, Generator, Iterator
from statistics import median
from time import perf_counter
from typing import Any
from unittest.mock import patch

from applet_spec import spec
from benchmarks.figure import Figure
from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_manager import blank_image
from card_simulator.profiles import REFERENCE, factory_keys
from host_lib.apdu import Apdu, Response
from host_lib.channel import secured
from host_lib.command import (
    Command,
    DeleteKey,
    GetCplc,
    GetKeyInformation,
    GetStatus,
    Install,
    PutKey,
    Registry,
    SelectCardManager,
)
from host_lib.flow.base import CardKeys
from host_lib.flow.session import open_issuer_session
from host_lib.keyset import KeySet
from host_lib.primitives import AesContext
from host_lib.secret import AesKey

Life = Generator[Apdu | CardKeys, Any, None]

ROUNDS = 200
WARM_UP = 10
CIPHERS = ("encrypt_block", "cbc_encrypt", "cbc_encrypt_nonce", "cbc_decrypt", "cmac")


def measure() -> Iterator[Figure]:
    """Yield microseconds of each command and, where there is a cipher in it, the ratio."""
    whole: dict[str, list[float]] = {}
    cipher: dict[str, list[float]] = {}
    for turn in range(WARM_UP + ROUNDS):
        plain = list(_timed(lambda: 0.0))
        with _Stopwatch() as watch:
            watched = list(_timed(watch.taken))
        if turn < WARM_UP:
            continue
        for (name, seconds, _), (_, _, inside) in zip(plain, watched, strict=True):
            whole.setdefault(name, []).append(seconds)
            cipher.setdefault(name, []).append(inside)
    for name, times in whole.items():
        figure = f"software_card.{name.lower().replace(' ', '_')}"
        yield Figure(figure, 1e6 * median(times), "µs", "Card.transmit, median")
        if inside := median(cipher[name]):
            ratio = median(times) / inside
            yield Figure(f"{figure}.over_primitives", ratio, "", "the cipher calls in it")


def _timed(cipher_seconds: Callable[[], float]) -> Iterator[tuple[str, float, float]]:
    """Run one card through its commands; yield name, seconds, and seconds inside ciphers."""
    (chip,) = new_chips(1, seed=1)
    card = Card(blank_image(chip))
    card.reset()
    steps = _life()
    try:
        step = next(steps)
        while True:
            if isinstance(step, CardKeys):
                step = steps.send(_keys(step.version))
                continue
            wire = bytes(step.encode())
            before = cipher_seconds()
            start = perf_counter()
            answer = card.transmit(wire)
            seconds = perf_counter() - start
            yield _name(step), seconds, cipher_seconds() - before
            step = steps.send(Response.parse(answer))
    except StopIteration:
        return


def _name(apdu: Apdu) -> str:
    return f"{apdu.label} in a session" if apdu.plain else apdu.label


def _life() -> Life:
    aids = spec().aids
    yield from SelectCardManager(aids.isd)
    yield from GetCplc()
    session = yield from open_issuer_session(0xFF)
    commands: tuple[Command[object], ...] = (
        GetKeyInformation(),
        GetStatus(Registry.LOAD_FILES),
        Install(aids.package, aids.module, aids.instance),
        PutKey(_keys(0x30), session.dek),
        PutKey(_keys(0x31), session.dek),
        DeleteKey(0x31),
    )
    for command in commands:
        yield from secured(session.channel, iter(command))


def _keys(version: int) -> KeySet:
    keys = factory_keys(spec().card_profiles[REFERENCE])
    return KeySet(version, AesKey(keys.enc), AesKey(keys.mac), AesKey(keys.dek))


class _Stopwatch:
    """While it runs, adds up the time that cipher calls take."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._patches = [patch.object(AesContext, name, self._timing(name)) for name in CIPHERS]

    def taken(self) -> float:
        return self._seconds

    def _timing(self, name: str) -> Callable[..., bytes]:
        original: Callable[..., bytes] = getattr(AesContext, name)

        def timed(context: AesContext, *arguments: bytes) -> bytes:
            start = perf_counter()
            result = original(context, *arguments)
            self._seconds += perf_counter() - start
            return result

        return timed

    def __enter__(self) -> "_Stopwatch":
        for one in self._patches:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._patches:
            one.stop()
