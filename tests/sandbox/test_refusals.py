"""What Telegram refuses, the sandbox refuses, with the same words."""

from typing import Any

import aiohttp
import pytest
import telegram

from sandbox.files import sample_photo
from sandbox.server import Sandbox
from tests.sandbox.conftest import Call, make_chat

POST = {"can_post_messages": True}


def button(data: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "x", "callback_data": data}]]}


MESSAGES = [
    ({"text": ""}, "message text is empty"),
    ({"text": " \n "}, "message text is empty"),
    ({"text": "ж" * 4097}, "message is too long"),
    ({"text": "x", "reply_markup": button("d" * 65)}, "BUTTON_DATA_INVALID"),
    ({"text": "x", "reply_markup": button("ж" * 33)}, "BUTTON_DATA_INVALID"),
    ({"text": "x", "reply_markup": button("")}, "BUTTON_DATA_INVALID"),
    (
        {"text": "<b>x", "parse_mode": "HTML"},
        "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
    ),
    (
        {"text": "жж<p>x</p>", "parse_mode": "HTML"},
        'can\'t parse entities: Unsupported start tag "p" at byte offset 4',
    ),
    (
        {"text": "end.", "parse_mode": "MarkdownV2"},
        "can't parse entities: Character '.' is reserved and must be escaped with the "
        "preceding '\\'",
    ),
    (
        {"text": "ж *x", "parse_mode": "MarkdownV2"},
        "can't parse entities: Can't find end of Bold entity at byte offset 3",
    ),
    (
        {"text": "ж *x", "parse_mode": "Markdown"},
        "can't parse entities: Can't find end of the entity starting at byte offset 3",
    ),
    (
        {"text": "x", "entities": [{"type": "bold", "offset": 0, "length": 2}]},
        "ENTITY_BOUNDS_INVALID",
    ),
    (
        {"text": "😀", "entities": [{"type": "bold", "offset": 0, "length": 1}]},
        "ENTITY_BOUNDS_INVALID",
    ),
    (
        {"text": "x" * 101, "entities": [{"type": "bold", "offset": 0, "length": 1}] * 101},
        "ENTITIES_TOO_LONG",
    ),
    (
        {"text": "x", "entities": [{"type": "bolt", "offset": 0, "length": 1}]},
        'can\'t parse MessageEntity: unsupported type "bolt"',
    ),
    ({"text": "x", "reply_parameters": {"message_id": 999}}, "message to be replied not found"),
    ({"text": "x", "message_thread_id": 999}, "message thread not found"),
    ({"text": "x", "chat_id": 424242}, "chat not found"),
    ({"text": "x", "chat_id": "@nobody"}, "chat not found"),
    ({"text": "x", "chat_id": None}, "chat_id is empty"),
    (
        {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "x"}]]}},
        "inline keyboard button URL 'x' is invalid: Wrong HTTP URL",
    ),
    ({"text": "x", "colour": "red"}, 'unknown parameter "colour"'),
]


@pytest.mark.parametrize(("parameters", "text"), MESSAGES)
async def test_a_wrong_message_is_refused(
    call: Call, vera: int, parameters: dict[str, Any], text: str
) -> None:
    status, body = await call("sendMessage", **{"chat_id": vera, **parameters})
    assert (status, body["ok"], body["error_code"]) == (400, False, 400)
    assert body["description"] == f"Bad Request: {text}"


async def test_lengths_are_counted_after_parsing_and_in_characters(call: Call, vera: int) -> None:
    status, body = await call(
        "sendMessage", chat_id=vera, text="<b>" + "ж" * 4096 + "</b>", parse_mode="HTML"
    )
    assert status == 200
    assert body["result"]["entities"] == [{"type": "bold", "offset": 0, "length": 4096}]
    status, _ = await call("sendMessage", chat_id=vera, text="x", reply_markup=button("d" * 64))
    assert status == 200


async def test_a_keyboard_of_more_than_a_hundred_buttons_is_refused(call: Call, vera: int) -> None:
    rows = [[{"text": "x", "callback_data": "d"}]] * 101
    markup = {"inline_keyboard": rows}
    _, body = await call("sendMessage", chat_id=vera, text="x", reply_markup=markup)
    assert body["description"] == "Bad Request: reply markup is too long"


async def test_a_caption_of_1025_characters_is_refused(bot: telegram.Bot, vera: int) -> None:
    photo = (await bot.send_photo(vera, sample_photo())).photo[-1].file_id
    assert (await bot.send_photo(vera, photo, caption="ж" * 1024)).caption == "ж" * 1024
    with pytest.raises(telegram.error.BadRequest, match="caption is too long"):
        await bot.send_photo(vera, photo, caption="ж" * 1025)


async def test_an_unmodified_edit_is_refused(bot: telegram.Bot, vera: int) -> None:
    message = await bot.send_message(vera, "one")
    await message.edit_text("two")
    with pytest.raises(telegram.error.BadRequest, match="exactly the same as a current content"):
        await message.edit_text("two")
    edited = await message.edit_text("three")
    assert isinstance(edited, telegram.Message)
    assert edited.text == "three"


async def test_missing_messages_can_be_neither_edited_nor_deleted(call: Call, vera: int) -> None:
    _, body = await call("editMessageText", chat_id=vera, message_id=999, text="x")
    assert body["description"] == "Bad Request: message to edit not found"
    _, body = await call("deleteMessage", chat_id=vera, message_id=999)
    assert body["description"] == "Bad Request: message to delete not found"


async def test_others_messages_cannot_be_edited(box: Sandbox, call: Call, vera: int) -> None:
    told = await box.act("vera", "text", text="mine")
    number = told["message"]["message_id"]
    _, body = await call("editMessageText", chat_id=vera, message_id=number, text="yours")
    assert body["description"] == "Bad Request: message can't be edited"


async def test_after_48_hours_nothing_is_deleted(
    box: Sandbox, bot: telegram.Bot, vera: int
) -> None:
    first, second = await bot.send_message(vera, "1"), await bot.send_message(vera, "2")
    await box.control("POST", "clock", {"seconds": 47 * 3600})
    assert await first.delete()
    await box.control("POST", "clock", {"seconds": 3600})
    with pytest.raises(telegram.error.BadRequest, match="can't be deleted"):
        await second.delete()


@pytest.mark.parametrize(
    ("deed", "text"),
    [("block", "bot was blocked by the user"), (None, "user is deactivated")],
)
async def test_people_who_are_gone_get_nothing(
    box: Sandbox, call: Call, vera: int, deed: str | None, text: str
) -> None:
    if deed:
        await box.act("vera", deed)
    else:
        await box.control("DELETE", "people/vera")
    status, body = await call("sendMessage", chat_id=vera, text="x")
    assert (status, body["description"]) == (403, f"Forbidden: {text}")


async def test_the_bot_cannot_speak_first(box: Sandbox, call: Call, bob: int) -> None:
    status, body = await call("sendMessage", chat_id=bob, text="x")
    expected = "Forbidden: bot can't initiate conversation with a user"
    assert (status, body["description"]) == (403, expected)


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
async def test_a_kicked_bot_and_one_that_left_are_told_so(
    box: Sandbox, call: Call, kind: str
) -> None:
    chat = await make_chat(box, kind, bot=POST)
    await box.act("vera", "member", chat=chat, user="bot", status="kicked")
    status, body = await call("sendMessage", chat_id=chat, text="x")
    assert (status, body["description"]) == (403, f"Forbidden: bot was kicked from the {kind} chat")
    other = await make_chat(box, kind, bot=POST)
    assert (await call("leaveChat", chat_id=other))[0] == 200
    status, body = await call("sendMessage", chat_id=other, text="x")
    expected = f"Forbidden: bot is not a member of the {kind} chat"
    assert (status, body["description"]) == (403, expected)


async def test_a_chat_that_never_saw_the_bot_does_not_exist_for_it(
    box: Sandbox, call: Call
) -> None:
    hidden = await make_chat(box, "channel")
    _, body = await call("sendMessage", chat_id=hidden, text="x")
    assert body["description"] == "Bad Request: chat not found"
    await make_chat(box, "channel", username="centre")
    status, body = await call("sendMessage", chat_id="@centre", text="x")
    assert status == 403
    assert (await call("getChat", chat_id="@centre"))[0] == 200


async def test_posting_in_a_channel_needs_the_right(box: Sandbox, call: Call) -> None:
    chat = await make_chat(box, "channel", bot={"can_delete_messages": True})
    status, body = await call("sendMessage", chat_id=chat, text="x")
    expected = "Bad Request: need administrator rights in the channel chat"
    assert (status, body["description"]) == (400, expected)


async def test_a_muted_bot_lacks_the_right_to_write(box: Sandbox, call: Call) -> None:
    chat = await make_chat(box, "supergroup", bot="member")
    await box.act("vera", "member", chat=chat, user="bot", status="restricted", rights={})
    _, body = await call("sendMessage", chat_id=chat, text="x")
    expected = "Bad Request: not enough rights to send text messages to the chat"
    assert body["description"] == expected


async def test_a_deleted_group_is_gone(box: Sandbox, call: Call) -> None:
    chat = await make_chat(box, "group", bot="member")
    await box.control("DELETE", f"chats/{chat}")
    status, body = await call("sendMessage", chat_id=chat, text="x")
    assert (status, body["description"]) == (403, "Forbidden: the group chat was deleted")


async def test_the_old_id_of_a_group_names_the_new_one(box: Sandbox, bot: telegram.Bot) -> None:
    chat = await make_chat(box, "group", bot="member")
    moved = await box.control("POST", f"chats/{chat}/migrate")
    with pytest.raises(telegram.error.ChatMigrated) as caught:
        await bot.send_message(chat, "x")
    assert caught.value.new_chat_id == moved["id"]
    assert (await bot.send_message(moved["id"], "x")).chat.type == "supergroup"
    updates = [u.message for u in await bot.get_updates() if u.message]
    assert {m.migrate_to_chat_id for m in updates} >= {moved["id"]}
    assert {m.migrate_from_chat_id for m in updates} >= {chat}


@pytest.mark.parametrize("count", [1, 11])
async def test_an_album_has_two_to_ten_items(bot: telegram.Bot, vera: int, count: int) -> None:
    photo = (await bot.send_photo(vera, sample_photo())).photo[-1].file_id
    with pytest.raises(telegram.error.BadRequest, match="2-10 items"):
        await bot.send_media_group(vera, [telegram.InputMediaPhoto(photo)] * count)


@pytest.mark.parametrize("method", ["deleteMessages", "copyMessages", "forwardMessages"])
@pytest.mark.parametrize(
    ("ids", "text"),
    [
        (list(range(1, 102)), "too many message identifiers specified"),
        ([2, 1], "message identifiers must be in a strictly increasing order"),
        ([1, 1], "message identifiers must be in a strictly increasing order"),
        ([], "message identifiers are not specified"),
    ],
)
async def test_lists_of_messages_are_short_and_ordered(
    call: Call, vera: int, method: str, ids: list[int], text: str
) -> None:
    source = {} if method == "deleteMessages" else {"from_chat_id": vera}
    status, body = await call(method, chat_id=vera, message_ids=ids, **source)
    assert (status, body["description"]) == (400, f"Bad Request: {text}")


async def test_protected_messages_stay_where_they_are(bot: telegram.Bot, vera: int) -> None:
    message = await bot.send_message(vera, "x", protect_content=True)
    for move in (message.forward, message.copy):
        with pytest.raises(telegram.error.BadRequest, match="protected content"):
            await move(vera)


async def test_a_wrong_token_is_unauthorised_and_a_malformed_one_not_found(call: Call) -> None:
    status, body = await call("getMe", token="123456789:" + "A" * 35)
    assert (status, body["description"]) == (401, "Unauthorized")
    status, body = await call("getMe", token="nonsense")
    assert (status, body["description"]) == (404, "Not Found: method not found")


async def test_an_unknown_method_is_never_a_silent_true(call: Call) -> None:
    for method in ("sendDice", "sendEverything", "getmee"):
        status, body = await call(method)
        assert (status, body["description"]) == (404, "Not Found: method not found")


async def test_methods_are_found_without_regard_to_case_by_get_and_by_form(box: Sandbox) -> None:
    async with aiohttp.ClientSession(trust_env=False) as session:
        url = f"{box.bot_url}{box.bot_token}"
        async with session.get(f"{url}/GETME") as answer:
            assert (await answer.json())["result"]["is_bot"] is True
        form = {"chat_id": "@vera", "text": "x"}
        async with session.post(f"{url}/sendMessage", data=form) as answer:
            assert answer.status == 400


async def test_what_is_not_modelled_says_so(call: Call, vera: int) -> None:
    for method, parameters in (
        ("sendMessage", {"chat_id": vera, "text": "x", "business_connection_id": "b"}),
        ("sendPoll", {"chat_id": vera, "question": "?", "options": ["a", "b"], "type": "quiz"}),
    ):
        status, body = await call(method, **parameters)
        assert status == 400
        assert body["description"].endswith("is not modelled by the sandbox")


async def test_a_request_that_is_not_json_is_refused(box: Sandbox) -> None:
    async with aiohttp.ClientSession(trust_env=False) as session:
        url = f"{box.bot_url}{box.bot_token}/sendMessage"
        headers = {"Content-Type": "application/json"}
        for raw in (b"{", b"[]", b"\xff", b'"x"'):
            async with session.post(url, data=raw, headers=headers) as answer:
                assert (answer.status, (await answer.json())["ok"]) == (400, False)
