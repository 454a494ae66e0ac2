"""What the tests of feeds share: a local server and a count of connects."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from feeds.parse import Parser
from tests.feeds.server import FeedServer


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    """A publisher on loopback that behaves as each test needs."""
    async with FeedServer() as running:
        yield running


@pytest.fixture
async def parser() -> AsyncIterator[Parser]:
    """A parser with one child."""
    async with Parser(children=1) as running:
        yield running


@pytest.fixture
async def dials(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Every address that a socket is told to connect to; only loopback is really dialled."""
    dialled: list[tuple[str, int]] = []
    loop = asyncio.get_running_loop()
    connect = loop.sock_connect

    async def counted(sock: socket.socket, address: tuple[str, int]) -> None:
        dialled.append((address[0], address[1]))
        if address[0] != "127.0.0.1":
            raise ConnectionRefusedError
        await connect(sock, address)

    monkeypatch.setattr(loop, "sock_connect", counted)
    return dialled
