"""Publications as accepted: who they are for, their texts per version and edition, their state."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
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
from bot.domain.publications import Audience, Hold, Kind, Publication, PublicationId, State, Want
from storage import leases
from storage.db import AnyRow, Tx, insert, metadata
from storage.types import IdTag, Retention, utc

KEEP = timedelta(days=30)


class Phase(IntEnum):
    """Which recipients are being written to, in this order."""

    CHANNELS = 0
    """One post reaches most."""
    FOLLOWERS = 1
    DOUBTFUL = 2
    """Changes only: who may have got an earlier publication of the subject; nobody knows yet."""
    HOLDERS = 3
    """Changes only: who got one and follows no longer. Comes last, since what was on its way before

    becomes a receipt, at any place of an order that must not be walked by then.
    """


table = Table(
    "publications",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("subject", String(40), nullable=False, index=True),
    Column("code", String(9), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("audience", JSON, nullable=False),
    Column("only", IdTag, nullable=True),
    Column("want", String(16), nullable=False),
    Column("urgent", Boolean, nullable=False, default=False),
    Column("version", Integer, nullable=False, default=1),
    Column("held", String(16), nullable=True),
    Column("phase", SmallInteger, nullable=False, default=Phase.CHANNELS),
    Column("place", Integer, nullable=True),
    Column("settled", IdTag, nullable=True),
    Column("reserved", IdTag, nullable=True),
    Column("walked", Boolean, nullable=False, default=False, index=True),
    Column("halted", Boolean, nullable=False, default=False),
    *leases.columns(),
    utc("accepted_at", nullable=False),
    utc("expires_at", nullable=False),
    CheckConstraint(f"state in {tuple(s.value for s in State)}", name="state"),
    CheckConstraint(f"kind in {tuple(k.value for k in Kind)}", name="kind"),
    CheckConstraint(f"held in {tuple(h.value for h in Hold)}", name="held"),
    info=Retention.for_(KEEP, since="expires_at"),
)

texts = Table(
    "publication_texts",
    metadata,
    Column(
        "publication", Integer, ForeignKey("publications.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("version", Integer, primary_key=True),
    Column("edition", String(16), primary_key=True),
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
    urgent: bool = False,
) -> PublicationId:
    """Accept a publication; nobody has been written to yet."""
    values = {
        "kind": kind,
        "subject": subject,
        "code": code,
        "state": State.CURRENT,
        "lane": lane,
        "audience": _written(audience),
        "only": audience.only,
        "want": audience.want,
        "urgent": urgent,
        "accepted_at": accepted_at,
        "expires_at": expires_at,
    }
    done = await tx.execute(table.insert().values(**values).returning(table.c.id))
    return PublicationId(done.scalar_one())


@dataclass(frozen=True, slots=True)
class Rendered:
    """One edition's message; ``plain`` and ``digest`` are its canonical form."""

    edition: str
    task: bytes
    plain: str
    digest: bytes


async def add_texts(
    tx: Tx, id: PublicationId, rendered: Iterable[Rendered], *, version: int = 1
) -> None:
    """Store the rendered messages of a version; an edition that is there already stays as it is."""
    rows = [{"publication": id, "version": version, **asdict(one)} for one in rendered]
    if rows:
        await tx.connection.execute(insert(tx, texts).on_conflict_do_nothing(), rows)


async def get(tx: Tx, id: PublicationId) -> Publication | None:
    """One publication."""
    row = (await tx.execute(select(table).where(table.c.id == id))).one_or_none()
    return read(row) if row else None


async def by_code(tx: Tx, code: str) -> Publication | None:
    """The newest publication that carries a code."""
    query = select(table).where(table.c.code == code).order_by(table.c.id.desc()).limit(1)
    row = (await tx.execute(query)).one_or_none()
    return read(row) if row else None


async def newest(tx: Tx, subject: str, *, kind: Kind | None = None) -> Publication | None:
    """The latest publication about a subject."""
    query = select(table).where(table.c.subject == subject)
    if kind is not None:
        query = query.where(table.c.kind == kind)
    row = (await tx.execute(query.order_by(table.c.id.desc()).limit(1))).one_or_none()
    return read(row) if row else None


async def earlier(
    tx: Tx, subject: str, *, before: PublicationId, now: datetime
) -> list[Publication]:
    """Older publications about a subject that matter still, oldest first."""
    older = (table.c.subject == subject) & (table.c.id < before) & (table.c.expires_at > now)
    rows = await tx.execute(select(table).where(older).order_by(table.c.id))
    return [read(row) for row in rows]


async def mark(tx: Tx, subject: str, state: State) -> None:
    """Set the state of every current, suspended or masked publication about a subject."""
    live = table.c.state.in_((State.CURRENT, State.SUSPENDED, State.MASKED))
    await tx.execute(update(table).where(table.c.subject == subject, live).values(state=state))


async def set_state(tx: Tx, id: PublicationId, state: State) -> None:
    """Set the state of one publication."""
    await tx.execute(update(table).where(table.c.id == id).values(state=state))


async def hold(tx: Tx, id: PublicationId, why: Hold | None) -> bool:
    """Let a publication wait, or (``None``) go on; says whether that changed anything."""
    changing = table.c.held.is_distinct_from(why)
    done = await tx.execute(update(table).where(table.c.id == id, changing).values(held=why))
    return done.rowcount == 1


async def tasks(tx: Tx, id: PublicationId, *, version: int | None = None) -> Mapping[str, bytes]:
    """The encoded message per edition, of the present version unless another one is named."""
    query = select(texts.c.edition, texts.c.task).where(texts.c.publication == id)
    rows = await tx.execute(query.where(texts.c.version == (version or _present(id))))
    return {row.edition: row.task for row in rows}


async def by_digest(tx: Tx, digest: bytes) -> tuple[PublicationId, int] | None:
    """The newest publication that had exactly this canonical text, in any edition, and the last

    version that did.
    """
    query = select(texts.c.publication, texts.c.version).where(texts.c.digest == digest)
    newest = query.order_by(texts.c.publication.desc(), texts.c.version.desc()).limit(1)
    row = (await tx.execute(newest)).one_or_none()
    return (PublicationId(row.publication), row.version) if row else None


async def recent_texts(tx: Tx, *, limit: int) -> list[tuple[PublicationId, str, str]]:
    """(publication, edition, canonical text) of the newest ones, for finding near matches."""
    query = select(texts.c.publication, texts.c.edition, texts.c.plain)
    rows = await tx.execute(query.order_by(texts.c.publication.desc()).limit(limit))
    return [(PublicationId(id), edition, plain) for id, edition, plain in rows]


async def halt(tx: Tx, subject: str, *, before: PublicationId) -> list[PublicationId]:
    """Write to nobody more about older publications of a subject; a newer one replaces them."""
    older = (table.c.subject == subject) & (table.c.id < before)
    done = update(table).where(older).values(walked=True, halted=True).returning(table.c.id)
    return [PublicationId(id) for (id,) in await tx.execute(done)]


async def stop(tx: Tx, id: PublicationId) -> None:
    """Write to nobody more about one publication."""
    await tx.execute(update(table).where(table.c.id == id).values(walked=True, halted=True))


async def listed(
    tx: Tx, districts: list[DistrictId], kind: Kind, now: datetime, *, limit: int
) -> list[Publication]:
    """Unexpired publications of a kind that name one of ``districts``, newest first."""
    query = select(table).where(table.c.kind == kind, table.c.expires_at > now)
    live = or_(table.c.state == State.CURRENT, table.c.state == State.SUSPENDED)
    rows = await tx.execute(query.where(live).order_by(table.c.id.desc()).limit(500))
    wanted = set(districts)
    return [p for p in map(read, rows) if wanted & p.audience.districts][:limit]


@dataclass(frozen=True, slots=True)
class Reach:
    """How a publication stands: whether everybody was written to."""

    publication: Publication
    walked: bool


async def lately(tx: Tx, now: datetime, *, limit: int) -> list[Reach]:
    """The newest publications that matter still or are being sent, newest first."""
    live = or_(table.c.expires_at > now, table.c.walked.is_(False))
    rows = await tx.execute(select(table).where(live).order_by(table.c.id.desc()).limit(limit))
    return [Reach(read(row), row.walked) for row in rows]


def _present(id: PublicationId) -> object:
    return select(table.c.version).where(table.c.id == id).scalar_subquery()


def _written(audience: Audience) -> dict[str, object]:
    return {
        "districts": sorted(audience.districts),
        "channels": audience.channels,
        "people": audience.people,
        "languages": sorted(audience.languages),
        "modes": sorted(audience.modes),
        "holders_of": audience.holders_of,
    }


def read(row: AnyRow) -> Publication:
    """A row of the table."""
    kept = row.audience
    return Publication(
        id=PublicationId(row.id),
        kind=Kind(row.kind),
        subject=row.subject,
        code=row.code,
        state=State(row.state),
        lane=Lane(row.lane),
        audience=Audience(
            frozenset(DistrictId(d) for d in kept["districts"]),
            Want(row.want),
            channels=kept["channels"],
            people=kept["people"],
            languages=frozenset(kept["languages"]),
            modes=frozenset(kept["modes"]),
            holders_of=kept["holders_of"],
            only=row.only,
        ),
        accepted_at=row.accepted_at,
        expires_at=row.expires_at,
        urgent=row.urgent,
        version=row.version,
        held=Hold(row.held) if row.held else None,
    )
