"""Who is written to next: a page of recipients at a time, each reserved before anything leaves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from msgspec.structs import replace as renewed

from bot.domain.districts import DistrictId
from bot.domain.privacy import PersonTag
from bot.domain.publications import Kind, Publication, PublicationId, Revision, Want
from bot.domain.quiet import rings
from bot.domain.subscribers import Mode, Settings
from bot.services import digests
from bot.services.atlas import Atlas
from storage import channels, holders, outbox, receipts, revisions, subscribers, walks
from storage.channels import Channel
from storage.db import Tx
from storage.outbox import Parcel, Stage
from storage.publications import Phase
from storage.receipts import Way
from storage.revisions import Revising
from storage.subscribers import Candidate
from storage.walks import Walk

SCAN = 1000
"""Recipients looked at in one transaction: a hold of the writer of some 10 ms."""

Closed = Callable[[PersonTag], float | None]
"""``None`` for a chat that may be written to; else seconds until it may be, 0 when an answer is

awaited there.
"""


@dataclass(frozen=True, slots=True)
class Flight:
    """What of one walk is on its way. ``lowest``: where the cursor may stand at most, the place

    before the first recipient whose answer is awaited; of no meaning when nothing is in flight.
    ``earlier``: copies of older publications of its subject are on their way.
    """

    count: int = 0
    lowest: PersonTag | None = None
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class Reserved:
    """Copies to send now. ``over``: nothing more to do; ``waits``: not before answers come.

    ``start``: where the walk stood before the first of them, in the present place.
    """

    parcels: Sequence[Parcel] = ()
    over: bool = False
    waits: bool = False
    start: PersonTag | None = None


async def reserve(
    tx: Tx,
    atlas: Atlas,
    id: PublicationId,
    worker: bytes,
    now: datetime,
    *,
    limit: int,
    flight: Flight,
    closed: Closed,
) -> Reserved:
    """Take up to ``limit`` recipients; durable with the caller's transaction.

    One whose chat is closed at the moment gets a row of its own, and the walk goes on.
    """
    walk = await walks.take(tx, id, worker, now)
    if walk is None:
        return Reserved(over=True)
    if walk.taken_over:
        await account_for(tx, atlas, walk, now)
        walk = replace(walk, settled=walk.reserved)
    walk = replace(walk, settled=flight.lowest if flight.count else walk.reserved)
    if walk.publication.expires_at <= now:
        if not flight.count:
            await walks.advance(tx, _ended(walk), worker, now)
        return Reserved(over=not flight.count, waits=flight.count > 0)
    start, parcels = walk.reserved, list[Parcel]()
    seen, ask, waits = 0, limit, False
    while len(parcels) < limit and seen < SCAN and not walk.walked:
        found = await _page(tx, walk, limit=min(ask, SCAN))
        seen, ask = seen + max(len(found), 1), ask * 2
        if not found:
            waits = bool(parcels or flight.count)
            if waits or (walk.phase is Phase.HOLDERS and flight.earlier):
                waits = True
                break  # the next place is not begun while anybody of this one is unaccounted for
            walk = await _next_place(tx, atlas, walk, now)
            start = walk.reserved
            continue
        for person in await _wanting(tx, atlas, walk, found, now):
            if len(parcels) == limit:
                break
            walk = replace(walk, reserved=person.tag)
            if person.parcel is None:
                continue
            if (wait := closed(person.tag)) is not None:
                await _queue(tx, person.parcel, now, due=now + timedelta(seconds=wait))
            else:
                parcels.append(person.parcel)
    if not parcels and not flight.count and not walk.walked:
        walk = replace(walk, settled=walk.reserved)
    await walks.advance(tx, walk, worker, now)
    return Reserved(parcels, over=walk.walked, waits=waits, start=start)


async def account_for(tx: Tx, atlas: Atlas, walk: Walk, now: datetime) -> int:
    """After a crash: whoever was reserved and has no receipt may have got a copy or not.

    Each gets a row with a doubt, which waits a little; of a publication that was replaced
    meanwhile one that stays unsent, so that the newer one reaches them. Returns how many.
    """
    publication, after, count = walk.publication, walk.settled, 0
    stage = Stage.UNKNOWN if walk.walked else Stage.WAITING
    while found := await _page(tx, walk, limit=SCAN, after=after, until=walk.reserved):
        after = found[-1].person.tag
        for person in await _wanting(tx, atlas, walk, found, now):
            if person.parcel is not None:
                due = now + after_crash(0)
                await _queue(tx, person.parcel, now, due=due, doubts=1, stage=stage)
                count += 1
    await walks.settle(tx, publication.id)
    return count


def after_crash(doubts: int) -> timedelta:
    """5, 20, 60 seconds: longer than a restart takes, so that a program which dies again and again

    does not repeat at every start what it was sending when it died.
    """
    return timedelta(seconds=min(5 * 4 ** min(doubts, 3), 60))


async def revise(
    tx: Tx,
    one: Revising,
    worker: bytes,
    now: datetime,
    *,
    limit: int,
    after: PersonTag | None,
    flight: Flight,
    closed: Closed,
) -> tuple[Reserved, PersonTag | None]:
    """Take up to ``limit`` copies to be brought to a version, from ``after`` on.

    Returns them and how far this came.
    """
    if await revisions.take(tx, one, worker, now) is None:
        return Reserved(over=True), after
    below = one.version
    found = await receipts.page(tx, one.publication, below=below, after=after, limit=limit)
    way = Way.DELETE if one.kind is Revision.RECALL else Way.EDIT
    parcels = []
    for held in found:
        parcel = Parcel(
            lane=one.lane,
            tag=held.tag,
            chat=held.chat,
            sealed=held.sealed,
            queued_at=now,
            publication=one.publication,
            edition=held.receipt.edition,
            version=one.version,
            receipt=renewed(held.receipt, way=way),
        )
        if (wait := closed(held.tag)) is not None:
            await _queue(tx, parcel, now, due=now + timedelta(seconds=wait))
        else:
            parcels.append(parcel)
    reached = found[-1].tag if found else after
    over = not found and not flight.count
    cursor = flight.lowest if flight.count else after
    await revisions.advance(tx, one, cursor, walked=over, worker=worker, now=now)
    return Reserved(parcels, over=over, waits=not found and not over), reached


async def _queue(
    tx: Tx,
    parcel: Parcel,
    now: datetime,
    *,
    due: datetime,
    doubts: int = 0,
    stage: Stage = Stage.WAITING,
) -> None:
    assert parcel.publication is not None
    await outbox.add_copy(
        tx,
        lane=parcel.lane,
        tag=parcel.tag,
        sealed=parcel.sealed,
        publication=parcel.publication,
        edition=parcel.edition,
        ring=parcel.ring,
        now=now,
        due=due,
        doubts=doubts,
        stage=stage,
        receipt=parcel.receipt,
    )


@dataclass(frozen=True, slots=True)
class _Looked:
    """Somebody who was looked at, and the copy for them if they want one."""

    tag: PersonTag
    parcel: Parcel | None


async def _wanting(
    tx: Tx, atlas: Atlas, walk: Walk, found: Sequence[Candidate], now: datetime
) -> list[_Looked]:
    publication = walk.publication
    zones = _zones(atlas, walk)
    if publication.kind is Kind.DIGEST:
        return await _digesting(tx, atlas, publication, found, now)
    looked = []
    for one in found:
        settings, parcel = one.person.settings, None
        if not one.had and _meant(publication, settings):
            parcel = _parcel(publication, one, edition_of(settings), now)
            if rings(publication, settings, zones, now, publication.urgent):
                parcel = renewed(parcel, ring=True)
        looked.append(_Looked(one.person.tag, parcel))
    return looked


async def _digesting(
    tx: Tx, atlas: Atlas, publication: Publication, found: Sequence[Candidate], now: datetime
) -> list[_Looked]:
    """A digest differs with what a person follows; each edition is rendered once."""
    meant = {c.person.tag for c in found if not c.had and _meant(publication, c.person.settings)}
    follows = await subscribers.follows_of(tx, meant)
    looked = []
    for one in found:
        tag, parcel = one.person.tag, None
        if tag in meant:
            person = replace(one.person, follows=follows[tag])
            edition = await digests.edition(tx, atlas, publication, person, now)
            parcel = _parcel(publication, one, edition, now) if edition else None
        looked.append(_Looked(tag, parcel))
    return looked


def _parcel(publication: Publication, one: Candidate, edition: str, now: datetime) -> Parcel:
    return Parcel(
        lane=publication.lane,
        tag=one.person.tag,
        chat=one.person.chat,
        sealed=one.sealed,
        queued_at=now,
        publication=publication.id,
        edition=edition,
        version=publication.version,
    )


def _meant(publication: Publication, settings: Settings) -> bool:
    audience = publication.audience
    if not settings.wants(audience.want, publication.subject):
        return False
    if audience.languages and settings.language not in audience.languages:
        return False
    return not audience.modes or settings.mode in audience.modes


def edition_of(settings: Settings) -> str:
    """Which edition of a publication somebody reads; without a short one it is the full one."""
    lite = settings.mode is Mode.LITE
    return f"{settings.language}.lite" if lite else settings.language


def _zones(atlas: Atlas, walk: Walk) -> frozenset[str]:
    """The zone in which a recipient's quiet hours count: of the district being walked."""
    places = {walk.place} if walk.place is not None else walk.publication.audience.districts
    return frozenset(atlas.tree.all[place].zone for place in places if place in atlas.tree.all)


async def _page(
    tx: Tx,
    walk: Walk,
    *,
    limit: int,
    after: PersonTag | None = None,
    until: PersonTag | None = None,
) -> list[Candidate]:
    """The next recipients where the walk stands; nobody where that place is done."""
    audience, id = walk.publication.audience, walk.publication.id
    after = after if until is not None else walk.reserved
    if not audience.people or walk.phase is Phase.CHANNELS:
        return []
    if walk.phase is Phase.FOLLOWERS and _chosen(walk.publication):
        tags = holders.chosen(walk.publication)
    elif walk.phase is Phase.FOLLOWERS:
        if walk.place is None:
            return []
        place = walk.place
        return await subscribers.page(tx, id, place, after=after, until=until, limit=limit)
    elif audience.want is Want.CHANGES and not _chosen(walk.publication):
        tags = holders.tags(walk.publication)
    else:
        return []
    return await subscribers.among(tx, id, tags, after=after, until=until, limit=limit)


def _chosen(publication: Publication) -> bool:
    """Whether the audience is named by what it received or who it is, not by district."""
    audience = publication.audience
    return audience.holders_of is not None or audience.only is not None


async def _next_place(tx: Tx, atlas: Atlas, walk: Walk, now: datetime) -> Walk:
    """On to the next district, or phase."""
    there = replace(walk, settled=None, reserved=None)
    if walk.phase is Phase.CHANNELS:
        if walk.publication.audience.channels:
            await _queue_channels(tx, atlas, walk.publication, now)
        return _at(there, Phase.FOLLOWERS, _after(atlas, walk.publication, None))
    if walk.phase is Phase.FOLLOWERS and not _chosen(walk.publication):
        further = walk.place and _after(atlas, walk.publication, walk.place)
        return _at(there, Phase.FOLLOWERS if further else Phase.HOLDERS, further)
    if walk.phase is Phase.FOLLOWERS:
        return _at(there, Phase.HOLDERS, None)
    return _ended(walk)


def _at(walk: Walk, phase: Phase, place: DistrictId | None) -> Walk:
    return replace(walk, phase=phase, place=place)


def _ended(walk: Walk) -> Walk:
    return replace(walk, settled=None, reserved=None, walked=True)


def _after(atlas: Atlas, publication: Publication, place: DistrictId | None) -> DistrictId | None:
    reach = sorted(atlas.tree.concerned(publication.audience.districts))
    return next((one for one in reach if place is None or one > place), None)


async def _queue_channels(tx: Tx, atlas: Atlas, publication: Publication, now: datetime) -> None:
    """Channels are few and have limits of their own: each gets a row."""
    for channel in (await _channels(tx, atlas, publication)).values():
        langs = publication.audience.languages
        if langs and channel.lang not in langs:
            continue
        await outbox.add_copy(
            tx,
            lane=publication.lane,
            tag=channel.tag,
            sealed=tx.keys.seal_id(channel.chat),
            publication=publication.id,
            edition=channel.lang,
            ring=publication.urgent,
            now=now,
        )


async def _channels(tx: Tx, atlas: Atlas, publication: Publication) -> dict[PersonTag, Channel]:
    if _chosen(publication):
        chosen = await holders.among_channels(tx, holders.chosen(publication))
        return {channel.tag: channel for channel in chosen}
    reach = atlas.tree.concerned(publication.audience.districts)
    reached = {channel.tag: channel for channel in await channels.concerned(tx, reach)}
    if publication.audience.want is Want.CHANGES:
        holding = await holders.among_channels(tx, holders.tags(publication))
        reached |= {channel.tag: channel for channel in holding}
    return reached
