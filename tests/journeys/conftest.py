"""The whole bot against the whole sandbox, over real HTTP, on a clock that tests move."""

import asyncio
import logging
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot import logs, redaction
from bot.app import House, open_house, running
from bot.config import Bot, Config, Feeds, Storage, Telegram
from bot.config.sections import Log
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
RHYTHM = Rhythm(
    usual=timedelta(minutes=5), floor=timedelta(minutes=1), ceiling=timedelta(minutes=8)
)
"""However seldom a source of a journey speaks, ten minutes later it was read."""


def config_for(box: Sandbox, folder: Path, url: str | None = None) -> Config:
    """A configuration that points at the sandbox."""
    host = box.url.removeprefix("http://")
    config = Config(
        telegram=Telegram(token=box.bot_token, api_url=box.url, poll_timeout=5),
        storage=Storage(data_dir=folder, key_file=folder / "keys" / "secret.key", url=url or ""),
        bot=Bot(default_language="en"),
        feeds=Feeds(allow=(host,), max_bytes=800_000),
        log=Log(level="debug", file=folder / "tocsin.log"),
    )
    return config.resolved(folder)


@asynccontextmanager
async def opened_house(config: Config, box: Sandbox) -> AsyncIterator[House]:
    """A running bot whose clock is the sandbox's; ticks beat when a test says so."""

    def clock() -> datetime:
        return datetime.fromtimestamp(box.world.clock.now(), UTC)

    pace = Pace(rate=1000.0, chat_gap=0.0, group_limit=1000)
    async with (
        open_house(config, clock=clock, rhythm=RHYTHM, pace=pace) as house,
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


@contextmanager
def logging_to_file(config: Config) -> Iterator[None]:
    """Log as the program does, at its most talkative; beside whatever the test run listens with."""
    root = logging.getLogger()
    before, level, hooks = list(root.handlers), root.level, (sys.excepthook, threading.excepthook)
    levels = {name: logging.getLogger(name).level for name in redaction.LOUD}
    logs.start(config.log.level, file=config.log.file, secrets=[config.telegram.token])
    written = root.handlers[0]
    root.handlers[:] = [*before, written]
    try:
        yield
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        sys.excepthook, threading.excepthook = hooks
        for name, was in levels.items():
            logging.getLogger(name).setLevel(was)
        written.close()


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    """A sandbox without rate limits, on the day on which every journey begins."""
    async with running_sandbox(Sandbox(rates="off")) as box:
        box.world.clock.move_to(START.timestamp())
        yield box


@dataclass(slots=True)
class Town:
    """The bot, the sandbox and the street between them. ``code`` is the first one-time code.

    ``trouble`` are errors that a journey causes on purpose and therefore finds in the log.
    """

    config: Config
    box: Sandbox
    code: str
    street: Street = field(init=False)
    house: House = field(init=False)
    trouble: set[str] = field(default_factory=set)
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def now(self) -> datetime:
        """The present of everybody in town."""
        return self.house.clock()

    @property
    def log(self) -> str:
        """What the bot has logged so far, at level DEBUG."""
        assert self.config.log.file is not None
        return self.config.log.file.read_text("utf-8")

    def place(self, slug: str, lang: str) -> str:
        """The name of a district."""
        district = self.house.atlas.tree.by_slug(slug)
        assert district is not None, slug
        return district.name(lang)

    async def begin(self) -> None:
        """Start the bot."""
        self.house = await self._open.enter_async_context(opened_house(self.config, self.box))

    async def stop(self) -> None:
        """Stop the bot; what is stored stays."""
        await self._open.aclose()

    async def settle(self) -> None:
        """Wait until the bot has received, handled and sent everything that is due."""
        while self.box.world.updates.queue:
            await asyncio.sleep(0.005)
        await self.house.idle()

    async def beat(self) -> None:
        """Let the heartbeats run once, and what they cause be delivered."""
        await self.house.beat()
        await self.settle()

    async def pass_time(self, **span: float) -> None:
        """Let time pass (``hours=2``) and the heartbeats notice."""
        await self.street.move_clock(timedelta(**span).total_seconds())
        await self.beat()

    async def wait_until(self, moment: datetime) -> None:
        """Let time pass up to a moment and the heartbeats notice."""
        await self.pass_time(seconds=(moment - self.now).total_seconds())

    async def older_version_sends(self, chat: int, data: str) -> int:
        """A message with one button as another version of the bot may have left it in a chat."""
        keyboard = {"inline_keyboard": [[{"text": "Old", "callback_data": data}]]}
        body = {"chat_id": chat, "text": "Old", "reply_markup": keyboard}
        url = f"{self.box.bot_url}{self.box.bot_token}/sendMessage"
        async with self.street.http.post(url, json=body) as answer:
            return int((await answer.json())["result"]["message_id"])

    def errors(self) -> list[str]:
        """Errors in the log that no journey caused on purpose."""
        lines = [line for line in self.log.splitlines() if " ERROR " in line or "Trace" in line]
        return [line for line in lines if not any(known in line for known in self.trouble)]


@asynccontextmanager
async def founded_town(box: Sandbox, folder: Path, url: str | None = None) -> AsyncIterator[Town]:
    """A new installation, running, with its one-time code still unused.

    An error in its log fails the test.
    """
    config = config_for(box, folder, url)
    town = Town(config, box, await found(config))
    async with aiohttp.ClientSession() as http:
        town.street = Street(http, box.control_url, town.settle)
        with logging_to_file(config):
            await town.begin()
            try:
                yield town
            finally:
                await town.stop()
    assert town.errors() == []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where an installation keeps everything, its temporary files included."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return tmp_path


@pytest.fixture
async def town(box: Sandbox, folder: Path) -> AsyncIterator[Town]:
    """A new installation on SQLite."""
    async with founded_town(box, folder) as town:
        yield town
