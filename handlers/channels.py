"""Channels: linked through Telegram's own chooser, watched for lost rights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from telegram import Update
from telegram.constants import ChatType
from telegram.ext import CallbackQueryHandler, ChatMemberHandler

from bot.delivery.rights import bot_rights
from bot.domain.districts import DistrictId
from bot.domain.errors import Gone
from bot.domain.privacy import TelegramId
from bot.domain.staff import May, Staff
from bot.i18n import LANGUAGES
from bot.services.atlas import Atlas
from bot.services.channels import Channels, Wanted
from bot.views import channels as view
from bot.views.message import Button
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Claim, Feature, Step
from storage.channels import ChannelState

LINK = "channel-link"
_INT32 = 2**31


class Linking(msgspec.Struct, frozen=True):
    """The form: where, in which language, and the channel once it is chosen."""

    district: int
    lang: str
    request: int
    chat: int = 0
    title: str = ""

    def wanted(self) -> Wanted:
        """For the service; ``Gone`` before a channel was chosen."""
        if not self.chat:
            raise Gone
        return Wanted(TelegramId(self.chat), self.title, self.lang, DistrictId(self.district))


class RightsHandler(ChatMemberHandler[Ctx, None]):
    """The bot's own membership in channels and groups; private chats are another noun's."""

    def check_update(self, update: object) -> Any:
        """Whether the update is about the bot somewhere else than in a private chat."""
        if not isinstance(update, Update) or update.my_chat_member is None:
            return False
        return update.my_chat_member.chat.type != ChatType.PRIVATE


@dataclass(frozen=True, slots=True)
class ChannelHandlers(Feature):
    """For staff that may link channels."""

    channels: Channels
    atlas: Atlas

    def routes(self) -> Routes:
        """Buttons, and Telegram's word about the bot's rights."""
        yield CallbackQueryHandler(self.start, view.Start.pattern())
        yield CallbackQueryHandler(self.place, view.Place.pattern())
        yield CallbackQueryHandler(self.choose, view.Choose.pattern())
        yield CallbackQueryHandler(self.again, view.Again.pattern())
        yield CallbackQueryHandler(self.confirm, view.Confirm.pattern())
        yield CallbackQueryHandler(self.mine, view.Mine.pattern())
        yield CallbackQueryHandler(self.card, view.Card.pattern())
        yield CallbackQueryHandler(self.test, view.Try.pattern())
        yield CallbackQueryHandler(self.resume, view.Resume.pattern())
        yield CallbackQueryHandler(self.unlink, view.Unlink.pattern())
        yield RightsHandler(self.watch, ChatMemberHandler.MY_CHAT_MEMBER)

    def steps(self) -> Mapping[str, Step]:
        """While the chooser is open."""
        return {LINK: self.chosen}

    def claims(self) -> Sequence[Claim]:
        """A channel chosen after the form was left."""
        return (self.late,)

    def menu(self, ctx: Ctx) -> Sequence[Button]:
        """Only for those who may link."""
        return view.entries(ctx.t) if ctx.may(May.LINK_CHANNEL) else ()

    async def start(self, update: Update, ctx: Ctx) -> None:
        """Choose a district; a single one needs no question."""
        me, tree = ctx.entitled(May.LINK_CHANNEL), self.atlas.tree
        press = ctx.pressed(update, view.Start)
        allowed = me.scopes(May.LINK_CHANNEL)
        only = [d for d in tree.all if any(tree.covers(scope, d) for scope in allowed)]
        if len(only) == 1:
            ctx.show(update, view.languages(ctx.t, only[0], tree))
        else:
            ctx.show(update, view.places(ctx.t, allowed, press.page, tree))

    async def place(self, update: Update, ctx: Ctx) -> None:
        """Choose the language."""
        me, press = ctx.entitled(May.LINK_CHANNEL), ctx.pressed(update, view.Place)
        id = DistrictId(press.district)
        self.atlas.tree.get(id)
        me.require(May.LINK_CHANNEL, [id], self.atlas.tree)
        ctx.show(update, view.languages(ctx.t, id, self.atlas.tree))

    async def choose(self, update: Update, ctx: Ctx) -> None:
        """Open Telegram's chooser."""
        me, press = ctx.entitled(May.LINK_CHANNEL), ctx.pressed(update, view.Choose)
        if press.lang not in LANGUAGES:
            raise Gone
        id, tree = DistrictId(press.district), self.atlas.tree
        tree.get(id)
        me.require(May.LINK_CHANNEL, [id], tree)
        request = update.update_id % _INT32
        ctx.ask(LINK, Linking(press.district, press.lang, request))
        ctx.show(update, view.chosen(ctx.t, id, press.lang, tree))
        ctx.say(view.chooser(ctx.t, request))

    async def chosen(self, update: Update, ctx: Ctx) -> None:
        """The chooser's answer, its cancel key, or something out of place."""
        me, form = ctx.entitled(May.LINK_CHANNEL), ctx.answers(Linking)
        message = update.effective_message
        shared = message.chat_shared if message is not None else None
        if shared is not None and shared.request_id == form.request:
            title = f"@{shared.username}" if shared.username else shared.title or "?"
            form = msgspec.structs.replace(form, chat=shared.chat_id, title=title)
            ctx.ask(LINK, form)
            ctx.say(view.received(ctx.t, title))
            await self._examine(update, ctx, me, form)
        elif message is not None and message.text == ctx.t("cancel"):
            ctx.leave()
            ctx.say(view.left(ctx.t))
        else:
            ctx.say(view.chooser(ctx.t, form.request))

    async def late(self, update: Update, ctx: Ctx) -> bool:
        """Start again; for anybody else than staff this is an unknown message."""
        message = update.effective_message
        if message is None or message.chat_shared is None or not ctx.of_staff:
            return False
        ctx.say(view.left(ctx.t))
        return True

    async def again(self, update: Update, ctx: Ctx) -> None:
        """Look at the rights again."""
        await self._examine(update, ctx, ctx.entitled(May.LINK_CHANNEL), ctx.answers(Linking))

    async def confirm(self, update: Update, ctx: Ctx) -> None:
        """Link it; the rights are asked for once more."""
        me, wanted = ctx.entitled(May.LINK_CHANNEL), ctx.answers(Linking).wanted()
        rights = await self.channels.link(me, ctx.person, wanted)
        if not rights.enough:
            ctx.show(update, self._missing(ctx, wanted.title))
            return
        ctx.leave()
        tag = self.channels.db.keys.tag(wanted.chat)
        ctx.show(update, view.linked(ctx.t, wanted.title, tag.hex(), rights))

    async def mine(self, update: Update, ctx: Ctx) -> None:
        """The linked channels."""
        press = ctx.pressed(update, view.Mine)
        found = await self.channels.listed(ctx.entitled(May.LINK_CHANNEL))
        rows = [(c.tag.hex(), c.title, c.state is ChannelState.PAUSED) for c, _ in found]
        ctx.show(update, view.listed(ctx.t, rows, press.page))

    async def card(self, update: Update, ctx: Ctx) -> None:
        """One channel."""
        tag = _tag(ctx.pressed(update, view.Card).channel)
        channel, where = await self.channels.find(ctx.entitled(May.LINK_CHANNEL), tag)
        shown = view.card(
            ctx.t,
            tag.hex(),
            channel.title,
            channel.lang,
            paused=channel.state is ChannelState.PAUSED,
            districts=where,
            tree=self.atlas.tree,
        )
        ctx.show(update, shown)

    async def test(self, update: Update, ctx: Ctx) -> None:
        """A post as it would look, to this person alone."""
        tag = _tag(ctx.pressed(update, view.Try).channel)
        channel, _ = await self.channels.find(ctx.entitled(May.LINK_CHANNEL), tag)
        ctx.say(view.test_post(channel.lang, channel.title))

    async def resume(self, update: Update, ctx: Ctx) -> None:
        """Post there again, if the bot may."""
        me, tag = ctx.entitled(May.LINK_CHANNEL), _tag(ctx.pressed(update, view.Resume).channel)
        channel, _ = await self.channels.find(me, tag)
        rights = await self.channels.resume(me, ctx.person, tag)
        if rights.enough:
            ctx.show(update, view.done(ctx.t, "channels-resumed", channel.title))
        else:
            again = view.Resume(tag.hex())
            ctx.show(update, view.missing(ctx.t, channel.title, ctx.bot.username, again))

    async def unlink(self, update: Update, ctx: Ctx) -> None:
        """Unlink after asking once."""
        me, press = ctx.entitled(May.LINK_CHANNEL), ctx.pressed(update, view.Unlink)
        tag = _tag(press.channel)
        if not press.sure:
            channel, _ = await self.channels.find(me, tag)
            ctx.show(update, view.sure(ctx.t, press.channel, channel.title))
            return
        channel = await self.channels.unlink(me, tag)
        ctx.show(update, view.done(ctx.t, "channels-unlinked", channel.title))

    async def watch(self, update: Update, ctx: Ctx) -> None:
        """The bot's rights in a channel or group changed."""
        change = update.my_chat_member
        assert change is not None, "RightsHandler lets nothing else pass"
        in_channel = change.chat.type == ChatType.CHANNEL
        before = bot_rights(change.old_chat_member, in_channel=in_channel).enough
        after = bot_rights(change.new_chat_member, in_channel=in_channel).enough
        if before != after:
            await self.channels.changed(ctx.chat, enough=after)

    async def _examine(self, update: Update, ctx: Ctx, me: Staff, form: Linking) -> None:
        wanted = form.wanted()
        rights = await self.channels.examine(me, ctx.person, wanted)
        if not rights.enough:
            ctx.show(update, self._missing(ctx, wanted.title))
            return
        args = (wanted.title, wanted.district, wanted.lang, self.atlas.tree)
        ctx.show(update, view.confirm(ctx.t, *args))

    def _missing(self, ctx: Ctx, title: str) -> Any:
        return view.missing(ctx.t, title, ctx.bot.username, view.Again())


def _tag(written: str) -> bytes:
    try:
        return bytes.fromhex(written)
    except ValueError:
        raise Gone from None
