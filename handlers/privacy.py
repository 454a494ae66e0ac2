"""Rights: what is stored, a copy of it, its erasure on request or when the bot is blocked."""

import logging
import secrets
from dataclasses import dataclass
from typing import Any

from telegram import ChatMember, Update
from telegram.constants import ChatType
from telegram.ext import BaseHandler, CallbackQueryHandler, CommandHandler, filters

from bot.services.atlas import Atlas
from bot.services.privacy import Privacy
from bot.views import privacy as view
from bot.views.message import Message
from handlers.context import Ctx
from handlers.errors import Callback, Routes
from handlers.feature import Feature
from storage.db import StorageUnavailable

PRIVATE = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE
ADDRESSED = filters.Regex(r"^/\w+@") & filters.UpdateType.MESSAGE
"""A command that names a bot; PTB compares the name with ours."""
log = logging.getLogger(__name__)


class BlockedHandler(BaseHandler[Update, Ctx, Any]):
    """Takes the notice that a person blocked the bot, and no notice about a channel or group."""

    def __init__(self, callback: Callback) -> None:
        super().__init__(callback)

    def check_update(self, update: object) -> bool:
        """Whether this is such a notice."""
        change = update.my_chat_member if isinstance(update, Update) else None
        return (
            change is not None
            and change.chat.type == ChatType.PRIVATE
            and change.new_chat_member.status == ChatMember.BANNED
        )


@dataclass(frozen=True, slots=True)
class PrivacyHandlers(Feature):
    """Works for everybody at any time: subscribers, paused people, strangers, staff."""

    privacy: Privacy
    atlas: Atlas

    def routes(self) -> Routes:
        """/privacy answers wherever the bot is asked by name; the rest in private only."""
        yield CommandHandler("privacy", self.page, PRIVATE | ADDRESSED)
        yield CommandHandler("risks", self.risks, PRIVATE)
        yield CommandHandler(["mydata", "export"], self.mine, PRIVATE)
        yield CommandHandler(["forget", "deletemydata"], self.preview, PRIVATE)
        yield CallbackQueryHandler(self.preview, view.Preview.pattern())
        yield CallbackQueryHandler(self.erase, view.Erase.pattern())
        yield BlockedHandler(self.blocked)

    async def page(self, update: Update, ctx: Ctx) -> None:
        """Ten lines."""
        ctx.say(view.privacy(ctx.t))

    async def risks(self, update: Update, ctx: Ctx) -> None:
        """What is known about punishment for following."""
        countries = [root.slug for root in self.atlas.tree.children(None)]
        ctx.say(view.risks(ctx.t, countries))

    async def mine(self, update: Update, ctx: Ctx) -> None:
        """A copy of everything stored, opened for its owner."""
        kept = await self.privacy.kept(ctx.person)
        known = kept.subscriber
        message = view.mine(
            ctx.t,
            self.atlas.tree,
            chat=ctx.person.reveal(),
            settings=known.settings if known else None,
            follows=known.follows if known else (),
            held=kept.held,
            alias=kept.alias,
        )
        ctx.say(message)

    async def preview(self, update: Update, ctx: Ctx) -> None:
        """What goes, before it goes."""
        kept = await self.privacy.kept(ctx.person)
        known = kept.subscriber
        message = view.preview(
            ctx.t,
            subscribed=known is not None,
            districts=len(known.follows) if known else 0,
            held=kept.held,
        )
        ctx.show(update, message)

    async def erase(self, update: Update, ctx: Ctx) -> None:
        """Erase now. The reference stands in the log without anything about the person."""
        ref = f"ER-{secrets.token_hex(2).upper()}"
        try:
            staff = await self.privacy.forget(ctx.person)
        except StorageUnavailable:
            log.exception("erasing failed, ref %s", ref)
            ctx.show(update, Message(ctx.t("forget-failed", ref=ref)))
            return
        log.info("erased on request, ref %s", ref)
        ctx.show(update, view.erased(ctx.t, ref=ref, staff=staff))

    async def blocked(self, update: Update, ctx: Ctx) -> None:
        """Blocking the bot erases at once; nobody can be told."""
        await self.privacy.forget(ctx.person)
