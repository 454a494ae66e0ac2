"""A whole bot against a whole sandbox: the real transport, poller, inbox and engine."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes, ExtBot, MessageHandler, filters

from bot.delivery.inbox import Inbox
from bot.delivery.outbox import Engine
from bot.delivery.pace import Pace
from bot.delivery.poller import Poller
from bot.delivery.tasks import Tasks
from bot.delivery.transport import Transport
from bot.domain.privacy import TelegramId
from bot.services.atlas import Atlas
from bot.views.message import Message
from handlers.context import Ctx
from handlers.errors import Routes, polite
from handlers.feature import Feature
from handlers.identify import IdentifyHandler
from sandbox.server import Sandbox
from storage.db import Database

FAST = 500.0
"""Messages per second of a test: the sandbox's own limits are switched off."""


def now() -> datetime:
    """The wall clock, as the composition root passes it."""
    return datetime.now(UTC)


class Echo(Feature):
    """Says back what it is told; ``/boom`` crashes before anything is known about the update."""

    def routes(self) -> Routes:
        """Everything."""
        yield CommandHandler("start", self.greet)
        yield MessageHandler(filters.TEXT & filters.UpdateType.MESSAGE, self.echo)

    async def greet(self, update: Update, ctx: Ctx) -> None:
        """Answer /start."""
        ctx.say(Message("hello"))

    async def echo(self, update: Update, ctx: Ctx) -> None:
        """Answer a text with itself."""
        assert update.effective_message is not None
        ctx.say(Message(f"echo {update.effective_message.text}"))


@dataclass(slots=True)
class House:
    """The delivery parts of one running bot."""

    db: Database
    box: Sandbox
    engine: Engine
    inbox: Inbox
    poller: Poller
    app: Any

    async def calls(self, method: str) -> list[dict[str, Any]]:
        """What the sandbox was asked, oldest first."""
        found = await self.box.control("GET", f"calls?method={method}&limit=100000")
        return sorted(found["calls"], key=lambda call: call["id"])

    async def person(self, name: str, *, started: bool = True) -> TelegramId:
        """Somebody who pressed START (and was greeted by nobody yet)."""
        made = await self.box.control("POST", "people", {"name": name, "username": name})
        if started:
            await self.box.act(name, "start")
        return TelegramId(made["id"])


@asynccontextmanager
async def opened(
    db: Database,
    box: Sandbox,
    features: Iterable[Feature] = (Echo(),),
    *,
    pace: Pace | None = None,
    timeout: float = 5.0,
    paid: bool = False,
) -> AsyncIterator[House]:
    """A bot, wired but with nothing started."""
    request, tasks = Transport(timeout=timeout), Tasks()
    bot: ExtBot[None] = ExtBot(
        box.bot_token,
        base_url=box.bot_url,
        base_file_url=box.file_url,
        request=request,
        get_updates_request=request,
    )
    app: Any = (
        Application.builder()
        .bot(bot)
        .updater(None)
        .context_types(ContextTypes(context=Ctx))
        .build()
    )
    app.add_handler(IdentifyHandler(db, now, "en").route(), group=-1)
    for feature in features:
        for route in polite(feature.routes()):
            app.add_handler(route)
    fast = pace or Pace(FAST, chat_gap=0.0, group_limit=10_000)
    engine = Engine(db, bot, now, fast, tasks, Atlas(db), paid=paid)
    inbox = Inbox(db, app, now, engine)
    house = House(db, box, engine, inbox, Poller(db, bot, inbox, now), app)
    try:
        yield house
    finally:
        await house.poller.stop()
        await house.inbox.stop()
        await house.engine.stop()
        await tasks.close()
        await app.shutdown()
        await request.shutdown()


@asynccontextmanager
async def running_house(db: Database, box: Sandbox, **options: Any) -> AsyncIterator[House]:
    """A bot that polls, handles and sends."""
    async with opened(db, box, **options) as house:
        await house.engine.start()
        await house.inbox.start()
        await house.poller.start()
        yield house
