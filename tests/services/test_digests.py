"""Digests: accepted once per zone, day and hour; each reader's part is rendered once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.domain.check import Question, Verdict
from bot.domain.outbox import Lane
from bot.domain.publications import Kind, Publication, PublicationId, State, Want
from bot.domain.subscribers import DIGEST_HOURS, Mode
from bot.i18n import LANGUAGES, translator
from bot.services import digests as service
from bot.services import suspension
from bot.services.check import Check
from bot.services.subscriptions import Subscriptions
from bot.views.message import Message, Say, decode
from storage import digests, items, outbox, publications, sources
from storage.db import Database
from storage.subscribers import Subscriber
from tests.clock import Clock
from tests.press import BRUSSELS, MINSK, Press, open_press
from tests.walking import walk

EVENING = datetime(2026, 11, 21, 15, 1, tzinfo=UTC)
"""18:01 in Minsk, 16:01 in Brussels: a Saturday."""
DAY = timedelta(days=1)


@pytest.fixture
async def press(db: Database, clock: Clock) -> Press:
    return await open_press(db, clock)


async def accepted(press: Press) -> list[Publication]:
    """Every digest, oldest first."""
    async with press.db.tx(write=False) as tx:
        known = await digests.since(tx, datetime(2026, 1, 1, tzinfo=UTC))
        found = [await publications.get(tx, one.publication) for one in known]
    return [one for one in found if one is not None]


async def beat(press: Press, at: datetime = EVENING) -> list[Publication]:
    """The heartbeat at an instant; returns all digests of 18:00 so far."""
    press.clock.move(to=at)
    await press.digests.run_due()
    return [one for one in await accepted(press) if one.subject.endswith(":18")]


async def texts(press: Press, id: PublicationId) -> dict[str, Message]:
    """The stored editions."""
    async with press.db.tx(write=False) as tx:
        tasks = await publications.tasks(tx, id)
    said = {name: decode(raw) for name, raw in tasks.items()}
    return {name: task.message for name, task in said.items() if isinstance(task, Say)}


async def part(press: Press, one: Publication, reader: Subscriber) -> str | None:
    """Which edition a reader gets now."""
    async with press.db.tx() as tx:
        found = await service.editions(tx, press.atlas, one, [reader], press.clock())
    return found.get(reader.tag)


async def read(press: Press, one: Publication, reader: Subscriber) -> list[str]:
    """The titles that a reader gets, in order."""
    name = await part(press, one, reader)
    if name is None:
        return []
    lines = (await texts(press, one.id))[name].text.splitlines()
    return [line.partition(". ")[2] for line in lines if line[:1].isdigit() and ". " in line]


async def test_the_news_of_a_zone_become_one_publication(press: Press) -> None:
    await press.publish("Water", "kastr")
    await press.publish("Strike", "brussels")
    [one] = await beat(press)
    assert (one.kind, one.lane, one.audience.want) == (Kind.DIGEST, Lane.DIGEST, Want.DIGEST)
    assert (one.audience.districts, one.audience.channels) == (press.of("kastr"), False)
    assert one.subject == "digest:Europe/Minsk:261121:18"
    assert one.expires_at == EVENING - timedelta(minutes=1) + timedelta(hours=12)
    stored = await texts(press, one.id)
    assert set(stored) == set(LANGUAGES)
    for lang, message in stored.items():
        assert "Water" in message.text
        assert "Strike" not in message.text
        assert translator(lang)("digest-title") in message.text
        assert one.code in message.text


async def test_the_hour_comes_later_where_clocks_are_behind(press: Press) -> None:
    await press.publish("Strike", "brussels")
    assert await beat(press) == []
    [one] = await beat(press, EVENING + timedelta(hours=2))
    assert one.subject == f"digest:{BRUSSELS}:261121:18"


async def test_one_digest_per_hour_also_after_a_restart(press: Press, clock: Clock) -> None:
    await press.publish("Water", "kastr")
    for minutes in range(5):
        await beat(press, EVENING + timedelta(minutes=minutes))
    restarted = service.Digests(press.db, press.atlas, clock)
    assert await restarted.run_due() == 0
    assert len(await accepted(press)) == 1


async def test_two_workers_that_look_at_the_same_time_send_one(press: Press, clock: Clock) -> None:
    await press.publish("Water", "kastr")
    [one] = await beat(press)
    async with press.db.tx(write=False) as tx:
        found = await digests.get(tx, one.id)
    assert found is not None
    with pytest.raises(Exception, match=r"(?i)unique"):
        async with press.db.tx() as tx:
            await digests.add(tx, one.id, found.slot, [])


async def test_without_news_nothing_is_sent_and_the_next_one_has_it_all(press: Press) -> None:
    assert await beat(press) == []
    press.clock.move(timedelta(hours=1))
    await press.publish("Late", "kastr")
    assert await beat(press, EVENING + timedelta(hours=2)) == []
    [one] = await beat(press, EVENING + DAY)
    assert one.subject == f"digest:{MINSK}:261122:18"


async def test_an_item_is_in_one_digest_of_an_hour(press: Press) -> None:
    reader = await press.follow(1, "kastr")
    await press.publish("First", "kastr")
    [one] = await beat(press)
    await press.publish("Second", "kastr")
    _, two = await beat(press, EVENING + DAY)
    assert await read(press, two, reader) == ["Second"]
    press.clock.move(to=EVENING)
    assert await read(press, one, reader) == ["First"]


async def test_what_the_bot_could_not_send_is_in_the_next_digest(press: Press) -> None:
    reader = await press.follow(1, "kastr")
    await press.publish("Zero", "kastr")
    await beat(press)
    await press.publish("One", "kastr")
    press.clock.move(timedelta(days=1, hours=-2))
    await press.publish("Two", "kastr")
    first, two = await beat(press, EVENING + 2 * DAY)
    assert (first.subject[-9:], two.subject[-9:]) == ("261121:18", "261123:18")
    assert await read(press, two, reader) == ["Two", "One"]


async def test_every_hour_has_its_own_digest(press: Press) -> None:
    start = EVENING - timedelta(hours=15)
    press.clock.move(to=start)
    await press.publish("Water", "kastr")
    for hours in range(24):
        await beat(press, start + timedelta(hours=hours))
    found = [int(one.subject[-2:]) for one in await accepted(press)]
    assert sorted(found) == sorted(DIGEST_HOURS)


async def test_who_reads_at_another_hour_is_skipped(press: Press) -> None:
    await press.publish("Water", "kastr")
    [one] = await beat(press)
    assert await part(press, one, await press.follow(1, "kastr", hour=20)) is None
    assert await part(press, one, await press.follow(2, "kastr", hour=18)) is not None


async def test_each_reads_what_concerns_their_districts(press: Press) -> None:
    for title, slug in (("Centre", "kastr"), ("Plant", "zavod"), ("Land", "by")):
        await press.publish(title, slug)
        press.clock.move(timedelta(minutes=1))
    [one] = await beat(press)
    for number, (slugs, titles) in enumerate(
        (
            (["kastr"], ["Land", "Centre"]),
            (["zavod"], ["Land", "Plant"]),
            (["kastr", "zavod"], ["Land", "Plant", "Centre"]),
            (["minsk"], ["Land", "Plant", "Centre"]),
            (["brussels"], []),
            ([], []),
        )
    ):
        reader = await press.follow(100 + number, *slugs)
        assert await read(press, one, reader) == titles


async def test_readers_of_the_same_items_share_a_text(press: Press) -> None:
    await press.publish("Centre", "kastr")
    await press.publish("Plant", "zavod")
    [one] = await beat(press)
    slugs = (["kastr"], ["kastr"], ["zavod"], ["minsk"], ["kastr", "zavod"])
    readers = [await press.follow(100 + n, *followed) for n, followed in enumerate(slugs)]
    late = await press.follow(300, "kastr", hour=20)
    async with press.db.tx() as tx:
        found = await service.editions(tx, press.atlas, one, [*readers, late], press.clock())
    names = [found[reader.tag] for reader in readers]
    assert names == ["en.2", "en.2", "en.1", "en.3", "en.3"]
    assert late.tag not in found
    assert set(await texts(press, one.id)) == {*LANGUAGES, "en.1", "en.2", "en.3"}
    belarusian = await press.follow(200, "kastr", lang="be")
    assert await part(press, one, belarusian) == "be.2"
    title = translator("be")("digest-title")
    assert (await texts(press, one.id))["be.2"].text.startswith(title)


async def test_a_text_is_written_once_and_not_again(press: Press) -> None:
    item = await press.publish("Water", "kastr")
    [one] = await beat(press)
    name = await part(press, one, await press.follow(1, "kastr"))
    assert name is not None
    before = (await texts(press, one.id))[name]
    source = await press.source("kastr")
    async with press.db.tx() as tx:
        found = await items.get(tx, item.id)
        assert found is not None
        await items.save(tx, replace(found, title="Other words"))
        await sources.save(tx, replace(source, title="Another name"))
    assert await part(press, one, await press.follow(2, "kastr")) == name
    assert (await texts(press, one.id))[name] == before


async def test_who_follows_two_zones_gets_each_item_once(press: Press) -> None:
    await press.publish("Both", "by", "be")
    await press.publish("Minsk", "minsk")
    await press.publish("Brussels", "brussels")
    reader = await press.follow(1, "minsk", "brussels")
    [minsk] = await beat(press)
    assert sorted(await read(press, minsk, reader)) == ["Both", "Minsk"]
    _, brussels = await beat(press, EVENING + timedelta(hours=2))
    assert await read(press, brussels, reader) == ["Brussels"]
    local = await press.follow(2, "brussels")
    assert sorted(await read(press, brussels, local)) == ["Both", "Brussels"]


async def copies(press: Press) -> list[tuple[str, int, str, bool]]:
    """What is queued for whom, once everything accepted is walked: (kind, reader, text, sound)."""
    await walk(press.db, press.atlas, press.clock)
    async with press.db.tx() as tx:
        kinds = publications.table.c
        query = select(kinds.kind, outbox.table).join(
            outbox.table, outbox.table.c.publication == kinds.id
        )
        rows = (await tx.execute(query.order_by(outbox.table.c.id))).all()
        return [
            (row.kind, tx.keys.open_id(row.chat, tag=row.tag).reveal(), row.edition, row.ring)
            for row in rows
        ]


async def test_news_and_digest_reach_each_in_the_way_they_chose(press: Press) -> None:
    await press.follow(1, "kastr", mode=Mode.EACH)
    await press.follow(2, "kastr", mode=Mode.LITE, lang="be")
    await press.follow(3, "kastr")
    await press.follow(4, "kastr", hour=20)
    await press.follow(5, "zavod")
    await press.publish("Water", "kastr")
    assert await copies(press) == [("item", 1, "en", False), ("item", 2, "be.lite", False)]
    async with press.db.tx() as tx:
        await tx.execute(outbox.table.delete())
    await beat(press)
    assert await copies(press) == [("digest", 3, "en.1", False)]


async def test_who_stopped_gets_no_digest_and_who_comes_back_the_next_one(press: Press) -> None:
    reader = await press.follow(1, "kastr")
    people = Subscriptions(press.db, press.atlas)
    await press.publish("Water", "kastr")
    await people.pause(reader.chat)
    await beat(press)
    assert await copies(press) == []
    await people.resume(reader.chat)
    await press.publish("Light", "kastr")
    await beat(press, EVENING + DAY)
    assert await copies(press) == [("digest", 1, "en.1", False)]


async def test_nothing_of_a_held_source_is_told(press: Press) -> None:
    await press.publish("Centre", "kastr")
    await press.publish("Plant", "zavod")
    held = await press.source("zavod")
    async with press.db.tx() as tx:
        await suspension.suspend(tx, held.id, press.clock())
    [one] = await beat(press)
    assert await read(press, one, await press.follow(1, "minsk")) == ["Centre"]


async def test_only_news_of_held_sources_makes_no_digest(press: Press) -> None:
    await press.publish("Plant", "zavod")
    held = await press.source("zavod")
    async with press.db.tx() as tx:
        await suspension.suspend(tx, held.id, press.clock())
    assert await beat(press) == []


async def test_what_is_taken_back_while_a_digest_goes_out_is_left_out_from_then_on(
    press: Press,
) -> None:
    await press.publish("Centre", "kastr")
    plant = await press.publish("Plant", "zavod")
    [one] = await beat(press)
    assert sorted(await read(press, one, await press.follow(1, "minsk"))) == ["Centre", "Plant"]
    async with press.db.tx() as tx:
        await publications.mark(tx, plant.subject, State.CANCELLED)
    assert await read(press, one, await press.follow(2, "minsk")) == ["Centre"]
    assert await read(press, one, await press.follow(3, "zavod")) == []


async def test_the_digests_that_told_of_an_item_are_found_and_said_anew(press: Press) -> None:
    await press.publish("Centre", "kastr")
    plant = await press.publish("Plant", "zavod")
    [one] = await beat(press)
    name = await part(press, one, await press.follow(1, "minsk"))
    assert name == "en.3"
    async with press.db.tx() as tx:
        await publications.mark(tx, plant.subject, State.CANCELLED)
        assert await service.holding(tx, plant.id, press.clock()) == [one.id]
        anew = await service.revised(tx, press.atlas, one)
    assert set(anew) == {*LANGUAGES, "en.3"}
    for edition, message in anew.items():
        assert "Plant" not in message.text
        assert "Centre" in message.text
        withdrawn = translator(edition[:2])("digest-withdrawn")
        assert f"{withdrawn} {plant.code}" in message.text


async def test_a_forwarded_digest_is_recognised_and_a_changed_one_too(press: Press) -> None:
    reader = await press.follow(1, "kastr")
    await press.publish("Water", "kastr")
    [one] = await beat(press)
    name = await part(press, one, reader)
    assert name is not None
    text = (await texts(press, one.id))[name].text
    press.clock.move(to=EVENING + 2 * DAY)
    check = Check(press.db, press.clock)
    for theirs, verdict in (
        (text, Verdict.REAL),
        (text.replace("Water", "Poison"), Verdict.ALTERED),
    ):
        answer = await check.text(reader.chat, Question(theirs), "en")
        assert answer.finding.verdict is verdict
        assert answer.finding.shown is not None
        assert answer.finding.shown.id == one.id


async def test_an_item_of_long_ago_is_sought_in_no_digest(press: Press) -> None:
    item = await press.publish("Water", "kastr")
    await beat(press)
    async with press.db.tx(write=False) as tx:
        assert await service.holding(tx, item.id, EVENING + 4 * DAY) == []


async def test_a_digest_that_is_too_late_is_read_by_nobody(press: Press) -> None:
    await press.publish("Water", "kastr")
    [one] = await beat(press)
    press.clock.move(to=one.expires_at)
    assert await part(press, one, await press.follow(1, "kastr")) is None


async def test_another_publication_has_no_parts(press: Press) -> None:
    item = await press.publish("Water", "kastr")
    reader = await press.follow(1, "kastr")
    async with press.db.tx() as tx:
        post = await publications.by_code(tx, item.code)
        assert post is not None
        assert await service.editions(tx, press.atlas, post, [reader], press.clock()) == {}
        assert await service.revised(tx, press.atlas, post) == {}


async def test_more_news_than_an_edition_can_name_leaves_the_oldest_out(press: Press) -> None:
    for number in range(50):
        await press.publish(f"Item {number}", "kastr")
        press.clock.move(timedelta(seconds=1))
    [one] = await beat(press)
    reader = await press.follow(1, "kastr")
    name = await part(press, one, reader)
    assert name == f"en.{2**48 - 1:x}"
    assert await read(press, one, reader) == [f"Item {n}" for n in range(49, 37, -1)]
    assert translator("en").count("digest-more", 36) in (await texts(press, one.id))[name].text
