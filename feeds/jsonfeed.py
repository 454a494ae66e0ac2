"""JSON Feed 1.x, read straight from the JSON."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from bot.domain.entries import DocumentHints, Entry, FeedDocument
from feeds import clean
from feeds.encoding import Decoded
from feeds.failures import Malformed, NotAFeed
from feeds.flaws import Flaw
from feeds.split import MARK_BYTES, glimpses

VERSION = "jsonfeed.org/version/1"
MOST_ITEMS = 2000


def read(decoded: Decoded, *, address: str, seen: Collection[bytes] = ()) -> FeedDocument:
    """Read a document whose text begins with a brace; ``address`` is the base of its links.

    Of items whose marks are in ``seen`` only these are told.
    """
    feed = _loaded(decoded.text)
    if not isinstance(feed, dict) or VERSION not in _text(feed, "version"):
        raise NotAFeed
    items = feed.get("items")
    items = items if isinstance(items, list) else []
    marked = [(_mark(one, address), one) for one in items[:MOST_ITEMS] if _is_item(one)]
    flaws = [*decoded.flaws, *([Flaw.TOO_MANY_ITEMS] if len(items) > MOST_ITEMS else [])]
    return FeedDocument(
        title=clean.line(_text(feed, "title"), longest=clean.LONGEST_TITLE),
        language=clean.language(_text(feed, "language")),
        home=clean.link(_joined(address, _text(feed, "home_page_url"))),
        entries=tuple(_entry(one, mark, address) for mark, one in marked if mark not in seen),
        hints=DocumentHints(hub=_hub(feed)),
        format="json",
        encoding=decoded.charset,
        items_in_document=len(items),
        flaws=tuple(flaws),
        seen=glimpses([mark for mark, _ in marked], seen),
    )


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed(reason="json") from None


def _is_item(item: object) -> bool:
    return isinstance(item, dict)


def _mark(item: object, address: str) -> bytes:
    told = json.dumps((address, item)).encode("ascii")
    return hashlib.blake2b(told, digest_size=MARK_BYTES).digest()


def _entry(item: Mapping[str, Any], mark: bytes, address: str) -> Entry:
    link = _text(item, "url") or _text(item, "external_url")
    plain = _text(item, "summary") or _text(item, "content_text")
    return Entry(
        guid=clean.guid(_text(item, "id")),
        link=clean.link(_joined(address, link)) if link else "",
        title=clean.line(_text(item, "title"), longest=clean.LONGEST_TITLE),
        summary=clean.line(plain, longest=clean.LONGEST_SUMMARY)
        or clean.plain(_text(item, "content_html"), longest=clean.LONGEST_SUMMARY),
        published=_moment(_text(item, "date_published")),
        updated=_moment(_text(item, "date_modified")),
        language=clean.language(_text(item, "language")),
        picture=clean.picture(_pictures(item, address)),
        mark=mark,
    )


def _pictures(item: Mapping[str, Any], address: str) -> Iterator[str]:
    attached = item.get("attachments")
    named = [one for one in attached if _is_item(one)] if isinstance(attached, list) else []
    pictures = [_text(one, "url") for one in named if _text(one, "mime_type").startswith("image/")]
    for url in (_text(item, "image"), _text(item, "banner_image"), *pictures):
        if url:
            yield _joined(address, url)


def _joined(address: str, link: str) -> str:
    try:
        return urljoin(address, link)
    except ValueError:
        return ""


def _text(item: Mapping[str, Any], name: str) -> str:
    """A string, or a number written as one: ids often are. Halves of surrogate pairs go."""
    value = item.get(name)
    if not isinstance(value, str | int):
        return ""
    return str(value).encode("utf-8", "ignore").decode("utf-8").strip()


def _moment(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    if when.tzinfo is None or not 1990 <= when.year <= 2100:
        return None
    return when.astimezone(UTC)


def _hub(feed: Mapping[str, Any]) -> str:
    hubs = feed.get("hubs")
    named = [hub for hub in hubs if _is_item(hub)] if isinstance(hubs, list) else []
    return next((clean.link(_text(hub, "url")) for hub in named), "")
