"""The texts of publications: looked up and encoded once per edition, kept while they are sent."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from bot.delivery.calls import plain
from bot.delivery.dress import pictured
from bot.delivery.stamp import Stamp, stamp
from bot.domain.publications import PublicationId, Revision, Want
from bot.views.message import Message, Say, decode
from storage import publications, revisions
from storage.db import Database

KEPT = 256
"""Texts in memory: some twenty publications in all their editions."""
Key = tuple[PublicationId, int, str]


@dataclass(slots=True)
class Copy:
    """What every recipient of one edition gets, and until when it matters."""

    message: Message
    want: Want
    expires_at: datetime
    revision: Revision | None = None
    task: Say = field(init=False)
    """What sending it is."""
    _stamps: dict[tuple[bool, bool], Stamp | None] = field(default_factory=dict)

    @property
    def photo(self) -> bool:
        """Whether it is sent as a picture, so that its text is a caption."""
        return pictured(self.message)

    def __post_init__(self) -> None:
        self.task = Say(self.message)

    def stamp(self, *, ring: bool, paid: bool) -> Stamp | None:
        """Everything of the call but the chat, encoded once; ``None`` where that cannot be."""
        if (ring, paid) not in self._stamps:
            self._stamps[ring, paid] = stamp(self.message, ring=ring, paid=paid)
        return self._stamps[ring, paid]


@dataclass(slots=True)
class Copies:
    """A small cache; the texts of a version never change, so nothing has to be invalidated."""

    db: Database
    _kept: OrderedDict[Key, Copy] = field(default_factory=OrderedDict)
    _bare: set[PublicationId] = field(default_factory=set)
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self, id: PublicationId, version: int, edition: str) -> Copy | None:
        """The copy of a version in an edition, or in its language where there is no such edition.

        ``None`` when the publication is gone.
        """
        key = (id, version, edition)
        if key not in self._kept:
            async with self._loading:  # whoever waited finds it there
                if key not in self._kept:
                    await self._load(id, version, edition)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def drop_picture(self, id: PublicationId) -> bool:
        """Telegram refuses the picture of a publication: everybody else gets it without.

        ``False`` when that was known already.
        """
        if id in self._bare:
            return False
        self._bare.add(id)
        for key in [key for key in self._kept if key[0] == id]:
            del self._kept[key]
        return True

    async def _load(self, id: PublicationId, version: int, edition: str) -> None:
        async with self.db.tx(write=False) as tx:
            publication = await publications.get(tx, id)
            texts = await publications.tasks(tx, id, version=version)
            revision = await revisions.kind_of(tx, id, version)
        raw = texts.get(edition, texts.get(edition[:2]))
        if publication is None or raw is None:
            return
        task = decode(raw)
        assert isinstance(task, Say)
        message = plain(task.message) if id in self._bare else task.message
        want = publication.audience.want
        self._kept[id, version, edition] = Copy(message, want, publication.expires_at, revision)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
