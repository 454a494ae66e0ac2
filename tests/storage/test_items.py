"""Items and keys as stored, on both databases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from bot.domain.errors import Stale
from bot.domain.items import LIFETIME, ItemId, ItemState
from bot.domain.privacy import TelegramId
from bot.domain.sources import SourceId
from bot.domain.staff import Staff
from storage import item_keys, items, new_items, staff
from storage.db import Database, Tx
from storage.item_keys import Seen
from storage.new_items import NewItem
from storage.retention import purge
from tests.clock import Clock


def key(n: int, identity: int = 0) -> Seen:
    """Keys of an item that has a guid only."""
    return Seen(identity, bytes([n]) * 32, b"", bytes([n + 100]) * 32)


async def add(tx: Tx, source: SourceId, identity: int, clock: Clock) -> ItemId:
    """A queued item."""
    new = NewItem(
        source=source,
        identity=identity,
        title=f"Story {identity}",
        summary="",
        link="https://news.example.org/1",
        language="en",
        published=None,
        fetched_at=clock(),
        expires_at=clock() + LIFETIME,
    )
    (id,) = await new_items.add(tx, [new])
    return id


async def remember(tx: Tx, source: SourceId, clock: Clock, *found: Seen) -> Sequence[int]:
    """The identities under which these keys of a source are kept now."""
    return (await item_keys.remember(tx, {source: found}, clock()))[source]


async def test_keys_of_one_item_share_its_identity(
    db: Database, clock: Clock, source: SourceId
) -> None:
    async with db.tx() as tx:
        one, two = await remember(tx, source, clock, key(1), key(2))
        assert await remember(tx, source, clock, key(3, one)) == [one]
        seen = await item_keys.known(tx, {source: [key(1), key(2), key(3)]})
    assert [(s.identity, s.guid[0]) for s in seen[source]] == [(one, 1), (two, 2), (one, 3)]


async def test_keys_that_a_feed_still_shows_outlive_the_retention(
    db: Database, clock: Clock, source: SourceId
) -> None:
    async with db.tx() as tx:
        kept, lost = await remember(tx, source, clock, key(1), key(2))
        clock.move(timedelta(days=100))
        await item_keys.touch(tx, source, [kept], clock())
        clock.move(timedelta(days=100))
        await purge(tx, clock())
        seen = await item_keys.known(tx, {source: [key(1), key(2), key(3)]})
        assert [s.identity for s in seen[source]] == [kept]
        assert lost != kept


async def test_an_item_comes_back_as_it_was_saved(
    db: Database, clock: Clock, source: SourceId, editor: Staff
) -> None:
    async with db.tx() as tx:
        id = await add(tx, source, 5, clock)
        item = await items.get(tx, id)
        assert item is not None
        assert await items.by_identity(tx, 5) == item
        sent = replace(
            item,
            state=ItemState.SENT,
            approved=(editor.id, editor.id),
            code="ABCD-EFGH",
            sent_at=clock(),
        )
        await items.save(tx, sent)
        assert await items.get(tx, id) == replace(sent, version=1)
        assert [i.id for i in await items.published(tx, limit=5, source=source)] == [id]
        assert await items.sent(tx, source) == 1
        later = clock() + timedelta(seconds=1)
        assert await items.published(tx, limit=5, since=later) == []


async def test_who_saves_second_is_told(db: Database, clock: Clock, source: SourceId) -> None:
    async with db.tx() as tx:
        item = await items.get(tx, await add(tx, source, 5, clock))
        assert item is not None
        await items.save(tx, item)
        with pytest.raises(Stale):
            await items.save(tx, item)


async def test_the_table_refuses_to_send_what_too_few_people_approved(
    db: Database, clock: Clock, source: SourceId, editor: Staff
) -> None:
    async with db.tx() as tx:
        item = await items.get(tx, await add(tx, source, 5, clock))
    assert item is not None
    alone = replace(item, state=ItemState.SENT, approved=(editor.id,), code="ABCD-EFGH")
    with pytest.raises(IntegrityError):
        async with db.tx() as tx:
            await items.save(tx, alone)


async def test_one_editor_at_a_time_has_an_item_open(
    db: Database, clock: Clock, source: SourceId, editor: Staff
) -> None:
    async with db.tx() as tx:
        await staff.add(tx, TelegramId(8), alias="Heron", lang="en", inviter=None, held=[])
        other = await staff.by_person(tx, TelegramId(8))
        assert other is not None
        id = await add(tx, source, 5, clock)
        until = clock() + timedelta(minutes=10)
        assert await items.claim(tx, id, by=editor.id, until=until, now=clock())
        assert not await items.claim(tx, id, by=other.id, until=until, now=clock())
        assert await items.claim(tx, id, by=editor.id, until=until, now=clock())
        await items.release(tx, editor.id)
        assert await items.claim(tx, id, by=other.id, until=until, now=clock())
        assert await items.claim(tx, id, by=editor.id, until=until, now=until)


async def test_what_waited_too_long_expires_and_is_purged_a_month_later(
    db: Database, clock: Clock, source: SourceId
) -> None:
    async with db.tx() as tx:
        await add(tx, source, 5, clock)
        assert await items.expire(tx, clock()) == 0
        assert len(await items.queued(tx, clock(), limit=5)) == 1
        clock.move(LIFETIME)
        assert await items.queued(tx, clock(), limit=5) == []
        assert await items.expire(tx, clock()) == 1
        states = await tx.execute(select(items.table.c.state))
        assert states.scalars().all() == ["expired"]
        clock.move(items.KEEP)
        assert (await purge(tx, clock()))["items"] == 1


async def test_the_table_refuses_a_state_that_nobody_knows(
    db: Database, clock: Clock, source: SourceId
) -> None:
    async with db.tx() as tx:
        await add(tx, source, 5, clock)
    with pytest.raises(IntegrityError):
        async with db.tx() as tx:
            await tx.execute(update(items.table).values(state="whatever"))
