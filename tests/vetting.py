"""The checklist of a source, filled at once: for tests that are about something else."""

from bot.domain.evidence import Check
from bot.domain.sources import Motion, Source, SourceId
from bot.domain.staff import Staff
from bot.services.sources import Sources
from bot.services.vetting import Vetting


async def check(sources: Sources, by: Staff, id: SourceId) -> None:
    """One person ticks everything."""
    desk = Vetting(sources.db, sources.atlas, sources.clock)
    for one in Check:
        await desk.tick(by, id, one, on=True)


async def vet(sources: Sources, by: Staff, id: SourceId) -> Source:
    """One person ticks everything and vets it."""
    await check(sources, by, id)
    return await sources.move(by, id, Motion.VET)


async def revoke(sources: Sources, first: Staff, second: Staff, id: SourceId) -> Source:
    """Two people revoke it, everything since it was vetted included."""
    asked = await sources.move(first, id, Motion.REVOKE)
    return await sources.move(second, id, Motion.REVOKE, mark=asked.mark)
