"""The texts of publications: looked up and encoded once per edition, kept while they are sent."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.delivery.calls import plain
from bot.delivery.dress import pictured
from bot.delivery.stamp import Stamp, stamp
from bot.domain.publications import PublicationId, Revision, Want
from bot.views.message import Message, Say, decode
from storage import publications, revisions
from storage.db import Database

KEPT = 32
"""Versions of publications in memory, each with all its editions."""
Key = tuple[PublicationId, int]


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
class Version:
    """The texts of one version of a publication. Each is decoded once it is needed."""

    texts: Mapping[str, bytes]
    want: Want
    expires_at: datetime
    revision: Revision | None
    bare: bool
    """Whether its picture is left out."""
    _copies: dict[str, Copy] = field(default_factory=dict)

    def copy(self, edition: str) -> Copy | None:
        """An edition, or its language where there is no such edition; ``None`` without either."""
        if edition not in self._copies:
            raw = self.texts.get(edition, self.texts.get(edition[:2]))
            if raw is None:
                return None
            task = decode(raw)
            assert isinstance(task, Say)
            message = plain(task.message) if self.bare else task.message
            self._copies[edition] = Copy(message, self.want, self.expires_at, self.revision)
        return self._copies[edition]


@dataclass(slots=True)
class Copies:
    """A small cache; the texts of a version never change, so nothing has to be invalidated."""

    db: Database
    _kept: OrderedDict[Key, Version] = field(default_factory=OrderedDict)
    _bare: set[PublicationId] = field(default_factory=set)
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def known(self, id: PublicationId, version: int) -> bool:
        """Whether the texts of a version are in memory."""
        return (id, version) in self._kept

    async def load(self, id: PublicationId, version: int) -> Version | None:
        """The texts of a version, read once; ``None`` when the publication is gone."""
        key = (id, version)
        if key not in self._kept:
            async with self._loading:  # whoever waited finds it there
                if key not in self._kept:
                    await self._read(id, version)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    async def get(self, id: PublicationId, version: int, edition: str) -> Copy | None:
        """The copy of a version in an edition, or in its language where there is no such edition.

        ``None`` when the publication is gone.
        """
        found = await self.load(id, version)
        return found.copy(edition) if found is not None else None

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

    async def _read(self, id: PublicationId, version: int) -> None:
        async with self.db.tx(write=False) as tx:
            publication = await publications.get(tx, id)
            texts = await publications.tasks(tx, id, version=version)
            revision = await revisions.kind_of(tx, id, version)
        if publication is None:
            return
        want, bare = publication.audience.want, id in self._bare
        self._kept[id, version] = Version(texts, want, publication.expires_at, revision, bare)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
