"""The moderators' page of sources: list, one source, motions, hold, test."""

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import Update
from telegram.ext import CallbackQueryHandler

from bot.domain.items import ItemId
from bot.domain.sources import Motion, Source, SourceId, SourceState
from bot.domain.staff import May
from bot.services.sources import Sources
from bot.views import proposals
from bot.views import sources as view
from bot.views.message import Button, Message, button
from feeds.failures import FeedRefused
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Feature


@dataclass(frozen=True)
class SourceHandlers(Feature):
    """Every press checks again what the person may do: buttons live for months."""

    sources: Sources

    def routes(self) -> Routes:
        """Buttons only; the way in is the /staff menu."""
        yield CallbackQueryHandler(self.list, view.ListSources.pattern())
        yield CallbackQueryHandler(self.open, view.OpenSource.pattern())
        yield CallbackQueryHandler(self.move, view.Move.pattern())
        yield CallbackQueryHandler(self.ask_since, view.AskRevoke.pattern())
        yield CallbackQueryHandler(self.revoke, view.Revoke.pattern())
        yield CallbackQueryHandler(self.object, view.Object.pattern())
        yield CallbackQueryHandler(self.hold, view.HoldSource.pattern())
        yield CallbackQueryHandler(self.test, view.TestSource.pattern())
        yield CallbackQueryHandler(self.ask_reason, view.AskReason.pattern())
        yield CallbackQueryHandler(self.reject, view.RejectSource.pattern())

    def menu(self, ctx: Ctx) -> Sequence[Button]:
        """For those who may propose or hold."""
        shown = button(ctx.t("sources-menu"), view.ListSources())
        return (shown,) if ctx.may(May.NOMINATE_SOURCE, May.HOLD) else ()

    async def list(self, update: Update, ctx: Ctx) -> None:
        """Show a page of the list."""
        press = ctx.pressed(update, view.ListSources)
        await self._list(update, ctx, press.page)

    async def open(self, update: Update, ctx: Ctx) -> None:
        """Show one source."""
        press = ctx.pressed(update, view.OpenSource)
        shown = await self._card(ctx, SourceId(press.source), item=press.item)
        if press.aside:
            ctx.say(shown)
        else:
            ctx.show(update, shown)

    async def move(self, update: Update, ctx: Ctx) -> None:
        """Ask for a motion, or carry it as the second person."""
        press = ctx.pressed(update, view.Move)
        id = SourceId(press.source)
        moved = await self.sources.move(ctx.member(), id, press.motion, mark=press.mark)
        await self._moved(update, ctx, moved)

    async def ask_since(self, update: Update, ctx: Ctx) -> None:
        """Since when is it to be taken back?"""
        press = ctx.pressed(update, view.AskRevoke)
        entry = await self.sources.entry(ctx.member(), SourceId(press.source))
        ctx.show(update, view.since(entry.source, press.item, ctx.t))

    async def revoke(self, update: Update, ctx: Ctx) -> None:
        """Ask to revoke it; a second person agrees to exactly this."""
        press = ctx.pressed(update, view.Revoke)
        moved = await self.sources.move(
            ctx.member(),
            SourceId(press.source),
            Motion.REVOKE,
            since=press.since,
            item=ItemId(press.item) if press.item else None,
        )
        await self._moved(update, ctx, moved)

    async def object(self, update: Update, ctx: Ctx) -> None:
        """Drop the pending motion."""
        press = ctx.pressed(update, view.Object)
        await self.sources.object(ctx.member(), SourceId(press.source))
        ctx.toast(update, ctx.t("source-objected"))
        await self._show(update, ctx, SourceId(press.source))

    async def hold(self, update: Update, ctx: Ctx) -> None:
        """Stop relaying at once."""
        press = ctx.pressed(update, view.HoldSource)
        await self.sources.hold(ctx.member(), SourceId(press.source))
        state = ctx.t(f"source-state-{SourceState.HELD}")
        ctx.toast(update, ctx.t("source-state", state=state))
        if press.aside:
            ctx.say(await self._card(ctx, SourceId(press.source)))
        elif press.page >= 0:
            await self._list(update, ctx, press.page)
        else:
            await self._show(update, ctx, SourceId(press.source))

    async def test(self, update: Update, ctx: Ctx) -> None:
        """Read the feed now; nothing is stored."""
        press = ctx.pressed(update, view.TestSource)
        back = view.OpenSource(press.source)
        try:
            found = await self.sources.test(ctx.member(), SourceId(press.source))
        except FeedRefused as no:
            ctx.show(update, proposals.untestable(no, ctx.t, back))
            return
        ctx.show(update, proposals.tested(found, ctx.t, back))

    async def ask_reason(self, update: Update, ctx: Ctx) -> None:
        """Why is the nomination rejected?"""
        press = ctx.pressed(update, view.AskReason)
        entry = await self.sources.entry(ctx.member(), SourceId(press.source))
        ctx.show(update, view.reasons(entry.source, ctx.t))

    async def reject(self, update: Update, ctx: Ctx) -> None:
        """Reject it."""
        press = ctx.pressed(update, view.RejectSource)
        await self.sources.reject(ctx.member(), SourceId(press.source), press.reason)
        ctx.toast(update, ctx.t("source-is-rejected"))
        await self._list(update, ctx, 0)

    async def _moved(self, update: Update, ctx: Ctx, moved: Source) -> None:
        if moved.motion is not None:
            ctx.toast(update, ctx.t("source-asked"))
        else:
            ctx.toast(update, ctx.t("source-state", state=ctx.t(f"source-state-{moved.state}")))
        await self._show(update, ctx, moved.id)

    async def _list(self, update: Update, ctx: Ctx, number: int) -> None:
        by, tree = ctx.member(), self.sources.atlas.tree
        page = await self.sources.page(by, number)
        ctx.show(update, view.listing(page, by, ctx.t, tree, ctx.now))

    async def _show(self, update: Update, ctx: Ctx, id: SourceId) -> None:
        ctx.show(update, await self._card(ctx, id))

    async def _card(self, ctx: Ctx, id: SourceId, *, item: int = 0) -> Message:
        by = ctx.member()
        entry = await self.sources.entry(by, id)
        tree = self.sources.atlas.tree
        return view.card(entry, by, ctx.t, tree, ctx.now, item=item)
