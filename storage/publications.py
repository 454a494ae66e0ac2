"""Publications as accepted: who they are for, their texts per language, how far they are walked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    or_,
    select,
    update,
)

from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import PersonTag
from bot.domain.publications import Audience, Kind, Publication, PublicationId, State, Want
from storage.db import AnyRow, Tx, metadata
from storage.types import IdTag, Retention, utc

KEEP = timedelta(days=30)


class Phase(IntEnum):
    """Which recipients are being queued, in this order."""

    CHANNELS = 0
    """One post reaches most."""
    FOLLOWERS = 1
    HOLDERS = 2
    """Changes only: who got an earlier publication of the subject and follows no longer."""


table = Table(
    "publications",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("subject", String(40), nullable=False, index=True),
    Column("code", String(9), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("districts", JSON, nullable=False),
    Column("want", String(16), nullable=False),
    Column("channels", Boolean, nullable=False),
    Column("people", Boolean, nullable=False),
    Column("phase", SmallInteger, nullable=False, default=Phase.CHANNELS),
    Column("cursor", IdTag, nullable=True),
    Column("walked", Boolean, nullable=False, default=False),
    utc("accepted_at", nullable=False),
    utc("expires_at", nullable=False),
    CheckConstraint(f"state in {tuple(s.value for s in State)}", name="state"),
    CheckConstraint(f"kind in {tuple(k.value for k in Kind)}", name="kind"),
    info=Retention.for_(KEEP, since="expires_at"),
)

texts = Table(
    "publication_texts",
    metadata,
    Column(
        "publication", Integer, ForeignKey("publications.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("lang", String(2), primary_key=True),
    Column("task", LargeBinary, nullable=False),
    Column("plain", Text, nullable=False),
    Column("digest", LargeBinary(32), nullable=False, index=True),
    info=Retention.while_needed("as long as the publication's row; public text only"),
)


async def add(
    tx: Tx,
    *,
    kind: Kind,
    subject: str,
    code: str,
    lane: Lane,
    audience: Audience,
    accepted_at: datetime,
    expires_at: datetime,
) -> PublicationId:
    """Accept a publication; nothing is walked yet."""
    values = {
        "kind": kind,
        "subject": subject,
        "code": code,
        "state": State.CURRENT,
        "lane": lane,
        "districts": sorted(audience.districts),
        "want": audience.want,
        "channels": audience.channels,
        "people": audience.people,
        "accepted_at": accepted_at,
        "expires_at": expires_at,
    }
    done = await tx.execute(table.insert().values(**values).returning(table.c.id))
    return PublicationId(done.scalar_one())


async def add_text(
    tx: Tx, id: PublicationId, *, lang: str, task: bytes, plain: str, digest: bytes
) -> None:
    """Store one language's rendered message; ``plain`` and ``digest`` are its canonical form."""
    values = {"publication": id, "lang": lang, "task": task, "plain": plain, "digest": digest}
    await tx.execute(texts.insert().values(**values))


async def get(tx: Tx, id: PublicationId) -> Publication | None:
    """One publication."""
    row = (await tx.execute(select(table).where(table.c.id == id))).one_or_none()
    return _read(row) if row else None


async def by_code(tx: Tx, code: str) -> Publication | None:
    """The newest publication that carries a code."""
    query = select(table).where(table.c.code == code).order_by(table.c.id.desc()).limit(1)
    row = (await tx.execute(query)).one_or_none()
    return _read(row) if row else None


async def newest(tx: Tx, subject: str, *, kind: Kind | None = None) -> Publication | None:
    """The latest publication about a subject."""
    query = select(table).where(table.c.subject == subject)
    if kind is not None:
        query = query.where(table.c.kind == kind)
    row = (await tx.execute(query.order_by(table.c.id.desc()).limit(1))).one_or_none()
    return _read(row) if row else None


async def mark(tx: Tx, subject: str, state: State) -> None:
    """Set the state of every current or suspended publication about a subject."""
    live = table.c.state.in_((State.CURRENT, State.SUSPENDED))
    await tx.execute(update(table).where(table.c.subject == subject, live).values(state=state))


async def tasks(tx: Tx, id: PublicationId) -> Mapping[str, bytes]:
    """The encoded message per language."""
    rows = await tx.execute(select(texts.c.lang, texts.c.task).where(texts.c.publication == id))
    return {row.lang: row.task for row in rows}


async def by_digest(tx: Tx, digest: bytes) -> PublicationId | None:
    """The newest publication with exactly this canonical text, in any language."""
    query = select(texts.c.publication).where(texts.c.digest == digest)
    found = await tx.execute(query.order_by(texts.c.publication.desc()).limit(1))
    id = found.scalar_one_or_none()
    return PublicationId(id) if id is not None else None


async def recent_texts(tx: Tx, *, limit: int) -> list[tuple[PublicationId, str, str]]:
    """(publication, language, canonical text) of the newest ones, for finding near matches."""
    query = select(texts.c.publication, texts.c.lang, texts.c.plain)
    rows = await tx.execute(query.order_by(texts.c.publication.desc()).limit(limit))
    return [(PublicationId(id), lang, plain) for id, lang, plain in rows]


async def plain_of(tx: Tx, id: PublicationId) -> Mapping[str, str]:
    """The canonical text per language."""
    rows = await tx.execute(select(texts.c.lang, texts.c.plain).where(texts.c.publication == id))
    return {row.lang: row.plain for row in rows}


@dataclass(frozen=True, slots=True)
class Walk:
    """How far the recipients of a publication are queued. ``cursor``: the last tag of a phase."""

    publication: Publication
    phase: Phase
    cursor: PersonTag | None


async def unwalked(tx: Tx, *, limit: int = 20) -> list[PublicationId]:
    """Publications whose recipients are not all queued yet, most urgent first."""
    query = select(table.c.id).where(table.c.walked.is_(False))
    rows = await tx.execute(query.order_by(table.c.lane, table.c.id).limit(limit))
    return [PublicationId(id) for (id,) in rows]


async def walking(tx: Tx, id: PublicationId) -> Walk | None:
    """Take a walk up again; ``None`` when it is finished or was halted meanwhile.

    The row stays locked until the transaction ends, so that nobody halts it half-way; rows that
    only refer to it (receipts) do not wait for that.
    """
    query = select(table).where(table.c.id == id, table.c.walked.is_(False))
    held = query.with_for_update(key_share=True) if tx.postgres else query
    row = (await tx.execute(held)).one_or_none()
    return Walk(_read(row), Phase(row.phase), row.cursor) if row else None


async def advance(
    tx: Tx, id: PublicationId, *, phase: Phase, cursor: PersonTag | None, done: bool
) -> None:
    """Remember how far the recipients of a publication are queued."""
    values = {"phase": phase, "cursor": cursor, "walked": done}
    await tx.execute(update(table).where(table.c.id == id).values(**values))


async def halt(tx: Tx, subject: str, *, before: PublicationId) -> list[PublicationId]:
    """Stop walking older publications about a subject; a newer one replaces them."""
    older = (table.c.subject == subject) & (table.c.id < before)
    await tx.execute(update(table).where(older, table.c.walked.is_(False)).values(walked=True))
    rows = await tx.execute(select(table.c.id).where(older))
    return [PublicationId(id) for (id,) in rows]


async def listed(
    tx: Tx, districts: list[DistrictId], kind: Kind, now: datetime, *, limit: int
) -> list[Publication]:
    """Unexpired publications of a kind that name one of ``districts``, newest first."""
    query = select(table).where(table.c.kind == kind, table.c.expires_at > now)
    live = or_(table.c.state == State.CURRENT, table.c.state == State.SUSPENDED)
    rows = await tx.execute(query.where(live).order_by(table.c.id.desc()).limit(500))
    wanted = set(districts)
    return [p for p in map(_read, rows) if wanted & p.audience.districts][:limit]


def _read(row: AnyRow) -> Publication:
    return Publication(
        id=PublicationId(row.id),
        kind=Kind(row.kind),
        subject=row.subject,
        code=row.code,
        state=State(row.state),
        lane=Lane(row.lane),
        audience=Audience(
            frozenset(DistrictId(d) for d in row.districts),
            Want(row.want),
            channels=row.channels,
            people=row.people,
        ),
        accepted_at=row.accepted_at,
        expires_at=row.expires_at,
    )
