"""The tables of the journal, which is also the bureau's database of batches and card numbers."""

from enum import StrEnum

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

SCHEMA_VERSION = 2
metadata = MetaData()


class State(StrEnum):
    """How far a record has come; everything up to a state is known to have happened on the card.

    What comes next may have happened too, when the station was interrupted: the card says.
    """

    WAITING = "waiting"
    """No card has been touched for it."""
    LEASED = "leased"
    """A blank chip is bound to it; next: PUT KEY."""
    KEYS_CHANGED = "keys changed"
    """The issuer keys opened a session; next: INSTALL and STORE DATA."""
    DATA_WRITTEN = "data written"
    """The last STORE DATA was answered; next: reading back."""
    VERIFIED = "verified"
    """Everything readable was compared and the card proved genuine; next: SECURED."""
    DONE = "done"
    """Issued."""
    SPOILED = "spoiled"
    """The card that has its data cannot be completed; the record is prepared again."""
    UNCERTAIN = "uncertain"
    """An answer was lost and the card has not come back since."""


ORDER = (State.LEASED, State.KEYS_CHANGED, State.DATA_WRITTEN, State.VERIFIED, State.DONE)
"""The states of a card in the making, in the order of the work."""

about = Table("about", metadata, Column("schema_version", Integer, nullable=False))

batches = Table(
    "batches",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("created", String(32), nullable=False),
    Column("profile", String(16), nullable=False),
    Column("count", Integer, nullable=False),
    Column("issuer_version", Integer, nullable=False),
    Column("card_ca_version", Integer, nullable=False),
    Column("production_version", Integer, nullable=False),
    Column("mailer_version", Integer, nullable=False),
    Column("receipt_version", Integer, nullable=False),
    Column("role_versions", Text, nullable=False, comment="of masters by role, JSON"),
    Column("sha256", String(64), nullable=False),
)

chips = Table(
    "chips",
    metadata,
    Column("serial", String(20), primary_key=True),
    Column("batch", ForeignKey("batches.id"), nullable=False),
    Column("record", ForeignKey("records.id"), nullable=False),
    Column("taken", String(32), nullable=False),
    Column("spoiled", Text, comment="why the chip is spoiled; NULL while it is not"),
)

records = Table(
    "records",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch", ForeignKey("batches.id"), nullable=False),
    Column("place", Integer, nullable=False, comment="index in the production file, from 0"),
    Column("enrolment_id", String(24), nullable=False),
    Column("card_number", String(19), nullable=False, unique=True),
    Column("card_serial", String(16), nullable=False, unique=True),
    Column("state", String(16), nullable=False, default=State.WAITING),
    Column("reached", String(16), comment="the last state on the way to done"),
    Column("chip", String(20), unique=True),
    Column("owner", String(80), comment="the process that holds the record now"),
    Column("reader", Text),
    Column("key_version", Integer),
    Column("applet_version", String(16)),
    Column("finished", String(32)),
    Column("traffic", Text, comment="commands and bytes by phase, JSON"),
    Column("remark", Text, comment="why it is spoiled or uncertain"),
    UniqueConstraint("batch", "place"),
    Index(
        "live_enrolments",
        "enrolment_id",
        unique=True,
        sqlite_where=text("state <> 'spoiled'"),
        postgresql_where=text("state <> 'spoiled'"),
    ),
    Index("records_by_state", "batch", "state"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", String(32), nullable=False),
    Column("batch", String(16), nullable=False),
    Column("record", Integer),
    Column("chip", String(20)),
    Column("what", String(16), nullable=False),
    Column("detail", Text, nullable=False, default=""),
)
