"""Polling: nothing floods, nothing repeats, nothing is lost, and failures are told once."""

import json
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.entries import FeedDocument
from bot.domain.items import ItemId, ItemState
from bot.domain.sources import Hold, SourceState
from feeds.failures import ParserDown, Unreachable
from feeds.parse import Parser
from storage import documents, items, new_items, polls
from storage.db import Database, Tx
from storage.new_items import NewItem
from tests.clock import Clock
from tests.newsroom import ANNA, BORIS, CLAIRE, Newsroom, newsroom
from tests.publisher import Story, rss, stories
from tests.vetting import vet

SHARED = Path(os.environ.get("TOCSIN_SHARED", Path(__file__).resolve().parents[3] / "shared"))
PAIRS = SHARED / "feeds" / "pairs"


async def test_adding_a_source_brings_none_of_its_old_items(room: Newsroom) -> None:
    await room.vetted("/feed", *range(1, 31))
    assert await room.queue() == []
    await room.poll()
    assert await room.queue() == []


async def test_an_item_that_appears_after_vetting_is_queued_once(room: Newsroom) -> None:
    await room.vetted("/feed", 1, 2, 3)
    await room.publish(5, 4, 1, 2, 3)
    assert [item.title for item in await room.queue()] == ["Story 4", "Story 5"]
    await room.publish(2, 4, 3, 5, 1)
    await room.publish(1, 2, 3)
    await room.publish(5, 4, 3, 2, 1)
    assert len(await room.queue()) == 2


async def test_an_unchanged_document_is_not_parsed_again(room: Newsroom) -> None:
    await room.vetted()
    await room.sources.parser.close()
    await room.poll()
    assert room.publisher.asked[-1] == ("/feed", 304)
    room.publisher.etags = False
    await room.poll()
    assert room.publisher.asked[-1] == ("/feed", 200)
    assert room.sources.parser._idle == []


async def test_a_source_is_left_alone_until_it_is_due(room: Newsroom) -> None:
    await room.vetted()
    asked = len(room.publisher.asked)
    assert await room.sources.polling.round() == 0
    assert len(room.publisher.asked) == asked


async def test_too_many_new_items_hold_the_source_and_moderators_hear_it_once(
    room: Newsroom,
) -> None:
    source = await room.vetted("/feed", 1, 2, 3)
    await room.told()
    await room.publish(*range(1, 60))
    held = await room.source(source.id)
    assert (held.state, held.hold) == (SourceState.HELD, Hold.BURST)
    told = await room.told()
    assert sorted(chat for chat, _ in told) == [ANNA, BORIS, CLAIRE]
    await room.publish(*range(1, 120))
    assert await room.told() == []
    assert (await room.items.open(room.anna)).total == 0


async def test_a_complete_turnover_holds_the_source(room: Newsroom) -> None:
    source = await room.vetted("/feed", 1, 2, 3, 4, 5)
    await room.publish(11, 12, 13, 14, 15)
    assert (await room.source(source.id)).hold is Hold.TURNOVER
    assert {item.held for item in await room.queue()} == {"turnover"}


async def test_another_domain_than_the_vetted_one_is_held_and_not_read(room: Newsroom) -> None:
    source = await room.vetted()
    other = room.publisher.put("/other", rss(stories(1, 2, 3, 4)))
    room.publisher.moves["/feed"] = other.replace("127.0.0.1", "localhost")
    room.sources.fetcher.guard._authorities.add(f"localhost:{room.publisher.port}")
    await room.poll()
    assert (await room.source(source.id)).hold is Hold.REDIRECT
    assert await room.queue() == []


async def test_a_source_that_stays_down_is_told_once_and_once_when_it_is_back(
    room: Newsroom,
) -> None:
    await room.vetted()
    await room.told()
    room.publisher.status = 503
    for _ in range(9):
        await room.poll()
    told = await room.told()
    assert len(told) == 3
    assert "503" in told[0][1]
    room.publisher.status = 200
    await room.publish(1, 2, 3, 4)
    assert len(await room.told()) == 3
    assert [item.title for item in await room.queue()] == ["Story 4"]


async def test_a_feed_that_ended_for_good_is_told_at_once_and_asked_seldom(room: Newsroom) -> None:
    source = await room.vetted()
    await room.told()
    room.publisher.status = 410
    await room.poll()
    told = await room.told()
    assert sorted(chat for chat, _ in told) == [ANNA, BORIS, CLAIRE], "the first answer is enough"
    assert all("410" in text for _, text in told)
    async with room.db.tx(write=False) as tx:
        poll = await polls.get(tx, source.id)
    assert poll is not None
    assert poll.next_poll - room.clock() >= timedelta(hours=12)
    await room.poll()
    assert await room.told() == [], "once"
    room.publisher.status = 200
    await room.publish(1, 2, 3, 4)
    assert len(await room.told()) == 3, "it is back"
    assert [item.title for item in await room.queue()] == ["Story 4"]


async def test_failures_slow_the_polling_down_and_a_success_brings_it_back(
    room: Newsroom,
) -> None:
    source = await room.vetted()
    room.publisher.status = 500
    await room.poll()
    await room.poll()
    async with room.db.tx(write=False) as tx:
        poll = await polls.get(tx, source.id)
    assert poll is not None
    assert poll.failures == 2
    assert poll.failing == ("feed-http-status", {"status": 500})
    assert poll.next_poll - room.clock() >= timedelta(minutes=55)
    room.publisher.status = 200
    await room.poll()
    async with room.db.tx(write=False) as tx:
        poll = await polls.get(tx, source.id)
    assert poll is not None
    assert (poll.failures, poll.failing) == (0, None)


async def test_a_broken_document_hides_nothing_that_follows(room: Newsroom) -> None:
    await room.vetted("/feed", 1, 2, 3)
    room.publisher.put("/feed", b"<html><body>maintenance</body></html>", "text/html")
    await room.poll()
    await room.publish(4, 1, 2, 3)
    assert [item.title for item in await room.queue()] == ["Story 4"]


async def test_one_bad_source_does_not_stop_the_others(room: Newsroom) -> None:
    await room.vetted("/bad", 1, 2)
    await room.vetted("/good", 1, 2)
    room.publisher.put("/bad", b"\0\1\2 nothing", "application/rss+xml")
    room.publisher.put("/good", rss(stories(3, 1, 2)))
    await room.poll()
    assert [item.title for item in await room.queue()] == ["Story 3"]


async def test_a_feed_down_at_vetting_time_does_not_flood_when_it_returns(
    room: Newsroom,
) -> None:
    source = await room.propose("/feed", 1, 2, 3)
    room.publisher.status = 500
    vetted = await vet(room.sources, room.boris, source.id)
    assert vetted.state is SourceState.PROBATION
    room.publisher.status = 200
    await room.poll()
    assert await room.queue() == []
    await room.publish(4, 1, 2, 3)
    assert len(await room.queue()) == 1


async def test_an_edit_before_publication_replaces_the_text_and_voids_approvals(
    room: Newsroom,
) -> None:
    await room.vetted()
    await room.publish(4, 1, 2, 3)
    [item] = await room.queue()
    await room.items.publish(room.anna, item.id, item.edition)
    edited = Story("Story 4, corrected", "https://news.example.org/4")
    room.publisher.put("/feed", rss([edited, *stories(1, 2, 3)]))
    await room.poll()
    [item] = await room.queue()
    assert (item.title, item.edition, item.approved) == ("Story 4, corrected", 2, ())


async def test_an_edit_after_publication_is_recorded_and_moderators_are_told(
    room: Newsroom,
) -> None:
    await room.vetted()
    await room.publish(4, 1, 2, 3)
    [item] = await room.queue()
    await room.items.publish(room.anna, item.id, item.edition)
    await room.items.publish(room.boris, item.id, item.edition)
    await room.told()
    room.publisher.put(
        "/feed", rss([Story("All different now", "https://news.example.org/4"), *stories(1, 2, 3)])
    )
    await room.poll()
    async with room.db.tx(write=False) as tx:
        changed = await items.get(tx, item.id)
    assert changed is not None
    assert changed.state is ItemState.CHANGED
    assert (changed.title, changed.latest_title) == ("Story 4", "All different now")
    assert len(await room.told()) == 3


async def test_texts_of_feeds_never_reach_the_log(
    room: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    await room.vetted()
    await room.publish(4, 1, 2, 3)
    room.publisher.put("/feed", b"<rss><channel><item><title>Secret words", "text/xml")
    await room.poll()
    assert "Story" not in caplog.text
    assert "Secret" not in caplog.text


async def test_an_outage_of_ours_is_not_counted_against_sources(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [(await room.vetted(f"/feed{n}")).id for n in range(3)]
    for module in ("polls", "bookkeeping"):
        monkeypatch.setattr(f"bot.services.{module}.host_of", lambda address: address[-1])

    async def unplugged(*_: object, **__: object) -> None:
        raise Unreachable(reason="connection")

    monkeypatch.setattr(type(room.sources.fetcher), "fetch", unplugged)
    await room.poll()
    async with room.db.tx(write=False) as tx:
        after = await polls.named(tx, set(ids))
    assert {poll.failures for poll in after.values()} == {0}
    assert {poll.failing and poll.failing[0] for poll in after.values()} == {"feed-unreachable"}


async def test_a_reader_that_does_not_start_is_not_the_fault_of_the_source(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await room.vetted()

    async def down(*_: object, **__: object) -> None:
        raise ParserDown

    monkeypatch.setattr(type(room.sources.parser), "parse", down)
    await room.publish(4, 1, 2, 3)
    monkeypatch.undo()
    async with room.db.tx(write=False) as tx:
        poll = await polls.get(tx, source.id)
    assert poll is not None
    assert poll.failures == 0
    await room.poll()
    assert [item.title for item in await room.queue()] == ["Story 4"]


async def test_a_fault_of_our_own_stops_nothing_and_quotes_nothing(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await room.vetted("/bad", 1, 2)
    await room.vetted("/good", 1, 2)
    add = new_items.add

    async def failing(tx: Tx, found: Sequence[NewItem]) -> list[ItemId]:
        for one in found:
            if one.title == "Story 8":
                raise RuntimeError(f"could not store {one.title}")
        return await add(tx, found)

    monkeypatch.setattr(new_items, "add", failing)
    room.publisher.put("/bad", rss(stories(8, 1, 2)))
    await room.publish(9, 1, 2, path="/good")
    assert [item.title for item in await room.queue()] == ["Story 9"]
    assert "RuntimeError" in caplog.text
    assert "Story" not in caplog.text
    monkeypatch.undo()
    await room.poll()
    assert [item.title for item in await room.queue()] == ["Story 9", "Story 8"]


@pytest.mark.shared
@pytest.mark.skipif(not PAIRS.is_dir(), reason="needs the folder of real feed documents")
async def test_real_feeds_bring_exactly_their_new_items_and_turnover_is_held(
    sqlite: Database, clock: Clock
) -> None:
    expected = [json.loads(row) for row in (PAIRS / "expected.jsonl").read_text().splitlines()]
    async with newsroom(sqlite, clock) as room:
        for pair in expected:
            path = f"/{pair['v1']}"
            address = room.publisher.put(path, (PAIRS / pair["v1"]).read_bytes(), "text/xml")
            found = await room.sources.look(room.anna, address)
            here = frozenset({room.district})
            source = await room.sources.propose(room.anna, found, here)
            await vet(room.sources, room.boris, source.id)
            assert await room.queue() == []
            room.publisher.put(path, (PAIRS / pair["v2"]).read_bytes(), "text/xml")
            await room.poll()
            queued = await room.queue()
            turnover = len(pair["new_ids"]) == pair["items_v2"]
            assert len(queued) == len(pair["new_ids"]), pair["v1"]
            assert (await room.source(source.id)).relays is not turnover, pair["v1"]
            async with sqlite.tx() as tx:
                await tx.execute(items.table.delete())


async def test_an_entry_that_did_not_change_is_not_read_again(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, parse = list[tuple[int, int]](), Parser.parse

    async def counted(*given: Any, **more: Any) -> FeedDocument:
        document = await parse(*given, **more)
        read.append((len(document.entries), len(document.seen)))
        return document

    monkeypatch.setattr(Parser, "parse", counted)
    await room.vetted("/feed", 1, 2, 3)
    await room.publish(4, 1, 2, 3)
    await room.publish(5, 3, 4, 2)
    assert read[-2:] == [(4, 0), (1, 3)]
    assert [item.title for item in await room.queue()] == ["Story 4", "Story 5"]


async def test_what_the_database_forgot_is_read_whole_and_not_told_again(room: Newsroom) -> None:
    await room.vetted("/feed", 1, 2, 3)
    await room.publish(4, 1, 2, 3)
    async with room.db.tx() as tx:
        await tx.execute(documents.table.delete())
    await room.publish(5, 4, 1, 2, 3)
    assert [item.title for item in await room.queue()] == ["Story 4", "Story 5"]
    async with room.db.tx(write=False) as tx:
        polled = await polls.named(tx, {(await room.queue())[0].source})
    assert {poll.failures for poll in polled.values()} == {0}
