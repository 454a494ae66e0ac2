"""Retention: what has outlived the time that its table states is deleted."""

import logging
from collections.abc import Callable
from datetime import datetime

from storage import retention
from storage.db import Database

log = logging.getLogger(__name__)


async def purge(db: Database, clock: Callable[[], datetime]) -> None:
    """The heartbeat: delete what is due; counts per table are logged, nothing else."""
    async with db.tx() as tx:
        gone = await retention.purge(tx, clock())
    if gone:
        log.info("retention: %s", ", ".join(f"{n} from {table}" for table, n in gone.items()))
