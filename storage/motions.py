"""Motions about staff that wait for a second custodian."""

from datetime import datetime, timedelta

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    delete,
    select,
)

from bot.domain.districts import DistrictId
from bot.domain.motions import Motion, MotionId, MotionKind
from bot.domain.staff import Grant, Role, StaffId
from storage.db import AnyRow, Tx, metadata
from storage.types import Retention, utc

table = Table(
    "staff_motions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(12), nullable=False),
    Column("author", Integer, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
    Column("subject", Integer, ForeignKey("staff.id", ondelete="CASCADE"), nullable=True),
    Column("grants", JSON, nullable=False),
    utc("expires_at", nullable=False),
    CheckConstraint(f"kind in {tuple(k.value for k in MotionKind)}", name="kind"),
    CheckConstraint("(kind = 'invite') = (subject is null)", name="about_somebody"),
    CheckConstraint("subject is null or subject <> author", name="not_oneself"),
    info=Retention.for_(timedelta(0), since="expires_at"),
    sqlite_autoincrement=True,
)


async def add(tx: Tx, motion: Motion, *, expires_at: datetime) -> MotionId:
    """Let a motion wait. Its number is never used again: an old button must not meet a new one."""
    values = {
        "kind": motion.kind,
        "author": motion.author,
        "subject": motion.subject,
        "grants": sorted(([g.role.value, g.district] for g in motion.grants), key=str),
        "expires_at": expires_at,
    }
    done = await tx.execute(table.insert().values(**values).returning(table.c.id))
    return MotionId(done.scalar_one())


async def get(tx: Tx, id: MotionId, now: datetime) -> Motion | None:
    """A motion that still waits."""
    wanted = (table.c.id == id) & (table.c.expires_at > now)
    row = (await tx.execute(select(table).where(wanted))).one_or_none()
    return _read(row) if row else None


async def pending(tx: Tx, motion: Motion, now: datetime) -> bool:
    """Whether the same motion waits already."""
    theirs = (table.c.author == motion.author) & (table.c.expires_at > now)
    rows = await tx.execute(select(table).where(theirs))
    return any(_read(row) == motion for row in rows)


async def take(tx: Tx, id: MotionId) -> bool:
    """Remove a motion because it is decided; ``False`` when somebody was faster."""
    return (await tx.execute(delete(table).where(table.c.id == id))).rowcount == 1


async def drop(tx: Tx, person: StaffId) -> None:
    """Void what a member of staff proposed, and what was proposed about them."""
    theirs = (table.c.author == person) | (table.c.subject == person)
    await tx.execute(delete(table).where(theirs))


def _read(row: AnyRow) -> Motion:
    held = ((role, district) for role, district in row.grants)
    return Motion(
        kind=MotionKind(row.kind),
        author=StaffId(row.author),
        subject=None if row.subject is None else StaffId(row.subject),
        grants=frozenset(
            Grant(Role(role), None if district is None else DistrictId(district))
            for role, district in held
        ),
    )
