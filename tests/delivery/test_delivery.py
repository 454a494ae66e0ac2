"""From a person's message to the answer in their chat, over real HTTP."""

import asyncio

from sandbox.server import Sandbox
from storage.db import Database
from tests.delivery.house import House, running_house


async def heard(house: House, name: str, text: str) -> None:
    """Wait until the person sees a message with this text."""
    async with asyncio.timeout(40):
        while text not in await texts(house, name):
            await asyncio.sleep(0.02)


async def texts(house: House, name: str) -> list[str]:
    """What the bot said in somebody's chat, oldest first."""
    chat = await house.box.control("GET", f"people/{name}/chats/bot")
    return [m.get("text", "") for m in chat["messages"] if not m["out"]]


async def test_what_a_person_writes_is_answered(db: Database, box: Sandbox) -> None:
    async with running_house(db, box) as house:
        await house.person("vera")
        await heard(house, "vera", "hello")
        await box.act("vera", "text", text="one")
        await heard(house, "vera", "echo one")
        await house.inbox.idle()
        await house.engine.idle()
