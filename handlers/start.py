"""START: welcome, posters and other deep links, consent, and the first district."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from telegram import Update
from telegram.ext import CallbackQueryHandler, CommandHandler, filters

from bot.domain.districts import DistrictId
from bot.domain.errors import Gone
from bot.i18n import Translator
from bot.services.atlas import Atlas
from bot.services.subscriptions import Subscriptions
from bot.views import start as view
from bot.views.districts import Subscribe
from bot.views.message import Message
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Feature, Link

Upcoming = Callable[[DistrictId, Translator], Awaitable[Message | None]]
"""The next rally of a district as people read it, or nothing."""
PRIVATE = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE


async def _nothing_upcoming(_district: DistrictId, _t: Translator) -> None:
    return None


async def _dead(_update: Update, _ctx: Ctx, _rest: str) -> None:
    raise Gone


@dataclass(frozen=True, slots=True)
class StartHandlers(Feature):
    """``links`` are those of the other nouns by prefix; ``upcoming`` shows the next rally."""

    subscriptions: Subscriptions
    atlas: Atlas
    other_links: Mapping[str, Link] = field(default_factory=dict)
    upcoming: Upcoming = _nothing_upcoming

    def routes(self) -> Routes:
        """/start, the language row, and the button that subscribes."""
        yield CommandHandler("start", self.start, PRIVATE)
        yield CallbackQueryHandler(self.again, view.Tongue.pattern())
        yield CallbackQueryHandler(self.subscribe, Subscribe.pattern())

    def links(self) -> Mapping[str, Link]:
        """``d_<slug>`` stands on posters."""
        return {"d": self.poster}

    async def start(self, update: Update, ctx: Ctx) -> None:
        """Follow the deep link, if there is one that still leads somewhere."""
        payload = " ".join(ctx.args or ())
        if not payload:
            ctx.say(self._first(ctx))
            return
        prefix, _, rest = payload.partition("_")
        link = {**self.other_links, **self.links()}.get(prefix, _dead)
        try:
            await link(update, ctx, rest)
        except Gone:
            ctx.say(self._first(ctx, outdated=True))

    async def poster(self, update: Update, ctx: Ctx, rest: str) -> None:
        """A district by its slug; whoever is subscribed follows it at once."""
        district = self.atlas.tree.by_slug(rest.lower())
        if district is None:
            raise Gone
        if ctx.subscriber is None:
            ctx.say(view.poster(ctx.t, self.atlas.tree, district.id))
        else:
            await self._follow(update, ctx, district.id, picked="")

    async def again(self, update: Update, ctx: Ctx) -> None:
        """The same message in another language, which only the buttons remember."""
        press = ctx.pressed(update, view.Tongue)
        ctx.carry(press.lang)
        tree, id = self.atlas.tree, DistrictId(press.district)
        if id in tree.all:
            ctx.show(update, view.poster(ctx.t, tree, id, lang=press.lang))
        else:
            ctx.show(update, view.welcome(ctx.t, tree, lang=press.lang))

    async def subscribe(self, update: Update, ctx: Ctx) -> None:
        """Follow; a stranger who has not seen what is stored sees it first."""
        press = ctx.pressed(update, Subscribe)
        ctx.carry(press.lang)
        id = DistrictId(press.district)
        if ctx.subscriber is None and not press.agreed:
            ctx.show(update, view.poster(ctx.t, self.atlas.tree, id, lang=press.lang))
        else:
            await self._follow(update, ctx, id, picked=press.lang)

    async def _follow(self, update: Update, ctx: Ctx, id: DistrictId, *, picked: str) -> None:
        done = await self.subscriptions.follow(ctx.person, id, picked=picked, seen=ctx.lang)
        ctx.toast(update, ctx.t("start-toast-subscribed"))
        message = view.subscribed(
            ctx.t,
            self.atlas.tree,
            id,
            new=done.new,
            paused=done.settings.paused,
            upcoming=await self.upcoming(id, ctx.t),
        )
        ctx.show(update, message)

    def _first(self, ctx: Ctx, *, outdated: bool = False) -> Message:
        if ctx.subscriber is None:
            return view.welcome(ctx.t, self.atlas.tree, outdated=outdated)
        return view.home(
            ctx.t,
            self.atlas.tree,
            ctx.subscriber.follows,
            paused=ctx.settings.paused,
            outdated=outdated,
        )
