"""Subscribers in the database: sealed, followed districts, silence, pages, and erasure."""

from datetime import datetime

import pytest
from sqlalchemy import select, update

from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, PublicationId, Want
from bot.domain.subscribers import Mode, Settings
from storage import (
    districts,
    erasure,
    forms,
    inbox,
    outbox,
    publications,
    receipts,
    subscribers,
)
from storage.crypto import Unsealable
from storage.db import Database, Tx
from storage.forms import Form
from storage.parcels import copy_for
from storage.subscribers import Candidate
from tests.clock import Clock

ANN, BEN = TelegramId(815001122334), TelegramId(815001122335)


async def two_districts(tx: Tx) -> tuple[DistrictId, DistrictId]:
    """A city and a part of it."""
    names = {"en": "Place"}
    city = await districts.add(tx, slug="city", parent=None, zone="UTC", names=names)
    return city, await districts.add(tx, slug="part", parent=city, zone="UTC", names=names)


async def publication(tx: Tx, now: datetime, district: DistrictId) -> PublicationId:
    """Something public that copies can be made of."""
    return await publications.add(
        tx,
        kind=Kind.RALLY,
        subject="rally:1",
        code="AAAA-BBBB",
        lane=Lane.RALLY,
        audience=Audience(frozenset({district}), Want.RALLIES),
        accepted_at=now,
        expires_at=now,
    )


async def copy(tx: Tx, person: TelegramId, of: PublicationId, now: datetime) -> None:
    """Queue a person's copy."""
    made = copy_for(tx, person, of, "en", lane=Lane.RALLY, now=now)
    await outbox.add_copy(tx, made, now)


async def task(tx: Tx, person: TelegramId, now: datetime, cause: str) -> None:
    """Queue a reply."""
    await outbox.add(tx, lane=Lane.REPLY, chat=person, task=b"{}", now=now, cause=cause)


async def test_what_was_saved_comes_back(db: Database) -> None:
    chosen = Settings(lang="be", mode=Mode.LITE, quiet=None, muted=("rally:7",))
    async with db.tx() as tx:
        city, part = await two_districts(tx)
        await subscribers.save(tx, ANN, chosen)
        assert await subscribers.follow(tx, ANN, city)
        assert await subscribers.follow(tx, ANN, part)
        assert not await subscribers.follow(tx, ANN, part)
    async with db.tx(write=False) as tx:
        known = await subscribers.get(tx, ANN)
    assert known is not None
    assert (known.chat, known.settings) == (ANN, chosen)
    assert known.follows == {city, part}


async def test_saving_again_keeps_what_is_followed(db: Database) -> None:
    async with db.tx() as tx:
        city, _ = await two_districts(tx)
        await subscribers.save(tx, ANN, Settings())
        await subscribers.follow(tx, ANN, city)
        await subscribers.save(tx, ANN, Settings(news=False))
        known = await subscribers.get(tx, ANN)
        assert known is not None
        assert known.follows == {city}
        assert not known.settings.news
        await subscribers.unfollow(tx, ANN, city)
        known = await subscribers.get(tx, ANN)
    assert known is not None
    assert known.follows == frozenset()


async def test_settings_moved_to_another_row_do_not_open(db: Database) -> None:
    async with db.tx() as tx:
        await subscribers.save(tx, ANN, Settings())
        await subscribers.save(tx, BEN, Settings())
        table, tag = subscribers.table, tx.keys.tag
        row = (await tx.execute(select(table).where(table.c.tag == tag(ANN)))).one()
        swap = update(table).where(table.c.tag == tag(BEN)).values(settings=row.settings)
        await tx.execute(swap)
        with pytest.raises(Unsealable):
            await subscribers.get(tx, BEN)


async def test_pages_meet_every_follower_once_in_order(db: Database, clock: Clock) -> None:
    people = [TelegramId(1000 + n) for n in range(7)]
    async with db.tx() as tx:
        city, part = await two_districts(tx)
        for person in people:
            await subscribers.save(tx, person, Settings())
            await subscribers.follow(tx, person, city)
            await subscribers.follow(tx, person, part)
        id, after = await publication(tx, clock(), city), None
        met = list[Candidate]()
        while page := await subscribers.page(tx, id, city, after=after, limit=3):
            met += page
            after = page[-1].person.tag
        assert await subscribers.count(tx, [city, part]) == 7
    assert [one.person.tag for one in met] == sorted(one.person.tag for one in met)
    assert {one.person.chat for one in met} == set(people)
    assert not any(one.had for one in met)
    assert len(met) == 7


async def test_silence_withdraws_copies_and_leaves_replies_and_other_people(
    db: Database, clock: Clock
) -> None:
    async with db.tx() as tx:
        city, _ = await two_districts(tx)
        id = await publication(tx, clock(), city)
        await copy(tx, ANN, id, clock())
        await copy(tx, BEN, id, clock())
        await task(tx, ANN, clock(), "a")
        assert await subscribers.silence(tx, tx.keys.tag(ANN)) == 1
        left = {(r.tag, r.publication) for r in await tx.execute(select(outbox.table))}
        tags = tx.keys.tag
    assert left == {(tags(ANN), None), (tags(BEN), id)}


async def everything_of(tx: Tx, person: TelegramId, now: datetime, update_id: int) -> None:
    """Put a row of a person into every table that can hold one."""
    tag = tx.keys.tag(person)
    city = (await districts.load(tx)).by_slug("city")
    assert city is not None
    await subscribers.save(tx, person, Settings())
    await subscribers.follow(tx, person, city.id)
    id = await publication(tx, now, city.id)
    await copy(tx, person, id, now)
    await task(tx, person, now, f"cause{update_id}")
    await forms.save(tx, person, Form("test", b"{}"), now)
    sealed = tx.keys.seal_id(person)
    await tx.execute(
        receipts.table.insert().values(
            publication=id, tag=tag, chat=sealed, message=sealed, version=1, expires_at=now
        )
    )
    done = {"id": update_id, "stage": inbox.Stage.DONE, "tag": tag, "attempts": 1}
    await tx.execute(inbox.table.insert().values(**done, received_at=now))


async def holders(tx: Tx, person: TelegramId) -> set[str]:
    """The tables that hold a row of a person."""
    tag, found = tx.keys.tag(person), set()
    for table in subscribers.table.metadata.sorted_tables:
        if "tag" in table.c:
            rows = await tx.execute(select(table).where(table.c.tag == tag))
            if rows.first() is not None:
                found.add(table.name)
    return found


KEPT_IN = {"subscribers", "follows", "outbox", "receipts", "forms", "inbox"}


async def test_erasing_leaves_no_row_of_a_person_and_every_row_of_others(
    db: Database, clock: Clock
) -> None:
    async with db.tx() as tx:
        await two_districts(tx)
        await everything_of(tx, ANN, clock(), 1)
        await everything_of(tx, BEN, clock(), 2)
        assert await holders(tx, ANN) == KEPT_IN
        held = await erasure.holdings(tx, tx.keys.tag(ANN), clock())
        assert (held.form, held.queued, held.receipts) == (True, 2, 1)
        assert await erasure.erase(tx, tx.keys.tag(ANN))
        assert not await erasure.erase(tx, tx.keys.tag(ANN))
        assert await holders(tx, ANN) == set()
        assert await holders(tx, BEN) == KEPT_IN


async def test_of_staff_the_tasks_stay(db: Database, clock: Clock) -> None:
    async with db.tx() as tx:
        await two_districts(tx)
        await everything_of(tx, ANN, clock(), 1)
        await erasure.erase(tx, tx.keys.tag(ANN), staff=True)
        assert await holders(tx, ANN) == {"outbox"}
        rows = (await tx.execute(select(outbox.table))).all()
    assert [row.publication for row in rows] == [None]


async def test_an_update_that_still_waits_is_not_lost_by_erasing(
    db: Database, clock: Clock
) -> None:
    async with db.tx() as tx:
        tag = tx.keys.tag(ANN)
        waiting = {"id": 5, "stage": inbox.Stage.WAITING, "tag": tag, "attempts": 0}
        payload = tx.keys.seal(b"{}", aad=b"update")
        await tx.execute(
            inbox.table.insert().values(**waiting, payload=payload, received_at=clock())
        )
        await erasure.erase(tx, tag)
        assert await holders(tx, ANN) == {"inbox"}


async def test_scrubbing_is_harmless_on_every_database(db: Database) -> None:
    async with db.tx() as tx:
        await subscribers.save(tx, ANN, Settings())
    assert await erasure.scrub(db)
    async with db.tx(write=False) as tx:
        assert await subscribers.get(tx, ANN) is not None
