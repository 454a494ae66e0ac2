"""Rallies for everybody: /next, links from posters, and the buttons below an announcement."""

from collections.abc import Mapping
from dataclasses import dataclass

from telegram import Update
from telegram.ext import CallbackQueryHandler, CommandHandler, filters

from bot.domain.districts import DistrictId
from bot.domain.errors import Gone
from bot.domain.rallies import RallyId
from bot.services.atlas import Atlas
from bot.services.rallies import Rallies
from bot.views import rallies as view
from bot.views.calendar import calendar_message
from bot.views.districts import follow
from bot.views.message import Message, button
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Feature, Link

PER_PAGE = 6


@dataclass(frozen=True, slots=True)
class RallyHandlers(Feature):
    """What readers do with rallies."""

    rallies: Rallies
    atlas: Atlas

    def routes(self) -> Routes:
        """The command in private chats, and buttons, which live in channels too."""
        yield CommandHandler("next", self.next, filters.ChatType.PRIVATE)
        yield CallbackQueryHandler(self.next_in, view.NextIn.pattern())
        yield CallbackQueryHandler(self.choose_page, view.ChoosePage.pattern())
        yield CallbackQueryHandler(self.open, view.Open.pattern())
        yield CallbackQueryHandler(self.where, view.Where.pattern())
        yield CallbackQueryHandler(self.calendar, view.Calendar.pattern())
        yield CallbackQueryHandler(self.mute, view.Mute.pattern())
        yield CallbackQueryHandler(self.safety, view.Safety.pattern())

    def links(self) -> Mapping[str, Link]:
        """``?start=e_12`` or ``e_ABCD-EFGH``."""
        return {"e": self.follow}

    async def next(self, update: Update, ctx: Ctx) -> None:
        """The next rallies of what the person follows; others choose a district."""
        follows = ctx.subscriber.follows if ctx.subscriber else frozenset()
        known = frozenset(d for d in follows if d in self.atlas.tree.all)
        if not known:
            ctx.say(self._choose(ctx, 0))
            return
        found = await self.rallies.next_for(known)
        names = view.district_names(known, self.atlas.tree, ctx.t)
        ctx.say(view.listed(found, names, self.atlas.tree, ctx.t, every=True))

    async def choose_page(self, update: Update, ctx: Ctx) -> None:
        """More districts to choose from."""
        ctx.show(update, self._choose(ctx, ctx.pressed(update, view.ChoosePage).page))

    async def next_in(self, update: Update, ctx: Ctx) -> None:
        """The next rallies of one district."""
        district = self.atlas.tree.get(DistrictId(ctx.pressed(update, view.NextIn).district))
        found = await self.rallies.next_for([district.id])
        ways_on = [[follow(ctx.t, district)], [button(ctx.t("back"), view.ChoosePage(0))]]
        name = district.name(ctx.lang)
        shown = view.listed(found, name, self.atlas.tree, ctx.t, every=False, ways_on=ways_on)
        ctx.show(update, shown)

    async def follow(self, update: Update, ctx: Ctx, rest: str) -> None:
        """Show the rally of a link; one that is out of date says so and shows what is next."""
        try:
            rally = await self.rallies.follow_link(rest)
        except Gone:
            ctx.say(Message(ctx.t("rally-link-old")))
            return
        ctx.say(view.card(rally, self.atlas.tree, ctx.t))

    async def open(self, update: Update, ctx: Ctx) -> None:
        """One rally of the list."""
        rally = await self.rallies.public(RallyId(ctx.pressed(update, view.Open).rally))
        ctx.say(view.card(rally, self.atlas.tree, ctx.t))

    async def where(self, update: Update, ctx: Ctx) -> None:
        """Place and map; below a channel's post a line that only the reader sees."""
        rally = await self.rallies.public(RallyId(ctx.pressed(update, view.Where).rally))
        answer = view.place(rally, self.atlas.tree, ctx.t)
        if ctx.chat.private:
            ctx.say(answer)
        else:
            ctx.toast(update, answer.text, alert=True)

    async def calendar(self, update: Update, ctx: Ctx) -> None:
        """The calendar file as the rally stands now."""
        rally = await self.rallies.public(RallyId(ctx.pressed(update, view.Calendar).rally))
        stamp = await self.rallies.changed_at(rally.id)
        self._privately(update, ctx, calendar_message(rally, self.atlas.tree, ctx.t, stamp=stamp))

    async def mute(self, update: Update, ctx: Ctx) -> None:
        """No more reminders of this rally; in a private chat with the way back."""
        press = ctx.pressed(update, view.Mute)
        rally = await self.rallies.public(RallyId(press.rally))
        if not await self.rallies.mute(ctx.person, rally.id, off=press.off):
            ctx.toast(update, ctx.t("rally-not-subscribed"), alert=True)
        elif press.off:
            ctx.show(update, Message(ctx.t("rally-unmuted")))
        elif ctx.chat.private:
            ctx.say(view.muted(rally, ctx.t))
        else:
            ctx.toast(update, ctx.t("rally-muted"), alert=True)

    async def safety(self, update: Update, ctx: Ctx) -> None:
        """The closed text on safety and rights."""
        self._privately(update, ctx, view.safety(ctx.t))

    def _privately(self, update: Update, ctx: Ctx, message: Message) -> None:
        """Answer in a private chat; in a channel only say where the answer is to be had."""
        if ctx.chat.private:
            ctx.say(message)
        else:
            ctx.toast(update, ctx.t("rally-in-private"), alert=True)

    def _choose(self, ctx: Ctx, page: int) -> Message:
        tree = self.atlas.tree
        every = tree.widest_first()
        shown = every[page * PER_PAGE : (page + 1) * PER_PAGE]
        keys = [button(d.name(ctx.lang)[:30], view.NextIn(d.id)) for d in shown]
        more = len(every) > (page + 1) * PER_PAGE
        return view.choose(keys, ctx.t, page=page, more=more)
