"""Invite links and requests to join."""

from sandbox import access, members
from sandbox.calls import Call
from sandbox.chats import Chat
from sandbox.errors import bad
from sandbox.methods.registry import method
from sandbox.types import Json
from sandbox.world import World


def new_link(world: World, chat: Chat, *, creator: int, primary: bool = False) -> Json:
    """Make a link that lets people in."""
    link: Json = {
        "invite_link": f"https://t.me/+{world.slug()}",
        "creator": world.user(creator),
        "creates_join_request": False,
        "is_primary": primary,
        "is_revoked": False,
    }
    chat.links[link["invite_link"]] = link
    return link


def _options(call: Call, link: Json) -> Json:
    if len(call.text("name")) > 32:
        raise bad("invite link name is too long")
    if call.flag("creates_join_request") and call.integer("member_limit"):
        raise bad("member limit can't be specified for links requiring administrator approval")
    for name in ("name", "expire_date", "member_limit"):
        link.pop(name, None)
    if call.has("name"):
        link["name"] = call.text("name")
    for name in ("expire_date", "member_limit"):
        if value := call.integer(name):
            link[name] = value
    link["creates_join_request"] = call.flag("creates_join_request")
    return link


def _chat(world: World, call: Call) -> Chat:
    return access.administered(world, call, "can_invite_users")


def _mine(world: World, call: Call) -> Json:
    link = _chat(world, call).links.get(call.text("invite_link"))
    if link is None or link["creator"]["id"] != world.bot_id:
        raise bad("INVITE_HASH_EXPIRED")
    return link


@method("createChatInviteLink")
def create(world: World, call: Call) -> Json:
    """Make an additional link."""
    chat = _chat(world, call)
    made = _options(call, new_link(world, chat, creator=world.bot_id))
    world.events.tell("chat", chat_id=chat.id)
    return made


@method("editChatInviteLink")
def edit(world: World, call: Call) -> Json:
    """Change a link of the bot."""
    return _options(call, _mine(world, call))


@method("revokeChatInviteLink")
def revoke(world: World, call: Call) -> Json:
    """End a link of the bot."""
    link = _mine(world, call)
    link["is_revoked"] = True
    return link


@method("exportChatInviteLink")
def export(world: World, call: Call) -> str:
    """Replace the bot's primary link."""
    chat = _chat(world, call)
    for link in chat.links.values():
        if link["is_primary"] and link["creator"]["id"] == world.bot_id:
            link["is_revoked"] = True
    return str(new_link(world, chat, creator=world.bot_id, primary=True)["invite_link"])


def _request(world: World, call: Call) -> tuple[Chat, int, Json]:
    chat = _chat(world, call)
    user_id = call.integer("user_id")
    link = chat.requests.pop(user_id, None)
    if link is None:
        raise bad("HIDE_REQUESTER_MISSING")
    return chat, user_id, link


@method("approveChatJoinRequest")
def approve(world: World, call: Call) -> bool:
    """Let somebody in who asked."""
    chat, user_id, link = _request(world, call)
    members.change(world, chat, user_id, "member", by=world.bot_id, link=link, via_request=True)
    return True


@method("declineChatJoinRequest")
def decline(world: World, call: Call) -> bool:
    """Turn a request down."""
    chat, _, _ = _request(world, call)
    world.events.tell("chat", chat_id=chat.id)
    return True
