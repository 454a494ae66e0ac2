"""Motions about staff: proposed by one custodian, carried out when a second one agrees."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.domain.errors import Gone, Refused
from bot.domain.motions import Motion, MotionId, MotionKind, needed
from bot.domain.staff import Staff, StaffId, StaffState
from bot.services.acting import acting, void
from bot.services.atlas import Atlas
from bot.services.notices import tell
from bot.services.staff import INVITATION, Chance, mint, one
from bot.views import staff as view
from storage import ledger, motions, staff
from storage.db import Database, Tx

WAITS = timedelta(hours=72)
REPEAT = timedelta(seconds=10)
"""Within this the same invitation again is a second press of the same button."""


@dataclass(frozen=True, slots=True)
class Motions:
    """The use cases of custodians. ``chance`` gives random bytes."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]
    chance: Chance = secrets.token_bytes

    async def move(self, by: Staff, motion: Motion, bot: str) -> bool:
        """Propose something about staff; done at once (``True``) or once a second one agrees.

        ``bot`` is the bot's handle, for the link of an invitation.
        """
        now = self.clock()
        async with self.db.tx() as tx:
            me, subject = await acting(tx, by), await _subject(tx, motion)
            motion.require(me, subject, self.atlas.tree)
            motion.fits(subject)
            everybody = await staff.listed(tx)
            if needed(motion, everybody, self.atlas.tree) == 1:
                if not await _pressed_twice(tx, motion, now):
                    await self._carry_out(tx, motion, 1, bot, now)
                return True
            if await motions.pending(tx, motion, now):
                return False
            id = await motions.add(tx, motion, expires_at=now + WAITS)
            await self._ask(tx, motion, id, everybody, now)
            return False

    async def second(self, by: Staff, id: MotionId, *, ok: bool, bot: str) -> Motion:
        """Answer a motion. ``Gone`` when it expired or somebody answered before."""
        now = self.clock()
        async with self.db.tx() as tx:
            me, motion = await acting(tx, by), await motions.get(tx, id, now)
            if motion is None:
                raise Gone
            subject = await _subject(tx, motion)
            motion.second(me, subject, self.atlas.tree)
            motion.fits(subject)
            if not await motions.take(tx, id):
                raise Gone
            if ok:
                await self._carry_out(tx, motion, 2, bot, now)
            told = partial(view.told, key="staff-told-agreed" if ok else "staff-told-declined")
            await tell(tx, [motion.author], told, now, cause=f"motion:{id}:answer")
            return motion

    async def _carry_out(
        self, tx: Tx, motion: Motion, people: int, bot: str, now: datetime
    ) -> None:
        match motion.kind:
            case MotionKind.INVITE:
                await self._invite(tx, motion, bot, now)
            case MotionKind.REINSTATE:
                await staff.set_state(tx, _about(motion), StaffState.ACTIVE)
            case MotionKind.REVOKE:
                await staff.set_state(tx, _about(motion), StaffState.REVOKED)
                await void(tx, _about(motion), now)
            case MotionKind.REGRANT:
                await staff.regrant(tx, _about(motion), motion.grants)
                await void(tx, _about(motion), now)
        await ledger.add(tx, f"staff-{motion.kind}", "staff", people, now)
        if motion.subject is not None:
            told = partial(view.told, key=f"staff-told-{motion.kind}")
            cause = f"{motion.kind}:{motion.subject}:{now.timestamp():.0f}"
            await tell(tx, [motion.subject], told, now, cause=cause)

    async def _invite(self, tx: Tx, motion: Motion, bot: str, now: datetime) -> None:
        code = await mint(tx, motion.author, motion.grants, now, self.chance)
        said = partial(
            view.invitation,
            link=f"https://t.me/{bot}?start=s_{code}",
            grants=motion.grants,
            until=now + INVITATION,
            tree=self.atlas.tree,
        )
        cause = f"link:{tx.keys.digest('cause', code.encode()).hex()[:24]}"
        await tell(tx, [motion.author], said, now, cause=cause)

    async def _ask(
        self, tx: Tx, motion: Motion, id: MotionId, everybody: list[Staff], now: datetime
    ) -> None:
        names = {person.id: person.alias for person in everybody}
        subject = next((p for p in everybody if p.id == motion.subject), None)
        others = [p.id for p in everybody if _may_second(motion, p, subject, self.atlas)]
        said = partial(view.asked, motion=motion, id=id, names=names, tree=self.atlas.tree)
        await tell(tx, others, said, now, cause=f"motion:{id}")


async def _pressed_twice(tx: Tx, motion: Motion, now: datetime) -> bool:
    """A person fits only one decision, but each press could make another link."""
    if motion.kind is not MotionKind.INVITE:
        return False
    lately = now + INVITATION - REPEAT
    return await staff.offered(tx, motion.author, motion.grants, expires_after=lately)


async def _subject(tx: Tx, motion: Motion) -> Staff | None:
    return None if motion.subject is None else await one(tx, motion.subject)


def _about(motion: Motion) -> StaffId:
    assert motion.subject is not None, "the table demands a subject"
    return motion.subject


def _may_second(motion: Motion, by: Staff, subject: Staff | None, atlas: Atlas) -> bool:
    try:
        motion.second(by, subject, atlas.tree)
    except Refused:
        return False
    return True
