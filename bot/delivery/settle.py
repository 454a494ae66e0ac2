"""What the database remembers of an attempt: every outcome is settled in one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from bot.delivery.copies import Copy
from bot.delivery.outcome import Verdict
from bot.delivery.patience import back_off
from bot.domain.outbox import Lane, Outcome
from bot.domain.publications import Want
from bot.domain.staff import May
from bot.i18n import translator
from bot.services.atlas import Atlas
from bot.views.message import Amend, Erase, Message, Say, Task, Toast, encode
from storage import channels, forms, outbox, receipts, staff, subscribers, supergroups
from storage.channels import ChannelState
from storage.db import Tx
from storage.outbox import Parcel, Stage

RECEIPT_AFTER = timedelta(hours=24)
RECEIPT_LEAST = timedelta(hours=48)
"""As long as Telegram lets a message be deleted."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One parcel, what was done with it and what came of it."""

    parcel: Parcel
    task: Task
    copy: Copy | None
    verdict: Verdict


async def settle(tx: Tx, atlas: Atlas, attempt: Attempt, now: datetime) -> None:
    """Write what follows from the outcome."""
    parcel, verdict = attempt.parcel, attempt.verdict
    match verdict.outcome:
        case Outcome.SENT | Outcome.UNCHANGED:
            await _sent(tx, attempt, now)
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
            await outbox.requeue(tx, parcel.id, due=now)
            await supergroups.move(tx, parcel.chat, verdict.moved_to)
        case Outcome.REFUSED | Outcome.NO_MEDIA:
            await outbox.set_aside(tx, parcel.id, Stage.FAILED)
        case Outcome.REVOKED:
            await outbox.requeue(tx, parcel.id, due=now)
        case other:
            assert_never(other)


def bears_repeat(attempt: Attempt) -> bool:
    """Whether a duplicate is better than a loss when nobody knows if the message arrived."""
    if isinstance(attempt.task, Amend | Erase | Toast):
        return True
    if attempt.parcel.doubts > 0:
        return False
    lane, copy = attempt.parcel.lane, attempt.copy
    changes = copy is not None and copy.want is Want.CHANGES
    return lane in (Lane.REPLY, Lane.ALERT) or (lane is Lane.RALLY and changes)


async def _sent(tx: Tx, attempt: Attempt, now: datetime) -> None:
    parcel, message = attempt.parcel, attempt.verdict.message_id
    if not await outbox.done(tx, parcel.id):
        return  # forgotten while it was on its way: a receipt would outlive the erasure
    if attempt.copy is not None and message is not None and parcel.publication is not None:
        until = max(attempt.copy.expires_at + RECEIPT_AFTER, now + RECEIPT_LEAST)
        await receipts.keep(
            tx, parcel.publication, parcel.chat, message_id=message, expires_at=until
        )


async def _dropped(tx: Tx, attempt: Attempt, now: datetime) -> None:
    """An edit that came too late is said anew; the rest no longer matters."""
    if isinstance(attempt.task, Amend):
        anew = encode(Say(attempt.task.message))
        await outbox.replace(tx, attempt.parcel, anew, due=now)
    else:
        await outbox.done(tx, attempt.parcel.id)


async def _later(tx: Tx, attempt: Attempt, now: datetime) -> None:
    parcel, after = attempt.parcel, attempt.verdict.retry_after
    if attempt.verdict.offline:  # the engine waits for the network; no row has to
        due = now
    else:
        due = now + (after if after is not None else back_off(parcel.attempts))
    await outbox.requeue(tx, parcel.id, due=due)
    if after is not None:
        await outbox.postpone(tx, parcel.tag, due)


async def _uncertain(tx: Tx, attempt: Attempt, now: datetime) -> None:
    parcel = attempt.parcel
    if bears_repeat(attempt):
        due = now + back_off(parcel.attempts)
        await outbox.requeue(tx, parcel.id, due=due, doubt=True)
    elif parcel.publication is None:
        await outbox.done(tx, parcel.id)
    else:
        await outbox.set_aside(tx, parcel.id, Stage.UNKNOWN)


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
    for person in await staff.listed(tx):
        told = await staff.chat_of(tx, person.id)
        if told is not None and person.may(May.LINK_CHANNEL, places, atlas.tree):
            chat, lang = told
            text = translator(lang)("channel-lost-rights", title=channel.title)
            task = encode(Say(Message(text, silent=False)))
            await outbox.add(tx, lane=Lane.REPLY, chat=chat, task=task, now=now)
