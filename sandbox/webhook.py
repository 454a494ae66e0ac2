"""Updates posted to the bot's own address: with the secret, repeated until accepted."""

import asyncio
import contextlib

import aiohttp

from sandbox.api import malformed
from sandbox.types import Json
from sandbox.updates import Pending, Webhook
from sandbox.world import World

FIRST_DELAY = 0.1
LONGEST_DELAY = 60.0
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name


async def deliver(world: World) -> None:
    """Post updates one by one for as long as a webhook is set; runs until cancelled."""
    updates, delay = world.updates, FIRST_DELAY
    async with aiohttp.ClientSession(trust_env=False) as session:
        while True:
            hook = updates.webhook
            if hook is None or not updates.queue:
                updates.arrived.clear()
                if updates.webhook is None or not updates.queue:
                    await updates.arrived.wait()
                if updates.webhook is None:
                    await asyncio.sleep(FIRST_DELAY)
                continue
            pending = updates.queue[0]
            if await _post(session, world, hook, pending):
                delay = FIRST_DELAY
                with contextlib.suppress(ValueError):
                    updates.queue.remove(pending)
            else:
                await asyncio.sleep(delay)
                delay = min(delay * 2, LONGEST_DELAY)
                updates.confirm(0)


async def _post(
    session: aiohttp.ClientSession, world: World, hook: Webhook, pending: Pending
) -> bool:
    headers = {SECRET_HEADER: hook.secret} if hook.secret else {}
    for body in _bodies(world, pending):
        try:
            async with session.post(hook.url, json=body, headers=headers) as answer:
                if answer.status // 100 != 2:
                    text = f"Wrong response from the webhook: {answer.status} {answer.reason}"
                    hook.error = (world.clock.stamp(), text)
                    return False
        except (aiohttp.ClientError, TimeoutError):
            hook.error = (world.clock.stamp(), "Connection refused")
            return False
    return True


def _bodies(world: World, pending: Pending) -> list[Json]:
    body = pending.body
    if world.faults.hit_update("malformed_update", body):
        body = malformed(body)
    twice = world.faults.hit_update("duplicate_update", pending.body)
    return [body, body] if twice else [body]
