"""getChat and leaveChat."""

from sandbox import access, errors, members
from sandbox.calls import Call
from sandbox.errors import bad
from sandbox.methods.registry import method
from sandbox.types import Json
from sandbox.world import World

NO_GIFTS = {
    "unlimited_gifts": False,
    "limited_gifts": False,
    "unique_gifts": False,
    "premium_subscription": False,
    "gifts_from_channels": False,
}


@method("getChat")
def get_chat(world: World, call: Call) -> Json:
    """Return the full chat; of people only those who have ever started the bot."""
    chat = access.find(world, call)
    if chat.type == "private" and world.people[chat.id].bot == "new":
        raise bad(errors.CHAT_NOT_FOUND)
    if chat.type != "private" and not chat.username:
        access.present(world, call)
    full = world.chat_json(chat) | {
        "accent_color_id": abs(chat.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": NO_GIFTS,
    }
    if chat.username:
        full["active_usernames"] = [chat.username]
    if chat.description:
        full["description"] = chat.description
    if chat.type in ("group", "supergroup"):
        full["permissions"] = chat.permissions
    if chat.protected:
        full["has_protected_content"] = True
    if chat.pinned and (pinned := chat.live(chat.pinned[-1])):
        full["pinned_message"] = pinned.data
    return full


@method("leaveChat")
def leave(world: World, call: Call) -> bool:
    """Leave a group or channel."""
    chat = access.present(world, call)
    if chat.type == "private":
        raise bad("chat can't be left")
    members.change(world, chat, world.bot_id, "left", by=world.bot_id)
    return True
