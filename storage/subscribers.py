"""Subscribers: a sealed chat, sealed settings, and the districts it follows. Nothing else."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Column, ForeignKey, Integer, Select, Table, delete, func, select

from bot.domain.districts import DistrictId
from bot.domain.privacy import PersonTag, TelegramId
from bot.domain.subscribers import Settings
from storage import outbox
from storage.db import AnyRow, Tx, insert, metadata, upsert
from storage.types import IdTag, Retention, Sealed

table = Table(
    "subscribers",
    metadata,
    Column("tag", IdTag, primary_key=True),
    Column("chat", Sealed, nullable=False),
    Column("settings", Sealed, nullable=False),
    info=Retention.while_needed("until /forget, a block, or deactivation"),
)

follows = Table(
    "follows",
    metadata,
    Column("tag", IdTag, ForeignKey("subscribers.tag", ondelete="CASCADE"), primary_key=True),
    Column(
        "district",
        Integer,
        ForeignKey("districts.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    info=Retention.while_needed("as long as the subscriber's row"),
)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person's row, opened. ``follows`` is empty when only the chat was asked for."""

    tag: PersonTag
    chat: TelegramId
    settings: Settings
    follows: frozenset[DistrictId] = frozenset()


async def get(tx: Tx, person: TelegramId) -> Subscriber | None:
    """The subscriber behind a chat, with what they follow."""
    tag = tx.keys.tag(person)
    row = (await tx.execute(select(table).where(table.c.tag == tag))).one_or_none()
    if row is None:
        return None
    found = await tx.execute(select(follows.c.district).where(follows.c.tag == tag))
    return _open(tx, row, frozenset(DistrictId(d) for (d,) in found))


async def save(tx: Tx, person: TelegramId, settings: Settings) -> None:
    """Insert or replace the row of a person; what they follow stays."""
    tag = tx.keys.tag(person)
    sealed = tx.keys.seal(msgspec.json.encode(settings), aad=b"settings" + tag)
    await upsert(tx, table, tag=tag, chat=tx.keys.seal_id(person), settings=sealed)


async def follow(tx: Tx, person: TelegramId, district: DistrictId) -> bool:
    """Follow a district; says whether that is new. The subscriber's row must exist."""
    values = {"tag": tx.keys.tag(person), "district": district}
    statement = insert(tx, follows).values(**values).on_conflict_do_nothing()
    return (await tx.execute(statement)).rowcount == 1


async def unfollow(tx: Tx, person: TelegramId, district: DistrictId) -> None:
    """Follow a district no longer."""
    mine = follows.c.tag == tx.keys.tag(person)
    await tx.execute(delete(follows).where(mine, follows.c.district == district))


async def silence(tx: Tx, tag: PersonTag) -> int:
    """Withdraw the copies of publications that wait for a person; returns how many."""
    waiting = (outbox.table.c.tag == tag) & (outbox.table.c.stage == outbox.Stage.WAITING)
    copies = outbox.table.c.publication.is_not(None)
    return (await tx.execute(delete(outbox.table).where(waiting, copies))).rowcount


async def forget(tx: Tx, tag: PersonTag) -> bool:
    """Erase the row and its follows; says whether there was one."""
    return (await tx.execute(delete(table).where(table.c.tag == tag))).rowcount == 1


async def page(
    tx: Tx, districts: Collection[DistrictId], *, after: PersonTag | None, limit: int
) -> list[Subscriber]:
    """Followers of any of ``districts``, each once, in the order of their tags.

    On PostgreSQL they are held until the transaction ends: whoever leaves or is erased waits for
    the copies queued meanwhile, and removes them too.
    """
    chosen = select(follows.c.tag).where(follows.c.district.in_(districts)).distinct()
    if after is not None:
        chosen = chosen.where(follows.c.tag > after)
    tags = chosen.order_by(follows.c.tag).limit(limit).subquery()
    query = select(table).join(tags, table.c.tag == tags.c.tag).order_by(table.c.tag)
    return [_open(tx, row) for row in await tx.execute(_held(tx, query))]


async def among(
    tx: Tx, tags: Select[PersonTag], *, after: PersonTag | None, limit: int
) -> list[Subscriber]:
    """Subscribers whose tag is in ``tags``, in the order of their tags; held as by ``page``."""
    query = select(table).where(table.c.tag.in_(tags))
    if after is not None:
        query = query.where(table.c.tag > after)
    rows = await tx.execute(_held(tx, query.order_by(table.c.tag).limit(limit)))
    return [_open(tx, row) for row in rows]


def _held(tx: Tx, query: Select[Any]) -> Select[Any]:
    return query.with_for_update(read=True, of=table) if tx.postgres else query


async def count(tx: Tx, districts: Iterable[DistrictId]) -> int:
    """How many people follow any of ``districts``; show it to people in buckets only."""
    distinct = func.count(follows.c.tag.distinct())
    found = await tx.execute(select(distinct).where(follows.c.district.in_(list(districts))))
    return int(found.scalar_one())


def _open(tx: Tx, row: AnyRow, follows: frozenset[DistrictId] = frozenset()) -> Subscriber:
    tag, chat, settings = row
    plain = tx.keys.open(settings, aad=b"settings" + tag)
    return Subscriber(
        tag=tag,
        chat=tx.keys.open_id(chat, tag=tag),
        settings=msgspec.json.decode(plain, type=Settings),
        follows=follows,
    )
