"""Takes back what revoked sources published: an item per transaction, resumed after a crash."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.cascades import Cascade, deed_for
from bot.domain.items import ItemId
from bot.domain.publications import Kind, Publication
from bot.domain.revisions import Deed
from bot.i18n import translator
from bot.services import moderators, revising
from bot.services.atlas import Atlas
from bot.services.publications import TextTooLong
from bot.views import notices, revised
from storage import cascades, items, ledger, masks, publications, sources
from storage.db import Database, Tx

PORTION = 200
"""Items per heartbeat: other heartbeats of the table go on meanwhile anyway."""


@dataclass(frozen=True, slots=True)
class Cascades:
    """Carries revocations out; ``clock`` gives aware UTC."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]

    async def run(self) -> int:
        """The heartbeat: go on with what is not finished; returns how many items were dealt with.

        A crash repeats at most the transaction of one item.
        """
        async with self.db.tx(write=False) as tx:
            if not await cascades.unfinished(tx):
                return 0
        done = 0
        while done < PORTION and await self._step():
            done += 1
        return done

    async def _step(self) -> bool:
        now = self.clock()
        async with self.db.tx() as tx:
            one = await cascades.claim(tx)
            if one is None:
                return False
            id = await cascades.next_item(tx, one)
            if id is None:
                await self._finish(tx, one, now)
            else:
                await cascades.save(tx, one.after(id, await self._take_back(tx, one, id, now)))
        return True

    async def _take_back(self, tx: Tx, one: Cascade, id: ItemId, now: datetime) -> Deed | None:
        item = await items.get(tx, id)
        assert item is not None
        sent = await publications.newest(tx, item.subject, kind=Kind.ITEM)
        masked = sent is not None and await masks.get(tx, sent.id) is not None
        deed = deed_for(item, sent, one.cut, masked=masked)
        if sent is None or deed is None:
            return deed
        if deed is Deed.CORRECT:
            try:
                await self._mark(tx, sent, now)
            except TextTooLong:
                deed = Deed.RECALL
        if deed is Deed.RECALL:
            await revising.recall(tx, self.atlas, sent.id, now)
        await ledger.add(tx, f"publication.{deed}", item.subject, 2, now)
        return deed

    async def _mark(self, tx: Tx, sent: Publication, now: datetime) -> None:
        """The text stays, below a line that says what became of its medium."""
        texts = {}
        for edition, message in (await revising.messages(tx, sent.id)).items():
            t = translator(edition[:2])
            texts[edition] = revised.corrected(message, t("source-revoked-note"), t)
        await revising.correct(tx, sent.id, now, texts=texts)

    async def _finish(self, tx: Tx, one: Cascade, now: datetime) -> None:
        finished = replace(one, finished_at=now)
        await cascades.save(tx, finished)
        source = await sources.get(tx, one.source)
        if source is not None:
            said = notices.taken_back
            await moderators.about(
                tx, source, lambda s, t: said(s, finished, t), self.atlas.tree, now
            )
