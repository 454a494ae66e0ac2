"""People and the bot join, leave, rise and fall; the updates that this makes."""

from sandbox import posting, rights
from sandbox.chats import Chat, Member, Status
from sandbox.people import Person
from sandbox.types import Json
from sandbox.world import World


def change(
    world: World,
    chat: Chat,
    user_id: int,
    status: Status,
    *,
    by: int,
    given: Json | None = None,
    permissions: Json | None = None,
    until: int = 0,
    link: Json | None = None,
    via_request: bool = False,
) -> Member:
    """Set somebody's place in a chat and tell whoever Telegram tells."""
    old = chat.member(user_id)
    new = Member(user_id, status, until=until, title=old.title if old.admin else None)
    if status in ("creator", "administrator"):
        new.rights, new.promoted_by = rights.full(chat.type, given), by
    if status == "restricted":
        new.permissions = rights.permissions(permissions)
    new.link = link["invite_link"] if link else old.link
    chat.members[user_id] = new
    more: Json = {"invite_link": link} if link else {}
    if via_request:
        more["via_join_request"] = True
    _announce(world, chat, old, new, by=by)
    _update(world, chat, old, new, by=by, more=more)
    world.events.tell("member", chat_id=chat.id, user_id=user_id)
    return new


def _announce(world: World, chat: Chat, old: Member, new: Member, *, by: int) -> None:
    if chat.type not in ("group", "supergroup") or old.present == new.present:
        return
    user = world.user(new.user_id)
    if new.present:
        posting.service(world, chat, by, {"new_chat_members": [user]})
    elif new.user_id != world.bot_id:
        posting.service(world, chat, by, {"left_chat_member": user})


def _update(world: World, chat: Chat, old: Member, new: Member, *, by: int, more: Json) -> None:
    user = world.user(new.user_id)
    body: Json = {
        "chat": world.chat_json(chat),
        "from": world.user(by),
        "date": world.clock.stamp(),
        "old_chat_member": old.state(user, bot_id=world.bot_id),
        "new_chat_member": new.state(user, bot_id=world.bot_id),
        **more,
    }
    if new.user_id == world.bot_id:
        world.updates.add("my_chat_member", body)
    elif world.bot_in(chat).admin:
        world.updates.add("chat_member", body)


def set_relation(world: World, person: Person, *, blocked: bool) -> None:
    """Block or unblock the bot; the bot hears of it as my_chat_member."""
    before: Status = "member" if blocked else "kicked"
    after: Status = "kicked" if blocked else "member"
    first_time = person.bot == "new"
    changes = (person.bot == "blocked") != blocked
    person.bot = "blocked" if blocked else "started"
    chat = world.chats[person.id]
    world.events.tell("person", person_id=person.id)
    if first_time or not changes:
        return
    old, new = Member(world.bot_id, before), Member(world.bot_id, after)
    _update(world, chat, old, new, by=person.id, more={})


def migrate(world: World, chat: Chat) -> Chat:
    """Turn a group into a supergroup with a new id, telling both chats."""
    new = Chat(
        world.new_chat_id(supergroup=True),
        "supergroup",
        title=chat.title,
        description=chat.description,
        protected=chat.protected,
        migrated_from=chat.id,
    )
    for member in chat.members.values():
        kept = rights.full("supergroup", member.rights) if member.admin else {}
        new.members[member.user_id] = Member(member.user_id, member.status, kept)
    world.chats[new.id] = new
    by = chat.creator or world.bot_id
    posting.service(world, chat, by, {"migrate_to_chat_id": new.id})
    chat.migrated_to = new.id
    posting.service(world, new, by, {"migrate_from_chat_id": chat.id})
    if (bot := world.bot_in(new)).present:
        _update(world, new, Member(world.bot_id), bot, by=by, more={})
    world.events.tell("chat", chat_id=chat.id)
    world.events.tell("chat", chat_id=new.id)
    return new
