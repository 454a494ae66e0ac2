"""People join, leave, found and run groups and channels."""

from sandbox import cards, founding, members
from sandbox.ask import Ask, find_account
from sandbox.chats import STATUSES, Chat, Status
from sandbox.deeds.registry import administered, deed
from sandbox.errors import Refused
from sandbox.methods.pins import pin_message
from sandbox.types import Json

# What it takes to change somebody's place.
NEEDED = {
    "administrator": "can_promote_members",
    "member": "can_invite_users",
    "restricted": "can_restrict_members",
    "left": "can_restrict_members",
    "kicked": "can_restrict_members",
}


def _card(ask: Ask, chat: Chat) -> Json:
    return cards.chat_card(ask.world, chat)


@deed("join")
def join(ask: Ask) -> Json:
    """Join a public chat, or through a link, which may need an approval."""
    ask.only("chat", "link")
    chat, link = _door(ask)
    if chat.member(ask.me.id).present:
        raise Refused("already in", status=409)
    if chat.member(ask.me.id).status == "kicked":
        raise Refused("this person was banned there", status=409)
    if link is not None and link["creates_join_request"]:
        return _request(ask, chat, link)
    members.change(ask.world, chat, ask.me.id, "member", by=ask.me.id, link=link)
    return {"chat": _card(ask, chat), "requested": False}


def _door(ask: Ask) -> tuple[Chat, Json | None]:
    address = ask.get("link", str)
    if address is None:
        chat = ask.chat(default=None)
        if chat.type == "private" or chat.deleted or not chat.username:
            raise Refused("this chat is not public", status=409)
        return chat, None
    for chat in ask.world.chats.values():
        if (link := chat.links.get(address)) and not chat.deleted:
            _check_link(ask, chat, link)
            return chat, link
    raise Refused("there is no such link", status=404)


def _check_link(ask: Ask, chat: Chat, link: Json) -> None:
    expired = link.get("expire_date", 2**40) <= ask.world.clock.now()
    used = sum(m.present and m.link == link["invite_link"] for m in chat.members.values())
    full = used >= link.get("member_limit", used + 1)
    if link["is_revoked"] or expired or full:
        raise Refused("this link has expired", status=409)


def _request(ask: Ask, chat: Chat, link: Json) -> Json:
    chat.requests[ask.me.id] = link
    if ask.world.bot_in(chat).may("can_invite_users"):
        body: Json = {
            "chat": chat.json(),
            "from": ask.me.user(),
            "user_chat_id": ask.me.id,
            "date": ask.world.clock.stamp(),
            "invite_link": link,
        }
        ask.world.updates.add("chat_join_request", body)
    ask.world.events.tell("chat", chat_id=chat.id)
    return {"chat": _card(ask, chat), "requested": True}


@deed("leave")
def leave(ask: Ask) -> Json:
    """Leave a group or channel."""
    ask.only("chat")
    chat = ask.chat(default=None)
    if not chat.member(ask.me.id).present:
        raise Refused("this person is not there", status=409)
    members.change(ask.world, chat, ask.me.id, "left", by=ask.me.id)
    return {"chat": _card(ask, chat)}


@deed("member")
def member(ask: Ask) -> Json:
    """Add, promote, demote, restrict or kick somebody, or the bot."""
    ask.only("chat", "user", "status", "rights", "until")
    status = _status(ask)
    chat, account = ask.chat(default=None), find_account(ask.world, ask.body.get("user"))
    _check_power(ask, chat, account, status)
    if chat.type == "channel" and account == ask.world.bot_id and status == "member":
        raise Refused("in a channel a bot can only be an administrator")
    given = ask.get("rights", dict)
    changed = members.change(
        ask.world,
        chat,
        account,
        status,
        by=ask.me.id,
        given=given,
        permissions=given,
        until=ask.get("until", int, 0),
    )
    return {"chat": _card(ask, chat), "member": cards.member_card(ask.world, changed)}


def _status(ask: Ask) -> Status:
    wanted = ask.text("status")
    for status in STATUSES[1:]:
        if status == wanted:
            return status
    raise Refused(f"status must be one of {', '.join(STATUSES[1:])}")


def _check_power(ask: Ask, chat: Chat, account: int, status: str) -> None:
    mine, theirs = chat.member(ask.me.id), chat.member(account)
    right = "can_promote_members" if theirs.admin else NEEDED[status]
    if theirs.status == "creator" or not mine.may(right):
        raise Refused(f"this person lacks {right} there", status=409)


@deed("create")
def create(ask: Ask) -> Json:
    """Found a group, supergroup or channel."""
    return _card(ask, founding.found(ask.world, ask.body | {"creator": ask.me.id}))


@deed("topic")
def topic(ask: Ask) -> Json:
    """Open a forum topic."""
    ask.only("chat", "name")
    chat = administered(ask, "can_manage_topics")
    if not chat.is_forum:
        raise Refused("this chat has no topics", status=409)
    made = founding.add_topic(ask.world, chat, ask.text("name"), by=ask.me.id)
    return {"topic": {"id": made.id, "name": made.name, "closed": False}}


@deed("pin")
def pin(ask: Ask) -> Json:
    """Pin a message."""
    ask.only("chat", "message_id")
    wanted = ask.chat()
    right = "can_edit_messages" if wanted.type == "channel" else "can_pin_messages"
    chat = wanted if wanted.type == "private" else administered(ask, right)
    message_id = ask.integer("message_id")
    if chat.live(message_id) is None:
        raise Refused("there is no such message", status=404)
    pin_message(ask.world, chat, message_id, by=ask.me.id)
    return {"chat": _card(ask, chat)}


def _own(ask: Ask) -> Chat:
    ask.only("chat")
    chat = ask.chat(default=None)
    if chat.creator != ask.me.id:
        raise Refused("only the creator may do that", status=409)
    return chat


@deed("migrate")
def migrate(ask: Ask) -> Json:
    """Turn one's group into a supergroup."""
    chat = _own(ask)
    if chat.type != "group" or chat.migrated_to is not None:
        raise Refused("only a group can become a supergroup", status=409)
    return _card(ask, members.migrate(ask.world, chat))


@deed("delete_chat")
def delete_chat(ask: Ask) -> Json:
    """Delete one's group or channel."""
    chat = _own(ask)
    founding.dissolve(ask.world, chat)
    return _card(ask, chat)
