"""One document, bytes to ``FeedDocument``. Runs in a child, because feedparser can be hung."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import timedelta
from functools import lru_cache
from io import BytesIO
from itertools import repeat
from typing import Any

import feedparser

from bot.domain.entries import DocumentHints, Entry, FeedDocument
from feeds import clean, jsonfeed, skipped
from feeds.discover import offered_feeds
from feeds.encoding import Decoded, decode
from feeds.failures import NotAFeed
from feeds.flaws import Flaw
from feeds.screen import Screened, screen
from feeds.split import Part, glimpses, spared, split, without

# feedparser prefers a libxml2 driver where it finds one, and that one leaked files.
feedparser.api.PREFERRED_XML_PARSERS = []


def _remembering(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Links are resolved at every tag, and nearly always the same one against itself."""
    cached = lru_cache(maxsize=256)(resolve)

    def resolved(base: Any, link: Any = None) -> Any:
        known = isinstance(base, str) and isinstance(link, str) and len(base) + len(link) < 500
        return (cached if known else resolve)(base, link)

    return resolved


feedparser.mixin.make_safe_absolute_uri = _remembering(feedparser.mixin.make_safe_absolute_uri)

_PERIODS = {"hourly": 60, "daily": 1440, "weekly": 10_080, "monthly": 43_200, "yearly": 525_600}


def read(
    body: bytes, *, content_type: str = "", address: str = "", seen: Collection[bytes] = ()
) -> FeedDocument:
    """Read RSS, RDF, Atom or JSON Feed; ``address`` is what relative links hang on.

    Entries whose marks are in ``seen`` are only named, where that changes nothing for the others.
    Raises ``NotAFeed`` (with the feeds that a page offers) or ``Malformed``.
    """
    decoded = decode(body, content_type=content_type)
    if decoded.text.lstrip()[:1] == "{":
        return jsonfeed.read(decoded, address=address, seen=seen)
    try:
        return _xml(decoded, screen(decoded.text), address, seen)
    except NotAFeed:
        raise NotAFeed(feeds=offered_feeds(decoded.text, address=address)) from None


def _xml(
    decoded: Decoded, screened: Screened, address: str, seen: Collection[bytes]
) -> FeedDocument:
    parts = split(screened.body, address=address)
    unread = [part for part in parts if part.mark in seen]
    if unread:
        parsed = _parsed(without(screened.body, spared(screened.body, parts, seen)), address)
        if not parsed.bozo and parsed.version and len(parsed.entries) == len(parts) - len(unread):
            return _document(decoded, screened, parsed, parts, seen)
    parsed = _parsed(screened.body, address)
    if not parsed.version and not parsed.entries:
        raise NotAFeed
    one_to_one = not parsed.bozo and parsed.version and len(parsed.entries) == len(parts)
    return _document(decoded, screened, parsed, parts if one_to_one else (), ())


def _parsed(body: bytes, address: str) -> Any:
    return feedparser.parse(
        BytesIO(body),
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            "content-location": address,
        },
        resolve_relative_uris=False,
        sanitize_html=False,
    )


def _document(
    decoded: Decoded,
    screened: Screened,
    parsed: Any,
    parts: Sequence[Part],
    seen: Collection[bytes],
) -> FeedDocument:
    """``parts`` are all entries of the document, or none where it could not be split."""
    feed = parsed.feed
    marks = [part.mark for part in parts if part.mark not in seen] or repeat(b"")
    unread = glimpses([part.mark for part in parts], seen)
    flaws = [*decoded.flaws, *screened.flaws, *([Flaw.MALFORMED] if parsed.bozo else [])]
    return FeedDocument(
        title=_text(feed.get("title_detail"), longest=clean.LONGEST_TITLE),
        language=clean.language(str(feed.get("language") or "")),
        home=clean.link(str(feed.get("link") or "")),
        entries=tuple(map(_entry, parsed.entries, marks)),
        hints=_hints(feed, decoded.text),
        format=parsed.version,
        encoding=decoded.charset,
        items_in_document=max(screened.items, len(parsed.entries) + len(unread)),
        flaws=tuple(flaws),
        seen=unread,
    )


def _entry(entry: Any, mark: bytes) -> Entry:
    return Entry(
        guid=clean.guid(str(entry.get("id") or "")),
        link=_link(entry),
        title=_text(entry.get("title_detail"), longest=clean.LONGEST_TITLE),
        summary=_summary(entry),
        published=clean.moment(entry.get("published_parsed")),
        updated=clean.moment(_plain_get(entry, "updated_parsed")),
        language=_language(entry),
        picture=clean.picture(_pictures(entry)),
        mark=mark,
    )


def _link(entry: Any) -> str:
    """The publisher's own address where a counting service stands before it."""
    candidates = (entry.get("feedburner_origlink"), entry.get("link"), entry.get("id"))
    return next((link for link in map(clean.link, map(str, filter(None, candidates))) if link), "")


def _pictures(entry: Any) -> Iterable[str]:
    """Addresses of what is declared to be a picture, the publisher's own choice first."""
    enclosed = [at for at in entry.get("enclosures") or () if _is_picture(at)]
    content = [at for at in entry.get("media_content") or () if _is_picture(at)]
    for at in (*enclosed, *content, *(entry.get("media_thumbnail") or ()), entry.get("image")):
        if isinstance(at, dict):
            yield str(at.get("href") or at.get("url") or "")


def _is_picture(at: Any) -> bool:
    return at.get("medium") == "image" or str(at.get("type") or "").startswith("image/")


def _text(detail: Any, *, longest: int) -> str:
    """A title: declared text stays as it stands, anything else is read as HTML if it looks so."""
    if not detail:
        return ""
    value = str(detail.get("value") or "")
    match detail.get("type"):
        case "application/xhtml+xml":
            return clean.plain(value, longest=longest)
        case _:
            return clean.heading(value, longest=longest)


def _summary(entry: Any) -> str:
    contents = [part.get("value") or "" for part in entry.get("content") or ()]
    for markup in (_plain_get(entry, "summary"), *contents):
        if markup and (text := clean.plain(str(markup), longest=clean.LONGEST_SUMMARY)):
            return text
    return ""


def _plain_get(entry: Any, name: str) -> Any:
    """feedparser maps some names to others with a warning; the stored value alone is meant."""
    return dict.get(entry, name)


def _language(entry: Any) -> str | None:
    details: Iterable[Any] = filter(None, (entry.get("title_detail"), entry.get("summary_detail")))
    return next((clean.language(d["language"]) for d in details if d.get("language")), None)


def _hints(feed: Any, text: str) -> DocumentHints:
    return DocumentHints(
        ttl=_ttl(feed),
        skip_hours=skipped.hours(text),
        skip_days=skipped.days(text),
        hub=next(
            (clean.link(str(at["href"])) for at in feed.get("links") or () if _is_hub(at)), ""
        ),
    )


def _ttl(feed: Any) -> timedelta | None:
    minutes = _whole(feed.get("ttl"))
    if not minutes and (period := _PERIODS.get(str(feed.get("sy_updateperiod") or "").lower())):
        minutes = period // max(_whole(feed.get("sy_updatefrequency")) or 1, 1)
    return timedelta(minutes=min(minutes, 44_640)) if minutes else None


def _whole(text: Any) -> int | None:
    match = re.fullmatch(r"\s*(\d{1,6})\s*", str(text or ""))
    return int(match[1]) if match else None


def _is_hub(link: Any) -> bool:
    return link.get("rel") == "hub" and bool(link.get("href"))
