"""A publisher on loopback: raw enough to send what well-behaved servers cannot."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Self

Handler = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


class Request:
    """One request as it came: path and headers (names in lower case)."""

    def __init__(self, head: bytes) -> None:
        first, *rest = head.decode("latin-1").split("\r\n")
        self.path = first.split(" ")[1]
        pairs = (row.split(":", 1) for row in rest if ":" in row)
        self.headers = {name.lower(): value.strip() for name, value in pairs}


class FeedServer:
    """Serves what ``serve`` was told, remembers the requests, counts how many ran at once."""

    def __init__(self) -> None:
        self._routes: dict[str, Handler] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self.requests: list[Request] = []
        self.at_once = self.most_at_once = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        while self._writers:
            await asyncio.sleep(0.005)

    @property
    def allow(self) -> tuple[str, ...]:
        """The guard's exception for this server."""
        return (f"127.0.0.1:{self.port}",)

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def handle(self, path: str, handler: Handler) -> str:
        """Let ``handler`` answer; return the address."""
        self._routes[path] = handler
        return self.url(path)

    def serve(self, path: str, body: bytes = b"", *, status: str = "200 OK", **headers: str) -> str:
        """Answer with a whole body; ``headers`` are written with underscores for hyphens."""

        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(head(status, Content_Length=str(len(body)), **headers) + body)

        return self.handle(path, answer)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        finally:
            writer.close()
            self._writers.discard(writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = Request(await reader.readuntil(b"\r\n\r\n"))
        self.requests.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if request.path in self._routes:
                await self._routes[request.path](request, writer)
            else:
                writer.write(head("404 Not Found", Content_Length="0"))
            await writer.drain()
        finally:
            self.at_once -= 1


def head(status: str, **headers: str) -> bytes:
    """The head of an answer that ends its connection."""
    rows = [f"HTTP/1.1 {status}", "Connection: close"]
    rows += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(rows) + "\r\n\r\n").encode("latin-1")
