"""Later versions of publications: what is done to copies that have an earlier one, and how far."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    SmallInteger,
    String,
    Table,
    func,
    select,
    update,
)

from bot.domain.outbox import Lane
from bot.domain.privacy import PersonTag
from bot.domain.publications import PublicationId, Revision
from storage import leases, publications
from storage.db import AnyRow, Tx, metadata
from storage.types import IdTag, Retention, utc

table = Table(
    "revisions",
    metadata,
    Column(
        "publication", Integer, ForeignKey("publications.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("version", Integer, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("cursor", IdTag, nullable=True),
    Column("walked", Boolean, nullable=False, default=False, index=True),
    *leases.columns(),
    utc("accepted_at", nullable=False),
    CheckConstraint(f"kind in {tuple(k.value for k in Revision)}", name="kind"),
    info=Retention.while_needed(
        "as long as the publication's row; says what was done, not to whom"
    ),
)


@dataclass(frozen=True, slots=True)
class Revising:
    """A revision that is being carried to those who have an earlier version."""

    publication: PublicationId
    version: int
    kind: Revision
    lane: Lane
    cursor: PersonTag | None
    accepted_at: datetime


async def add(
    tx: Tx, id: PublicationId, *, kind: Revision, lane: Lane, now: datetime
) -> int | None:
    """Begin a new version; earlier ones are carried no further. Returns its number.

    ``None`` when the publication is gone. The texts of the version are the caller's to add.
    """
    p = publications.table
    raised = update(p).where(p.c.id == id).values(version=p.c.version + 1).returning(p.c.version)
    version: int | None = (await tx.execute(raised)).scalar_one_or_none()
    if version is None:
        return None
    await tx.execute(update(table).where(table.c.publication == id).values(walked=True))
    values = {"publication": id, "version": version, "kind": kind, "lane": lane}
    await tx.execute(table.insert().values(**values, accepted_at=now))
    return version


_WAITING = (
    select(table)
    .where(table.c.walked.is_(False), leases.free(table))
    .order_by(table.c.lane, table.c.accepted_at)
    .limit(50)
)


async def waiting(tx: Tx, worker: bytes, now: datetime) -> list[Revising]:
    """Revisions that this worker may go on with, most urgent first."""
    rows = await tx.execute(_WAITING, leases.whose(worker, now))
    return [_read(row) for row in rows]


async def take(tx: Tx, one: Revising, worker: bytes, now: datetime) -> Revising | None:
    """Go on with a revision, locked until the transaction ends; ``None`` when it is over."""
    mine = (table.c.publication == one.publication) & (table.c.version == one.version)
    going = table.c.walked.is_(False)
    query = select(table).where(mine, going, leases.free(table))
    held = query.with_for_update() if tx.postgres else query
    row = (await tx.execute(held, leases.whose(worker, now))).one_or_none()
    return _read(row) if row else None


async def advance(
    tx: Tx, one: Revising, cursor: PersonTag | None, *, walked: bool, worker: bytes, now: datetime
) -> None:
    """Remember how far a revision came. Edits bear a repeat, so one cursor is enough: it lies

    before the first copy whose answer is still awaited.
    """
    mine = (table.c.publication == one.publication) & (table.c.version == one.version)
    values = {"cursor": cursor, "walked": walked, **leases.held(worker, now)}
    await tx.execute(update(table).where(mine).values(**values))


async def release(tx: Tx, worker: bytes | None) -> None:
    """See ``storage.leases.release``."""
    await leases.release(tx, table, worker)


async def unfinished(tx: Tx) -> bool:
    """Whether any revision is on its way."""
    return (
        await tx.execute(select(table.c.version).where(table.c.walked.is_(False)))
    ).first() is not None


async def kind_of(tx: Tx, id: PublicationId, version: int) -> Revision | None:
    """What made this version; ``None`` for the first one."""
    mine = (table.c.publication == id) & (table.c.version == version)
    found = (await tx.execute(select(table.c.kind).where(mine))).scalar_one_or_none()
    return Revision(found) if found else None


async def unmarked(tx: Tx, id: PublicationId) -> int:
    """The last version that does not merely say that a newer publication holds."""
    mine = (table.c.publication == id) & (table.c.kind != Revision.OVERTAKE)
    found: int | None = (await tx.execute(select(func.max(table.c.version)).where(mine))).scalar()
    return found or 1


async def corrections(tx: Tx, id: PublicationId) -> list[int]:
    """The versions that corrected a publication visibly."""
    mine = (table.c.publication == id) & (table.c.kind == Revision.CORRECT)
    return list((await tx.execute(select(table.c.version).where(mine))).scalars())


def _read(row: AnyRow) -> Revising:
    return Revising(
        publication=PublicationId(row.publication),
        version=row.version,
        kind=Revision(row.kind),
        lane=Lane(row.lane),
        cursor=row.cursor,
        accepted_at=row.accepted_at,
    )
