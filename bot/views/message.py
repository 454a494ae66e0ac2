"""A message as plain data: what views return and delivery turns into Bot API calls."""

from collections.abc import Iterable
from typing import ClassVar, Literal, Self

import msgspec

CALLBACK_LIMIT = 64
"""Bytes of callback data (Bot API, InlineKeyboardButton)."""


TEXT_LIMIT = 4096
"""UTF-16 units of a message, after entities are parsed (Bot API, sendMessage)."""
ENTITY_LIMIT = 100
"""Entities that Telegram keeps of a message; it drops the rest without a word."""


def units(text: str) -> int:
    """Length in UTF-16 code units, in which Telegram counts entity offsets."""
    return len(text.encode("utf-16-le")) // 2


class Press(msgspec.Struct, frozen=True, array_like=True, tag_field="press"):
    """What a button means. Subclass with a short ``tag``; the fields are the arguments.

    Packed as a JSON array into callback data, so it survives restarts and is never split by hand.
    """

    def pack(self) -> str:
        """The callback data; raises ``ValueError`` when it exceeds Telegram's 64 bytes."""
        raw = msgspec.json.encode(self)
        if len(raw) > CALLBACK_LIMIT:
            raise ValueError(f"{len(raw)} bytes of callback data")
        return raw.decode()

    @classmethod
    def pattern(cls) -> str:
        """The regular expression that recognises this press."""
        return rf'^\["{cls.__struct_config__.tag}"[,\]]'

    @classmethod
    def read(cls, data: str) -> Self:
        """Parse callback data; raises ``msgspec.ValidationError`` on an older version's shape."""
        return msgspec.json.decode(data, type=cls)


class Span(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entity of a text: offset and length in UTF-16 units."""

    kind: Literal["bold", "italic", "code", "text_link", "strikethrough", "blockquote", "date_time"]
    offset: int
    length: int
    url: str | None = None
    unix: int | None = None


class Text:
    """Builds a text together with its entities. Every method returns the builder."""

    def __init__(self, text: str = "") -> None:
        self._parts: list[str] = []
        self._spans: list[Span] = []
        self._at = 0
        self.add(text)

    def add(self, text: str) -> Self:
        """Append plain text."""
        self._parts.append(text)
        self._at += units(text)
        return self

    def line(self, text: str = "") -> Self:
        """Append a line break (unless at the very start) and then ``text``."""
        return self.add(f"\n{text}" if self._at else text)

    def gap(self) -> Self:
        """Append an empty line."""
        return self.add("\n")

    def _styled(
        self, kind: str, text: str, *, url: str | None = None, unix: int | None = None
    ) -> Self:
        if text:
            span = {"kind": kind, "offset": self._at, "length": units(text)}
            self._spans.append(msgspec.convert({**span, "url": url, "unix": unix}, Span))
        return self.add(text)

    def bold(self, text: str) -> Self:
        """Append bold text."""
        return self._styled("bold", text)

    def code(self, text: str) -> Self:
        """Append text that a tap copies."""
        return self._styled("code", text)

    def link(self, text: str, url: str) -> Self:
        """Append a link; ``url`` must have been vetted by the caller."""
        return self._styled("text_link", text, url=url)

    def moment(self, text: str, unix: int) -> Self:
        """Append a written time that a reader can also open in their own format."""
        return self._styled("date_time", text, unix=unix)

    def include(self, other: "Text | Message") -> Self:
        """Append another text with its entities."""
        at = self._at
        moved = (msgspec.structs.replace(span, offset=span.offset + at) for span in other.spans)
        self._spans.extend(moved)
        return self.add(other.text)

    @property
    def text(self) -> str:
        """The plain text so far."""
        return "".join(self._parts)

    @property
    def spans(self) -> tuple[Span, ...]:
        """The entities so far."""
        return tuple(self._spans)

    def message(self, *rows: "Iterable[Button]", **options: object) -> "Message":
        """Finish: this text with rows of buttons and any other field of ``Message``."""
        fields = {"buttons": tuple(tuple(row) for row in rows if row), **options}
        return Message(text=self.text, spans=self.spans, **fields)  # type: ignore[arg-type]  # options are Message's own fields


class Button(msgspec.Struct, frozen=True, omit_defaults=True):
    """A button below a message: exactly one of ``data``, ``url`` and ``copy`` is set."""

    label: str
    data: str | None = None
    url: str | None = None
    copy: str | None = None


def button(label: str, press: Press) -> Button:
    """A button that sends ``press`` back."""
    return Button(label, data=press.pack())


class AskLocation(msgspec.Struct, frozen=True, tag="location"):
    """A reply keyboard with one key that shares the place once (private chats only)."""

    label: str
    cancel: str


class AskChannel(msgspec.Struct, frozen=True, tag="channel"):
    """A reply keyboard with one key that opens Telegram's own chooser of channels."""

    label: str
    cancel: str
    request: int


class DropKeyboard(msgspec.Struct, frozen=True, tag="drop"):
    """Take an earlier reply keyboard away."""


class File(msgspec.Struct, frozen=True):
    """A small document made by us, such as a calendar file."""

    name: str
    content: bytes


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person or a channel is to read. ``text`` <= 4096 UTF-16 units.

    ``picture`` is the https URL of one, vetted by the caller; Telegram fetches it itself. It is
    shown above a text that fits in a caption and left out above a longer one.
    """

    text: str
    spans: tuple[Span, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    keyboard: AskLocation | AskChannel | DropKeyboard | None = None
    file: File | None = None
    picture: str | None = None
    silent: bool = True
    protect: bool = False


class Say(msgspec.Struct, frozen=True, tag="say"):
    """Send a new message; ``reply_to`` is a message id in the same chat."""

    message: Message
    reply_to: int | None = None


class Amend(msgspec.Struct, frozen=True, tag="amend"):
    """Replace the text and buttons of an earlier message of ours; send anew where that fails.

    ``photo``: the earlier message is a picture, so that its text is a caption. The picture stays.
    ``fleeting``: nobody asked for it, so that nothing is sent anew where it fails.
    """

    message_id: int
    message: Message
    photo: bool = False
    fleeting: bool = False


class Erase(msgspec.Struct, frozen=True, tag="erase"):
    """Delete a message (ours, or one a person sent us), where Telegram still allows it."""

    message_id: int


class Toast(msgspec.Struct, frozen=True, tag="toast"):
    """Answer a button press: a line over the chat (<= 200 characters), or nothing."""

    LIMIT: ClassVar[int] = 200

    query: str
    text: str = ""
    alert: bool = False


Task = Say | Amend | Erase | Toast
"""One thing to do in one chat."""


def encode(task: Task) -> bytes:
    """As stored (sealed) in the outbox."""
    return msgspec.json.encode(task)


def decode(raw: bytes) -> Task:
    """The inverse of ``encode``."""
    return msgspec.json.decode(raw, type=Task)  # type: ignore[no-any-return]  # msgspec types unions as Any
