"""The deeds behind `tocsin outbox`: each says in one line what happened.

What may concern a million rows goes in steps, so that a running bot never waits long, and shows how
far it came once it takes more than a second.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NoReturn

import typer

from bot.cli.console import refuse, watched
from bot.cli.desk import Desk
from bot.domain.outbox import Lane
from bot.domain.privacy import PersonTag
from bot.domain.progress import Progress, Standing
from bot.domain.publications import Hold, Publication, PublicationId
from bot.i18n import translator
from bot.services.progress import standing
from bot.views.message import Say, decode, units
from bot.views.publications import state
from storage import backlog, publications
from storage.backlog import Step
from storage.db import Tx
from storage.outbox import Stage

SHOWN = 50
COURTESY = 0.02
"""Seconds between two steps in which a running bot gets at the database."""

Steps = Callable[[Tx, PersonTag | None], Awaitable[Step]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What `list` shows. ``more``: there are older ones."""

    publications: list[Progress]
    rows: Mapping[tuple[Lane, Stage], int]
    held: bool
    more: bool


async def look(desk: Desk) -> Seen:
    """What is on its way, and the rows by lane and stage."""
    async with desk.db.tx(write=False) as tx:
        ids = await backlog.open_ones(tx, limit=SHOWN + 1)
        rows, held = await backlog.tally(tx), await backlog.all_held(tx)
    found = []
    with watched("reading", len(ids)) as advance:
        for id in ids[:SHOWN]:
            async with desk.db.tx(write=False) as tx:
                one = await standing(tx, desk.atlas, id, desk.config.delivery.rate_per_second, "en")
            advance(1)
            if one is not None:
                found.append(one)
    return Seen(found, rows, held, len(ids) > SHOWN)


async def one(desk: Desk, id: PublicationId) -> tuple[Progress, dict[str, int]]:
    """How one publication stands, and the length of each of its texts in UTF-16 units."""
    async with desk.db.tx(write=False) as tx:
        found = await standing(tx, desk.atlas, id, desk.config.delivery.rate_per_second, "en")
        texts = await publications.tasks(tx, id)
    if found is None:
        refuse_unknown(id)
    said = {edition: decode(raw) for edition, raw in texts.items()}
    lengths = {e: units(s.message.text) for e, s in said.items() if isinstance(s, Say)}
    return found, lengths


async def hold_all(desk: Desk) -> str:
    """Everything but replies waits."""
    async with desk.db.tx() as tx:
        changed = await backlog.hold_all(tx, held=True)
    what = "now held" if changed else "held already"
    return f"everything but replies is {what}; `tocsin outbox resume --all` lets it go on"


async def resume_all(desk: Desk) -> str:
    """Undo ``hold_all``; single publications that are held stay so."""
    async with desk.db.tx() as tx:
        changed = await backlog.hold_all(tx, held=False)
    if not changed:
        return "nothing was held as a whole; `tocsin outbox list` shows what waits by itself"
    return "everything goes on, but for publications that are held by themselves"


async def hold(desk: Desk, id: PublicationId) -> str:
    """One publication waits."""
    seen, _ = await one(desk, id)
    if seen.publication.held is Hold.OPERATOR:
        return f"publication {id} is held already; `tocsin outbox resume {id}` lets it go on"
    if seen.publication.held is not None:
        refuse(f"Publication {id} waits already: {_state(seen)}", "Nothing was changed.")
    if seen.standing in (Standing.SENT, Standing.HALTED):
        refuse(f"Nothing of publication {id} is left to send.", "Nothing was changed.")
    async with desk.db.tx() as tx:
        await publications.hold(tx, id, Hold.OPERATOR)
    return (
        f"publication {id} is held: within a second or two nobody gets it any more; "
        f"`tocsin outbox resume {id}` lets it go on"
    )


async def resume(desk: Desk, id: PublicationId) -> str:
    """One publication that the operator held, or Telegram refused, goes on."""
    seen, _ = await one(desk, id)
    held, rows = seen.publication.held, seen.rows.get(Stage.HELD, 0)
    if held in (Hold.STAFF, Hold.MASKED):
        todo = "Two of staff let it go on, in the chat: /staff, Being sent."
        refuse(f"Publication {id} is not the operator's: {_state(seen)}", todo)
    if held is None and not rows:
        refuse(f"Publication {id} is not held.", "Nothing was changed.")
    async with desk.db.tx() as tx:
        await publications.hold(tx, id, None)

    async def free(tx: Tx, after: PersonTag | None) -> Step:
        return await backlog.let_go(tx, id, desk.now, after=after)

    freed = await _in_steps(desk, "letting go", sum(seen.rows.values()), free)
    return f"publication {id} goes on; {_rows(freed)} that were held wait for their turn again"


async def retry(desk: Desk, id: PublicationId, stages: Collection[Stage]) -> str:
    """Copies that were set aside are sent again."""
    seen, _ = await one(desk, id)
    _require_current(desk, seen)
    if not any(seen.rows.get(stage, 0) for stage in stages):
        refuse(f"Publication {id} has no such rows.", f"See `tocsin outbox show {id}`.")

    async def again(tx: Tx, after: PersonTag | None) -> Step:
        return await backlog.try_again(tx, id, stages, desk.now, after=after)

    done = await _in_steps(desk, "putting back", sum(seen.rows.values()), again)
    later = f"; it is held: `tocsin outbox resume {id}`" if seen.publication.held else ""
    return f"{_rows(done)} of publication {id} will be sent again{later}"


async def question(desk: Desk, id: PublicationId, stages: Collection[Stage] | None) -> str:
    """What ``drop`` would do, for whoever has to confirm it."""
    seen, _ = await one(desk, id)
    rows = sum(seen.rows.get(stage, 0) for stage in stages or _WAITING)
    what = f"Remove {_rows(rows)} of publication {id} ({seen.publication.code})"
    if stages is None and seen.standing not in (Standing.SENT, Standing.HALTED):
        what += " and stop it for good: whoever has no copy gets none"
    return f"{what}?"


async def drop(desk: Desk, id: PublicationId, stages: Collection[Stage] | None) -> str:
    """Copies that have not left are removed; with no ``stages`` the publication ends for good."""
    seen, _ = await one(desk, id)
    if stages is None:
        async with desk.db.tx() as tx:
            await publications.stop(tx, id)

    async def away(tx: Tx, after: PersonTag | None) -> Step:
        return await backlog.remove(tx, id, stages or _WAITING, after=after)

    gone = await _in_steps(desk, "removing", sum(seen.rows.values()), away)
    ended = " and the publication is over; copies that arrived stay" if stages is None else ""
    return f"{_rows(gone)} of publication {id} removed{ended}"


_WAITING = (Stage.WAITING, Stage.HELD, Stage.UNKNOWN, Stage.FAILED)
"""Whatever is not on its way at this moment."""


def advice(seen: Progress) -> list[str]:
    """What the operator can do about a publication as it stands."""
    id, lines = seen.publication.id, []
    if seen.rows.get(Stage.FAILED):
        lines.append(
            f"Telegram refused the rows that failed; the log says why. "
            f"`tocsin outbox retry {id} --failed` tries again, `drop {id} --failed` removes them."
        )
    if seen.rows.get(Stage.UNKNOWN):
        lines.append(
            f"Of the unknown rows the answer was lost: they may have arrived. "
            f"`tocsin outbox retry {id} --unknown` may send twice, `drop {id} --unknown` never."
        )
    if seen.publication.held in (Hold.OPERATOR, Hold.REFUSED):
        lines.append(f"`tocsin outbox resume {id}` lets it go on.")
    return lines


def confirm(question: str) -> None:
    """Ask; anything but yes ends the command, and nothing was changed."""
    try:
        sure = typer.confirm(question)
    except typer.Abort:
        refuse("Nobody answered.", "Nothing was changed. --yes goes on without asking.")
    if not sure:
        refuse("Nothing was changed.", "")


def refuse_unknown(id: PublicationId) -> NoReturn:
    """There is no such publication."""
    refuse(f"There is no publication {id}.", "`tocsin outbox list` shows what is on its way.")


async def _in_steps(desk: Desk, what: str, total: int, step: Steps) -> int:
    """Run a deed page by page until nothing is left; returns how many rows changed."""
    after: PersonTag | None = None
    changed = 0
    with watched(what, total) as advance:
        while True:
            async with desk.db.tx() as tx:
                done = await step(tx, after)
            advance(done.seen)
            changed, after = changed + done.changed, done.after
            if after is None:
                return changed
            await asyncio.sleep(COURTESY)


def _require_current(desk: Desk, seen: Progress) -> None:
    publication: Publication = seen.publication
    if seen.standing is Standing.HALTED:
        todo = f"`tocsin outbox drop {publication.id}` removes them."
        refuse("A newer one replaced it, or it was ended: its copies must not leave.", todo)
    if publication.expires_at <= desk.now:
        todo = f"`tocsin outbox drop {publication.id}` removes them."
        refuse("It no longer matters: it would be dropped at once.", todo)


def _state(seen: Progress) -> str:
    return state(seen, translator("en"))


def _rows(n: int) -> str:
    return f"{n} row" if n == 1 else f"{n} rows"
