"""What people do with rallies: draft, agree, suspend, change, cancel, look up, mute."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec

from bot.domain.assembly import Facts
from bot.domain.districts import DistrictId
from bot.domain.errors import Gone, NotAllowed
from bot.domain.privacy import TelegramId
from bot.domain.progress import Forecast
from bot.domain.publications import Audience, Want, read_code
from bot.domain.rallies import Deed, Panel, Rally, RallyId, Reason, Request, Stage
from bot.domain.staff import May, Staff
from bot.i18n import Translator
from bot.services import rally_desk as desk
from bot.services.acting import acting
from bot.services.atlas import Atlas
from bot.services.notices import tell
from bot.services.progress import forecast
from bot.views import rallies as view
from bot.views.message import Message
from bot.views.rally_desk import notice_of, told
from storage import dues, rallies, subscribers
from storage.db import Database, Tx

SHOWN = 5
"""Rallies in the answer to /next."""


@dataclass(frozen=True, slots=True)
class Rallies:
    """The use cases of a rally; each is one transaction. ``clock`` gives aware UTC."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]
    rate: float = 25.0
    """Messages a second, as configured: for telling how long sending will take."""

    async def submit(self, by: Staff, facts: Facts, *, id: RallyId | None = None) -> Rally:
        """Send a draft for approval: a new one, or ``id`` edited, which voids its approvals."""
        now, tree = self.clock(), self.atlas.tree
        takes = await self._forecast(facts)
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            if id is None:
                by.require(May.DRAFT_RALLY, facts.districts, tree)
                draft = await rallies.add(tx, author=by.id, facts=facts, now=now)
            else:
                draft = (await rallies.get(tx, id)).edit(by, facts)
            rally = await desk.keep(tx, draft.submit(by, tree, now), now)
            await desk.ask_others(tx, rally, await desk.panel(tx, tree), now, takes)
        return rally

    async def ask(self, by: Staff, id: RallyId, request: Request) -> Rally:
        """Propose to change, resume or cancel a public rally; another person decides."""
        now = self.clock()
        takes = await self._forecast(request.facts or (await self.get(id)).facts)
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            who = await desk.panel(tx, self.atlas.tree)
            asked = (await rallies.get(tx, id)).ask(by, request, who, now)
            rally = await desk.keep(tx, asked, now)
            await desk.ask_others(tx, rally, who, now, takes)
        return rally

    async def approve(self, by: Staff, id: RallyId, digest: str) -> tuple[Rally, bool]:
        """Agree to exactly what ``digest`` names; says whether others must agree still."""
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            before = await rallies.get(tx, id)
            who = await desk.panel(tx, self.atlas.tree)
            after = before.approve(by, who, digest=digest, now=now)
            if after.request is not None:
                return await rallies.save(tx, after, now), True
            after = await desk.keep(tx, desk.coded(tx.keys, after), now)
            notice, tree = notice_of(before, after), self.atlas.tree
            await desk.publish(tx, after, notice, tree, now, before=before)
            assert before.request is not None
            said = partial(told, f"rally-told-{_deed(before)}", after)
            cause = f"rally:{id}:done:{after.version}"
            await tell(tx, [before.request.by], said, now, cause=cause)
        return after, False

    async def refuse(self, by: Staff, id: RallyId, digest: str, *, why: str, final: bool) -> Rally:
        """Say no (``final``) or ask for a change; the author reads ``why``, nobody else does."""
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            before = await rallies.get(tx, id)
            who = await desk.panel(tx, self.atlas.tree)
            act = before.reject if final else before.return_to_author
            after = await desk.keep(tx, act(by, who, digest=digest), now)
            assert before.request is not None
            key = "rally-told-no" if final else "rally-told-change-wanted"
            said = partial(told, key, after, why=why)
            cause = f"rally:{id}:done:{after.version}"
            await tell(tx, [before.request.by], said, now, cause=cause)
        return after

    async def suspend(self, by: Staff, id: RallyId, reason: Reason) -> Rally:
        """Stop a rally at once, reversibly, and tell everybody."""
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            pauses = await rallies.paused(tx, by.id, now)
            before = await rallies.get(tx, id)
            stopped = before.suspend(by, reason, pauses=pauses, tree=self.atlas.tree)
            rally = await desk.keep(tx, desk.coded(tx.keys, stopped), now)
            await rallies.note_pause(tx, by.id, now)
            await desk.publish(tx, rally, view.Notice.SUSPENDED, self.atlas.tree, now)
            await desk.tell_peers(tx, rally, by.id, self.atlas.tree, now)
        return rally

    async def discard(self, by: Staff, id: RallyId) -> None:
        """Throw away one's own draft."""
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            rally = await rallies.get(tx, id)
            if rally.author != by.id or rally.stage not in (Stage.DRAFT, Stage.SUBMITTED):
                raise NotAllowed
            await rallies.remove(tx, id)
            await dues.replace_all(tx, rally.subject, [])

    async def get(self, id: RallyId) -> Rally:
        """One rally, for staff; ``Gone`` when it was purged."""
        async with self.db.tx(write=False) as tx:
            return await rallies.get(tx, id)

    async def public(self, id: RallyId) -> Rally:
        """One rally, for anybody: a draft is as good as absent."""
        rally = await self.get(id)
        if not rally.public:
            raise Gone
        return rally

    async def follow_link(self, rest: str) -> Rally:
        """The rally a deep link names, by number or by code."""
        if rest.isascii() and rest.isdecimal() and len(rest) < 8:
            return await self.public(RallyId(int(rest)))
        code = read_code(rest)
        async with self.db.tx(write=False) as tx:
            found = await rallies.by_code(tx, code) if code else None
        if found is None:
            raise Gone
        return found

    async def changed_at(self, id: RallyId) -> datetime:
        """When a rally last changed (UTC)."""
        async with self.db.tx(write=False) as tx:
            return await rallies.changed_at(tx, id)

    async def clashes(self, facts: Facts, *, ignoring: RallyId | None) -> list[Rally]:
        """Other rallies close in time and place."""
        async with self.db.tx(write=False) as tx:
            return await rallies.clashes(tx, facts, ignoring=ignoring)

    async def desk(self, by: Staff) -> tuple[list[Rally], Panel]:
        """What this member of staff may act on, and the staff as it is."""
        async with self.db.tx(write=False) as tx:
            who = await desk.panel(tx, self.atlas.tree)
            found = await rallies.listed(tx)
        mine = [r for r in found if r.author == by.id or _concerns(by, r, who)]
        return mine, who

    async def waiting(self, id: RallyId, t: Translator) -> Message | None:
        """What a second person is shown about a rally that waits for one."""
        async with self.db.tx(write=False) as tx:
            rally = await rallies.get(tx, id)
            if rally.request is None:
                return None
            who = await desk.panel(tx, self.atlas.tree)
            takes = await self._takes(tx, rally.request.facts or rally.facts)
            return await desk.question(tx, rally, who, t, takes)

    async def next_for(self, districts: Iterable[DistrictId]) -> list[Rally]:
        """The next rallies that concern followers of these districts, earliest first."""
        concerning = self.atlas.tree.concerned(districts)
        async with self.db.tx(write=False) as tx:
            return await rallies.upcoming(tx, concerning, limit=SHOWN)

    async def upcoming(self, district: DistrictId, translator: Translator) -> Message | None:
        """The next rally of a district as people read it, or ``None``."""
        found = await self.next_for([district])
        return view.headline(found[0], self.atlas.tree, translator) if found else None

    async def mute(self, person: TelegramId, id: RallyId, *, off: bool = False) -> bool:
        """No more reminders of a rally, or (``off``) reminders again; ``False`` for somebody who

        gets none anyway.
        """
        async with self.db.tx() as tx:
            rally = await rallies.get(tx, id)
            known = await subscribers.get(tx, person)
            if known is None:
                return False
            others = tuple(one for one in known.settings.muted if one != rally.subject)
            muted = others if off else (*others, rally.subject)
            settings = msgspec.structs.replace(known.settings, muted=muted)
            await subscribers.save(tx, person, settings)
        return True

    async def _forecast(self, facts: Facts) -> Forecast:
        """Counted apart: whoever decides must not make the writer wait."""
        async with self.db.tx(write=False) as tx:
            return await self._takes(tx, facts)

    async def _takes(self, tx: Tx, facts: Facts) -> Forecast:
        audience = Audience(facts.districts, Want.RALLIES)
        return await forecast(tx, self.atlas, audience, self.rate)


def _deed(rally: Rally) -> Deed:
    assert rally.request is not None
    return rally.request.deed


def _concerns(by: Staff, rally: Rally, who: Panel) -> bool:
    rights = (May.PUBLISH_RALLY, May.SUSPEND_RALLY)
    return any(by.may(right, rally.facts.districts, who.tree) for right in rights)
