"""Editing what the bot has sent."""

from sandbox import access, posting
from sandbox.calls import Call
from sandbox.errors import NEED_ADMIN_IN_CHANNEL, NOT_MODIFIED, bad
from sandbox.messages import MEDIA, Message
from sandbox.methods.media import described_content
from sandbox.methods.registry import method
from sandbox.methods.sending import caption_of, markup_of, text_of
from sandbox.types import Json
from sandbox.world import World


def _target(world: World, call: Call) -> Message:
    chat = access.present(world, call)
    message = access.message(chat, call, "message to edit not found")
    member = world.bot_in(chat)
    if chat.type == "channel" and not member.admin:
        raise bad(NEED_ADMIN_IN_CHANNEL)
    others_too = chat.type == "channel" and member.may("can_edit_messages")
    if message.service or (message.sender_id != world.bot_id and not others_too):
        raise bad("message can't be edited")
    return message


def _apply(world: World, call: Call, message: Message, change: Json) -> Json:
    """Change content and inline keyboard; a keyboard left out goes away, as on Telegram."""
    chat = world.chats[message.chat_id]
    markup = markup_of(call, chat)
    if markup is not None and "inline_keyboard" not in markup:
        raise bad("message can't be edited with this keyboard: inline keyboard expected")
    if markup is not None and not markup["inline_keyboard"]:
        markup = None
    change = change | {"reply_markup": markup}
    if all(message.data.get(key) == value for key, value in change.items()):
        raise bad(NOT_MODIFIED)
    posting.edited(world, chat, message, change)
    return posting.seen(world, message)


@method("editMessageText", cost=1)
def edit_text(world: World, call: Call) -> Json:
    """Replace a text."""
    text = text_of(call)
    message = _target(world, call)
    if message.kind != "text":
        raise bad("there is no text in the message to edit")
    change: Json = {"text": text.text, "entities": text.entities or None}
    if preview := call.obj("link_preview_options"):
        change["link_preview_options"] = preview
    return _apply(world, call, message, change)


@method("editMessageCaption", cost=1)
def edit_caption(world: World, call: Call) -> Json:
    """Replace or remove a caption."""
    caption = caption_of(call)
    message = _target(world, call)
    if message.kind not in MEDIA:
        raise bad("there is no caption in the message to edit")
    empty: Json = {
        "caption": None,
        "caption_entities": None,
        "show_caption_above_media": None,
    }
    return _apply(world, call, message, empty | caption)


@method("editMessageReplyMarkup", cost=1)
def edit_markup(world: World, call: Call) -> Json:
    """Replace or remove the inline keyboard."""
    return _apply(world, call, _target(world, call), {})


@method("editMessageMedia", cost=1)
def edit_media(world: World, call: Call) -> Json:
    """Replace the medium together with its caption."""
    media = call.obj("media")
    if media is None or media.get("type") not in MEDIA:
        raise bad("can't parse InputMedia: type must be photo, video, animation, audio, document")
    message = _target(world, call)
    if message.kind not in (*MEDIA, "text"):
        raise bad("message can't be edited")
    kind = str(media["type"])
    new = described_content(world, call, kind, media)
    old = ("text", "entities", "link_preview_options", *MEDIA, "caption", "caption_entities")
    empty: Json = dict.fromkeys(old)
    return _apply(world, call, message, empty | new)
