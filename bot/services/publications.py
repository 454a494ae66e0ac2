"""Making something public: accepted in one short transaction, walked to its recipients in pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.canonical import canonical, digest
from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.privacy import PersonTag
from bot.domain.publications import (
    Audience,
    Kind,
    Publication,
    PublicationId,
    State,
    Want,
    code_of,
)
from bot.i18n import LANGUAGES
from bot.services.atlas import Atlas
from bot.views.message import Message, Say, encode
from storage import channels, holders, outbox, publications, subscribers
from storage.crypto import Keyring
from storage.db import Database, Tx
from storage.publications import Phase, Walk
from storage.subscribers import Subscriber

PAGE = 500
"""Recipients queued per transaction: a hold of the writer of a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A publication before it is accepted; ``texts`` has every shipped language.

    ``expires_at``: when it no longer matters. Copies that have not left by then are dropped.
    """

    kind: Kind
    subject: str
    code: str
    lane: Lane
    audience: Audience
    texts: Mapping[str, Message]
    expires_at: datetime


def mint(keys: Keyring, subject: str, content: bytes) -> str:
    """The public code of ``content`` (what exactly is announced) about ``subject``."""
    return code_of(keys.code(subject.encode() + b"\0" + content))


async def accept(tx: Tx, draft: Draft, now: datetime) -> PublicationId:
    """Queue a publication in the caller's transaction, whatever the number of recipients.

    Older publications about the same subject are superseded: copies of them that have not left
    are withdrawn, so no superseded text is sent after its successor. Reminders supersede nothing.
    """
    if missing := set(LANGUAGES) - draft.texts.keys():
        raise ValueError(f"not rendered in {missing}")
    if draft.kind is not Kind.REMINDER:
        await publications.mark(tx, draft.subject, State.SUPERSEDED)
    id = await publications.add(
        tx,
        kind=draft.kind,
        subject=draft.subject,
        code=draft.code,
        lane=draft.lane,
        audience=draft.audience,
        accepted_at=now,
        expires_at=draft.expires_at,
    )
    for lang, message in draft.texts.items():
        plain = canonical(message.text)
        await publications.add_text(
            tx, id, lang=lang, task=encode(Say(message)), plain=plain, digest=digest(plain)
        )
    if draft.kind is not Kind.REMINDER:
        await outbox.withdraw(tx, await publications.halt(tx, draft.subject, before=id))
    return id


async def walk(db: Database, atlas: Atlas, clock: Callable[[], datetime]) -> int:
    """Queue the copies of everything accepted but not walked; returns copies queued."""
    queued = 0
    while True:
        async with db.tx(write=False) as tx:
            waiting = await publications.unwalked(tx, limit=1)
        if not waiting:
            return queued
        queued += await page(db, atlas, waiting[0], clock())


async def page(
    db: Database, atlas: Atlas, id: PublicationId, now: datetime, *, size: int = PAGE
) -> int:
    """Queue the next recipients of one publication: about ``size`` copies, in one transaction

    that also moves the cursor, so a crash repeats nothing and skips nobody.
    """
    async with db.tx() as tx:
        walk = await publications.walking(tx, id)
        queued = 0
        while walk is not None and queued < size:
            step, walk = await _step(tx, atlas, walk, now, size)
            queued += step
        return queued


async def _step(
    tx: Tx, atlas: Atlas, walk: Walk, now: datetime, size: int
) -> tuple[int, Walk | None]:
    """Queue one page of one phase; returns copies queued and where to go on, if anywhere."""
    publication, audience = walk.publication, walk.publication.audience
    reach = atlas.tree.concerned(audience.districts)
    queued, people = 0, list[Subscriber]()
    match walk.phase:
        case Phase.CHANNELS if audience.channels:
            queued = await _queue_channels(tx, publication, reach, now)
        case Phase.FOLLOWERS if audience.people:
            people = await subscribers.page(tx, reach, after=walk.cursor, limit=size)
        case Phase.HOLDERS if audience.people and audience.want is Want.CHANGES:
            had = holders.tags(publication)
            people = await subscribers.among(tx, had, after=walk.cursor, limit=size)
    for person in people:
        queued += await _queue_person(tx, publication, person, atlas, now)
    after = _after(walk, people[-1].tag if len(people) == size else None)
    phase, cursor = (after.phase, after.cursor) if after else (walk.phase, walk.cursor)
    await publications.advance(tx, publication.id, phase=phase, cursor=cursor, done=after is None)
    return queued, after


def _after(walk: Walk, last: PersonTag | None) -> Walk | None:
    """Where a walk goes on: after ``last`` in the same phase, else in the next one."""
    if last is not None:
        return Walk(walk.publication, walk.phase, last)
    if walk.phase is Phase.HOLDERS:
        return None
    return Walk(walk.publication, Phase(walk.phase + 1), None)


async def _queue_channels(
    tx: Tx, publication: Publication, reach: frozenset[DistrictId], now: datetime
) -> int:
    queued = 0
    reached = {channel.tag: channel for channel in await channels.concerned(tx, reach)}
    if publication.audience.want is Want.CHANGES:
        holding = await holders.of_channels(tx, publication)
        reached |= {channel.tag: channel for channel in holding}
    for channel in reached.values():
        queued += await outbox.add_copy(
            tx,
            lane=publication.lane,
            chat=channel.chat,
            publication=publication.id,
            lang=channel.lang,
            ring=publication.audience.want is Want.CHANGES,
            now=now,
        )
    return queued


async def _queue_person(
    tx: Tx, publication: Publication, person: Subscriber, atlas: Atlas, now: datetime
) -> int:
    settings, want = person.settings, publication.audience.want
    if not settings.wants(want, publication.subject):
        return 0
    return await outbox.add_copy(
        tx,
        lane=publication.lane,
        chat=person.chat,
        publication=publication.id,
        lang=settings.language,
        ring=rings(want, person, publication, atlas, now),
        now=now,
    )


def rings(
    want: Want, person: Subscriber, publication: Publication, atlas: Atlas, now: datetime
) -> bool:
    """Whether a copy sounds: changes always, reminders outside quiet hours, the rest never.

    A reminder in a lane after the rallies' (the day before) is not urgent and stays silent.
    """
    if want is Want.CHANGES:
        return True
    if want is not Want.REMINDERS or publication.lane > Lane.RALLY:
        return False
    zone = atlas.tree.get(next(iter(publication.audience.districts))).zone
    return person.settings.quiet is None or not person.settings.quiet.cover(now, zone)
