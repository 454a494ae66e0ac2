"""What is due happens once, also after the bot was down, and follows every change of a rally."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from bot.domain.assembly import Facts
from bot.domain.dues import What
from bot.domain.errors import Gone
from bot.domain.publications import Kind, Want
from bot.domain.rallies import Deed, Rally, Reason, Request, Stage, TooManyPauses
from bot.domain.staff import Staff
from bot.services.reminders import Reminders
from storage import dues, outbox, publications, rallies, staff
from storage.db import Database
from tests.clock import Clock
from tests.rallies import facts as default_facts
from tests.rally_house import ANNA, BORIS, CLARA, READER, RallyHouse, open_rally_house
from tests.walking import walk


async def person(house: RallyHouse, id: int) -> Staff:
    """The account of one of the staff."""
    async with house.db.tx(write=False) as tx:
        found = await staff.get(tx, house.ids[id])
    assert found is not None
    return found


def facts(house: RallyHouse, **changed: Any) -> Facts:
    """A march in Kastryčnicki on Saturday, 14:00."""
    district = house.atlas.tree.by_slug("kastr")
    assert district is not None
    return default_facts(districts=(district.id,), **changed)


async def announced(house: RallyHouse, **changed: Any) -> Rally:
    """Public without anybody tapping."""
    rally = await house.rallies.submit(await person(house, ANNA), facts(house, **changed))
    done, _ = await house.rallies.approve(await person(house, BORIS), rally.id, rally.digest)
    return done


async def agree(house: RallyHouse, rally: Rally, deed: Deed, **asked: Any) -> Rally:
    """Anna asks, Boris agrees."""
    anna = await person(house, ANNA)
    waiting = await house.rallies.ask(anna, rally.id, Request(deed, anna.id, **asked))
    boris = await person(house, BORIS)
    return (await house.rallies.approve(boris, rally.id, waiting.digest))[0]


async def reminded(house: RallyHouse) -> list[str]:
    """The first lines of the reminders so far, in English."""
    async with house.db.tx(write=False) as tx:
        kind = publications.table.c.kind
        rows = await tx.execute(
            select(publications.table.c.id, kind).order_by(publications.table.c.id)
        )
        reminders = [kind == Kind.REMINDER for _, kind in rows.all()]
    texts = [texts["en"].text.partition("\n")[0] for texts in await house.published()]
    return [text for text, is_reminder in zip(texts, reminders, strict=True) if is_reminder]


async def due(house: RallyHouse, rally: Rally) -> set[What]:
    """What is due about a rally."""
    async with house.db.tx(write=False) as tx:
        return {one.what for one in await dues.about(tx, rally.subject)}


async def test_a_rally_is_reminded_of_twice_starts_ends_and_is_purged(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    rally = await announced(house)
    start, run = rally.facts.starts_at, house.reminders.run_due
    assert await run() == 0
    clock.move(to=start - timedelta(hours=20))
    assert (await run(), await reminded(house)) == (1, ["Tomorrow:"])
    clock.move(to=start - timedelta(hours=2))
    assert (await run(), await reminded(house)) == (1, ["Tomorrow:", "Today:"])
    assert await run() == 0
    clock.move(to=start)
    await run()
    assert (await house.rally()).stage is Stage.LIVE
    assert await house.state_of(rally.code) == "current"
    clock.move(to=start + timedelta(hours=3))
    await run()
    assert (await house.rally()).stage is Stage.ENDED
    assert await house.state_of(rally.code) == "ended"
    clock.move(to=start + timedelta(days=7, hours=3))
    await run()
    with pytest.raises(Gone):
        await house.rally()
    assert await due(house, rally) == set()


async def test_reminders_go_to_people_who_want_them_and_to_no_channel(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    rally = await announced(house)
    clock.move(to=rally.facts.starts_at - timedelta(hours=2))
    await house.reminders.run_due()
    async with sqlite.tx(write=False) as tx:
        found = await publications.newest(tx, rally.subject, kind=Kind.REMINDER)
    assert found is not None
    assert (found.audience.want, found.audience.channels) == (Want.REMINDERS, False)
    assert found.code == rally.code
    assert found.expires_at == rally.facts.starts_at


async def test_the_day_before_is_silent_and_two_hours_before_sounds(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    await house.subscribe(READER, "kastr")
    rally = await announced(house)
    sounds = []
    for hours in (20, 2):
        clock.move(to=rally.facts.starts_at - timedelta(hours=hours))
        await house.reminders.run_due()
        await walk(db, house.atlas, clock)
        async with db.tx() as tx:
            rows = await tx.execute(delete(outbox.table).returning(outbox.table.c.ring))
            sounds.append([ring for (ring,) in rows.all()])
    assert sounds[0][-1:] == [False]
    assert sounds[1] == [True]


async def test_after_downtime_two_late_reminders_are_one_and_a_missed_one_is_none(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    rally = await announced(house)
    clock.move(to=rally.facts.starts_at - timedelta(hours=1))
    assert await house.reminders.run_due() == 2
    assert await reminded(house) == ["Today:"]
    other = await announced(house, hours=48)
    clock.move(to=other.facts.starts_at + timedelta(minutes=5))
    await house.reminders.run_due()
    assert await reminded(house) == ["Today:"]
    async with db.tx(write=False) as tx:
        assert (await rallies.get(tx, other.id)).stage is Stage.LIVE


async def test_workers_at_the_same_time_remind_once(db: Database, clock: Clock) -> None:
    house = await open_rally_house(db, clock)
    rally = await announced(house)
    clock.move(to=rally.facts.starts_at - timedelta(hours=2))
    workers = [Reminders(db, house.atlas, clock) for _ in range(3)]
    assert sum(await asyncio.gather(*(worker.run_due() for worker in workers))) == 2
    assert await reminded(house) == ["Today:"]


async def test_a_postponed_rally_is_reminded_of_at_its_new_time_only(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    rally = await announced(house)
    await agree(house, rally, Deed.CHANGE, facts=facts(house, hours=48))
    clock.move(to=rally.facts.starts_at + timedelta(hours=1))
    await house.reminders.run_due()
    assert await reminded(house) == []
    assert (await house.rally()).stage is Stage.POSTPONED
    clock.move(to=rally.facts.starts_at + timedelta(hours=28))
    await house.reminders.run_due()
    assert await reminded(house) == ["Tomorrow:"]


async def test_a_suspended_rally_reminds_nobody_and_a_resumed_one_does_again(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    rally = await announced(house)
    await house.rallies.suspend(await person(house, CLARA), rally.id, Reason.SAFETY)
    clock.move(to=rally.facts.starts_at - timedelta(hours=19))
    await house.reminders.run_due()
    assert await reminded(house) == []
    await agree(house, rally, Deed.RESUME)
    clock.move(to=rally.facts.starts_at - timedelta(hours=2))
    await house.reminders.run_due()
    assert await reminded(house) == ["Today:"]


async def test_a_cancelled_rally_keeps_only_its_purge(db: Database, clock: Clock) -> None:
    house = await open_rally_house(db, clock)
    rally = await announced(house)
    await agree(house, rally, Deed.CANCEL, reason=Reason.WEATHER)
    assert await due(house, rally) == {What.PURGE}


async def test_asking_for_something_does_not_lose_a_reminder_that_is_late(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    rally = await announced(house)
    clock.move(to=rally.facts.starts_at - timedelta(hours=1))
    anna = await person(house, ANNA)
    await house.rallies.ask(anna, rally.id, Request(Deed.CANCEL, anna.id))
    await house.reminders.run_due()
    assert await reminded(house) == ["Today:"]


async def test_what_is_due_of_a_rally_that_is_gone_is_dropped(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    rally = await announced(house)
    async with sqlite.tx() as tx:
        await rallies.remove(tx, rally.id)
    clock.move(to=rally.facts.starts_at + timedelta(days=9))
    assert await house.reminders.run_due() == 5
    assert await reminded(house) == []


async def test_of_two_who_agree_at_the_same_instant_one_announces(
    db: Database, clock: Clock
) -> None:
    house = await open_rally_house(db, clock)
    rally = await house.rallies.submit(await person(house, ANNA), facts(house))
    boris, clara = await person(house, BORIS), await person(house, CLARA)
    results = await asyncio.gather(
        *(house.rallies.approve(by, rally.id, rally.digest) for by in (boris, clara)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, tuple) for result in results) == 1
    async with db.tx(write=False) as tx:
        count = await tx.execute(select(func.count()).select_from(publications.table))
        assert count.scalar_one() == 1


async def test_the_fourth_pause_of_a_day_is_refused_and_the_next_day_allowed(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    clara = await person(house, CLARA)
    for n in range(3):
        rally = await announced(house, hours=n * 24)
        await house.rallies.suspend(clara, rally.id, Reason.OTHER)
    rally = await announced(house, hours=96)
    with pytest.raises(TooManyPauses):
        await house.rallies.suspend(clara, rally.id, Reason.OTHER)
    clock.move(timedelta(hours=24))
    stopped = await house.rallies.suspend(clara, rally.id, Reason.OTHER)
    assert stopped.stage is Stage.SUSPENDED


async def test_two_agreeing_publications_differ_in_code_and_sequence(
    sqlite: Database, clock: Clock
) -> None:
    house = await open_rally_house(sqlite, clock)
    rally = await announced(house)
    stopped = await house.rallies.suspend(await person(house, CLARA), rally.id, Reason.OTHER)
    resumed = await agree(house, rally, Deed.RESUME)
    moved = await agree(house, rally, Deed.CHANGE, facts=facts(house, place="Elsewhere"))
    codes = [one.code for one in (rally, stopped, resumed, moved)]
    assert len(set(codes)) == 4
    assert [one.sequence for one in (rally, stopped, resumed, moved)] == [1, 2, 3, 4]
    states = [await house.state_of(code) for code in codes]
    assert states == ["superseded", "superseded", "superseded", "current"]
