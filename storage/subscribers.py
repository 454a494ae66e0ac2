"""Subscribers: a sealed chat, sealed settings, and the districts it follows. Nothing else."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Select,
    Table,
    delete,
    exists,
    func,
    or_,
    select,
)

from bot.domain.districts import DistrictId
from bot.domain.privacy import PersonTag, TelegramId
from bot.domain.publications import PublicationId
from bot.domain.subscribers import Settings
from storage import outbox, receipts
from storage.db import Tx, insert, metadata, upsert
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
    ),
    Index("ix_follows_walk", "district", "tag"),
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
    places = frozenset(DistrictId(d) for (d,) in found)
    return _open(tx, row.tag, row.chat, row.settings, places)


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


async def present(tx: Tx, tag: PersonTag, *, held: bool = True) -> Settings | None:
    """What a person chose, ``held`` like a page; ``None`` when nothing is stored of them."""
    query = select(table.c.settings).where(table.c.tag == tag)
    if held and tx.postgres:
        query = query.with_for_update(read=True)
    sealed = (await tx.execute(query)).scalar_one_or_none()
    return None if sealed is None else _settings.decode(tx.keys.open(sealed, aad=b"settings" + tag))


async def silence(tx: Tx, tag: PersonTag) -> int:
    """Withdraw the copies of publications that wait for a person; returns how many."""
    idle = outbox.table.c.stage.in_((outbox.Stage.WAITING, outbox.Stage.HELD))
    waiting = (outbox.table.c.tag == tag) & idle
    copies = outbox.table.c.publication.is_not(None) & outbox.table.c.receipt.is_(None)
    return (await tx.execute(delete(outbox.table).where(waiting, copies))).rowcount


async def forget(tx: Tx, tag: PersonTag) -> bool:
    """Erase the row and its follows; says whether there was one."""
    return (await tx.execute(delete(table).where(table.c.tag == tag))).rowcount == 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody a publication may be for. ``sealed``: the chat as stored beside the tag.

    ``had``: a copy of it arrived, or a row for it waits.
    """

    person: Subscriber
    sealed: bytes
    had: bool


async def page(
    tx: Tx,
    publication: PublicationId,
    district: DistrictId,
    *,
    after: PersonTag | None,
    limit: int,
    until: PersonTag | None = None,
) -> list[Candidate]:
    """Followers of exactly this district, in the order of their tags, from ``after`` on.

    On PostgreSQL they are held until the transaction ends: whoever leaves or is erased waits for
    the rows queued meanwhile, and removes them too.
    """
    query = _candidates(publication).join(follows, follows.c.tag == table.c.tag)
    query = query.where(follows.c.district == district)
    return await _page(tx, query, follows.c.tag, after=after, until=until, limit=limit)


async def among(
    tx: Tx,
    publication: PublicationId,
    tags: Select[PersonTag],
    *,
    after: PersonTag | None,
    limit: int,
    until: PersonTag | None = None,
) -> list[Candidate]:
    """Subscribers whose tag is in ``tags``, in the order of their tags."""
    query = _candidates(publication).where(table.c.tag.in_(tags))
    return await _page(tx, query, table.c.tag, after=after, until=until, limit=limit)


async def holding(
    tx: Tx,
    publication: PublicationId,
    of: PublicationId,
    *,
    after: PersonTag | None,
    limit: int,
    until: PersonTag | None = None,
) -> list[Candidate]:
    """Subscribers who received ``of``, in the order of their tags; ``had`` is about the other."""
    mine = receipts.table.alias("mine")
    query = _candidates(publication).join(mine, mine.c.tag == table.c.tag)
    query = query.where(mine.c.publication == of)
    return await _page(tx, query, mine.c.tag, after=after, until=until, limit=limit)


def _candidates(publication: PublicationId) -> Select[Any]:
    got, row = receipts.table.c, outbox.table.c
    arrived = exists().where(got.publication == publication, got.tag == table.c.tag)
    waits = exists().where(row.publication == publication, row.tag == table.c.tag)
    return select(table, or_(arrived, waits).label("had"))


async def _page(
    tx: Tx,
    query: Select[Any],
    by: ColumnElement[Any],
    *,
    after: PersonTag | None,
    until: PersonTag | None,
    limit: int,
) -> list[Candidate]:
    if after is not None:
        query = query.where(by > after)
    if until is not None:
        query = query.where(by <= until)
    query = query.order_by(by).limit(limit)
    rows = await tx.execute(query.with_for_update(read=True, of=table) if tx.postgres else query)
    return [
        Candidate(_open(tx, tag, chat, settings), chat, had) for tag, chat, settings, had in rows
    ]


async def follows_of(tx: Tx, tags: Collection[PersonTag]) -> dict[PersonTag, frozenset[DistrictId]]:
    """What each of these people follows."""
    found: dict[PersonTag, set[DistrictId]] = {tag: set() for tag in tags}
    query = select(follows.c.tag, follows.c.district).where(follows.c.tag.in_(list(tags)))
    for tag, district in await tx.execute(query):
        found[tag].add(DistrictId(district))
    return {tag: frozenset(places) for tag, places in found.items()}


async def count(tx: Tx, districts: Iterable[DistrictId]) -> int:
    """How many people follow any of ``districts``; show it to people in buckets only."""
    distinct = func.count(follows.c.tag.distinct())
    found = await tx.execute(select(distinct).where(follows.c.district.in_(list(districts))))
    return int(found.scalar_one())


def _open(
    tx: Tx,
    tag: PersonTag,
    chat: bytes,
    settings: bytes,
    follows: frozenset[DistrictId] = frozenset(),
) -> Subscriber:
    plain = tx.keys.open(settings, aad=b"settings" + tag)
    return Subscriber(
        tag=tag,
        chat=tx.keys.open_id(chat, tag=tag),
        settings=_settings.decode(plain),
        follows=follows,
    )


_settings = msgspec.json.Decoder(Settings)
