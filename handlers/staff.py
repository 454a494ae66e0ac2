"""Members of staff: enrolment, the /staff menu, people, invitations, suspension."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from telegram import Update
from telegram.ext import CallbackQueryHandler, CommandHandler, filters

from bot.domain.errors import Gone
from bot.domain.motions import Motion, MotionId, MotionKind
from bot.domain.staff import May, Staff, StaffId
from bot.services.atlas import Atlas
from bot.services.motions import Motions
from bot.services.staff import Expired, Offer, Staffing
from bot.views import staff as view
from bot.views.message import Button, button
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Claim, Feature, Link, Step

ENROL = "staff-enrol"


class Enrolment(msgspec.Struct, frozen=True):
    """The form between an accepted code and the newcomer's consent. ``digest`` in hex."""

    digest: str
    alias: str


@dataclass(frozen=True, slots=True)
class StaffHandlers(Feature):
    """``features`` fill the menu; ``unknown`` answers /staff to others, as any unknown command."""

    staffing: Staffing
    motions: Motions
    atlas: Atlas
    unknown: Callable[[Update, Ctx], Awaitable[None]]
    features: Sequence[Feature] = ()

    def routes(self) -> Routes:
        """One command; everything else is a button."""
        yield CommandHandler("staff", self.command, filters.ChatType.PRIVATE)
        yield CallbackQueryHandler(self.open, view.Menu.pattern())
        yield CallbackQueryHandler(self.people, view.People.pattern())
        yield CallbackQueryHandler(self.card, view.Card.pattern())
        yield CallbackQueryHandler(self.suspend, view.Suspend.pattern())
        yield CallbackQueryHandler(self.decide, view.Decide.pattern())
        yield CallbackQueryHandler(self.roles, view.Roles.pattern())
        yield CallbackQueryHandler(self.places, view.Places.pattern())
        yield CallbackQueryHandler(self.give, view.Give.pattern())
        yield CallbackQueryHandler(self.second, view.Second.pattern())
        yield CallbackQueryHandler(self.agree, view.Agree.pattern())

    def steps(self) -> Mapping[str, Step]:
        """Between the code and the consent."""
        return {ENROL: self.remind}

    def claims(self) -> Sequence[Claim]:
        """A code sent as plain text."""
        return (self.typed,)

    def links(self) -> Mapping[str, Link]:
        """An invitation's link."""
        return {"s": self.link}

    def menu(self, ctx: Ctx) -> Sequence[Button]:
        """People for everybody, inviting for custodians, the emergency lock last."""
        me = ctx.member()
        made = [button(ctx.t("staff-people-button"), view.People())]
        if me.may_anywhere(May.INVITE):
            made.append(button(ctx.t("staff-invite-button"), view.Roles()))
        made.append(button(ctx.t("staff-lock-button"), view.Card(me.id)))
        return made

    async def command(self, update: Update, ctx: Ctx) -> None:
        """The menu; to everybody else /staff does not exist."""
        if ctx.of_staff:
            await self.open(update, ctx)
        else:
            await self.unknown(update, ctx)

    async def open(self, update: Update, ctx: Ctx) -> None:
        """Show the menu; other nouns first, since people come for those."""
        me = ctx.member()
        entries = [entry for feature in self.features for entry in feature.menu(ctx)]
        shown = [*entries, *self.menu(ctx)]
        ctx.show(update, view.menu(ctx.t, me, shown, self.atlas.tree))

    async def people(self, update: Update, ctx: Ctx) -> None:
        """The list of accounts."""
        ctx.member()
        press = ctx.pressed(update, view.People)
        ctx.show(update, view.people(ctx.t, await self.staffing.everybody(), press.page))

    async def card(self, update: Update, ctx: Ctx) -> None:
        """One account."""
        await self._card(update, ctx, StaffId(ctx.pressed(update, view.Card).staff))

    async def suspend(self, update: Update, ctx: Ctx) -> None:
        """Suspend a person, or lock oneself."""
        me, id = ctx.member(), StaffId(ctx.pressed(update, view.Suspend).staff)
        done = await self.staffing.suspend(me, id)
        if id == me.id:
            ctx.leave()
            ctx.show(update, view.told(ctx.t, "staff-locked"))
            return
        ctx.toast(update, ctx.t("staff-suspended", alias=done.alias))
        await self._card(update, ctx, id)

    async def decide(self, update: Update, ctx: Ctx) -> None:
        """Reinstate, or revoke after asking once."""
        me, press = ctx.member(), ctx.pressed(update, view.Decide)
        if press.kind not in (MotionKind.REINSTATE, MotionKind.REVOKE):
            raise Gone
        if press.kind is MotionKind.REVOKE and not press.sure:
            ctx.show(update, view.sure(ctx.t, await self._one(StaffId(press.staff))))
            return
        await self._move(update, ctx, Motion(press.kind, me.id, StaffId(press.staff)))

    async def roles(self, update: Update, ctx: Ctx) -> None:
        """Choose roles for a newcomer or somebody of staff."""
        press = ctx.pressed(update, view.Roles)
        ctx.entitled(May.INVITE)
        of = None if press.staff is None else await self._one(StaffId(press.staff))
        ctx.show(update, view.roles(ctx.t, press.mask, of))

    async def places(self, update: Update, ctx: Ctx) -> None:
        """Choose where the roles hold."""
        press = ctx.pressed(update, view.Places)
        allowed = ctx.entitled(May.INVITE).scopes(May.INVITE)
        ctx.show(update, view.places(ctx.t, press, allowed, self.atlas.tree))

    async def give(self, update: Update, ctx: Ctx) -> None:
        """Invite with these roles, or replace somebody's roles by them."""
        me, press = ctx.entitled(May.INVITE), ctx.pressed(update, view.Give)
        grants = view.grants_of(press.mask, press.place)
        if not grants:
            raise Gone
        subject = None if press.staff is None else StaffId(press.staff)
        kind = MotionKind.INVITE if subject is None else MotionKind.REGRANT
        await self._move(update, ctx, Motion(kind, me.id, subject, grants))

    async def second(self, update: Update, ctx: Ctx) -> None:
        """The second custodian agrees or declines."""
        me, press = ctx.member(), ctx.pressed(update, view.Second)
        id = MotionId(press.motion)
        motion = await self.motions.second(me, id, ok=press.ok, bot=ctx.bot.username)
        if press.ok:
            ctx.show(update, view.done(ctx.t, motion, await self._alias(motion)))
        else:
            ctx.show(update, view.declined(ctx.t))

    async def link(self, update: Update, ctx: Ctx, rest: str) -> None:
        """An invitation's link was opened; raises ``Expired`` when it does not work (any more)."""
        offer = await self.staffing.open(ctx.person, rest)
        if offer is None:
            raise Expired
        self._offer(update, ctx, offer)

    async def typed(self, update: Update, ctx: Ctx) -> bool:
        """A code as text. A wrong one is no concern of staff: it looks like any unknown text."""
        message = update.effective_message
        text = message.text if message is not None else None
        offer = await self.staffing.open(ctx.person, text) if text else None
        if offer is None:
            return False
        self._offer(update, ctx, offer)
        return True

    async def remind(self, update: Update, ctx: Ctx) -> None:
        """Only the button goes on from the rules."""
        ctx.say(view.rules(ctx.t, ctx.answers(Enrolment).alias))

    async def agree(self, update: Update, ctx: Ctx) -> None:
        """The newcomer agrees: the account is made."""
        answers = ctx.answers(Enrolment)
        offer = Offer(bytes.fromhex(answers.digest), answers.alias)
        ctx.leave()
        me = await self.staffing.enrol(ctx.person, ctx.lang, offer)
        ctx.show(update, view.welcome(ctx.t, me, self.atlas.tree))

    def _offer(self, update: Update, ctx: Ctx, offer: Offer) -> None:
        if update.effective_message is not None:
            ctx.erase(update.effective_message.message_id)
        ctx.ask(ENROL, Enrolment(offer.digest.hex(), offer.alias))
        ctx.say(view.rules(ctx.t, offer.alias))

    async def _move(self, update: Update, ctx: Ctx, motion: Motion) -> None:
        if await self.motions.move(ctx.member(), motion, ctx.bot.username):
            ctx.show(update, view.done(ctx.t, motion, await self._alias(motion)))
        else:
            ctx.show(update, view.waiting(ctx.t))

    async def _card(self, update: Update, ctx: Ctx, id: StaffId) -> None:
        me, everybody = ctx.member(), await self.staffing.everybody()
        one = next((person for person in everybody if person.id == id), None)
        if one is None:
            raise Gone
        heads = {person.id: person.alias for person in everybody}
        ctx.show(update, view.card(ctx.t, one, me, heads, self.atlas.tree))

    async def _one(self, id: StaffId) -> Staff:
        for person in await self.staffing.everybody():
            if person.id == id:
                return person
        raise Gone

    async def _alias(self, motion: Motion) -> str:
        return (await self._one(motion.subject)).alias if motion.subject is not None else ""
