"""Digests: once a day per zone and hour one publication, of which each reader gets their part."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from bot.domain import digests as rules
from bot.domain.digests import Slot
from bot.domain.districts import DistrictId, Districts
from bot.domain.items import LIFETIME, ItemId
from bot.domain.outbox import Lane
from bot.domain.privacy import PersonTag
from bot.domain.publications import Audience, Kind, Publication, PublicationId, Want
from bot.i18n import LANGUAGES, translator
from bot.services import publications as publishing
from bot.services.atlas import Atlas
from bot.services.publications import Draft
from bot.views import digests as view
from bot.views.digests import Story
from bot.views.message import Message
from storage import digests, items, sources, subscribers
from storage.db import Database, Tx
from storage.digests import Digest, Listed
from storage.subscribers import Subscriber

_SEARCHED = 500
"""Published items looked through for one digest: a week of news of a busy installation."""


@dataclass(frozen=True, slots=True)
class Digests:
    """The heartbeat of digests; ``clock`` gives aware UTC."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]

    async def run_due(self) -> int:
        """Accept what is due and was not sent, at most one per zone and hour; returns how many.

        Without news there is none. Each is one transaction, so a crash repeats nothing.
        """
        now, tree = self.clock(), self.atlas.tree
        slots = list(rules.due({district.zone for district in tree.all.values()}, now))
        if not slots:
            return 0
        async with self.db.tx(write=False) as tx:
            known = {one.slot.subject for one in await digests.since(tx, min(s.at for s in slots))}
            due = [slot for slot in slots if slot.subject not in known]
            found = {slot: await _news(tx, slot, tree) for slot in due}
        telling = {slot: stories for slot, stories in found.items() if stories}
        for slot, stories in telling.items():
            await self._accept(slot, stories, now)
        return len(telling)

    async def _accept(self, slot: Slot, stories: Sequence[Story], now: datetime) -> None:
        """Rendered before the writer is taken, which others wait for."""
        tree, content = self.atlas.tree, "".join(story.item.code for story in stories)
        code = publishing.mint(self.db.keys, slot.subject, content.encode())
        draft = Draft(
            kind=Kind.DIGEST,
            subject=slot.subject,
            code=code,
            lane=Lane.DIGEST,
            audience=Audience(_reached(stories, slot, tree), Want.DIGEST, channels=False),
            texts={
                lang: view.digest(stories, slot, code, tree, translator(lang)) for lang in LANGUAGES
            },
            expires_at=slot.expires_at,
        )
        listed = [Listed(story.item.id, story.item.reach(story.source)) for story in stories]
        async with self.db.tx() as tx:
            await digests.add(tx, await publishing.accept(tx, draft, now), slot, listed)


async def editions(
    tx: Tx, atlas: Atlas, publication: Publication, people: Sequence[Subscriber], now: datetime
) -> dict[PersonTag, str]:
    """Which text of a digest each of ``people`` gets; those stored are rendered on first use.

    Left out is whom nothing in it concerns, and who reads at another hour; everybody when it is too
    late. Their follows are looked up here.
    """
    digest = await digests.get(tx, publication.id)
    if digest is None or publication.expires_at <= now:
        return {}
    reading = [one for one in people if one.settings.digest_hour == digest.slot.hour]
    if not reading:
        return {}
    issue = await _opened(tx, atlas, publication, digest)
    follows = await subscribers.follows_of(tx, {one.tag for one in reading})
    theirs = {chosen: issue.concerning(chosen, atlas.tree) for chosen in set(follows.values())}
    names = {
        person.tag: rules.edition(person.settings.language, places)
        for person in reading
        if (places := theirs[follows[person.tag]])
    }
    new = set(names.values()) - issue.stored
    texts = await _texts(tx, issue, new, atlas.tree)
    await publishing.add_texts(tx, publication.id, texts, version=publication.version)
    return names


async def holding(tx: Tx, item: ItemId, now: datetime) -> list[PublicationId]:
    """The digests of an item's lifetime that tell of it: what changes of it, they must say too."""
    recent = await digests.since(tx, now - LIFETIME)
    return [one.publication for one in recent if any(item == each.item for each in one.items)]


async def revised(tx: Tx, atlas: Atlas, publication: Publication) -> Mapping[str, Message]:
    """Every text of a digest anew, for its next version: what does not stand is named by its code

    alone. Empty when the publication is no digest.
    """
    digest = await digests.get(tx, publication.id)
    if digest is None:
        return {}
    issue = await _opened(tx, atlas, publication, digest)
    return await _texts(tx, issue, issue.stored, atlas.tree)


@dataclass(frozen=True, slots=True)
class _Issue:
    """A digest at this moment: whom each item reaches, which of them stand, what is rendered."""

    digest: Digest
    code: str
    reach: Sequence[frozenset[DistrictId]]
    stands: Sequence[bool]
    stored: set[str]

    def concerning(self, follows: frozenset[DistrictId], tree: Districts) -> list[int]:
        """The places of the items that stand and concern a follower of these."""
        zone = self.digest.slot.zone
        heard = {reach: rules.concerns(reach, follows, zone, tree) for reach in set(self.reach)}
        told = zip(self.reach, self.stands, strict=True)
        return [place for place, (reach, stands) in enumerate(told) if stands and heard[reach]]


async def _opened(tx: Tx, atlas: Atlas, publication: Publication, digest: Digest) -> _Issue:
    concerned = {one.districts: atlas.tree.concerned(one.districts) for one in digest.items}
    standing = await digests.standing(tx, {_subject(one.item) for one in digest.items})
    return _Issue(
        digest=digest,
        code=publication.code,
        reach=[concerned[one.districts] for one in digest.items],
        stands=[_subject(one.item) in standing for one in digest.items],
        stored=await digests.editions(tx, publication.id, publication.version),
    )


async def _news(tx: Tx, slot: Slot, tree: Districts) -> list[Story]:
    """What a digest is to tell, newest first: published, standing, and of concern to its zone."""
    since = rules.since(slot, await digests.last(tx, slot))
    recent = await items.published(tx, limit=_SEARCHED, since=since)
    found = [item for item in recent if item.sent_at is not None and item.sent_at <= slot.at]
    standing = await digests.standing(tx, {item.subject for item in found})
    known = await sources.named(tx, {item.source for item in found})
    stories = [Story(item, known[item.source]) for item in found if item.subject in standing]
    told = (s for s in stories if s.source.relays and _reached([s], slot, tree))
    return list(islice(told, rules.MOST))


def _reached(stories: Iterable[Story], slot: Slot, tree: Districts) -> frozenset[DistrictId]:
    """The districts that items concern and whose followers have the clock of the slot."""
    about = {place for story in stories for place in story.item.reach(story.source)}
    return frozenset(
        district
        for district in about
        if any(tree.get(one).zone == slot.zone for one in tree.concerned([district]))
    )


async def _texts(
    tx: Tx, issue: _Issue, names: Iterable[str], tree: Districts
) -> dict[str, Message]:
    """Editions rendered as their items stand now; a bare language has all of them."""
    texts: dict[str, Message] = {}
    names, listed = sorted(names), issue.digest.items
    if not names:
        return texts
    found = await items.named(tx, {one.item for one in listed})
    media = await sources.named(tx, {item.source for item in found.values()})
    stories = {
        place: Story(found[one.item], media[found[one.item].source], stands=issue.stands[place])
        for place, one in enumerate(listed)
        if one.item in found
    }
    slot, code = issue.digest.slot, issue.code
    for name in names:
        lang, _, some = name.partition(".")
        chosen = rules.places(name) if some else sorted(stories)
        shown = [stories[place] for place in chosen if place in stories]
        texts[name] = view.digest(shown, slot, code, tree, translator(lang))
    return texts


def _subject(id: ItemId) -> str:
    return f"item:{id}"
