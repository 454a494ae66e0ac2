"""Texts as Telegram keeps them: trimmed, with entities counted in UTF-16 units."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.errors import bad
from sandbox.types import Json

MAX_ENTITIES = 100
KINDS = frozenset(
    {
        "mention",
        "hashtag",
        "cashtag",
        "bot_command",
        "url",
        "email",
        "phone_number",
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
        "date_time",
    }
)
NEEDS = {
    "text_link": ("url", str),
    "text_mention": ("user", dict),
    "custom_emoji": ("custom_emoji_id", str),
    "date_time": ("unix_time", int),
}
# Found in any text by the server; a client that sends them itself is not believed.
FOUND_BY_SERVER = frozenset(
    {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"}
)
_TLD = r"(?:com|org|net|info|news|media|eu|be|by|ru|fr|nl|me|io|int|gov|edu|test|example)"
_FOUND = re.compile(
    r"(?P<email>(?<![\w.@/])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<url>(?:https?|tg|ton)://[^\s<>\"]+"
    rf"|(?<![\w@./-])(?:[\w-]+\.)+{_TLD}(?![\w-])(?::\d+)?(?:[/?#][^\s<>\"]*)?)"
    r"|(?P<bot_command>(?<![\w/<>@.])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/]))"
    r"|(?P<mention>(?<![\w@])@[A-Za-z0-9_]{3,32}(?!\w))"
    r"|(?P<hashtag>(?<![\w#&])#(?=\w*[^\W\d_])\w{1,256})"
    r"|(?P<cashtag>(?<![\w$])\$[A-Z]{1,8}(?!\w))"
)
_TRAILING = ".,:;!?)]}'\""


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its entities, as it appears in messages."""

    text: str
    entities: list[Json]

    def put(self, into: Json, *, text: str = "text", entities: str = "entities") -> None:
        """Write both under the names that a message uses."""
        into[text] = self.text
        if self.entities:
            into[entities] = self.entities


def units(text: str) -> int:
    """Return the length in UTF-16 units, which is how Telegram counts offsets."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def byte_offset(text: str, index: int) -> int:
    """Return the UTF-8 byte offset of a character, which is how parse errors count."""
    return len(text[:index].encode("utf-8", "surrogatepass"))


def entity(kind: str, offset: int, length: int, **more: object) -> Json:
    """Return a `MessageEntity`."""
    return {"type": kind, "offset": offset, "length": length, **more}


def found(text: str) -> Iterator[Json]:
    """Yield the entities that Telegram finds by itself, from left to right."""
    for match in _FOUND.finditer(text):
        kind = match.lastgroup or "url"
        value = match.group()
        if kind == "url":
            value = value.rstrip(_TRAILING)
        yield entity(kind, units(text[: match.start()]), units(value))


def _span(item: Json) -> tuple[int, int]:
    return item["offset"], item["offset"] + item["length"]


def _overlaps(one: Json, others: Iterable[Json]) -> bool:
    start, end = _span(one)
    return any(start < e and s < end for s, e in map(_span, others))


def _checked(item: object, text_units: int) -> Json:
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        raise bad('can\'t parse MessageEntity: field "type" must be of type String')
    kind = item["type"]
    if kind not in KINDS:
        raise bad(f'can\'t parse MessageEntity: unsupported type "{kind}"')
    for name in ("offset", "length"):
        if type(item.get(name)) is not int:
            raise bad(f'can\'t parse MessageEntity: field "{name}" must be of type Number')
    if item["offset"] < 0 or item["length"] <= 0 or _span(item)[1] > text_units:
        raise bad("ENTITY_BOUNDS_INVALID")
    if kind in NEEDS:
        name, wanted = NEEDS[kind]
        if not isinstance(item.get(name), wanted):
            raise bad(f'can\'t parse MessageEntity: field "{name}" is needed for {kind}')
    return {key: value for key, value in item.items() if value is not None}


def checked(text: str, items: object) -> list[Json]:
    """Check a client's entities: kinds, bounds, halves of surrogate pairs, number."""
    if not isinstance(items, list):
        raise bad("can't parse entities: expected an Array of MessageEntity")
    if len(items) > MAX_ENTITIES:
        raise bad("ENTITIES_TOO_LONG")
    raw = text.encode("utf-16-le", "surrogatepass")
    entities = [_checked(item, len(raw) // 2) for item in items]
    for item in entities:
        for edge in _span(item):
            if edge * 2 < len(raw) and 0xDC <= raw[edge * 2 + 1] <= 0xDF:
                raise bad("ENTITY_BOUNDS_INVALID")
    return entities


def finish(text: str, entities: list[Json]) -> Text:
    """Trim both ends as the server does, add what it finds itself, and order everything."""
    stripped = text.strip(" \t\r\n\x0b\x0c")
    shift = units(text[: text.find(stripped)]) if stripped else 0
    size = units(stripped)
    kept = []
    for item in entities:
        start, end = (min(max(edge - shift, 0), size) for edge in _span(item))
        if end > start and item["type"] not in FOUND_BY_SERVER:
            kept.append({**item, "offset": start, "length": end - start})
    opaque = [i for i in kept if i["type"] in ("code", "pre", "text_link", "text_mention")]
    kept += [item for item in found(stripped) if not _overlaps(item, opaque)]
    return Text(stripped, sorted(kept, key=lambda i: (i["offset"], -i["length"])))


def typed(text: str) -> Text:
    """Return what a person typed, with the entities that Telegram computes."""
    return finish(text, [])
