"""Where cards come from: a reader that a person feeds, or a box of software cards.

`sim:` with a pattern is a box of card files, taken one after the other. A reader of the kind
`pcsc` is fed by a person: one card in, one card out. Any other name is a box of one card.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from glob import has_magic
from pathlib import Path

from applet_spec import ExitCode
from host_lib.errors import ReaderError, ReaderTimeout
from host_lib.reader import Reader, open_reader
from personalization.errors import PersonalizationError

_FED_BY_HAND = "pcsc:"
_BOX = "sim:"
_RECORDED = "record:"
_IN_MEMORY = ("sim", "sim:")
_LOOK_UP_SECONDS = 0.5
"""How long a wait for a card goes on before the wish to stop is asked for again."""


class EmptyBox(PersonalizationError):
    """No card file fits the pattern."""

    exit_code = ExitCode.USAGE
    advice = "make blank cards with `unicard sim new`, or check the pattern"


class VolatileCard(PersonalizationError):
    """A card that nobody can hold in hand afterwards."""

    exit_code = ExitCode.USAGE
    advice = (
        "make card files with `unicard sim new` and name them: --reader 'sim:cards/blank-*.json'"
    )


def cards(
    name: str, stop: Callable[[], bool], note: Callable[[str], None]
) -> Generator[Reader, None, None]:
    """Yield a reader with a card in it, once for each card, until none is left or ``stop`` says so.

    ``note`` is told what a person has to do. The reader is closed after each card of a box. A card
    of a box that cannot be opened is left out, and noted at the end; the only card of one is an
    error.
    """
    if is_fed_by_hand(name):
        yield from _by_hand(name, stop, note)
        return
    left_out = dict[type[ReaderError], list[str]]()
    try:
        yield from _box(readers_of_box(name), stop, left_out)
    finally:
        for messages in left_out.values():
            note(_sum(messages))


def _box(
    box: Sequence[str], stop: Callable[[], bool], left_out: dict[type[ReaderError], list[str]]
) -> Iterator[Reader]:
    for one in box:
        if stop():
            return
        try:
            reader = open_reader(one)
        except ReaderError as error:
            if len(box) == 1:
                raise
            left_out.setdefault(type(error), []).append(f"{one} was left out: {error.message}")
            continue
        with reader:
            yield reader


def _sum(messages: Sequence[str]) -> str:
    """Say of cards that were left out for the same reason how many they are; name the first."""
    others = len(messages) - 1
    return messages[0] + (f"; and {others} more for the same reason" if others else "")


def is_fed_by_hand(name: str) -> bool:
    """Say whether a person puts the cards into this reader, one after the other."""
    return name.startswith(_FED_BY_HAND)


def check_reader(name: str) -> None:
    """Make sure that there is what a name stands for, before any card is touched.

    The cards of a box are not opened here. Raises `EmptyBox`, `VolatileCard` and what
    `open_reader` raises.
    """
    while name.startswith(_RECORDED):  # a trace is only written while cards are made
        name = name.removeprefix(_RECORDED).partition(":")[2]
    if name in _IN_MEMORY:
        raise VolatileCard(
            f"the card of the reader {name} is in memory only: issued to a citizen, it would "
            "vanish when the run ends"
        )
    box = readers_of_box(name)
    if len(box) == 1:
        open_reader(box[0]).close()


def readers_of_box(name: str) -> tuple[str, ...]:
    """Return the names of the single cards behind a name, sorted. Raises `EmptyBox`."""
    pattern = name.removeprefix(_BOX)
    if not name.startswith(_BOX) or not has_magic(pattern) or Path(pattern).exists():
        return (name,)
    anchor = Path(Path(pattern).anchor)
    parts = str(Path(pattern).relative_to(anchor))
    found = tuple(f"{_BOX}{path}" for path in sorted(anchor.glob(parts)))
    if not found:
        raise EmptyBox(f"no card file fits {pattern}")
    return found


def _by_hand(name: str, stop: Callable[[], bool], note: Callable[[str], None]) -> Iterator[Reader]:
    with open_reader(name) as reader:
        while True:
            note(f"{name}: put in a blank card")
            if not _waited(reader.wait_for_card, stop):
                return
            yield reader
            note(f"{name}: take the card out")
            if not _waited(reader.wait_for_removal, stop):
                return


def _waited(wait: Callable[[float | None], None], stop: Callable[[], bool]) -> bool:
    """Wait until it happens or a stop is wished; say whether it happened."""
    while not stop():
        try:
            wait(_LOOK_UP_SECONDS)
        except ReaderTimeout:
            continue
        return True
    return False
