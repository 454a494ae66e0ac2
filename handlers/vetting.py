"""The checklist of a source: a tap per check, a link where one shows it; then its newest items."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from telegram import Update
from telegram.ext import CallbackQueryHandler

from bot.domain.evidence import Check, NoEvidenceLink
from bot.domain.sources import SourceId
from bot.domain.staff import May
from bot.services.newest import Newest
from bot.services.sources import Sources
from bot.services.vetting import Vetting
from bot.views import newest
from bot.views import vetting as view
from bot.views.message import Message
from bot.views.sources import OpenEvidence
from feeds.failures import FeedRefused
from handlers.context import Ctx
from handlers.errors import Routes, refuse
from handlers.feature import Feature, Step

KIND = "source-evidence"


class Draft(msgspec.Struct, frozen=True):
    """What the link to be typed shows."""

    source: int
    check: Check


@dataclass(frozen=True)
class VettingHandlers(Feature):
    """Every press checks again what the person may do: buttons live for months."""

    sources: Sources
    vetting: Vetting
    newest: Newest

    def routes(self) -> Routes:
        """Buttons only; the way in is the card of a source."""
        yield CallbackQueryHandler(self.open, OpenEvidence.pattern())
        yield CallbackQueryHandler(self.tick, view.Tick.pattern())
        yield CallbackQueryHandler(self.ask_link, view.AddLink.pattern())
        yield CallbackQueryHandler(self.take_newest, newest.TakeNewest.pattern())

    def steps(self) -> Mapping[str, Step]:
        """One form: the link."""
        return {KIND: self.receive}

    async def open(self, update: Update, ctx: Ctx) -> None:
        """Show the checklist."""
        press = ctx.pressed(update, OpenEvidence)
        self._leave(ctx)
        ctx.show(update, await self._screen(ctx, SourceId(press.source)))

    async def tick(self, update: Update, ctx: Ctx) -> None:
        """A check is done, or was not."""
        press = ctx.pressed(update, view.Tick)
        by, id = ctx.member(), SourceId(press.source)
        self._leave(ctx)
        await self.vetting.tick(by, id, press.check, on=press.on)
        ctx.toast(update, ctx.t("evidence-ticked" if press.on else "evidence-unticked"))
        just = press.check if press.on else None
        ctx.show(update, await self._screen(ctx, id, just=just))

    async def ask_link(self, update: Update, ctx: Ctx) -> None:
        """Ask for the link."""
        press = ctx.pressed(update, view.AddLink)
        ctx.entitled(May.VET_SOURCE)
        ctx.ask(KIND, Draft(press.source, press.check))
        ctx.show(update, view.ask_link(press.source, press.check, ctx.t))

    async def receive(self, update: Update, ctx: Ctx) -> None:
        """The link was written; anything else is asked for again."""
        draft = ctx.answers(Draft)
        typed = update.message.text if update.message is not None else None
        id = SourceId(draft.source)
        try:
            await self.vetting.link(ctx.member(), id, draft.check, typed or "")
        except NoEvidenceLink as no:
            refuse(update, ctx, no)
            ctx.say(view.ask_link(draft.source, draft.check, ctx.t))
            return
        ctx.leave()
        ctx.say(await self._screen(ctx, id))

    async def take_newest(self, update: Update, ctx: Ctx) -> None:
        """Put what it showed before into the queue: read now, decided there."""
        press = ctx.pressed(update, newest.TakeNewest)
        try:
            count = await self.newest.take(ctx.member(), SourceId(press.source))
        except FeedRefused as no:
            ctx.say(newest.unreadable(no, press.source, ctx.t))
            return
        ctx.say(newest.taken(count, ctx.t))

    def _leave(self, ctx: Ctx) -> None:
        if ctx.within(KIND):
            ctx.leave()

    async def _screen(self, ctx: Ctx, id: SourceId, *, just: Check | None = None) -> Message:
        by = ctx.member()
        entry = await self.sources.entry(by, id)
        earlier = await self.newest.offered(by, entry.source)
        tree = self.sources.atlas.tree
        return view.checklist(entry, by, ctx.t, tree, just=just, earlier=earlier)
