"""A small publisher of news: feeds over HTTP with validators, and how they misbehave."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from html import escape
from pathlib import Path

from aiohttp import web

from sandbox.clock import Clock
from sandbox.documents import Document, Paper, read
from sandbox.errors import Refused
from sandbox.events import Events
from sandbox.types import Json

SUFFIXES = (".xml", ".rss", ".rdf", ".atom", ".json")


@dataclass(slots=True)
class Feed:
    """One address that serves news; `modified` is Unix seconds."""

    name: str
    content: Document | Paper
    modified: float
    fetched: int = 0
    not_modified: int = 0
    behaviour: Json = field(default_factory=dict)

    @property
    def paper(self) -> Paper:
        """The feed's items, if it was made here."""
        if not isinstance(self.content, Paper):
            raise Refused("this is somebody's document: its own items can only be published")
        return self.content

    def json(self, base: str) -> Json:
        """Return the control API's Feed."""
        made_here = isinstance(self.content, Paper)
        items = self.content.items if isinstance(self.content, Paper) else []
        held = [] if isinstance(self.content, Paper) else self.content.held
        count = len(items) if isinstance(self.content, Paper) else self.content.count
        title = self.content.label if isinstance(self.content, Paper) else self.content.title()
        return {
            "name": self.name,
            "url": f"{base}/feeds/{self.name}",
            "title": title,
            "made_here": made_here,
            "items": [
                {"id": i.id, "title": i.title, "link": i.link, "text": i.text} for i in items
            ],
            "shown": count - len(held),
            "held": len(held),
            "size": len(self.content.render()),
            "fetched": self.fetched,
            "not_modified": self.not_modified,
            "behaviour": self.behaviour,
        }


class Feeds:
    """All feeds by name."""

    def __init__(self, clock: Clock, events: Events) -> None:
        self.clock = clock
        self.events = events
        self.base = ""
        self.by_name: dict[str, Feed] = {}

    def serve_folder(self, folder: Path, *, held: int) -> None:
        """Serve every feed document of a folder, its newest items held back."""
        for file in sorted(folder.iterdir()):
            if file.suffix.lower() in SUFFIXES and file.is_file():
                document = read(file.read_bytes(), held=held)
                self.by_name[file.name] = Feed(file.name, document, self.clock.now())

    def make(self, *, name: str, title: str, language: str = "en") -> Feed:
        """Make an empty feed."""
        if name in self.by_name or not name.replace("-", "").replace(".", "").isalnum():
            raise Refused("a feed needs a new name of letters, digits, - and .")
        paper = Paper(name, title, language, f"{self.base}/feeds/{name}")
        feed = self.by_name[name] = Feed(name, paper, self.clock.now())
        self.changed(feed)
        return feed

    def find(self, name: str) -> Feed:
        """Return the feed of this name."""
        if name not in self.by_name:
            raise Refused(f"there is no feed {name}", status=404)
        return self.by_name[name]

    def changed(self, feed: Feed) -> None:
        """Note that a feed's content is new."""
        feed.modified = self.clock.now()
        self.events.tell("feed", name=feed.name)

    def json(self) -> list[Json]:
        """Return the control API's feeds."""
        return [feed.json(self.base) for feed in self.by_name.values()]

    def routes(self) -> list[web.RouteDef]:
        """Return the routes under /feeds."""
        return [
            web.get("/feeds", self._index),
            web.get("/feeds/{name}", self._serve),
            web.get(r"/feeds/{name}/items/{item:\d+}", self._article),
        ]

    async def _index(self, request: web.Request) -> web.Response:
        names = "".join(f'<li><a href="/feeds/{escape(n)}">{escape(n)}</a>' for n in self.by_name)
        return web.Response(text=f"<title>Feeds</title><ul>{names}</ul>", content_type="text/html")

    async def _article(self, request: web.Request) -> web.Response:
        feed = self.by_name.get(request.match_info["name"])
        if feed is None or not isinstance(feed.content, Paper):
            raise web.HTTPNotFound
        try:
            item = feed.content.item(int(request.match_info["item"]))
        except Refused as error:
            raise web.HTTPNotFound from error
        text = f"<title>{escape(item.title)}</title><p>{escape(item.text)}"
        return web.Response(text=text, content_type="text/html")

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        feed = self.by_name.get(request.match_info["name"])
        if feed is None:
            raise web.HTTPNotFound(text="There is no such feed.")
        feed.fetched += 1
        self.events.tell("feed", name=feed.name)
        if odd := feed.behaviour:
            await asyncio.sleep(float(odd.get("seconds", 0)))
            if "redirect" in odd:
                return web.Response(status=302, headers={"Location": str(odd["redirect"])})
            if "status" in odd or "body" in odd:
                return web.Response(status=int(odd.get("status", 200)), text=odd.get("body", ""))
        return self._fresh(request, feed)

    def _fresh(self, request: web.Request, feed: Feed) -> web.Response:
        body = feed.content.render()
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        date = format_datetime(datetime.fromtimestamp(int(feed.modified), UTC), usegmt=True)
        headers = {"ETag": etag, "Last-Modified": date, "Cache-Control": "max-age=0"}
        if _unchanged(request, etag, int(feed.modified)):
            feed.not_modified += 1
            return web.Response(status=304, headers=headers)
        is_json = isinstance(feed.content, Document) and feed.content.raw.lstrip()[:1] == b"{"
        # No charset: the documents declare their own, sometimes wrongly, and that is the point.
        kind = "application/feed+json" if is_json else "application/xml"
        return web.Response(body=body, headers=headers | {"Content-Type": kind})


def _unchanged(request: web.Request, etag: str, modified: int) -> bool:
    if known := request.headers.get("If-None-Match"):
        return etag in [part.strip().removeprefix("W/") for part in known.split(",")]
    since = request.headers.get("If-Modified-Since")
    try:
        return since is not None and parsedate_to_datetime(since).timestamp() >= modified
    except ValueError:
        return False
