"""Linked channels in the database."""

import pytest

from bot.domain.privacy import TelegramId
from bot.domain.staff import Role
from storage import channels
from storage.channels import ChannelState
from storage.db import Database
from tests.team import enrol, settle

CHAT, OTHER = TelegramId(-1001), TelegramId(-1002)


async def test_a_channel_may_belong_to_several_districts_and_is_asked_once(db: Database) -> None:
    _, places = await settle(db)
    one = await enrol(db, 1, Role.CHANNELS)
    async with db.tx() as tx:
        for district in (places.city, places.quarter, places.city):
            await channels.link(tx, CHAT, title="@a", lang="ru", district=district, by=one.id)
        await channels.link(tx, OTHER, title="B", lang="en", district=places.land, by=None)
        found = await channels.find(tx, tx.keys.tag(CHAT))
        here = await channels.concerned(tx, [places.city, places.quarter])
        assert len(await channels.listed(tx)) == 2
    assert found is not None
    channel, where = found
    assert where == {places.city, places.quarter}
    assert (channel.chat, channel.title, channel.lang) == (CHAT, "@a", "ru")
    assert channel.linked_by == one.id
    assert here == [channel]


async def test_a_paused_channel_gets_nothing_until_it_is_linked_again(db: Database) -> None:
    _, places = await settle(db)
    async with db.tx() as tx:
        await channels.link(tx, CHAT, title="@a", lang="ru", district=places.city, by=None)
        tag = tx.keys.tag(CHAT)
        assert await channels.set_state(tx, tag, ChannelState.PAUSED)
        assert not await channels.set_state(tx, tag, ChannelState.PAUSED), "told once"
        assert await channels.concerned(tx, [places.city]) == []
        await channels.link(tx, CHAT, title="@b", lang="be", district=places.city, by=None)
        (again,) = await channels.concerned(tx, [places.city])
    assert (again.title, again.lang) == ("@b", "be")


async def test_an_unlinked_channel_leaves_nothing(db: Database) -> None:
    _, places = await settle(db)
    async with db.tx() as tx:
        await channels.link(tx, CHAT, title="@a", lang="ru", district=places.city, by=None)
        await channels.unlink(tx, tx.keys.tag(CHAT))
        assert await channels.get(tx, CHAT) is None
        assert await channels.find(tx, tx.keys.tag(CHAT)) is None
        assert (await tx.execute(channels.districts.select())).all() == []


@pytest.mark.parametrize("number", ["-1001234567890", "-1001"])
async def test_neither_number_nor_name_is_stored_in_plain(db: Database, number: str) -> None:
    _, places = await settle(db)
    chat = TelegramId(int(number))
    async with db.tx() as tx:
        await channels.link(tx, chat, title="@secret", lang="ru", district=places.city, by=None)
        (row,) = (await tx.execute(channels.table.select())).all()
    stored = b"".join(bytes(value) for value in row if isinstance(value, bytes))
    assert number.encode() not in stored
    assert b"secret" not in stored
