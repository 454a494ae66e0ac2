"""News: /news for readers, "why trust this?" for anybody, the queue for moderators."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from telegram import Chat, Update
from telegram.ext import CallbackQueryHandler, CommandHandler

from bot.domain.errors import Refused, Stale
from bot.domain.items import Item, ItemClaimed, ItemDecided, ItemExpired, ItemId, SourceHeld
from bot.domain.staff import May, Staff
from bot.services.items import Items
from bot.views import items as view
from bot.views.message import Button, button
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Feature

OVERTAKEN = (ItemDecided, ItemExpired, ItemClaimed, SourceHeld, Stale)
"""Refusals after which the card on the screen is out of date: the next one follows at once."""


@dataclass(frozen=True)
class ItemHandlers(Feature):
    """One tap per decision; the next card replaces the last one."""

    items: Items

    def routes(self) -> Routes:
        """A command for everybody, buttons for moderators."""
        yield CommandHandler("news", self.news)
        yield CallbackQueryHandler(self.why, view.Why.pattern())
        yield CallbackQueryHandler(self.queue, view.OpenQueue.pattern())
        yield CallbackQueryHandler(self.publish, view.Publish.pattern())
        yield CallbackQueryHandler(self.reject, view.RejectItem.pattern())
        yield CallbackQueryHandler(self.skip, view.SkipItem.pattern())

    def menu(self, ctx: Ctx) -> Sequence[Button]:
        """For those who may relay."""
        return (button(ctx.t("queue-open"), view.OpenQueue()),) if ctx.may(May.RELAY_ITEM) else ()

    async def news(self, update: Update, ctx: Ctx) -> None:
        """The latest for one's districts; for strangers, of all."""
        follows = ctx.subscriber.follows if ctx.subscriber is not None else frozenset()
        found = await self.items.latest(follows)
        tree = self.items.atlas.tree
        ctx.show(update, view.latest(found, ctx.t, tree, mine=bool(follows)))

    async def why(self, update: Update, ctx: Ctx) -> None:
        """The card of an item; in a channel a line only its presser sees."""
        press = ctx.pressed(update, view.Why)
        item, source = await self.items.why(ItemId(press.item))
        chat = update.effective_chat
        if chat is not None and chat.type == Chat.PRIVATE:
            ctx.say(view.why(item, source, self.items.city(source), ctx.t))
        else:
            ctx.toast(update, view.why_short(item, source, ctx.t), alert=True)

    async def queue(self, update: Update, ctx: Ctx) -> None:
        """The oldest item."""
        await self._next(update, ctx)

    async def publish(self, update: Update, ctx: Ctx) -> None:
        """Approve, then the next card."""
        await self._decide(update, ctx, self.items.publish, ctx.pressed(update, view.Publish))

    async def reject(self, update: Update, ctx: Ctx) -> None:
        """Reject, then the next card."""
        await self._decide(update, ctx, self.items.reject, ctx.pressed(update, view.RejectItem))

    async def skip(self, update: Update, ctx: Ctx) -> None:
        """Leave it to somebody else."""
        press = ctx.pressed(update, view.SkipItem)
        await self._next(update, ctx, after=ItemId(press.item))

    async def _decide(
        self,
        update: Update,
        ctx: Ctx,
        decision: Callable[[Staff, ItemId, int], Awaitable[Item]],
        press: view.Publish | view.RejectItem,
    ) -> None:
        by = ctx.member()
        try:
            done = await decision(by, ItemId(press.item), press.edition)
            ctx.toast(update, view.decided(done, ctx.t))
        except OVERTAKEN as no:
            self._explain(update, ctx, no)
        await self._next(update, ctx)

    async def _next(self, update: Update, ctx: Ctx, *, after: ItemId | None = None) -> None:
        it = await self.items.open(ctx.member(), after=after)
        city = self.items.city(it.source) if it.source is not None else None
        ctx.show(update, view.queue(it, city, ctx.t, ctx.now))

    def _explain(self, update: Update, ctx: Ctx, no: Refused) -> None:
        ctx.toast(update, ctx.t(no.key, **no.args_), alert=True)
