"""What is being sent: the list, a card that follows it, stop and go on. For staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler, CallbackQueryHandler

from bot.domain.privacy import TelegramId
from bot.domain.publications import PublicationId
from bot.domain.staff import AlreadyApproved, May, SameBranch
from bot.domain.stops import ChangesGoOn, NothingToStop, NotStopped
from bot.services.cards import Cards
from bot.services.sending import Sending
from bot.views import publications as view
from bot.views.message import Button, button
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Feature

OVERTAKEN = (AlreadyApproved, ChangesGoOn, NothingToStop, NotStopped, SameBranch)
"""Refusals after which the card is shown as it stands now."""


@dataclass(frozen=True, slots=True)
class PublicationHandlers(Feature):
    """``cards`` are edited by a heartbeat for as long as they are on a screen."""

    sending: Sending
    cards: Cards

    def routes(self) -> Routes:
        """Buttons."""
        yield CallbackQueryHandler(self.sent, view.Sent.pattern())
        yield CallbackQueryHandler(self.follow, view.Follow.pattern())
        yield CallbackQueryHandler(self.stop, view.Stop.pattern())
        yield CallbackQueryHandler(self.resume, view.Resume.pattern())

    def watch(self) -> BaseHandler[Update, Ctx, Any]:
        """Sees every press before its noun does: below a card it leads to something else, which

        no edit may replace. For a group of its own.
        """
        return CallbackQueryHandler(self.leave)

    def menu(self, ctx: Ctx) -> Sequence[Button]:
        """For everybody who sees counts."""
        if not ctx.may(May.SEE_COUNTS):
            return ()
        return (button(ctx.t("publications-menu"), view.Sent()),)

    async def leave(self, update: Update, _ctx: Ctx) -> None:
        """Whatever was followed in that message is not any more."""
        chat, message = update.effective_chat, update.effective_message
        if chat is not None and message is not None:
            self.cards.close((TelegramId(chat.id), message.message_id))

    async def sent(self, update: Update, ctx: Ctx) -> None:
        """The list."""
        press = ctx.pressed(update, view.Sent)
        ctx.show(update, await self.sending.page(ctx.member(), press.page, ctx.t))

    async def follow(self, update: Update, ctx: Ctx) -> None:
        """One publication as it stands."""
        await self._card(update, ctx, PublicationId(ctx.pressed(update, view.Follow).publication))

    async def stop(self, update: Update, ctx: Ctx) -> None:
        """One person lets it wait."""
        id = PublicationId(ctx.pressed(update, view.Stop).publication)
        try:
            await self.sending.stop(ctx.member(), id)
            ctx.toast(update, ctx.t("publications-stopped"), alert=True)
        except OVERTAKEN as no:
            ctx.toast(update, ctx.t(no.key, **no.args_), alert=True)
        await self._card(update, ctx, id)

    async def resume(self, update: Update, ctx: Ctx) -> None:
        """Two people go on."""
        id = PublicationId(ctx.pressed(update, view.Resume).publication)
        try:
            done = await self.sending.resume(ctx.member(), id)
            ctx.toast(update, ctx.t("publications-resumed" if done else "publications-asked"))
        except OVERTAKEN as no:
            ctx.toast(update, ctx.t(no.key, **no.args_), alert=True)
        await self._card(update, ctx, id)

    async def _card(self, update: Update, ctx: Ctx, id: PublicationId) -> None:
        by, message = ctx.member(), update.effective_message
        card = await self.sending.card(by, id, ctx.t)
        ctx.show(update, card.message)
        if message is not None:
            self.cards.follow((ctx.chat, message.message_id), id, by.id, ctx.lang, card)
