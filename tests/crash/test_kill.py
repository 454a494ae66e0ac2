"""kill -9 again and again while updates arrive and messages leave: nothing is lost."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, Want
from bot.domain.subscribers import Settings
from bot.i18n import LANGUAGES
from bot.services.publications import Draft, accept
from bot.views.message import Message
from storage import districts, subscribers
from storage.crypto import Keyring
from storage.db import Database, connect
from tests.crash.nursery import nursery
from tests.crash.outside import Outside, open_rows, sandbox, sound
from tests.delivery.house import now

KILLS = 20
PEOPLE = 200
UPDATES = 2000
"""The greetings of everybody and texts from a fifth of them."""
IN_FLIGHT = 3
"""Messages on their way at a time: as many may arrive twice per kill."""
SEED = 20261121


async def publish(db: Database, people: list[int]) -> None:
    """Accept an alert to everybody."""
    async with db.tx() as tx:
        place = await districts.add(
            tx, slug="minsk", parent=None, zone="Europe/Minsk", names={"en": "Minsk"}
        )
        for person in people:
            await subscribers.save(tx, TelegramId(person), Settings())
            await subscribers.follow(tx, TelegramId(person), place)
        audience = Audience(frozenset({place}), Want.CHANGES)
        texts = {lang: Message("alert") for lang in LANGUAGES}
        soon = now() + timedelta(days=1)
        draft = Draft(Kind.RALLY, "rally:1", "AAAA-AAAA", Lane.ALERT, audience, texts, soon)
        await accept(tx, draft, now())


async def arrive(box: Outside, people: list[int]) -> list[tuple[int, str]]:
    """Everybody presses START, some write a lot. Returns what each of them must read."""
    expected: list[tuple[int, str]] = []
    for person in people:
        await box.ask("POST", f"people/{person}/start", {})
        expected.append((person, "hello"))
    for n in range(UPDATES - len(people)):
        person = people[n % (len(people) // 5)]
        await box.ask("POST", f"people/{person}/text", {"text": f"text {n}"})
        expected.append((person, f"echo text {n}"))
    return expected


async def test_no_update_and_no_message_is_lost_in_twenty_kills(
    sqlite_url: str, tmp_path: Path, keys: Keyring
) -> None:
    db = connect(sqlite_url, keys)
    log = tmp_path / "log"
    order: dict[str, Any] = {"kind": "house", "db": sqlite_url, "key": bytes(range(32)).hex()}
    chance, kills, broken = random.Random(SEED), 0, 0
    async with sandbox() as box, nursery(log) as bots:
        order |= {"api": box.api, "token": box.token, "in_flight": IN_FLIGHT}
        people = [
            (await box.ask("POST", "people", {"name": f"Person {n}"}))["id"] for n in range(PEOPLE)
        ]
        arriving = asyncio.create_task(arrive(box, people))  # noqa: TID251  # awaited below
        await publish(db, people)
        await bots.bear(order)
        while kills < KILLS:
            await asyncio.sleep(chance.uniform(0.3, 0.9))
            await bots.kill()
            kills += 1
            broken += not sound(tmp_path / "test.db")
            await bots.bear(order)
        expected = await arriving
        expected += [(person, "alert") for person in people]
        async with asyncio.timeout(240):
            while await box.pending() or await open_rows(db):
                await asyncio.sleep(0.2)
        await bots.kill()
        sent = await box.sent()
    await db.close()
    assert (broken, log.read_text()) == (0, "")
    assert len(expected) == UPDATES + PEOPLE
    assert set(expected) - set(sent) == set()
    assert set(sent) - set(expected) == set()
    assert sent.total() - len(expected) <= IN_FLIGHT * KILLS
    assert max(sent.values()) <= 3
    assert sound(tmp_path / "test.db")
