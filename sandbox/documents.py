"""Feed documents whose newest items are held back, and small feeds made here."""

import html
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from sandbox.errors import Refused
from sandbox.types import Json

_ITEM = re.compile(rb"<(item|entry)\b[^>]*>.*?</\1\s*>", re.DOTALL)
_OPENING = re.compile(rb"<(?:item|entry)(?=[\s>])")
_TITLE = re.compile(rb"<title\b[^>]*>(.*?)</title\s*>", re.DOTALL | re.IGNORECASE)


@dataclass(slots=True)
class Document:
    """Somebody's feed, byte by byte, less the items still held.

    `pieces` alternate between what surrounds items (even) and the items themselves (odd).
    """

    raw: bytes
    pieces: list[Any]
    held: list[int]
    whole: Json | None = None

    def render(self) -> bytes:
        """Return the document as it is published now."""
        if self.whole is not None:
            items = [item for n, item in enumerate(self.pieces) if n not in self.held]
            return json.dumps(self.whole | {"items": items}, ensure_ascii=False).encode()
        hidden = {2 * n + 1 for n in self.held}
        return b"".join(p for n, p in enumerate(self.pieces) if n not in hidden)

    @property
    def count(self) -> int:
        """How many items there are, held or not."""
        return len(self.pieces) if self.whole is not None else len(self.pieces) // 2

    def publish(self) -> None:
        """Release the oldest item that is held."""
        if not self.held:
            raise Refused("nothing is held any more", status=409)
        self.held.pop()

    def title(self) -> str:
        """Return the feed's own title, roughly."""
        if self.whole is not None:
            return str(self.whole.get("title", ""))
        found = _TITLE.search(self.raw)
        text = found.group(1).decode("utf-8", "replace") if found else ""
        text = re.sub(r"<!\[CDATA\[(.*?)\]\]>", r"\1", text, flags=re.DOTALL)
        return html.unescape(text).strip()


def read(raw: bytes, *, held: int) -> Document:
    """Split a document so that its newest items can be held; one that resists stays whole."""
    if raw.lstrip()[:1] == b"{":
        return _read_json(raw, held)
    pieces, at = list[Any](), 0
    for match in _ITEM.finditer(raw):
        pieces += [raw[at : match.start()], match.group()]
        at = match.end()
    pieces.append(raw[at:])
    count = len(pieces) // 2
    if len(_OPENING.findall(raw)) != count:
        return Document(raw, [raw], [])
    return Document(raw, pieces, list(range(max(0, min(held, count - 1)))))


def _read_json(raw: bytes, held: int) -> Document:
    try:
        whole = json.loads(raw)
    except ValueError:
        return Document(raw, [raw], [])
    if not isinstance(whole, dict) or not isinstance(whole.get("items"), list):
        return Document(raw, [raw], [])
    count = len(whole["items"])
    return Document(raw, whole["items"], list(range(max(0, min(held, count - 1)))), whole)


@dataclass(slots=True)
class Item:
    """One item of a feed made here; dates are Unix seconds."""

    id: int
    title: str
    text: str
    link: str
    published: float


@dataclass(slots=True)
class Paper:
    """A feed made here, as RSS 2.0, newest first."""

    name: str
    label: str
    language: str
    address: str
    items: list[Item] = field(default_factory=list)
    last_id: int = 0

    def add(self, *, title: str, text: str, link: str | None, now: float) -> Item:
        """Publish an item."""
        self.last_id += 1
        link = link or f"{self.address}/items/{self.last_id}"
        item = Item(self.last_id, title, text, link, now)
        self.items.insert(0, item)
        return item

    def item(self, number: int) -> Item:
        """Return an item that was not withdrawn."""
        found = next((item for item in self.items if item.id == number), None)
        if found is None:
            raise Refused("there is no such item", status=404)
        return found

    def render(self) -> bytes:
        """Return the RSS document."""
        head = (
            '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
            f"<title>{html.escape(self.label)}</title><link>{html.escape(self.address)}</link>"
            f"<description>{html.escape(self.label)}</description>"
            f"<language>{html.escape(self.language)}</language>\n"
        )
        return (head + "".join(map(self._rss, self.items)) + "</channel></rss>\n").encode()

    def _rss(self, item: Item) -> str:
        date = format_datetime(datetime.fromtimestamp(item.published, UTC), usegmt=True)
        return (
            f"<item><title>{html.escape(item.title)}</title>"
            f"<link>{html.escape(item.link)}</link>"
            f"<description>{html.escape(item.text)}</description>"
            f'<guid isPermaLink="false">{html.escape(self.name)}-{item.id}</guid>'
            f"<pubDate>{date}</pubDate></item>\n"
        )
