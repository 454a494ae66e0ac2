"""Is this message real? By command, forward, paste, typed code or link, without a tap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from telegram import (
    Message,
    MessageEntity,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginUser,
    Update,
)
from telegram.ext import CommandHandler, filters

from bot.domain.check import Origin, Question, typed_code
from bot.domain.privacy import TelegramId
from bot.domain.publications import read_code
from bot.services.atlas import Atlas
from bot.services.check import Answer, Check
from bot.views import check as view
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Claim, Feature, Link, Step

ASKED = "check"


class Asked(msgspec.Struct, frozen=True):
    """The form after /check: the next message is checked, whatever it is."""


@dataclass(frozen=True, slots=True)
class CheckHandlers(Feature):
    """For everybody. ``ask`` is also the screen behind [Check a message] elsewhere."""

    check: Check
    atlas: Atlas

    def routes(self) -> Routes:
        """The command; everything else is a message."""
        yield CommandHandler("check", self.command, filters.ChatType.PRIVATE)

    def steps(self) -> Mapping[str, Step]:
        """After /check anything is checked."""
        return {ASKED: self.received}

    def claims(self) -> Sequence[Claim]:
        """Forwards, codes, and texts that resemble ours."""
        return (self.claim,)

    def links(self) -> Mapping[str, Link]:
        """The code on a poster or in a message."""
        return {"v": self.link}

    async def command(self, update: Update, ctx: Ctx) -> None:
        """``/check`` asks what to check, ``/check CODE`` answers at once."""
        said = update.message
        words = (said.text or "").split(maxsplit=1)[1:] if said is not None else []
        if said is None or not words:
            await self.ask(update, ctx)
        else:
            await self._answer(ctx, said, words[0])

    async def ask(self, update: Update, ctx: Ctx) -> None:
        """What to send."""
        ctx.ask(ASKED, Asked())
        ctx.say(view.ask(ctx.t))

    async def link(self, update: Update, ctx: Ctx, rest: str) -> None:
        """A code from a link."""
        code = read_code(rest)
        if code is None:
            await self.ask(update, ctx)
        else:
            self._show(ctx, await self.check.code(ctx.person, code, ctx.lang))

    async def received(self, update: Update, ctx: Ctx) -> None:
        """The message to check."""
        message = update.effective_message
        assert message is not None, "forms receive messages only"
        ctx.leave()
        await self._answer(ctx, message, _words(message))

    async def claim(self, update: Update, ctx: Ctx) -> bool:
        """Whether an unasked message is one to check; then it is answered."""
        message = update.effective_message
        if message is None:
            return False
        words = _words(message)
        if message.forward_origin is None:
            handle = _handle(words)
            if handle is not None and await self._imitation(ctx, handle):
                return True
            if not words or not await self.check.recognises(ctx.person, words):
                return False
        await self._answer(ctx, message, words)
        return True

    async def _answer(self, ctx: Ctx, message: Message, words: str) -> None:
        forwarded = message.forward_origin is not None
        code, handle = typed_code(words), _handle(words)
        if not words:
            ctx.say(view.no_words(ctx.t))
        elif code is not None and not forwarded:
            self._show(ctx, await self.check.code(ctx.person, code, ctx.lang))
        elif handle is not None and not forwarded:
            linked, resembles = await self.check.name(handle)
            ctx.say(view.handle(ctx.t, handle, linked=linked, resembles=resembles))
        else:
            question = Question(words, _links(message), _origin(message, ctx))
            self._show(ctx, await self.check.text(ctx.person, question, ctx.lang))

    async def _imitation(self, ctx: Ctx, handle: str) -> bool:
        linked, resembles = await self.check.name(handle)
        if not linked and resembles is None:
            return False
        ctx.say(view.handle(ctx.t, handle, linked=linked, resembles=resembles))
        return True

    def _show(self, ctx: Ctx, answer: Answer) -> None:
        ctx.say(view.answer(ctx.t, answer.finding, answer.ours, self.atlas.tree))


def _words(message: Message) -> str:
    return (message.text or message.caption or "").strip()


def _handle(words: str) -> str | None:
    return words if words.startswith("@") and len(words.split()) == 1 and len(words) > 4 else None


def _links(message: Message) -> frozenset[str]:
    entities = (*message.entities, *message.caption_entities)
    hidden = (e.url for e in entities if e.type == MessageEntity.TEXT_LINK and e.url)
    return frozenset(hidden)


def _origin(message: Message, ctx: Ctx) -> Origin | None:
    match message.forward_origin:
        case MessageOriginChannel(chat=chat) | MessageOriginChat(sender_chat=chat):
            handle = [f"@{chat.username}"] if chat.username else []
            names = [*handle, *([chat.title] if chat.title else [])]
            return Origin(chat=TelegramId(chat.id), names=tuple(names))
        case MessageOriginUser(sender_user=user):
            return Origin(ours=user.id == ctx.bot.id)
        case _:
            return None
