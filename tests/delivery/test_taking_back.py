"""Published to thirty people and a channel, then taken back: amid the sending, and long after."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from msgspec.structs import replace

from bot.delivery.pace import Pace
from bot.domain.privacy import TelegramId
from bot.domain.publications import PublicationId
from bot.domain.staff import Role, Staff
from bot.domain.subscribers import Settings
from bot.i18n import LANGUAGES, translator
from bot.services import revising
from bot.services.publications import Draft, accept
from bot.views.message import Message
from sandbox.server import Sandbox
from storage import channels, erasure, subscribers
from storage.db import Database, Tx
from tests.delivery.desk import equals, eventually, fault, follow, place_of, publish, stages
from tests.delivery.house import House, now, running_house
from tests.team import enrol

PEOPLE = 30
SAID = "March at two"
NOTE = "At four, not at two."
RATE = 40.0
"""Slow enough that a poll sees some have it and some not, whatever the machine does meanwhile."""
HIDDEN = translator("en")("revision-masked")
RECALLED = translator("en")("revision-recalled")
CORRECTION = translator("en")("revision-correction")


@dataclass(slots=True)
class Town:
    """A district with followers and a channel, and who may act in it."""

    house: House
    editor: Staff
    chats: list[TelegramId]
    id: PublicationId = field(default=PublicationId(0))

    async def had(self) -> set[int]:
        """The chats that were ever sent the text, corrected or not; none of them twice."""
        sent = [c for c in await self.house.calls("sendMessage") if c["result_id"]]
        told = [c["chat_id"] for c in sent if SAID in c["parameters"]["text"]]
        assert len(told) == len(set(told)), "somebody got two messages"
        return set(told)

    def reads(self) -> dict[int, list[str]]:
        """What stands in each chat now that the bot wrote."""
        bot = int(self.house.box.bot_token.partition(":")[0])
        found = {}
        for chat in (self.house.box.world.chats[one.reveal()] for one in self.chats):
            found[chat.id] = [
                message.data.get("text", "")
                for message in chat.messages.values()
                if not message.deleted
                and (chat.type == "channel" or message.data.get("from", {}).get("id") == bot)
            ]
        return found

    async def until(self, some: int) -> None:
        """Wait until so many chats have it, and not all."""
        while len(await self.had()) < some:
            await asyncio.sleep(0.005)
        assert len(await self.had()) < len(self.chats)

    async def do(self, deed: Callable[[Tx], Awaitable[object]]) -> None:
        """Carry something out as a use case does."""
        async with self.house.db.tx() as tx:
            await deed(tx)
        self.house.engine.wake()

    async def recall(self) -> None:
        """As two people decided."""
        atlas = self.house.engine.atlas
        await self.do(lambda tx: revising.recall(tx, atlas, self.id, now()))

    async def mask(self) -> None:
        """As one person did."""
        atlas, by = self.house.engine.atlas, self.editor.id
        await self.do(lambda tx: revising.mask(tx, atlas, self.id, by, now()))

    async def restore(self) -> None:
        """As two people decided."""
        atlas = self.house.engine.atlas
        await self.do(lambda tx: revising.restore(tx, atlas, self.id, now()))

    async def correct(self) -> None:
        """As two people decided."""
        await self.do(lambda tx: revising.correct(tx, self.id, now(), note=NOTE))


@asynccontextmanager
async def town(db: Database, box: Sandbox, *, people: int = PEOPLE) -> AsyncIterator[Town]:
    """Followers and a channel, who are being written to."""
    pace = Pace(RATE, chat_gap=0.0, group_limit=10_000)
    async with running_house(db, box, pace=pace) as house:
        place = await place_of(house)
        chats = [await house.person(f"p{n}", started=n == 0) for n in range(people)]
        for person in chats[1:]:
            box.world.people[person.reveal()].bot = "started"
        await follow(house, place, *chats)
        body = {
            "type": "channel",
            "title": "C",
            "creator": "p0",
            "bot": {"can_post_messages": True},
        }
        channel = TelegramId((await box.control("POST", "chats", body))["id"])
        async with db.tx() as tx:
            await channels.link(tx, channel, title="C", lang="en", district=place, by=None)
        editor = await enrol(db, 900, Role.EVENTS)
        await house.inbox.idle()
        await house.engine.idle()
        for chat in box.world.chats.values():
            chat.messages.clear()
        made = Town(house, editor, [*chats, channel])
        made.id = await publish(house, place, SAID)
        yield made


async def chats_of(house: House, method: str) -> set[int]:
    """Where calls of a method were accepted."""
    return {c["chat_id"] for c in await house.calls(method) if c["status"] == 200}


async def test_a_recall_amid_sending_deletes_every_copy_and_no_other_leaves(
    db: Database, box: Sandbox
) -> None:
    async with town(db, box) as there:
        await there.until(8)
        await there.recall()
        await there.house.engine.idle()
        had = await there.had()
        assert 8 <= len(had) < len(there.chats)
        assert await chats_of(there.house, "deleteMessage") == had
        assert not any(there.reads().values())


async def test_a_correction_amid_sending_reaches_everybody_once(db: Database, box: Sandbox) -> None:
    async with town(db, box) as there:
        await there.until(8)
        await there.correct()
        await there.house.engine.idle()
        assert await there.had() == {chat.reveal() for chat in there.chats}
        whole = f"{CORRECTION}\n{NOTE}\n\n{SAID}"
        assert list(there.reads().values()) == [[whole]] * len(there.chats)
        edited = await chats_of(there.house, "editMessageText")
        assert 0 < len(edited) < len(there.chats), "the rest got the correct text at once"


async def test_what_is_hidden_amid_sending_waits_until_two_restore_it(
    db: Database, box: Sandbox
) -> None:
    async with town(db, box) as there:
        await there.until(8)
        await there.mask()
        await there.house.engine.idle()
        hidden = {chat: said for chat, said in there.reads().items() if said}
        assert hidden.keys() == await there.had()
        assert len(hidden) < len(there.chats)
        assert all(text.startswith(HIDDEN) and SAID not in text for [text] in hidden.values())
        await there.restore()
        await there.house.engine.idle()
        assert list(there.reads().values()) == [[SAID]] * len(there.chats)


async def test_what_is_hidden_can_be_recalled(db: Database, box: Sandbox) -> None:
    async with town(db, box) as there:
        await there.until(8)
        await there.mask()
        await there.house.engine.idle()
        had = await there.had()
        await there.recall()
        await there.house.engine.idle()
        assert await there.had() == had
        assert not any(there.reads().values())


async def test_after_two_days_a_recalled_copy_is_replaced_instead(
    sqlite: Database, box: Sandbox
) -> None:
    async with town(sqlite, box, people=5) as there:
        await there.house.engine.idle()
        await box.control("POST", "clock", {"seconds": 49 * 3600})
        await there.recall()
        await there.house.engine.idle()
        people = [chat.reveal() for chat in there.chats[:-1]]
        for [text] in (there.reads()[person] for person in people):
            assert text.startswith(RECALLED)
            assert SAID not in text


async def test_where_nothing_can_be_edited_a_correction_answers_who_still_listens(
    sqlite: Database, box: Sandbox
) -> None:
    async with town(sqlite, box, people=5) as there:
        house = there.house
        await house.engine.idle()
        listens, stopped, forgot, *others = there.chats
        for person in (listens, stopped, forgot):
            chat = box.world.chats[person.reveal()]
            [message] = chat.messages
            await box.act(person.reveal(), "delete", message_id=message)
        async with sqlite.tx() as tx:
            await subscribers.save(tx, stopped, Settings(paused=True))
            await erasure.erase(tx, tx.keys.tag(forgot))
        before = len(await house.calls("sendMessage"))
        await there.correct()
        await house.engine.idle()
        whole = f"{CORRECTION}\n{NOTE}\n\n{SAID}"
        assert there.reads() == {
            listens.reveal(): [whole],
            stopped.reveal(): [],
            forgot.reveal(): [],
            **{chat.reveal(): [whole] for chat in others},
        }
        anew = (await house.calls("sendMessage"))[before:]
        assert [call["chat_id"] for call in anew] == [listens.reveal()]
        asked = [c["chat_id"] for c in await house.calls("editMessageText")]
        assert forgot.reveal() not in asked


async def test_a_typing_error_is_put_right_without_a_word(sqlite: Database, box: Sandbox) -> None:
    async with town(sqlite, box, people=5) as there:
        await there.house.engine.idle()
        first = there.chats[0]
        [message] = box.world.chats[first.reveal()].messages
        await box.act(first.reveal(), "delete", message_id=message)
        async with sqlite.tx() as tx:
            texts = await revising.messages(tx, there.id)
        mended = {edition: replace(text, text="March at 2") for edition, text in texts.items()}
        await there.do(lambda tx: revising.amend(tx, there.id, mended, now()))
        await there.house.engine.idle()
        others = [["March at 2"]] * (len(there.chats) - 1)
        assert list(there.reads().values()) == [[], *others]


async def test_a_copy_whose_answer_came_late_is_taken_back_too(
    sqlite: Database, box: Sandbox
) -> None:
    async with town(sqlite, box, people=3) as there:
        slow = there.chats[0].reveal()
        await fault(there.house, "slow", chat_id=slow, seconds=0.5, when="after")
        while slow not in there.house.box.world.chats or not there.reads()[slow]:
            await asyncio.sleep(0.005)
        await there.recall()
        await there.house.engine.idle()
        assert not any(there.reads().values())
        assert slow in await chats_of(there.house, "deleteMessage")


async def test_a_recall_replaces_a_change_that_waits_for_its_chat(
    sqlite: Database, box: Sandbox
) -> None:
    async with town(sqlite, box, people=3) as there:
        house, slow = there.house, there.chats[0].reveal()
        await house.engine.idle()
        await fault(
            house,
            "error",
            method="editMessageText",
            chat_id=slow,
            status=429,
            parameters={"retry_after": 1},
        )
        await there.mask()
        await eventually(lambda: equals(stages(house), ["waiting"]))
        await there.recall()
        await eventually(lambda: equals(stages(house), []))
        await house.engine.idle()
        assert not any(there.reads().values())
        assert slow in await chats_of(house, "deleteMessage")


async def test_earlier_cards_of_a_rally_say_that_a_newer_message_holds(
    sqlite: Database, box: Sandbox
) -> None:
    async with town(sqlite, box, people=3) as there:
        house = there.house
        await house.engine.idle()
        async with sqlite.tx(write=False) as tx:
            place = min((await revising.get(tx, there.id)).audience.districts)
        newer = await publish(house, place, "It is cancelled")
        await there.do(lambda tx: revising.overtake(tx, newer, "rally:1", "cancelled", now()))
        await house.engine.idle()
        marked = f"{translator('en')('revision-newer-cancelled')}\n\n{SAID}"
        assert list(there.reads().values()) == [[marked, "It is cancelled"]] * len(there.chats)
        struck = [c["parameters"]["entities"] for c in await house.calls("editMessageText")]
        assert all("strikethrough" in str(entities) for entities in struck)
        first_edit = min(c["id"] for c in await house.calls("editMessageText"))
        news = [c for c in await house.calls("sendMessage") if "cancelled" in str(c["parameters"])]
        assert max(c["id"] for c in news) < first_edit, "the cancellation itself goes first"


async def test_below_a_picture_the_caption_is_taken_back(sqlite: Database, box: Sandbox) -> None:
    picture = "https://pictures.example/1.jpg"
    await box.control("POST", "web", {"url": picture})
    async with town(sqlite, box, people=3) as there:
        house = there.house
        await house.engine.idle()
        async with sqlite.tx() as tx:
            first = await revising.get(tx, there.id)
            draft = Draft(
                first.kind,
                "rally:2",
                "BBBB-BBBB",
                first.lane,
                first.audience,
                {lang: Message("x" * 1000, picture=picture) for lang in LANGUAGES},
                first.expires_at,
            )
            there.id = await accept(tx, draft, now())
        house.engine.wake()
        await house.engine.idle()
        await there.correct()
        await house.engine.idle()
        edited = [c["parameters"]["caption"] for c in await house.calls("editMessageCaption")]
        assert len(edited) == len(there.chats)
        assert all(text.startswith(f"{CORRECTION}\n{NOTE}\n\nxxx") for text in edited)
        await box.control("POST", "clock", {"seconds": 49 * 3600})
        await there.recall()
        await house.engine.idle()
        last = [c["parameters"]["caption"] for c in await house.calls("editMessageCaption")][-3:]
        assert all(text.startswith(RECALLED) for text in last)
