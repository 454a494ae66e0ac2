"""Settings of a source: how often it is read, pictures, language, topics, where its items go."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from telegram import Update
from telegram.ext import CallbackQueryHandler

from bot.domain.districts import DistrictId
from bot.domain.errors import Gone, Stale
from bot.domain.routes import WrongWords, words_of
from bot.domain.sources import Source, SourceId
from bot.domain.staff import May
from bot.domain.topics import TOPICS
from bot.services.source_settings import SourceSettings
from bot.services.sources import Sources
from bot.views import source_settings as view
from bot.views.sources import OpenSettings
from handlers.context import Ctx
from handlers.errors import Routes, refuse
from handlers.feature import Feature, Step

KIND = "source-route"


class Draft(msgspec.Struct, frozen=True):
    """The form so far: whose route it is, and its words once they are typed."""

    source: int
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceSettingsHandlers(Feature):
    """Every press checks again what the person may do: buttons live for months."""

    sources: Sources
    settings: SourceSettings

    def routes(self) -> Routes:
        """Buttons; the way in is the card of a source."""
        yield CallbackQueryHandler(self.open, OpenSettings.pattern())
        yield CallbackQueryHandler(self.urgent, view.SetUrgent.pattern())
        yield CallbackQueryHandler(self.pictures, view.SetPictures.pattern())
        yield CallbackQueryHandler(self.ask_language, view.AskLanguage.pattern())
        yield CallbackQueryHandler(self.language, view.SetLanguage.pattern())
        yield CallbackQueryHandler(self.ask_topics, view.AskTopics.pattern())
        yield CallbackQueryHandler(self.topic, view.SetTopic.pattern())
        yield CallbackQueryHandler(self.list_routes, view.AskRoutes.pattern())
        yield CallbackQueryHandler(self.drop_route, view.DropRoute.pattern())
        yield CallbackQueryHandler(self.add_route, view.AddRoute.pattern())
        yield CallbackQueryHandler(self.turn, view.RoutePage.pattern())
        yield CallbackQueryHandler(self.pick, view.PickRoute.pattern())

    def steps(self) -> Mapping[str, Step]:
        """One form: the words of a route."""
        return {KIND: self.receive}

    async def open(self, update: Update, ctx: Ctx) -> None:
        """Show all of them."""
        press = ctx.pressed(update, OpenSettings)
        ctx.show(update, view.settings(await self._source(ctx, press.source), ctx.t))

    async def urgent(self, update: Update, ctx: Ctx) -> None:
        """Read it every minute, or as usual."""
        press = ctx.pressed(update, view.SetUrgent)
        saved = await self.settings.urgent(ctx.member(), SourceId(press.source), on=press.on)
        ctx.show(update, view.settings(saved, ctx.t))

    async def pictures(self, update: Update, ctx: Ctx) -> None:
        """Show pictures, or none."""
        press = ctx.pressed(update, view.SetPictures)
        saved = await self.settings.pictures(ctx.member(), SourceId(press.source), on=press.on)
        ctx.show(update, view.settings(saved, ctx.t))

    async def ask_language(self, update: Update, ctx: Ctx) -> None:
        """Which language?"""
        press = ctx.pressed(update, view.AskLanguage)
        ctx.show(update, view.languages(await self._source(ctx, press.source), ctx.t))

    async def language(self, update: Update, ctx: Ctx) -> None:
        """Its items are in this language."""
        press = ctx.pressed(update, view.SetLanguage)
        if press.tag not in ("", *view.SPOKEN):
            raise Gone
        saved = await self.settings.language(ctx.member(), SourceId(press.source), press.tag)
        ctx.show(update, view.settings(saved, ctx.t))

    async def ask_topics(self, update: Update, ctx: Ctx) -> None:
        """What is it about?"""
        press = ctx.pressed(update, view.AskTopics)
        ctx.show(update, view.topics(await self._source(ctx, press.source), ctx.t))

    async def topic(self, update: Update, ctx: Ctx) -> None:
        """It is about this, or not."""
        press = ctx.pressed(update, view.SetTopic)
        source = await self._source(ctx, press.source)
        offered = view.listed(source)
        if not 0 <= press.topic < len(offered):
            raise Gone
        if press.topic >= len(TOPICS) and press.version != source.version:
            raise Stale  # what a list brought moves up when another of its topics is taken away
        id, name = SourceId(press.source), offered[press.topic]
        saved = await self.settings.topic(ctx.member(), id, name, on=press.on)
        ctx.show(update, view.topics(saved, ctx.t))

    async def list_routes(self, update: Update, ctx: Ctx) -> None:
        """Which words send items where."""
        press = ctx.pressed(update, view.AskRoutes)
        source = await self._source(ctx, press.source)
        if ctx.within(KIND):
            ctx.leave()
        ctx.show(update, view.routes(source, ctx.t, self.sources.atlas.tree))

    async def drop_route(self, update: Update, ctx: Ctx) -> None:
        """Remove one."""
        press = ctx.pressed(update, view.DropRoute)
        id = SourceId(press.source)
        saved = await self.settings.drop_route(ctx.member(), id, press.number, press.version)
        ctx.show(update, view.routes(saved, ctx.t, self.sources.atlas.tree))

    async def add_route(self, update: Update, ctx: Ctx) -> None:
        """Ask for the words."""
        press = ctx.pressed(update, view.AddRoute)
        ctx.entitled(May.VET_SOURCE)
        ctx.ask(KIND, Draft(press.source))
        ctx.show(update, view.ask_words(press.source, ctx.t))

    async def receive(self, update: Update, ctx: Ctx) -> None:
        """The words were typed."""
        draft, by = ctx.answers(Draft), ctx.entitled(May.VET_SOURCE)
        typed = update.message.text if update.message is not None else None
        try:
            words = words_of(typed or "")
        except WrongWords as no:
            refuse(update, ctx, no)
            ctx.say(view.ask_words(draft.source, ctx.t))
            return
        ctx.ask(KIND, Draft(draft.source, tuple(sorted(words))))
        ctx.say(view.ask_place(draft.source, words, by, ctx.t, self.sources.atlas.tree, 0))

    async def turn(self, update: Update, ctx: Ctx) -> None:
        """Another page of districts."""
        press, draft = ctx.pressed(update, view.RoutePage), self._draft(ctx)
        by, words = ctx.entitled(May.VET_SOURCE), frozenset(draft.words)
        tree = self.sources.atlas.tree
        ctx.show(update, view.ask_place(draft.source, words, by, ctx.t, tree, press.page))

    async def pick(self, update: Update, ctx: Ctx) -> None:
        """The route is complete."""
        press, draft = ctx.pressed(update, view.PickRoute), self._draft(ctx)
        by, words = ctx.entitled(May.VET_SOURCE), frozenset(draft.words)
        id, place = SourceId(draft.source), DistrictId(press.district)
        saved = await self.settings.add_route(by, id, words, place)
        ctx.leave()
        ctx.show(update, view.routes(saved, ctx.t, self.sources.atlas.tree))

    def _draft(self, ctx: Ctx) -> Draft:
        if not ctx.within(KIND):
            raise Gone
        draft = ctx.answers(Draft)
        if not draft.words:
            raise Gone
        return draft

    async def _source(self, ctx: Ctx, id: int) -> Source:
        by = ctx.entitled(May.VET_SOURCE)
        return (await self.sources.entry(by, SourceId(id))).source
