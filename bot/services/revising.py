"""Later versions of a publication, in the caller's transaction: nobody's rights are asked here.

Whoever has a copy gets the new version in place, whoever has none yet gets it at once: the engine
walks the receipts. ``bot.services.revisions`` asks who may.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.domain.errors import Gone, Stale
from bot.domain.items import ItemId
from bot.domain.outbox import Lane
from bot.domain.publications import Hold, Kind, Publication, PublicationId, Revision, State
from bot.domain.revisions import REVIEW_WITHIN, Deed, Mask, lane_of, possible
from bot.domain.staff import StaffId
from bot.i18n import LANGUAGES, translator
from bot.services import digests
from bot.services.atlas import Atlas
from bot.services.publications import add_texts, check
from bot.views import revised
from bot.views.message import Message, Say, decode
from storage import items, masks, outbox, publications, revision_requests, revisions, sources
from storage.db import Tx

OVERTAKING = frozenset({"postponed", "moved", "suspended", "resumed", "cancelled"})
"""Notices after which an earlier card misleads: it says so itself."""
Texts = Mapping[str, Message]


async def get(tx: Tx, id: PublicationId) -> Publication:
    """One publication; ``Gone`` when it is forgotten."""
    found = await publications.get(tx, id)
    if found is None:
        raise Gone
    return found


async def messages(tx: Tx, id: PublicationId, *, version: int | None = None) -> dict[str, Message]:
    """The messages per edition, of the present version unless another one is named."""
    tasks = await publications.tasks(tx, id, version=version)
    said = {edition: decode(raw) for edition, raw in tasks.items()}
    return {edition: task.message for edition, task in said.items() if isinstance(task, Say)}


async def original(tx: Tx, publication: Publication) -> dict[str, Message]:
    """The messages that stand, or that restoring goes back to."""
    mask = await masks.get(tx, publication.id)
    return await messages(tx, publication.id, version=mask.version if mask else None)


async def outcome(tx: Tx, publication: Publication, deed: Deed, note: str = "") -> Texts:
    """What everybody would read once this is done."""
    match deed:
        case Deed.CORRECT:
            now = await messages(tx, publication.id)
            return {
                edition: revised.corrected(message, note, translator(edition[:2]))
                for edition, message in now.items()
            }
        case Deed.RESTORE:
            return await original(tx, publication)
        case Deed.RECALL:
            return {lang: revised.recalled(publication, translator(lang)) for lang in LANGUAGES}


async def amend(tx: Tx, id: PublicationId, texts: Texts, now: datetime) -> int | None:
    """Put a typing error right, without a word: edited where it can be, no reply.

    Returns the version; ``None`` when the publication is hidden or taken back. Raises
    ``TextTooLong``.
    """
    publication = await get(tx, id)
    if publication.state is State.RECALLED or await masks.get(tx, id) is not None:
        return None
    return await _begin(tx, publication, Revision.AMEND, texts, publication.lane, now)


async def correct(
    tx: Tx, id: PublicationId, now: datetime, *, note: str = "", texts: Texts | None = None
) -> int:
    """Correct visibly: ``note`` stands above the present text, or ``texts`` say it themselves.

    Edited in place; who cannot be edited and still listens gets a reply. Returns the version.
    """
    publication = await get(tx, id)
    possible(publication, Deed.CORRECT, masked=await masks.get(tx, id) is not None)
    said = texts or await outcome(tx, publication, Deed.CORRECT, note)
    return await _begin(tx, publication, Revision.CORRECT, said, lane_of(publication.lane), now)


async def mask(tx: Tx, atlas: Atlas, id: PublicationId, by: StaffId, now: datetime) -> Mask:
    """Hide it at once, reversibly: copies say that it is being checked, nobody else gets one."""
    publication = await get(tx, id)
    hidden = Mask(
        publication=id,
        by=by,
        version=publication.version,
        state=publication.state,
        held=publication.held,
        review_at=now + REVIEW_WITHIN,
    )
    possible(publication, None, masked=not await masks.add(tx, hidden))
    await publications.hold(tx, id, Hold.MASKED)
    await publications.set_state(tx, id, State.MASKED)
    texts = {lang: revised.masked(publication, translator(lang)) for lang in LANGUAGES}
    await _begin(tx, publication, Revision.MASK, texts, lane_of(publication.lane), now)
    await settled(tx, atlas, publication, now)
    return hidden


async def restore(tx: Tx, atlas: Atlas, id: PublicationId, now: datetime) -> int:
    """Undo ``mask``: the text as it was, for those who had it and for those who wait for it."""
    publication, hidden = await get(tx, id), await masks.get(tx, id)
    possible(publication, Deed.RESTORE, masked=hidden is not None)
    assert hidden is not None
    texts = await messages(tx, id, version=hidden.version)
    lane = lane_of(publication.lane)
    version = await _begin(tx, publication, Revision.RESTORE, texts, lane, now)
    await masks.drop(tx, id)
    if publication.state is State.MASKED:  # else it was replaced meanwhile, and stays so
        await publications.set_state(tx, id, hidden.state)
    await publications.hold(tx, id, hidden.held)
    if hidden.held is None:
        await masks.let_go(tx, id, now)
    await settled(tx, atlas, publication, now)
    return version


async def recall(tx: Tx, atlas: Atlas, id: PublicationId, now: datetime) -> int:
    """Take it back for good: nobody else gets it, copies are deleted, or replaced after 48 h."""
    publication = await get(tx, id)
    possible(publication, Deed.RECALL, masked=False)
    await publications.stop(tx, id)
    await outbox.withdraw(tx, [id])
    await publications.set_state(tx, id, State.RECALLED)
    await publications.hold(tx, id, None)
    await masks.drop(tx, id)
    texts = await outcome(tx, publication, Deed.RECALL)
    lane = lane_of(publication.lane)
    version = await _begin(tx, publication, Revision.RECALL, texts, lane, now)
    await settled(tx, atlas, publication, now)
    if publication.kind is Kind.ITEM and (item := await items.get(tx, _item(publication))):
        await sources.count_retraction(tx, item.source, now)
    return version


async def overtake(tx: Tx, newer: PublicationId, subject: str, notice: str, now: datetime) -> int:
    """Say in the earlier cards of a subject what a ``newer`` one announces (see ``OVERTAKING``).

    An edit per copy, without a sound, behind everything that is of today: the newer message itself
    goes first. Returns how many publications are marked.
    """
    marked = 0
    for publication in await publications.earlier(tx, subject, before=newer, now=now):
        hidden = publication.state in (State.MASKED, State.RECALLED)
        if hidden or publication.held is Hold.MASKED:
            continue
        plain = await revisions.unmarked(tx, publication.id)
        texts = {
            edition: revised.overtaken(message, notice, translator(edition[:2]))
            for edition, message in (await messages(tx, publication.id, version=plain)).items()
        }
        await _begin(tx, publication, Revision.OVERTAKE, texts, Lane.NEWS, now)
        marked += 1
    return marked


async def _begin(
    tx: Tx, publication: Publication, kind: Revision, texts: Texts, lane: Lane, now: datetime
) -> int:
    check(texts)
    version = await revisions.add(tx, publication.id, kind=kind, lane=lane, now=now)
    if version != publication.version + 1:  # somebody else revised it since it was read
        raise Stale
    await add_texts(tx, publication.id, texts, version=version)
    await revision_requests.drop(tx, publication.id)
    return version


async def settled(tx: Tx, atlas: Atlas, publication: Publication, now: datetime) -> None:
    """Digests that tell of an item tell of it as long as it stands."""
    if publication.kind is not Kind.ITEM:
        return
    for id in await digests.holding(tx, _item(publication), now):
        telling = await publications.get(tx, id)
        if telling is None or telling.state in (State.MASKED, State.RECALLED):
            continue
        if texts := await digests.revised(tx, atlas, telling):
            lane = lane_of(telling.lane)
            await _begin(tx, telling, Revision.AMEND, texts, lane, now)


def _item(publication: Publication) -> ItemId:
    return ItemId(publication.number)
