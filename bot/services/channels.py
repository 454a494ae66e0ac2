"""Channels: linked by an admin of theirs, paused when the bot loses its rights."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.domain.channels import ChannelRights, NotAnAdmin
from bot.domain.districts import DistrictId
from bot.domain.errors import Gone, NotAllowed
from bot.domain.privacy import PersonTag, TelegramId
from bot.domain.staff import May, Staff
from bot.services.acting import acting
from bot.services.atlas import Atlas
from bot.services.notices import tell
from bot.views import channels as view
from storage import channels, ledger, staff
from storage.channels import Channel, ChannelState
from storage.db import Database, Tx

Rights = Callable[[TelegramId, TelegramId], Awaitable[ChannelRights]]
"""Asks Telegram, now: (channel, person) to the rights of both there. May raise ``Unreachable``."""
Linked = tuple[Channel, frozenset[DistrictId]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A channel that somebody chose. ``title`` is its handle, or its title without one."""

    chat: TelegramId
    title: str
    lang: str
    district: DistrictId


@dataclass(frozen=True, slots=True)
class Channels:
    """The use cases about channels. Telegram is asked outside every transaction."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]
    rights: Rights

    async def examine(self, by: Staff, person: TelegramId, wanted: Wanted) -> ChannelRights:
        """The rights in a chosen channel; ``NotAnAdmin`` unless the person is one right now.

        As long as the bot has no rights there it cannot see who the admins are.
        """
        by.require(May.LINK_CHANNEL, [wanted.district], self.atlas.tree)
        found = await self.rights(wanted.chat, person)
        if found.enough and not found.person_admin:
            raise NotAnAdmin(channel=wanted.title)
        return found

    async def link(self, by: Staff, person: TelegramId, wanted: Wanted) -> ChannelRights:
        """Link it, unless a right is missing (the caller looks at ``enough``)."""
        found = await self.examine(by, person, wanted)
        if not found.enough:
            return found
        async with self.db.tx() as tx:
            me = await acting(tx, by)
            me.require(May.LINK_CHANNEL, [wanted.district], self.atlas.tree)
            await channels.link(
                tx,
                wanted.chat,
                title=wanted.title,
                lang=wanted.lang,
                district=wanted.district,
                by=me.id,
            )
            await ledger.add(tx, "channel-linked", f"district:{wanted.district}", 1, self.clock())
        return found

    async def listed(self, by: Staff) -> list[Linked]:
        """The channels of which the person may decide, by title."""
        by.require_anywhere(May.LINK_CHANNEL)
        async with self.db.tx(write=False) as tx:
            every = await channels.listed(tx)
        mine = [one for one in every if self._may(by, one[1])]
        return sorted(mine, key=lambda one: one[0].title.casefold())

    async def find(self, by: Staff, tag: PersonTag) -> Linked:
        """One channel; ``Gone`` when it is not linked any more."""
        async with self.db.tx(write=False) as tx:
            return await self._find(tx, by, tag)

    async def resume(self, by: Staff, person: TelegramId, tag: PersonTag) -> ChannelRights:
        """Let posts go there again, unless a right is (still) missing."""
        channel, _ = await self.find(by, tag)
        found = await self.rights(channel.chat, person)
        if not found.enough:
            return found
        async with self.db.tx() as tx:
            await self._find(tx, await acting(tx, by), tag)
            await channels.set_state(tx, tag, ChannelState.LINKED)
        return found

    async def unlink(self, by: Staff, tag: PersonTag) -> Channel:
        """Unlink it from all its districts."""
        async with self.db.tx() as tx:
            channel, where = await self._find(tx, await acting(tx, by), tag)
            await channels.unlink(tx, tag)
            for district in sorted(where):
                await ledger.add(tx, "channel-unlinked", f"district:{district}", 1, self.clock())
        return channel

    async def changed(self, chat: TelegramId, *, enough: bool) -> None:
        """Telegram reports that the bot's rights in a chat changed; staff is told once."""
        now = self.clock()
        async with self.db.tx() as tx:
            found = await channels.find(tx, tx.keys.tag(chat))
            if found is None:
                return
            channel = found[0]
            if enough and channel.state is ChannelState.PAUSED:
                await self._tell(tx, found, "regained", now)
            elif not enough and await channels.set_state(tx, channel.tag, ChannelState.PAUSED):
                await self._tell(tx, found, "lost", now)

    async def _tell(self, tx: Tx, linked: Linked, what: str, now: datetime) -> None:
        channel, where = linked
        say = view.lost if what == "lost" else view.regained
        said = partial(say, title=channel.title, channel=channel.tag.hex())
        cause = f"{what}:{channel.tag.hex()[:16]}:{now.timestamp():.0f}"
        concerned = [person.id for person in await staff.listed(tx) if self._may(person, where)]
        await tell(tx, concerned, said, now, cause=cause)

    async def _find(self, tx: Tx, by: Staff, tag: PersonTag) -> Linked:
        found = await channels.find(tx, tag)
        if found is None:
            raise Gone
        if not self._may(by, found[1]):
            raise NotAllowed
        return found

    def _may(self, by: Staff, where: frozenset[DistrictId]) -> bool:
        known = [district for district in where if district in self.atlas.tree.all]
        return by.may_anywhere(May.LINK_CHANNEL) and by.may(
            May.LINK_CHANNEL, known, self.atlas.tree
        )
