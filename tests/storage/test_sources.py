"""Sources and their polling as stored, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from bot.domain.districts import DistrictId
from bot.domain.errors import Stale
from bot.domain.privacy import TelegramId
from bot.domain.sources import Found, Hold, Reason, Source, SourceKnown, SourceState
from bot.domain.staff import StaffId
from storage import polls, sources, staff
from storage.db import Database, Tx
from storage.polls import Poll, Quiet
from tests.clock import Clock

ADDRESS = "https://news.example.org/rss"


async def add(tx: Tx, clock: Clock, address: str = ADDRESS) -> Source:
    """A nomination by somebody of staff."""
    known = await staff.by_person(tx, TelegramId(7))
    by = known.id if known else await enrol(tx)
    found = Found(address, address, "example.org", "The Courier", "en", 3)
    here = frozenset({DistrictId(1), DistrictId(2)})
    return await sources.add(tx, found, districts=here, by=by, agreed=(by,), now=clock())


async def enrol(tx: Tx) -> StaffId:
    """Somebody of staff."""
    return await staff.add(tx, TelegramId(7), alias="Lynx", lang="en", inviter=None, held=[])


async def test_a_source_comes_back_as_it_was_saved(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        source = await add(tx, clock)
        assert await sources.known(tx, ADDRESS) == source
        probation = replace(
            source, state=SourceState.PROBATION, motion=None, agreed=(), vetted_at=clock()
        )
        saved = await sources.save(tx, probation)
        held = await sources.save(tx, saved.held(Hold.BURST, clock()))
        assert await sources.get(tx, source.id, lock=True) == held
        assert (held.version, held.before) == (2, SourceState.PROBATION)
        assert await sources.named(tx, {source.id}) == {source.id: held}


async def test_who_saves_second_is_told(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        source = await add(tx, clock)
        await sources.save(tx, source)
        with pytest.raises(Stale):
            await sources.save(tx, source)


async def test_an_address_is_proposed_once(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await add(tx, clock)
        with pytest.raises(SourceKnown):
            await add(tx, clock)


async def test_a_rejection_leaves_no_address_and_is_remembered(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        source = await add(tx, clock)
        await sources.save(tx, source.rejected(Reason.UNRELIABLE, clock()))
        row = (await tx.execute(select(sources.table))).one()
        assert (row.address, row.title, row.domain) == (None, "", "")
        assert await sources.rejection(tx, ADDRESS) is Reason.UNRELIABLE
        assert await sources.known(tx, ADDRESS) is None
        assert await sources.count(tx) == 0
        again = await add(tx, clock)
        assert again.id != source.id


@pytest.mark.parametrize("wrong", [{"state": "held"}, {"state": "trusted"}, {"address": None}])
async def test_the_table_refuses_states_that_cannot_be(
    db: Database, clock: Clock, wrong: dict[str, str | None]
) -> None:
    async with db.tx() as tx:
        await add(tx, clock)
    with pytest.raises(IntegrityError):
        async with db.tx() as tx:
            await tx.execute(update(sources.table).values(**wrong))


async def test_what_waits_for_a_decision_comes_first_in_the_list(
    db: Database, clock: Clock
) -> None:
    async with db.tx() as tx:
        first = await add(tx, clock)
        calm = replace(first, state=SourceState.PROBATION, motion=None, vetted_at=clock())
        await sources.save(tx, calm)
        second = await add(tx, clock, "https://other.example.org/rss")
        listed = await sources.page(tx, offset=0, limit=10)
        assert [source.id for source in listed] == [second.id, first.id]
        assert len(await sources.page(tx, offset=1, limit=1)) == 1


async def test_polling_is_kept_per_source_and_due_in_order(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        one, two = await add(tx, clock), await add(tx, clock, "https://b.example.org/rss")
        for source in (one, two):
            await polls.start(tx, source.id, address=source.address, now=clock())
        poll = Poll(
            source=one.id,
            address=one.address,
            next_poll=clock() - timedelta(hours=1),
            etag='"1"',
            last_modified="Sat, 21 Nov 2026 10:00:00 GMT",
            body_hash=bytes(32),
            ttl=timedelta(minutes=30),
            max_age=timedelta(minutes=5),
            skips=2**31 - 1,
            gap=timedelta(minutes=7),
            beats=b"\x6a\0\0\0\x6a\0\1\xff",
            polled_at=clock(),
            failures=2,
            failing=("feed-http-status", {"status": 503}),
            told=True,
            items=30,
            sighted=True,
            guid_reused=True,
            moved="https://moved.example.org/rss",
            moved_told="https://moved.example.org/rss",
            issuer="Careful Certificates",
            leaf=bytes(range(32)),
        )
        await polls.save(tx, poll)
        assert await polls.named(tx, [one.id], lock=True) == {one.id: poll}
        assert [p.source for p in await polls.due(tx, clock(), limit=5)] == [one.id, two.id]
        await polls.save(tx, replace(poll, next_poll=clock() + timedelta(seconds=1)))
        assert [p.source for p in await polls.due(tx, clock(), limit=5)] == [two.id]
        await polls.stop(tx, two.id)
        assert set(await polls.named(tx, {one.id, two.id})) == {one.id}


async def test_polls_that_brought_nothing_change_what_they_may_and_no_more(
    db: Database, clock: Clock
) -> None:
    minute = timedelta(minutes=1)
    async with db.tx() as tx:
        ids = [(await add(tx, clock, f"https://{n}.example/rss")).id for n in range(3)]
        for id in ids:
            await polls.start(tx, id, address=f"https://{id}.example/rss", now=clock())
        before = await polls.named(tx, set(ids))
        due = clock() + minute
        quiet = [Quiet(id, clock(), due, clock(), f'"{id}"', "then", minute) for id in ids[:2]]
        late = Quiet(ids[2], clock() - minute, due, clock(), "late", "", None)
        await polls.save_quiet(tx, [*quiet, late])
        await polls.save_quiet(tx, [])
        after = await polls.named(tx, set(ids))
        for id in ids[:2]:
            assert after[id] == replace(
                before[id],
                next_poll=due,
                polled_at=clock(),
                etag=f'"{id}"',
                last_modified="then",
                max_age=minute,
            )
        assert after[ids[2]] == before[ids[2]]
        await polls.hurry(tx, ids[0], clock())
        assert [p.source for p in await polls.due(tx, clock(), limit=9)] == [ids[0], ids[2]]


async def test_an_adopted_address_begins_anew_and_forgets_no_item(
    db: Database, clock: Clock
) -> None:
    async with db.tx() as tx:
        source = await add(tx, clock)
        await polls.start(tx, source.id, address=source.address, now=clock())
        poll = await polls.get(tx, source.id)
        assert poll is not None
        told = replace(
            poll, etag='"1"', body_hash=bytes(32), failures=3, sighted=True, moved="https://b/rss"
        )
        await polls.save(tx, told)
        await polls.adopt(tx, source.id, address="https://b/rss", now=clock())
        adopted = await polls.get(tx, source.id)
    assert adopted == replace(told, address="https://b/rss", etag="", failures=0, moved="")


async def test_starting_twice_changes_nothing(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        source = await add(tx, clock)
        await polls.start(tx, source.id, address=source.address, now=clock())
        later = clock() + timedelta(hours=1)
        await polls.start(tx, source.id, address=source.address, now=later)
        poll = await polls.get(tx, source.id)
    assert poll is not None
    assert poll.next_poll == clock()
