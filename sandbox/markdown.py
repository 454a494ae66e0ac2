"""parse_mode MarkdownV2 and the old Markdown, with the errors of the real parsers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from sandbox.entities import byte_offset, entity, units
from sandbox.errors import cant_parse
from sandbox.html import link
from sandbox.strings import address, whole
from sandbox.types import Json

RESERVED = "_*[]()~`>#+-=|{}.!"
MARKS = (
    ("||", "spoiler"),
    ("__", "underline"),
    ("*", "bold"),
    ("_", "italic"),
    ("~", "strikethrough"),
)
NAMES = {
    "spoiler": "Spoiler",
    "underline": "Underline",
    "bold": "Bold",
    "italic": "Italic",
    "strikethrough": "Strikethrough",
    "code": "Code",
    "pre": "Pre",
    "text_link": "TextUrl",
    "custom_emoji": "CustomEmoji",
    "blockquote": "BlockQuote",
}


@dataclass(slots=True)
class Open:
    """A mark that waits for its partner."""

    kind: str
    offset: int
    where: int


@dataclass(slots=True)
class Parser:
    """One walk over a MarkdownV2 text."""

    source: str
    at: int = 0
    out: str = ""
    stack: list[Open] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)

    def parse(self) -> tuple[str, list[Json]]:
        """Return the plain text and its entities."""
        while self.at < len(self.source):
            self._step()
        self._end_quote()
        if self.stack:
            raise self._unfinished(self.stack[-1])
        return self.out, self.entities

    def _step(self) -> None:
        source, at = self.source, self.at
        char = source[at]
        if char == "\\" and at + 1 < len(source) and 1 <= ord(source[at + 1]) <= 126:
            self._take(source[at + 1], 2)
        elif char == ">" and self._line_start():
            self._quote()
        elif char == "\n":
            self._newline()
        elif char == "`":
            self._code()
        elif char == "[" or source.startswith("![", at):
            self._open("text_link" if char == "[" else "custom_emoji", 1 if char == "[" else 2)
        elif char == "]" and self._inside("text_link", "custom_emoji"):
            self._link()
        elif char in RESERVED:
            self._mark(char)
        else:
            self._take(char, 1)

    def _take(self, text: str, length: int) -> None:
        self.out += text
        self.at += length

    def _inside(self, *kinds: str) -> bool:
        return bool(self.stack) and self.stack[-1].kind in kinds

    def _open(self, kind: str, length: int) -> None:
        self.stack.append(Open(kind, units(self.out), byte_offset(self.source, self.at)))
        self.at += length

    def _close(self, **more: object) -> None:
        top = self.stack.pop()
        if (length := units(self.out) - top.offset) > 0:
            self.entities.append(entity(top.kind, top.offset, length, **more))

    def _line_start(self) -> bool:
        return self.at == 0 or self.source[self.at - 1] == "\n"

    def _mark(self, char: str) -> None:
        for mark, kind in MARKS:
            if self.source.startswith(mark, self.at):
                if self._expands(mark):
                    self.stack[-1].kind = "expandable_blockquote"
                    self.at += len(mark)
                elif self._inside(kind):
                    self.at += len(mark)
                    self._close()
                else:
                    self._open(kind, len(mark))
                return
        raise cant_parse(
            f"Character '{char}' is reserved and must be escaped with the preceding '\\'"
        )

    def _expands(self, mark: str) -> bool:
        rest = self.source[self.at + len(mark) :]
        return mark == "||" and self._inside("blockquote") and rest[:1] in ("", "\n")

    def _quote(self) -> None:
        if not self._inside("blockquote", "expandable_blockquote"):
            self._open("blockquote", 0)
        self.at += 1

    def _newline(self) -> None:
        if not self.source.startswith(">", self.at + 1):
            self._end_quote()
        self._take("\n", 1)

    def _end_quote(self) -> None:
        if self._inside("blockquote", "expandable_blockquote"):
            self._close()

    def _code(self) -> None:
        fence = "```" if self.source.startswith("```", self.at) else "`"
        kind = "pre" if fence == "```" else "code"
        self._open(kind, len(fence))
        language = self._language() if kind == "pre" else ""
        while not self.source.startswith(fence, self.at):
            if self.at >= len(self.source):
                raise self._unfinished(self.stack[-1])
            escaped = self.source[self.at] == "\\" and self.at + 1 < len(self.source)
            self._take(self.source[self.at + escaped], 1 + escaped)
        self.at += len(fence)
        self._close(**({"language": language} if language else {}))

    def _language(self) -> str:
        line, newline, _ = self.source[self.at :].partition("\n")
        if not newline or "`" in line:
            return ""
        self.at += len(line) + 1
        return line.strip()

    def _link(self) -> None:
        if not self.source.startswith("](", self.at):
            if self._inside("custom_emoji"):
                raise cant_parse("Custom emoji entity must contain a tg://emoji URL")
            self.stack[-1].kind, self.at = "plain", self.at + 1
            self.stack.pop()
            return
        end = self.at + 2
        url = ""
        while end < len(self.source) and self.source[end] != ")":
            escaped = self.source[end] == "\\" and end + 1 < len(self.source)
            url += self.source[end + escaped]
            end += 1 + escaped
        if end >= len(self.source):
            where = byte_offset(self.source, self.at + 1)
            raise cant_parse(f"Can't find end of a URL at byte offset {where}")
        self.at = end + 1
        self._linked(self.stack.pop(), url)

    def _linked(self, top: Open, url: str) -> None:
        length = units(self.out) - top.offset
        if top.kind == "text_link":
            made = link(url, top.offset, length)
        else:
            made = _special(url, top.offset, length)
        if made and length > 0:
            self.entities.append(made)

    def _unfinished(self, top: Open) -> Exception:
        name = NAMES.get(top.kind, top.kind)
        return cant_parse(f"Can't find end of {name} entity at byte offset {top.where}")


def _special(url: str, offset: int, length: int) -> Json:
    parts = address(url)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    if parts.scheme == "tg" and parts.netloc == "emoji" and query.get("id"):
        return entity("custom_emoji", offset, length, custom_emoji_id=query["id"])
    unix = whole(query.get("unix", ""))
    if parts.scheme == "tg" and parts.netloc == "time" and unix is not None:
        shown = {"date_time_format": query["format"]} if "format" in query else {}
        return entity("date_time", offset, length, unix_time=unix, **shown)
    raise cant_parse("Custom emoji URL must have an emoji identifier")


def parse_v2(text: str) -> tuple[str, list[Json]]:
    """Parse MarkdownV2 into text and entities, or refuse."""
    return Parser(text).parse()


def parse_old(text: str) -> tuple[str, list[Json]]:
    """Parse the old Markdown, which does not nest and escapes only its own marks."""
    out, entities = "", list[Json]()
    for kind, piece, url in _pieces(text):
        if kind == "text_link":
            made = link(url, units(out), units(piece))
        else:
            made = entity(kind, units(out), units(piece)) if kind else None
        out += piece
        if made and piece:
            entities.append(made)
    return out, entities


def _pieces(text: str) -> Iterator[tuple[str, str, str]]:
    kinds = {"```": "pre", "`": "code", "*": "bold", "_": "italic", "[": "text_link"}
    at = 0
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 2] in ("_", "*", "`", "["):
            yield "", text[at + 1], ""
            at += 2
            continue
        mark = next((m for m in kinds if text.startswith(m, at)), None)
        if mark is None:
            yield "", text[at], ""
            at += 1
            continue
        close = "]" if mark == "[" else mark
        end = text.find(close, at + len(mark))
        if end < 0:
            where = byte_offset(text, at)
            raise cant_parse(f"Can't find end of the entity starting at byte offset {where}")
        piece, at, url = text[at + len(mark) : end], end + len(close), ""
        if mark == "[" and text.startswith("(", at) and (stop := text.find(")", at)) > 0:
            url, at = text[at + 1 : stop], stop + 1
        yield kinds[mark] if mark != "[" or url else "", piece, url
