"""What a station works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from host_lib.plan import Plan
from keys_tool import KeyStore
from personalization.journal import Journal
from personalization.owner import Owner
from personalization.production import Production


@dataclass(frozen=True)
class Bench:
    """What a station works with: the batch's file, the journal, the store, and who it is.

    ``transport`` names the delivery of blank stock, None the newest. With a ``saved`` plan nothing
    but that plan is carried out.
    """

    production: Production
    journal: Journal
    store: KeyStore
    owner: Owner
    transport: int | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    saved: Plan | None = None
