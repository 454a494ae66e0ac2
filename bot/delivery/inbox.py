"""Handles received updates: each alone, in order per chat, different chats at the same time."""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from telegram import Update
from telegram.error import TelegramError
from telegram.ext import Application, ApplicationHandlerStop, CallbackContext

from bot.delivery.outbox import Engine
from bot.delivery.patience import back_off, endure, insist, until
from bot.delivery.raw import Raw, chat_of, language_of, shape
from bot.domain.outbox import Lane
from bot.i18n import pick, translator
from bot.redaction import describe
from bot.services.turn import Turn, current, taking
from bot.views.message import Message, Say, encode
from storage import inbox, outbox
from storage.db import Database, StorageUnavailable
from storage.inbox import Waiting

ATTEMPTS = 3
"""After so many failures of its handling an update is set aside."""
CRASHES = 5
"""After so many ends of the program while it was handled, too. More, since most of them (a power

cut, an operator) are not the update's doing.
"""
AT_ONCE = 16
"""Chats handled at the same time."""
IN_HAND = 200
"""Updates read ahead of their handling."""
NAP = 30.0
GRACE = 5.0
"""Seconds that handlers may take to end when the inbox stops."""

log = logging.getLogger(__name__)
AnyApp = Application[Any, Any, Any, Any, Any, Any]


class Inbox:
    """Takes what the poller stored. An update and what is said to it are committed together, so

    a crash repeats the whole of it or nothing.
    """

    def __init__(
        self,
        db: Database,
        app: AnyApp,
        clock: Callable[[], datetime],
        engine: Engine,
        *,
        default_lang: str = "en",
    ) -> None:
        self.db, self.app, self.clock, self.engine = db, app, clock, engine
        self.tasks, self.default_lang = engine.tasks, default_lang
        self._bell = asyncio.Event()
        self._chats: dict[bytes, deque[Waiting]] = {}
        self._taken: set[int] = set()
        self._suspects: set[int] = set()
        self._slots, self._alone = asyncio.Semaphore(AT_ONCE), asyncio.Lock()
        self._working: set[asyncio.Task[Any]] = set()
        self._loop: asyncio.Task[Any] | None = None
        app.add_error_handler(_crashed)

    async def start(self) -> None:
        """Handle what waits since the last stop, then whatever arrives."""
        async with self.db.tx(write=False) as tx:
            self._suspects = await inbox.waiting_ids(tx)
        if self._suspects:
            log.warning("%s updates were waiting at the last stop", len(self._suspects))
        self._loop = self.tasks.start(endure(self._run, "inbox"), "inbox")

    async def stop(self) -> None:
        """Take nothing more. What cannot be finished soon is repeated at the next start."""
        await self.tasks.end(self._loop)
        for queue in self._chats.values():
            queue.clear()
        if self._working:
            _, slow = await asyncio.wait(self._working, timeout=GRACE)
            for task in slow:
                await self.tasks.end(task)
        self._taken.clear()

    def wake(self) -> None:
        """Updates arrived."""
        self._bell.set()

    async def idle(self) -> None:
        """Wait until every stored update is handled: for tests."""
        while await self._busy():
            self.wake()
            await asyncio.sleep(0.01)

    async def _busy(self) -> bool:
        async with self.db.tx(write=False) as tx:
            return bool(self._taken or await inbox.waiting(tx, limit=1))

    async def _run(self) -> None:
        await self._meet()
        while True:
            self._bell.clear()
            for waiting in await insist(self._read):
                self._dispatch(waiting)
            await until(self._bell, NAP)

    async def _meet(self) -> None:
        """Learn the bot's own name, without which no command is recognised."""
        failures = 0
        while True:
            try:
                return await self.app.initialize()
            except TelegramError as error:
                log.info("the bot cannot introduce itself yet: %s", describe(error))
                await asyncio.sleep(back_off(failures).total_seconds())
                failures += 1

    async def _read(self) -> list[Waiting]:
        # What is finished while the list is read must not count as free: the list is older.
        taken = frozenset(self._taken)
        if len(taken) >= IN_HAND:
            return []
        async with self.db.tx(write=False) as tx:
            return await inbox.waiting(tx, limit=IN_HAND - len(taken), taken=taken)

    def _dispatch(self, waiting: Waiting) -> None:
        """Put an update behind the others of its chat."""
        chat = waiting.tag or b""
        self._taken.add(waiting.id)
        queue = self._chats.get(chat)
        if queue is not None:
            queue.append(waiting)
            return
        self._chats[chat] = queue = deque([waiting])
        task = self.tasks.start(self._serve(chat, queue), "chat")
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _serve(self, chat: bytes, queue: deque[Waiting]) -> None:
        """Handle the updates of one chat until none is left."""
        try:
            while queue:
                waiting = queue.popleft()
                async with self._slots:
                    await insist(partial(self._take, waiting))
                self._taken.discard(waiting.id)
        finally:
            del self._chats[chat]
            self._taken.difference_update(one.id for one in queue)
            self.wake()

    async def _take(self, waiting: Waiting) -> None:
        """Handle one update; one that cannot be read or crashes thrice is set aside."""
        raw, update = self._parse(waiting)
        if update is None:
            await self._set_aside(waiting, raw, answer=False)
            return
        async with self._suspected(waiting):
            for _ in range(ATTEMPTS if waiting.attempts < CRASHES else 0):
                try:
                    await self._handle(waiting.id, update)
                except StorageUnavailable:
                    raise
                except Exception as error:  # whatever a handler does, the others go on
                    log.error("handling failed: %s", describe(error, deep=True))  # noqa: TRY400  # no values
                else:
                    return
        await self._set_aside(waiting, raw, answer=True)

    def _parse(self, waiting: Waiting) -> tuple[Raw, Update | None]:
        raw: Raw = {}
        try:
            raw = msgspec.json.decode(waiting.payload, type=Raw)
            return raw, Update.de_json(raw, self.app.bot)
        except Exception as error:  # odd input makes python-telegram-bot raise anything
            log.error("an update cannot be read: %s", describe(error))  # noqa: TRY400  # no values
            return raw, None

    @asynccontextmanager
    async def _suspected(self, waiting: Waiting) -> AsyncIterator[None]:
        """Count the attempt first when the update waits since before the start: it may be what

        ended the program. From its second time on it is handled alone, so that it is blamed alone.
        """
        async with self._alone if waiting.attempts else nullcontext():
            if waiting.id in self._suspects:
                async with self.db.tx() as tx:
                    await inbox.tried(tx, waiting.id)
                self._suspects.discard(waiting.id)
            yield

    async def _handle(self, id: int, update: Update) -> None:
        turn = Turn(cause=f"u{id}", now=self.clock())
        with taking(turn):
            await self.app.process_update(update)
        if turn.crashed is not None:
            raise turn.crashed
        async with self.db.tx() as tx:
            queued = await turn.commit(tx)
            await inbox.done(tx, id)
        if queued:
            self.engine.wake()

    async def _set_aside(self, waiting: Waiting, raw: Raw, *, answer: bool) -> None:
        ref = secrets.token_hex(2).upper()
        log.error("an update was set aside, ref %s", ref)
        chat = chat_of(raw)
        async with self.db.tx() as tx:
            await inbox.poison(tx, waiting.id, shape(raw))
            if answer and chat is not None and chat.private:
                lang = pick(language_of(raw), default=self.default_lang)
                text = translator(lang)("error-internal", ref=ref)
                task = encode(Say(Message(text)))
                await outbox.add(tx, lane=Lane.REPLY, chat=chat, task=task, now=self.clock())
        self.engine.wake()


async def _crashed(_update: object, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """Told by python-telegram-bot of what no handler caught: nothing of the turn may be kept."""
    error = context.error
    current().crashed = error if isinstance(error, Exception) else RuntimeError("unknown")
    raise ApplicationHandlerStop
