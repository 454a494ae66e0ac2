"""Deletes what has outlived the retention its table states."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Table, delete, select, tuple_

from storage.db import AnyRow, Tx, metadata
from storage.types import Retention

PORTION = 1000
"""Rows deleted in one transaction: the receipts of a million people expire together."""

Expired = dict[Table, Sequence[AnyRow]]
"""Primary keys of rows to be deleted, per table; dependent tables first."""


async def expired(tx: Tx, now: datetime, *, portion: int = PORTION) -> Expired:
    """What has outlived its time, at most ``portion`` rows of each table. Reads only."""
    found: Expired = {}
    for table in reversed(metadata.sorted_tables):
        rule: Retention = table.info["retention"]
        if rule.column is None:
            continue
        old = table.c[rule.column] <= now - rule.after
        query = select(*table.primary_key).where(old).limit(portion)
        if rows := (await tx.execute(query)).all():
            found[table] = rows
    return found


async def remove(tx: Tx, table: Table, keys: Sequence[AnyRow]) -> int:
    """Delete these rows; returns how many were still there."""
    columns = list(table.primary_key)
    if len(columns) == 1:
        chosen = columns[0].in_([key for (key,) in keys])
    else:
        chosen = tuple_(*columns).in_([tuple(key) for key in keys])
    return (await tx.execute(delete(table).where(chosen))).rowcount


async def purge(tx: Tx, now: datetime) -> dict[str, int]:
    """Delete a portion of every table; returns rows deleted, untouched tables left out."""
    found = await expired(tx, now)
    return {table.name: await remove(tx, table, keys) for table, keys in found.items()}
