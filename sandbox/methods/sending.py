"""What all sending methods share: texts, replies, topics, keyboards, options."""

from sandbox import access, keyboards, posting
from sandbox.calls import Call
from sandbox.chats import Chat
from sandbox.entities import Text, checked, finish
from sandbox.errors import bad
from sandbox.html import parse as parse_html
from sandbox.markdown import parse_old, parse_v2
from sandbox.messages import Message
from sandbox.types import Json
from sandbox.world import World

MAX_TEXT = 4096
MAX_CAPTION = 1024
PARSERS = {"html": parse_html, "markdownv2": parse_v2, "markdown": parse_old}


def formatted(text: str, mode: str | None, given: object) -> Text:
    """Return a text with its entities from a parse mode or from a list."""
    if mode:
        parser = PARSERS.get(mode.lower())
        if parser is None:
            raise bad(f'unsupported parse_mode "{mode}"')
        return finish(*parser(text))
    return finish(text, checked(text, given) if given else [])


def text_of(call: Call, name: str = "text") -> Text:
    """Return the text of a message, 1 to 4096 characters after parsing."""
    text = formatted(call.text(name), call.text("parse_mode") or None, call.items("entities"))
    if not text.text:
        raise bad("message text is empty")
    if len(text.text) > MAX_TEXT:
        raise bad("message is too long")
    return text


def caption_of(source: Call | Json) -> Json:
    """Return the caption fields of a call or of an item of an album."""
    if isinstance(source, Call):
        raw, mode = source.text("caption"), source.text("parse_mode") or None
        given: object = source.items("caption_entities")
        above = source.flag("show_caption_above_media")
    else:
        raw, mode = source.get("caption") or "", source.get("parse_mode")
        given, above = source.get("caption_entities"), bool(source.get("show_caption_above_media"))
    if not raw:
        return {}
    text = formatted(raw, mode, given)
    if len(text.text) > MAX_CAPTION:
        raise bad("message caption is too long")
    content: Json = {"show_caption_above_media": True} if above else {}
    if text.text:
        text.put(content, text="caption", entities="caption_entities")
    return content


def markup_of(call: Call, chat: Chat) -> Json | None:
    """Return the checked keyboard of a call."""
    markup = call.obj("reply_markup")
    return keyboards.checked(markup, private=chat.type == "private") if markup else None


def reply_of(call: Call, chat: Chat) -> int | None:
    """Return the id of the message replied to, which must exist unless told otherwise."""
    reply = call.obj("reply_parameters")
    if reply is None:
        return None
    if str(reply.get("chat_id", chat.id)) not in (str(chat.id), f"@{chat.username}"):
        raise bad("replies to other chats are not modelled by the sandbox")
    wanted = Call(call.method, reply).integer("message_id")
    if chat.live(wanted):
        return wanted
    if reply.get("allow_sending_without_reply"):
        return None
    raise bad("message to be replied not found")


def thread_of(world: World, call: Call, chat: Chat) -> int | None:
    """Return the topic, which must exist and be open to the bot."""
    thread = call.integer("message_thread_id")
    if not thread:
        return None
    topic = chat.topics.get(thread)
    if topic is None:
        raise bad("message thread not found")
    if topic.closed and not world.bot_in(chat).may("can_manage_topics"):
        raise bad("TOPIC_CLOSED")
    return thread


def send(world: World, call: Call, kind: str, content: Json, *, keyboard: bool = True) -> Message:
    """Check everything about the place and the options, then post as the bot."""
    chat = access.writable(world, call, kind)
    if call.has("message_effect_id"):
        if chat.type != "private":
            raise bad("EFFECT_ID_INVALID")
        content = content | {"effect_id": call.text("message_effect_id")}
    thread = thread_of(world, call, chat)
    return posting.post(
        world,
        chat,
        world.bot_id,
        content,
        reply_to=reply_of(call, chat),
        thread=thread,
        keyboard=markup_of(call, chat) if keyboard else None,
        silent=call.flag("disable_notification"),
        protected=call.flag("protect_content"),
    )
