"""The engine against a sandbox that refuses, loses answers, moves and forgets chats."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.delivery.pace import Pace
from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, PublicationId, Want
from bot.domain.staff import Grant, Role
from bot.domain.subscribers import Settings
from bot.i18n import LANGUAGES, translator
from bot.services.publications import Draft, accept
from bot.views.message import Amend, Erase, Message, Say, Task, Toast, encode
from sandbox.server import Sandbox
from storage import channels, districts, outbox, staff, subscribers
from storage.channels import ChannelState
from storage.db import Database
from storage.forms import Form
from storage.forms import save as save_form
from storage.outbox import Stage
from tests.delivery.house import House, now, opened


async def queue(
    house: House, chat: TelegramId, task: Task, *, lane: Lane = Lane.REPLY, ring: bool = False
) -> None:
    """Queue one task."""
    async with house.db.tx() as tx:
        paced = not isinstance(task, Toast)
        await outbox.add(
            tx, lane=lane, chat=chat, task=encode(task), now=now(), ring=ring, paced=paced
        )
    house.engine.wake()


async def place_of(house: House) -> DistrictId:
    """A district."""
    async with house.db.tx() as tx:
        place = await districts.add(
            tx, slug="minsk", parent=None, zone="Europe/Minsk", names={"en": "Minsk"}
        )
    await house.engine.atlas.load()
    return place


async def follow(house: House, place: DistrictId, *people: TelegramId) -> None:
    """People subscribe."""
    async with house.db.tx() as tx:
        for person in people:
            await subscribers.save(tx, person, Settings())
            await subscribers.follow(tx, person, place)


async def publish(
    house: House,
    place: DistrictId,
    text: str,
    *,
    want: Want = Want.RALLIES,
    lane: Lane = Lane.RALLY,
    lasts: timedelta = timedelta(days=1),
) -> PublicationId:
    """Accept a publication."""
    audience = Audience(frozenset({place}), want)
    texts = {lang: Message(text) for lang in LANGUAGES}
    async with house.db.tx() as tx:
        draft = Draft(Kind.RALLY, "rally:1", "AAAA-AAAA", lane, audience, texts, now() + lasts)
        id = await accept(tx, draft, now())
    house.engine.wake()
    return id


async def fault(house: House, effect: str, **options: Any) -> None:
    """Break something once."""
    body = {"effect": effect, "count": 1, "method": "sendMessage", **options}
    await house.box.control("POST", "faults", body)


async def texts(house: House, method: str = "sendMessage") -> list[str]:
    """What was accepted, oldest first; a call whose answer was dropped is accepted too."""
    calls = await house.calls(method)
    accepted = [c for c in calls if c["result_id"] or c["description"] == "no answer"]
    return [c["parameters"]["text"] for c in accepted]


async def stages(house: House) -> list[str]:
    """The stages of all rows."""
    async with house.db.tx(write=False) as tx:
        rows = await tx.execute(select(outbox.table.c.stage).order_by(outbox.table.c.id))
        return list(rows.scalars())


async def eventually(check: Callable[[], Any]) -> None:
    """Wait until an awaited check says yes."""
    async with asyncio.timeout(10):
        while not await check():
            await asyncio.sleep(0.02)


async def test_messages_of_one_chat_keep_their_order(sqlite: Database, box: Sandbox) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        for n in range(20):
            await queue(house, vera, Say(Message(f"{n}")))
        await house.engine.start()
        await house.engine.idle()
        assert await texts(house) == [f"{n}" for n in range(20)]
        assert await stages(house) == []


async def test_an_alert_overtakes_news_that_waits(sqlite: Database, box: Sandbox) -> None:
    async with opened(sqlite, box) as house:
        people = [await house.person(f"person{n}") for n in range(6)]
        for person in people[:5]:
            await queue(house, person, Say(Message("news")), lane=Lane.NEWS)
        await queue(house, people[5], Say(Message("alert")), lane=Lane.ALERT)
        await house.engine.start()
        await house.engine.idle()
        assert (await texts(house))[0] == "alert"


async def test_the_pace_is_kept_on_the_wire(sqlite: Database, box: Sandbox) -> None:
    async with opened(sqlite, box, pace=Pace(20.0)) as house:
        for n in range(30):
            await queue(house, await house.person(f"person{n}"), Say(Message("x")))
        await house.engine.start()
        await house.engine.idle()
        times = [call["time"] for call in await house.calls("sendMessage")]
        assert len(times) == 30
        assert max(sum(1 for b in times if a <= b < a + 0.9) for a in times) <= 20


async def test_a_blocked_person_is_erased_with_everything_queued(
    db: Database, box: Sandbox
) -> None:
    async with opened(db, box) as house:
        vera, place = await house.person("vera"), await place_of(house)
        await follow(house, place, vera)
        async with db.tx() as tx:
            await save_form(tx, vera, Form("rally", b"{}"), now())
        await box.act("vera", "block")
        for _ in range(3):
            await queue(house, vera, Say(Message("x")))
        await house.engine.start()
        await house.engine.idle()
        async with db.tx(write=False) as tx:
            assert await subscribers.get(tx, vera) is None
            for table in ("outbox", "forms", "follows", "receipts"):
                found = await tx.connection.exec_driver_sql(f"select count(*) from {table}")
                assert found.scalar_one() == 0, table
        assert len(await house.calls("sendMessage")) == 1


async def test_an_answer_lost_after_acceptance_is_repeated_for_an_alert_but_not_for_news(
    sqlite: Database, box: Sandbox
) -> None:
    async with opened(sqlite, box) as house:
        vera, place = await house.person("vera"), await place_of(house)
        await follow(house, place, vera)
        await house.engine.start()
        await fault(house, "drop")
        await publish(house, place, "alert", lane=Lane.ALERT)
        await eventually(lambda: _count(house, "alert", 2))
        await fault(house, "drop")
        await publish(house, place, "news", lane=Lane.NEWS)
        await eventually(lambda: _count(house, "news", 1))
        await eventually(lambda: _is(stages(house), [Stage.UNKNOWN]))
        await asyncio.sleep(1.2)
        await house.engine.idle()
        assert await texts(house) == ["alert", "alert", "news"]


async def _count(house: House, text: str, times: int) -> bool:
    return (await texts(house)).count(text) == times


async def _is(found: Any, wanted: Any) -> bool:
    return bool(await found == wanted)


async def test_a_refusal_for_one_chat_delays_only_that_chat(sqlite: Database, box: Sandbox) -> None:
    async with opened(sqlite, box) as house:
        vera, ivan = await house.person("vera"), await house.person("ivan")
        await fault(
            house,
            "error",
            chat_id=vera.reveal(),
            status=429,
            description="Too Many Requests: retry after 1",
            parameters={"retry_after": 1},
        )
        await queue(house, vera, Say(Message("one")))
        await queue(house, vera, Say(Message("two")))
        await queue(house, ivan, Say(Message("three")))
        await house.engine.start()
        await eventually(lambda: _count(house, "two", 1))
        assert await texts(house) == ["three", "one", "two"]
        calls = [c for c in await house.calls("sendMessage") if c["chat_id"] == vera.reveal()]
        assert calls[1]["time"] - calls[0]["time"] >= 0.9


async def test_a_server_error_is_retried(sqlite: Database, box: Sandbox) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await fault(house, "error", status=500)
        await queue(house, vera, Say(Message("x")))
        await house.engine.start()
        await eventually(lambda: _count(house, "x", 1))
        assert await stages(house) == []


async def test_a_channel_without_rights_is_paused_and_its_staff_told_once(
    db: Database, box: Sandbox
) -> None:
    async with opened(db, box) as house:
        vera, place = await house.person("vera"), await place_of(house)
        made = await box.control(
            "POST",
            "chats",
            {"type": "channel", "title": "Minsk news", "creator": "vera"},
        )
        channel = TelegramId(made["id"])
        async with db.tx() as tx:
            held = [Grant(Role.CHANNELS)]
            by = await staff.add(tx, vera, alias="A", lang="fr", inviter=None, held=held)
            await channels.link(tx, channel, title="@minsk", lang="ru", district=place, by=by)
        await house.engine.start()
        await publish(house, place, "one")
        await house.engine.idle()
        await publish(house, place, "two")
        await house.engine.idle()
        async with db.tx(write=False) as tx:
            linked = await channels.get(tx, channel)
        assert linked is not None
        assert linked.state is ChannelState.PAUSED
        assert await texts(house) == [translator("fr")("channel-lost-rights", title="@minsk")]


async def test_a_group_that_became_a_supergroup_gets_what_was_queued(
    db: Database, box: Sandbox
) -> None:
    async with opened(db, box) as house:
        await house.person("vera")
        place = await place_of(house)
        made = await box.control(
            "POST",
            "chats",
            {"type": "group", "title": "Block", "creator": "vera", "bot": "member"},
        )
        group = TelegramId(made["id"])
        async with db.tx() as tx:
            await channels.link(tx, group, title="Block", lang="en", district=place, by=None)
        await house.engine.start()
        await publish(house, place, "before")
        await house.engine.idle()
        moved = await box.control("POST", f"chats/{made['id']}/migrate", {})
        await queue(house, group, Say(Message("queued")))
        await house.engine.idle()
        async with db.tx(write=False) as tx:
            assert await channels.get(tx, group) is None
            linked = await channels.get(tx, TelegramId(moved["id"]))
            receipt = (await tx.execute(select(outbox.receipts))).one()
            assert linked is not None
            assert linked.title == "Block"
            assert receipt.tag == linked.tag
            assert tx.keys.open_id(receipt.chat, tag=receipt.tag) == linked.chat
        assert await texts(house) == ["before", "queued"]
        assert await stages(house) == []


async def test_an_edit_of_a_message_that_is_gone_is_said_anew(
    sqlite: Database, box: Sandbox
) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await queue(house, vera, Amend(99999, Message("new")))
        await house.engine.start()
        await house.engine.idle()
        assert await texts(house) == ["new"]


async def test_an_edit_that_changes_nothing_is_done(sqlite: Database, box: Sandbox) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await house.engine.start()
        await queue(house, vera, Say(Message("same")))
        await house.engine.idle()
        (call,) = await house.calls("sendMessage")
        await queue(house, vera, Amend(call["result_id"], Message("same")))
        await house.engine.idle()
        (edit,) = await house.calls("editMessageText")
        assert edit["status"] == 400
        assert await stages(house) == []


async def test_an_expired_press_and_a_vanished_message_are_let_go(
    sqlite: Database, box: Sandbox
) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await queue(house, vera, Toast("12345", "late"))
        await queue(house, vera, Erase(99999))
        await house.engine.start()
        await house.engine.idle()
        assert len(await house.calls("answerCallbackQuery")) == 1
        assert len(await house.calls("deleteMessage")) == 1
        assert await stages(house) == []


async def test_a_content_telegram_refuses_is_set_aside_and_the_rest_goes_on(
    sqlite: Database, box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await queue(house, vera, Say(Message("x" * 5000)))
        await queue(house, vera, Say(Message("next")))
        await house.engine.start()
        await house.engine.idle()
        assert await texts(house) == ["next"]
        assert await stages(house) == [Stage.FAILED]
    assert "lane REPLY was refused: message is too long" in caplog.text
    assert "xxx" not in caplog.text


async def test_a_revoked_token_pauses_everything_and_loses_nothing(
    sqlite: Database, box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await fault(house, "revoked", method=None, count=None)
        await queue(house, vera, Say(Message("x")))
        await house.engine.start()
        await eventually(lambda: _true(house.engine.paused))
        await box.control("DELETE", "faults")
        await eventually(lambda: _is(stages(house), [Stage.WAITING]))
        house.engine.resume()
        await house.engine.idle()
        assert await texts(house) == ["x"]
    assert "Telegram refuses the token" in caplog.text


async def _true(value: object) -> bool:
    return bool(value)


async def test_a_copy_rings_only_for_changes_and_leaves_a_receipt(
    db: Database, box: Sandbox
) -> None:
    async with opened(db, box) as house:
        vera, place = await house.person("vera"), await place_of(house)
        await follow(house, place, vera)
        await house.engine.start()
        await publish(house, place, "announced")
        await house.engine.idle()
        await publish(house, place, "cancelled", want=Want.CHANGES)
        await house.engine.idle()
        quiet, loud = await house.calls("sendMessage")
        assert quiet["parameters"]["disable_notification"] is True
        assert loud["parameters"]["disable_notification"] is False
        async with db.tx(write=False) as tx:
            rows = (await tx.execute(select(outbox.receipts))).all()
            ids = [tx.keys.open(row.message, aad=b"message" + row.tag) for row in rows]
        assert ids == [str(c["result_id"]).encode() for c in (quiet, loud)]
        assert all(row.expires_at >= now() + timedelta(hours=47) for row in rows)


async def test_what_expired_before_it_could_leave_is_not_sent(
    sqlite: Database, box: Sandbox
) -> None:
    async with opened(sqlite, box) as house:
        vera, place = await house.person("vera"), await place_of(house)
        await follow(house, place, vera)
        await publish(house, place, "too late", lasts=timedelta(0))
        await house.engine.start()
        await house.engine.idle()
        assert await texts(house) == []
        assert await stages(house) == []


async def test_without_a_network_everything_waits_and_then_leaves(
    sqlite: Database, box: Sandbox
) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        bot = house.engine.bot
        there, bot._base_url = bot._base_url, "http://127.0.0.1:9/bot1"
        for text in ("one", "two"):
            await queue(house, vera, Say(Message(text)))
        await house.engine.start()
        await asyncio.sleep(0.2)
        assert await stages(house) == [Stage.WAITING, Stage.WAITING]
        bot._base_url = there
        await eventually(lambda: _count(house, "two", 1))
        assert await texts(house) == ["one", "two"]


async def test_stopping_lets_calls_in_flight_end(sqlite: Database, box: Sandbox) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await fault(house, "slow", seconds=0.5)
        await queue(house, vera, Say(Message("x")))
        await house.engine.start()
        await eventually(lambda: _is(stages(house), [Stage.SENDING]))
        await house.engine.stop()
        assert await texts(house) == ["x"]
        assert await stages(house) == []
