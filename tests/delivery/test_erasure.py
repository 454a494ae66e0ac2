"""Somebody is erased at the very moment at which a broadcast reaches them: nothing stays."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from bot.domain.privacy import TelegramId
from bot.services.subscriptions import Subscriptions
from sandbox.server import Sandbox
from storage import erasure, outbox
from storage.db import Database
from tests import walking
from tests.delivery.desk import eventually, fault, follow, place_of, publish, stages, texts, truth
from tests.delivery.house import House, now, opened

KEPT = ("subscribers", "follows", "outbox", "receipts", "forms")


async def rows(house: House) -> dict[str, int]:
    """How many rows the tables with anything about a person have."""
    found = {}
    async with house.db.tx(write=False) as tx:
        for table in KEPT:
            count = await tx.connection.exec_driver_sql(f"select count(*) from {table}")
            found[table] = int(count.scalar_one())
    return {table: count for table, count in found.items() if count}


async def erase(house: House, person: TelegramId) -> None:
    """What /forget does."""
    async with house.db.tx() as tx:
        await erasure.erase(tx, tx.keys.tag(person))


async def pause(house: House, person: TelegramId) -> None:
    """What /stop does."""
    await Subscriptions(house.db, house.engine.atlas).pause(person)


async def test_a_copy_on_its_way_leaves_no_receipt_of_somebody_erased(
    db: Database, box: Sandbox
) -> None:
    async with opened(db, box) as house:
        vera, place = await house.person("vera"), await place_of(house)
        await follow(house, place, vera)
        await fault(house, "slow", seconds=0.7)
        await house.engine.start()
        await publish(house, place, "news")
        await eventually(lambda: truth(house.engine.flights))
        await erase(house, vera)
        await house.engine.stop()
        assert await texts(house) == ["news"]
        assert await rows(house) == {}


@pytest.mark.parametrize("leave", [erase, pause])
async def test_who_leaves_while_copies_are_queued_has_none_afterwards(
    db: Database,
    box: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    leave: Callable[[House, TelegramId], Coroutine[Any, Any, None]],
) -> None:
    queueing, go_on, add = asyncio.Event(), asyncio.Event(), outbox.add_copy

    async def slowly(*args: Any, **options: Any) -> bool:
        queueing.set()
        await go_on.wait()
        return await add(*args, **options)

    monkeypatch.setattr(outbox, "add_copy", slowly)
    async with opened(db, box) as house:
        vera, place = await house.person("vera"), await place_of(house)
        await follow(house, place, vera)
        id = await publish(house, place, "news")
        async with asyncio.TaskGroup() as both:
            both.create_task(walking.page(db, house.engine.atlas, id, now(), size=9))
            await queueing.wait()
            both.create_task(leave(house, vera))
            await asyncio.sleep(0.3)
            go_on.set()
        assert await stages(house) == []
