"""When sources are asked: on the second, politely, one at a time, and nobody waits for the slow."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.delivery.tasks import Tasks
from bot.domain.sources import SourceId
from bot.services import polls as polling
from bot.services.polls import Polling
from feeds.fetch import Fetched, Fetcher, Unchanged
from feeds.headers import Validators
from storage import polls, sources
from storage.db import StorageUnavailable, Tx
from storage.polls import Poll, Quiet
from tests.newsroom import Newsroom
from tests.publisher import Story, rss, stories

MINUTE = timedelta(minutes=1)
LONG = 60
"""Seconds within which what must happen does, on any machine."""


async def _poll(room: Newsroom, source: SourceId) -> Poll:
    async with room.db.tx(write=False) as tx:
        found = await polls.get(tx, source)
    assert found is not None
    return found


async def _wait(room: Newsroom, source: SourceId) -> timedelta:
    """How long from now until it is asked again."""
    return (await _poll(room, source)).next_poll - room.clock()


async def _urge(room: Newsroom, source: SourceId) -> None:
    async with room.db.tx() as tx:
        found = await sources.get(tx, source)
        assert found is not None
        await sources.save(tx, replace(found, urgent=True))


async def test_what_is_due_at_the_very_second_of_the_beat_is_due(room: Newsroom) -> None:
    source = await room.vetted()
    room.clock.move(to=(await _poll(room, source.id)).next_poll - timedelta(microseconds=1))
    assert await room.sources.polling.round() == 0
    room.clock.move(timedelta(microseconds=1))
    assert await room.sources.polling.round() == 1


@pytest.mark.parametrize("tag", ["<ttl>45</ttl>", "<skipHours><hour>11</hour></skipHours>"])
async def test_what_a_publisher_asks_for_outlives_a_304(room: Newsroom, tag: str) -> None:
    source = await room.vetted()
    asking = rss(stories(4, 1, 2, 3)).replace(b"</language>", b"</language>" + tag.encode())
    room.publisher.put("/feed", asking)
    await room.poll()
    first = await _poll(room, source.id)
    await room.poll()
    assert room.publisher.asked[-1] == ("/feed", 304)
    again = await _poll(room, source.id)
    assert (again.ttl, again.skips) == (first.ttl, first.skips) != (None, 0)
    if first.ttl:
        assert await _wait(room, source.id) >= timedelta(minutes=45)
    else:
        assert again.next_poll.hour != 11


async def test_an_urgent_source_is_asked_every_minute_and_no_other_is(room: Newsroom) -> None:
    source, other = await room.vetted("/urgent"), await room.vetted("/other")
    await _urge(room, source.id)
    await room.poll()
    for _ in range(3):
        assert MINUTE <= await _wait(room, source.id) <= 1.1 * MINUTE
        room.clock.move(to=(await _poll(room, source.id)).next_poll)
        await room.sources.polling.round()
    assert await _wait(room, other.id) > 5 * MINUTE - 4 * 1.1 * MINUTE


async def test_a_source_that_publishes_often_is_asked_more_often(room: Newsroom) -> None:
    source = await room.vetted("/feed", 1, 2, 3)
    usual = await _wait(room, source.id)
    for newest in range(4, 10):
        room.clock.move(timedelta(minutes=20))
        await room.publish(*range(newest, newest - 3, -1))
    assert await _wait(room, source.id) < usual / 2


async def test_polls_that_bring_nothing_are_written_together(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = {(await room.vetted(f"/feed{n}")).id for n in range(4)}
    written: list[set[SourceId]] = []
    save = polls.save_quiet

    async def noted(tx: Tx, quiet: Iterable[Quiet]) -> None:
        rows = list(quiet)
        written.append({one.source for one in rows})
        await save(tx, rows)

    monkeypatch.setattr(polls, "save_quiet", noted)
    await room.poll()
    assert written == [ids]
    for id in ids:
        poll = await _poll(room, id)
        assert poll.polled_at == room.clock()
        assert poll.next_poll > room.clock()


async def test_a_crash_before_they_are_written_costs_one_more_poll_and_no_item(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.vetted("/quiet")
    await room.vetted("/news", 1, 2, 3)
    room.publisher.put("/news", rss(stories(4, 1, 2, 3)))

    async def crash(*_: object) -> None:
        raise StorageUnavailable("the power failed")

    with monkeypatch.context() as broken:
        broken.setattr(polls, "save_quiet", crash)
        await room.poll()
    assert [item.title for item in await room.queue()] == ["Story 4"]
    asked = len(room.publisher.asked)
    assert await room.sources.polling.round() == 1
    assert room.publisher.asked[asked:] == [("/quiet", 304)]
    assert [item.title for item in await room.queue()] == ["Story 4"]


async def test_a_full_disk_does_not_make_us_ask_again_and_again(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.vetted("/quiet")
    await room.vetted("/news", 1, 2, 3)
    room.publisher.put("/news", rss(stories(4, 1, 2, 3)))
    keeps = room.sources.polling

    async def full(*_: object) -> None:
        raise StorageUnavailable("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(polls, "save_quiet", full)
        broken.setattr(polls, "save", full)
        room.clock.move(timedelta(days=1))
        assert await keeps.round() == 2
        room.clock.move(timedelta(seconds=2))
        assert await keeps.round() == 0
    room.clock.move(keeps.rhythm.floor)
    assert await keeps.round() == 2
    assert [item.title for item in await room.queue()] == ["Story 4"]


async def test_a_poll_that_brought_nothing_undoes_nothing_written_meanwhile(
    room: Newsroom,
) -> None:
    source = await room.vetted()
    before = await _poll(room, source.id)
    late = Quiet(
        source.id, before.next_poll, before.next_poll + MINUTE, room.clock(), "old", "", None
    )
    async with room.db.tx() as tx:
        await polls.adopt(tx, source.id, address="https://new.example/feed", now=room.clock())
        await polls.save_quiet(tx, [late])
    after = await _poll(room, source.id)
    assert (after.address, after.etag, after.next_poll) == (
        "https://new.example/feed",
        "",
        room.clock(),
    )


async def test_one_host_is_asked_one_thing_at_a_time_and_others_meanwhile(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        await room.vetted(f"/{n % 2}/{n}")
    now, most = dict.fromkeys("01", 0), dict.fromkeys(("0", "1", "both"), 0)
    both = asyncio.Event()

    async def slowly(fetcher: Fetcher, address: str, *, known: Validators) -> Fetched | Unchanged:
        host = address.split("/")[3]
        now[host] += 1
        most[host], most["both"] = max(most[host], now[host]), max(most["both"], *now.values())
        most["both"] = max(most["both"], sum(now.values()))
        if all(now.values()):
            both.set()
        async with asyncio.timeout(LONG):  # however busy the machine is
            await both.wait()
        await asyncio.sleep(0.01)
        now[host] -= 1
        return await fetch(fetcher, address, known=known)

    fetch = Fetcher.fetch
    monkeypatch.setattr(Fetcher, "fetch", slowly)
    for module in ("polls", "bookkeeping"):
        monkeypatch.setattr(f"bot.services.{module}.host_of", lambda address: address.split("/")[3])
    await room.poll()
    assert most == {"0": 1, "1": 1, "both": 2}


async def test_a_slow_host_delays_nobody_and_is_not_asked_twice(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.vetted("/slow", 1, 2, 3)
    await room.vetted("/quick", 1, 2, 3)
    room.publisher.put("/slow", rss(stories(5, 1, 2, 3)))
    room.publisher.put("/quick", rss(stories(4, 1, 2, 3)))
    let_go, asked = asyncio.Event(), list[str]()
    fetch, tasks = Fetcher.fetch, Tasks()

    async def held_up(fetcher: Fetcher, address: str, *, known: Validators) -> Fetched | Unchanged:
        asked.append(address.rpartition("/")[2])
        if address.endswith("/slow"):
            await let_go.wait()
        return await fetch(fetcher, address, known=known)

    monkeypatch.setattr(Fetcher, "fetch", held_up)
    monkeypatch.setattr(polling, "PATIENCE", 0.5)
    monkeypatch.setattr("bot.services.bookkeeping.host_of", lambda address: address)
    ours: Polling = replace(room.sources.polling, spawn=tasks.start)
    room.clock.move(timedelta(days=1))
    assert await ours.round() == 2
    async with asyncio.timeout(LONG):
        while not (queued := await room.queue()):
            await asyncio.sleep(0.01)
    assert [item.title for item in queued] == ["Story 4"]
    room.clock.move(timedelta(hours=2))
    assert await ours.round() == 1
    assert asked.count("slow") == 1
    let_go.set()
    while len(tasks):
        await asyncio.sleep(0.01)
    assert {item.title for item in await room.queue()} == {"Story 4", "Story 5"}
    room.clock.move(timedelta(hours=2))
    assert await ours.round() == 2


async def test_moderators_hear_once_that_a_feed_moved_and_nothing_follows_it(
    room: Newsroom,
) -> None:
    source = await room.vetted()
    await room.told()
    target = room.publisher.put("/elsewhere", rss(stories(1, 2, 3)))
    room.publisher.moves["/feed"] = target
    await room.poll()
    assert await room.told() == []
    await room.poll()
    assert ["/elsewhere" in text for _, text in await room.told()] == [True] * 3
    await room.poll()
    assert await room.told() == []
    poll = await _poll(room, source.id)
    assert (poll.address, poll.moved) == (source.address, target)


async def test_a_page_that_links_a_feed_changes_no_address(room: Newsroom) -> None:
    source = await room.vetted()
    link = '<link rel="alternate" type="application/rss+xml" href="/other">'
    room.publisher.put("/feed", f"<html><head>{link}</head></html>".encode(), "text/html")
    await room.poll()
    assert (await _poll(room, source.id)).address == source.address
    assert {path for path, _ in room.publisher.asked} == {"/feed"}


async def test_an_item_without_a_link_repeats_nothing(room: Newsroom) -> None:
    await room.vetted("/feed", 1, 2, 3)
    bare = Story("Without a link", "", guid="bare")
    for _ in range(3):
        room.publisher.put("/feed", rss([*stories(4), bare, *stories(1, 2, 3)]))
        await room.poll()
        room.publisher.etags = False
    assert sorted(item.title for item in await room.queue()) == ["Story 4", "Without a link"]
