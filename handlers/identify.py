"""Ahead of every noun: who is writing, in which language, inside which form."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from telegram import Update
from telegram.ext import ApplicationHandlerStop, TypeHandler

from bot.domain.privacy import TelegramId
from bot.i18n import pick
from bot.services.identity import Identity, identify
from bot.services.turn import current
from handlers.context import Ctx, Facts
from storage.db import Database


@dataclass(frozen=True, slots=True)
class IdentifyHandler:
    """Fills ``Ctx``. On failure nobody has rights, since no facts are set."""

    db: Database
    clock: Callable[[], datetime]
    default_lang: str

    def route(self) -> TypeHandler[Update, Ctx, None]:
        """The handler to add in group -1."""
        return TypeHandler(Update, self.identify)

    async def identify(self, update: Update, ctx: Ctx) -> None:
        """Set the facts of this update. A command leaves whatever form was open."""
        chat, user = update.effective_chat, update.effective_user
        if chat is None:
            raise ApplicationHandlerStop
        now = self.clock()
        person = TelegramId(user.id) if user is not None else None
        known = await identify(self.db, person, now) if person is not None else Identity()
        ctx.begin(
            Facts(
                turn=current(),
                chat=TelegramId(chat.id),
                person=person,
                lang=self._language(known, user.language_code if user else None),
                now=now,
                staff=known.staff,
                subscriber=known.subscriber,
                form=known.form,
            )
        )
        if known.form is not None and _is_command(update):
            ctx.leave()

    def _language(self, known: Identity, reported: str | None) -> str:
        chosen = known.subscriber.settings.lang if known.subscriber else ""
        return chosen or known.staff_lang or pick(reported, default=self.default_lang)


def _is_command(update: Update) -> bool:
    message = update.message
    return message is not None and bool(message.text) and str(message.text).startswith("/")
