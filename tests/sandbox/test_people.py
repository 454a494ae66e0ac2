"""People talk with the bot: buttons, keyboards, media, places, forwards, goodbyes."""

import asyncio
import base64
from typing import Any

import aiohttp
import pytest
import telegram
from telegram import (
    ChatAdministratorRights,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    KeyboardButtonRequestChat,
    KeyboardButtonRequestUsers,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from sandbox.errors import Refused
from sandbox.files import sample_photo
from sandbox.server import Sandbox
from tests.sandbox.conftest import Call, make_chat

BUTTONS = InlineKeyboardMarkup(
    [
        [
            InlineKeyboardButton("Yes", callback_data="y"),
            InlineKeyboardButton("No", callback_data="n"),
        ],
        [InlineKeyboardButton("Map", url="https://a.example/")],
    ]
)


async def history(box: Sandbox, chat: int | str = "bot", person: str = "vera") -> Any:
    return await box.control("GET", f"people/{person}/chats/{chat}")


async def test_start_carries_the_payload_of_a_deep_link(
    box: Sandbox, bot: telegram.Bot, bob: int
) -> None:
    with pytest.raises(Refused, match="press START first"):
        await box.act("bob", "text", text="hello")
    await box.act("bob", "start", payload="d_minsk")
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.text == "/start d_minsk"
    assert [e.type for e in update.message.entities] == ["bot_command"]
    assert (await bot.send_message(bob, "welcome")).chat.id == bob
    with pytest.raises(Refused):
        await box.act("bob", "start", payload="no spaces")


@pytest.mark.parametrize("place", [{"row": 0, "col": 1}, {"data": "n"}, {"text": "No"}])
async def test_a_pressed_button_waits_for_its_answer(
    box: Sandbox, bot: telegram.Bot, vera: int, place: dict[str, Any]
) -> None:
    message = await bot.send_message(vera, "?", reply_markup=BUTTONS)
    async with asyncio.TaskGroup() as tasks:
        press = tasks.create_task(box.act("vera", "press", message_id=message.message_id, **place))
        (update,) = await bot.get_updates(timeout=5)
        query = update.callback_query
        assert query is not None
        assert (query.data, query.from_user.id) == ("n", vera)
        await query.answer("Noted", show_alert=True)
    expected = {"kind": "callback", "answered": True, "text": "Noted", "alert": True, "url": None}
    assert press.result() == expected


async def test_a_link_button_opens_and_an_unknown_one_does_not_exist(
    box: Sandbox, bot: telegram.Bot, vera: int
) -> None:
    message = await bot.send_message(vera, "?", reply_markup=BUTTONS)
    opened = await box.act("vera", "press", message_id=message.message_id, text="Map")
    assert (opened["kind"], opened["url"]) == ("url", "https://a.example/")
    with pytest.raises(Refused, match="no such button"):
        await box.act("vera", "press", message_id=message.message_id, text="Maybe")


async def test_a_callback_is_answered_once_and_soon(
    box: Sandbox, bot: telegram.Bot, call: Call, vera: int
) -> None:
    message = await bot.send_message(vera, "?", reply_markup=BUTTONS)
    for _ in range(2):
        unanswered = await box.act(
            "vera", "press", message_id=message.message_id, data="y", wait=0.01
        )
        assert unanswered["answered"] is False
    first, second = [u.callback_query for u in await bot.get_updates()]
    assert first is not None
    assert second is not None
    assert await first.answer()
    old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    for query_id in (first.id, "12345"):
        _, body = await call("answerCallbackQuery", callback_query_id=query_id)
        assert body["description"] == old
    await box.control("POST", "clock", {"seconds": 61})
    _, body = await call("answerCallbackQuery", callback_query_id=second.id)
    assert body["description"] == old


async def test_a_one_time_keyboard_is_used_once(box: Sandbox, bot: telegram.Bot, vera: int) -> None:
    place = KeyboardButton("Where I am", request_location=True)
    markup = ReplyKeyboardMarkup([[place], ["Cancel"]], one_time_keyboard=True)
    sent = await bot.send_message(vera, "?", reply_markup=markup)
    assert sent.reply_markup is None
    assert (await history(box))["keyboard"]["keyboard"][1][0]["text"] == "Cancel"
    await box.act("vera", "keyboard", text="Where I am", latitude=53.9, longitude=27.56)
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.location is not None
    assert (update.message.location.latitude, update.message.location.longitude) == (53.9, 27.56)
    assert (await history(box))["keyboard"] is None
    await bot.send_message(vera, "?", reply_markup=ReplyKeyboardMarkup([["A"]]))
    await box.act("vera", "keyboard", row=0, col=0)
    await bot.send_message(vera, "bye", reply_markup=ReplyKeyboardRemove())
    assert (await history(box))["keyboard"] is None


def link_button() -> ReplyKeyboardMarkup:
    needed = ChatAdministratorRights.no_rights().to_dict() | {
        "can_post_messages": True,
        "can_edit_messages": True,
    }
    wanted = ChatAdministratorRights.de_json(needed, None)
    wish = KeyboardButtonRequestChat(
        request_id=5,
        chat_is_channel=True,
        user_administrator_rights=wanted,
        bot_administrator_rights=wanted,
        request_title=True,
    )
    return ReplyKeyboardMarkup([[KeyboardButton("Choose a channel", request_chat=wish)]])


async def test_choosing_a_channel_gives_the_bot_its_rights(
    box: Sandbox, bot: telegram.Bot, vera: int
) -> None:
    channel = await make_chat(box, "channel", username="centre")
    await make_chat(box, "group")
    foreign = await box.control(
        "POST", "chats", {"type": "channel", "title": "Bob's", "creator": "bob"}
    )
    await bot.send_message(vera, "?", reply_markup=link_button())
    offered = await box.act("vera", "choices", text="Choose a channel")
    assert [chat["id"] for chat in offered["chats"]] == [channel]
    with pytest.raises(Refused):
        await box.act("vera", "keyboard", text="Choose a channel", choose=foreign["id"])
    await box.act("vera", "keyboard", text="Choose a channel", choose="@centre")
    change, shared = await bot.get_updates()
    assert change.my_chat_member is not None
    assert isinstance(change.my_chat_member.new_chat_member, telegram.ChatMemberAdministrator)
    assert change.my_chat_member.new_chat_member.can_post_messages is True
    assert shared.message is not None
    assert shared.message.chat_shared is not None
    answer = shared.message.chat_shared
    assert (answer.request_id, answer.chat_id, answer.title) == (5, channel, "Centre")
    assert (await bot.send_message(channel, "Hello")).sender_chat is not None


async def test_people_are_chosen_too(box: Sandbox, bot: telegram.Bot, vera: int, bob: int) -> None:
    wish = KeyboardButtonRequestUsers(request_id=6, max_quantity=2, request_name=True)
    markup = ReplyKeyboardMarkup([[KeyboardButton("Choose", request_users=wish)]])
    await bot.send_message(vera, "?", reply_markup=markup)
    await box.act("vera", "keyboard", text="Choose", choose_users=["bob"])
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.users_shared is not None
    assert [(u.user_id, u.first_name) for u in update.message.users_shared.users] == [(bob, "Bob")]


async def test_blocking_and_coming_back_are_told(
    box: Sandbox, bot: telegram.Bot, vera: int
) -> None:
    await box.act("vera", "stop")
    with pytest.raises(telegram.error.Forbidden):
        await bot.send_message(vera, "x")
    await box.act("vera", "start")
    gone, back, start = await bot.get_updates()
    assert gone.my_chat_member is not None
    assert gone.my_chat_member.new_chat_member.status == "kicked"
    assert back.my_chat_member is not None
    assert back.my_chat_member.new_chat_member.status == "member"
    assert start.message is not None


async def test_pictures_and_files_come_back_byte_for_byte(box: Sandbox, bot: telegram.Bot) -> None:
    await box.act("vera", "photo", caption="look: https://a.example")
    data = base64.b64encode(b"%PDF-1.4 test").decode()
    await box.act("vera", "document", data=data, file_name="a.pdf", mime_type="application/pdf")
    photo, document = [u.message for u in await bot.get_updates()]
    assert photo is not None
    assert document is not None
    assert (photo.photo[-1].width, photo.caption) == (320, "look: https://a.example")
    assert [e.type for e in photo.caption_entities] == ["url"]
    assert document.document is not None
    file = await bot.get_file(document.document.file_id)
    assert bytes(await file.download_as_bytearray()) == b"%PDF-1.4 test"
    with pytest.raises(Refused, match="IMAGE_PROCESS_FAILED"):
        await box.act("vera", "photo", data=data)


async def test_an_album_arrives_whole_with_its_uploads(
    box: Sandbox, bot: telegram.Bot, vera: int
) -> None:
    items = [telegram.InputMediaPhoto(sample_photo(), caption=str(n)) for n in range(3)]
    sent = await bot.send_media_group(vera, items)
    assert len({message.media_group_id for message in sent}) == 1
    shown = (await history(box))["messages"][-3:]
    assert [m["caption"] for m in shown] == ["0", "1", "2"]
    async with (
        aiohttp.ClientSession(trust_env=False) as session,
        session.get(shown[0]["files"][0]["url"]) as answer,
    ):
        assert await answer.read() == sample_photo()
    media = telegram.InputMediaDocument(b"text", filename="a.txt", caption="b")
    edited = await bot.edit_message_media(media, vera, sent[0].message_id)
    assert isinstance(edited, telegram.Message)
    assert edited.document is not None
    assert (edited.document.file_name, edited.photo) == ("a.txt", ())


async def test_a_live_location_moves_and_ends(box: Sandbox, bot: telegram.Bot) -> None:
    told = await box.act("vera", "location", latitude=50.0, longitude=4.0, live_period=600)
    number = told["message"]["message_id"]
    await box.act("vera", "move", message_id=number, latitude=50.1, longitude=4.1)
    await box.act("vera", "move", message_id=number, stop=True)
    _, moved, stopped = await bot.get_updates()
    assert moved.edited_message is not None
    assert moved.edited_message.location is not None
    assert moved.edited_message.location.latitude == 50.1
    assert stopped.edited_message is not None
    assert stopped.edited_message.location is not None
    assert stopped.edited_message.location.live_period is None
    with pytest.raises(Refused):
        await box.act("vera", "move", message_id=number, latitude=50.2, longitude=4.2)


async def test_venues_and_contacts_arrive(box: Sandbox, bot: telegram.Bot, vera: int) -> None:
    await box.act("vera", "venue", latitude=1, longitude=2, title="Square", address="Centre 1")
    await box.act("vera", "contact")
    venue, contact = [u.message for u in await bot.get_updates()]
    assert venue is not None
    assert venue.venue is not None
    assert venue.venue.title == "Square"
    assert contact is not None
    assert contact.contact is not None
    assert contact.contact.user_id == vera


@pytest.mark.parametrize(
    ("kind", "hidden", "origin"),
    [
        ("channel", False, telegram.MessageOriginChannel),
        ("supergroup", False, telegram.MessageOriginUser),
        ("supergroup", True, telegram.MessageOriginHiddenUser),
    ],
)
async def test_a_forward_says_where_it_came_from(
    box: Sandbox, bot: telegram.Bot, kind: str, hidden: bool, origin: type[Any]
) -> None:
    chat = await make_chat(box, kind)
    told = await box.act("vera", "text", chat=chat, text="Rally at 18:00 #centre")
    number = told["message"]["message_id"]
    await box.act("vera", "forward", **{"from": chat, "message_id": number, "hidden": hidden})
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert isinstance(update.message.forward_origin, origin)
    assert update.message.text == "Rally at 18:00 #centre"
    assert [e.type for e in update.message.entities] == ["hashtag"]


async def test_a_copy_has_no_origin_and_protected_messages_stay(
    box: Sandbox, bot: telegram.Bot, vera: int
) -> None:
    message = await bot.send_message(vera, "x")
    secret = await bot.send_message(vera, "y", protect_content=True)
    body = {"from": "bot", "message_id": message.message_id, "drop_author": True}
    told = await box.act("vera", "forward", **body)
    assert "forward_origin" not in told["messages"][0]
    with pytest.raises(Refused, match="protected"):
        await box.act("vera", "forward", **(body | {"message_id": secret.message_id}))


async def test_own_messages_are_edited_and_deleted_and_chats_cleared(
    box: Sandbox, bot: telegram.Bot
) -> None:
    told = await box.act("vera", "text", text="one")
    number = told["message"]["message_id"]
    await box.act("vera", "edit", message_id=number, text="/two")
    await box.act("vera", "delete", message_id=number)
    assert [bool(u.edited_message) for u in await bot.get_updates()] == [False, True]
    shown = (await history(box))["messages"][-1]
    assert (shown["deleted"], "text" in shown) == (True, False)
    await box.act("vera", "clear")
    assert (await history(box))["messages"] == []


async def test_votes_are_counted_and_told(box: Sandbox, bot: telegram.Bot, vera: int) -> None:
    sent = await bot.send_poll(vera, "When?", ["18:00", "19:00"], is_anonymous=False)
    await box.act("vera", "vote", message_id=sent.message_id, options=[1])
    state, answer = await bot.get_updates()
    assert state.poll is not None
    assert [o.voter_count for o in state.poll.options] == [0, 1]
    assert answer.poll_answer is not None
    assert answer.poll_answer.option_ids == (1,)
    closed = await bot.stop_poll(vera, sent.message_id)
    assert closed.is_closed is True
    with pytest.raises(Refused, match="closed"):
        await box.act("vera", "vote", message_id=sent.message_id, options=[0])


async def test_a_history_shows_one_persons_side(box: Sandbox, bot: telegram.Bot, vera: int) -> None:
    await box.act("vera", "text", text="mine")
    sent = await bot.send_message(vera, "theirs", reply_markup=BUTTONS)
    await bot.send_chat_action(vera, "typing")
    shown = await history(box)
    assert [(m["text"], m["out"]) for m in shown["messages"][-2:]] == [
        ("mine", True),
        ("theirs", False),
    ]
    assert shown["messages"][-1]["reply_markup"]["inline_keyboard"][1][0]["text"] == "Map"
    assert (shown["action"], shown["can_write"]) == ("typing", True)
    later = await box.control("GET", f"people/vera/chats/bot?after={sent.message_id - 1}")
    assert len(later["messages"]) == 1
