"""Help, the way out of a form, and the buttons that lead to other nouns' screens."""

from dataclasses import dataclass

from telegram import Update
from telegram.ext import CallbackQueryHandler, CommandHandler, filters

from bot.domain.errors import Gone
from bot.views import help as view
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Feature, Step

PRIVATE = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE


@dataclass(frozen=True, slots=True)
class HelpHandlers(Feature):
    """``next_rally`` and ``check`` open what /next and /check open."""

    next_rally: Step
    check: Step

    def routes(self) -> Routes:
        """/help, /cancel and the shortcuts."""
        yield CommandHandler("help", self.help, PRIVATE)
        yield CommandHandler("cancel", self.cancel, PRIVATE)
        yield CallbackQueryHandler(self.go, view.Go.pattern())

    async def help(self, update: Update, ctx: Ctx) -> None:
        """Every command with what it does."""
        ctx.say(view.help_(ctx.t))

    async def cancel(self, update: Update, ctx: Ctx) -> None:
        """Leave whatever form is open; ``handlers.identify`` does so for every command."""
        ctx.say(view.left(ctx.t, form=ctx.form is not None))

    async def go(self, update: Update, ctx: Ctx) -> None:
        """Open another noun's screen."""
        press = ctx.pressed(update, view.Go)
        ctx.carry(press.lang)
        match press.to:
            case "next":
                await self.next_rally(update, ctx)
            case "check":
                await self.check(update, ctx)
            case "help":
                ctx.show(update, view.help_(ctx.t))
            case _:
                raise Gone
