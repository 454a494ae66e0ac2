"""Settings of a subscriber: districts, language, reminders, news, quiet hours, pause."""

from dataclasses import dataclass

from telegram import Update
from telegram.ext import CallbackQueryHandler, CommandHandler, filters

from bot.domain.districts import DistrictId
from bot.domain.errors import Gone
from bot.domain.subscribers import Settings, choose
from bot.i18n import LANGUAGES
from bot.services.atlas import Atlas
from bot.services.subscriptions import NotSubscribed, Subscriptions
from bot.views import privacy as privacy_view
from bot.views import subscriptions as view
from bot.views.message import Message
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Feature
from storage.subscribers import Subscriber

PRIVATE = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE


@dataclass(frozen=True, slots=True)
class SubscriptionHandlers(Feature):
    """One message, edited in place; every button sets a value, so pressing twice is harmless."""

    subscriptions: Subscriptions
    atlas: Atlas

    def routes(self) -> Routes:
        """/settings, /language, /stop and their buttons."""
        yield CommandHandler("settings", self.settings, PRIVATE)
        yield CommandHandler("language", self.language, PRIVATE)
        yield CommandHandler("stop", self.stop, PRIVATE)
        yield CallbackQueryHandler(self.panel, view.Panel.pattern())
        yield CallbackQueryHandler(self.choose, view.Choose.pattern())
        yield CallbackQueryHandler(self.unfollow, view.Unfollow.pattern())
        yield CallbackQueryHandler(self.pause, view.Pause.pattern())
        yield CallbackQueryHandler(self.speak, view.Speak.pattern())

    async def settings(self, update: Update, ctx: Ctx) -> None:
        """Everything on one screen."""
        ctx.say(self._part(ctx, "main", ctx.subscriber))

    async def language(self, update: Update, ctx: Ctx) -> None:
        """The five languages."""
        ctx.say(view.choose_language(ctx.t))

    async def stop(self, update: Update, ctx: Ctx) -> None:
        """Pause at once: leaving takes one tap."""
        await self._pause(update, ctx)

    async def panel(self, update: Update, ctx: Ctx) -> None:
        """One part of the settings."""
        part = ctx.pressed(update, view.Panel).part
        ctx.show(update, self._part(ctx, part, ctx.subscriber))

    async def choose(self, update: Update, ctx: Ctx) -> None:
        """Set reminders, news or quiet hours; who wants a digest is asked at what hour."""
        press = ctx.pressed(update, view.Choose)

        def edit(settings: Settings) -> Settings:
            return choose(settings, press.what, press.value)

        known = await self.subscriptions.change(ctx.person, edit)
        ctx.toast(update, ctx.t("subscriptions-saved"))
        asks = press == view.Choose("news", "digest")
        ctx.show(update, self._part(ctx, "hour" if asks else "main", known))

    async def unfollow(self, update: Update, ctx: Ctx) -> None:
        """Remove one district, with a way back."""
        id = DistrictId(ctx.pressed(update, view.Unfollow).district)
        self.atlas.tree.get(id)
        known = await self.subscriptions.unfollow(ctx.person, id)
        ctx.show(update, view.followed(ctx.t, self.atlas.tree, known.follows, removed=id))

    async def pause(self, update: Update, ctx: Ctx) -> None:
        """Pause or resume."""
        if ctx.pressed(update, view.Pause).on:
            await self._pause(update, ctx)
        else:
            await self.subscriptions.resume(ctx.person)
            ctx.show(update, view.resumed(ctx.t))

    async def speak(self, update: Update, ctx: Ctx) -> None:
        """Keep a language where somebody agreed to being stored; else carry it in buttons."""
        lang = ctx.pressed(update, view.Speak).lang
        if lang not in LANGUAGES:
            raise Gone
        stored = await self.subscriptions.speak(ctx.person, ctx.staff, lang)
        ctx.use(lang)
        ctx.show(update, view.spoken(ctx.t, stored=stored, lang=lang))

    async def _pause(self, update: Update, ctx: Ctx) -> None:
        try:
            withdrawn = await self.subscriptions.pause(ctx.person)
        except NotSubscribed:
            ctx.show(update, view.not_subscribed(ctx.t))
        else:
            ctx.show(update, privacy_view.paused(ctx.t, withdrawn=withdrawn))

    def _part(self, ctx: Ctx, part: str, known: Subscriber | None) -> Message:
        if part == "lang":
            return view.choose_language(ctx.t, inside=known is not None)
        if known is None:
            return view.stranger(ctx.t)
        match part:
            case "districts":
                return view.followed(ctx.t, self.atlas.tree, known.follows)
            case "news":
                return view.choose_news(ctx.t, known.settings)
            case "hour" if known.settings.news_choice == "digest":
                return view.choose_hour(ctx.t, known.settings)
            case "quiet":
                return view.choose_quiet(ctx.t, known.settings)
            case _:
                return view.panel(ctx.t, self.atlas.tree, known.settings, known.follows)
