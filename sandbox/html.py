"""parse_mode HTML, with the errors of the real parser."""

import html
import re
from dataclasses import dataclass, field

from sandbox.entities import byte_offset, entity, units
from sandbox.errors import cant_parse
from sandbox.strings import address, whole
from sandbox.types import Json

SIMPLE = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
}
OTHERS = ("a", "span", "tg-emoji", "tg-time", "blockquote")
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*")
_ATTRIBUTE = re.compile(r"\s+([a-zA-Z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+)))?")
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot);|#(\d{1,7});|#[xX]([0-9a-fA-F]{1,6});)")


@dataclass(slots=True)
class Open:
    """A start tag that waits for its end."""

    tag: str
    attributes: dict[str, str]
    offset: int


@dataclass(slots=True)
class Parser:
    """One walk over a text."""

    source: str
    at: int = 0
    out: str = ""
    stack: list[Open] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)

    def parse(self) -> tuple[str, list[Json]]:
        """Return the plain text and its entities."""
        while self.at < len(self.source):
            char = self.source[self.at]
            if char == "<":
                self._tag()
            elif char == "&" and (match := _REFERENCE.match(self.source, self.at)):
                self.out += html.unescape(match.group())
                self.at = match.end()
            else:
                self.out += char
                self.at += 1
        if self.stack:
            tag = self.stack[-1].tag
            raise cant_parse(f'Can\'t find end tag corresponding to start tag "{tag}"')
        return self.out, self.entities

    def _tag(self) -> None:
        begin = self.at
        closing = self.source.startswith("</", begin)
        match = _NAME.match(self.source, begin + (2 if closing else 1))
        name = match.group().lower() if match else ""
        if closing:
            self._end(begin, name, match.end() if match else begin + 2)
            return
        if name not in SIMPLE and name not in OTHERS:
            where = byte_offset(self.source, begin)
            raise cant_parse(f'Unsupported start tag "{name}" at byte offset {where}')
        assert match is not None
        self._start(begin, name, match.end())

    def _start(self, begin: int, name: str, at: int) -> None:
        attributes: dict[str, str] = {}
        while match := _ATTRIBUTE.match(self.source, at):
            key, *values = match.groups()
            value = next((v for v in values if v is not None), "")
            attributes[key.lower()] = html.unescape(value)
            at = match.end()
        at = len(self.source) - len(self.source[at:].lstrip())
        where = byte_offset(self.source, begin)
        if not self.source.startswith(">", at):
            raise cant_parse(f'Unclosed start tag "{name}" at byte offset {where}')
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise cant_parse(f'Tag "span" must have class "tg-spoiler" at byte offset {where}')
        self.stack.append(Open(name, attributes, units(self.out)))
        self.at = at + 1

    def _end(self, begin: int, name: str, at: int) -> None:
        where = byte_offset(self.source, begin)
        at = len(self.source) - len(self.source[at:].lstrip())
        if not self.source.startswith(">", at):
            raise cant_parse(f"Unclosed end tag at byte offset {where}")
        if not self.stack:
            raise cant_parse(f"Unexpected end tag at byte offset {where}")
        top = self.stack.pop()
        if name and name != top.tag:
            raise cant_parse(
                f'Unmatched end tag at byte offset {where}, expected "</{top.tag}>", '
                f'found "</{name}>"'
            )
        self.at = at + 1
        length = units(self.out) - top.offset
        if length > 0 and (made := self._made(top, length)):
            self.entities.append(made)

    def _made(self, top: Open, length: int) -> Json | None:
        match top.tag:
            case "a":
                return self._link(top, length)
            case "tg-emoji":
                emoji = top.attributes.get("emoji-id", "")
                return entity("custom_emoji", top.offset, length, custom_emoji_id=emoji)
            case "tg-time":
                return self._time(top, length)
            case "blockquote":
                kind = "expandable_blockquote" if "expandable" in top.attributes else "blockquote"
                return entity(kind, top.offset, length)
            case "span":
                return entity("spoiler", top.offset, length)
            case "code" if self.stack and self.stack[-1].tag == "pre":
                language = top.attributes.get("class", "").removeprefix("language-")
                self.stack[-1].attributes["language"] = language
                return None
            case "pre" if top.attributes.get("language"):
                return entity("pre", top.offset, length, language=top.attributes["language"])
            case _:
                return entity(SIMPLE[top.tag], top.offset, length)

    def _link(self, top: Open, length: int) -> Json | None:
        raw = self.out.encode("utf-16-le")[top.offset * 2 :].decode("utf-16-le")
        return link(top.attributes.get("href") or raw, top.offset, length)

    def _time(self, top: Open, length: int) -> Json | None:
        unix = top.attributes.get("unix", "")
        if (moment := whole(unix)) is None:
            raise cant_parse('Tag "tg-time" must have a valid attribute "unix"')
        more: Json = {"unix_time": moment}
        if shown := top.attributes.get("format"):
            more["date_time_format"] = shown
        return entity("date_time", top.offset, length, **more)


def link(url: str, offset: int, length: int) -> Json | None:
    """Return the entity of a link; an address that is not one makes plain text."""
    parts = address(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https", "tg", "ton") or not parts.netloc:
        return None
    if "." not in parts.netloc and parts.scheme in ("http", "https"):
        return None
    return entity("text_link", offset, length, url=url if "://" in url else parts.geturl() + "/")


def parse(text: str) -> tuple[str, list[Json]]:
    """Parse HTML into text and entities, or refuse with the byte offset of the mistake."""
    return Parser(text).parse()
