"""A message: the Bot API object and what only the sandbox knows about it."""

from dataclasses import dataclass, field

from sandbox.types import Json

# An animation has a document beside it and stays an animation.
MEDIA = ("photo", "video", "animation", "audio", "document")
KINDS = ("text", *MEDIA, "venue", "location", "contact", "poll")
CONTENT = (
    "text",
    "entities",
    "link_preview_options",
    *MEDIA,
    "caption",
    "caption_entities",
    "show_caption_above_media",
    "has_media_spoiler",
    "venue",
    "location",
    "contact",
    "poll",
)


@dataclass(slots=True)
class Message:
    """`data` is the Bot API object without the message replied to, which views put in."""

    chat_id: int
    id: int
    data: Json
    sender_id: int
    reply_to: int | None = None
    keyboard: Json | None = None
    silent: bool = False
    protected: bool = False
    deleted: bool = False
    service: bool = False
    cleared_for: set[int] = field(default_factory=set)
    reactions: dict[int, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What it carries; a venue has a location beside it and stays a venue."""
        return next((kind for kind in KINDS if kind in self.data), "service")

    @property
    def date(self) -> int:
        """When it was sent, Unix seconds."""
        return int(self.data["date"])

    @property
    def thread(self) -> int | None:
        """The topic it belongs to."""
        thread = self.data.get("message_thread_id")
        return None if thread is None else int(thread)

    def content(self) -> Json:
        """Return a copy of what may be copied or forwarded."""
        return {key: self.data[key] for key in CONTENT if key in self.data}

    def erase(self) -> None:
        """Keep the place, drop what was said."""
        self.deleted = True
        kept = ("message_id", "date", "chat", "from", "sender_chat")
        self.data = {key: self.data[key] for key in kept if key in self.data}
