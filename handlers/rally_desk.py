"""Rallies for staff: the list, cards, second persons' answers, suspensions and cancellations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
from telegram import Update
from telegram.ext import CallbackQueryHandler

from bot.domain.errors import Gone
from bot.domain.rallies import Deed, RallyId, Request
from bot.domain.staff import May, Staff
from bot.services.rallies import Rallies
from bot.views import rally_desk as view
from bot.views.message import Button, Message, button
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Feature, Step

KIND = "rally-why"
WHY_LIMIT = 300
"""Characters of a reason; only the author reads it."""


class Why(msgspec.Struct, frozen=True):
    """Which question the typed reason belongs to."""

    rally: int
    digest: str
    verdict: Literal["change", "no"]


@dataclass(frozen=True, slots=True)
class RallyDeskHandlers(Feature):
    """What staff does with rallies that are submitted or public."""

    rallies: Rallies

    def routes(self) -> Routes:
        """Buttons."""
        yield CallbackQueryHandler(self.desk, view.Desk.pattern())
        yield CallbackQueryHandler(self.show, view.Show.pattern())
        yield CallbackQueryHandler(self.pause, view.Pause.pattern())
        yield CallbackQueryHandler(self.ask, view.Ask.pattern())
        yield CallbackQueryHandler(self.decide, view.Decide.pattern())

    def steps(self) -> Mapping[str, Step]:
        """The typed reason of a no."""
        return {KIND: self.why}

    def menu(self, ctx: Ctx) -> Sequence[Button]:
        """[Rallies] for those who draft, publish or suspend them."""
        rights = (May.DRAFT_RALLY, May.PUBLISH_RALLY, May.SUSPEND_RALLY)
        return [button(ctx.t("rally-button-desk"), view.Desk())] if ctx.may(*rights) else []

    async def desk(self, update: Update, ctx: Ctx) -> None:
        """The list."""
        by, page = ctx.member(), ctx.pressed(update, view.Desk).page
        found, who = await self.rallies.desk(by)
        ctx.show(update, view.listed(found, ctx.t, who.tree, page=page))

    async def show(self, update: Update, ctx: Ctx) -> None:
        """One rally: the question that waits for this person, else what they may do."""
        by, id = ctx.member(), RallyId(ctx.pressed(update, view.Show).rally)
        await self._card(update, ctx, by, id)

    async def pause(self, update: Update, ctx: Ctx) -> None:
        """Suspend at once; the reason is asked first."""
        by, press = ctx.member(), ctx.pressed(update, view.Pause)
        rally = await self.rallies.get(RallyId(press.rally))
        if press.reason is None:
            ctx.show(update, view.reasons(rally, ctx.t, cancelling=False))
            return
        rally = await self.rallies.suspend(by, rally.id, press.reason)
        ctx.toast(update, ctx.t("rally-suspended-done"), alert=True)
        await self._card(update, ctx, by, rally.id)

    async def ask(self, update: Update, ctx: Ctx) -> None:
        """Ask a second person to resume or cancel."""
        by, press = ctx.member(), ctx.pressed(update, view.Ask)
        if press.deed not in (Deed.RESUME, Deed.CANCEL):
            raise Gone
        rally = await self.rallies.get(RallyId(press.rally))
        if press.deed is Deed.CANCEL and press.reason is None:
            ctx.show(update, view.reasons(rally, ctx.t, cancelling=True))
            return
        await self.rallies.ask(by, rally.id, Request(press.deed, by.id, reason=press.reason))
        ctx.toast(update, ctx.t("rally-sent"), alert=True)
        await self._card(update, ctx, by, rally.id)

    async def decide(self, update: Update, ctx: Ctx) -> None:
        """A second person's answer to exactly what they were shown."""
        by, press = ctx.member(), ctx.pressed(update, view.Decide)
        if press.verdict != "yes":
            ctx.ask(KIND, Why(press.rally, press.digest, press.verdict))
            ctx.say(view.say_why(ctx.t, rejecting=press.verdict == "no"))
            return
        rally, waiting = await self.rallies.approve(by, RallyId(press.rally), press.digest)
        ctx.show(update, view.decided(rally, ctx.t, waiting=waiting))

    async def why(self, update: Update, ctx: Ctx) -> None:
        """The reason of a no or of a wanted change, for the author alone."""
        by, asked, message = ctx.member(), ctx.answers(Why), update.effective_message
        text = (message.text or "").strip() if message else ""
        final = asked.verdict == "no"
        if not text or len(text) > WHY_LIMIT:
            ctx.say(view.say_why(ctx.t, rejecting=final))
            return
        ctx.leave()
        await self.rallies.refuse(by, RallyId(asked.rally), asked.digest, why=text, final=final)
        ctx.say(Message(ctx.t("rally-why-sent"), protect=True))

    async def _card(self, update: Update, ctx: Ctx, by: Staff, id: RallyId) -> None:
        found, who = await self.rallies.desk(by)
        rally = next((r for r in found if r.id == id), None)
        if rally is None:
            raise Gone
        question = await self.rallies.waiting(id, ctx.t) if rally.asks(by, who) else None
        ctx.show(update, question or view.card(rally, by, who, ctx.t))
