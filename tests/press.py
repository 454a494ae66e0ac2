"""Published news without feeds: two countries, a trusted source per district, two moderators."""

from dataclasses import dataclass, field, replace

from bot.domain.districts import DistrictId
from bot.domain.items import LIFETIME, Item
from bot.domain.privacy import TelegramId
from bot.domain.sources import Found, Source, SourceState
from bot.domain.staff import Grant, Role, Staff
from bot.domain.subscribers import Mode, Settings
from bot.services.atlas import Atlas
from bot.services.digests import Digests
from bot.services.items import Items
from storage import districts, new_items, sources, staff, subscribers
from storage.db import Database, Tx
from storage.new_items import NewItem
from storage.subscribers import Subscriber
from tests.clock import Clock

MINSK, BRUSSELS = "Europe/Minsk", "Europe/Brussels"
PLACES = {
    "by": (None, MINSK, "Belarus"),
    "minsk": ("by", MINSK, "Minsk"),
    "kastr": ("minsk", MINSK, "Kastryčnicki"),
    "zavod": ("minsk", MINSK, "Zavodski"),
    "be": (None, BRUSSELS, "Belgium"),
    "brussels": ("be", BRUSSELS, "Brussels"),
}
EDITORS = {9001: "Lynx", 9002: "Heron"}


@dataclass(slots=True)
class Press:
    """What a test of news needs. ``ids``: districts by their slugs."""

    db: Database
    clock: Clock
    atlas: Atlas
    items: Items
    digests: Digests
    ids: dict[str, DistrictId]
    editors: list[Staff] = field(default_factory=list)
    told: int = 0

    def of(self, *slugs: str) -> frozenset[DistrictId]:
        """Districts by slug."""
        return frozenset(self.ids[slug] for slug in slugs)

    async def source(self, *slugs: str) -> Source:
        """A source about these districts that has been on probation for long."""
        name = "-".join(slugs)
        address = f"https://{name}.example.org/rss"
        found = Found(address, address, f"{name}.example.org", f"The {name} Courier", "en", 3)
        by = self.editors[0].id
        async with self.db.tx() as tx:
            if (known := await sources.known(tx, address)) is not None:
                return known
            added = await sources.add(
                tx, found, districts=self.of(*slugs), by=by, agreed=(by,), now=self.clock()
            )
            state, now = SourceState.TRUSTED, self.clock()
            return await sources.save(
                tx, replace(added, state=state, motion=None, agreed=(), vetted_at=now)
            )

    async def publish(self, title: str, *slugs: str) -> Item:
        """An item of the source about these districts, approved now."""
        source, self.told = await self.source(*slugs), self.told + 1
        async with self.db.tx() as tx:
            new = NewItem(
                source=source.id,
                identity=self.told,
                title=title,
                summary="",
                link=f"https://{source.domain}/{self.told}",
                language="en",
                published=None,
                fetched_at=self.clock(),
                expires_at=self.clock() + LIFETIME,
            )
            (id,) = await new_items.add(tx, [new])
        return await self.items.publish(self.editors[0], id, 1)

    async def follow(
        self, reader: int, *slugs: str, hour: int = 18, lang: str = "en", mode: Mode = Mode.DIGEST
    ) -> Subscriber:
        """Somebody who follows districts and reads their news once a day."""
        chat = TelegramId(reader)
        async with self.db.tx() as tx:
            await subscribers.save(tx, chat, Settings(lang=lang, mode=mode, digest_hour=hour))
            for slug in slugs:
                await subscribers.follow(tx, chat, self.ids[slug])
            found = await subscribers.get(tx, chat)
        assert found is not None
        return found


async def open_press(db: Database, clock: Clock) -> Press:
    """One on an empty database."""
    ids: dict[str, DistrictId] = {}
    async with db.tx() as tx:
        for slug, (parent, zone, name) in PLACES.items():
            up = ids[parent] if parent else None
            ids[slug] = await districts.add(tx, slug=slug, parent=up, zone=zone, names={"en": name})
        editors = [await _editor(tx, chat, alias) for chat, alias in EDITORS.items()]
    atlas = Atlas(db)
    await atlas.load()
    service, digests = Items(db, atlas, clock), Digests(db, atlas, clock)
    return Press(db, clock, atlas, service, digests, ids, editors)


async def _editor(tx: Tx, chat: int, alias: str) -> Staff:
    held = [Grant(Role.NEWS)]
    id = await staff.add(tx, TelegramId(chat), alias=alias, lang="en", inviter=None, held=held)
    found = await staff.get(tx, id)
    assert found is not None
    return found
