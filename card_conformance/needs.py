"""What a test needs of the card in front of it, and what it does to that card."""

from dataclasses import dataclass, replace
from enum import Enum, IntEnum

from applet_spec import spec


class Stage(IntEnum):
    """How far a card has come, in the order in which the suite leads a card through its life."""

    BLANK = 1
    """As the supplier ships it: transport keys, no application."""
    KEYED = 2
    """Issuer keys, no application."""
    INSTALLED = 3
    """The application is there and BLANK; nothing is stored."""
    ANCHORED = 4
    """BLANK, with the anchor of the suite's invented record; no key pair."""
    ISSUED = 5
    """PERSONALIZED or ACTIVE."""
    SUSPENDED = 6
    """Suspended by its issuer; only found, never left behind."""
    TERMINATED = 7
    """Out of use for good."""

    @property
    def words(self) -> str:
        """The stage as a reason names it."""
        return _WORDS[self]


_WORDS = {
    Stage.BLANK: "blank, with its transport keys",
    Stage.KEYED: "blank, with issuer keys and without application",
    Stage.INSTALLED: "BLANK with nothing stored",
    Stage.ANCHORED: "BLANK with its anchor",
    Stage.ISSUED: "PERSONALIZED or ACTIVE",
    Stage.SUSPENDED: "SUSPENDED",
    Stage.TERMINATED: "TERMINATED",
}


class Profile(Enum):
    """How much a run may do to the card."""

    READ_ONLY = "read-only"
    """No keys, no PIN, no try spent; only commands that a card refuses or answers unchanged."""
    STANDARD = "standard"
    """Issuer sessions and the PIN; what is changed is changed back."""
    DESTRUCTIVE = "destructive"
    """Personalizes blank cards, blocks PINs, terminates."""

    @property
    def rank(self) -> int:
        """How much the profile allows, from 0."""
        return tuple(Profile).index(self)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a test needs. ``stages``: where it can run.

    ``keys``: issuer sessions. ``pin``: a PIN that the suite knows. ``leaves``: the stage of the
    card afterwards, where the test changes it for good, or could if the card is a wrong one; None
    where the card is as it was. ``last``: no card can be used after it, so the test runs only where
    there is a new one for the next. ``level``: the least security level that the card has to offer.
    """

    stages: frozenset[Stage] = frozenset(Stage)
    keys: bool = False
    pin: bool = False
    leaves: Stage | None = None
    last: bool = False
    level: int = 0

    @property
    def profile(self) -> Profile:
        """The smallest profile in which the test may run."""
        if self.leaves is not None or not self.stages & {Stage.ISSUED, Stage.SUSPENDED}:
            return Profile.DESTRUCTIVE
        return Profile.STANDARD if self.keys or self.pin else Profile.READ_ONLY

    def stage_from(self, now: Stage) -> Stage | None:
        """Return the first fitting stage that a card which is at ``now`` can still be led to."""
        return min((stage for stage in self.stages if stage >= now), default=None)


def at(*stages: Stage, keys: bool = True, leaves: Stage | None = None) -> Needs:
    """Return the needs of a test that runs at some stages, with keys unless told otherwise."""
    return Needs(frozenset(stages), keys=keys, leaves=leaves)


def reading(needs: Needs) -> Needs:
    """Return the needs of a test that reads in a session what is not for everyone."""
    return replace(needs, level=spec().secure_channel.read_level)


ANY_CARD = Needs()
"""Any card; only the card manager is asked."""
APPLICATION = Needs(frozenset({Stage.INSTALLED, Stage.ANCHORED, Stage.ISSUED, Stage.SUSPENDED}))
"""The application is there; no keys."""
ISSUED = at(Stage.ISSUED, keys=False)
"""An issued card; no keys."""
MANAGER = Needs(keys=True)
"""Any card whose keys are at hand; only the card manager is asked."""
WITH_KEYS = at(Stage.ISSUED)
"""An issued card and its issuer keys."""
WITH_PIN = Needs(frozenset({Stage.ISSUED}), keys=True, pin=True)
"""An issued card, its issuer keys and its PIN."""
