"""Fetches updates and stores every one before the next call acknowledges it."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from telegram import Bot
from telegram.error import Conflict, InvalidToken, TelegramError

from bot.delivery.inbox import Inbox
from bot.delivery.patience import back_off, endure, insist
from bot.delivery.raw import Raw, chat_of
from bot.delivery.transport import TooMany, Transport
from storage import inbox as stored
from storage.db import Database

KINDS = (
    "message",
    "edited_message",
    "channel_post",
    "callback_query",
    "my_chat_member",
    "chat_member",
)
LONGEST = 50
"""Seconds; the server cuts a longer wait to this (Bot API, getUpdates)."""
BATCH = 100
MARGIN = 10.0
"""Seconds that an answer may take beyond the time the server was asked to wait."""
TOKEN_WAIT = 60.0
CONFLICT_WAIT = 3.0

log = logging.getLogger(__name__)


class Poller:
    """Long polling. Every trouble is said once and outwaited; nothing is acknowledged unstored."""

    def __init__(
        self,
        db: Database,
        bot: Bot,
        inbox: Inbox,
        clock: Callable[[], datetime],
        *,
        timeout: int = LONGEST,
    ) -> None:
        if not isinstance(bot.request, Transport):
            raise TypeError("the bot has to use bot.delivery.transport.Transport")
        self.db, self.inbox, self.clock = db, inbox, clock
        self._transport, self._url = bot.request, f"{bot.base_url}/getUpdates"
        self._timeout = min(timeout, LONGEST)
        self._offset: int | None = None
        self._trouble, self._failures = "", 0
        self._loop: asyncio.Task[Any] | None = None

    async def start(self) -> None:
        """Poll for as long as the program runs."""
        self._loop = self.inbox.tasks.start(endure(self._run, "poller"), "poller")

    async def stop(self) -> None:
        """Stop in the middle of a wait; what was not stored is given again at the next start."""
        await self.inbox.tasks.end(self._loop)

    async def _run(self) -> None:
        while True:
            try:
                updates = await self._fetch()
            except TelegramError as error:
                await asyncio.sleep(self._after(error))
                continue
            self._fine()
            if updates:
                await insist(partial(self._store, updates))
                self.inbox.wake()

    async def _fetch(self) -> list[Raw]:
        asked: dict[str, Any] = {
            "timeout": self._timeout,
            "limit": BATCH,
            "allowed_updates": list(KINDS),
        }
        if self._offset is not None:
            asked["offset"] = self._offset
        found = await self._transport.call(self._url, asked, timeout=self._timeout + MARGIN)
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    async def _store(self, updates: list[Raw]) -> None:
        """Commit the whole batch; only then does the offset move."""
        now, last = self.clock(), self._offset
        async with self.db.tx() as tx:
            for update in updates:
                id = update.get("update_id")
                if not isinstance(id, int):
                    log.error("an update without a number was skipped")
                    continue
                raw, chat = msgspec.json.encode(update), chat_of(update)
                await stored.receive(tx, id, chat=chat, payload=raw, now=now)
                last = id + 1
        self._offset = last

    def _fine(self) -> None:
        if self._trouble:
            log.warning("updates arrive again")
        if self.inbox.engine.paused:  # an answer proves that the token works
            self.inbox.engine.resume()
        self._trouble, self._failures = "", 0

    def _after(self, error: TelegramError) -> float:
        """Say what is wrong, once, and how many seconds to wait."""
        wait = back_off(self._failures).total_seconds() * (0.5 + secrets.randbelow(1000) / 1000)
        self._failures += 1
        match error:
            case TooMany(seconds=seconds):
                return seconds
            case InvalidToken():
                self._say("Telegram refuses the token: was it revoked? Sending and receiving wait")
                self.inbox.engine.pause()
                return TOKEN_WAIT
            case Conflict():
                self._say(
                    "somebody else reads this bot's updates: another copy runs, or the token was "
                    "stolen (then revoke it with BotFather); or a webhook is set. Trying on"
                )
                return max(CONFLICT_WAIT, wait)
            case _:
                self._say("no connection to Telegram; nothing is lost, trying on")
                return wait

    def _say(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            log.error("%s", trouble)
