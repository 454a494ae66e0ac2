"""The sentinel: a source whose feed is no longer what people vetted is held, and they hear why."""

from datetime import datetime

from bot.domain.districts import Districts
from bot.domain.pinned import Shown, drifted
from bot.domain.sources import Hold, Source
from bot.domain.staff import StaffId
from bot.services import moderators, suspension
from bot.services.reading import domain_seen
from bot.views import notices
from feeds.fetch import Fetched, Unchanged
from storage import ledger, sources
from storage.db import Tx


async def hold(
    tx: Tx,
    tree: Districts,
    source: Source,
    why: Hold,
    now: datetime,
    *,
    by: StaffId | None = None,
) -> Source:
    """Stop relaying in the caller's transaction; ``by`` is nobody where the bot itself does.

    Raises ``SourceChanged`` when it is held already.
    """
    held = await sources.save(tx, source.held(why, now))
    sent = await suspension.suspend(tx, held.id, now)
    people = 0 if by is None else 1
    await ledger.add(tx, "source.held", f"source:{held.id}", people, now)
    await moderators.about(tx, held, lambda s, t: notices.held(s, sent, t), tree, now, but=by)
    return held


async def watch(tx: Tx, source: Source, came: Fetched | Unchanged, issuer: str) -> Hold | None:
    """Why this answer is not what people vetted, compared with everything that is pinned.

    All of that is read only where another domain than its own shows. ``issuer`` signed the
    certificate of the answer before.
    """
    signed = came.certificate.issuer if came.certificate is not None else ""
    moved = domain_seen(came.moved, source) if came.moved else ""
    shown = Shown(domain_seen(came.address, source), moved, signed, issuer)
    elsewhere = {shown.domain, shown.moved} - {source.domain, ""}
    return drifted(source.domain, shown, await sources.pinned(tx) if elsewhere else ())
