"""Taking something back: /staff → what was sent → hide at once, or ask a second person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from telegram import Update
from telegram.ext import CallbackQueryHandler

from bot.domain.errors import Gone
from bot.domain.publications import PublicationId
from bot.domain.revisions import Deed, RequestId, WrongNote
from bot.domain.staff import May
from bot.services.revisions import Revisions
from bot.views import revisions as view
from bot.views.message import Button, Message, button
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Feature, Step

KIND = "correction"
RIGHTS = (May.HOLD, May.RELAY_ITEM, May.SUSPEND_RALLY, May.PUBLISH_RALLY)


class Note(msgspec.Struct, frozen=True):
    """The words of a correction, which whoever asks saw above the text before asking."""

    publication: int
    words: str = ""


@dataclass(frozen=True)
class RevisionHandlers(Feature):
    """Every press checks again what the person may do: buttons live for months."""

    revisions: Revisions

    def routes(self) -> Routes:
        """Buttons only; the way in is the /staff menu, or a notice."""
        yield CallbackQueryHandler(self.recent, view.Recent.pattern())
        yield CallbackQueryHandler(self.review, view.Review.pattern())
        yield CallbackQueryHandler(self.hide, view.Hide.pattern())
        yield CallbackQueryHandler(self.propose, view.Propose.pattern())
        yield CallbackQueryHandler(self.submit, view.Submit.pattern())
        yield CallbackQueryHandler(self.decide, view.Decide.pattern())

    def steps(self) -> Mapping[str, Step]:
        """The words of a correction."""
        return {KIND: self.noted}

    def menu(self, ctx: Ctx) -> Sequence[Button]:
        """For those who may take something back somewhere."""
        return (button(ctx.t("revisions-menu"), view.Recent()),) if ctx.may(*RIGHTS) else ()

    async def recent(self, update: Update, ctx: Ctx) -> None:
        """What was sent lately."""
        by, press = ctx.member(), ctx.pressed(update, view.Recent)
        found = await self.revisions.listed(by, ctx.lang)
        ctx.show(update, view.listed(found, ctx.t, page=press.page))

    async def review(self, update: Update, ctx: Ctx) -> None:
        """One publication."""
        await self._card(update, ctx, ctx.pressed(update, view.Review).publication)

    async def hide(self, update: Update, ctx: Ctx) -> None:
        """Hide it: asked once, done at once."""
        by, press = ctx.member(), ctx.pressed(update, view.Hide)
        id = PublicationId(press.publication)
        if not press.sure:
            ctx.show(update, view.sure(await self.revisions.card(by, id, ctx.lang), ctx.t))
            return
        await self.revisions.mask(by, id)
        ctx.toast(update, ctx.t("revision-mask-done"), alert=True)
        await self._card(update, ctx, press.publication)

    async def propose(self, update: Update, ctx: Ctx) -> None:
        """Show what would happen, or ask for the words of a correction."""
        by, press = ctx.member(), ctx.pressed(update, view.Propose)
        if press.deed is Deed.CORRECT:
            await self.revisions.card(by, PublicationId(press.publication), ctx.lang)
            ctx.ask(KIND, Note(press.publication))
            ctx.say(view.say_note(ctx.t))
        else:
            ctx.show(update, await self._preview(ctx, press.publication, press.deed))

    async def noted(self, update: Update, ctx: Ctx) -> None:
        """The words of a correction: shown exactly as everybody will read them."""
        asked, message = ctx.answers(Note), update.effective_message
        words = (message.text or "") if message is not None else ""
        try:
            shown = await self._preview(ctx, asked.publication, Deed.CORRECT, words)
        except WrongNote as no:
            ctx.say(Message(ctx.t(no.key, **no.args_), protect=True))
            return
        ctx.ask(KIND, Note(asked.publication, words))
        ctx.say(shown)

    async def submit(self, update: Update, ctx: Ctx) -> None:
        """Ask a second person."""
        by, press = ctx.member(), ctx.pressed(update, view.Submit)
        words = ""
        if press.deed is Deed.CORRECT:
            asked = ctx.answers(Note)
            if asked.publication != press.publication or not ctx.within(KIND):
                raise Gone
            words = asked.words
        id = PublicationId(press.publication)
        await self.revisions.ask(by, id, press.deed, press.digest, note=words)
        if press.deed is Deed.CORRECT:
            ctx.leave()
        ctx.toast(update, ctx.t("revision-asked"), alert=True)
        await self._card(update, ctx, press.publication)

    async def decide(self, update: Update, ctx: Ctx) -> None:
        """A second person's answer to exactly what they were shown, or one's own withdrawal."""
        by, press = ctx.member(), ctx.pressed(update, view.Decide)
        number = RequestId(press.request)
        if not press.yes:
            own = await self.revisions.refuse(by, number)
            said = ctx.t("revision-withdrawn" if own else "revision-refused")
        else:
            deed, waiting = await self.revisions.approve(by, number, press.digest)
            said = ctx.t("revision-agreed-waiting" if waiting else f"revision-done-{deed}")
        ctx.show(update, Message(said, protect=True))

    async def _preview(self, ctx: Ctx, id: int, deed: Deed, words: str = "") -> Message:
        by = ctx.member()
        shown = await self.revisions.preview(by, PublicationId(id), deed, words)
        return view.preview(id, deed, shown.digest, shown.texts[ctx.lang], ctx.t)

    async def _card(self, update: Update, ctx: Ctx, id: int) -> None:
        by = ctx.member()
        shown = await self.revisions.card(by, PublicationId(id), ctx.lang)
        mine = shown.request is not None and shown.request.by == by.id
        ctx.show(update, view.card(shown, ctx.t, mine=mine))
