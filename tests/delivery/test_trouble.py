"""Whatever goes wrong while a publication is being sent: nothing is lost, nothing sent twice."""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, event, func, select

from bot.delivery import patience
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, Want
from bot.domain.staff import Grant, Role
from bot.i18n import LANGUAGES, translator
from bot.services.publications import Draft, TextTooLong, accept
from bot.views.message import TEXT_LIMIT, Message
from storage import channels, outbox, publications, staff, subscribers
from storage.channels import ChannelState
from storage.db import Database
from tests.clock import Clock
from tests.delivery.faulty import Call, Reply, Rule, listening, refused
from tests.delivery.house import now
from tests.delivery.wire import (
    CHANNEL,
    FIRST,
    announce,
    drained,
    lined,
    rows,
    settle_in,
    unbounded,
    until,
)

PEOPLE = 200
HALF = PEOPLE // 2
PICTURE = "https://example.org/picture.jpg"
YEAR = timedelta(days=365)
HOUR, DAY, DECADE = timedelta(hours=1), timedelta(days=1), 10 * YEAR
GONE = FIRST + 17


def everybody(text: str, *but: int) -> Counter[tuple[int, str]]:
    """One copy each."""
    return Counter((FIRST + n, text) for n in range(PEOPLE) if FIRST + n not in but)


def answering(chat: int, reply: Reply) -> Rule:
    """Always the same to one chat."""
    return lambda call: reply if call.chat == chat else None


async def test_a_text_too_long_in_one_language_is_refused_before_anything_is_stored(
    db: Database,
) -> None:
    place = await settle_in(db, 1)
    texts = {lang: Message("short") for lang in LANGUAGES}
    texts["fr"] = Message("é" * (TEXT_LIMIT + 3))
    audience = Audience(frozenset({place}), Want.CHANGES)
    draft = Draft(
        Kind.RALLY, "rally:1", "AAAA-AAAA", Lane.ALERT, audience, texts, now() + timedelta(days=1)
    )
    async with listening() as telegram, lined(db, telegram.api, pace=unbounded()) as line:
        await line.engine.start()
        with pytest.raises(TextTooLong) as told:
            async with db.tx() as tx:
                await accept(tx, draft, now())
        line.engine.wake()
        await drained(db, now)
        async with db.tx(write=False) as tx:
            for table in (publications.table, publications.texts, outbox.table):
                assert (await tx.execute(select(func.count()).select_from(table))).scalar() == 0
    assert told.value.args_ == {"language": "fr", "over": 3}
    assert telegram.calls == []


@pytest.mark.parametrize("lane", [Lane.ALERT, Lane.NEWS])
async def test_everybody_gets_the_text_when_telegram_refuses_the_picture(
    db: Database, lane: Lane, caplog: pytest.LogCaptureFixture
) -> None:
    def no_picture(call: Call) -> Reply | None:
        told = "Bad Request: failed to get HTTP URL content"
        return refused(400, told) if call.method == "sendPhoto" else None

    place = await settle_in(db, PEOPLE)
    async with (
        listening(no_picture) as telegram,
        lined(db, telegram.api, pace=unbounded(), in_flight=3) as line,
    ):
        await announce(db, place, "alert", lane=lane, picture=PICTURE)
        await line.engine.start()
        await drained(db, now)
    tried = sum(call.method == "sendPhoto" for call in telegram.calls)
    assert telegram.accepted == everybody("alert")
    assert 1 <= tried <= 3, "no more than were on their way when the first refusal came"
    assert caplog.text.count("refuses the picture") == 1


async def test_an_unknown_chat_is_forgotten_and_the_others_are_served(db: Database) -> None:
    place = await settle_in(db, PEOPLE)
    unknown = answering(GONE, refused(400, "Bad Request: chat not found"))
    async with listening(unknown) as telegram, lined(db, telegram.api, pace=unbounded()) as line:
        await announce(db, place, "alert")
        await line.engine.start()
        await drained(db, now)
        async with db.tx(write=False) as tx:
            assert await subscribers.get(tx, TelegramId(GONE)) is None
        assert await rows(db) == []
    assert telegram.accepted == everybody("alert", GONE)
    assert sum(call.chat == GONE for call in telegram.calls) == 1


async def test_a_channel_that_vanished_is_paused_its_staff_told_once_and_the_others_served(
    db: Database,
) -> None:
    place = await settle_in(db, PEOPLE, in_channels=2)
    async with db.tx() as tx:
        grants = [Grant(Role.CHANNELS)]
        keeper = TelegramId(FIRST + PEOPLE)
        await staff.add(tx, keeper, alias="A", lang="nl", inviter=None, held=grants)
    gone = answering(CHANNEL, refused(400, "Bad Request: chat not found"))
    async with listening(gone) as telegram, lined(db, telegram.api, pace=unbounded()) as line:
        await line.engine.start()
        for text in ("one", "two"):
            await announce(db, place, text)
            line.engine.wake()
            await drained(db, now)
        async with db.tx(write=False) as tx:
            states = {c.chat.reveal(): c.state for c, _ in await channels.listed(tx)}
    assert states == {CHANNEL: ChannelState.PAUSED, CHANNEL - 1: ChannelState.LINKED}
    notice = (keeper.reveal(), translator("nl")("channel-lost-rights", title="C0"))
    others = Counter({(CHANNEL - 1, text): 1 for text in ("one", "two")})
    assert telegram.accepted == everybody("one") + everybody("two") + others + Counter([notice])


async def test_a_clock_that_jumps_loses_and_repeats_nothing(db: Database) -> None:
    clock = Clock(datetime.fromisoformat("2026-11-21T10:40:00+00:00"))
    jumps = [HOUR, -HOUR, DAY, -DAY, -HOUR, HOUR, -DAY, DAY, DECADE, -DECADE, -DECADE, DECADE]
    points = [PEOPLE * (n + 1) // (len(jumps) + 1) for n in range(len(jumps))]
    once = Counter[int]()

    def strange(call: Call) -> Reply | None:
        """Some are asked to wait and some told of trouble, so that rows are about as well."""
        once[call.chat] += 1
        if once[call.chat] == 1 and call.chat % 10 == 3:
            return Reply(accepts=False, status=500)
        while points and len(telegram.accepted) >= points[0]:
            points.pop(0)
            clock.move(jumps.pop(0))
        return None

    place = await settle_in(db, PEOPLE, in_channels=2)
    async with (
        listening(strange) as telegram,
        lined(db, telegram.api, pace=unbounded(), clock=clock) as line,
    ):
        await announce(db, place, "alert", at=clock(), lasts=2 * DECADE)
        await line.engine.start()
        await drained(db, clock)
        # Those who had to wait, if only for a day or a decade that never was.
        for span in (DAY, DAY, DAY, DECADE, DAY):
            clock.move(span)
            line.engine.wake()
            await drained(db, clock)
        assert await rows(db) == []
    assert jumps == []
    here = Counter((CHANNEL - n, "alert") for n in range(2))
    assert telegram.accepted == everybody("alert") + here


@dataclass(slots=True)
class Disk:
    """How large the database may get, in pages; ``None`` for no end."""

    pages: int | None = None

    def limit(self, connection: Connection) -> None:
        """Tell SQLite, at the beginning of every transaction."""
        largest = 2**31 if self.pages is None else self.pages
        connection.exec_driver_sql(f"PRAGMA max_page_count={largest}")


async def test_a_full_disk_is_waited_out_and_told(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(patience, "LONGEST", timedelta(milliseconds=20))
    disk, people = Disk(), 4 * PEOPLE
    event.listen(sqlite.engine.sync_engine, "begin", disk.limit)
    place = await settle_in(sqlite, people)
    async with (
        listening() as telegram,
        lined(sqlite, telegram.api, pace=unbounded(), in_flight=8) as line,
    ):
        await announce(sqlite, place, "alert")
        disk.pages = 1  # what there is stays, and not a page more
        await line.engine.start()
        await until(lambda: "waiting for the database" in caplog.text)
        stuck = telegram.accepted.total()
        disk.pages = None
        await drained(sqlite, now)
    assert stuck < people
    assert telegram.accepted == Counter((FIRST + n, "alert") for n in range(people))
    assert "the database works again" in caplog.text
    assert caplog.text.count("waiting for the database") == 1


@pytest.mark.parametrize("restart", [False, True])
async def test_a_token_revoked_in_the_middle_pauses_everything_and_loses_nothing(
    db: Database, caplog: pytest.LogCaptureFixture, restart: bool
) -> None:
    revoked = refused(401, "Unauthorized")
    place = await settle_in(db, PEOPLE, in_channels=2)
    async with listening() as telegram:
        telegram.rules.append(lambda _: revoked if telegram.accepted.total() >= HALF else None)
        async with lined(db, telegram.api, pace=unbounded(), in_flight=8) as line:
            await announce(db, place, "alert")
            await announce(db, place, "news", lane=Lane.NEWS)
            await line.engine.start()
            await until(lambda: line.engine.paused and not line.engine.flights)
            asked = len(telegram.calls)
            assert asked <= HALF + 8, "whatever was on its way, and nothing after"
            telegram.rules.clear()
            if restart:
                await line.engine.stop()
            else:
                line.engine.resume()
                await drained(db, now)
        if restart:
            async with lined(db, telegram.api, pace=unbounded()) as line:
                await line.engine.start()
                await drained(db, now)
    here = Counter((CHANNEL - n, text) for n in range(2) for text in ("alert", "news"))
    assert telegram.accepted == everybody("alert") + everybody("news") + here
    critical = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert any("refuses the token" in record.message for record in critical)
