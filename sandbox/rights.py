"""Administrators' rights and members' permissions, as full sets of flags."""

from collections.abc import Mapping

from sandbox.types import ChatType

COMMON = (
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
IN_CHANNELS = ("can_post_messages", "can_edit_messages", "can_manage_direct_messages")
IN_GROUPS = ("can_pin_messages", "can_manage_topics")
ALL = (*COMMON, *IN_CHANNELS, *IN_GROUPS)
PERMISSIONS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_edit_tag",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)


def known(kind: ChatType) -> tuple[str, ...]:
    """Return the rights that exist in this kind of chat."""
    return (*COMMON, *(IN_CHANNELS if kind == "channel" else IN_GROUPS))


def full(kind: ChatType, given: Mapping[str, object] | None = None) -> dict[str, bool]:
    """Return every right there is, on where given; nothing given means all but anonymity."""
    names = known(kind)
    if given is None:
        return {name: name != "is_anonymous" for name in names}
    rights = {name: bool(given.get(name, False)) for name in names}
    # Telegram implies the basic right as soon as there is any other.
    rights["can_manage_chat"] = rights["can_manage_chat"] or any(rights.values())
    return rights


def permissions(given: Mapping[str, object] | None = None) -> dict[str, bool]:
    """Return a full `ChatPermissions`; nothing given means what a new group allows."""
    if given is None:
        closed = {"can_change_info", "can_pin_messages", "can_manage_topics"}
        return {name: name not in closed for name in PERMISSIONS}
    return {name: bool(given.get(name, False)) for name in PERMISSIONS}
