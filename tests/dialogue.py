"""Talk to the bot's real handlers without a network: updates in, queued messages out.

The application, its handlers, services and database are the real ones; only delivery is left out,
so a test reads what the outbox was given. Whole stories run against the sandbox instead.
"""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select
from telegram import Update, User
from telegram.ext import Application, ContextTypes, ExtBot
from telegram.request import BaseRequest

from bot.domain.privacy import TelegramId
from bot.services.turn import Turn, taking
from bot.views.message import Amend, Button, Erase, Message, Say, Task, Toast, decode
from handlers.context import App, Ctx
from handlers.errors import polite
from handlers.feature import Feature
from handlers.forms import FormHandlers
from handlers.identify import IdentifyHandler
from storage import outbox
from storage.db import Database
from tests.clock import Clock

_updates = itertools.count(1)
_messages = itertools.count(1)


class NoNetwork(BaseRequest):
    """A transport that fails the test when anybody calls it."""

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    @property
    def read_timeout(self) -> float:
        """Never used."""
        return 1

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Handlers never call Telegram themselves."""
        raise AssertionError("a handler called Telegram")


@dataclass(slots=True)
class Dialogue:
    """One installation under test; ``person`` opens somebody's chat with the bot."""

    db: Database
    clock: Clock
    app: App

    def person(self, id: int, language_code: str = "en") -> "Person":
        """A person's phone. The number doubles as the chat's id."""
        return Person(self, id, language_code)

    async def receive(self, update: dict[str, Any]) -> list[tuple[TelegramId, Task]]:
        """Handle one raw update as the inbox would; returns what was queued, oldest first."""
        update_id = next(_updates)
        parsed = Update.de_json({"update_id": update_id, **update}, self.app.bot)
        turn = Turn(cause=f"u{update_id}", now=self.clock())
        with taking(turn):
            await self.app.process_update(parsed)
        async with self.db.tx() as tx:
            await turn.commit(tx)
        return await self.drain()

    async def drain(self) -> list[tuple[TelegramId, Task]]:
        """Take everything out of the outbox that is not a copy of a publication."""
        async with self.db.tx() as tx:
            table = outbox.table
            rows = (
                await tx.execute(
                    select(table).where(table.c.task.is_not(None)).order_by(table.c.id)
                )
            ).all()
            await tx.execute(delete(table).where(table.c.task.is_not(None)))
            return [
                (
                    tx.keys.open_id(row.chat, tag=row.tag),
                    decode(tx.keys.open(row.task, aad=b"task" + row.tag)),
                )
                for row in rows
            ]


@dataclass(slots=True)
class Person:
    """Someone's chat with the bot. ``screen`` is the last message shown, ``toasts`` all toasts."""

    dialogue: Dialogue
    id: int
    language_code: str
    screen: Message | None = None
    screens: list[Message] = field(default_factory=list)
    toasts: list[str] = field(default_factory=list)
    others: list[tuple[TelegramId, Task]] = field(default_factory=list)
    erased: list[int] = field(default_factory=list)
    taps: int = 0

    @property
    def text(self) -> str:
        """The text on the screen."""
        assert self.screen is not None, "the bot said nothing"
        return self.screen.text

    @property
    def buttons(self) -> list[Button]:
        """The buttons on the screen, row by row."""
        assert self.screen is not None, "the bot said nothing"
        return [button for row in self.screen.buttons for button in row]

    async def say(self, text: str, **fields: Any) -> Message | None:
        """Write a text; ``fields`` add to the raw message, e.g. ``forward_origin``."""
        entities = [
            {"type": "bot_command", "offset": 0, "length": len(text.split()[0])}
        ] * text.startswith("/")
        return await self.message(text=text, entities=entities, **fields)

    async def message(self, **fields: Any) -> Message | None:
        """Send any kind of message: ``location={…}``, ``photo=[…]``, ``chat_shared={…}``."""
        return await self._receive({"message": {**self._envelope(), **fields}})

    async def press(self, label: str) -> Message | None:
        """Tap the first button whose label contains ``label`` (exact match wins)."""
        exact = [b for b in self.buttons if b.label == label]
        near = [b for b in self.buttons if label in b.label]
        assert exact or near, f"no button {label!r} among {[b.label for b in self.buttons]}"
        data = (exact or near)[0].data
        assert data is not None, f"{label!r} sends nothing back"
        return await self.press_data(data)

    async def press_data(self, data: str) -> Message | None:
        """Press a button by its callback data: stale, foreign or forged ones too."""
        self.taps += 1
        envelope = {**self._envelope(), "from": {"id": 1, "is_bot": True, "first_name": "b"}}
        query = {
            "id": f"q{next(_updates)}",
            "from": self._user(),
            "chat_instance": "1",
            "data": data,
            "message": {**envelope, "text": "…"},
        }
        return await self._receive({"callback_query": query})

    async def _receive(self, update: dict[str, Any]) -> Message | None:
        before = len(self.screens)
        for to, task in await self.dialogue.receive(update):
            if to.reveal() != self.id:
                self.others.append((to, task))
                continue
            match task:
                case Say(message=message) | Amend(message=message):
                    self.screen = message
                    self.screens.append(message)
                case Toast(text=text):
                    self.toasts.append(text)
                case Erase(message_id=id):
                    self.erased.append(id)
        return self.screens[-1] if len(self.screens) > before else None

    def _user(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "is_bot": False,
            "first_name": "Person",
            "language_code": self.language_code,
        }

    def _envelope(self) -> dict[str, Any]:
        return {
            "message_id": next(_messages),
            "date": int(self.dialogue.clock().timestamp()),
            "chat": {"id": self.id, "type": "private", "first_name": "Person"},
            "from": self._user(),
        }


async def open_dialogue(
    db: Database,
    clock: Clock,
    features: Sequence[Feature],
    default_lang: str = "en",
    *,
    lost: Callable[[Ctx], Message] = lambda _: Message("lost"),
) -> Dialogue:
    """An application with the given features, wired as the composition root wires them."""
    request = NoNetwork()
    bot: ExtBot[None] = ExtBot("1:test", request=request, get_updates_request=request)
    bot._bot_user = _me(bot)
    app: Any = (
        Application.builder()
        .bot(bot)
        .updater(None)
        .context_types(ContextTypes(context=Ctx))
        .build()
    )
    app._initialized = True
    app.add_handler(IdentifyHandler(db, clock, default_lang).route(), group=-1)
    for feature in features:
        for route in polite(feature.routes()):
            app.add_handler(route)
    forms = FormHandlers(
        steps={kind: step for f in features for kind, step in f.steps().items()},
        claims=[claim for f in features for claim in f.claims()],
        lost=lost,
    )
    for route in polite(forms.routes()):
        app.add_handler(route)
    return Dialogue(db, clock, app)


def _me(bot: ExtBot[None]) -> Any:
    me = User(1, "Tocsin", True, username="tocsin_test_bot")
    me.set_bot(bot)
    return me


def placeholders(text: str) -> set[str]:
    """The named placeholders of a catalogue text."""
    return set(re.findall(r"{(\w+)}", text))
