"""What has outlived its time goes, in portions, and nothing else does."""

from datetime import timedelta

from sqlalchemy import func, select

from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, Want
from bot.services.retention import purge
from storage import publications, receipts
from storage.db import Database, Tx
from storage.receipts import Kept, Receipt
from storage.retention import PORTION
from tests.clock import Clock

HOUR = timedelta(hours=1)


async def copies(tx: Tx, clock: Clock, first: int, count: int, *, last: timedelta) -> None:
    """So many receipts of one publication, which last as long as this."""
    id = await publications.add(
        tx,
        kind=Kind.ITEM,
        subject=f"item:{first}",
        code="AAAA-AAAA",
        lane=Lane.NEWS,
        audience=Audience(frozenset({DistrictId(1)}), Want.NEWS),
        accepted_at=clock(),
        expires_at=clock() + HOUR,
    )
    people = [TelegramId(first + n) for n in range(count)]
    until = clock() + last
    kept = [
        Kept(id, tx.keys.tag(p), tx.keys.seal_id(p), Receipt(1, "en"), 1, until) for p in people
    ]
    await receipts.keep(tx, kept)


async def test_more_than_a_portion_goes_at_once_and_the_rest_stays(
    db: Database, clock: Clock
) -> None:
    async with db.tx() as tx:
        await copies(tx, clock, 1, 2 * PORTION + 7, last=HOUR)
        await copies(tx, clock, 10_000, 3, last=2 * HOUR)
    clock.move(HOUR)
    await purge(db, clock)
    async with db.tx(write=False) as tx:
        left = (await tx.execute(select(func.count()).select_from(receipts.table))).scalar_one()
    assert left == 3
