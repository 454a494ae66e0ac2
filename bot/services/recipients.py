"""Who a publication is for: where a walk looks for people, and what each of them would get."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.domain.districts import DistrictId
from bot.domain.privacy import PersonTag
from bot.domain.publications import Kind, Publication, PublicationId, Want
from bot.domain.quiet import rings
from bot.domain.subscribers import Mode, Settings
from bot.services import digests
from bot.services.atlas import Atlas
from storage import channels, holders, outbox, parcels, subscribers
from storage.channels import Channel
from storage.db import Tx
from storage.parcels import Parcel
from storage.publications import Phase
from storage.subscribers import Candidate
from storage.walks import Walk

Looked = tuple[PersonTag, Parcel | None]
"""Somebody who was looked at, and the copy for them if they want one."""


async def page(
    tx: Tx,
    walk: Walk,
    *,
    limit: int,
    after: PersonTag | None,
    until: PersonTag | None = None,
) -> list[Candidate]:
    """The next people where the walk stands, by tag; nobody where that place is done."""
    audience, id, place = walk.publication.audience, walk.publication.id, walk.place
    match walk.phase:
        case Phase.FOLLOWERS if audience.only is not None:
            alone = holders.one(audience.only)
            return await subscribers.among(tx, id, alone, after=after, until=until, limit=limit)
        case Phase.FOLLOWERS if place is not None:
            here = DistrictId(place)
            return await subscribers.page(tx, id, here, after=after, until=until, limit=limit)
        case Phase.HOLDERS if place is not None:
            of = PublicationId(place)
            return await subscribers.holding(tx, id, of, after=after, until=until, limit=limit)
        case Phase.DOUBTFUL if audience.people and audience.want is Want.CHANGES:
            tags = holders.doubtful(walk.publication)
            return await subscribers.among(tx, id, tags, after=after, until=until, limit=limit)
        case _:
            return []


async def places(tx: Tx, atlas: Atlas, publication: Publication, phase: Phase) -> list[int]:
    """Where people are found in a phase: districts, or the publications they received."""
    audience = publication.audience
    if not audience.people:
        return []
    if phase is Phase.FOLLOWERS and not _named(publication):
        return sorted(atlas.tree.concerned(audience.districts))
    if phase is Phase.HOLDERS and audience.holders_of is not None:
        return [audience.holders_of]
    if phase is Phase.HOLDERS and audience.want is Want.CHANGES and not _named(publication):
        return [int(id) for id in await holders.earlier(tx, publication)]
    return []


def _named(publication: Publication) -> bool:
    """Whether the audience is named by what it received or who it is, not by district."""
    audience = publication.audience
    return audience.holders_of is not None or audience.only is not None


async def wanting(
    tx: Tx, atlas: Atlas, walk: Walk, found: Sequence[Candidate], now: datetime
) -> list[Looked]:
    """What each of these people gets, in their order."""
    publication = walk.publication
    if publication.kind is Kind.DIGEST:
        return await _digesting(tx, atlas, publication, found, now)
    return list(_each(publication, found, _zones(atlas, walk), now))


def _each(
    publication: Publication, found: Sequence[Candidate], zones: frozenset[str], now: datetime
) -> Iterator[Looked]:
    for one in found:
        person = one.person
        settings = person.settings
        if one.had or not _meant(publication, settings):
            yield person.tag, None
        else:
            ring = rings(publication, settings, zones, now, publication.urgent)
            yield person.tag, _parcel(publication, one, edition_of(settings), now, ring=ring)


async def _digesting(
    tx: Tx, atlas: Atlas, publication: Publication, found: Sequence[Candidate], now: datetime
) -> list[Looked]:
    """A digest differs with what a person follows; each edition is rendered once."""
    meant = [c.person for c in found if not c.had and _meant(publication, c.person.settings)]
    editions = await digests.editions(tx, atlas, publication, meant, now) if meant else {}
    looked: list[Looked] = []
    for one in found:
        edition = editions.get(one.person.tag)
        looked.append(
            (one.person.tag, _parcel(publication, one, edition, now) if edition else None)
        )
    return looked


def _parcel(
    publication: Publication, one: Candidate, edition: str, now: datetime, *, ring: bool = False
) -> Parcel:
    return Parcel(
        lane=publication.lane,
        tag=one.person.tag,
        chat=one.person.chat,
        sealed=one.sealed,
        queued_at=now,
        publication=publication.id,
        edition=edition,
        version=publication.version,
        ring=ring,
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
    """The zone in which quiet hours count: that of the district through which this reaches them."""
    followers = walk.phase is Phase.FOLLOWERS and walk.place is not None
    here = {walk.place} if followers else walk.publication.audience.districts
    all_ = atlas.tree.all
    return frozenset(all_[DistrictId(id)].zone for id in here if id is not None and id in all_)


async def queue_channels(tx: Tx, atlas: Atlas, publication: Publication, now: datetime) -> None:
    """Channels are few and have limits of their own: each gets a row."""
    for channel in (await _channels(tx, atlas, publication)).values():
        langs = publication.audience.languages
        if langs and channel.lang not in langs:
            continue
        copy = parcels.copy_for(
            tx,
            channel.chat,
            publication.id,
            channel.lang,
            lane=publication.lane,
            now=now,
            ring=publication.urgent,
        )
        await outbox.add_copy(tx, copy, now)


async def _channels(tx: Tx, atlas: Atlas, publication: Publication) -> dict[PersonTag, Channel]:
    audience = publication.audience
    if not audience.channels:
        return {}
    if audience.only is not None:
        return _by_tag(await holders.among_channels(tx, channels.table.c.tag == audience.only))
    if audience.holders_of is not None:
        return _by_tag(await holders.among_channels(tx, holders.got([audience.holders_of])))
    reach = atlas.tree.concerned(audience.districts)
    reached = _by_tag(await channels.concerned(tx, reach))
    if audience.want is Want.CHANGES:
        earlier = await holders.earlier(tx, publication)
        reached |= _by_tag(await holders.among_channels(tx, holders.got(earlier)))
    return reached


def _by_tag(found: Sequence[Channel]) -> dict[PersonTag, Channel]:
    return {channel.tag: channel for channel in found}
