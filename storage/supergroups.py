"""A group that became a supergroup: its id is rewritten everywhere in one transaction."""

from msgspec.structs import replace
from sqlalchemy import delete, select, update

from bot.domain.privacy import PersonTag, TelegramId
from storage import channels, outbox, receipts
from storage.db import Tx, insert


async def move(tx: Tx, old: TelegramId, new: TelegramId) -> None:
    """Give everything linked to, queued for and received by ``old`` to ``new``.

    Sealed values open only beside their own tag, so each is sealed again.
    """
    await _move_channel(tx, old, new)
    await _move_queue(tx, old, new)
    await _move_receipts(tx, old, new)


async def _move_channel(tx: Tx, old: TelegramId, new: TelegramId) -> None:
    table, places = channels.table, channels.districts
    known = await channels.get(tx, old)
    if known is None:
        return
    tag = tx.keys.tag(new)
    values = {
        "tag": tag,
        "chat": tx.keys.seal_id(new),
        "title": tx.keys.seal(known.title.encode(), aad=b"title" + tag),
        "lang": known.lang,
        "state": known.state,
        "linked_by": known.linked_by,
    }
    await tx.execute(insert(tx, table).values(**values).on_conflict_do_nothing())
    rows = await tx.execute(select(places.c.district).where(places.c.tag == known.tag))
    for (district,) in rows.all():
        place = insert(tx, places).values(tag=tag, district=district)
        await tx.execute(place.on_conflict_do_nothing())
    await tx.execute(delete(table).where(table.c.tag == known.tag))


async def _move_queue(tx: Tx, old: TelegramId, new: TelegramId) -> None:
    table, tag = outbox.table, tx.keys.tag(new)
    rows = (await tx.execute(select(table).where(table.c.tag == tx.keys.tag(old)))).all()
    there = await tx.execute(select(table.c.publication).where(table.c.tag == tag))
    twice = {publication for (publication,) in there if publication is not None}
    for row in rows:
        mine = table.c.id == row.id
        if row.publication in twice:
            await tx.execute(delete(table).where(mine))
        else:
            values = {
                "tag": tag,
                "chat": tx.keys.seal_id(new),
                "task": _again(tx, row.task, b"task", row.tag, tag),
            }
            values["receipt"] = _astray(tx, row.receipt, row.tag, tag)
            await tx.execute(update(table).where(mine).values(**values))


async def _move_receipts(tx: Tx, old: TelegramId, new: TelegramId) -> None:
    table, tag = receipts.table, tx.keys.tag(new)
    rows = (await tx.execute(select(table).where(table.c.tag == tx.keys.tag(old)))).all()
    await tx.execute(delete(table).where(table.c.tag == tx.keys.tag(old)))
    for row in rows:
        values = {
            "publication": row.publication,
            "tag": tag,
            "chat": tx.keys.seal_id(new),
            "message": _astray(tx, row.message, row.tag, tag),
            "version": row.version,
            "expires_at": row.expires_at,
        }
        await tx.execute(insert(tx, table).values(**values).on_conflict_do_nothing())


def _astray(tx: Tx, sealed: bytes | None, old: PersonTag, new: PersonTag) -> bytes | None:
    """A receipt whose message cannot be found: the new chat counts its messages anew, so that the

    old number would be that of another one.
    """
    if sealed is None:
        return None
    receipt = receipts.open_(tx.keys, sealed, tag=old)
    return receipts.seal(tx.keys, replace(receipt, message_id=0), tag=new)


def _again(
    tx: Tx, sealed: bytes | None, purpose: bytes, old: PersonTag, new: PersonTag
) -> bytes | None:
    if sealed is None:
        return None
    return tx.keys.seal(tx.keys.open(sealed, aad=purpose + old), aad=purpose + new)
