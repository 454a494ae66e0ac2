"""Whatever nobody else took: unknown commands, old buttons, photos out of place, groups."""

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import Update
from telegram.ext import CallbackQueryHandler, MessageHandler, filters

from bot.views import lost as view
from bot.views.message import Message
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Claim, Feature

PRIVATE = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE
GROUP = filters.ChatType.GROUPS & filters.UpdateType.MESSAGE


@dataclass(frozen=True, slots=True)
class LostHandlers(Feature):
    """Comes after every other feature, in routes and in claims."""

    def routes(self) -> Routes:
        """Commands and buttons that no noun knows. In groups only what is addressed."""
        yield MessageHandler(PRIVATE & filters.COMMAND, self.command)
        yield MessageHandler(GROUP & filters.COMMAND, self.group)
        yield CallbackQueryHandler(self.button)

    def claims(self) -> Sequence[Claim]:
        """Photos, files, voice, stickers, contacts."""
        return (self.media,)

    def answer(self, ctx: Ctx) -> Message:
        """For ``FormHandlers.lost``: a text that nobody could use."""
        return view.not_understood(ctx.t)

    async def command(self, update: Update, ctx: Ctx) -> None:
        """Names the command; a staff command looks the same to everybody else."""
        text = (update.message.text or "") if update.message else ""
        ctx.say(view.unknown_command(ctx.t, text.split(maxsplit=1)[0].split("@")[0]))

    async def group(self, update: Update, ctx: Ctx) -> None:
        """Addressed by name: leads to the private chat. Silence for anything else."""
        text = (update.message.text or "") if update.message else ""
        if text.split(maxsplit=1)[0].lower().endswith(f"@{ctx.bot.username}".lower()):
            ctx.say(view.in_group(ctx.t, ctx.bot.username))

    async def button(self, update: Update, ctx: Ctx) -> None:
        """An old or foreign button: says so, and shows what works now."""
        ctx.toast(update, ctx.t("error-gone"), alert=True)
        if ctx.chat.private:
            ctx.say(view.menu(ctx.t))

    async def media(self, update: Update, ctx: Ctx) -> bool:
        """Nothing of it is kept; a phone number is taken off the screen as well.

        Telegram's own notices, such as a pinned message, were said by nobody: silence.
        """
        message = update.message
        if message is None or message.text is not None:
            return False
        if filters.StatusUpdate.ALL.check_update(update):
            return True
        if message.contact is not None:
            ctx.erase(message.message_id)
        ctx.say(view.not_needed(ctx.t, contact=message.contact is not None))
        return True
