"""Fills the demo: staff, linked channels, sources and two rallies, by the bot's own use cases."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.app import House
from bot.demo.box import Box
from bot.demo.town import CHANNELS, FEEDS, RALLIES, STAFF, Member
from bot.domain.districts import DistrictId
from bot.domain.errors import Refused
from bot.domain.evidence import Check
from bot.domain.privacy import TelegramId
from bot.domain.sources import Motion
from bot.domain.staff import Grant, Staff
from bot.i18n import translator
from bot.services.rallies import Rallies
from bot.services.sources import Sources
from bot.services.vetting import Vetting
from feeds.rhythm import Rhythm
from storage import channels, staff


@dataclass(frozen=True, slots=True)
class Seeded:
    """One feed document: what became of it. ``refused`` is the reason in English, or empty."""

    name: str
    title: str = ""
    items: int = 0
    refused: str = ""


@dataclass(slots=True)
class Seeder:
    """Seeds one running demo. ``rhythm`` is how often its sources are read."""

    house: House
    box: Box
    rhythm: Rhythm

    async def people(self, *usernames: str) -> dict[str, Staff]:
        """Enrol members of staff; each presses START, so that the bot may write to them."""
        for member in (m for m in STAFF if m.username in usernames):
            await self.box.call("POST", f"people/{member.username}/start", {})
            await self._enrol(member)
        async with self.house.db.tx(write=False) as tx:
            aliases = {one.alias: one for one in await staff.listed(tx)}
        return {m.username: aliases[m.alias] for m in STAFF if m.alias in aliases}

    async def link_channels(self, by: Staff) -> None:
        """Make the bot an admin of each channel and link it to its city."""
        found = {c["username"]: c["id"] for c in (await self.box.call("GET", "chats"))["chats"]}
        for channel in CHANNELS:
            id = found[channel["username"]]
            body = {"chat": id, "user": "bot", "status": "administrator"}
            await self.box.call("POST", "people/marta/member", body)
            async with self.house.db.tx() as tx:
                await channels.link(
                    tx,
                    TelegramId(id),
                    title=f"@{channel['username']}",
                    lang=channel["lang"],
                    district=self._district(channel["district"]),
                    by=by.id,
                )

    async def publish_feeds(self) -> None:
        """Put the invented media on the sandbox's feed server."""
        for feed in FEEDS:
            await self.box.call("POST", "feeds", feed)

    async def propose(self, by: Staff, feed: dict[str, Any]) -> Seeded:
        """Propose one feed of the sandbox as a source of everywhere."""
        everywhere = frozenset(d.id for d in self.house.atlas.tree.children(None))
        try:
            found = await self._sources.look(by, feed["url"])
            await self._sources.propose(by, found, everywhere)
        except Refused as no:
            said = translator("en")(no.key, **no.args_)
            return Seeded(feed["name"], refused=said.splitlines()[0])
        return Seeded(feed["name"], found.title, found.items)

    async def vet(self, by: Staff) -> None:
        """Let a second person vet everything that is proposed."""
        page = await self._sources.page(by, 0)
        house = self.house
        vetting = Vetting(house.db, house.atlas, house.clock)
        for entry in page.entries:
            for check in Check:
                await vetting.tick(by, entry.source.id, check, on=True)
            await self._sources.move(by, entry.source.id, Motion.VET)

    async def announce(self, first: Staff, second: Staff) -> None:
        """Two rallies that two people agreed on, next Saturday."""
        rallies = Rallies(self.house.db, self.house.atlas, self.house.clock)
        for plan in RALLIES:
            district = self.house.atlas.tree.get(self._district(plan.district))
            starts = _next_saturday(self.house.clock(), district.zone, plan.at)
            facts = replace(
                plan.facts, starts_at=starts, zone=district.zone, districts=frozenset({district.id})
            )
            drafted = await rallies.submit(first, facts)
            await rallies.approve(second, drafted.id, drafted.digest)

    @property
    def _sources(self) -> Sources:
        house = self.house
        return Sources(house.db, house.atlas, house.clock, house.fetcher, house.parser, self.rhythm)

    def _district(self, slug: str) -> DistrictId:
        district = self.house.atlas.tree.by_slug(slug)
        assert district is not None, slug
        return district.id

    async def _enrol(self, member: Member) -> None:
        person = await self.box.call("GET", f"people/{member.username}")
        async with self.house.db.tx() as tx:
            everybody = await staff.listed(tx)
            district = self._district(member.city) if member.city else None
            await staff.add(
                tx,
                TelegramId(person["id"]),
                alias=member.alias,
                lang=member.lang,
                inviter=everybody[0] if everybody else None,
                held=[Grant(member.role, district)],
            )


def _next_saturday(now: datetime, zone: str, at: time) -> datetime:
    today = now.astimezone(ZoneInfo(zone)).date()
    day = today + timedelta(days=(5 - today.weekday()) % 7 or 7)
    return datetime.combine(day, at, ZoneInfo(zone))
