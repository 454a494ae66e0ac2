"""The bots that get killed. An order has ``db``, ``key`` (hex), ``token``, ``api``, ``in_flight``.

``kind`` "house": polls, echoes and sends. "engine": only sends, at ``rate`` per second, with a
clock that is ``ahead`` seconds ahead.
"""

import asyncio
import json
import logging
import os
from datetime import datetime, timedelta
from typing import Any

from bot.delivery.pace import Pace
from bot.redaction import guard
from sandbox.server import Sandbox
from storage.crypto import Keyring
from storage.db import Database, connect
from tests.delivery.house import now, opened
from tests.delivery.wire import lined

RATE = 1000.0
Order = dict[str, Any]


class Elsewhere(Sandbox):
    """A sandbox that runs in another process: only its address is needed here."""

    api = ""

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.api


def live(order: Order) -> None:
    """Deliver until killed."""
    logging.basicConfig(level=logging.ERROR)
    guard([order["token"]])
    asyncio.run({"house": _house, "engine": _engine}[order["kind"]](order))


def _open(order: Order) -> Database:
    return connect(order["db"], Keyring(bytes.fromhex(order["key"])))


async def _house(order: Order) -> None:
    box = Elsewhere(token=order["token"])
    box.api = order["api"]
    async with opened(_open(order), box, pace=Pace(RATE, chat_gap=0.0)) as house:
        house.engine.in_flight = order["in_flight"]
        await house.engine.start()
        await house.inbox.start()
        await house.poller.start()
        await _work()


async def _engine(order: Order) -> None:
    def clock() -> datetime:
        return now() + timedelta(seconds=order["ahead"])

    pace = Pace(order["rate"], chat_gap=0.0, group_limit=10_000)
    db, api = _open(order), order["api"]
    async with lined(db, api, pace=pace, clock=clock, in_flight=order["in_flight"]) as line:
        await line.engine.start()
        await _work()


async def _work() -> None:
    print(json.dumps({"pid": os.getpid()}), flush=True)
    await asyncio.Event().wait()
