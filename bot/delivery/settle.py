"""What the database remembers of attempts: those that landed together are settled together."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never

import msgspec
from msgspec.structs import replace

from bot.delivery.copies import Copy
from bot.delivery.outcome import Verdict
from bot.delivery.patience import back_off
from bot.domain.outbox import Lane, Outcome
from bot.domain.publications import Revision, Want
from bot.domain.staff import May
from bot.services import notices
from bot.services.atlas import Atlas
from bot.views.message import Amend, Erase, Message, Say, Task, Toast, encode
from storage import (
    channels,
    forms,
    outbox,
    receipts,
    revisions,
    staff,
    subscribers,
    supergroups,
    walks,
)
from storage.channels import ChannelState
from storage.db import Tx
from storage.outbox import COPIES, Stage
from storage.parcels import Parcel
from storage.receipts import Kept, Receipt, Way, first_way

RECEIPT_AFTER = timedelta(hours=24)
RECEIPT_LEAST = timedelta(hours=48)
"""As long as Telegram lets a message be deleted."""


class Attempt(msgspec.Struct, frozen=True):
    """One parcel, what was done with it and what came of it.

    Without a verdict nothing was done: it came too late to matter.
    """

    parcel: Parcel
    task: Task | None = None
    copy: Copy | None = None
    verdict: Verdict | None = None


async def settle(tx: Tx, atlas: Atlas, landed: Sequence[Attempt], now: datetime) -> bool:
    """Write what follows from every outcome. What arrived is written in one go.

    Says whether anything may wait by now that did not before.
    """
    queued = await _arrived(tx, [one for one in landed if _sent(one)], now)
    for attempt in landed:
        if not _sent(attempt):
            await _settle(tx, atlas, attempt, now)
            queued = True
    return queued


def _sent(attempt: Attempt) -> bool:
    good = (Outcome.SENT, Outcome.UNCHANGED)
    return attempt.verdict is not None and attempt.verdict.outcome in good


async def _settle(tx: Tx, atlas: Atlas, attempt: Attempt, now: datetime) -> None:
    parcel, verdict = attempt.parcel, attempt.verdict
    if verdict is None:
        await _done(tx, parcel)
        return
    match verdict.outcome:
        case Outcome.SENT | Outcome.UNCHANGED:
            raise AssertionError("settled together")
        case Outcome.DROPPED:
            await _dropped(tx, attempt, now)
        case Outcome.LATER:
            await _later(tx, attempt, now)
        case Outcome.UNCERTAIN:
            await _uncertain(tx, attempt, now)
        case Outcome.FORGET:
            await _forget(tx, parcel)
        case Outcome.LOST_CHAT:
            await _lost_chat(tx, atlas, parcel, now)
        case Outcome.MIGRATED:
            assert verdict.moved_to is not None
            await _again(tx, attempt, now, due=now)
            await supergroups.move(tx, parcel.chat, verdict.moved_to)
        case Outcome.NO_MEDIA | Outcome.REVOKED:
            await _again(tx, attempt, now, due=now)
        case Outcome.REFUSED:
            await _set_aside(tx, attempt, now, Stage.FAILED)
        case other:
            assert_never(other)


def bears_repeat(attempt: Attempt) -> bool:
    """Whether a duplicate is better than a loss when nobody knows if the message arrived."""
    if isinstance(attempt.task, Amend | Erase | Toast):
        return True
    if attempt.parcel.doubts + 1 >= COPIES:
        return False
    lane, copy = attempt.parcel.lane, attempt.copy
    if lane is Lane.REPLY:
        return attempt.parcel.doubts == 0
    changes = copy is not None and copy.want is Want.CHANGES
    return lane is Lane.ALERT or (lane is Lane.RALLY and changes)


async def _arrived(tx: Tx, sent: Sequence[Attempt], now: datetime) -> bool:
    fresh, rows, revised, known = list[Kept](), list[Kept](), [], list[Attempt]()
    for attempt in sent:
        parcel, publication = attempt.parcel, attempt.parcel.publication
        # Forgotten while it was on its way: a receipt would outlive the erasure.
        there = parcel.id is None or await outbox.done(tx, parcel.id)
        if publication is None or not there:
            continue
        known.append(attempt)
        if parcel.receipt is not None:
            revised.append((publication, parcel.tag, parcel.version))
        elif (kept := _kept(attempt, now)) is not None:
            (fresh if parcel.id is None else rows).append(kept)
    await receipts.keep(tx, fresh, of=subscribers.table)
    await receipts.keep(tx, rows)
    await receipts.raise_version(tx, revised)
    return await _catch_up(tx, known, now)


def _kept(attempt: Attempt, now: datetime) -> Kept | None:
    parcel, verdict, copy = attempt.parcel, attempt.verdict, attempt.copy
    assert parcel.publication is not None
    if verdict is None or verdict.message_id is None or copy is None:
        return None
    return Kept(
        publication=parcel.publication,
        tag=parcel.tag,
        chat=parcel.sealed,
        receipt=Receipt(verdict.message_id, parcel.edition, photo=_photo(attempt)),
        version=parcel.version,
        expires_at=max(copy.expires_at + RECEIPT_AFTER, now + RECEIPT_LEAST),
    )


async def _catch_up(tx: Tx, sent: Sequence[Attempt], now: datetime) -> bool:
    """What was on its way when a newer version was accepted is brought to it like the others: the

    walk of that version could give no row to a copy that had one. Says whether there was any.
    """
    queued = False
    ids = {a.parcel.publication for a in sent if a.parcel.publication is not None}
    present = await walks.versions(tx, ids) if ids else {}
    for attempt in sent:
        parcel, verdict = attempt.parcel, attempt.verdict
        assert parcel.publication is not None
        assert verdict is not None
        newest, _ = present.get(parcel.publication, (parcel.version, False))
        had = parcel.receipt
        message = verdict.message_id if had is None else had.message_id
        if newest <= parcel.version or message is None:
            continue
        kind = await revisions.kind_of(tx, parcel.publication, newest)
        receipt = Receipt(
            message,
            parcel.edition,
            photo=_photo(attempt) if had is None else had.photo,
            way=first_way(kind),
            version=newest,
        )
        await _queue_copy(tx, replace(parcel, receipt=receipt), now, due=now)
        queued = True
    return queued


def _photo(attempt: Attempt) -> bool:
    return attempt.copy is not None and attempt.copy.photo


async def _dropped(tx: Tx, attempt: Attempt, now: datetime) -> None:
    """An edit that came too late is said anew; the rest no longer matters."""
    parcel, task = attempt.parcel, attempt.task
    if parcel.receipt is not None:
        await _next_way(tx, attempt, now)
    elif parcel.id is not None and isinstance(task, Amend) and not task.fleeting:
        anew = encode(Say(task.message))
        await outbox.replace(tx, parcel, anew, due=now)
    else:
        await _done(tx, parcel)


async def _next_way(tx: Tx, attempt: Attempt, now: datetime) -> None:
    """A copy that cannot be deleted is edited; one that cannot be edited is answered, if it is

    worth a message of its own and the person still wants any.
    """
    parcel, copy = attempt.parcel, attempt.copy
    assert parcel.receipt is not None
    assert parcel.publication is not None
    revision = copy.revision if copy is not None else None
    further = {Way.DELETE: Way.EDIT, Way.EDIT: Way.REPLY}.get(parcel.receipt.way)
    if further is Way.REPLY and not (revision is Revision.CORRECT and await _listens(tx, parcel)):
        further = None
    if further is None:
        await receipts.raise_version(tx, [(parcel.publication, parcel.tag, parcel.version)])
        await _done(tx, parcel)
        await _catch_up(tx, [attempt], now)
        return
    receipt = replace(parcel.receipt, way=further)
    if parcel.id is not None:
        await outbox.retry_as(tx, parcel, receipt, due=now)
    else:
        await _queue_copy(tx, replace(parcel, receipt=receipt), now, due=now)


async def _listens(tx: Tx, parcel: Parcel) -> bool:
    if not parcel.chat.private:
        return True
    settings = await subscribers.present(tx, parcel.tag)
    return settings is not None and not settings.paused


async def _later(tx: Tx, attempt: Attempt, now: datetime) -> None:
    parcel, verdict = attempt.parcel, attempt.verdict
    assert verdict is not None
    after = verdict.retry_after
    if verdict.offline:  # the engine waits for the network; no row has to
        due = now
    else:
        due = now + (after if after is not None else back_off(parcel.attempts))
    await _again(tx, attempt, now, due=due)
    if after is not None:
        await outbox.postpone(tx, parcel.tag, due)


async def _uncertain(tx: Tx, attempt: Attempt, now: datetime) -> None:
    parcel = attempt.parcel
    if bears_repeat(attempt):
        await _again(tx, attempt, now, due=now + back_off(parcel.attempts), doubt=True)
    elif parcel.publication is None:
        await _done(tx, parcel)
    else:
        await _set_aside(tx, attempt, now, Stage.UNKNOWN)


async def _again(
    tx: Tx, attempt: Attempt, now: datetime, *, due: datetime, doubt: bool = False
) -> None:
    parcel = attempt.parcel
    if parcel.id is not None:
        await outbox.requeue(tx, parcel.id, due=due, doubt=doubt)
    else:
        await _queue_copy(tx, parcel, now, due=due, attempts=1, doubts=int(doubt))


async def _set_aside(tx: Tx, attempt: Attempt, now: datetime, stage: Stage) -> None:
    parcel = attempt.parcel
    if parcel.id is not None:
        await outbox.set_aside(tx, parcel.id, stage)
    else:
        await _queue_copy(tx, parcel, now, due=now, stage=stage)


async def _queue_copy(
    tx: Tx,
    parcel: Parcel,
    now: datetime,
    *,
    due: datetime,
    attempts: int = 0,
    doubts: int = 0,
    stage: Stage = Stage.WAITING,
) -> None:
    """A copy that came straight from a walk gets a row, unless its person is gone or it was

    replaced or withdrawn meanwhile. One that people must know of is kept in any case.
    """
    assert parcel.publication is not None
    if parcel.chat.private:
        settings = await subscribers.present(tx, parcel.tag)
        paused = settings is not None and settings.paused
        if settings is None or (paused and parcel.receipt is None and stage is Stage.WAITING):
            return
    says = parcel.receipt is None and stage is Stage.WAITING
    if says and await outbox.outdated(tx, parcel.publication):
        if not doubts:
            return
        stage = Stage.UNKNOWN
    await outbox.add_copy(tx, parcel, now, due=due, attempts=attempts, doubts=doubts, stage=stage)


async def _done(tx: Tx, parcel: Parcel) -> None:
    if parcel.id is not None:
        await outbox.done(tx, parcel.id)


async def _forget(tx: Tx, parcel: Parcel) -> None:
    """A person blocked the bot or is gone: erase all that is known of them."""
    await subscribers.forget(tx, parcel.tag)  # first: see storage.erasure.erase
    await outbox.forget(tx, parcel.tag)
    await forms.drop(tx, parcel.chat)


async def _lost_chat(tx: Tx, atlas: Atlas, parcel: Parcel, now: datetime) -> None:
    """Pause the channel and tell the staff who may link it again, once."""
    await outbox.drop(tx, parcel.tag)
    channel = await channels.get(tx, parcel.chat)
    if channel is None or not await channels.set_state(tx, channel.tag, ChannelState.PAUSED):
        return
    places = next((p for c, p in await channels.listed(tx) if c.tag == channel.tag), frozenset())
    people = [
        one for one in await staff.listed(tx) if one.may(May.LINK_CHANNEL, places, atlas.tree)
    ]
    await notices.tell(
        tx,
        [person.id for person in people],
        lambda t: Message(t("channel-lost-rights", title=channel.title), silent=False),
        now,
        cause=f"lost:{channel.tag.hex()[:24]}",
    )
