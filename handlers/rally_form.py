"""The form in which staff drafts a rally, or proposes another time or place for one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from telegram import Message as TelegramMessage
from telegram import Update
from telegram.ext import CallbackQueryHandler

from bot.domain.assembly import Facts, PlaceWanted
from bot.domain.districts import District, DistrictId
from bot.domain.errors import Gone, NotAllowed, Refused
from bot.domain.rallies import Deed, RallyId, Request
from bot.domain.staff import May
from bot.domain.times import Instant, PastTime
from bot.domain.typed import Typed, read_day, read_time
from bot.services.atlas import Atlas
from bot.services.rallies import Rallies
from bot.views import rally_form as view
from bot.views.message import Button, Message, button
from bot.views.rally_sketch import Sketch, Step
from bot.views.times import vocabulary
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Feature
from handlers.feature import Step as FormStep

KIND = "rally"


class OutsideScope(Refused):
    """No district of that name among those this person may announce in."""

    key = "rally-error-district"


@dataclass(frozen=True, slots=True)
class RallyFormHandlers(Feature):
    """Asks one question at a time; the answers survive restarts."""

    rallies: Rallies
    atlas: Atlas

    def routes(self) -> Routes:
        """Buttons of the form."""
        table: Mapping[Any, Any] = {
            view.New: self.begin,
            view.Redraft: self.redraft,
            view.PickType: self.pick_type,
            view.PickDistrict: self.pick_district,
            view.Page: self.page,
            view.Chosen: self.chosen,
            view.PickDay: self.pick_day,
            view.PickTime: self.pick_time,
            view.PickMoment: self.pick_moment,
            view.ByHand: self.by_hand,
            view.Back: self.back,
            view.Leave: self.leave,
            view.EditMenu: self.edit_menu,
            view.Edit: self.edit,
            view.Stage: self.stage,
            view.Send: self.send,
            view.Discard: self.discard,
        }
        for press, callback in table.items():
            yield CallbackQueryHandler(callback, press.pattern())

    def steps(self) -> Mapping[str, FormStep]:
        """Typed answers."""
        return {KIND: self.typed}

    def menu(self, ctx: Ctx) -> Sequence[Button]:
        """[New rally] for those who may draft one."""
        return [button(ctx.t("rally-button-new"), view.New())] if ctx.may(May.DRAFT_RALLY) else []

    # opening

    async def begin(self, update: Update, ctx: Ctx) -> None:
        """Start with an empty draft."""
        ctx.entitled(May.DRAFT_RALLY)
        await self._ask(update, ctx, Sketch())

    async def redraft(self, update: Update, ctx: Ctx) -> None:
        """Open a draft that came back, or a public rally of which something changes."""
        press, by = ctx.pressed(update, view.Redraft), ctx.member()
        rally = await self.rallies.get(RallyId(press.rally))
        if rally.author != by.id and not press.change:
            raise NotAllowed
        sketch = Sketch.of(rally, change=press.change)
        ctx.ask(KIND, sketch)
        if press.change:
            ctx.show(update, view.edit_menu(sketch, ctx.t, unchanged=True))
        else:
            await self._ask(update, ctx, sketch)

    # answers

    async def pick_type(self, update: Update, ctx: Ctx) -> None:
        """Answer 1."""
        picked = ctx.pressed(update, view.PickType)
        await self._ask(update, ctx, self._at(ctx, Step.TYPE).go(type=picked.type))

    async def pick_district(self, update: Update, ctx: Ctx) -> None:
        """Choose a district or take it out again."""
        id = DistrictId(ctx.pressed(update, view.PickDistrict).district)
        await self._ask(update, ctx, self._toggle(ctx, self._at(ctx, Step.DISTRICTS), id))

    async def page(self, update: Update, ctx: Ctx) -> None:
        """More districts."""
        page = ctx.pressed(update, view.Page).page
        sketch = msgspec.structs.replace(self._at(ctx, Step.DISTRICTS), page=page)
        await self._ask(update, ctx, sketch)

    async def chosen(self, update: Update, ctx: Ctx) -> None:
        """Answer 2 is complete."""
        sketch = self._at(ctx, Step.DISTRICTS)
        if not sketch.districts:
            raise Gone
        await self._ask(update, ctx, sketch.go())

    async def pick_day(self, update: Update, ctx: Ctx) -> None:
        """Answer 3."""
        day = ctx.pressed(update, view.PickDay).day
        await self._moment(update, ctx, self._at(ctx, Step.DAY), Typed(day=day))

    async def pick_time(self, update: Update, ctx: Ctx) -> None:
        """Answer 4."""
        at = ctx.pressed(update, view.PickTime).at
        await self._moment(update, ctx, self._at(ctx, Step.TIME), Typed(at=at))

    async def pick_moment(self, update: Update, ctx: Ctx) -> None:
        """The moment that was offered instead of one that has passed."""
        press, sketch = ctx.pressed(update, view.PickMoment), ctx.answers(Sketch)
        if sketch.step not in (Step.DAY, Step.TIME):
            raise Gone
        await self._moment(update, ctx, sketch, Typed(press.day, press.at))

    async def by_hand(self, update: Update, ctx: Ctx) -> None:
        """Show how to write a day or an hour."""
        sketch = ctx.answers(Sketch)
        if sketch.step not in (Step.DAY, Step.TIME):
            raise Gone
        ctx.show(update, view.typing(sketch, ctx.t))

    async def typed(self, update: Update, ctx: Ctx) -> None:
        """An answer as a message; what does not fit is said above the same question."""
        sketch, message = ctx.answers(Sketch), update.effective_message
        assert message is not None
        ctx.member()
        try:
            await self._take(update, ctx, sketch, message)
        except Refused as no:
            await self._ask(update, ctx, sketch, lead=ctx.t(no.key, **no.args_))

    async def _take(
        self, update: Update, ctx: Ctx, sketch: Sketch, message: TelegramMessage
    ) -> None:
        today = sketch.today(self.atlas.tree, ctx.now)
        words, text = vocabulary(ctx.lang), message.text or ""
        if sketch.step is Step.PLACE:
            await self._place(update, ctx, sketch, message)
        elif sketch.step in (Step.TYPE, Step.PREVIEW) or not text:
            await self._ask(update, ctx, sketch, lead=ctx.t("rally-use-buttons"))
        elif sketch.step is Step.DISTRICTS:
            scope = {d.id for d in self._scope(ctx)}
            found = [d for d in self.atlas.tree.by_name(text) if d.id in scope]
            if not found:
                raise OutsideScope(typed=text[:40])
            await self._ask(update, ctx, self._toggle(ctx, sketch, found[0].id))
        elif sketch.step is Step.DAY:
            await self._moment(update, ctx, sketch, read_day(text, words, today=today))
        else:
            at = read_time(text, words, today=today)
            await self._moment(update, ctx, sketch, Typed(at=at))

    async def _place(
        self, update: Update, ctx: Ctx, sketch: Sketch, message: TelegramMessage
    ) -> None:
        """Words, or a shared location or venue: that is the public place of the rally."""
        venue = message.venue
        spot = venue.location if venue else message.location
        if spot is not None:
            words = f"{venue.title}, {venue.address}" if venue else ""
            after = sketch.located(spot.latitude, spot.longitude, words)
        elif message.text:
            after = sketch.named(message.text)
        else:
            raise PlaceWanted
        await self._ask(update, ctx, after)

    async def _moment(self, update: Update, ctx: Ctx, sketch: Sketch, typed: Typed) -> None:
        """Take a day, an hour or both; instead of a moment that has passed another is offered."""
        tree = self.atlas.tree
        try:
            after = sketch.when(typed, tree, ctx.now)
        except PastTime as no:
            ctx.ask(KIND, sketch)
            offered = Instant(no.likely, sketch.zone(tree))
            ctx.show(update, view.past(offered, sketch, tree, ctx.t))
            return
        await self._ask(update, ctx, after, lead=view.echo(after, tree, ctx.t))

    # moving about

    async def back(self, update: Update, ctx: Ctx) -> None:
        """The question before, or out of the menu of edits."""
        sketch = ctx.answers(Sketch)
        if ctx.pressed(update, view.Back).unchanged:
            await self.leave(update, ctx)
        else:
            await self._ask(update, ctx, sketch if sketch.step is Step.PREVIEW else sketch.back())

    async def leave(self, update: Update, ctx: Ctx) -> None:
        """Leave; what was not sent is not kept."""
        ctx.answers(Sketch)
        ctx.leave()
        ctx.show(update, view.closed("rally-left", ctx.t))

    async def edit_menu(self, update: Update, ctx: Ctx) -> None:
        """Which answer to change."""
        ctx.show(update, view.edit_menu(self._at(ctx, Step.PREVIEW), ctx.t))

    async def edit(self, update: Update, ctx: Ctx) -> None:
        """Ask one question again, then come back to the preview."""
        step, sketch = ctx.pressed(update, view.Edit).step, self._at(ctx, Step.PREVIEW)
        if sketch.change and step in (Step.TYPE, Step.DISTRICTS):
            raise Gone
        await self._ask(update, ctx, msgspec.structs.replace(sketch, step=step, only=True))

    async def stage(self, update: Update, ctx: Ctx) -> None:
        """When the exact place becomes public."""
        staged = ctx.pressed(update, view.Stage).staged
        sketch = msgspec.structs.replace(self._at(ctx, Step.PREVIEW), staged=staged)
        await self._ask(update, ctx, sketch)

    # the end

    async def send(self, update: Update, ctx: Ctx) -> None:
        """Send for approval; with it goes the pledge that the assembly is peaceful."""
        by, sketch = ctx.member(), self._at(ctx, Step.PREVIEW)
        facts = sketch.facts(self.atlas.tree)
        if facts is None:
            raise Gone
        id = RallyId(sketch.rally) if sketch.rally else None
        if sketch.change and id is not None:
            await self.rallies.ask(by, id, Request(Deed.CHANGE, by.id, facts))
        else:
            await self.rallies.submit(by, facts, id=id)
        ctx.leave()
        ctx.show(update, view.closed("rally-sent", ctx.t))

    async def discard(self, update: Update, ctx: Ctx) -> None:
        """Throw the draft away."""
        by, sketch = ctx.member(), self._at(ctx, Step.PREVIEW)
        if sketch.rally and not sketch.change:
            await self.rallies.discard(by, RallyId(sketch.rally))
        ctx.leave()
        ctx.show(update, view.closed("rally-discarded", ctx.t))

    def _at(self, ctx: Ctx, step: Step) -> Sketch:
        """The answers, if the form is at this question; a button of another one is gone."""
        ctx.member()
        sketch = ctx.answers(Sketch)
        if not ctx.within(KIND) or sketch.step is not step:
            raise Gone
        return sketch

    async def _ask(self, update: Update, ctx: Ctx, sketch: Sketch, *, lead: str = "") -> None:
        """Keep the answers and ask what comes next."""
        ctx.ask(KIND, sketch)
        tree, facts = self.atlas.tree, sketch.facts(self.atlas.tree)
        if sketch.step is not Step.PREVIEW:
            today = sketch.today(tree, ctx.now)
            scope = self._scope(ctx)
            shown = view.question(sketch, ctx.t, tree, scope=scope, today=today, lead=lead)
        elif facts is None:
            raise Gone
        else:
            shown = await self._preview(ctx, sketch, facts)
        ctx.show(update, shown)

    async def _preview(self, ctx: Ctx, sketch: Sketch, facts: Facts) -> Message:
        id = RallyId(sketch.rally) if sketch.rally else None
        rally = await self.rallies.get(id) if id else None
        if sketch.change and rally is not None and facts == rally.facts:
            return view.edit_menu(sketch, ctx.t, unchanged=True)
        clashes = await self.rallies.clashes(facts, ignoring=id)
        author = rally.author if rally else ctx.member().id
        return view.preview(
            sketch, facts, rally, author=author, clashes=clashes, tree=self.atlas.tree, t=ctx.t
        )

    def _toggle(self, ctx: Ctx, sketch: Sketch, id: DistrictId) -> Sketch:
        if id not in {d.id for d in self._scope(ctx)}:
            raise NotAllowed
        return sketch.toggle(id, self.atlas.tree)

    def _scope(self, ctx: Ctx) -> list[District]:
        """Where this person may announce, widest first: most rallies are for a whole city."""
        tree, by = self.atlas.tree, ctx.member()
        return [d for d in tree.widest_first() if by.may(May.DRAFT_RALLY, [d.id], tree)]
