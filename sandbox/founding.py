"""Groups and channels come into being and end."""

from collections.abc import Iterable

from sandbox import members, posting, rights
from sandbox.ask import find_account, find_person
from sandbox.chats import Chat, Member, Topic
from sandbox.errors import Refused
from sandbox.types import Json
from sandbox.world import World

KNOWN = {
    "type",
    "title",
    "creator",
    "username",
    "id",
    "description",
    "is_forum",
    "members",
    "admins",
    "topics",
    "bot",
    "protected",
}


def found(world: World, body: Json) -> Chat:
    """Create a chat from the control API's body."""
    _check(world, body)
    kind = body["type"]
    chat = Chat(
        body.get("id") or world.new_chat_id(supergroup=kind != "group"),
        kind,
        title=body["title"],
        username=(body.get("username") or "").lstrip("@") or None,
        description=body.get("description") or "",
        is_forum=bool(body.get("is_forum") or body.get("topics")) and kind == "supergroup",
        protected=bool(body.get("protected")),
    )
    creator = find_person(world, body["creator"])
    chat.members[creator.id] = Member(creator.id, "creator", rights.full(kind))
    _people(world, chat, body)
    world.chats[chat.id] = chat
    for name in body.get("topics") or ():
        add_topic(world, chat, name, by=creator.id)
    _bot(world, chat, body.get("bot"), by=creator.id)
    world.events.tell("chat", chat_id=chat.id)
    return chat


def _check(world: World, body: Json) -> None:
    if unknown := set(body) - KNOWN:
        raise Refused(f"a chat has no {', '.join(sorted(unknown))}")
    if body.get("type") not in ("group", "supergroup", "channel"):
        raise Refused("type must be group, supergroup or channel")
    if not isinstance(body.get("title"), str) or not body["title"].strip():
        raise Refused("a chat needs a title")
    if "creator" not in body:
        raise Refused("a chat needs a creator")
    if body.get("username") and world.by_username(body["username"]):
        raise Refused(f"the username {body['username']} is taken")
    if body.get("username") and body["type"] == "group":
        raise Refused("only supergroups and channels have usernames")
    if body.get("id") and (body["id"] in world.chats or body["id"] >= 0):
        raise Refused(f"the id {body['id']} cannot be used")


def _people(world: World, chat: Chat, body: Json) -> None:
    for key in _list(body, "members"):
        person = find_person(world, key)
        chat.members.setdefault(person.id, Member(person.id, "member"))
    for admin in _list(body, "admins"):
        key, given = (
            (admin.get("user"), admin.get("rights")) if isinstance(admin, dict) else (admin, None)
        )
        account = find_account(world, key)
        chat.members[account] = Member(account, "administrator", rights.full(chat.type, given))


def _list(body: Json, name: str) -> Iterable[object]:
    value = body.get(name) or []
    if not isinstance(value, list):
        raise Refused(f"{name} must be a list")
    return value


def _bot(world: World, chat: Chat, wish: object, *, by: int) -> None:
    if wish in (None, False):
        return
    if isinstance(wish, dict):
        members.change(world, chat, world.bot_id, "administrator", by=by, given=wish)
    elif chat.type == "channel":
        raise Refused("in a channel the bot must be an administrator: give its rights")
    else:
        members.change(world, chat, world.bot_id, "member", by=by)


def add_topic(
    world: World,
    chat: Chat,
    name: str,
    *,
    by: int,
    icon_color: int = 7322096,
    icon_custom_emoji_id: str | None = None,
) -> Topic:
    """Open a forum topic; its id is that of the service message."""
    content: Json = {"name": name, "icon_color": icon_color}
    if icon_custom_emoji_id:
        content["icon_custom_emoji_id"] = icon_custom_emoji_id
    message = posting.service(world, chat, by, {"forum_topic_created": content})
    message.data |= {"message_thread_id": message.id, "is_topic_message": True}
    topic = Topic(message.id, name, icon_color, icon_custom_emoji_id)
    chat.topics[topic.id] = topic
    world.events.tell("chat", chat_id=chat.id)
    return topic


def dissolve(world: World, chat: Chat) -> None:
    """Delete a chat for everybody."""
    chat.deleted = True
    world.events.tell("chat", chat_id=chat.id)
