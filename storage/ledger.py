"""The ledger: decisions of staff as a hash chain. What, about which object, by how many; no people.

There is no function to change or remove an entry. A chain shows changes and gaps, not a missing
end: for that somebody outside has to keep an earlier digest.
"""

from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import Column, Integer, LargeBinary, SmallInteger, String, Table, func, select

from storage.db import AnyRow, Tx, metadata
from storage.types import Retention, utc

START = bytes(32)
"""What the first entry names as the digest before it."""
_LOCK = 7_003_311
"""Number of the advisory lock under which PostgreSQL appends one entry at a time."""

table = Table(
    "ledger",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("action", String(32), nullable=False),
    Column("subject", String(40), nullable=False),
    Column("people", SmallInteger, nullable=False),
    utc("at", nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    info=Retention.while_needed("for good: it names no people, and a gap would break the chain"),
)


async def add(tx: Tx, action: str, subject: str, people: int, now: datetime) -> None:
    """Append a decision: ``subject`` such as ``rally:12``, ``people`` how many decided it.

    The time is kept to the hour, so that the ledger does not tell who was awake when.
    """
    if tx.postgres:
        await tx.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    last = (await tx.execute(select(table).order_by(table.c.id.desc()).limit(1))).one_or_none()
    id, before = (last.id + 1, last.digest) if last else (1, START)
    at = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    digest = _digest(before, id, action, subject, people, at)
    values = {"id": id, "action": action, "subject": subject, "people": people, "at": at}
    await tx.execute(table.insert().values(**values, digest=digest))


async def verify(tx: Tx) -> int | None:
    """The number of the first entry that does not fit the one before it, ``None`` if all do."""
    before, expected = START, 1
    for row in await tx.execute(select(table).order_by(table.c.id)):
        if row.id != expected or row.digest != _of(row, before):
            return expected
        before, expected = row.digest, expected + 1
    return None


def _of(row: AnyRow, before: bytes) -> bytes:
    return _digest(before, row.id, row.action, row.subject, row.people, row.at)


def _digest(before: bytes, id: int, action: str, subject: str, people: int, at: datetime) -> bytes:
    line = f"{id}|{action}|{subject}|{people}|{at:%Y-%m-%dT%HZ}"
    return sha256(before + line.encode()).digest()
