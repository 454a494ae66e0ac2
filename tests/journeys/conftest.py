"""The whole bot against the whole sandbox, over real HTTP, on a clock that tests move."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.app import House, open_house, running
from bot.config import Bot, Config, Feeds, Storage, Telegram
from bot.delivery.pace import Pace
from bot.services.staff import first_code
from feeds.rhythm import Rhythm
from sandbox.server import Sandbox
from sandbox.server import running as running_sandbox
from storage.crypto import create_key
from storage.db import connect
from storage.migrate import upgrade
from tests.journeys.phone import Street

START = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)
"""Saturday 21 November 2026, 13:40 in Minsk, 11:40 in Brussels."""
SETTLE_ROUNDS = 4


def config_for(box: Sandbox, folder: Path, url: str | None = None) -> Config:
    """A configuration that points at the sandbox."""
    host = box.url.removeprefix("http://")
    config = Config(
        telegram=Telegram(token=box.bot_token, api_url=box.url, poll_timeout=5),
        storage=Storage(data_dir=folder, key_file=folder / "keys" / "secret.key", url=url or ""),
        bot=Bot(default_language="en"),
        feeds=Feeds(allow=(host,)),
    )
    return config.resolved(folder)


@asynccontextmanager
async def opened_house(config: Config, box: Sandbox) -> AsyncIterator[House]:
    """A running bot whose clock is the sandbox's; ticks beat when a test says so."""

    def clock() -> datetime:
        return datetime.fromtimestamp(box.world.clock.now(), UTC)

    rhythm = Rhythm(usual=timedelta(minutes=5), floor=timedelta(minutes=1))
    pace = Pace(rate=1000.0, chat_gap=0.0, group_limit=1000)
    async with (
        open_house(config, clock=clock, rhythm=rhythm, pace=pace) as house,
        running(house, beating=False),
    ):
        yield house


async def found(config: Config) -> str:
    """Key, schema and the first custodian's one-time code, as `tocsin init` makes them."""
    keys = create_key(config.storage.key_file)
    config.storage.data_dir.mkdir(exist_ok=True)
    await upgrade(config.storage.url)
    db = connect(config.storage.url, keys)
    try:
        return await first_code(db, START)
    finally:
        await db.close()


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    """A sandbox without rate limits, on the day on which every journey begins."""
    async with running_sandbox(Sandbox(rates="off")) as box:
        box.world.clock.move_to(START.timestamp())
        yield box


class Town:
    """The bot, the sandbox and the street between them."""

    def __init__(self, house: House, box: Sandbox, street: Street, code: str) -> None:
        self.house, self.box, self.street, self.code = house, box, street, code

    async def beat(self) -> None:
        """Let the heartbeats run once, and what they cause be delivered."""
        await self.house.beat()
        await self.street.settle()

    async def pass_time(self, **span: float) -> None:
        """Let time pass (``hours=2``) and the heartbeats notice."""
        await self.street.move_clock(timedelta(**span).total_seconds())
        await self.beat()


@asynccontextmanager
async def founded_town(box: Sandbox, folder: Path, url: str | None = None) -> AsyncIterator[Town]:
    """A new installation, running, with its one-time code still unused."""
    config = config_for(box, folder, url)
    async with AsyncExitStack() as stack:
        code = await found(config)
        house = await stack.enter_async_context(opened_house(config, box))
        http = await stack.enter_async_context(aiohttp.ClientSession())

        async def settle() -> None:
            for _ in range(SETTLE_ROUNDS):
                while (await box.control("GET", "state"))["updates"]["pending"]:
                    await asyncio.sleep(0.01)
                await house.idle()

        yield Town(house, box, Street(http, box.control_url, settle), code)


@pytest.fixture
async def town(box: Sandbox, tmp_path: Path) -> AsyncIterator[Town]:
    """A new installation on SQLite."""
    async with founded_town(box, tmp_path) as town:
        yield town
