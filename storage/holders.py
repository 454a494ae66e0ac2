"""Who got, or may have got, an earlier publication of a subject."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, exists, literal, or_, select

from bot.domain.privacy import PersonTag
from bot.domain.publications import Publication, PublicationId
from storage import channels, outbox, publications, receipts
from storage.channels import Channel, ChannelState
from storage.db import Tx
from storage.outbox import Stage
from storage.types import IdTag

MAYBE = (Stage.SENDING, Stage.UNKNOWN)
"""Stages of a copy that may have arrived."""


async def earlier(tx: Tx, publication: Publication) -> list[PublicationId]:
    """The earlier publications of the same subject, oldest first."""
    p = publications.table.c
    query = select(p.id).where(p.subject == publication.subject, p.id < publication.id)
    return [PublicationId(id) for (id,) in await tx.execute(query.order_by(p.id))]


def doubtful(publication: Publication) -> Select[PersonTag]:
    """Tags of the chats to which a copy of an earlier one is on its way, or may have arrived."""
    p, row = publications.table.c, outbox.table.c
    before = select(p.id).where(p.subject == publication.subject, p.id < publication.id)
    return select(row.tag).where(row.publication.in_(before), row.stage.in_(MAYBE))


def one(tag: PersonTag) -> Select[PersonTag]:
    """One chat."""
    return select(literal(tag, IdTag))


def got(ids: Collection[PublicationId]) -> ColumnElement[bool]:
    """Whether a channel got, or may have got, one of these publications."""
    mine, receipt, row = channels.table.c.tag, receipts.table.c, outbox.table.c
    arrived = exists().where(receipt.publication.in_(ids), receipt.tag == mine)
    maybe = exists().where(row.publication.in_(ids), row.tag == mine, row.stage.in_(MAYBE))
    return or_(arrived, maybe)


async def among_channels(tx: Tx, which: ColumnElement[bool]) -> list[Channel]:
    """Working channels of which this holds, wherever they are linked by now."""
    query = select(channels.table.c.tag).where(which)
    here = {tag for (tag,) in await tx.execute(query)}
    if not here:
        return []
    linked = [c for c, _ in await channels.listed(tx) if c.state is ChannelState.LINKED]
    return [channel for channel in linked if channel.tag in here]
