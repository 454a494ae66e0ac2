"""Taking back what a revoked source published, item by item."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from bot.domain.items import Item, ItemId
from bot.domain.publications import Publication, State
from bot.domain.revisions import Deed
from bot.domain.sources import Source, SourceId

NOTHING = ItemId(0)


class Since(StrEnum):
    """From when on a revocation takes back."""

    VETTING = "v"
    WEEK = "w"
    DAY = "d"
    ITEM = "i"
    """From one item on, that one included."""


_BACK = {Since.WEEK: timedelta(days=7), Since.DAY: timedelta(days=1)}


def cut_at(since: Since, source: Source, item: Item | None, now: datetime) -> datetime:
    """The instant that this choice means; never before the source was vetted."""
    start = source.vetted_at or now
    if since is Since.ITEM and item is not None and item.sent_at is not None:
        return max(start, item.sent_at)
    return max(start, now - _BACK[since]) if since in _BACK else start


@dataclass(frozen=True, slots=True)
class Cascade:
    """How far it is: ``last`` is the last item done, ``total`` how many there were to do."""

    source: SourceId
    cut: datetime
    total: int
    last: ItemId = NOTHING
    recalled: int = 0
    corrected: int = 0
    finished_at: datetime | None = None

    @property
    def done(self) -> int:
        """How many items are dealt with."""
        return self.recalled + self.corrected

    def after(self, item: ItemId, deed: Deed | None) -> Self:
        """This item is dealt with."""
        return replace(
            self,
            last=item,
            recalled=self.recalled + (deed is not Deed.CORRECT),
            corrected=self.corrected + (deed is Deed.CORRECT),
        )


def deed_for(item: Item, sent: Publication | None, cut: datetime, *, masked: bool) -> Deed | None:
    """What is done about an item: recalled from ``cut`` on, marked before it.

    ``None``: nothing is left of it, or it was taken back before. What is hidden is not shown again
    in order to be marked.
    """
    if sent is None or sent.state is State.RECALLED:
        return None
    fresh = item.sent_at is None or item.sent_at >= cut
    return Deed.RECALL if fresh or masked else Deed.CORRECT
