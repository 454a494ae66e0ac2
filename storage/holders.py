"""Who got, or may have got, an earlier publication of a subject but not the present one."""

from sqlalchemy import Select, literal, select, union

from bot.domain.privacy import PersonTag
from bot.domain.publications import Publication
from storage import channels, outbox, publications, receipts
from storage.channels import Channel, ChannelState
from storage.db import Tx
from storage.outbox import Stage
from storage.types import IdTag


def tags(publication: Publication) -> Select[PersonTag]:
    """Tags of the chats that got, or may have got, an earlier publication of the subject but not

    this one.
    """
    earlier = select(publications.table.c.id).where(
        publications.table.c.subject == publication.subject,
        publications.table.c.id < publication.id,
    )
    maybe = outbox.table.c.stage.in_((Stage.SENDING, Stage.UNKNOWN))
    had = union(
        select(receipts.table.c.tag).where(receipts.table.c.publication.in_(earlier)),
        select(outbox.table.c.tag).where(outbox.table.c.publication.in_(earlier), maybe),
    ).subquery()
    has = select(receipts.table.c.tag).where(
        receipts.table.c.publication == publication.id, receipts.table.c.tag == had.c.tag
    )
    return select(had.c.tag).where(~has.exists())


def chosen(publication: Publication) -> Select[PersonTag]:
    """Tags of an audience that is named by what it received, or by a single chat."""
    audience = publication.audience
    if audience.only is not None:
        return select(literal(audience.only, IdTag))
    had = receipts.table.c
    return select(had.tag).where(had.publication == audience.holders_of)


async def among_channels(tx: Tx, tags: Select[PersonTag]) -> list[Channel]:
    """Working channels among these, wherever they are linked by now."""
    mine = channels.table.c.tag.in_(tags)
    here = {tag for (tag,) in await tx.execute(select(channels.table.c.tag).where(mine))}
    if not here:
        return []
    linked = [c for c, _ in await channels.listed(tx) if c.state is ChannelState.LINKED]
    return [channel for channel in linked if channel.tag in here]
