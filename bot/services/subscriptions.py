"""Following districts and choosing how messages come: each use case one transaction."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from bot.domain.districts import DistrictId
from bot.domain.errors import Refused
from bot.domain.privacy import TelegramId
from bot.domain.staff import Staff
from bot.domain.subscribers import FOLLOW_LIMIT, FollowsTooMany, Settings
from bot.services.atlas import Atlas
from storage import staff, subscribers
from storage.db import Database, Tx
from storage.subscribers import Subscriber


class NotSubscribed(Refused):
    """A subscriber's button pressed by somebody of whom nothing is stored (any more)."""

    key = "subscriptions-not-subscribed"


@dataclass(frozen=True, slots=True)
class Followed:
    """What following led to; ``new`` is false when the district was followed before."""

    new: bool
    settings: Settings


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The subscriber's side of everything that is published."""

    db: Database
    atlas: Atlas

    async def follow(
        self, person: TelegramId, district: DistrictId, *, picked: str, seen: str
    ) -> Followed:
        """Follow a district; the first one makes somebody a subscriber.

        ``picked`` is a language they chose by button (or empty), ``seen`` the one they were
        written to in. Raises ``UnknownDistrict`` and ``FollowsTooMany``.
        """
        self.atlas.tree.get(district)
        async with self.db.tx() as tx:
            known = await subscribers.get(tx, person)
            follows = known.follows if known else frozenset()
            if district not in follows and len(follows) >= FOLLOW_LIMIT:
                raise FollowsTooMany(limit=FOLLOW_LIMIT)
            settings = known.settings if known else Settings(seen=seen)
            if picked and not settings.lang:
                settings = replace(settings, lang=picked)
            if known is None or settings != known.settings:
                await subscribers.save(tx, person, settings)
            return Followed(await subscribers.follow(tx, person, district), settings)

    async def unfollow(self, person: TelegramId, district: DistrictId) -> Subscriber:
        """Follow a district no longer; the settings stay even after the last one."""
        async with self.db.tx() as tx:
            await subscribers.unfollow(tx, person, district)
            return await _required(tx, person)

    async def change(self, person: TelegramId, edit: Callable[[Settings], Settings]) -> Subscriber:
        """Store edited settings; returns the subscriber as stored now."""
        async with self.db.tx() as tx:
            await _edit(tx, person, edit)
            return await _required(tx, person)

    async def pause(self, person: TelegramId) -> int:
        """Send nothing until further notice; returns how many waiting copies were withdrawn."""
        async with self.db.tx() as tx:
            await _edit(tx, person, lambda settings: replace(settings, paused=True))
            return await subscribers.silence(tx, tx.keys.tag(person))

    async def resume(self, person: TelegramId) -> None:
        """Send again."""
        async with self.db.tx() as tx:
            await _edit(tx, person, lambda settings: replace(settings, paused=False))

    async def speak(self, person: TelegramId, account: Staff | None, lang: str) -> bool:
        """Keep a picked language for a subscriber and for staff; says whether it was kept."""
        async with self.db.tx() as tx:
            known = await subscribers.get(tx, person)
            if known is not None:
                await subscribers.save(tx, person, replace(known.settings, lang=lang))
            if account is not None:
                await staff.set_lang(tx, account.id, lang)
            return known is not None or account is not None


async def _edit(tx: Tx, person: TelegramId, edit: Callable[[Settings], Settings]) -> None:
    known = await _required(tx, person)
    await subscribers.save(tx, person, edit(known.settings))


async def _required(tx: Tx, person: TelegramId) -> Subscriber:
    known = await subscribers.get(tx, person)
    if known is None:
        raise NotSubscribed
    return known
