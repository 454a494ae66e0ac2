"""Updates as received: committed before they are acknowledged, sealed until they are handled."""

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Column, SmallInteger, String, Table, Text

from storage.db import metadata
from storage.types import IdTag, Retention, Sealed, utc


class Stage(StrEnum):
    """Where an update stands; the number of a handled one is kept to recognise a repeat."""

    WAITING = "waiting"
    DONE = "done"
    POISON = "poison"


table = Table(
    "inbox",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("stage", String(8), nullable=False, index=True),
    Column("tag", IdTag, nullable=True),
    Column("payload", Sealed, nullable=True),
    Column("shape", Text, nullable=True),
    Column("attempts", SmallInteger, nullable=False, default=0),
    utc("received_at", nullable=False),
    CheckConstraint(f"stage in {tuple(s.value for s in Stage)}", name="stage"),
    CheckConstraint("(payload is not null) = (stage = 'waiting')", name="payload_while_waiting"),
    info=Retention.for_(timedelta(days=2), since="received_at"),
)
