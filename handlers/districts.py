"""Finding a district: by the list, by a typed name, by a location that is dropped at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import Update
from telegram.ext import CallbackQueryHandler

from bot.domain.districts import District
from bot.i18n import LANGUAGES, translator
from bot.services.atlas import Atlas
from bot.views import districts as view
from bot.views import help as help_view
from bot.views import start as start_view
from bot.views.message import Message
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Claim, Feature

LONGEST_NAME = 60
"""Letters; anything longer is not the name of a district."""


@dataclass(frozen=True, slots=True)
class DistrictHandlers(Feature):
    """Nothing is stored here: a choice leads to the button that subscribes."""

    atlas: Atlas

    def routes(self) -> Routes:
        """The tree and the two other ways to name a district."""
        yield CallbackQueryHandler(self.walk, view.Open.pattern())
        yield CallbackQueryHandler(self.ask_place, view.AskPlace.pattern())
        yield CallbackQueryHandler(self.ask_name, view.AskName.pattern())
        yield CallbackQueryHandler(self.shut, view.Shut.pattern())

    def claims(self) -> Sequence[Claim]:
        """A location, and a short text that resembles a name."""
        return (self.place, self.name)

    async def walk(self, update: Update, ctx: Ctx) -> None:
        """One level of the tree."""
        press = ctx.pressed(update, view.Open)
        ctx.carry(press.lang)
        follows = ctx.subscriber.follows if ctx.subscriber else frozenset()
        ctx.show(update, view.walk(ctx.t, self.atlas.tree, press, follows))

    async def ask_place(self, update: Update, ctx: Ctx) -> None:
        """Offer the key that shares a location."""
        ctx.carry(ctx.pressed(update, view.AskPlace).lang)
        ctx.say(view.ask_place(ctx.t))

    async def ask_name(self, update: Update, ctx: Ctx) -> None:
        """Names are understood at any time, so this opens no form."""
        press = ctx.pressed(update, view.AskName)
        ctx.carry(press.lang)
        ctx.show(update, view.ask_name(ctx.t, press.lang))

    async def shut(self, update: Update, ctx: Ctx) -> None:
        """Take the menu off the screen."""
        if update.effective_message is not None:
            ctx.erase(update.effective_message.message_id)

    async def place(self, update: Update, ctx: Ctx) -> bool:
        """Resolve a location in memory; the message that brought it is removed."""
        message = update.message
        if message is None or message.location is None:
            return False
        here = message.location
        ctx.erase(message.message_id)
        ctx.say(view.dropped(ctx.t))
        found = self.atlas.tree.at(here.longitude, here.latitude)
        if found is not None:
            ctx.say(self._offer(ctx, found))
        else:
            nearest = self.atlas.tree.nearest(here.longitude, here.latitude)
            ctx.say(view.outside(ctx.t, self.atlas.tree, nearest))
        return True

    async def name(self, update: Update, ctx: Ctx) -> bool:
        """A name, however it is written; the cancel key of the location keyboard, too."""
        message = update.message
        if message is None or not message.text or message.forward_origin is not None:
            return False
        typed = message.text.strip()
        if typed in _cancels():
            ctx.say(help_view.left(ctx.t, form=True))
            return True
        if len(typed) > LONGEST_NAME or "\n" in typed or "://" in typed:
            return False
        found = self.atlas.tree.by_name(typed)
        if len(found) == 1:
            ctx.say(self._offer(ctx, found[0]))
        elif found:
            ctx.say(view.which(ctx.t, self.atlas.tree, found))
        return bool(found)

    def _offer(self, ctx: Ctx, district: District) -> Message:
        if ctx.subscriber is None:
            return start_view.poster(ctx.t, self.atlas.tree, district.id)
        return view.is_it(ctx.t, self.atlas.tree, district)


def _cancels() -> frozenset[str]:
    return frozenset(translator(lang)("cancel") for lang in LANGUAGES)
