"""Who works on a row that takes a while: a worker, until its lease ends."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, LargeBinary, Table, or_, update

from storage.db import Tx
from storage.types import utc

LEASE = timedelta(minutes=1)
"""A worker that did not renew its lease for so long is taken for dead."""


def columns() -> tuple[Column[Any], ...]:
    """What a table needs whose rows are worked on."""
    return Column("worker", LargeBinary(8), nullable=True), utc("leased_until", nullable=True)


def free(table: Table, worker: bytes, now: datetime) -> ColumnElement[bool]:
    """Whether this worker may take a row: nobody has it, it does itself, or the lease ended."""
    mine = table.c.worker == worker
    return or_(table.c.worker.is_(None), mine, table.c.leased_until <= now)


def held(worker: bytes, now: datetime) -> dict[str, Any]:
    """The values that give a row to a worker for another lease."""
    return {"worker": worker, "leased_until": now + LEASE}


async def release(tx: Tx, table: Table, worker: bytes | None) -> None:
    """A worker stops, or (``None``) every other one is known to be dead: nobody has to wait for

    leases to end.
    """
    mine = update(table).where(table.c.worker.is_not(None))
    if worker is not None:
        mine = mine.where(table.c.worker == worker)
    await tx.execute(mine.values(worker=None, leased_until=None))
