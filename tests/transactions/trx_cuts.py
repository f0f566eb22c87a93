"""Which write of a transaction is cut next."""

import random
from collections import Counter


class Cuts:
    """Chooses writes to cut, so that each has its turn.

    ``most`` and ``least`` are the most and the fewest writes that a transaction was seen to need.
    """

    def __init__(self, counts: Counter[str]) -> None:
        self.counts = counts
        self.most, self.least = 1, 1 << 16

    def seen(self, writes: int) -> None:
        """Note how many writes a transaction needed."""
        self.most, self.least = max(self.most, writes), min(self.least, writes)

    def choose(self, chance: random.Random) -> int:
        """Return any write, or the one that was cut least often where every transaction has it."""
        if chance.random() < 0.3 or self.least > self.most:
            return chance.randint(1, self.most)
        cut = [self.counts[f"cut at write {write}"] for write in range(1, self.least + 1)]
        return 1 + cut.index(min(cut))

    @property
    def never(self) -> list[int]:
        """Return the writes that every transaction has and that were not cut yet."""
        return [
            write for write in range(1, self.least + 1) if not self.counts[f"cut at write {write}"]
        ]
