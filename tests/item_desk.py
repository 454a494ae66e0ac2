"""A desk of news for tests: media without feeds, what they say, two editors with the queue open."""

from dataclasses import dataclass, replace
from typing import Any

from bot.domain.items import LIFETIME, Item, ItemId
from bot.domain.publications import Kind, Publication, Revision
from bot.domain.sources import Hold, Source, SourceId, SourceState
from bot.domain.staff import Staff
from bot.services import relay, revising
from bot.services.revisions import Revisions
from bot.views.message import Message
from bot.views.queue import OpenQueue
from handlers.items import ItemHandlers
from handlers.revisions import RevisionHandlers
from storage import items, new_items, publications, revisions, sources
from storage.db import Database
from storage.new_items import NewItem
from tests.clock import Clock
from tests.dialogue import Dialogue, Person, open_dialogue
from tests.press import EDITORS, Press, open_press

LYNX, HERON = EDITORS


@dataclass(slots=True)
class Desk:
    """``anna`` and ``boris`` are editors; media are named by the district they are about."""

    press: Press
    dialogue: Dialogue
    anna: Person
    boris: Person

    async def medium(self, slug: str = "minsk", **fields: Any) -> Source:
        """A trusted medium, or one with other fields."""
        source = await self.press.source(slug)
        changed = replace(source, **fields)
        if changed == source:
            return source
        async with self.press.db.tx() as tx:
            return await sources.save(tx, changed)

    async def report(self, title: str, slug: str = "minsk", summary: str = "", **more: Any) -> Item:
        """Something that a medium reports; ``more`` are fields that reading it sets."""
        source, self.press.told = await self.press.source(slug), self.press.told + 1
        now = self.press.clock()
        async with self.press.db.tx() as tx:
            new = NewItem(
                source=source.id,
                identity=self.press.told,
                title=title,
                summary=summary,
                link=f"https://{source.domain}/{self.press.told}",
                language="en",
                published=None,
                fetched_at=now,
                expires_at=now + LIFETIME,
                **more,
            )
            (id,) = await new_items.add(tx, [new])
        return await self.item(id)

    async def published(self, title: str, slug: str = "minsk", **more: Any) -> Item:
        """The same, approved by as many as it needs."""
        item = await self.report(title, slug, **more)
        for by in self.press.editors[: item.needs(await self.press.source(slug))]:
            item = await self.press.items.publish(by, item.id, item.edition)
        return item

    async def edit(self, item: Item, title: str, summary: str = "") -> Item:
        """Its medium says something else now."""
        async with self.press.db.tx() as tx:
            found = await items.get(tx, item.id)
            assert found is not None
            await items.save(
                tx,
                found.edited(title=title, summary=summary, flags=found.flags, impact=found.impact),
            )
        return await self.item(item.id)

    async def item(self, id: ItemId) -> Item:
        """As stored."""
        async with self.press.db.tx(write=False) as tx:
            found = await items.get(tx, id)
        assert found is not None
        return found

    async def sent(self, item: Item) -> Publication | None:
        """What was sent of it."""
        async with self.press.db.tx(write=False) as tx:
            return await publications.newest(tx, item.subject, kind=Kind.ITEM)

    async def said(self, item: Item) -> dict[str, Message]:
        """What each edition says now."""
        publication = await self.sent(item)
        assert publication is not None
        async with self.press.db.tx(write=False) as tx:
            return await revising.messages(tx, publication.id)

    async def kinds(self, item: Item) -> list[Revision]:
        """What was done to what was sent, oldest first."""
        publication, table = await self.sent(item), revisions.table
        assert publication is not None
        query = table.select().where(table.c.publication == publication.id)
        async with self.press.db.tx(write=False) as tx:
            rows = await tx.execute(query.order_by(table.c.version))
            return [Revision(row.kind) for row in rows]

    async def hide(self, item: Item) -> None:
        """One person hides what was sent."""
        publication, by = await self.sent(item), self.press.editors[1].id
        assert publication is not None
        async with self.press.db.tx() as tx:
            now = self.press.clock()
            await revising.mask(tx, self.press.atlas, publication.id, by, now)

    async def follow(self, slug: str = "minsk") -> list[Item]:
        """What reading a feed does with edits; returns what waits for people."""
        source = await self.press.source(slug)
        async with self.press.db.tx() as tx:
            edited = await items.published(tx, limit=9, source=source.id)
            now = self.press.clock()
            return await relay.follow(tx, self.press.atlas, source, edited, now)

    async def look(self, person: Person | None = None) -> str:
        """Open the queue; what the card says."""
        reader = person or self.anna
        await reader.press_data(OpenQueue().pack())
        return reader.text


def buttons(person: Person) -> list[str]:
    """The labels on the screen."""
    return [one.label for one in person.buttons]


async def open_desk(db: Database, clock: Clock) -> Desk:
    """On an empty database."""
    press = await open_press(db, clock)

    async def hold(_by: Staff, id: SourceId) -> None:
        async with db.tx() as tx:
            source = await sources.get(tx, id)
            assert source is not None
            await sources.save(tx, source.held(Hold.PERSON, clock()))

    features = [
        ItemHandlers(press.items, hold),
        RevisionHandlers(Revisions(db, press.atlas, clock)),
    ]
    dialogue = await open_dialogue(db, clock, features)
    return Desk(press, dialogue, dialogue.person(LYNX), dialogue.person(HERON))


PROBATION = SourceState.PROBATION
