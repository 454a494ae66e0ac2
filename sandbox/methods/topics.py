"""Forum topics."""

from sandbox import access, founding, posting
from sandbox.calls import Call
from sandbox.chats import Chat, Topic
from sandbox.errors import bad
from sandbox.methods.registry import method
from sandbox.types import Json
from sandbox.world import World

MAX_NAME = 128
COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)


def _forum(world: World, call: Call) -> Chat:
    chat = access.present(world, call)
    if not chat.is_forum:
        raise bad("the chat is not a forum")
    if not world.bot_in(chat).may("can_manage_topics"):
        raise bad("not enough rights to manage topics")
    return chat


def _topic(world: World, call: Call) -> tuple[Chat, Topic]:
    chat = _forum(world, call)
    topic = chat.topics.get(call.integer("message_thread_id"))
    if topic is None:
        raise bad("TOPIC_ID_INVALID")
    return chat, topic


def _name(call: Call) -> str:
    name = call.text("name").strip()
    if not 1 <= len(name) <= MAX_NAME:
        raise bad("TOPIC_TITLE_EMPTY" if not name else "topic name is too long")
    return name


def _say(world: World, chat: Chat, topic: Topic, content: Json) -> bool:
    posting.service(world, chat, world.bot_id, content, thread=topic.id)
    world.events.tell("chat", chat_id=chat.id)
    return True


@method("createForumTopic", cost=1)
def create(world: World, call: Call) -> Json:
    """Open a topic; counts as a message."""
    chat = _forum(world, call)
    color = call.integer("icon_color", COLORS[0])
    if color not in COLORS:
        raise bad("invalid icon color specified")
    icon = call.text("icon_custom_emoji_id") or None
    topic = founding.add_topic(
        world, chat, _name(call), by=world.bot_id, icon_color=color, icon_custom_emoji_id=icon
    )
    made: Json = {"message_thread_id": topic.id, "name": topic.name, "icon_color": color}
    return made | ({"icon_custom_emoji_id": icon} if icon else {})


@method("editForumTopic", cost=1)
def edit(world: World, call: Call) -> bool:
    """Rename a topic."""
    chat, topic = _topic(world, call)
    if not call.has("name") and not call.has("icon_custom_emoji_id"):
        raise bad("TOPIC_NOT_MODIFIED")
    changed: Json = {}
    if call.has("name"):
        topic.name = changed["name"] = _name(call)
    if call.has("icon_custom_emoji_id"):
        icon = call.text("icon_custom_emoji_id")
        topic.icon_custom_emoji_id = changed["icon_custom_emoji_id"] = icon
    return _say(world, chat, topic, {"forum_topic_edited": changed})


def _close(world: World, call: Call, *, closed: bool) -> bool:
    chat, topic = _topic(world, call)
    if topic.closed == closed:
        raise bad("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    name = "forum_topic_closed" if closed else "forum_topic_reopened"
    return _say(world, chat, topic, {name: {}})


@method("closeForumTopic")
def close(world: World, call: Call) -> bool:
    """Close a topic to those who may not manage topics."""
    return _close(world, call, closed=True)


@method("reopenForumTopic")
def reopen(world: World, call: Call) -> bool:
    """Open a closed topic again."""
    return _close(world, call, closed=False)


@method("deleteForumTopic")
def delete(world: World, call: Call) -> bool:
    """Delete a topic with everything in it."""
    chat, topic = _topic(world, call)
    del chat.topics[topic.id]
    for message in list(chat.messages.values()):
        if message.thread == topic.id and not message.deleted:
            posting.delete(world, chat, message)
    world.events.tell("chat", chat_id=chat.id)
    return True
