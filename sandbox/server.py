"""The program: a world, its HTTP faces on loopback, and what a seed file puts into it."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from sandbox import page, webhook
from sandbox.api import TOKEN, Api
from sandbox.ask import Ask
from sandbox.control import app as control
from sandbox.control import feeds as desk
from sandbox.control import make
from sandbox.errors import Refused
from sandbox.rates import Profile
from sandbox.types import Json
from sandbox.world import World

LARGEST_BODY = 60 * 1024 * 1024
PATIENCE = 60.0


@dataclass(slots=True)
class Sandbox:
    """How to start, and once it runs, where it is."""

    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = None
    rates: Profile = "strict"
    feeds: Path | None = None
    held: int = 3
    seed: Json | None = None
    world: World = field(init=False)
    session: aiohttp.ClientSession | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if not _is_loopback(self.host):
            raise Refused("the sandbox listens on loopback only")
        if self.token is not None and not TOKEN.fullmatch(self.token):
            raise Refused("a token looks like 123456789:AA… with 35 characters behind the colon")
        self.world = World(token=self.token)
        self.world.rates.profile = self.rates

    @property
    def url(self) -> str:
        """Where everything is."""
        return self.world.base

    @property
    def bot_token(self) -> str:
        """The one token that is valid here."""
        return self.world.token

    @property
    def bot_url(self) -> str:
        """The base URL that python-telegram-bot wants."""
        return f"{self.url}/bot"

    @property
    def file_url(self) -> str:
        """The base file URL that python-telegram-bot wants."""
        return f"{self.url}/file/bot"

    @property
    def control_url(self) -> str:
        """Where the control API is."""
        return f"{self.url}/control"

    @property
    def feeds_url(self) -> str:
        """Where the feeds are."""
        return f"{self.url}/feeds"

    def addresses(self) -> Json:
        """Return the line that the program prints when it is ready."""
        return {
            "api": self.url,
            "page": f"{self.url}/",
            "control": self.control_url,
            "feeds": self.feeds_url,
            "token": self.bot_token,
        }

    async def control(self, verb: str, path: str, body: Json | None = None) -> Any:
        """Ask the control API over HTTP; a refusal is raised as `Refused`."""
        if self.session is None:
            raise Refused("the sandbox is not running")
        url = f"{self.control_url}/{path}"
        async with self.session.request(verb, url, json=body) as answer:
            parsed = await answer.json()
            if answer.status >= 400:
                raise Refused(parsed["error"], status=answer.status)
            return parsed

    async def act(self, person: int | str, deed: str, **body: Any) -> Any:
        """Let a person do something: `await box.act("vera", "text", text="hello")`."""
        return await self.control("POST", f"people/{person}/{deed}", body)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def application(world: World) -> web.Application:
    """Return the web application of a world."""
    app = web.Application(client_max_size=LARGEST_BODY, middlewares=[control.own_pages_only])
    app.add_routes(Api(world).routes())
    app.add_routes(control.routes(world))
    app.add_routes(world.feeds.routes())
    app.add_routes(page.routes())
    return app


def plant(world: World, seed: Json) -> None:
    """Put the people, chats and feeds of a seed into the world."""
    if unknown := set(seed) - {"bot", "people", "chats", "feeds"}:
        raise Refused(f"a seed has no {', '.join(sorted(unknown))}")
    bot = seed.get("bot", {})
    world.profile.name = bot.get("name", world.profile.name)
    world.bot_username = bot.get("username", world.bot_username)
    for body in seed.get("people", []):
        make.add_person(Ask(world, body=body))
    for body in seed.get("chats", []):
        make.add_chat(Ask(world, body=body))
    for body in seed.get("feeds", []):
        desk.make(Ask(world, body=body))


@asynccontextmanager
async def running(box: Sandbox) -> AsyncIterator[Sandbox]:
    """Serve for as long as the block lasts; yields the sandbox with its address known."""
    world = box.world
    runner = web.AppRunner(application(world), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, box.host, box.port)
    await site.start()
    port = runner.addresses[0][1]
    shown = f"[{box.host}]" if ":" in box.host else box.host
    world.base = world.feeds.base = f"http://{shown}:{port}"
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    # Not a task group: it would wrap whatever a test raises inside the block.
    delivery = asyncio.get_running_loop().create_task(webhook.deliver(world))
    try:
        if box.feeds is not None:
            world.feeds.serve_folder(box.feeds, held=box.held)
        if box.seed is not None:
            plant(world, box.seed)
        async with aiohttp.ClientSession(trust_env=False, timeout=timeout) as box.session:
            yield box
    finally:
        box.session = None
        delivery.cancel()
        await asyncio.wait([delivery])
        world.close()
        await runner.cleanup()
