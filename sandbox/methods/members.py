"""Members of groups and channels: seen, promoted, restricted, removed."""

from sandbox import access, members, rights
from sandbox.calls import Call
from sandbox.chats import Chat, Member, Status
from sandbox.errors import bad
from sandbox.methods.registry import method
from sandbox.types import Json
from sandbox.world import World


def _person_id(world: World, call: Call) -> int:
    user_id = call.integer("user_id")
    if user_id not in world.people and user_id != world.bot_id:
        raise bad("user not found")
    return user_id


def _state(world: World, member: Member) -> Json:
    return member.state(world.user(member.user_id), bot_id=world.bot_id)


@method("getChatMember")
def get_chat_member(world: World, call: Call) -> Json:
    """Return somebody's place in a chat."""
    chat = access.present(world, call)
    user_id = _person_id(world, call)
    if chat.type == "private":
        return _state(world, Member(user_id, "member"))
    if chat.type == "channel" and not world.bot_in(chat).admin:
        raise bad("member list is inaccessible")
    return _state(world, chat.member(user_id))


@method("getChatAdministrators")
def get_chat_administrators(world: World, call: Call) -> list[Json]:
    """Return the administrators who are people, and the bot itself."""
    chat = access.present(world, call)
    if chat.type == "private":
        raise bad("there are no administrators in the private chat")
    return [_state(world, m) for m in chat.members.values() if m.admin]


@method("getChatMemberCount")
def get_chat_member_count(world: World, call: Call) -> int:
    """Return how many are in a chat."""
    chat = access.present(world, call)
    if chat.type == "private":
        return 2
    return sum(m.present for m in chat.members.values())


def _other(world: World, call: Call, right: str) -> tuple[Chat, Member]:
    chat = access.administered(world, call, right)
    member = chat.member(_person_id(world, call))
    if member.status == "creator":
        raise bad("can't remove chat owner")
    if member.status == "administrator" and member.promoted_by != world.bot_id:
        raise bad("user is an administrator of the chat")
    return chat, member


@method("promoteChatMember")
def promote(world: World, call: Call) -> bool:
    """Give or take an administrator's rights; the bot cannot give what it lacks."""
    chat, member = _other(world, call, "can_promote_members")
    wanted = {name: True for name in rights.ALL if call.flag(name)}
    if any(not world.bot_in(chat).may(name) for name in wanted if name != "is_anonymous"):
        raise bad("not enough rights")
    if wanted:
        _set(world, chat, member, "administrator", given=wanted)
    else:
        _set(world, chat, member, "member")
    return True


def _set(
    world: World,
    chat: Chat,
    member: Member,
    status: Status,
    *,
    given: Json | None = None,
    permissions: Json | None = None,
    until: int = 0,
) -> None:
    members.change(
        world,
        chat,
        member.user_id,
        status,
        by=world.bot_id,
        given=given,
        permissions=permissions,
        until=until,
    )


@method("banChatMember")
def ban(world: World, call: Call) -> bool:
    """Remove somebody for good, or until a date."""
    chat, member = _other(world, call, "can_restrict_members")
    _set(world, chat, member, "kicked", until=call.integer("until_date"))
    return True


@method("unbanChatMember")
def unban(world: World, call: Call) -> bool:
    """Let somebody come back; whoever is there is removed unless only_if_banned."""
    chat, member = _other(world, call, "can_restrict_members")
    if member.status == "kicked" or (member.present and not call.flag("only_if_banned")):
        _set(world, chat, member, "left")
    return True


@method("restrictChatMember")
def restrict(world: World, call: Call) -> bool:
    """Take a member's permissions in a supergroup, or give them back."""
    chat, member = _other(world, call, "can_restrict_members")
    if chat.type != "supergroup":
        raise bad("method is available only for supergroups")
    given = rights.permissions(call.obj("permissions") or {})
    if all(given.values()):
        _set(world, chat, member, "member")
    else:
        until = call.integer("until_date")
        _set(world, chat, member, "restricted", permissions=given, until=until)
    return True


@method("setChatAdministratorCustomTitle")
def set_title_of_admin(world: World, call: Call) -> bool:
    """Give an administrator whom the bot promoted a title."""
    chat, member = _other(world, call, "can_promote_members")
    if member.status != "administrator" or chat.type != "supergroup":
        raise bad("user is not an administrator")
    member.title = call.text("custom_title")[:16] or None
    return True


@method("setChatPermissions")
def set_permissions(world: World, call: Call) -> bool:
    """Set what members may do by default."""
    chat = access.administered(world, call, "can_restrict_members")
    chat.permissions = rights.permissions(call.obj("permissions") or {})
    world.events.tell("chat", chat_id=chat.id)
    return True
