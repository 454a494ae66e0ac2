"""The feeds that an HTML page says it has: people paste the address of the site."""

import html
import re
from urllib.parse import urljoin

MOST_OFFERED = 5
_HEAD = 200_000
_LINK = re.compile(r"<link\s([^<>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w-]{1,20})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_KINDS = re.compile(r"application/(?:(?:rss|atom|rdf)\+xml|feed\+json)", re.IGNORECASE)


def offered_feeds(page: str, *, address: str) -> tuple[str, ...]:
    """Absolute addresses of the feeds linked in the head of ``page``, in its order."""
    found: dict[str, None] = {}
    for match in _LINK.finditer(page[:_HEAD]):
        attributes = {
            a[1].lower(): html.unescape(a[2] or a[3] or a[4] or "")
            for a in _ATTRIBUTE.finditer(match[1])
        }
        target = urljoin(address, attributes.get("href", "").strip())
        if _offers(attributes) and target.startswith(("http://", "https://")):
            found.setdefault(target)
    return tuple(found)[:MOST_OFFERED]


def _offers(attributes: dict[str, str]) -> bool:
    relations = attributes.get("rel", "").lower().split()
    return "alternate" in relations and _KINDS.fullmatch(attributes.get("type", "")) is not None
