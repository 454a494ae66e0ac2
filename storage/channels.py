"""Telegram channels linked to districts by an admin who may post there."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, String, Table, delete, select
from sqlalchemy import update as sql_update

from bot.domain.districts import DistrictId
from bot.domain.privacy import PersonTag, TelegramId
from bot.domain.staff import StaffId
from storage.db import AnyRow, Tx, insert, metadata
from storage.types import IdTag, Retention, Sealed


class ChannelState(StrEnum):
    """Whether posts go to a channel."""

    LINKED = "linked"
    PAUSED = "paused"
    """The bot lost its rights there; admins were told."""


table = Table(
    "channels",
    metadata,
    Column("tag", IdTag, primary_key=True),
    Column("chat", Sealed, nullable=False),
    Column("title", Sealed, nullable=False),
    Column("lang", String(2), nullable=False),
    Column("state", String(8), nullable=False),
    Column("linked_by", Integer, ForeignKey("staff.id"), nullable=True),
    CheckConstraint(f"state in {tuple(s.value for s in ChannelState)}", name="state"),
    info=Retention.while_needed("until staff unlinks it or the channel is gone"),
)

districts = Table(
    "channel_districts",
    metadata,
    Column("tag", IdTag, ForeignKey("channels.tag", ondelete="CASCADE"), primary_key=True),
    Column("district", Integer, ForeignKey("districts.id", ondelete="CASCADE"), primary_key=True),
    info=Retention.while_needed("as long as the channel's row"),
)


@dataclass(frozen=True, slots=True)
class Channel:
    """A linked channel, opened. ``title`` is what staff sees: ``@name`` or its title."""

    tag: PersonTag
    chat: TelegramId
    title: str
    lang: str
    state: ChannelState
    linked_by: StaffId | None


async def link(
    tx: Tx,
    chat: TelegramId,
    *,
    title: str,
    lang: str,
    district: DistrictId,
    by: StaffId | None,
) -> None:
    """Link a channel to a district, or to one more; a paused one works again."""
    tag = tx.keys.tag(chat)
    values = {
        "tag": tag,
        "chat": tx.keys.seal_id(chat),
        "title": tx.keys.seal(title.encode(), aad=b"title" + tag),
        "lang": lang,
        "state": ChannelState.LINKED,
        "linked_by": by,
    }
    statement = insert(tx, table).values(**values)
    fresh = {name: statement.excluded[name] for name in ("title", "lang", "state", "linked_by")}
    await tx.execute(statement.on_conflict_do_update(index_elements=["tag"], set_=fresh))
    place = insert(tx, districts).values(tag=tag, district=district)
    await tx.execute(place.on_conflict_do_nothing())


async def get(tx: Tx, chat: TelegramId) -> Channel | None:
    """The linked channel with this id."""
    query = select(table).where(table.c.tag == tx.keys.tag(chat))
    row = (await tx.execute(query)).one_or_none()
    return _open(tx, row) if row else None


async def find(tx: Tx, tag: PersonTag) -> tuple[Channel, frozenset[DistrictId]] | None:
    """The linked channel with this tag, and its districts."""
    row = (await tx.execute(select(table).where(table.c.tag == tag))).one_or_none()
    if row is None:
        return None
    places = await tx.execute(select(districts.c.district).where(districts.c.tag == tag))
    return _open(tx, row), frozenset(DistrictId(d) for (d,) in places)


async def listed(tx: Tx) -> list[tuple[Channel, frozenset[DistrictId]]]:
    """All channels with their districts."""
    places: dict[bytes, set[DistrictId]] = {}
    for row in await tx.execute(select(districts)):
        places.setdefault(row.tag, set()).add(DistrictId(row.district))
    rows = await tx.execute(select(table).order_by(table.c.tag))
    return [(_open(tx, row), frozenset(places.get(row.tag, set()))) for row in rows]


async def concerned(tx: Tx, ids: Iterable[DistrictId]) -> list[Channel]:
    """Working channels linked to any of the districts, each once."""
    here = select(districts.c.tag).where(districts.c.district.in_(list(ids)))
    query = select(table).where(table.c.tag.in_(here), table.c.state == ChannelState.LINKED)
    return [_open(tx, row) for row in await tx.execute(query.order_by(table.c.tag))]


async def set_state(tx: Tx, tag: PersonTag, state: ChannelState) -> bool:
    """Pause or resume; says whether that changed anything."""
    changing = (table.c.tag == tag) & (table.c.state != state)
    done = await tx.execute(sql_update(table).where(changing).values(state=state))
    return done.rowcount == 1


async def unlink(tx: Tx, tag: PersonTag) -> None:
    """Remove a channel and its districts."""
    await tx.execute(delete(table).where(table.c.tag == tag))


def _open(tx: Tx, row: AnyRow) -> Channel:
    return Channel(
        tag=row.tag,
        chat=tx.keys.open_id(row.chat, tag=row.tag),
        title=tx.keys.open(row.title, aad=b"title" + row.tag).decode(),
        lang=row.lang,
        state=ChannelState(row.state),
        linked_by=None if row.linked_by is None else StaffId(row.linked_by),
    )
