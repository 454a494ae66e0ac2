"""Retention: what has outlived the time that its table states is deleted."""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from storage import retention
from storage.db import Database
from storage.retention import PORTION

log = logging.getLogger(__name__)


async def purge(db: Database, clock: Callable[[], datetime]) -> None:
    """The heartbeat: delete what is due; counts per table are logged, nothing else.

    It is looked for without the writer and deleted in portions, so that nobody waits for it.
    """
    gone, more = Counter[str](), True
    while more:
        async with db.tx(write=False) as tx:
            found = await retention.expired(tx, clock())
        for table, keys in found.items():
            async with db.tx() as tx:
                gone[table.name] += await retention.remove(tx, table, keys)
        more = any(len(keys) == PORTION for keys in found.values())
    if gone:
        log.info("retention: %s", ", ".join(f"{n} from {table}" for table, n in gone.items()))
