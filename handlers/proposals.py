"""Proposing a source: paste its address, see what is there, choose whom it concerns, send."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from telegram import Update
from telegram.ext import CallbackQueryHandler

from bot.domain.districts import DistrictId
from bot.domain.errors import Gone
from bot.domain.sources import Found
from bot.domain.staff import May
from bot.services.sources import Sources
from bot.views import proposals as view
from bot.views import sources as list_view
from feeds.failures import FeedRefused, NotAFeed
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Claim, Feature, Step

KIND = "source-proposal"


class Draft(msgspec.Struct, frozen=True):
    """The form so far: what was found, or the feeds that a pasted page offered."""

    found: Found | None = None
    offered: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProposalHandlers(Feature):
    """Any text in the form is read as an address, so that a wrong one is simply sent again."""

    sources: Sources

    def routes(self) -> Routes:
        """The buttons of the form."""
        yield CallbackQueryHandler(self.start, list_view.Propose.pattern())
        yield CallbackQueryHandler(self.stop, view.StopProposal.pattern())
        yield CallbackQueryHandler(self.pick, view.PickFeed.pattern())
        yield CallbackQueryHandler(self.browse, view.PickScope.pattern())
        yield CallbackQueryHandler(self.choose, view.ChooseScope.pattern())
        yield CallbackQueryHandler(self.send, view.SendProposal.pattern())

    def steps(self) -> Mapping[str, Step]:
        """One form."""
        return {KIND: self.receive}

    def claims(self) -> Sequence[Claim]:
        """An address pasted by somebody who may propose."""
        return (self.claim,)

    async def start(self, update: Update, ctx: Ctx) -> None:
        """Ask for the address."""
        ctx.entitled(May.NOMINATE_SOURCE)
        ctx.ask(KIND, Draft())
        ctx.show(update, view.ask_address(ctx.t))

    async def stop(self, update: Update, ctx: Ctx) -> None:
        """Leave the form."""
        if ctx.within(KIND):
            ctx.leave()
        by, tree = ctx.member(), self.sources.atlas.tree
        page = await self.sources.page(by, 0)
        ctx.show(update, list_view.listing(page, by, ctx.t, tree, ctx.now))

    async def receive(self, update: Update, ctx: Ctx) -> None:
        """The address was written; anything but text is asked for again."""
        message = update.message
        if message is None or not message.text:
            ctx.say(view.ask_address(ctx.t))
            return
        await self._look(update, ctx, message.text)

    async def claim(self, update: Update, ctx: Ctx) -> bool:
        """Take a pasted http(s) address, unless somebody else's message carries it."""
        message = update.message
        text = message.text.strip() if message is not None and message.text else ""
        if not ctx.may(May.NOMINATE_SOURCE):
            return False
        alone = len(text.split()) == 1 and text.lower().startswith(("http://", "https://"))
        if not alone or (message is not None and message.forward_origin is not None):
            return False
        await self._look(update, ctx, text)
        return True

    async def pick(self, update: Update, ctx: Ctx) -> None:
        """One of the offered feeds."""
        press = ctx.pressed(update, view.PickFeed)
        offered = self._draft(ctx).offered
        if not 0 <= press.n < len(offered):
            raise Gone
        await self._look(update, ctx, offered[press.n])

    async def browse(self, update: Update, ctx: Ctx) -> None:
        """Open a district in the list."""
        press = ctx.pressed(update, view.PickScope)
        self._ask_scope(update, ctx, self._found(ctx), press)

    async def choose(self, update: Update, ctx: Ctx) -> None:
        """Show what would be proposed."""
        press = ctx.pressed(update, view.ChooseScope)
        district = self.sources.atlas.tree.get(DistrictId(press.district))
        ctx.show(update, view.confirm(self._found(ctx), ctx.t, district))

    async def send(self, update: Update, ctx: Ctx) -> None:
        """Nominate."""
        press = ctx.pressed(update, view.SendProposal)
        where = frozenset({self.sources.atlas.tree.get(DistrictId(press.district)).id})
        await self.sources.propose(ctx.member(), self._found(ctx), where)
        ctx.leave()
        ctx.show(update, view.sent(ctx.t))

    async def _look(self, update: Update, ctx: Ctx, typed: str) -> None:
        by = ctx.member()
        try:
            found = await self.sources.look(by, typed, first=lambda h: view.looking(ctx.t, h))
        except FeedRefused as no:
            ctx.ask(KIND, Draft(offered=no.feeds if isinstance(no, NotAFeed) else ()))
            ctx.show(update, view.refused(no, ctx.t))
            return
        ctx.ask(KIND, Draft(found=found))
        self._ask_scope(update, ctx, found, view.PickScope())

    def _ask_scope(self, update: Update, ctx: Ctx, found: Found, at: view.PickScope) -> None:
        tree = self.sources.atlas.tree
        ctx.show(update, view.found(found, ctx.t, tree, at, self._may(ctx)))

    def _may(self, ctx: Ctx) -> Callable[[DistrictId], bool]:
        by, tree = ctx.member(), self.sources.atlas.tree
        return lambda district: by.may(May.NOMINATE_SOURCE, [district], tree)

    def _draft(self, ctx: Ctx) -> Draft:
        if not ctx.within(KIND):
            raise Gone
        return ctx.answers(Draft)

    def _found(self, ctx: Ctx) -> Found:
        found = self._draft(ctx).found
        if found is None:
            raise Gone
        return found
