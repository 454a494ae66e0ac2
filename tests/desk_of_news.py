"""An office of news for tests: who may take something back, and what a test does with them."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from bot.domain.outbox import Lane
from bot.domain.publications import (
    Audience,
    Kind,
    Publication,
    PublicationId,
    Revision,
    Want,
)
from bot.domain.revisions import Deed, RequestId
from bot.domain.staff import Grant, Role, Staff
from bot.i18n import LANGUAGES
from bot.services import revising
from bot.services.atlas import Atlas
from bot.services.publications import Draft, accept
from bot.services.revisions import Revisions
from bot.views.message import Message, Say, decode
from storage import outbox, revision_requests, revisions
from storage.db import Database
from tests.clock import Clock
from tests.team import Places, enrol, settle

ROOT, ANNA, BORIS, CLAIRE, ERIC = 1001, 1002, 1003, 1004, 1005
NOTE = "At four, not at two."


@dataclass(slots=True)
class Office:
    """Four moderators of news in the city, Claire of Anna's branch, Eric elsewhere; a service."""

    db: Database
    clock: Clock
    atlas: Atlas
    places: Places
    service: Revisions
    anna: Staff
    boris: Staff
    claire: Staff
    eric: Staff

    async def publish(self, subject: str = "item:1", text: str = "Water is back") -> PublicationId:
        """An item as it was relayed, with a short form for those who chose that."""
        texts = {lang: Message(f"{text} ({lang})\nCode") for lang in LANGUAGES}
        texts["en.lite"] = Message(text)
        draft = Draft(
            kind=Kind.ITEM,
            subject=subject,
            code="A7K2-Q9ZX",
            lane=Lane.NEWS,
            audience=Audience(frozenset({self.places.city}), Want.NEWS),
            texts=texts,
            expires_at=self.clock() + timedelta(days=3),
        )
        async with self.db.tx() as tx:
            return await accept(tx, draft, self.clock())

    async def present(self, id: PublicationId) -> Publication:
        """As stored."""
        async with self.db.tx(write=False) as tx:
            return await revising.get(tx, id)

    async def said(self, id: PublicationId) -> dict[str, str]:
        """What each edition says now."""
        async with self.db.tx(write=False) as tx:
            texts = await revising.messages(tx, id)
        return {edition: message.text for edition, message in texts.items()}

    async def kinds(self, id: PublicationId) -> list[tuple[Revision, Lane]]:
        """What was done to it, oldest first."""
        table = revisions.table
        query = select(table.c.kind, table.c.lane).where(table.c.publication == id)
        async with self.db.tx(write=False) as tx:
            rows = await tx.execute(query.order_by(table.c.version))
            return [(Revision(kind), Lane(lane)) for kind, lane in rows]

    async def ask(self, by: Staff, id: PublicationId, deed: Deed, note: str = NOTE) -> RequestId:
        """Look at what would be shown, then ask for it."""
        shown = await self.service.preview(by, id, deed, note)
        await self.service.ask(by, id, deed, shown.digest, note=note)
        async with self.db.tx(write=False) as tx:
            found = await revision_requests.about(tx, id, self.clock())
        assert found is not None
        return found.id

    async def digest(self, id: PublicationId) -> str:
        """What the request that waits is about, as a second person is shown it."""
        return (await self.service.card(self.boris, id, "en")).digest

    async def agree(self, by: Staff, id: PublicationId, number: RequestId) -> tuple[Deed, bool]:
        """Agree to what one is shown."""
        return await self.service.approve(by, number, await self.digest(id))

    async def told(self) -> list[tuple[int, Message]]:
        """Take what was queued for staff: (chat, message), oldest first."""
        async with self.db.tx() as tx:
            table = outbox.table
            mine = table.c.task.is_not(None)
            rows = (await tx.execute(select(table).where(mine).order_by(table.c.id))).all()
            await tx.execute(table.delete().where(mine))
            found = []
            for row in rows:
                task = decode(tx.keys.open(row.task, aad=b"task" + row.tag))
                assert isinstance(task, Say)
                found.append((tx.keys.open_id(row.chat, tag=row.tag).reveal(), task.message))
        return found


async def open_office(db: Database, clock: Clock) -> Office:
    """On an empty database."""
    atlas, places = await settle(db)
    root = await enrol(db, ROOT, Role.CUSTODIAN)
    news = Grant(Role.NEWS, places.city)
    anna = await enrol(db, ANNA, news, inviter=root)
    boris = await enrol(db, BORIS, news, inviter=root, lang="ru")
    claire = await enrol(db, CLAIRE, news, inviter=anna)
    eric = await enrol(db, ERIC, Grant(Role.NEWS, places.quarter), inviter=root)
    service = Revisions(db, atlas, clock)
    return Office(db, clock, atlas, places, service, anna, boris, claire, eric)
