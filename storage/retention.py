"""Deletes what has outlived the retention its table states."""

from datetime import datetime

from sqlalchemy import delete

from storage.db import Tx, metadata
from storage.types import Retention


async def purge(tx: Tx, now: datetime) -> dict[str, int]:
    """Delete expired rows; returns rows deleted per table, empty tables left out."""
    gone = {}
    for table in reversed(metadata.sorted_tables):
        rule: Retention = table.info["retention"]
        if rule.column is None:
            continue
        done = await tx.execute(delete(table).where(table.c[rule.column] <= now - rule.after))
        if done.rowcount:
            gone[table.name] = done.rowcount
    return gone
