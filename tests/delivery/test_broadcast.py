"""A broadcast to hundreds at the pace as shipped, against limits as strict as Telegram's."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.delivery.pace import Pace
from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Want
from sandbox.server import Sandbox, running
from storage import channels
from storage.db import Database
from storage.outbox import Stage
from tests.delivery.desk import fault, follow, place_of, publish, stages, texts
from tests.delivery.house import House, running_house

CHANNELS = 3
SOON = 30
"""Copies that may leave between a question and its answer: about a second's."""


@asynccontextmanager
async def town(db: Database, followers: int) -> AsyncIterator[tuple[House, DistrictId, list[int]]]:
    """A bot at its usual pace, a district with followers and three channels."""
    async with (
        running(Sandbox(rates="off")) as box,
        running_house(db, box, pace=Pace(25.0)) as house,
    ):
        place = await place_of(house)
        people = [(await house.person(f"p{n}", started=n == 0)) for n in range(followers)]
        for person in people[1:]:
            box.world.people[person.reveal()].bot = "started"
        await follow(house, place, *people)
        chats = [person.reveal() for person in people]
        async with db.tx() as tx:
            for n in range(CHANNELS):
                body = {
                    "type": "channel",
                    "title": f"C{n}",
                    "creator": "p0",
                    "bot": {"can_post_messages": True},
                }
                chat = TelegramId((await box.control("POST", "chats", body))["id"])
                await channels.link(tx, chat, title=f"C{n}", lang="en", district=place, by=None)
                chats.append(chat.reveal())
        await house.inbox.idle()
        await house.engine.idle()
        await box.control("PUT", "rates", {"profile": "strict"})
        yield house, place, chats


def reached(house: House, text: str) -> Counter[int]:
    """How often a text stands in each chat, whatever the bot was told."""
    chats = house.box.world.chats.values()
    written = ((c.id, m.data.get("text")) for c in chats for m in c.messages.values())
    return Counter(chat for chat, said in written if said == text)


async def test_three_hundred_copies_meet_no_limit_and_let_answers_pass(sqlite: Database) -> None:
    async with town(sqlite, 300) as (house, place, chats):
        await publish(house, place, "news", lane=Lane.NEWS)
        while len(reached(house, "news")) < 100:
            await asyncio.sleep(0.05)
        await house.box.act("p0", "text", text="hello?")
        asked = (await texts(house)).count("news")
        await house.engine.idle()
        sent = await texts(house)
        answer = sent.index("echo hello?")
        assert sent[:answer].count("news") - asked <= SOON
        assert reached(house, "news") == dict.fromkeys(chats, 1)
        rates = await house.box.control("GET", "rates")
        assert (rates["refused"], rates["faults"]) == (0, 0)


async def test_whatever_fails_on_the_way_everybody_gets_a_change_and_no_wait_is_cut_short(
    sqlite: Database,
) -> None:
    async with town(sqlite, 60) as (house, place, chats):
        wait = {"status": 429, "parameters": {"retry_after": 2}}
        await fault(house, "error", chat_id=chats[7], **wait)
        await fault(house, "error", chat_id=chats[-1], **wait)
        await fault(house, "error", status=500, count=3, probability=0.2)
        await fault(house, "drop", count=3, probability=0.2)
        await fault(house, "reset", probability=0.2)
        await fault(house, "slow", seconds=1.5, count=3, probability=0.2)
        await publish(house, place, "change", want=Want.CHANGES)
        await house.engine.idle()
        while {Stage.WAITING, Stage.SENDING} & set(await stages(house)):  # not only what is due
            await asyncio.sleep(0.1)
        found = reached(house, "change")
        assert set(found) == set(chats)
        assert sum(found.values()) - len(chats) <= 3, "only lost answers are repeated"
        assert (await house.box.control("GET", "rates"))["faults"] == 0
