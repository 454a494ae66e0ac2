"""What staff sees and does of publications on their way: the list, a card, stop, go on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain import stops as rules
from bot.domain.errors import Gone, NotAllowed
from bot.domain.progress import Progress
from bot.domain.publications import Hold, Publication, PublicationId
from bot.domain.staff import May, Staff
from bot.i18n import LANGUAGES, Translator
from bot.services import moderators
from bot.services.acting import acting
from bot.services.atlas import Atlas
from bot.services.progress import headline, standing
from bot.views import publications as view
from bot.views.message import Button, Message
from storage import backlog, ledger, publications, staff, stops
from storage.db import Database, Tx

SEARCHED = 300
"""The newest publications, of which those of somebody's districts are listed."""

More = Callable[[Staff, Publication, Translator], Sequence[Button]]
"""What else somebody may do with a publication: a row of buttons on its card."""


def nothing_more(_by: Staff, _publication: Publication, _t: Translator) -> Sequence[Button]:
    """No further buttons."""
    return ()


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown of one publication, and whether it may look different a little later."""

    message: Message
    running: bool


@dataclass(frozen=True, slots=True)
class Sending:
    """The use cases; ``clock`` gives aware UTC, ``rate`` the messages a second of the moment."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]
    rate: Callable[[], float]
    more: More = field(default=nothing_more)

    async def page(self, by: Staff, number: int, t: Translator) -> Message:
        """The publications of the last days in somebody's districts, newest first."""
        by.require_anywhere(May.SEE_COUNTS)
        async with self.db.tx(write=False) as tx:
            recent = await publications.lately(tx, self.clock(), limit=SEARCHED)
            theirs = [one.publication.id for one in recent if self._sees(by, one.publication)]
            pages = max(1, -(-len(theirs) // view.SHOWN))
            first = number % pages * view.SHOWN
            shown = theirs[first : first + view.SHOWN]
            found = [await standing(tx, self.atlas, id, self.rate(), t.lang) for id in shown]
        known = [one for one in found if one is not None]
        return view.listed(known, t, page=number % pages, pages=pages)

    async def card(self, by: Staff, id: PublicationId, t: Translator) -> Card:
        """One publication as it stands; ``Gone`` when nothing is kept of it any more."""
        async with self.db.tx(write=False) as tx:
            one = await self._theirs(tx, by, id, t.lang)
        rights = view.rights_of(by, one, self.atlas.tree)
        more = self.more(by, one.publication, t)
        return Card(view.card(one, rights, t, more=more), one.running)

    async def stop(self, by: Staff, id: PublicationId) -> None:
        """Let a publication wait, at once. Two of staff go on with it."""
        now = self.clock()
        async with self.db.tx(write=False) as tx:
            one = await self._theirs(tx, by, id, "en")
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            rules.stop(by, one, self.atlas.tree)
            present = await publications.get(tx, id)
            if present is None or present.held is not None:
                raise rules.NothingToStop
            await publications.hold(tx, id, Hold.STAFF)
            await ledger.add(tx, "publication.stopped", f"publication:{id}", 1, now)
            await self._tell(tx, one.publication, "publications-told-stopped", by, now)

    async def resume(self, by: Staff, id: PublicationId) -> bool:
        """Agree to go on with what staff stopped; ``False`` while a second person has to."""
        now, tree = self.clock(), self.atlas.tree
        async with self.db.tx(write=False) as tx:
            one = await self._theirs(tx, by, id, "en")
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            present = await publications.get(tx, id)
            if present is None or present.held is not Hold.STAFF:
                raise rules.NotStopped
            first = await stops.asked_by(tx, id)
            asked = await moderators.entitled(
                tx,
                [] if first is None else [first],
                rules.right_to_resume(present),
                rules.places(present, tree),
                tree,
            )
            branches = await staff.branches(tx)
            quorum = rules.resume(by, one, tree, asked=asked, branches=branches)
            if not quorum.complete:
                await stops.ask(tx, id, by.id)
                await self._tell(tx, present, "publications-told-asked", by, now)
                return False
            await stops.settle(tx, id)
            await publications.hold(tx, id, None)
            await ledger.add(tx, "publication.resumed", f"publication:{id}", rules.PEOPLE, now)
            await self._tell(tx, present, "publications-told-resumed", by, now)
        await let_go(self.db, id, self.clock)
        return True

    def _sees(self, by: Staff, publication: Publication) -> bool:
        own = publication.audience.only is None
        return own and rules.permitted(by, May.SEE_COUNTS, publication, self.atlas.tree)

    async def _theirs(self, tx: Tx, by: Staff, id: PublicationId, lang: str) -> Progress:
        one = await standing(tx, self.atlas, id, self.rate(), lang)
        if one is None:
            raise Gone
        if not self._sees(by, one.publication):
            raise NotAllowed
        return one

    async def _tell(
        self, tx: Tx, publication: Publication, key: str, by: Staff, now: datetime
    ) -> None:
        """Tell the others who decide about it."""
        said = {}
        for lang in LANGUAGES:
            said[lang] = await headline(tx, publication.id, lang)
        await moderators.tell(
            tx,
            lambda t: view.told(key, publication, said[t.lang], t),
            may=rules.right_to_resume(publication),
            districts=rules.places(publication, self.atlas.tree),
            tree=self.atlas.tree,
            cause=f"{key.removeprefix('publications-told-')}:{publication.id}",
            now=now,
            but=by.id,
        )


async def let_go(db: Database, id: PublicationId, clock: Callable[[], datetime]) -> int:
    """Rows of a publication that were held wait again for their turn; returns how many."""
    after, freed = None, 0
    while True:
        async with db.tx() as tx:
            step = await backlog.let_go(tx, id, clock(), after=after)
        freed, after = freed + step.changed, step.after
        if after is None:
            return freed
