"""News: /news for readers, "why trust this?" for anybody, the queue for moderators."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from telegram import Chat, Update
from telegram.ext import CallbackQueryHandler, CommandHandler

from bot.domain.errors import Refused, Stale
from bot.domain.items import (
    Item,
    ItemClaimed,
    ItemDecided,
    ItemExpired,
    ItemId,
    ParkedAlready,
    SourceHeld,
)
from bot.domain.revisions import AlreadyMasked, AlreadyRecalled
from bot.domain.sources import SourceId
from bot.domain.staff import May, Staff
from bot.i18n import Translator
from bot.services.items import Grounds, Items
from bot.views import items as view
from bot.views import queue as desk
from bot.views.message import Button, button
from bot.views.revisions import Review
from bot.views.sources import OpenSource
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Feature

OVERTAKEN = (
    ItemDecided,
    ItemExpired,
    ItemClaimed,
    ParkedAlready,
    SourceHeld,
    AlreadyMasked,
    AlreadyRecalled,
    Stale,
)
"""Refusals after which the card on the screen is out of date: the next one follows at once."""

DESK = (May.HOLD, May.RELAY_ITEM)
"""Whoever may one of these may open what was sent, to hide, correct or take it back."""


@dataclass(frozen=True)
class ItemHandlers(Feature):
    """One tap per decision; the next card replaces the last one."""

    items: Items
    hold: Callable[[Staff, SourceId], Awaitable[object]]
    """Stops relaying a source at once."""

    def routes(self) -> Routes:
        """A command for everybody, buttons for moderators."""
        yield CommandHandler("news", self.news)
        yield CallbackQueryHandler(self.why, view.Why.pattern())
        yield CallbackQueryHandler(self.queue, desk.OpenQueue.pattern())
        yield CallbackQueryHandler(self.publish, desk.Publish.pattern())
        yield CallbackQueryHandler(self.amend, desk.AmendItem.pattern())
        yield CallbackQueryHandler(self.join, desk.JoinItem.pattern())
        yield CallbackQueryHandler(self.reject, desk.RejectItem.pattern())
        yield CallbackQueryHandler(self.park, desk.ParkItem.pattern())
        yield CallbackQueryHandler(self.separate, desk.SeparateItem.pattern())
        yield CallbackQueryHandler(self.hold_source, desk.HoldItsSource.pattern())
        yield CallbackQueryHandler(self.skip, desk.SkipItem.pattern())

    def menu(self, ctx: Ctx) -> Sequence[Button]:
        """For those who may relay."""
        return (button(ctx.t("queue-open"), desk.OpenQueue()),) if ctx.may(May.RELAY_ITEM) else ()

    async def news(self, update: Update, ctx: Ctx) -> None:
        """The latest for one's districts; for strangers, of all."""
        follows = ctx.subscriber.follows if ctx.subscriber is not None else frozenset()
        found = await self.items.latest(follows)
        tree = self.items.atlas.tree
        ctx.show(update, view.latest(found, ctx.t, tree, mine=bool(follows)))

    async def why(self, update: Update, ctx: Ctx) -> None:
        """The card of an item; in a channel a line only its presser sees."""
        press = ctx.pressed(update, view.Why)
        grounds = await self.items.why(ItemId(press.item))
        item, source = grounds.item, grounds.source
        chat = update.effective_chat
        if chat is None or chat.type != Chat.PRIVATE:
            ctx.toast(update, view.why_short(item, source, ctx.t), alert=True)
            return
        card = view.why(
            item,
            source,
            self.items.city(source, item),
            ctx.t,
            also=grounds.also,
            corrections=grounds.corrections,
            rows=[self._desk(ctx, grounds)],
        )
        ctx.say(card)

    async def queue(self, update: Update, ctx: Ctx) -> None:
        """The oldest item."""
        await self._next(update, ctx)

    async def publish(self, update: Update, ctx: Ctx) -> None:
        """Approve, then the next card."""
        press = ctx.pressed(update, desk.Publish)
        await self._decide(update, ctx, self.items.publish, press, desk.decided)

    async def amend(self, update: Update, ctx: Ctx) -> None:
        """Approve what its medium says now, then the next card."""
        press = ctx.pressed(update, desk.AmendItem)
        await self._decide(update, ctx, self.items.amend, press, desk.amended)

    async def join(self, update: Update, ctx: Ctx) -> None:
        """Name it below what is public, then the next card."""
        press = ctx.pressed(update, desk.JoinItem)
        await self._decide(update, ctx, self.items.join, press, desk.decided)

    async def reject(self, update: Update, ctx: Ctx) -> None:
        """Reject, or leave what was sent, then the next card."""
        press = ctx.pressed(update, desk.RejectItem)
        await self._decide(update, ctx, self.items.reject, press, desk.refused)

    async def park(self, update: Update, ctx: Ctx) -> None:
        """Wait for a second source; the next card."""
        press = ctx.pressed(update, desk.ParkItem)
        said = "item-is-parked"
        await self._decide(update, ctx, self.items.park, press, lambda _, t: t(said))

    async def separate(self, update: Update, ctx: Ctx) -> None:
        """It tells another story; the next card."""
        press = ctx.pressed(update, desk.SeparateItem)
        said = "item-is-separate"
        await self._decide(update, ctx, self.items.separate, press, lambda _, t: t(said))

    async def hold_source(self, update: Update, ctx: Ctx) -> None:
        """Stop relaying its source; the next card."""
        press, by = ctx.pressed(update, desk.HoldItsSource), ctx.member()
        await self.hold(by, await self.items.source_of(ItemId(press.item)))
        ctx.toast(update, ctx.t("item-source-is-held"))
        await self._next(update, ctx)

    async def skip(self, update: Update, ctx: Ctx) -> None:
        """Leave it to somebody else."""
        press = ctx.pressed(update, desk.SkipItem)
        await self._next(update, ctx, after=ItemId(press.item))

    async def _decide(
        self,
        update: Update,
        ctx: Ctx,
        decision: Callable[[Staff, ItemId, int], Awaitable[Item]],
        press: desk.Decision,
        said: Callable[[Item, Translator], str],
    ) -> None:
        by = ctx.member()
        try:
            done = await decision(by, ItemId(press.item), press.edition)
            ctx.toast(update, said(done, ctx.t))
        except OVERTAKEN as no:
            self._explain(update, ctx, no)
        await self._next(update, ctx)

    async def _next(self, update: Update, ctx: Ctx, *, after: ItemId | None = None) -> None:
        it = await self.items.open(ctx.member(), after=after)
        city = self.items.city(it.source, it.item) if it.source is not None else None
        ctx.show(update, desk.queue(it, city, ctx.t, ctx.now))

    def _explain(self, update: Update, ctx: Ctx, no: Refused) -> None:
        ctx.toast(update, ctx.t(no.key, **no.args_), alert=True)

    def _desk(self, ctx: Ctx, grounds: Grounds) -> Iterator[Button]:
        """For those who may take it back, or look at its source."""
        by, item = ctx.staff, grounds.item
        if by is None or not ctx.of_staff:
            return
        tree, places = self.items.atlas.tree, item.reach(grounds.source)
        if grounds.publication is not None and any(by.may(w, places, tree) for w in DESK):
            yield button(ctx.t("item-take-back"), Review(grounds.publication.id))
        if by.may(May.NOMINATE_SOURCE, places, tree):
            opened = OpenSource(grounds.source.id, aside=True, item=item.id)
            yield button(ctx.t("item-source"), opened)
