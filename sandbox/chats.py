"""Groups, supergroups with topics, channels and private chats, with their members."""

from dataclasses import dataclass, field
from typing import Literal

from sandbox import rights
from sandbox.messages import Message
from sandbox.types import ChatType, Json

Status = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]
STATUSES: tuple[Status, ...] = (
    "creator",
    "administrator",
    "member",
    "restricted",
    "left",
    "kicked",
)


@dataclass(slots=True)
class Member:
    """One account's place in a chat. `rights` belong to administrators and creators."""

    user_id: int
    status: Status = "left"
    rights: dict[str, bool] = field(default_factory=dict)
    permissions: dict[str, bool] = field(default_factory=dict)
    until: int = 0
    title: str | None = None
    promoted_by: int | None = None
    link: str | None = None

    @property
    def present(self) -> bool:
        """Whether the account is in the chat."""
        return self.status not in ("left", "kicked")

    @property
    def admin(self) -> bool:
        """Whether the account administers the chat."""
        return self.status in ("creator", "administrator")

    def may(self, right: str) -> bool:
        """Whether an administrator holds a right; creators hold all."""
        return self.status == "creator" or (
            self.status == "administrator" and self.rights.get(right, False)
        )

    def state(self, user: Json, *, bot_id: int) -> Json:
        """Return the Bot API `ChatMember`."""
        state: Json = {"status": self.status, "user": user}
        match self.status:
            case "creator":
                state["is_anonymous"] = self.rights.get("is_anonymous", False)
            case "administrator":
                state["can_be_edited"] = self.promoted_by == bot_id
                state |= self.rights
            case "restricted":
                state |= {"is_member": True, **self.permissions, "until_date": self.until}
            case "kicked":
                state["until_date"] = self.until
            case "member" | "left":
                pass
        if self.admin and self.title:
            state["custom_title"] = self.title
        return state


@dataclass(slots=True)
class Topic:
    """A forum topic; its id is the id of the service message that opened it."""

    id: int
    name: str
    icon_color: int = 7322096
    icon_custom_emoji_id: str | None = None
    closed: bool = False


@dataclass(slots=True)
class Chat:
    """A place for messages. A private chat has its person's id."""

    id: int
    type: ChatType
    title: str | None = None
    username: str | None = None
    description: str = ""
    is_forum: bool = False
    protected: bool = False
    deleted: bool = False
    migrated_to: int | None = None
    migrated_from: int | None = None
    members: dict[int, Member] = field(default_factory=dict)
    permissions: dict[str, bool] = field(default_factory=rights.permissions)
    messages: dict[int, Message] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    links: dict[str, Json] = field(default_factory=dict)
    requests: dict[int, Json] = field(default_factory=dict)
    action: tuple[str, float] | None = None
    keyboard: tuple[int, Json] | None = None
    last_id: int = 0

    def member(self, user_id: int) -> Member:
        """Return the account's place here; somebody never seen has left."""
        return self.members.get(user_id) or Member(user_id)

    @property
    def creator(self) -> int | None:
        """The id of the creator, if there is one."""
        return next((m.user_id for m in self.members.values() if m.status == "creator"), None)

    def json(self) -> Json:
        """Return the Bot API `Chat` of a chat that is not private."""
        chat: Json = {"id": self.id, "type": self.type, "title": self.title}
        if self.username:
            chat["username"] = self.username
        if self.is_forum:
            chat["is_forum"] = True
        return chat

    def live(self, message_id: int) -> Message | None:
        """Return a message that exists and was not deleted."""
        message = self.messages.get(message_id)
        return None if message is None or message.deleted else message
