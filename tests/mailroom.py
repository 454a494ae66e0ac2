"""Publications on their way without an engine: followers in bulk, rows at any stage, receipts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, Publication, PublicationId, Want
from bot.domain.subscribers import Settings
from bot.i18n import LANGUAGES
from bot.services.atlas import Atlas
from bot.services.publications import Draft, accept
from bot.views.message import Message
from storage import channels, outbox, publications, receipts, subscribers
from storage.db import Database
from storage.outbox import Stage
from storage.parcels import copy_for
from storage.publications import Phase
from storage.receipts import Kept, Receipt
from tests.clock import Clock
from tests.team import Places, settle

DAY = timedelta(days=1)


@dataclass(slots=True)
class Mailroom:
    """What a test works with."""

    db: Database
    clock: Clock
    atlas: Atlas
    places: Places

    async def publish(
        self,
        place: DistrictId | None = None,
        *,
        kind: Kind = Kind.ITEM,
        want: Want = Want.NEWS,
        lane: Lane = Lane.NEWS,
        subject: str = "item:1",
        text: str = "A headline\nand more",
        **audience: Any,
    ) -> PublicationId:
        """Accept a publication for one place."""
        where = frozenset({place or self.places.quarter})
        draft = Draft(
            kind=kind,
            subject=subject,
            code="ABCD-EFGH",
            lane=lane,
            audience=Audience(where, want, **audience),
            texts={lang: Message(text) for lang in LANGUAGES},
            expires_at=self.clock() + DAY,
        )
        async with self.db.tx() as tx:
            return await accept(tx, draft, self.clock())

    async def followers(self, count: int, *places: DistrictId, first: int = 10_000) -> None:
        """So many people follow each of ``places``."""
        async with self.db.tx() as tx:
            keys = tx.keys
            people = [TelegramId(first + n) for n in range(count)]
            tags = [keys.tag(person) for person in people]
            sealed = keys.seal_id(people[0])  # whose it is matters to nobody here
            settings = keys.seal(b"{}", aad=b"settings" + tags[0])
            rows = [{"tag": tag, "chat": sealed, "settings": settings} for tag in tags]
            follows = [{"tag": tag, "district": place} for tag in tags for place in places]
            for at in range(0, count, 1000):
                await tx.execute(insert(subscribers.table), rows[at : at + 1000])
            for at in range(0, len(follows), 1000):
                await tx.execute(insert(subscribers.follows), follows[at : at + 1000])

    async def follower(self, id: int, place: DistrictId) -> None:
        """One real person."""
        async with self.db.tx() as tx:
            await subscribers.save(tx, TelegramId(id), Settings())
            await subscribers.follow(tx, TelegramId(id), place)

    async def channel(self, id: int, place: DistrictId) -> TelegramId:
        """A linked channel."""
        async with self.db.tx() as tx:
            chat = TelegramId(-id)
            await channels.link(tx, chat, title="@c", lang="be", district=place, by=None)
        return chat

    async def rows(
        self, id: PublicationId, count: int, stage: Stage, *, first: int = 10_000, doubts: int = 0
    ) -> None:
        """Copies in rows of their own."""
        async with self.db.tx() as tx:
            for n in range(count):
                chat = TelegramId(first + n)
                copy = copy_for(tx, chat, id, "en", lane=Lane.NEWS, now=self.clock())
                await outbox.add_copy(tx, copy, self.clock(), stage=stage, doubts=doubts)

    async def received(self, id: PublicationId, chats: Sequence[TelegramId]) -> None:
        """They have it."""
        async with self.db.tx() as tx:
            until = self.clock() + DAY
            kept = [
                Kept(id, tx.keys.tag(chat), tx.keys.seal_id(chat), Receipt(1, "en"), 1, until)
                for chat in chats
            ]
            await receipts.keep(tx, kept)

    async def walked(
        self,
        id: PublicationId,
        *,
        phase: Phase = Phase.FOLLOWERS,
        place: DistrictId | None = None,
        part: float = 0.0,
        done: bool = False,
    ) -> None:
        """The walk came so far: ``part`` of the followers of ``place``."""
        tag = min(int(part * 256**16), 256**16 - 1).to_bytes(16)
        values = {"phase": phase, "place": place, "settled": tag, "reserved": tag, "walked": done}
        async with self.db.tx() as tx:
            mine = update(publications.table).where(publications.table.c.id == id)
            await tx.execute(mine.values(**values))

    async def stages(self, id: PublicationId) -> list[str]:
        """The stages of a publication's rows."""
        async with self.db.tx(write=False) as tx:
            mine = outbox.table.c.publication == id
            rows = await tx.execute(select(outbox.table.c.stage).where(mine))
            return sorted(rows.scalars())

    async def publication(self, id: PublicationId) -> Publication:
        """As stored."""
        async with self.db.tx(write=False) as tx:
            found = await publications.get(tx, id)
        assert found is not None
        return found


async def open_mailroom(db: Database, clock: Clock) -> Mailroom:
    """Three nested places and nobody."""
    atlas, places = await settle(db)
    return Mailroom(db, clock, atlas, places)
