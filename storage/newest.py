"""Whether what a source showed before it was vetted was taken over: the ledger tells."""

from sqlalchemy import exists, select

from bot.domain.sources import SourceId
from storage import ledger
from storage.db import Tx

ACTION = "source.newest"


async def taken(tx: Tx, source: SourceId) -> bool:
    """Whether somebody took the newest items of a source over."""
    entry = ledger.table.c
    mine = (entry.action == ACTION) & (entry.subject == f"source:{source}")
    return bool((await tx.execute(select(exists().where(mine)))).scalar_one())
