"""The text of a publication, looked up once per language and kept while it is being sent."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.publications import PublicationId, Want
from bot.views.message import Message, Say, decode
from storage import publications
from storage.db import Database

KEPT = 64
"""Texts in memory: a dozen publications in five languages."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What every recipient of one language gets, and until when it matters."""

    message: Message
    want: Want
    expires_at: datetime


@dataclass(slots=True)
class Copies:
    """A small cache; texts never change after acceptance, so nothing has to be invalidated."""

    db: Database
    _kept: OrderedDict[tuple[PublicationId, str], Copy] = field(default_factory=OrderedDict)

    async def get(self, id: PublicationId, lang: str) -> Copy | None:
        """The copy in a language; ``None`` when the publication is gone."""
        if (id, lang) not in self._kept:
            await self._load(id)
        found = self._kept.get((id, lang))
        if found is not None:
            self._kept.move_to_end((id, lang))
        return found

    async def _load(self, id: PublicationId) -> None:
        async with self.db.tx(write=False) as tx:
            publication = await publications.get(tx, id)
            texts = await publications.tasks(tx, id)
        if publication is None:
            return
        for lang, raw in texts.items():
            task = decode(raw)
            assert isinstance(task, Say)
            want = publication.audience.want
            self._kept[id, lang] = Copy(task.message, want, publication.expires_at)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
