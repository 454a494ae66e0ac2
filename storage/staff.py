"""Staff accounts and the roles they hold; single-use invitations."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    delete,
    func,
    select,
    update,
)

from bot.domain.districts import DistrictId
from bot.domain.privacy import TelegramId
from bot.domain.staff import Grant, Role, Staff, StaffId, StaffState
from storage.db import AnyRow, Tx, metadata
from storage.types import IdTag, Retention, Sealed, utc

table = Table(
    "staff",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("tag", IdTag, nullable=False, unique=True),
    Column("chat", Sealed, nullable=False),
    Column("alias", String(40), nullable=False, unique=True),
    Column("lang", String(2), nullable=False),
    Column("state", String(12), nullable=False),
    Column("inviter", Integer, ForeignKey("staff.id"), nullable=True),
    Column("branch", Integer, ForeignKey("staff.id"), nullable=True),
    CheckConstraint(f"state in {tuple(s.value for s in StaffState)}", name="state"),
    info=Retention.while_needed("as long as the person is of staff; approvals refer to it"),
)

grants = Table(
    "staff_grants",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column(
        "staff", Integer, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("role", String(12), nullable=False),
    Column("district", Integer, ForeignKey("districts.id", ondelete="CASCADE"), nullable=True),
    CheckConstraint(f"role in {tuple(r.value for r in Role)}", name="role"),
    info=Retention.while_needed("as long as the account"),
)

invites = Table(
    "staff_invites",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("inviter", Integer, ForeignKey("staff.id", ondelete="CASCADE"), nullable=True),
    Column("grants", JSON, nullable=False),
    utc("expires_at", nullable=False),
    info=Retention.for_(timedelta(0), since="expires_at"),
)


_LOCK = 7_003_312
"""Number of the advisory lock under which PostgreSQL lets staff decide one at a time."""


async def queue_up(tx: Tx) -> None:
    """Decide after whoever of staff is deciding; SQLite's writers queue anyway."""
    if tx.postgres:
        await tx.execute(select(func.pg_advisory_xact_lock(_LOCK)))


async def by_person(tx: Tx, person: TelegramId) -> Staff | None:
    """The account behind a chat, whatever its state."""
    return await _one(tx, table.c.tag == tx.keys.tag(person))


async def get(tx: Tx, id: StaffId) -> Staff | None:
    """One account."""
    return await _one(tx, table.c.id == id)


async def listed(tx: Tx) -> list[Staff]:
    """All accounts, in order of joining."""
    rows = (await tx.execute(select(table).order_by(table.c.id))).all()
    held = await tx.execute(select(grants))
    by_staff: dict[int, set[Grant]] = {}
    for row in held:
        by_staff.setdefault(row.staff, set()).add(_grant(row.role, row.district))
    return [_read(row, by_staff.get(row.id, set())) for row in rows]


async def chat_of(tx: Tx, id: StaffId) -> tuple[TelegramId, str] | None:
    """Where to write to a member of staff, and in which language."""
    query = select(table.c.chat, table.c.tag, table.c.lang).where(table.c.id == id)
    row = (await tx.execute(query)).one_or_none()
    return (tx.keys.open_id(row.chat, tag=row.tag), row.lang) if row else None


async def add(
    tx: Tx,
    person: TelegramId,
    *,
    alias: str,
    lang: str,
    inviter: Staff | None,
    held: Iterable[Grant],
) -> StaffId:
    """Enrol a person. Below the first custodian each invitee starts a branch of their own."""
    values = {
        "tag": tx.keys.tag(person),
        "chat": tx.keys.seal_id(person),
        "alias": alias,
        "lang": lang,
        "state": StaffState.ACTIVE,
        "inviter": inviter.id if inviter else None,
        "branch": inviter.branch if inviter else None,
    }
    id = StaffId(
        (await tx.execute(table.insert().values(**values).returning(table.c.id))).scalar_one()
    )
    if inviter is not None and inviter.branch is None:
        await tx.execute(update(table).where(table.c.id == id).values(branch=id))
    await grant(tx, id, held)
    return id


async def grant(tx: Tx, id: StaffId, held: Iterable[Grant]) -> None:
    """Add roles."""
    for one in held:
        await tx.execute(grants.insert().values(staff=id, role=one.role, district=one.district))


async def regrant(tx: Tx, id: StaffId, held: Iterable[Grant]) -> None:
    """Replace all roles."""
    await tx.execute(delete(grants).where(grants.c.staff == id))
    await grant(tx, id, held)


async def taken(tx: Tx) -> frozenset[str]:
    """The aliases in use, of former staff too: an alias never passes to somebody else."""
    return frozenset(alias for (alias,) in await tx.execute(select(table.c.alias)))


async def set_state(tx: Tx, id: StaffId, state: StaffState) -> None:
    """Suspend, reinstate or revoke."""
    await tx.execute(update(table).where(table.c.id == id).values(state=state))


async def set_lang(tx: Tx, id: StaffId, lang: str) -> None:
    """The language in which the account is written to."""
    await tx.execute(update(table).where(table.c.id == id).values(lang=lang))


async def branches(tx: Tx) -> int:
    """How many branches of the invitation tree have active staff."""
    query = select(func.count(table.c.branch.distinct()))
    found = await tx.execute(query.where(table.c.state == StaffState.ACTIVE))
    return int(found.scalar_one())


async def invite(
    tx: Tx, *, digest: bytes, inviter: StaffId | None, held: Iterable[Grant], expires_at: datetime
) -> None:
    """Remember an invitation by the digest of its code."""
    listed = [[one.role.value, one.district] for one in held]
    values = {"digest": digest, "inviter": inviter, "grants": listed, "expires_at": expires_at}
    await tx.execute(invites.insert().values(**values))


async def invited(
    tx: Tx, digest: bytes, now: datetime
) -> tuple[StaffId | None, list[Grant]] | None:
    """What an unexpired invitation offers, without taking it: inviter and roles, or ``None``."""
    wanted = (invites.c.digest == digest) & (invites.c.expires_at > now)
    row = (await tx.execute(select(invites).where(wanted))).one_or_none()
    return _offer(row) if row else None


async def redeem(tx: Tx, digest: bytes, now: datetime) -> tuple[StaffId | None, list[Grant]] | None:
    """Take an unexpired invitation; it is gone afterwards. Inviter and roles, or ``None``."""
    query = delete(invites).where(invites.c.digest == digest, invites.c.expires_at > now)
    row = (await tx.execute(query.returning(invites.c.inviter, invites.c.grants))).one_or_none()
    return _offer(row) if row else None


async def offered(
    tx: Tx, inviter: StaffId, held: Iterable[Grant], *, expires_after: datetime
) -> bool:
    """Whether the same offer was made lately and nobody took it."""
    lately = (invites.c.inviter == inviter) & (invites.c.expires_at > expires_after)
    wanted = frozenset(held)
    rows = await tx.execute(select(invites).where(lately))
    return any(frozenset(_offer(row)[1]) == wanted for row in rows)


async def disinvite(tx: Tx, inviter: StaffId | None) -> int:
    """Void what a member of staff (``None``: the operator) offered and nobody took; how many."""
    theirs = invites.c.inviter.is_(None) if inviter is None else invites.c.inviter == inviter
    return (await tx.execute(delete(invites).where(theirs))).rowcount


def _offer(row: AnyRow) -> tuple[StaffId | None, list[Grant]]:
    held = [_grant(role, district) for role, district in row.grants]
    return (None if row.inviter is None else StaffId(row.inviter)), held


async def _one(tx: Tx, where: Any) -> Staff | None:
    row = (await tx.execute(select(table).where(where))).one_or_none()
    if row is None:
        return None
    held = await tx.execute(select(grants).where(grants.c.staff == row.id))
    return _read(row, {_grant(g.role, g.district) for g in held})


def _grant(role: str, district: int | None) -> Grant:
    return Grant(Role(role), None if district is None else DistrictId(district))


def _read(row: AnyRow, held: set[Grant]) -> Staff:
    return Staff(
        id=StaffId(row.id),
        alias=row.alias,
        grants=frozenset(held),
        branch=None if row.branch is None else StaffId(row.branch),
        state=StaffState(row.state),
    )
