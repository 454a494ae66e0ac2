"""An item as readers have it: sent, named beside others of its story, put right; nobody's rights.

In the caller's transaction. ``bot.services.items`` asks who may.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec

from bot.domain.canonical import canonical
from bot.domain.districts import District, Districts
from bot.domain.items import LIFETIME, PUBLISHED, Item, ItemState
from bot.domain.outbox import Lane
from bot.domain.publications import Audience, Kind, Publication, State, Want
from bot.domain.revisions import AlreadyMasked
from bot.domain.sources import Source, SourceState
from bot.i18n import LANGUAGES, translator
from bot.services import publications, revising
from bot.services.atlas import Atlas
from bot.services.publications import Draft
from bot.services.revising import Texts
from bot.views import items as view
from bot.views.items import Report
from bot.views.message import Message
from bot.views.revised import CAPTION_LIMIT, shortened
from feeds.edits import Change, compare
from storage import items, ledger, reports, revisions, sources
from storage import publications as published
from storage.db import Tx

SILENT = 3
"""Spellings mended without anybody looking; after so many somebody reads the whole again, since

many small steps make a large one.
"""
_GONE = (SourceState.REVOKED, SourceState.REJECTED)


def audience(item: Item, source: Source) -> Audience:
    """Whom an item is for."""
    return Audience(item.reach(source), Want.NEWS)


def minor(item: Item) -> bool:
    """Whether the medium only mended the spelling of what was sent."""
    before = f"{item.title}\n{item.summary}"
    after = f"{item.latest_title}\n{item.latest_summary}"
    return compare(before, after) is Change.TYPO


async def send(
    tx: Tx, atlas: Atlas, item: Item, source: Source, also: Iterable[Report], now: datetime
) -> Item:
    """Publish an approved item; what tells the same and needs no more people is named below it."""
    content = canonical(f"{item.title}\n{item.summary}\n{item.link}").encode()
    sent = item.sent(publications.mint(tx.keys, item.subject, content), now)
    joining = [
        (joined, medium)
        for report, medium in also
        if (joined := report.carried(sent, medium)) is not None
    ]
    sent = replace(sent, others=_independent(source, joining))
    draft = Draft(
        kind=Kind.ITEM,
        subject=sent.subject,
        code=sent.code,
        lane=Lane.NEWS,
        audience=audience(sent, source),
        texts=texts(sent, source, joining, atlas.tree),
        expires_at=now + LIFETIME,
    )
    await publications.accept(tx, draft, now)
    await sources.count_item(tx, source.id)
    for joined, _ in joining:
        await items.save(tx, joined)
    await items.save(tx, sent)
    await ledger.add(tx, "item.published", sent.subject, len(sent.approved), now)
    return sent


async def correct(tx: Tx, atlas: Atlas, item: Item, source: Source, now: datetime) -> Item:
    """Bring every copy to what two or one agreed to: in silence where only the spelling changed.

    ``item`` has been put right. Raises ``AlreadyMasked`` or ``AlreadyRecalled``.
    """
    before = await items.get(tx, item.id)
    assert before is not None
    visible = not minor(before)
    right = item.corrected(now) if visible else item
    await items.save(tx, right)  # digests look it up
    await _revise(tx, atlas, right, source, now, visible=visible)
    await ledger.add(tx, "item.corrected", item.subject, len(item.approved), now)
    return right


async def name_below(tx: Tx, atlas: Atlas, report: Item, lead: Item, now: datetime) -> None:
    """Name a JOINED item below ``lead``: an edit of what was sent, in silence."""
    source = await sources.get(tx, lead.source)
    assert source is not None
    await items.save(tx, report)
    await _recount(tx, atlas, lead, source, now)
    await ledger.add(tx, "item.joined", report.subject, len(report.approved), now)


async def unname(tx: Tx, atlas: Atlas, now: datetime) -> int:
    """Take media that were revoked out of posts of others; returns out of how many."""
    leads = set()
    for report in await reports.of_revoked(tx):
        await items.save(tx, replace(report, state=ItemState.EXPIRED, code=""))
        lead = await _lead(tx, report)
        if lead is not None:
            leads.add(lead.id)
    for id in leads:
        lead = await items.get(tx, id)
        source = await sources.get(tx, lead.source) if lead is not None else None
        if lead is not None and source is not None:
            await _recount(tx, atlas, lead, source, now)
    return len(leads)


async def follow(
    tx: Tx, atlas: Atlas, source: Source, edited: Sequence[Item], now: datetime
) -> list[Item]:
    """Mend spellings of a trusted medium at once, unless people have to look.

    Returns what waits for them.
    """
    waiting = []
    for one in edited:
        item = await items.get(tx, one.id)
        if item is None or item.state is not ItemState.CHANGED:
            continue
        if source.relays and item.needs(source) == 1 and minor(item):
            publication = await latest(tx, item)
            plain = publication is not None and publication.version <= SILENT
            if publication is not None and plain and not await noted(tx, publication, item):
                right = item.put_right()
                if await _amended(tx, atlas, publication, right, source, now):
                    await items.save(tx, right)
                    await revising.settled(tx, atlas, publication, now)
                    continue
        waiting.append(item)
    return waiting


async def latest(tx: Tx, item: Item) -> Publication | None:
    """The publication of an item."""
    return await published.newest(tx, item.subject, kind=Kind.ITEM)


async def noted(tx: Tx, publication: Publication, item: Item) -> bool:
    """Whether staff corrected what was sent in their own words, which stand above it."""
    return len(await revisions.corrections(tx, publication.id)) > item.corrections


async def also(tx: Tx, item: Item) -> list[Report]:
    """What is named below a published item: reports of other media."""
    told = await reports.of_stories(tx, [item.root])
    joined = [one for one in told if one.state is ItemState.JOINED and one.code == item.code]
    known = await sources.named(tx, {one.source for one in joined})
    return [(one, known[one.source]) for one in joined if known[one.source].state not in _GONE]


def texts(item: Item, source: Source, also: Sequence[Report], tree: Districts) -> Texts:
    """Each language in full, and short for those who chose that."""
    city = city_of(item, source, tree)
    said: dict[str, Message] = {}
    for t in map(translator, LANGUAGES):
        said[t.lang] = view.published(item, source, city, t, also)
        said[f"{t.lang}.lite"] = view.lite(item, source, t, city)
    return said


def city_of(item: Item, source: Source, tree: Districts) -> District:
    """The city whose wall clock is shown with times of an item."""
    return view.city_of(source, tree, item)


async def _recount(tx: Tx, atlas: Atlas, lead: Item, source: Source, now: datetime) -> None:
    """What is named below an item changed. Words of staff above it stay: then it is not edited."""
    below = await also(tx, lead)
    counted = replace(lead, others=_independent(source, below))
    await items.save(tx, counted)
    publication = await latest(tx, lead)
    if publication is not None and not await noted(tx, publication, lead):
        await _amended(tx, atlas, publication, counted, source, now)
        await revising.settled(tx, atlas, publication, now)


async def _revise(
    tx: Tx, atlas: Atlas, item: Item, source: Source, now: datetime, *, visible: bool
) -> None:
    publication = await latest(tx, item)
    if publication is None:
        return
    if visible:
        said = await _fitting(tx, atlas, publication, item, source)
        await revising.correct(tx, publication.id, now, texts=said)
    elif not await _amended(tx, atlas, publication, item, source, now):
        raise AlreadyMasked
    await revising.settled(tx, atlas, publication, now)


async def _amended(
    tx: Tx, atlas: Atlas, publication: Publication, item: Item, source: Source, now: datetime
) -> bool:
    """Whether it could be edited: what is hidden or taken back stays as it is."""
    if publication.state not in (State.CURRENT, State.SUSPENDED):
        return False
    said = await _fitting(tx, atlas, publication, item, source)
    return await revising.amend(tx, publication.id, said, now) is not None


async def _fitting(
    tx: Tx, atlas: Atlas, publication: Publication, item: Item, source: Source
) -> Texts:
    """The texts of a later version: below a picture that was sent only a caption's worth fits."""
    first = await revising.messages(tx, publication.id, version=1)
    said = texts(item, source, await also(tx, item), atlas.tree)
    return {
        edition: _below(message, first.get(edition, message).picture)
        for edition, message in said.items()
    }


def _below(message: Message, picture: str | None) -> Message:
    if picture is None:
        return msgspec.structs.replace(message, picture=None)
    return msgspec.structs.replace(shortened(message, CAPTION_LIMIT), picture=picture)


async def _lead(tx: Tx, report: Item) -> Item | None:
    told = await reports.of_stories(tx, [report.root])
    public = [one for one in told if one.state in PUBLISHED and one.code == report.code]
    return public[0] if public else None


def _independent(source: Source, below: Iterable[Report]) -> int:
    """How many other media: two feeds of one domain are one medium."""
    return len({medium.domain for _, medium in below} - {source.domain})
