"""Linking channels through Telegram's chooser, and what happens when rights are lost."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from telegram import Update

from bot.domain.channels import ChannelRights, Unreachable
from bot.domain.privacy import TelegramId
from bot.domain.staff import Grant, Role
from bot.i18n import LANGUAGES, translator
from bot.services.channels import Channels
from bot.views import channels as view
from bot.views.message import AskChannel, DropKeyboard, Say
from handlers.channels import ChannelHandlers, RightsHandler
from storage import channels, ledger, staff
from storage.channels import Channel, ChannelState
from storage.db import Database
from tests.clock import Clock
from tests.dialogue import Dialogue, Person, open_dialogue
from tests.team import Places, enrol, settle

CHANNEL = -1001234567890
ALL = ChannelRights(person_admin=True, post=True, edit=True)


@dataclass(slots=True)
class Telegram:
    """What Telegram would say about rights."""

    rights: ChannelRights = ALL
    silent: bool = False
    asked: list[tuple[TelegramId, TelegramId]] = field(default_factory=list)

    async def __call__(self, chat: TelegramId, person: TelegramId) -> ChannelRights:
        self.asked.append((chat, person))
        if self.silent:
            raise Unreachable
        return self.rights


async def open_channels(db: Database, clock: Clock) -> tuple[Dialogue, Telegram, Places]:
    atlas, places = await settle(db)
    telegram = Telegram()
    feature = ChannelHandlers(Channels(db, atlas, clock, telegram), atlas)
    return await open_dialogue(db, clock, [feature]), telegram, places


async def choose(p: Person, *, username: str | None = "solidarity_minsk") -> None:
    """Answer Telegram's chooser with the channel."""
    asked = next(m.keyboard for m in reversed(p.screens) if isinstance(m.keyboard, AskChannel))
    shared: dict[str, Any] = {"request_id": asked.request, "chat_id": CHANNEL, "title": "Minsk"}
    if username:
        shared["username"] = username
    await p.message(chat_shared=shared)


async def link(p: Person, place: str = "Minsk", language: str = "English") -> None:
    """The whole way."""
    await p.press_data(view.Start().pack())
    await p.press(place)
    await p.press(language)
    await choose(p)


async def linked(db: Database) -> list[tuple[Channel, frozenset[int]]]:
    async with db.tx(write=False) as tx:
        return [(c, frozenset(where)) for c, where in await channels.listed(tx)]


async def test_an_admin_links_a_channel_with_telegrams_own_chooser(
    db: Database, clock: Clock
) -> None:
    d, telegram, places = await open_channels(db, clock)
    await enrol(db, 1, Role.CHANNELS)
    p = d.person(1)
    await link(p, language="Français")
    assert "Link @solidarity_minsk to Minsk" in p.text
    assert any(isinstance(m.keyboard, DropKeyboard) for m in p.screens)
    await p.press("Confirm the link")
    assert p.text.startswith("Linked: @solidarity_minsk.\nCan: post, edit. Cannot: delete, add")
    ((channel, where),) = await linked(db)
    assert (channel.title, channel.lang) == ("@solidarity_minsk", "fr")
    assert where == frozenset({places.city})
    assert telegram.asked == [(TelegramId(CHANNEL), TelegramId(1))] * 2, "asked again at the end"
    async with db.tx(write=False) as tx:
        assert await ledger.verify(tx) is None
    await p.press("Test post")
    assert p.text == translator("fr")("channels-test", channel="@solidarity_minsk")
    assert p.taps <= 5


async def test_a_single_district_is_not_asked_for(db: Database, clock: Clock) -> None:
    d, _, places = await open_channels(db, clock)
    await enrol(db, 1, Grant(Role.CHANNELS, places.quarter))
    p = d.person(1)
    await p.press_data(view.Start().pack())
    assert [b.label for b in p.buttons][:1] == ["English"]


async def test_only_districts_of_the_own_scope_can_be_linked(db: Database, clock: Clock) -> None:
    d, _, places = await open_channels(db, clock)
    await enrol(db, 1, Grant(Role.CHANNELS, places.city))
    p = d.person(1)
    await p.press_data(view.Start().pack())
    assert not any("Belarus" in b.label for b in p.buttons)
    for press in (view.Place(places.land), view.Choose(places.land, "en")):
        await p.press_data(press.pack())
        assert p.toasts[-1] == translator("en")("error-not-allowed")
    await p.press_data(view.Place(999).pack())
    assert p.toasts[-1] == translator("en")("error-district-unknown")


async def test_a_missing_right_is_explained_and_can_be_checked_again(
    db: Database, clock: Clock
) -> None:
    d, telegram, _ = await open_channels(db, clock)
    await enrol(db, 1, Role.CHANNELS)
    p = d.person(1)
    telegram.rights = ChannelRights(person_admin=True, post=True)
    await link(p)
    assert "@tocsin_test_bot" in p.text
    assert "Edit messages of others" in p.text
    telegram.rights = ALL
    await p.press("Check again")
    telegram.rights = ChannelRights(person_admin=True)
    await p.press("Confirm the link")
    assert "may not post and edit yet" in p.text
    assert await linked(db) == []


async def test_whoever_is_no_admin_there_links_nothing(db: Database, clock: Clock) -> None:
    d, telegram, _ = await open_channels(db, clock)
    await enrol(db, 1, Role.CHANNELS)
    p = d.person(1)
    telegram.rights = ChannelRights(post=True, edit=True)
    await link(p)
    assert "You are not an admin" in p.text
    await p.press_data(view.Confirm().pack())
    assert await linked(db) == []
    telegram.silent = True
    await p.press_data(view.Again().pack())
    assert p.toasts[-1] == translator("en")("channels-error-unreachable")


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_chooser_can_be_left_and_answers_whatever_else_comes(
    db: Database, clock: Clock, lang: str
) -> None:
    d, _, _ = await open_channels(db, clock)
    await enrol(db, 1, Role.CHANNELS, lang=lang)
    p, t = d.person(1, lang), translator(lang)
    await p.press_data(view.Start().pack())
    await p.press("Minsk")
    await p.press("English")
    await p.message(photo=[{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}])
    assert p.screen is not None
    assert isinstance(p.screen.keyboard, AskChannel)
    await p.say(t("cancel"))
    assert p.text == t("channels-left")
    await p.press_data(view.Confirm().pack())
    assert p.toasts[-1] == t("error-gone")
    await p.message(chat_shared={"request_id": 1, "chat_id": CHANNEL})
    assert p.text == t("channels-left")


async def test_channels_mean_nothing_to_strangers(db: Database, clock: Clock) -> None:
    d, _, _ = await open_channels(db, clock)
    p = d.person(9)
    for press in (view.Start(), view.Mine(), view.Confirm(), view.Card("00"), view.Try("zz")):
        await p.press_data(press.pack())
        assert p.toasts[-1] == translator("en")("error-gone")
    await p.message(chat_shared={"request_id": 1, "chat_id": CHANNEL})
    assert p.text == "lost"


async def test_whoever_lost_the_role_leaves_the_form(db: Database, clock: Clock) -> None:
    d, _, _ = await open_channels(db, clock)
    one = await enrol(db, 1, Role.CHANNELS)
    p = d.person(1)
    await link(p)
    async with db.tx() as tx:
        await staff.regrant(tx, one.id, [Grant(Role.NEWS)])
    await p.press("Confirm the link")
    assert p.toasts[-1] == translator("en")("error-not-allowed")
    await p.say("anything")
    assert p.text == "lost", "the form is gone"
    assert await linked(db) == []


async def test_a_linked_channel_is_listed_and_can_be_unlinked(db: Database, clock: Clock) -> None:
    d, _, _ = await open_channels(db, clock)
    await enrol(db, 1, Role.CHANNELS)
    p = d.person(1)
    await p.press_data(view.Mine().pack())
    assert p.text == "No channel is linked yet."
    await link(p)
    await p.press("Confirm the link")
    await p.press_data(view.Mine().pack())
    await p.press("@solidarity_minsk")
    assert "Districts: Minsk. Language: English." in p.text
    await p.press("Unlink")
    assert len(await linked(db)) == 1, "asked once"
    await p.press("Unlink")
    assert await linked(db) == []
    await p.press_data(view.Card(db.keys.tag(TelegramId(CHANNEL)).hex()).pack())
    assert p.toasts[-1] == translator("en")("error-gone")


def member(*, post: bool, edit: bool = True, status: str = "administrator") -> dict[str, Any]:
    """The bot's membership as Telegram writes it."""
    rights = dict.fromkeys(
        (
            "can_be_edited",
            "is_anonymous",
            "can_manage_chat",
            "can_delete_messages",
            "can_manage_video_chats",
            "can_restrict_members",
            "can_promote_members",
            "can_change_info",
            "can_invite_users",
            "can_post_stories",
            "can_edit_stories",
            "can_delete_stories",
        ),
        False,
    )
    user = {"id": 1, "is_bot": True, "first_name": "b"}
    known = {"can_post_messages": post, "can_edit_messages": edit, **rights}
    return {"status": status, "user": user, **(known if status == "administrator" else {})}


async def report(
    d: Dialogue, before: dict[str, Any], after: dict[str, Any]
) -> list[tuple[int, str, list[str]]]:
    """Telegram reports a change; who was told what, with which buttons."""
    change = {
        "chat": {"id": CHANNEL, "type": "channel", "title": "Minsk"},
        "from": {"id": 4, "is_bot": False, "first_name": "x"},
        "date": 1,
        "old_chat_member": before,
        "new_chat_member": after,
    }
    told = await d.receive({"my_chat_member": change})
    return [
        (
            to.reveal(),
            task.message.text,
            [b.data or "" for row in task.message.buttons for b in row],
        )
        for to, task in told
        if isinstance(task, Say)
    ]


async def test_lost_rights_pause_the_channel_and_are_told_once(db: Database, clock: Clock) -> None:
    d, telegram, places = await open_channels(db, clock)
    await enrol(db, 1, Role.CHANNELS)
    await enrol(db, 2, Grant(Role.CHANNELS, places.land), lang="ru")
    await enrol(db, 3, Grant(Role.CHANNELS, places.quarter))
    await enrol(db, 4, Role.NEWS)
    p = d.person(1)
    await link(p)
    await p.press("Confirm the link")
    full, less = member(post=True), member(post=False)
    told = await report(d, full, less)
    assert {who for who, _, _ in told} == {1, 2}, "those whose scope covers the channel"
    ((channel, _),) = await linked(db)
    assert channel.state is ChannelState.PAUSED
    assert await report(d, full, member(post=False, status="left")) == []
    telegram.rights = ChannelRights(person_admin=True)
    await p.press_data(view.Resume(channel.tag.hex()).pack())
    assert "may not post and edit yet" in p.text
    offered = await report(d, less, full)
    assert {who for who, _, _ in offered} == {1, 2}
    assert (await linked(db))[0][0].state is ChannelState.PAUSED, "resuming is a decision"
    telegram.rights = ALL
    await p.press_data(offered[0][2][0])
    assert (await linked(db))[0][0].state is ChannelState.LINKED
    async with db.tx(write=False) as tx:
        assert len(await channels.concerned(tx, [places.city])) == 1


async def test_a_channel_nobody_linked_and_changes_of_no_weight_say_nothing(
    db: Database, clock: Clock
) -> None:
    d, _, _ = await open_channels(db, clock)
    await enrol(db, 1, Role.CHANNELS)
    assert await report(d, member(post=True), member(post=False)) == []
    p = d.person(1)
    await link(p)
    await p.press("Confirm the link")
    assert await report(d, member(post=True), member(post=True)) == []
    assert (await linked(db))[0][0].state is ChannelState.LINKED


async def test_a_private_chat_is_no_channel(db: Database, clock: Clock) -> None:
    atlas, _ = await settle(db)
    feature = ChannelHandlers(Channels(db, atlas, clock, Telegram()), atlas)
    watching = [route for route in feature.routes() if isinstance(route, RightsHandler)]
    change = {
        "chat": {"id": 5, "type": "private", "first_name": "P"},
        "from": {"id": 5, "is_bot": False, "first_name": "P"},
        "date": 1,
        "old_chat_member": member(post=True, status="member"),
        "new_chat_member": {**member(post=True, status="kicked"), "until_date": 0},
    }
    update = Update.de_json({"update_id": 1, "my_chat_member": change}, None)
    assert [route.check_update(update) for route in watching] == [False]
