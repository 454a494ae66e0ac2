"""sendMessage and sendChatAction."""

from sandbox import access, posting
from sandbox.calls import Call
from sandbox.errors import bad
from sandbox.methods.registry import method
from sandbox.methods.sending import send, text_of
from sandbox.types import Json
from sandbox.world import World

ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
ACTION_LASTS = 5.0


@method("sendMessage", cost=1)
def send_message(world: World, call: Call) -> Json:
    """Send a text."""
    content: Json = {}
    text_of(call).put(content)
    if preview := call.obj("link_preview_options"):
        content["link_preview_options"] = preview
    return posting.seen(world, send(world, call, "text", content))


@method("sendChatAction")
def send_chat_action(world: World, call: Call) -> bool:
    """Show for five seconds what the bot is doing."""
    chat = access.writable(world, call, "text")
    if chat.type == "channel":
        raise bad("channel chats aren't supported")
    action = call.text("action")
    if action not in ACTIONS:
        raise bad("wrong parameter action in request")
    chat.action = (action, world.clock.now() + ACTION_LASTS)
    world.events.tell("action", chat_id=chat.id)
    return True
