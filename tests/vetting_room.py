"""A newsroom in memory for machines: services, people and sources, and what is stored of them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from hypothesis.stateful import (
    RuleBasedStateMachine,
)
from sqlalchemy import func, select

from bot.domain.items import Item, ItemId
from bot.domain.privacy import TelegramId
from bot.domain.publications import Kind, PublicationId, Revision, State
from bot.domain.sources import Found, Motion, Source, SourceId, SourceState
from bot.domain.staff import Role, Staff
from bot.domain.subscribers import Settings
from bot.services.atlas import Atlas
from bot.services.cascades import Cascades
from bot.services.items import Items
from bot.services.sources import Sources
from bot.services.upkeep import Upkeep
from bot.services.vetting import Vetting
from feeds.failures import Unreachable
from storage import items, outbox, publications, revisions, sources, staff, subscribers
from storage.crypto import Keyring
from storage.db import Database, Tx
from tests.clock import Clock
from tests.delivery.one_thread import LeapingLoop, in_memory
from tests.team import Places, enrol, settle
from tests.vetting import vet

FEW = 2
"""Sources: enough for each to be mistaken for the other."""


class Offline:
    """Nothing can be read: the machine is about people."""

    async def fetch(self, *_: object, **__: object) -> Any:
        """No answer."""
        raise Unreachable(reason="connection")


@dataclass
class Desk:
    """Services on a database in memory, and four people of three branches."""

    loop: LeapingLoop
    db: Database
    clock: Clock
    atlas: Atlas
    places: Places
    people: list[Staff] = field(default_factory=list)

    def run(self, work: Any) -> Any:
        """Carry it out now."""
        return self.loop.run_until_complete(work)

    def look(self, work: Any) -> Any:
        """Read something."""

        async def reading() -> Any:
            async with self.db.tx(write=False) as tx:
                return await work(tx)

        return self.run(reading())


class Stage(RuleBasedStateMachine):
    """Services over two sources, and four people of three branches; rules are added by the test."""

    template: ClassVar[Path]
    keys: ClassVar[Keyring]
    # What all runs together have tried: a rule that nothing came near is not proved.
    reached: ClassVar[set[SourceState]] = set()
    sent_under: ClassVar[set[SourceState]] = set()
    carried: ClassVar[set[Motion]] = set()

    def __init__(self) -> None:
        super().__init__()
        loop, clock = LeapingLoop(), Clock()
        db = in_memory(self.template, self.keys)
        atlas, places = loop.run_until_complete(settle(db))
        self.desk = Desk(loop, db, clock, atlas, places)
        root = self.desk.run(enrol(db, 1, Role.CUSTODIAN))
        anna = self.desk.run(enrol(db, 2, Role.NEWS, inviter=root))
        boris = self.desk.run(enrol(db, 3, Role.NEWS, inviter=root))
        claire = self.desk.run(enrol(db, 4, Role.NEWS, inviter=anna))
        dina = self.desk.run(enrol(db, 5, Role.NEWS, inviter=root))
        self.desk.people = [anna, boris, claire, dina]
        self.desk.run(self.follow())
        offline: Any = Offline()
        self.sources = Sources(db, atlas, clock, offline, offline)
        self.vetting = Vetting(db, atlas, clock)
        self.items = Items(db, atlas, clock)
        self.cascades = Cascades(db, atlas, clock)
        self.upkeep = Upkeep(db, atlas, clock)
        self.serial = 0
        for n in range(FEW):
            self.propose(anna, n)
        self.desk.run(vet(self.sources, boris, self.id(0)))

    async def follow(self) -> None:
        """Somebody reads the news of the city."""
        async with self.desk.db.tx() as tx:
            await subscribers.save(tx, TelegramId(77), Settings(lang="en"))
            await subscribers.follow(tx, TelegramId(77), self.desk.places.city)

    def teardown(self) -> None:
        """Whatever was left half done is finished: then nothing of a revoked one stands."""
        while self.desk.run(self.cascades.run()):
            pass
        for source in self.all():
            if source.state is SourceState.REVOKED:
                for item in self.published(source.id):
                    assert self.fate(item) & self.dues(source, item), item
        self.desk.run(self.desk.db.close())
        self.desk.loop.close()

    def propose(self, by: Staff, n: int) -> None:
        """A feed of its own domain."""
        address = f"https://medium{n}.example/rss"
        found = Found(address, address, f"medium{n}.example", f"Medium {n}", "en", 3)
        where = frozenset({self.desk.places.city})
        self.desk.run(self.sources.propose(by, found, where))

    def id(self, n: int) -> SourceId:
        return SourceId(n + 1)

    def get(self, n: int) -> Source:
        return self.by_id(self.id(n))

    def by_id(self, id: SourceId) -> Source:
        found = self.desk.look(lambda tx: sources.get(tx, id))
        assert isinstance(found, Source)
        return found

    def all(self) -> list[Source]:
        return [self.get(n) for n in range(FEW)]

    def people(self) -> list[Staff]:
        found: list[Staff] = self.desk.look(staff.listed)
        return found

    def line(self, person: Staff) -> str:
        """Who brought somebody in: Anna invited Claire."""
        anna, boris, claire, dina = (one.id for one in self.desk.people)
        return {anna: "Anna", claire: "Anna", boris: "Boris", dina: "Dina"}[person.id]

    def item(self, number: int) -> Item | None:
        if not self.serial:
            return None
        found: Item | None = self.desk.look(
            lambda tx: items.get(tx, ItemId(number % self.serial + 1))
        )
        return found

    def published(self, id: SourceId) -> list[Item]:
        found: list[Item] = self.desk.look(lambda tx: items.published(tx, source=id, limit=10_000))
        return found

    def dues(self, source: Source, item: Item) -> set[Revision]:
        """What has to be done to an item of a revoked source."""
        assert source.cut is not None
        assert item.sent_at is not None
        fresh = item.sent_at >= source.cut
        return {Revision.RECALL} if fresh else {Revision.RECALL, Revision.CORRECT}

    def fate(self, item: Item) -> set[Revision]:
        """What was done to what was sent of it; nothing sent is as good as taken back."""

        async def reading(tx: Tx) -> set[Revision]:
            sent = await publications.newest(tx, item.subject, kind=Kind.ITEM)
            if sent is None or sent.state is State.RECALLED:
                return {Revision.RECALL}
            mine = revisions.table.c.publication == sent.id
            kinds = await tx.execute(select(revisions.table.c.kind).where(mine))
            return {Revision(kind) for kind in kinds.scalars()}

        found: set[Revision] = self.desk.look(reading)
        return found

    def count(self) -> int:
        """How many items were ever made public."""

        async def reading(tx: Tx) -> int:
            query = select(func.count()).select_from(publications.table)
            return int((await tx.execute(query)).scalar_one())

        return int(self.desk.look(reading))

    def copies(self) -> set[PublicationId]:
        """Publications of which copies wait to be sent for the first time.

        What came too late to matter waits for nothing: it is dropped when its turn comes.
        """
        sent = publications.table

        async def reading(tx: Tx) -> set[PublicationId]:
            mine = outbox.table.join(sent, sent.c.id == outbox.table.c.publication)
            query = select(sent.c.id).select_from(mine).distinct()
            rows = await tx.execute(query.where(sent.c.expires_at > self.desk.clock()))
            return {PublicationId(id) for id in rows.scalars()}

        found: set[PublicationId] = self.desk.look(reading)
        return found

    def source_of(self, id: PublicationId) -> Source:
        sent = self.desk.look(lambda tx: publications.get(tx, id))
        number = ItemId(int(sent.subject.partition(":")[2]))
        item = self.desk.look(lambda tx: items.get(tx, number))
        return self.by_id(item.source)
