"""News: /news for readers, "why trust this?" for anybody, the queue for moderators."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

import msgspec
from telegram import Chat, Update
from telegram import Message as Received
from telegram.ext import CallbackQueryHandler, CommandHandler

from bot.domain.errors import Gone, Stale
from bot.domain.items import (
    CLAIM,
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
from bot.views.message import Button, Message, button
from bot.views.revisions import Review
from bot.views.sources import OpenSource
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Claim, Feature

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

KIND = "queue"
"""Kept like a form, but no form: only a number belongs to it, everything else goes its own way."""
READING = timedelta(seconds=2)
"""Nobody reads a card faster: a number that came sooner was meant for the card before it."""
_DIGITS = 2

DESK = (May.HOLD, May.RELAY_ITEM)
"""Whoever may one of these may open what was sent, to hide, correct or take it back."""


class Card(msgspec.Struct, frozen=True):
    """What the numbers of the card mean that is open, from 1."""

    acts: tuple[desk.Act, ...]
    shown_at: datetime


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
        for act in desk.ACTS:
            yield CallbackQueryHandler(self.act, act.pattern())

    def claims(self) -> Sequence[Claim]:
        """A number, while a card of the queue is open."""
        return (self.number,)

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
            checked=grounds.checked,
            rows=[self._desk(ctx, grounds)],
        )
        ctx.say(card)

    async def queue(self, update: Update, ctx: Ctx) -> None:
        """The oldest item."""
        await self._next(update, ctx)

    async def act(self, update: Update, ctx: Ctx) -> None:
        """What a button does with the item of its card; the next card."""
        query = update.callback_query
        act = desk.act(query.data) if query is not None and query.data else None
        if act is None:
            raise Gone  # a button of an older version
        await self._act(update, ctx, act)

    async def number(self, update: Update, ctx: Ctx) -> bool:
        """A number stands for a button of the card that is open: of that card, and no other.

        One that was written before the card could be read meant the card before it.
        """
        typed = _number(update.message)
        if typed is None or not ctx.within(KIND) or not ctx.of_staff:
            return False
        assert update.message is not None
        card = ctx.answers(Card)
        if ctx.now >= card.shown_at + CLAIM:
            self._tell(update, ctx, ctx.t("queue-too-late"))
            await self._next(update, ctx)
        elif update.message.date < card.shown_at + READING:
            self._tell(update, ctx, ctx.t("queue-too-soon"))
        elif not 1 <= typed <= len(card.acts):
            ctx.say(desk.no_such_number(len(card.acts), ctx.t))
        else:
            await self._act(update, ctx, card.acts[typed - 1])
        return True

    async def _act(self, update: Update, ctx: Ctx, act: desk.Act) -> None:
        match act:
            case desk.SkipItem():
                await self._next(update, ctx, after=ItemId(act.item))
                return
            case desk.HoldItsSource():
                await self.hold(ctx.member(), await self.items.source_of(ItemId(act.item)))
                self._tell(update, ctx, ctx.t("item-source-is-held"))
            case _:
                try:
                    self._tell(update, ctx, await self._decide(ctx.member(), act, ctx.t))
                except OVERTAKEN as no:
                    self._tell(update, ctx, ctx.t(no.key, **no.args_), alert=True)
        await self._next(update, ctx)

    async def _decide(self, by: Staff, decision: desk.Decision, t: Translator) -> str:
        """Returns what became of the item, in a line."""
        id, edition = ItemId(decision.item), decision.edition
        match decision:
            case desk.Publish():
                return desk.decided(await self.items.publish(by, id, edition), t)
            case desk.AmendItem():
                return desk.amended(await self.items.amend(by, id, edition), t)
            case desk.JoinItem():
                return desk.decided(await self.items.join(by, id, edition), t)
            case desk.RejectItem():
                return desk.refused(await self.items.reject(by, id, edition), t)
            case desk.ParkItem():
                await self.items.park(by, id, edition)
                return t("item-is-parked")
            case desk.SeparateItem():
                await self.items.separate(by, id, edition)
                return t("item-is-separate")
            case _:
                assert_never(decision)

    async def _next(self, update: Update, ctx: Ctx, *, after: ItemId | None = None) -> None:
        it = await self.items.open(ctx.member(), after=after)
        city = self.items.city(it.source, it.item) if it.source is not None else None
        free = ctx.form is None or ctx.within(KIND)
        card = desk.queue(it, city, ctx.t, ctx.now, typed=free)
        if free and it.item is not None:
            ctx.ask(KIND, Card(desk.acts(card), ctx.now))
        elif free:
            ctx.leave()
        ctx.show(update, card)

    def _tell(self, update: Update, ctx: Ctx, text: str, *, alert: bool = False) -> None:
        """A line over the chat for whoever pressed, a message for whoever typed."""
        if update.callback_query is not None:
            ctx.toast(update, text, alert=alert)
        else:
            ctx.say(Message(text, protect=True))

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


def _number(message: Received | None) -> int | None:
    text = ((message.text if message is not None else None) or "").strip().rstrip(".)")
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else None
