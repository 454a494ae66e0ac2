"""Every method answers, and its answers and all updates have the published shapes."""

import json
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import telegram

from sandbox import validate
from sandbox.files import sample_photo
from sandbox.methods import everything
from sandbox.server import Sandbox
from tests.sandbox.conftest import Call, make_chat, shared

SPEC = shared() / "data" / "botapi-10.1.json"
needs_spec = pytest.mark.skipif(not SPEC.is_file(), reason="needs the Bot API as data")
PLAIN: dict[str, type | tuple[type, ...]] = {
    "Integer": int,
    "String": str,
    "Boolean": bool,
    "True": bool,
    "Float": (int, float),
}
RULE = {
    "can_" + name: True
    for name in (
        "post_messages",
        "edit_messages",
        "delete_messages",
        "restrict_members",
        "promote_members",
        "invite_users",
        "pin_messages",
        "manage_topics",
        "change_info",
    )
}


def spec() -> Any:
    return json.loads(SPEC.read_text("utf-8"))


@dataclass
class Shapes:
    """Checks values against the types of the published description."""

    types: dict[str, Any]
    problems: list[str] = field(default_factory=list)

    def check(self, wanted: list[str], value: Any, where: str) -> None:
        if not any(self._fits(kind, value) for kind in wanted):
            self.problems.append(f"{where}: {value!r} is not {' or '.join(wanted)}")

    def _fits(self, kind: str, value: Any) -> bool:
        if kind.startswith("Array of "):
            inner = kind.removeprefix("Array of ")
            return isinstance(value, list) and all(self._fits(inner, item) for item in value)
        if kind in PLAIN:
            return isinstance(value, PLAIN[kind]) and isinstance(value, bool) == (
                PLAIN[kind] is bool
            )
        described = self.types[kind]
        if "subtypes" in described:
            return any(self._fits(sub, value) for sub in described["subtypes"])
        return isinstance(value, dict) and self._object(kind, described["fields"], value)

    def _object(self, kind: str, fields: list[Any], value: dict[str, Any]) -> bool:
        known = {f["name"]: f for f in fields}
        missing = {n for n, f in known.items() if f["required"]} - set(value)
        return not missing and all(
            name in known and any(self._fits(t, item) for t in known[name]["types"])
            for name, item in value.items()
        )


@needs_spec
def test_shapes_are_told_apart() -> None:
    shapes = Shapes(spec()["types"])
    user = {"id": 1, "is_bot": False, "first_name": "x"}
    shapes.check(["User"], user, "good")
    assert shapes.problems == []
    for wrong in ({**user, "age": 1}, {"id": 1}, {**user, "id": "1"}, {**user, "is_bot": 1}):
        shapes.check(["User"], wrong, "bad")
    assert len(shapes.problems) == 4


@needs_spec
@pytest.mark.parametrize("name", sorted(m.name for m in everything().values()))
def test_parameters_are_those_of_the_published_description(name: str) -> None:
    described = {f["name"] for f in spec()["methods"][name].get("fields", [])}
    newer = {"rich_message"}
    assert validate.parameters(name) == described - newer


@dataclass
class Scenario:
    """Calls every method with success, and keeps what came back."""

    box: Sandbox
    ask: Call
    results: list[tuple[str, Any]] = field(default_factory=list)

    async def call(self, method: str, **parameters: Any) -> Any:
        status, body = await self.ask(method, **parameters)
        assert status == 200, (method, body)
        self.results.append((method, body["result"]))
        return body["result"]

    async def upload(self, method: str, chat: int, kind: str) -> Any:
        form = aiohttp.FormData({"chat_id": str(chat), "caption": "x"})
        form.add_field(kind, sample_photo(), filename=f"a.{kind}", content_type="image/jpeg")
        url = f"{self.box.bot_url}{self.box.bot_token}/{method}"
        async with (
            aiohttp.ClientSession(trust_env=False) as session,
            session.post(url, data=form) as answer,
        ):
            body = await answer.json()
        assert body["ok"], (method, body)
        self.results.append((method, body["result"]))
        return body["result"]

    async def run(self, vera: int, bob: int) -> None:
        everything_asked = [kind.value for kind in telegram.constants.UpdateType]
        await self.call("getUpdates", allowed_updates=everything_asked)
        await self.about_itself(vera)
        await self.messages(vera)
        await self.media(vera)
        await self.places(vera)
        await self.group(bob)
        await self.channel(bob)
        await self.call("setWebhook", url="http://127.0.0.1:1/")
        await self.call("getWebhookInfo")
        await self.call("deleteWebhook")
        await self.call("logOut")
        await self.call("close")

    async def about_itself(self, vera: int) -> None:
        await self.call("getMe")
        await self.call("setMyCommands", commands=[{"command": "a", "description": "b"}])
        await self.call("getMyCommands")
        scope = {"type": "chat", "chat_id": vera}
        await self.call("deleteMyCommands", scope=scope, language_code="be")
        for name, key in (
            ("Name", "name"),
            ("Description", "description"),
            ("ShortDescription", "short_description"),
        ):
            await self.call(f"setMy{name}", **{key: "x"})
            await self.call(f"getMy{name}")
        await self.call("setMyDefaultAdministratorRights", rights=RULE, for_channels=True)
        await self.call("getMyDefaultAdministratorRights", for_channels=True)
        await self.call("setChatMenuButton", chat_id=vera, menu_button={"type": "commands"})
        await self.call("getChatMenuButton", chat_id=vera)

    async def messages(self, vera: int) -> None:
        keyboard = {"inline_keyboard": [[{"text": "x", "callback_data": "d"}]]}
        preview = {"is_disabled": True}
        one = await self.call(
            "sendMessage",
            chat_id=vera,
            text="<b>a</b> https://a.example",
            parse_mode="HTML",
            reply_markup=keyboard,
            link_preview_options=preview,
        )
        reply = {"message_id": one["message_id"]}
        two = await self.call("sendMessage", chat_id=vera, text="b", reply_parameters=reply)
        ids = [one["message_id"], two["message_id"]]
        await self.call("sendChatAction", chat_id=vera, action="typing")
        await self.box.act("vera", "press", message_id=ids[0], data="d", wait=0)
        (query_id,) = self.box.world.callbacks
        await self.call("answerCallbackQuery", callback_query_id=query_id)
        await self.call("editMessageText", chat_id=vera, message_id=ids[0], text="c")
        await self.call(
            "editMessageReplyMarkup", chat_id=vera, message_id=ids[0], reply_markup=keyboard
        )
        where = {"chat_id": vera, "from_chat_id": vera}
        await self.call("copyMessage", message_id=ids[0], **where)
        await self.call("copyMessages", message_ids=ids, **where)
        await self.call("forwardMessage", message_id=ids[0], **where)
        await self.call("forwardMessages", message_ids=ids, **where)
        heart = [{"type": "emoji", "emoji": "❤"}]
        await self.call("setMessageReaction", chat_id=vera, message_id=ids[0], reaction=heart)
        await self.box.act("vera", "react", message_id=ids[0], emoji="👍")
        await self.call("pinChatMessage", chat_id=vera, message_id=ids[0])
        await self.call("getChat", chat_id=vera)
        await self.call("unpinChatMessage", chat_id=vera, message_id=ids[0])
        await self.call("unpinAllChatMessages", chat_id=vera)
        await self.call("deleteMessage", chat_id=vera, message_id=ids[0])
        await self.call("deleteMessages", chat_id=vera, message_ids=ids)

    async def media(self, vera: int) -> None:
        sent = {}
        for kind in ("photo", "document", "video", "audio", "animation"):
            sent[kind] = await self.upload(f"send{kind.title()}", vera, kind)
        number = sent["photo"]["message_id"]
        photo = sent["photo"]["photo"][-1]["file_id"]
        await self.call("getFile", file_id=photo)
        await self.call("editMessageCaption", chat_id=vera, message_id=number, caption="y")
        media = {"type": "document", "media": sent["document"]["document"]["file_id"]}
        await self.call("editMessageMedia", chat_id=vera, message_id=number, media=media)
        album = [
            {"type": "photo", "media": photo, "caption": "z"},
            {"type": "photo", "media": photo},
        ]
        await self.call("sendMediaGroup", chat_id=vera, media=album)
        await self.box.act("vera", "photo", caption="/see this")

    async def places(self, vera: int) -> None:
        here = {"latitude": 50.85, "longitude": 4.35}
        live = await self.call("sendLocation", chat_id=vera, live_period=600, **here)
        there = {"latitude": 50.86, "longitude": 4.36, "heading": 90}
        where = {"chat_id": vera, "message_id": live["message_id"]}
        await self.call("editMessageLiveLocation", **where, **there)
        await self.call("stopMessageLiveLocation", **where)
        await self.call("sendVenue", chat_id=vera, title="x", address="y", **here)
        await self.call("sendContact", chat_id=vera, phone_number="+1", first_name="x")
        poll = await self.call(
            "sendPoll", chat_id=vera, question="?", options=["a", "b"], is_anonymous=False
        )
        await self.box.act("vera", "vote", message_id=poll["message_id"], options=[0])
        await self.call("stopPoll", chat_id=vera, message_id=poll["message_id"])
        await self.box.act("vera", "venue", title="x", address="y", **here)
        await self.box.act("vera", "contact")
        await self.box.act("vera", "block")
        await self.box.act("vera", "start")

    async def group(self, bob: int) -> None:
        chat = await make_chat(self.box, "supergroup", is_forum=True, members=["bob"], bot=RULE)
        await self.box.act("vera", "text", chat=chat, text="hello @vera")
        topic = await self.call("createForumTopic", chat_id=chat, name="x")
        thread = {"chat_id": chat, "message_thread_id": topic["message_thread_id"]}
        await self.call("sendMessage", text="x", **thread)
        await self.call("editForumTopic", name="y", **thread)
        await self.call("closeForumTopic", **thread)
        await self.call("reopenForumTopic", **thread)
        await self.call("deleteForumTopic", **thread)
        await self.call("getChat", chat_id=chat)
        await self.call("promoteChatMember", chat_id=chat, user_id=bob, can_pin_messages=True)
        await self.call(
            "setChatAdministratorCustomTitle", chat_id=chat, user_id=bob, custom_title="x"
        )
        await self.call("getChatAdministrators", chat_id=chat)
        await self.call("promoteChatMember", chat_id=chat, user_id=bob)
        await self.call(
            "restrictChatMember", chat_id=chat, user_id=bob, permissions={"can_send_polls": True}
        )
        await self.call("getChatMember", chat_id=chat, user_id=bob)
        await self.call("banChatMember", chat_id=chat, user_id=bob)
        await self.call("getChatMember", chat_id=chat, user_id=bob)
        await self.call("unbanChatMember", chat_id=chat, user_id=bob)
        await self.call("setChatPermissions", chat_id=chat, permissions={"can_send_messages": True})
        small = await make_chat(self.box, "group", bot="member")
        await self.box.control("POST", f"chats/{small}/migrate")

    async def channel(self, bob: int) -> None:
        chat = await make_chat(self.box, "channel", username="centre", bot=RULE)
        told = await self.box.act("vera", "text", chat=chat, text="hello")
        await self.box.act(
            "vera", "forward", **{"from": chat, "message_id": told["message"]["message_id"]}
        )
        link = await self.call("createChatInviteLink", chat_id=chat, creates_join_request=True)
        await self.box.act("bob", "join", link=link["invite_link"])
        await self.call("approveChatJoinRequest", chat_id=chat, user_id=bob)
        await self.box.act("bob", "leave", chat=chat)
        await self.box.act("bob", "join", link=link["invite_link"])
        await self.call("declineChatJoinRequest", chat_id=chat, user_id=bob)
        address = {"chat_id": chat, "invite_link": link["invite_link"]}
        await self.call("editChatInviteLink", name="x", **address)
        await self.call("revokeChatInviteLink", **address)
        await self.call("exportChatInviteLink", chat_id=chat)
        await self.call("getChatMemberCount", chat_id=chat)
        await self.call("sendMessage", chat_id=chat, text="x")
        await self.call("leaveChat", chat_id=chat)


@pytest.fixture
async def played(box: Sandbox, call: Call, vera: int, bob: int) -> Scenario:
    scenario = Scenario(box, call)
    await scenario.run(vera, bob)
    return scenario


async def test_every_method_is_called_with_success(played: Scenario) -> None:
    assert {name for name, _ in played.results} == {m.name for m in everything().values()}


@needs_spec
async def test_answers_and_updates_have_the_published_shapes(played: Scenario) -> None:
    described = spec()
    shapes = Shapes(described["types"])
    for name, result in played.results:
        shapes.check(described["methods"][name]["returns"], result, name)
    for pending in played.box.world.updates.queue:
        shapes.check(["Update"], pending.body, pending.kind)
    assert shapes.problems == []
    kinds = {pending.kind for pending in played.box.world.updates.queue}
    assert kinds >= {
        "message",
        "channel_post",
        "callback_query",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "message_reaction",
        "poll",
        "poll_answer",
    }


async def test_the_real_client_reads_every_update(played: Scenario, bot: telegram.Bot) -> None:
    bodies = [pending.body for pending in played.box.world.updates.queue]
    assert [telegram.Update.de_json(body, bot).update_id for body in bodies] == [
        body["update_id"] for body in bodies
    ]
