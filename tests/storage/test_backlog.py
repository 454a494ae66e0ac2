"""What the operator does to rows, in steps; how many there are, without counting them all."""

import msgspec
import pytest

from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import PublicationId
from storage import backlog, claims, outbox, progress
from storage.db import Database
from storage.outbox import Stage
from storage.parcels import copy_for
from storage.receipts import Receipt
from tests.clock import Clock
from tests.mailroom import Mailroom, open_mailroom


@pytest.fixture
async def room(db: Database, clock: Clock) -> Mailroom:
    return await open_mailroom(db, clock)


async def let_go(room: Mailroom, id: PublicationId) -> tuple[int, int]:
    """All steps of letting go: how many rows changed, in how many transactions."""
    after, changed, steps = None, 0, 0
    while True:
        async with room.db.tx() as tx:
            step = await backlog.let_go(tx, id, room.clock(), after=after)
        changed, steps, after = changed + step.changed, steps + 1, step.after
        if after is None:
            return changed, steps


async def test_held_rows_are_let_go_a_page_at_a_time(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "STEP", 10)
    id = await room.publish()
    other = await room.publish(subject="item:2")
    await room.rows(id, 23, Stage.HELD)
    await room.rows(id, 7, Stage.UNKNOWN, first=20_000)
    await room.rows(other, 3, Stage.HELD)
    assert await let_go(room, id) == (23, 4)  # 30 rows, and a page that is empty
    assert await room.stages(id) == ["unknown"] * 7 + ["waiting"] * 23
    assert await room.stages(other) == ["held"] * 3


async def test_what_was_set_aside_is_tried_again_with_its_doubts(room: Mailroom) -> None:
    id = await room.publish()
    await room.rows(id, 2, Stage.UNKNOWN, doubts=2)
    await room.rows(id, 2, Stage.FAILED, first=20_000)
    async with room.db.tx() as tx:
        step = await backlog.try_again(tx, id, [Stage.UNKNOWN], room.clock(), after=None)
    assert (step.changed, step.seen, step.after) == (2, 4, None)
    assert await room.stages(id) == ["failed", "failed", "waiting", "waiting"]
    async with room.db.tx() as tx:
        taken = await claims.claim(tx, room.clock(), lease=outbox.REPLY_LIFETIME, limit=9)
    assert [(p.doubts, p.attempts) for p in taken] == [(2, 0), (2, 0)]


async def test_changes_of_copies_that_arrived_are_not_removed(room: Mailroom) -> None:
    id = await room.publish()
    await room.rows(id, 2, Stage.WAITING)
    async with room.db.tx() as tx:
        chat = TelegramId(5)
        copy = copy_for(tx, chat, id, "en", lane=Lane.NEWS, now=room.clock())
        change = msgspec.structs.replace(copy, receipt=Receipt(1, "en"))
        await outbox.add_copy(tx, change, room.clock())
        step = await backlog.remove(tx, id, [Stage.WAITING], after=None)
    assert step.changed == 2
    assert await room.stages(id) == ["waiting"]


async def test_rows_are_tallied_by_lane_and_stage(room: Mailroom) -> None:
    id = await room.publish()
    await room.rows(id, 2, Stage.WAITING)
    await room.rows(id, 1, Stage.FAILED, first=20_000)
    async with room.db.tx() as tx:
        await outbox.add(tx, lane=Lane.REPLY, chat=TelegramId(1), task=b"x", now=room.clock())
        assert await backlog.tally(tx) == {
            (Lane.NEWS, Stage.WAITING): 2,
            (Lane.NEWS, Stage.FAILED): 1,
            (Lane.REPLY, Stage.WAITING): 1,
        }
        assert await backlog.rows_of(tx, id) == {Stage.WAITING: 2, Stage.FAILED: 1}


async def test_open_ones_are_under_way_or_have_rows(room: Mailroom) -> None:
    going = await room.publish()
    finished = await room.publish(subject="item:2")
    failed = await room.publish(subject="item:3")
    await room.walked(finished, done=True)
    await room.walked(failed, done=True)
    await room.rows(failed, 1, Stage.FAILED)
    async with room.db.tx(write=False) as tx:
        assert await backlog.open_ones(tx, limit=9) == [failed, going]
        assert await backlog.open_ones(tx, limit=1) == [failed]


async def test_holding_everything_is_remembered(room: Mailroom) -> None:
    async with room.db.tx() as tx:
        assert not await backlog.all_held(tx)
        assert await backlog.hold_all(tx, held=True)
        assert not await backlog.hold_all(tx, held=True)
    async with room.db.tx() as tx:
        assert await backlog.all_held(tx)
        assert await backlog.hold_all(tx, held=False)
        assert not await backlog.all_held(tx)


async def test_a_small_audience_is_counted_exactly_and_each_person_once(room: Mailroom) -> None:
    places = room.places
    await room.followers(30, places.quarter, places.city)
    await room.followers(5, places.city, first=50_000)
    async with room.db.tx(write=False) as tx:
        assert await progress.followers(tx, [places.quarter, places.city]) == 35
        counts = await progress.by_district(tx, [places.quarter, places.city])
        assert counts == {places.quarter: 30, places.city: 35}
        assert await progress.followers(tx, []) == 0


async def test_a_large_audience_is_estimated_from_a_part_of_it(room: Mailroom) -> None:
    await room.followers(20_000, room.places.quarter)
    async with room.db.tx(write=False) as tx:
        estimate = await progress.followers(tx, [room.places.quarter])
    assert estimate % 8 == 0  # a part of the tags stands for all
    assert estimate == pytest.approx(20_000, rel=0.07)


async def test_channels_are_counted_apart(room: Mailroom) -> None:
    one, two = [await room.channel(n, room.places.city) for n in (1001, 1002)]
    id = await room.publish()
    await room.received(id, [one, TelegramId(5), TelegramId(6)])
    await room.rows(id, 1, Stage.WAITING, first=two.reveal())
    async with room.db.tx(write=False) as tx:
        assert await progress.in_channels(tx, id) == (1, 1)
        assert await progress.received(tx, id) == 3
