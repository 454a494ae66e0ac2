"""Requests that wait for a second person, and what was hidden, on each database."""

from datetime import timedelta

import pytest

from bot.domain.outbox import Lane
from bot.domain.publications import Audience, Hold, Kind, PublicationId, State, Want
from bot.domain.revisions import LASTS, Deed, Mask, Request
from bot.domain.staff import Role, Staff
from storage import masks, publications, retention, revision_requests
from storage.db import Database
from tests.clock import Clock
from tests.team import enrol

NOTE = "At four, not at two."


@pytest.fixture
async def people(db: Database) -> list[Staff]:
    return [await enrol(db, 100 + n, Role.NEWS) for n in range(3)]


async def publish(db: Database, clock: Clock, subject: str) -> PublicationId:
    """A publication without texts."""
    async with db.tx() as tx:
        return await publications.add(
            tx,
            kind=Kind.ITEM,
            subject=subject,
            code="A7K2-Q9ZX",
            lane=Lane.NEWS,
            audience=Audience(frozenset(), Want.NEWS),
            accepted_at=clock(),
            expires_at=clock() + timedelta(days=1),
        )


async def test_a_request_is_kept_as_it_was_asked_and_its_note_is_sealed(
    db: Database, clock: Clock, people: list[Staff]
) -> None:
    id = await publish(db, clock, "item:1")
    asked = Request(id, Deed.CORRECT, people[0].id, 3, NOTE)
    async with db.tx() as tx:
        number = await revision_requests.add(tx, asked, clock())
        assert number is not None
        found = await revision_requests.get(tx, number, clock())
        raw = (await tx.execute(revision_requests.table.select())).one().note
    assert found is not None
    assert (found.deed, found.by, found.version, found.note) == (Deed.CORRECT, asked.by, 3, NOTE)
    assert NOTE.encode() not in raw


async def test_lost_rights_take_requests_and_agreement_along(
    db: Database, clock: Clock, people: list[Staff]
) -> None:
    one, two = [await publish(db, clock, f"item:{n}") for n in (1, 2)]
    anna, boris, claire = people
    agreed = (boris.id, claire.id)
    async with db.tx() as tx:
        await revision_requests.add(tx, Request(one, Deed.RECALL, boris.id, 1), clock())
        await revision_requests.add(
            tx, Request(two, Deed.RECALL, anna.id, 1, approvals=agreed), clock()
        )
        await revision_requests.without(tx, boris.id)
        assert await revision_requests.about(tx, one, clock()) is None
        left = await revision_requests.about(tx, two, clock())
    assert left is not None
    assert left.approvals == (claire.id,)


async def test_an_old_request_is_found_by_nobody_and_then_removed(
    db: Database, clock: Clock, people: list[Staff]
) -> None:
    id = await publish(db, clock, "item:1")
    async with db.tx() as tx:
        await revision_requests.add(tx, Request(id, Deed.RECALL, people[0].id, 1), clock())
    clock.move(LASTS)
    async with db.tx() as tx:
        assert await revision_requests.about(tx, id, clock()) is None
    clock.move(timedelta(seconds=1))
    async with db.tx() as tx:
        await retention.purge(tx, clock())
        assert (await tx.execute(revision_requests.table.select())).all() == []


async def test_a_mask_is_one_and_goes_with_its_publication(
    db: Database, clock: Clock, people: list[Staff]
) -> None:
    id = await publish(db, clock, "item:1")
    mask = Mask(id, people[0].id, 2, State.SUSPENDED, Hold.STAFF, clock() + timedelta(minutes=30))
    async with db.tx() as tx:
        assert await masks.add(tx, mask)
        assert not await masks.add(tx, mask)
        assert await masks.get(tx, id) == mask
        assert await masks.due(tx, clock()) == []
        assert await masks.due(tx, mask.review_at) == [mask]
    async with db.tx() as tx:
        await tx.execute(publications.table.delete())
        assert await masks.get(tx, id) is None
