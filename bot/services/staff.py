"""Staff: enrolment with single-use codes, and suspension, which one person may do alone."""

import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from bot.domain.aliases import COUNT, alias
from bot.domain.errors import Gone, NotAllowed, Refused
from bot.domain.motions import WrongState, stuck
from bot.domain.privacy import TelegramId
from bot.domain.publications import CROCKFORD
from bot.domain.staff import Grant, May, Role, Staff, StaffId, StaffState
from bot.domain.tries import Tries
from bot.services.acting import acting, void
from bot.services.notices import tell
from bot.views import staff as view
from storage import ledger, staff
from storage.db import Database, Tx

INVITATION = timedelta(hours=24)
WRONG_CODES = 5
"""Wrong codes per person and hour; a code has 80 bits."""
Chance = Callable[[int], bytes]
"""That many random bytes."""
_TYPED = re.compile(r"[0-9A-Za-z]{4}([- ]?[0-9A-Za-z]{4}){3}")
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


class Expired(Gone):
    """The invitation is used, expired, void, or never existed: which of these is not told."""

    key = "staff-link-expired"


class AlreadyStaff(Refused):
    """Somebody of staff opened an invitation; it stays valid for the person it was meant for."""

    key = "staff-error-already"


class CustodianExists(Refused):
    """The operator asked for a first code although custodians can invite."""

    key = "staff-error-custodian-exists"


@dataclass(frozen=True, slots=True)
class Offer:
    """A valid invitation, not yet taken: the digest of its code and the alias to be."""

    digest: bytes
    alias: str


async def first_code(db: Database, now: datetime, chance: Chance = secrets.token_bytes) -> str:
    """A one-time code that makes its user a custodian everywhere; valid for 24 hours.

    An earlier code becomes void. Refused with ``CustodianExists`` while custodians can act.
    """
    async with db.tx() as tx:
        if not stuck(await staff.listed(tx)):
            raise CustodianExists
        await staff.disinvite(tx, None)
        return await mint(tx, None, [Grant(Role.CUSTODIAN)], now, chance)


def read_code(text: str) -> str | None:
    """An invitation's code as people type it, or ``None`` when the text is something else."""
    if not _TYPED.fullmatch(text.strip()):
        return None
    letters = text.strip().upper().translate(_READ_AS)
    return letters if all(letter in CROCKFORD for letter in letters) else None


@dataclass(frozen=True, slots=True)
class Staffing:
    """The use cases about members of staff. ``chance`` gives random bytes."""

    db: Database
    clock: Callable[[], datetime]
    chance: Chance = secrets.token_bytes
    tries: Tries = field(default_factory=lambda: Tries(WRONG_CODES, timedelta(hours=1)))

    async def open(self, person: TelegramId, typed: str) -> Offer | None:
        """The offer behind a code; ``None`` for a wrong one and after too many wrong ones.

        ``AlreadyStaff`` for active staff; suspended and revoked accounts get ``None`` too.
        """
        code, tag, now = read_code(typed), self.db.keys.tag(person), self.clock()
        if code is None or not self.tries.left(tag, now):
            return None
        digest = _digest(self.db, code)
        async with self.db.tx(write=False) as tx:
            offer = await staff.invited(tx, digest, now)
            known = await staff.by_person(tx, person)
            used = await staff.taken(tx)
        if offer is None:
            self.tries.count(tag, now)
            return None
        if known is not None:
            if known.state is StaffState.ACTIVE:
                raise AlreadyStaff
            return None
        return Offer(digest, self._alias(used))

    async def enrol(self, person: TelegramId, lang: str, offer: Offer) -> Staff:
        """Take the offer. The account acts at once; whoever invited learns its alias."""
        now = self.clock()
        async with self.db.tx() as tx:
            if await staff.by_person(tx, person) is not None:
                raise AlreadyStaff
            found = await staff.redeem(tx, offer.digest, now)
            if found is None:
                raise Expired
            by, held = found
            inviter = await staff.get(tx, by) if by is not None else None
            name = offer.alias
            if name in (used := await staff.taken(tx)):
                name = self._alias(used)
            id = await staff.add(tx, person, alias=name, lang=lang, inviter=inviter, held=held)
            await ledger.add(tx, "staff-enrolled", "staff", 2 if inviter else 1, now)
            if inviter is not None:
                told = partial(view.told, key="staff-told-joined", alias=name)
                await tell(tx, [inviter.id], told, now, cause=f"joined:{id}")
            return _existing(await staff.get(tx, id))

    async def everybody(self) -> list[Staff]:
        """All accounts, in order of joining."""
        async with self.db.tx(write=False) as tx:
            return await staff.listed(tx)

    async def suspend(self, by: Staff, id: StaffId) -> Staff:
        """Suspend at once; reversible by custodians. What the person had open is void."""
        now = self.clock()
        async with self.db.tx() as tx:
            me, other = await acting(tx, by), await one(tx, id)
            if other.state is not StaffState.ACTIVE:
                raise WrongState
            if not me.may_suspend(other):
                raise NotAllowed
            await staff.set_state(tx, id, StaffState.SUSPENDED)
            await void(tx, id, now)
            await ledger.add(tx, "staff-suspended", "staff", 1, now)
            await self._tell_suspended(tx, me, other, now)
            return _existing(await staff.get(tx, id))

    async def _tell_suspended(self, tx: Tx, by: Staff, other: Staff, now: datetime) -> None:
        cause = f"suspended:{other.id}:{now.timestamp():.0f}"
        if by.id != other.id:
            told = partial(view.told, key="staff-told-suspended")
            await tell(tx, [other.id], told, now, cause=cause)
        inviting = [p.id for p in await staff.listed(tx) if p.may_anywhere(May.INVITE)]
        rest = [id for id in inviting if id not in (by.id, other.id)]
        peers = partial(view.told, key="staff-told-peer", alias=other.alias, by=by.alias)
        await tell(tx, rest, peers, now, cause=cause)

    def _alias(self, used: frozenset[str]) -> str:
        start = int.from_bytes(self.chance(4))
        free = (alias((start + step) % COUNT) for step in range(COUNT))
        return next(name for name in free if name not in used)


def _digest(db: Database | Tx, code: str) -> bytes:
    return db.keys.digest("invitation", code.encode())


async def mint(
    tx: Tx, inviter: StaffId | None, held: Iterable[Grant], now: datetime, chance: Chance
) -> str:
    """Make an invitation; returns its code, which is kept nowhere."""
    number = int.from_bytes(chance(10))
    letters = "".join(CROCKFORD[number >> shift & 31] for shift in range(75, -1, -5))
    await staff.invite(
        tx, digest=_digest(tx, letters), inviter=inviter, held=held, expires_at=now + INVITATION
    )
    return "-".join(letters[i : i + 4] for i in range(0, 16, 4))


async def one(tx: Tx, id: StaffId) -> Staff:
    """An account that exists, or ``Gone``."""
    return _existing(await staff.get(tx, id))


def _existing(found: Staff | None) -> Staff:
    if found is None:
        raise Gone
    return found
