"""What the tests of the engine share: queueing, publishing, breaking things, looking."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, PublicationId, Want
from bot.domain.subscribers import Settings
from bot.i18n import LANGUAGES
from bot.services.publications import Draft, accept
from bot.views.message import Message, Task, Toast, encode
from storage import districts, outbox, subscribers
from tests.delivery.house import House, now


async def queue(
    house: House, chat: TelegramId, task: Task, *, lane: Lane = Lane.REPLY, ring: bool = False
) -> None:
    """Queue one task."""
    async with house.db.tx() as tx:
        paced = not isinstance(task, Toast)
        await outbox.add(
            tx, lane=lane, chat=chat, task=encode(task), now=now(), ring=ring, paced=paced
        )
    house.engine.wake()


async def place_of(house: House) -> DistrictId:
    """A district."""
    async with house.db.tx() as tx:
        place = await districts.add(
            tx, slug="minsk", parent=None, zone="Europe/Minsk", names={"en": "Minsk"}
        )
    await house.engine.atlas.load()
    return place


async def follow(house: House, place: DistrictId, *people: TelegramId) -> None:
    """People subscribe."""
    async with house.db.tx() as tx:
        for person in people:
            await subscribers.save(tx, person, Settings())
            await subscribers.follow(tx, person, place)


async def publish(
    house: House,
    place: DistrictId,
    text: str,
    *,
    want: Want = Want.RALLIES,
    lane: Lane = Lane.RALLY,
    lasts: timedelta = timedelta(days=1),
) -> PublicationId:
    """Accept a publication."""
    audience = Audience(frozenset({place}), want)
    texts = {lang: Message(text) for lang in LANGUAGES}
    async with house.db.tx() as tx:
        id = await accept(
            tx,
            Draft(
                Kind.RALLY,
                "rally:1",
                "AAAA-AAAA",
                lane,
                audience,
                texts,
                now() + lasts,
                urgent=want is Want.CHANGES,
            ),
            now(),
        )
    house.engine.wake()
    return id


async def fault(house: House, effect: str, **options: Any) -> None:
    """Break something once."""
    body = {"effect": effect, "count": 1, "method": "sendMessage", **options}
    await house.box.control("POST", "faults", body)


async def texts(house: House, method: str = "sendMessage") -> list[str]:
    """What was accepted, oldest first; a call whose answer was dropped is accepted too."""
    calls = await house.calls(method)
    accepted = [c for c in calls if c["result_id"] or c["description"] == "no answer"]
    return [c["parameters"]["text"] for c in accepted]


async def stages(house: House) -> list[str]:
    """The stages of all rows."""
    async with house.db.tx(write=False) as tx:
        rows = await tx.execute(select(outbox.table.c.stage).order_by(outbox.table.c.id))
        return list(rows.scalars())


async def eventually(check: Callable[[], Any]) -> None:
    """Wait until an awaited check says yes."""
    async with asyncio.timeout(40):
        while not await check():
            await asyncio.sleep(0.02)


async def counted(house: House, text: str, times: int) -> bool:
    """Whether a text was accepted so many times."""
    return (await texts(house)).count(text) == times


async def equals(found: Any, wanted: Any) -> bool:
    """Whether what is awaited equals what is wanted."""
    return bool(await found == wanted)


async def truth(value: object) -> bool:
    """Whether a value holds, for ``eventually``."""
    return bool(value)
