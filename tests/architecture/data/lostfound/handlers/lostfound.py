"""/found keeps a line about a thing, /lost lists them."""

from dataclasses import dataclass

from telegram import Update
from telegram.ext import CommandHandler, filters

from bot.services.lostfound import LostFound
from bot.views import lostfound as view
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Feature

PRIVATE = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE


@dataclass(frozen=True, slots=True)
class LostFoundHandlers(Feature):
    """For everybody, in private."""

    lostfound: LostFound

    def routes(self) -> Routes:
        """Two commands."""
        yield CommandHandler("found", self.report, PRIVATE)
        yield CommandHandler("lost", self.listed, PRIVATE)

    async def report(self, update: Update, ctx: Ctx) -> None:
        """Keep what follows the command."""
        await self.lostfound.report(" ".join(ctx.args or ()))
        ctx.say(view.kept(ctx.t))

    async def listed(self, update: Update, ctx: Ctx) -> None:
        """The newest finds."""
        ctx.say(view.listed(await self.lostfound.latest(), ctx.t))
