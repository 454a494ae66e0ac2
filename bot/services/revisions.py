"""Taking something back, by staff: one hides at once, two correct, restore or recall."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.canonical import canonical
from bot.domain.errors import Gone
from bot.domain.publications import Hold, Publication, PublicationId, State
from bot.domain.rallies import Panel
from bot.domain.revisions import (
    MASKS_PER_DAY,
    AlreadyDecided,
    AskedAlready,
    ChangedSince,
    Deed,
    Request,
    RequestId,
    TooManyMasks,
    may,
    next_review,
    note_of,
    options,
    possible,
    require,
)
from bot.domain.staff import Staff
from bot.i18n import LANGUAGES, Translator, translator
from bot.services import rally_desk, revising
from bot.services.acting import acting
from bot.services.atlas import Atlas
from bot.services.notices import tell
from bot.services.revising import Texts
from bot.views import revisions as view
from bot.views.message import Button, Message
from bot.views.revisions import Card
from storage import ledger, masks, publications, rallies, revision_requests
from storage.db import Database, Tx

SEARCHED = 100
"""Publications looked through for the list of what may be taken back."""
ANYTHING = (None, *Deed)


@dataclass(frozen=True, slots=True)
class Revisions:
    """The use cases; each is one transaction. ``clock`` gives aware UTC."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]

    async def listed(self, by: Staff, lang: str) -> list[tuple[Publication, str]]:
        """What this person may do something about, newest first, each with its first line."""
        async with self.db.tx(write=False) as tx:
            recent = await publications.lately(tx, self.clock(), limit=SEARCHED)
            theirs = [one.publication for one in recent if self._concerns(by, one.publication)]
            texts = [await revising.original(tx, publication) for publication in theirs]
        return [
            (publication, view.headline(said[lang]))
            for publication, said in zip(theirs, texts, strict=True)
        ]

    def offered(self, by: Staff, publication: Publication, t: Translator) -> Sequence[Button]:
        """What this person may do with a publication, for the row of another card of it."""
        masked = publication.held is Hold.MASKED
        todo = options(by, publication, self.atlas.tree, masked=masked)
        return view.buttons(publication, todo, t)

    async def card(self, by: Staff, id: PublicationId, lang: str) -> Card:
        """One publication with what this person may do; ``Gone`` for whom it is none of."""
        async with self.db.tx(write=False) as tx:
            return await self._card(tx, by, id, lang)

    async def mask(self, by: Staff, id: PublicationId) -> None:
        """Hide it at once and tell everybody who may decide. At most three times in 24 hours."""
        now, tree = self.clock(), self.atlas.tree
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            publication = await revising.get(tx, id)
            require(by, publication, None, tree)
            if await rallies.paused(tx, by.id, now) >= MASKS_PER_DAY:
                raise TooManyMasks
            await revising.mask(tx, self.atlas, id, by.id, now)
            await rallies.note_pause(tx, by.id, now)
            await ledger.add(tx, "publication.masked", publication.subject, 1, now)
            await self._remind(tx, publication, now, key="revision-told-mask", but=by)

    async def preview(self, by: Staff, id: PublicationId, deed: Deed, note: str) -> "Preview":
        """What everybody would read, and its digest; raises what ``ask`` would raise."""
        async with self.db.tx(write=False) as tx:
            publication = await self._possible(tx, by, id, deed)
            return await self._preview(tx, publication, _request(publication, by, deed, note))

    async def ask(
        self, by: Staff, id: PublicationId, deed: Deed, digest: str, *, note: str = ""
    ) -> None:
        """Ask a second person to agree to exactly what ``digest`` names."""
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            publication = await self._possible(tx, by, id, deed)
            request = _request(publication, by, deed, note)
            shown = await self._preview(tx, publication, request)
            if shown.digest != digest:
                raise ChangedSince
            number = await revision_requests.add(tx, request, now)
            if number is None:
                raise AskedAlready
            who = await rally_desk.panel(tx, self.atlas.tree)
            others = [p for p in self._deciders(who, publication, [deed]) if p.id != by.id]

            def question(t: Translator) -> Message:
                return view.question(number, request, digest, shown.texts[t.lang], t)

            await tell(tx, [p.id for p in others], question, now, cause=f"revise:{number}")

    async def approve(self, by: Staff, number: RequestId, digest: str) -> tuple[Deed, bool]:
        """Agree to exactly what ``digest`` names; says whether another one must agree too."""
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            request = await self._waiting(tx, number, now)
            publication = await self._possible(tx, by, request.publication, request.deed)
            shown = await self._preview(tx, publication, request)
            if publication.version != request.version or shown.digest != digest:
                raise ChangedSince
            who = await rally_desk.panel(tx, self.atlas.tree)
            entitled = {p.id: p for p in self._deciders(who, publication, [request.deed])}
            agreed = [entitled[i] for i in (request.by, *request.approvals) if i in entitled]
            more, quorum = request.approve(by, agreed, branches=who.branches)
            if not quorum.complete:
                await revision_requests.agree(tx, more)
                return request.deed, True
            await self._carry_out(tx, request, now)
            people = len(quorum.agreed)
            await ledger.add(tx, f"publication.{request.deed}", publication.subject, people, now)
            await self._answer(tx, request, f"revision-done-{request.deed}", now)
        return request.deed, False

    async def refuse(self, by: Staff, number: RequestId) -> bool:
        """Say no to a request, or withdraw one's own; returns whether it was one's own."""
        now = self.clock()
        async with self.db.tx() as tx:
            by = await acting(tx, by)
            request = await self._waiting(tx, number, now)
            publication = await revising.get(tx, request.publication)
            if own := request.by == by.id:
                await revision_requests.drop(tx, request.publication)
                return own
            require(by, publication, request.deed, self.atlas.tree)
            await revision_requests.drop(tx, request.publication)
            await self._answer(tx, request, "revision-told-no", now)
        return False

    async def remind_due(self) -> int:
        """The heartbeat: whoever may decide is reminded of what is hidden for long.

        Half an hour after it was hidden, then every day. Returns of how many publications.
        """
        now = self.clock()
        async with self.db.tx() as tx:
            late = await masks.due(tx, now)
            for mask in late:
                publication = await revising.get(tx, mask.publication)
                await self._remind(tx, publication, now, key="revision-told-still")
                await masks.put_off(tx, next_review(mask, now))
        return len(late)

    async def _card(self, tx: Tx, by: Staff, id: PublicationId, lang: str) -> Card:
        publication = await revising.get(tx, id)
        if not self._concerns(by, publication):
            raise Gone
        mask = await masks.get(tx, id)
        recalled = publication.state is State.RECALLED
        said = (
            await revising.messages(tx, id)
            if recalled
            else await revising.original(tx, publication)
        )
        request = await revision_requests.about(tx, id, self.clock())
        texts, digest = None, ""
        if request is not None:
            shown = await self._preview(tx, publication, request)
            texts, digest = shown.texts[lang], shown.digest
        todo = options(by, publication, self.atlas.tree, masked=mask is not None)
        return Card(publication, said[lang], todo, request, texts, digest)

    async def _possible(self, tx: Tx, by: Staff, id: PublicationId, deed: Deed) -> Publication:
        publication = await revising.get(tx, id)
        require(by, publication, deed, self.atlas.tree)
        possible(publication, deed, masked=await masks.get(tx, id) is not None)
        return publication

    async def _preview(self, tx: Tx, publication: Publication, request: Request) -> "Preview":
        texts = await revising.outcome(tx, publication, request.deed, request.note)
        plain = {edition: canonical(message.text) for edition, message in texts.items()}
        return Preview(texts, request.digest(plain))

    async def _carry_out(self, tx: Tx, request: Request, now: datetime) -> None:
        match request.deed:
            case Deed.CORRECT:
                await revising.correct(tx, request.publication, now, note=request.note)
            case Deed.RESTORE:
                await revising.restore(tx, self.atlas, request.publication, now)
            case Deed.RECALL:
                await revising.recall(tx, self.atlas, request.publication, now)

    async def _waiting(self, tx: Tx, number: RequestId, now: datetime) -> Request:
        request = await revision_requests.get(tx, number, now)
        if request is None:
            raise AlreadyDecided
        return request

    def _deciders(self, who: Panel, publication: Publication, deeds: Iterable[Deed]) -> list[Staff]:
        wanted = list(deeds)
        return [
            person
            for person in who.people.values()
            if any(may(person, publication, deed, who.tree) for deed in wanted)
        ]

    def _concerns(self, by: Staff, publication: Publication) -> bool:
        return any(may(by, publication, deed, self.atlas.tree) for deed in ANYTHING)

    async def _remind(
        self,
        tx: Tx,
        publication: Publication,
        now: datetime,
        *,
        key: str,
        but: Staff | None = None,
    ) -> None:
        who = await rally_desk.panel(tx, self.atlas.tree)
        told = [
            person.id
            for person in self._deciders(who, publication, (Deed.RESTORE, Deed.RECALL))
            if but is None or person.id != but.id
        ]
        said = await revising.original(tx, publication)
        await tell(
            tx,
            told,
            lambda t: view.told(key, publication, said[t.lang], t),
            now,
            cause=f"{key.removeprefix('revision-')}:{publication.id}",
        )

    async def _answer(self, tx: Tx, request: Request, key: str, now: datetime) -> None:
        publication = await revising.get(tx, request.publication)
        said = {lang: view.answered(key, publication, translator(lang)) for lang in LANGUAGES}
        await tell(tx, [request.by], lambda t: said[t.lang], now, cause=f"revised:{request.id}")


@dataclass(frozen=True, slots=True)
class Preview:
    """What everybody would read, per edition, and the digest that approvals are bound to."""

    texts: Texts
    digest: str


def _request(publication: Publication, by: Staff, deed: Deed, note: str) -> Request:
    words = note_of(note) if deed is Deed.CORRECT else ""
    return Request(publication.id, deed, by.id, publication.version, words)
