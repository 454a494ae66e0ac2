"""The engine and the chats it writes to: blocked, without rights, moved, subscribed."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Want
from bot.domain.staff import Grant, Role
from bot.i18n import translator
from bot.views.message import Message, Say
from sandbox.server import Sandbox
from storage import channels, receipts, staff, subscribers
from storage.channels import ChannelState
from storage.db import Database
from storage.forms import Form
from storage.forms import save as save_form
from storage.outbox import Stage
from tests.delivery.desk import (
    counted,
    equals,
    eventually,
    fault,
    follow,
    place_of,
    publish,
    queue,
    stages,
    texts,
)
from tests.delivery.house import now, opened


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
        await eventually(lambda: counted(house, "alert", 2))
        await fault(house, "drop")
        await publish(house, place, "news", lane=Lane.NEWS)
        await eventually(lambda: counted(house, "news", 1))
        await eventually(lambda: equals(stages(house), [Stage.UNKNOWN]))
        await asyncio.sleep(1.2)
        await house.engine.idle()
        assert await texts(house) == ["alert", "alert", "news"]


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
            receipt = (await tx.execute(select(receipts.table))).one()
            assert linked is not None
            assert linked.title == "Block"
            assert receipt.tag == linked.tag
            assert tx.keys.open_id(receipt.chat, tag=receipt.tag) == linked.chat
        assert await texts(house) == ["before", "queued"]
        assert await stages(house) == []


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
            rows = (await tx.execute(select(receipts.table))).all()
            kept = [receipts.open_(tx.keys, row.message, tag=row.tag) for row in rows]
        assert [one.message_id for one in kept] == [c["result_id"] for c in (quiet, loud)]
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


@pytest.mark.parametrize("paid", [True, False])
async def test_only_copies_are_paid_for_and_only_where_the_operator_says_so(
    sqlite: Database, box: Sandbox, paid: bool
) -> None:
    async with opened(sqlite, box, paid=paid) as house:
        vera, place = await house.person("vera"), await place_of(house)
        await follow(house, place, vera)
        await house.engine.start()
        await publish(house, place, "news")
        await queue(house, vera, Say(Message("answer")))
        await house.engine.idle()
        sent = [call["parameters"] for call in await house.calls("sendMessage")]
        asked = {p["text"]: p.get("allow_paid_broadcast") for p in sent}
        assert asked == {"news": True if paid else None, "answer": None}
