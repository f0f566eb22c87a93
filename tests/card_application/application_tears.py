"""Power that fails at each write of a command and of the recovery, and what the card shows then."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from tests.card_application.application_cuts import BytewiseSim, Some, SomeOfRecovery
from tests.card_application.application_look import (
    TERMINATED,
    Look,
    assert_no_secrets,
    look,
    with_log,
    with_pin,
)
from tests.support.any_card import AnyCard, MakeCard, PowerLost
from tests.support.stages import Stage, at_stage, session
from tests.support.terminal import AIDS, Terminal

Act = Callable[[Terminal], object]
BOTH = frozenset({"sim", "java"})


def nothing(_host: Terminal) -> None:
    """Leave the card as it is."""


def no_others(_old: Look) -> Iterable[Look]:
    """Allow nothing between old and new."""
    return ()


@dataclass(frozen=True)
class Change:
    """What ``acts`` change, one after the other, of a card at a stage.

    ``before`` is done once, before the checkpoint; ``prepare`` each time at power-on. Each act
    happens whole or not at all, but for what ``between`` allows besides. ``again`` is what the
    issuer does after a cut, and comes to the same end wherever the cut was. ``shows_pin`` says that
    the PIN itself is looked for, ``ends`` on which kinds of card a cut can leave the new: where
    the flip is not the last write. ``keeps_pair``: the pair that the card shows after a cut is that
    of the end. What is not ``visible`` leaves what the card shows as it was; what is not
    ``steady`` has not the same number of writes each time. ``shows_log`` looks into the log,
    too, and ``holds`` of the looks before and after a cut; without ``one_end`` what the issuer
    does again comes to an end that depends on where the cut was.
    """

    stage: Stage
    acts: tuple[Act, ...]
    again: Act
    before: Callable[[AnyCard], object] = field(default=lambda _card: None)
    prepare: Act = session
    between: Callable[[Look], Iterable[Look]] = no_others
    shows_pin: bool = False
    ends: frozenset[str] = BOTH
    kinds: frozenset[str] = BOTH
    visible: bool = True
    keeps_pair: bool = True
    steady: bool = True
    shows_log: bool = False
    holds: Callable[[Look, Look], object] = field(default=lambda _old, _new: None)
    one_end: bool = True


class Tears:
    """Tears one change on one card in many ways, and counts."""

    def __init__(self, make_card: MakeCard, change: Change) -> None:
        self.kind, self.change = make_card.kind, change
        self.card = make_card()
        self.counts: Counter[str] = Counter()
        self._finishing, self._finish_each = set[Look](), 1
        self._last = (0, "")
        at_stage(self.card, change.stage)
        self.card.reset()
        change.before(self.card)
        self.card.reset()
        self.card.checkpoint()
        self._point = look(self.card).point
        self._looks, self._ends = self._uncut()
        self._end = self._finished(b"")

    def run(
        self, writes: Some, recovery: SomeOfRecovery, finish_each: int = 10_000
    ) -> Counter[str]:
        """Cut and judge; return how often what was seen.

        The issuer does all again after the first cut that left this, and after one of so many.
        """
        self._finish_each = finish_each
        self.counts["writes"] = self._ends[-1]
        for write in writes(self._ends[-1]):
            first, seconds = self._torn(write, 0)
            if first is None:
                continue
            self._judge(first, write)
            for second in recovery(write, self._ends[-1], seconds):
                found, _ = self._torn(write, second)
                self._judge_second(found, first, write, second)
        self._judge_counts(whole=self.counts["cuts"] == self._ends[-1])
        return self.counts

    # Inside

    def _begun(self) -> Terminal:
        self.card.restore()
        self.card.reset()
        host = Terminal(self.card.transmit)
        self.change.prepare(host)
        return host

    def _act(self, host: Terminal, count: int) -> None:
        for act in self.change.acts[:count]:
            act(host)

    def _uncut(self) -> tuple[list[Look], list[int]]:
        """Return what the card shows before and after each act, and how many writes that takes."""
        looks, ends = [], []
        for count in range(len(self.change.acts) + 1):
            host = self._begun()
            start = self.card.writes
            self._act(host, count)
            ends.append(self.card.writes - start)
            looks.append(self._look()[0])
        assert ends[-1], "it wrote nothing"
        assert not self.change.visible or looks[0] != looks[-1], "nothing changed"
        return looks, ends

    def _look(self) -> tuple[Look, bytes]:
        """Return what the card shows, a key pair that is not the first's by a name, and its point.

        Each run makes another key pair: all that are new are the same here.
        """
        seen = look(self.card)
        if seen.selected == TERMINATED and isinstance(self.card, BytewiseSim):
            assert_no_secrets(self.card.cells)
        point = seen.point
        if point not in (b"", self._point):
            seen = replace(seen, point=b"new")
        if self.change.shows_log:
            seen = with_log(self.card, seen)
        return (with_pin(self.card, seen) if self.change.shows_pin else seen), point

    def _torn(self, write: int, second: int) -> tuple[Look | None, int]:
        """Cut this write, and then this one of the recovery, where 0 is none.

        Return what the card shows, and how many writes the recovery had; no look where what is not
        steady had fewer writes. Then the issuer does all again and finds the card as after a run
        without cuts.
        """
        if not self._cut(write):
            return None, 0
        start = self.card.writes
        if not self._recovered(second):
            return None, 0
        writes = self.card.writes - start
        self.counts["cuts"] += not second
        try:
            seen, point = self._look()
            end = self._end
            if seen not in self._finishing or write % self._finish_each == 0:
                self._finishing.add(seen)
                self.counts["completed by the issuer"] += 1
                end = self._finished(point)
        except AssertionError as error:
            error.add_note(self._at(write, second))
            raise
        alike = end == self._end or not self.change.one_end
        assert alike, f"{self._at(write, second)}: not to be completed"
        return seen, writes

    def _cut(self, write: int) -> bool:
        """Cut this write; say whether there was one."""
        host = self._begun()
        self.card.cut_power_at(write)
        try:
            self._act(host, len(self.change.acts))
        except PowerLost:
            assert not self.card.powered
            return True
        assert not self.change.steady, f"{self._at(write)}: a write that was not there"
        return False

    def _recovered(self, second: int) -> bool:
        """Give power back and select, and cut this write of that; say whether there was one."""
        if not second:
            self._recover()
            return True
        self.card.cut_power_at(second)
        try:
            self._recover()
        except PowerLost:
            self.card.reset()
            return True
        assert not self.change.steady, "a recovery with fewer writes"
        return False

    def _recover(self) -> None:
        self.card.reset()
        Terminal(self.card.transmit).select(AIDS.instance)

    def _finished(self, point: bytes) -> Look:
        """Let the issuer do all again, and return what the card shows in the end."""
        self.card.reset()
        self.change.again(Terminal(self.card.transmit))
        end = look(self.card)
        if self.change.shows_log:
            end = with_log(self.card, end)
        end = with_pin(self.card, end)
        if point and self.change.keeps_pair and end.selected == 0x9000:
            assert end.point == point, "another key pair"
        return replace(end, point=b"")

    def _judge(self, seen: Look, write: int) -> None:
        step = next(number for number, end in enumerate(self._ends[1:]) if write <= end)
        old, new = self._looks[step], self._looks[step + 1]
        if seen == old:
            back = self.change.steady and self._last == (step, "new")
            assert not back, f"{self._at(write)}: what was new is old again"
            outcome = "old"
        elif seen == new:
            outcome = "new"
        else:
            assert seen in self.change.between(old), self._mixture(seen, old, new, write)
            outcome = "between"
        self.change.holds(self._looks[0], seen)
        self._last = (step, outcome)
        self.counts[outcome] += 1

    def _judge_second(self, found: Look | None, first: Look, write: int, second: int) -> None:
        if found is None:
            return
        steady = self.change.steady
        known = {first} if steady else {first, self._looks[0], self._looks[-1]}
        assert found in known, f"{self._at(write, second)}: a cut recovery is no recovery"
        self.counts["second cuts"] += 1

    def _judge_counts(self, *, whole: bool) -> None:
        change = self.change
        assert self.counts["cuts"]
        if change.visible:
            assert self.counts["old"], "no cut left the old"
            assert self.counts["new"] or self.kind not in change.ends, "no cut left the new"
        between = any(change.between(self._looks[0]))
        assert self.counts["between"] or not between or not whole, "nothing was seen between"

    def _at(self, write: int, second: int = 0) -> str:
        return f"{self.kind}, write {write} of {self._ends[-1]}, then {second} of the recovery"

    def _mixture(self, seen: Look, old: Look, new: Look, write: int) -> str:
        def differs(one: Look, other: Look) -> Sequence[str]:
            return [name for name in one.__dict__ if one.__dict__[name] != other.__dict__[name]]

        return (
            f"{self._at(write)}: a mixture, from the old in {differs(seen, old)}, "
            f"from the new in {differs(seen, new)}"
        )
