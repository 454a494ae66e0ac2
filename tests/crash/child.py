"""The bot that gets killed: real delivery, one echoing feature. Run as ``python -m``.

Reads one JSON line from standard input: ``db``, ``key`` (hex), ``token`` and ``api``.
"""

import asyncio
import json
import logging
import sys

from bot.delivery.pace import Pace
from bot.redaction import guard
from sandbox.server import Sandbox
from storage.crypto import Keyring
from storage.db import connect
from tests.delivery.house import running_house

RATE = 1000.0


class Elsewhere(Sandbox):
    """A sandbox that runs in another process: only its address is needed here."""

    api = ""

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.api


async def run(order: dict[str, str]) -> None:
    """Deliver until killed."""
    logging.basicConfig(level=logging.ERROR)
    guard([order["token"]])
    db = connect(order["db"], Keyring(bytes.fromhex(order["key"])))
    box = Elsewhere(token=order["token"])
    box.api = order["api"]
    async with running_house(db, box, pace=Pace(RATE, chat_gap=0.0)):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run(json.loads(sys.stdin.readline())))
