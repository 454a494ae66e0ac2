"""What sounds, from the decision to each copy: changes of today, not those of another day."""

from datetime import time, timedelta

import pytest
from sqlalchemy import select

from bot.domain.privacy import TelegramId
from bot.domain.publications import Publication, Want
from bot.domain.rallies import Deed, Rally, Reason
from bot.domain.subscribers import QuietHours, Settings
from storage import outbox, publications, subscribers
from storage.db import Database
from tests.clock import Clock
from tests.rally_house import CLARA, READER, RallyHouse, open_rally_house
from tests.services.test_reminders import agree, announced, facts, person
from tests.walking import walk

AWAKE = 501


async def said(house: RallyHouse, rally: Rally) -> Publication:
    """The last word about a rally."""
    async with house.db.tx(write=False) as tx:
        found = await publications.newest(tx, rally.subject)
    assert found is not None
    return found


async def change(house: RallyHouse, rally: Rally, deed: str) -> None:
    """Let something happen to it."""
    match deed:
        case "suspended":
            await house.rallies.suspend(await person(house, CLARA), rally.id, Reason.SAFETY)
        case "cancelled":
            await agree(house, rally, Deed.CANCEL, reason=Reason.WEATHER)
        case "postponed":
            await agree(house, rally, Deed.CHANGE, facts=facts(house, hours=168))
        case "moved":
            await agree(house, rally, Deed.CHANGE, facts=facts(house, place="Station Square"))
        case _:
            raise AssertionError(deed)


@pytest.mark.parametrize("deed", ["suspended", "cancelled", "postponed", "moved"])
@pytest.mark.parametrize(("before", "urgent"), [(30, False), (13, True), (1, True)])
async def test_a_change_is_urgent_on_the_day_of_the_rally_also_when_it_is_put_off(
    sqlite: Database, clock: Clock, deed: str, before: int, urgent: bool
) -> None:
    house = await open_rally_house(sqlite, clock)
    rally = await announced(house)
    clock.move(to=rally.facts.starts_at - timedelta(hours=before))
    await change(house, rally, deed)
    now = await said(house, rally)
    assert (now.audience.want, now.urgent) == (Want.CHANGES, urgent)


async def test_a_rally_that_is_put_forward_to_today_is_urgent(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    rally = await announced(house)
    clock.move(to=rally.facts.starts_at - timedelta(hours=21))
    await agree(house, rally, Deed.CHANGE, facts=facts(house, hours=-18))
    assert (await said(house, rally)).urgent


async def test_an_announcement_for_today_is_not_urgent(sqlite: Database, clock: Clock) -> None:
    house = await open_rally_house(sqlite, clock)
    ahead = await announced(house)
    clock.move(to=ahead.facts.starts_at - timedelta(hours=3))
    rally = await announced(house)
    now = await said(house, rally)
    assert (now.audience.want, now.urgent) == (Want.RALLIES, False)


async def rung(house: RallyHouse) -> dict[int, bool]:
    """Walk what is accepted; whose newest copy sounds."""
    await walk(house.db, house.atlas, house.clock)
    async with house.db.tx(write=False) as tx:
        people = {tx.keys.tag(TelegramId(id)): id for id in (READER, AWAKE)}
        rows = await tx.execute(select(outbox.table).order_by(outbox.table.c.id))
        return {people[row.tag]: row.ring for row in rows if row.tag in people}


async def readers(house: RallyHouse) -> None:
    """One sleeps at the rally's noon, one never."""
    async with house.db.tx() as tx:
        for id, quiet in ((READER, QuietHours(time(0), time(23))), (AWAKE, None)):
            await subscribers.save(tx, TelegramId(id), Settings(quiet=quiet))
            district = house.atlas.tree.by_slug("kastr")
            assert district is not None
            await subscribers.follow(tx, TelegramId(id), district.id)


async def test_a_cancellation_of_today_wakes_and_one_of_tomorrow_does_not(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    await readers(house)
    rally = await announced(house)
    assert await rung(house) == {READER: False, AWAKE: False}
    clock.move(to=rally.facts.starts_at - timedelta(hours=24))
    await change(house, rally, "suspended")
    assert await rung(house) == {READER: False, AWAKE: False}
    clock.move(to=rally.facts.starts_at - timedelta(hours=3))
    await change(house, rally, "cancelled")
    assert await rung(house) == {READER: True, AWAKE: True}


async def test_a_reminder_of_today_sounds_for_those_who_are_awake(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    await readers(house)
    rally = await announced(house)
    await rung(house)
    clock.move(to=rally.facts.starts_at - timedelta(hours=2))
    await house.reminders.run_due()
    assert await rung(house) == {READER: False, AWAKE: True}


async def test_a_rally_that_was_moved_in_time_rings_once_in_its_life(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    await readers(house)
    rally, rings = await announced(house), 0
    start = rally.facts.starts_at
    for hours, deed in ((72, "moved"), (20, ""), (2, "")):
        rings += (await rung(house))[AWAKE]
        async with house.db.tx() as tx:
            await tx.execute(outbox.table.delete())
        clock.move(to=start - timedelta(hours=hours))
        if deed:
            await change(house, rally, deed)
        else:
            assert await house.reminders.run_due() == 1
    assert (rings, (await rung(house))[AWAKE]) == (0, True)
