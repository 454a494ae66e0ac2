"""Ctx: the facts of one update, and the ways to answer it. No services, no I/O."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from telegram import Update
from telegram.ext import Application, CallbackContext, ExtBot

from bot.domain.errors import Gone, NotAllowed
from bot.domain.privacy import TelegramId
from bot.domain.staff import May, Staff, StaffState
from bot.domain.subscribers import Settings
from bot.i18n import LANGUAGES, Translator, translator
from bot.services.turn import Turn
from bot.views.message import Amend, Erase, Message, Press, Say, Toast
from storage.forms import Form
from storage.subscribers import Subscriber

P = TypeVar("P", bound=Press)
F = TypeVar("F", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one update before any handler of a noun runs."""

    turn: Turn
    chat: TelegramId
    person: TelegramId | None
    lang: str
    now: datetime
    staff: Staff | None = None
    subscriber: Subscriber | None = None
    form: Form | None = None


class Ctx(CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """The context of one update. Everything said here is committed together with the update."""

    def __init__(
        self, application: "App", chat_id: int | None = None, user_id: int | None = None
    ) -> None:
        super().__init__(application, chat_id, user_id)
        self._facts: Facts | None = None

    def begin(self, facts: Facts) -> None:
        """Set by ``handlers.identify`` ahead of every other handler."""
        self._facts = facts

    @property
    def facts(self) -> Facts:
        """The facts; an update that was not identified has none and fails closed."""
        if self._facts is None:
            raise RuntimeError("update was not identified")
        return self._facts

    @property
    def chat(self) -> TelegramId:
        """Where the update came from."""
        return self.facts.chat

    @property
    def person(self) -> TelegramId:
        """Who caused the update; channel posts have nobody and never reach a noun's handler."""
        assert self.facts.person is not None
        return self.facts.person

    @property
    def t(self) -> Translator:
        """Says things in this person's language."""
        return translator(self.facts.lang)

    @property
    def lang(self) -> str:
        """This person's language."""
        return self.facts.lang

    @property
    def now(self) -> datetime:
        """The instant this update is handled at, aware UTC."""
        return self.facts.now

    @property
    def staff(self) -> Staff | None:
        """The staff account, whatever its state."""
        return self.facts.staff

    @property
    def of_staff(self) -> bool:
        """Whether this is a member of staff who may act at all."""
        return self.staff is not None and self.staff.state is StaffState.ACTIVE

    def member(self) -> Staff:
        """The member of staff who acts. For everybody else their buttons do not exist: ``Gone``.

        Whoever may act no longer leaves the form they were in.
        """
        if self.staff is None:
            raise Gone
        if not self.of_staff:
            self.leave()
            raise Gone
        return self.staff

    def entitled(self, what: May) -> Staff:
        """The member of staff who acts and may do this somewhere; others leave the form."""
        member = self.member()
        if not member.may_anywhere(what):
            self.leave()
            raise NotAllowed
        return member

    def may(self, *rights: May) -> bool:
        """Whether this is a member of staff who may do one of these somewhere: for menus."""
        return self.staff is not None and any(map(self.staff.may_anywhere, rights))

    @property
    def subscriber(self) -> Subscriber | None:
        """The subscription."""
        return self.facts.subscriber

    @property
    def settings(self) -> Settings:
        """What the person chose; for a stranger defaults in the reported language."""
        if self.subscriber is not None:
            return self.subscriber.settings
        return Settings(seen=self.lang)

    @property
    def form(self) -> Form | None:
        """The form the person is in."""
        return self.facts.form

    def within(self, kind: str) -> bool:
        """Whether the person is in a form of this kind."""
        return self.form is not None and self.form.kind == kind

    def use(self, lang: str) -> None:
        """Answer in another language from here on (a button carried it, or it was just picked)."""
        self._facts = replace(self.facts, lang=lang)

    def carry(self, lang: str) -> None:
        """Answer in the language that a stranger's button carries; one that was stored wins."""
        if lang in LANGUAGES and not self.settings.lang:
            self.use(lang)

    def say(self, message: Message, *, to: TelegramId | None = None) -> None:
        """Send a new message, to this chat unless told otherwise."""
        self.facts.turn.say(to or self.chat, Say(message))

    def show(self, update: Update, message: Message) -> None:
        """Replace the message whose button was pressed; without a press, send a new one."""
        pressed = update.effective_message if update.callback_query else None
        if pressed is None:
            self.say(message)
        else:
            self.facts.turn.say(self.chat, Amend(pressed.message_id, message))

    def toast(self, update: Update, text: str = "", *, alert: bool = False) -> None:
        """Answer a button press with a line over the chat. Without a press this says nothing."""
        query = update.callback_query
        if query is not None and not self.facts.turn.answered(query.id):
            self.facts.turn.say(self.chat, Toast(query.id, text[: Toast.LIMIT], alert))

    def erase(self, message_id: int) -> None:
        """Delete a message of this chat, where Telegram still allows it."""
        self.facts.turn.say(self.chat, Erase(message_id))

    def pressed(self, update: Update, press: type[P]) -> P:
        """The button's arguments; one of an older version counts as gone."""
        query = update.callback_query
        if query is None or query.data is None:
            raise Gone
        try:
            return press.read(query.data)
        except msgspec.ValidationError:
            raise Gone from None

    def ask(self, kind: str, answers: msgspec.Struct) -> None:
        """Enter a form or keep its next answer; it survives restarts and lasts a day."""
        form = Form(kind, msgspec.json.encode(answers))
        self.facts.turn.keep_form(self.person, form)

    def answers(self, form: type[F]) -> F:
        """The answers so far of the form the person is in; ``Gone`` when it expired."""
        if self.form is None:
            raise Gone
        try:
            return msgspec.json.decode(self.form.answers, type=form)
        except msgspec.ValidationError:
            raise Gone from None

    def leave(self) -> None:
        """Leave the form."""
        self.facts.turn.keep_form(self.person, None)


App = Application[ExtBot[None], Ctx, dict[Any, Any], dict[Any, Any], dict[Any, Any], Any]
