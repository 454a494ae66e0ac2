"""Cards on the screens of staff that follow a publication: edited while it is being sent.

Which ones are open is kept in memory only: after a restart they stand still until somebody presses
Refresh.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.errors import Gone, NotAllowed
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import PublicationId
from bot.domain.staff import StaffId, StaffState
from bot.i18n import translator
from bot.services.sending import Card, Sending
from bot.views.message import Amend, Message, encode
from storage import outbox, staff
from storage.db import Database

LIFE = timedelta(minutes=10)
GAP = timedelta(seconds=5)
"""Between two edits of one card."""
MOST = 20
"""Cards kept up to date; the oldest are let go. Edited every 10 s, 2 messages a second."""

Place = tuple[TelegramId, int]
"""A chat and the number of the message in it."""


@dataclass(frozen=True, slots=True)
class _Open:
    publication: PublicationId
    by: StaffId
    lang: str
    since: datetime
    edited: datetime
    shown: Message


@dataclass(slots=True)
class Cards:
    """The open cards. ``clock`` gives aware UTC."""

    db: Database
    sending: Sending
    clock: Callable[[], datetime]
    _open: dict[Place, _Open] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._open)

    def follow(
        self, place: Place, publication: PublicationId, by: StaffId, lang: str, card: Card
    ) -> None:
        """A card was shown there."""
        self.close(place)
        if card.running:
            now = self.clock()
            self._open[place] = _Open(publication, by, lang, now, now, card.message)
        while len(self._open) > MOST:
            del self._open[next(iter(self._open))]

    def close(self, place: Place) -> None:
        """Something else is shown there now."""
        self._open.pop(place, None)

    async def refresh(self) -> int:
        """The heartbeat: edit the cards that look different by now; returns how many."""
        return sum([await self._refresh(place, one) for place, one in list(self._open.items())])

    async def _refresh(self, place: Place, one: _Open) -> bool:
        now = self.clock()
        if not one.since <= now < one.since + LIFE:
            self.close(place)
            return False
        if now < one.edited + GAP:
            return False
        card = await self._drawn(one)
        if self._open.get(place) is not one:  # meanwhile a button was pressed there
            return False
        if card is None or not card.running:
            self.close(place)
        if card is None or card.message == one.shown:
            return False
        if place in self._open:
            self._open[place] = replace(one, edited=now, shown=card.message)
        return await self._edit(place, card.message, now)

    async def _drawn(self, one: _Open) -> Card | None:
        """As it looks now for that person, if they may see it still."""
        async with self.db.tx(write=False) as tx:
            by = await staff.get(tx, one.by)
        if by is None or by.state is not StaffState.ACTIVE:
            return None
        try:
            return await self.sending.card(by, one.publication, translator(one.lang))
        except (Gone, NotAllowed):
            return None

    async def _edit(self, place: Place, message: Message, now: datetime) -> bool:
        chat, number = place
        async with self.db.tx() as tx:
            return await outbox.add(
                tx,
                lane=Lane.REPLY,
                chat=chat,
                task=encode(Amend(number, message, fleeting=True)),
                now=now,
                cause=f"card:{tx.keys.tag(chat).hex()[:16]}:{number}",
            )
