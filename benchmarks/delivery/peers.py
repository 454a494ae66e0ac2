"""The others: each sends the same text to every chat, 64 at a time, and stores nothing."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from benchmarks.delivery.stub import TEXT

IN_FLIGHT = 64
FIRST_CHAT = 100_000_000
WARM_UP = 500
TOKEN = "123456789:" + "A" * 35
Work = Callable[[Iterator[int]], Awaitable[None]]
"""Sends to chats of a shared iterator, one after the other, until it is empty."""
Peer = Callable[[str], AbstractAsyncContextManager[Work]]


@asynccontextmanager
async def aiogram(url: str) -> AsyncIterator[Work]:
    """aiogram 3 as its manual shows it, with a server of one's own."""
    from aiogram import Bot
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer

    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(url)))

    async def work(chats: Iterator[int]) -> None:
        for chat in chats:
            await bot.send_message(chat, TEXT.decode())

    try:
        yield work
    finally:
        await bot.session.close()


@asynccontextmanager
async def ptb(url: str) -> AsyncIterator[Work]:
    """python-telegram-bot with its own client, a connection for each message in flight."""
    from telegram import Bot
    from telegram.request import HTTPXRequest

    patience = 60.0
    request = HTTPXRequest(
        connection_pool_size=IN_FLIGHT,
        read_timeout=patience,
        write_timeout=patience,
        connect_timeout=patience,
        pool_timeout=patience,
    )

    async def work(chats: Iterator[int]) -> None:
        for chat in chats:
            await bot.send_message(chat, TEXT.decode())

    async with Bot(TOKEN, base_url=f"{url}/bot", request=request) as bot:
        yield work


@asynccontextmanager
async def sockets(url: str) -> AsyncIterator[Work]:
    """The least that asyncio can do: connections that write prebuilt bytes and look for an end."""
    host, port = urlsplit(url).netloc.split(":")

    async def work(chats: Iterator[int]) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        transport, _ = await loop.create_connection(lambda: Bare(chats, done), host, int(port))
        await done
        transport.close()

    yield work


class Bare(asyncio.Protocol):
    """Sends to the next chat whenever an answer is whole."""

    def __init__(self, chats: Iterator[int], done: "asyncio.Future[None]") -> None:
        self._chats, self._done, self._answer = chats, done, b""
        body = b'{"chat_id":%d,"text":"' + TEXT + b'"}'
        size = len(body % FIRST_CHAT)  # every chat id here has nine digits
        head = f"POST /bot{TOKEN}/sendMessage HTTP/1.1\r\nHost: stub\r\nContent-Length: {size}\r\n"
        self._request = head.encode() + b"Content-Type: application/json\r\n\r\n" + body

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        """Count nothing but whole, friendly answers."""
        self._answer += data
        if self._answer.endswith(b"}}"):
            if self._answer.startswith(b"HTTP/1.1 200"):
                self._answer = b""
                self._next()
            else:
                self._done.set_exception(RuntimeError("refused"))

    def _next(self) -> None:
        if (chat := next(self._chats, None)) is not None:
            self._transport.write(self._request % chat)
        elif not self._done.done():
            self._done.set_result(None)


PEERS: dict[str, Peer] = {"aiogram": aiogram, "ptb": ptb, "socket": sockets}


async def measure(order: dict[str, Any]) -> dict[str, float]:
    """Warm up, then send so many: messages per second, and CPU seconds per message."""
    async with PEERS[order["peer"]](order["url"]) as work:
        await _all(work, WARM_UP)
        cpu, began = time.process_time(), time.perf_counter()
        await _all(work, order["messages"])
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"rate": order["messages"] / took, "cpu": cpu / order["messages"]}


async def _all(work: Work, messages: int) -> None:
    chats = iter(range(FIRST_CHAT, FIRST_CHAT + messages))
    await asyncio.gather(*(work(chats) for _ in range(IN_FLIGHT)))
