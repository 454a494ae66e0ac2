"""Use cases of sources beyond what the dialogues show."""

import os
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.domain.errors import NotAllowed
from bot.domain.privacy import TelegramId
from bot.domain.sources import SourceKnown, SourceState
from bot.domain.staff import Grant, Role, StaffState
from feeds.failures import FeedRefused
from storage import ledger, staff
from storage.db import Database
from tests.clock import Clock
from tests.newsroom import Newsroom, newsroom
from tests.publisher import rss, stories
from tests.vetting import vet

SHARED = Path(os.environ.get("TOCSIN_SHARED", Path(__file__).resolve().parents[3] / "shared"))
DOCUMENTS = SHARED / "feeds" / "documents"
JSON, XML = "application/feed+json", "application/xml"


async def test_the_address_where_the_feed_moved_for_good_is_pinned(room: Newsroom) -> None:
    moved = room.publisher.put("/new", rss(stories(1)))
    room.publisher.moves["/old"] = moved
    found = await room.sources.look(room.anna, room.publisher.url("/old"))
    assert (found.address, found.redirected) == (moved, False)


async def test_nobody_proposes_where_they_have_no_role(room: Newsroom) -> None:
    async with room.db.tx() as tx:
        held = [Grant(Role.NEWS, room.elsewhere)]
        person = TelegramId(2001)
        await staff.add(tx, person, alias="Stork", lang="en", inviter=room.anna, held=held)
        local = await staff.by_person(tx, person)
    assert local is not None
    found = await room.sources.look(local, room.publisher.put("/feed", rss(stories(1))))
    with pytest.raises(NotAllowed):
        await room.sources.propose(local, found, frozenset({room.district}))


async def test_two_proposals_of_one_address_make_one_source(room: Newsroom) -> None:
    found = await room.sources.look(room.anna, room.publisher.put("/feed", rss(stories(1))))
    here = frozenset({room.district})
    await room.sources.propose(room.anna, found, here)
    with pytest.raises(SourceKnown):
        await room.sources.propose(room.boris, found, here)


async def test_a_proposer_who_was_suspended_since_counts_no_longer(room: Newsroom) -> None:
    source = await room.propose()
    async with room.db.tx() as tx:
        await staff.set_state(tx, room.anna.id, StaffState.SUSPENDED)
    once = await vet(room.sources, room.boris, source.id)
    assert (once.state, once.agreed) == (SourceState.NOMINATED, (room.boris.id,))
    twice = await vet(room.sources, room.claire, source.id)
    assert twice.state is SourceState.PROBATION


async def test_decisions_stand_in_the_ledger_without_people(room: Newsroom) -> None:
    source = await room.vetted()
    await room.sources.hold(room.anna, source.id)
    async with room.db.tx(write=False) as tx:
        rows = (await tx.execute(select(ledger.table).order_by(ledger.table.c.id))).all()
        assert await ledger.verify(tx) is None
    assert [(row.action, row.people) for row in rows] == [
        ("source.nominated", 1),
        ("source.vet", 2),
        ("source.held", 1),
    ]


@pytest.mark.shared
@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="needs the folder of real feed documents")
async def test_every_real_document_becomes_a_source_or_is_refused_with_a_reason(
    sqlite: Database, clock: Clock
) -> None:
    taken, refused = 0, []
    async with newsroom(sqlite, clock) as room:
        here = frozenset({room.district})
        for path in sorted([*DOCUMENTS.glob("*.xml"), *DOCUMENTS.glob("*.json")]):
            kind = JSON if path.suffix == ".json" else XML
            address = room.publisher.put(f"/{path.name}", path.read_bytes(), kind)
            try:
                found = await room.sources.look(room.anna, address)
            except FeedRefused as no:
                refused.append((path.name, no.key))
                continue
            source = await room.sources.propose(room.anna, found, here)
            await vet(room.sources, room.boris, source.id)
            entry = await room.sources.entry(room.anna, source.id)
            assert entry.poll is not None
            assert (entry.source.title, entry.poll.items) == (found.title, found.items)
            taken += 1
        assert await room.queue() == []
    assert taken >= 59, refused
