"""Who works on a row that takes a while: a worker, until its lease ends."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, LargeBinary, Table, bindparam, or_, update

from storage.db import Tx
from storage.types import Utc, utc

LEASE = timedelta(minutes=1)
"""A worker that did not renew its lease for so long is taken for dead."""


def columns() -> tuple[Column[Any], ...]:
    """What a table needs whose rows are worked on."""
    return Column("worker", LargeBinary(8), nullable=True), utc("leased_until", nullable=True)


def free(table: Table) -> ColumnElement[bool]:
    """Whether a worker may take a row: nobody has it, it does itself, or the lease ended.

    The statement is executed with ``whose``.
    """
    mine = table.c.worker == bindparam("whose", type_=LargeBinary)
    over = table.c.leased_until <= bindparam("at", type_=Utc)
    return or_(table.c.worker.is_(None), mine, over)


def whose(worker: bytes, now: datetime) -> dict[str, Any]:
    """Who asks, and when: the parameters of ``free``."""
    return {"whose": worker, "at": now}


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
