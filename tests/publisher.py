"""A publisher on loopback: RSS documents that tests change between two readings."""

from dataclasses import dataclass, field
from html import escape
from typing import Self

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Story:
    """One item as the publisher writes it; ``guid`` defaults to the link."""

    title: str
    link: str
    text: str = "Something happened in the city today, and this is what is known about it."
    guid: str = ""


def stories(*numbers: int) -> list[Story]:
    """Numbered stories."""
    return [Story(f"Story {n}", f"https://news.example.org/{n}") for n in numbers]


def rss(items: list[Story], *, title: str = "The Courier", language: str = "en") -> bytes:
    """An RSS 2.0 document."""
    listed = "".join(
        f"<item><title>{escape(s.title)}</title><link>{escape(s.link)}</link>"
        f"<guid>{escape(s.guid or s.link)}</guid><description>{escape(s.text)}</description></item>"
        for s in items
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{escape(title)}'
        f"</title><link>https://news.example.org/</link><language>{language}</language>{listed}"
        "</channel></rss>"
    ).encode()


@dataclass(slots=True)
class Publisher:
    """Serves bodies by path with an ETag; ``status`` other than 200 answers with an error."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    moves: dict[str, str] = field(default_factory=dict)
    status: int = 200
    etags: bool = True
    asked: list[tuple[str, int]] = field(default_factory=list)
    port: int = 0
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def put(self, path: str, body: bytes, kind: str = "application/rss+xml") -> str:
        """Serve ``body`` at ``path``; returns the address."""
        self.bodies[path], self.kinds[path] = body, kind
        return self.url(path)

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def allow(self) -> tuple[str, ...]:
        """The guard's exception for this publisher."""
        return (f"127.0.0.1:{self.port}",)

    async def _answer(self, request: web.Request) -> web.Response:
        answer = self._response(request)
        self.asked.append((request.path, answer.status))
        return answer

    def _response(self, request: web.Request) -> web.Response:
        if self.status != 200:
            return web.Response(status=self.status)
        if request.path in self.moves:
            target = self.moves[request.path]
            return web.Response(status=301, headers={"Location": target})
        body = self.bodies.get(request.path)
        if body is None:
            return web.Response(status=404)
        etag = f'"{hash(body)}"'
        if self.etags and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        headers = {"Content-Type": self.kinds[request.path]}
        return web.Response(
            body=body, headers={**headers, **({"ETag": etag} if self.etags else {})}
        )
