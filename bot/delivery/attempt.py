"""One attempt: a parcel becomes a call, and the answer a verdict. Nothing is stored here."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from telegram import Bot
from yarl import URL

from bot.delivery.calls import carry_out, stamped
from bot.delivery.copies import Copies, Copy
from bot.delivery.outcome import Verdict
from bot.delivery.settle import Attempt
from bot.delivery.stamp import Stamp
from bot.delivery.transport import Wire
from bot.domain.outbox import Lane, Outcome
from bot.redaction import describe
from bot.views.message import Amend, Erase, Say, Task, decode
from storage.outbox import REPLY_LIFETIME
from storage.parcels import Parcel
from storage.receipts import Receipt, Way

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Sender:
    """Sends one parcel at a time; ``paid``: copies may leave beyond Telegram's free rate."""

    bot: Bot
    wire: Wire
    copies: Copies
    clock: Callable[[], datetime]
    paid: bool = False
    _urls: dict[str, URL] = field(default_factory=dict)

    async def __call__(self, parcel: Parcel) -> Attempt:
        """Send it; without a verdict when it came too late to matter."""
        if parcel.publication is None:
            task = decode(parcel.task) if parcel.task else None
            if task is None or self._stale(parcel):
                return Attempt(parcel)
            return Attempt(parcel, task, None, await self._carry_out(parcel, task))
        copy = await self.copies.get(parcel.publication, parcel.version, parcel.edition)
        if copy is None:
            return Attempt(parcel)
        if parcel.receipt is not None:
            task = _change(copy, parcel.receipt)
            return Attempt(parcel, task, copy, await self._carry_out(parcel, task))
        if copy.expires_at <= self.clock():
            return Attempt(parcel)
        attempt = Attempt(parcel, copy.task, copy, await self._copy(parcel, copy))
        verdict = attempt.verdict
        refused = verdict is not None and verdict.outcome is Outcome.NO_MEDIA
        if refused and self.copies.drop_picture(parcel.publication):
            log.warning("Telegram refuses the picture of a publication: it leaves without")
        return attempt

    def ready(self, parcel: Parcel) -> bool:
        """Whether its text is in memory."""
        id = parcel.publication
        return id is None or self.copies.known(id, parcel.version)

    async def prepare(self, parcel: Parcel) -> None:
        """Read its text before its time to leave has come."""
        if parcel.publication is not None:
            await self.copies.load(parcel.publication, parcel.version)

    async def _copy(self, parcel: Parcel, copy: Copy) -> Verdict:
        stamp = copy.stamp(ring=parcel.ring, paid=self.paid)
        if stamp is None:
            return await self._carry_out(parcel, copy.task, paid=self.paid)
        try:
            return await stamped(self.wire.transport, self._url(stamp), parcel.chat, stamp)
        except Exception as error:  # whatever our own code does wrong must not stop the rest
            return Verdict(Outcome.REFUSED, reason=describe(error))

    def _url(self, stamp: Stamp) -> URL:
        if stamp.method not in self._urls:
            self._urls[stamp.method] = self.wire.url(stamp.method)
        return self._urls[stamp.method]

    async def _carry_out(self, parcel: Parcel, task: Task, *, paid: bool = False) -> Verdict:
        try:
            return await carry_out(self.bot, parcel.chat, task, ring=parcel.ring, paid=paid)
        except Exception as error:  # as above
            return Verdict(Outcome.REFUSED, reason=describe(error))

    def _stale(self, parcel: Parcel) -> bool:
        now = self.clock()
        return parcel.lane is Lane.REPLY and parcel.queued_at + REPLY_LIFETIME <= now


def _change(copy: Copy, receipt: Receipt) -> Task:
    match receipt.way:
        case Way.EDIT:
            return Amend(receipt.message_id, copy.message, photo=receipt.photo)
        case Way.DELETE:
            return Erase(receipt.message_id)
        case Way.REPLY:
            return Say(copy.message, reply_to=receipt.message_id or None)
