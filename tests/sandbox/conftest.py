"""A running sandbox, a real python-telegram-bot client, and the bare HTTP API."""

import os
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import telegram
from telegram.request import HTTPXRequest

from sandbox.server import Sandbox, running

Call = Callable[..., Coroutine[Any, Any, tuple[int, Any]]]


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    """A sandbox without rate limits in which Vera has started the bot and Bob has not."""
    async with running(Sandbox(rates="off")) as box:
        await box.control("POST", "people", {"name": "Vera", "username": "vera"})
        await box.control("POST", "people", {"name": "Bob", "username": "bob"})
        await box.act("vera", "start")
        box.world.updates.queue.clear()
        yield box


@pytest.fixture
async def bot(box: Sandbox) -> AsyncIterator[telegram.Bot]:
    """The real client, pointed at the sandbox."""
    request = HTTPXRequest(httpx_kwargs={"trust_env": False})
    async with telegram.Bot(
        box.bot_token,
        base_url=box.bot_url,
        base_file_url=box.file_url,
        request=request,
        get_updates_request=HTTPXRequest(httpx_kwargs={"trust_env": False}),
    ) as bot:
        yield bot


@pytest.fixture
async def call(box: Sandbox) -> AsyncIterator[Call]:
    """`status, body = await call("sendMessage", chat_id=1, text="x")`, as JSON."""
    async with aiohttp.ClientSession(trust_env=False) as session:

        async def ask(method: str, token: str | None = None, **parameters: Any) -> tuple[int, Any]:
            url = f"{box.bot_url}{token or box.bot_token}/{method}"
            async with session.post(url, json=parameters) as answer:
                return answer.status, await answer.json()

        yield ask


@pytest.fixture
def vera(box: Sandbox) -> int:
    """The id of somebody who has started the bot."""
    return person_id(box, "vera")


@pytest.fixture
def bob(box: Sandbox) -> int:
    """The id of somebody who has not."""
    return person_id(box, "bob")


def person_id(box: Sandbox, username: str) -> int:
    """Return the id of a person."""
    found = box.world.by_username(username)
    assert found is not None
    return found.id


async def make_chat(box: Sandbox, kind: str, **more: Any) -> int:
    """Create a chat that Vera owns; return its id."""
    body = {"type": kind, "title": "Centre", "creator": "vera", **more}
    made = await box.control("POST", "chats", body)
    return int(made["id"])


def shared() -> Path:
    """Return the folder of documents that lie outside the repository."""
    beside = Path(__file__).parents[2].parent / "shared"
    return Path(os.environ.get("TOCSIN_SHARED", beside))
