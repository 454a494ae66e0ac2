"""How publications stand: before they are sent, and while they are."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.districts import DistrictId
from bot.domain.progress import Forecast, Progress, Standing, rough, seconds
from bot.domain.publications import Audience, Publication, PublicationId, Revision
from bot.services.atlas import Atlas
from bot.views.message import Say, decode
from storage import backlog, channels, progress, publications, stops
from storage.db import Tx
from storage.outbox import Stage
from storage.progress import Course
from storage.publications import Phase

HEADLINE = 80
"""Characters of a publication's first line, as lists and cards show it."""
TELLING = 500
"""So many people have to be written to before it is known how many of the others want it."""


async def forecast(tx: Tx, atlas: Atlas, audience: Audience, rate: float) -> Forecast:
    """What a publication for ``audience`` would take at ``rate`` messages a second.

    An upper bound: what people chose is sealed, so that those who want no such news count too.
    For a transaction that only reads: at a million followers some 20 ms.
    """
    posts = await _channels(tx, atlas, audience)
    people = await _people(tx, atlas, audience)
    least = max(people, 1) if audience.people else 0  # nobody and nearly nobody look alike
    return Forecast(posts, people, seconds(posts, rate), seconds(rough(least), rate))


async def standing(
    tx: Tx, atlas: Atlas, id: PublicationId, rate: float, lang: str
) -> Progress | None:
    """How far one publication came; the headline in ``lang``. ``None`` when it is gone."""
    publication = await publications.get(tx, id)
    course = await progress.course(tx, id)
    if publication is None or course is None:
        return None
    paused = await backlog.all_held(tx)
    rows = await backlog.rows_of(tx, id)
    reached = await _reached(tx, atlas, publication, course)
    stands = _standing(publication, course, rows, paused=paused)
    done, queued = await progress.in_channels(tx, id)
    posts = done + queued
    if course.phase is Phase.CHANNELS and not course.walked:
        posts += await _channels(tx, atlas, publication.audience)
    left = None
    if stands in (Standing.WAITING, Standing.SENDING):
        ahead = 0.0
        for other in await progress.before(tx, publication.lane, id):
            ahead += await _remaining(tx, atlas, other)
        left = seconds(rough(reached.remaining + ahead) + posts - done, rate)
    return Progress(
        publication=publication,
        standing=stands,
        channels=posts,
        channels_done=done,
        people=reached.people,
        share=1.0 if stands is Standing.SENT else min(reached.share, 1.0),
        left=left,
        headline=await headline(tx, id, lang),
        rows={stage.value: n for stage, n in rows.items()},
        revising=await _revising(tx, id),
        resume_asked=await stops.asked_by(tx, id) is not None,
    )


async def headline(tx: Tx, id: PublicationId, lang: str) -> str:
    """The first line of what a publication says at present."""
    raw = (await publications.tasks(tx, id)).get(lang)
    task = decode(raw) if raw is not None else None
    first = task.message.text.partition("\n")[0] if isinstance(task, Say) else ""
    return first if len(first) <= HEADLINE else f"{first[: HEADLINE - 1]}…"


@dataclass(frozen=True, slots=True)
class _Reached:
    """``people``: whom it is for, or who has it when it is done; ``remaining`` of them are left."""

    people: int
    share: float
    remaining: float


async def _reached(tx: Tx, atlas: Atlas, publication: Publication, course: Course) -> _Reached:
    done, _ = await progress.in_channels(tx, publication.id)
    got = max(await progress.received(tx, publication.id) - done, 0)
    if course.walked and not course.halted:
        return _Reached(got, 1.0, 0.0)
    people = max(await _people(tx, atlas, publication.audience), got)
    if course.halted:
        return _Reached(people, got / people if people else 1.0, 0.0)
    share = await _share(tx, atlas, publication, course)
    looked_at = share * people
    wanting = min(got / looked_at, 1.0) if looked_at >= TELLING else 1.0
    return _Reached(people, share, (1 - share) * people * wanting)


async def _remaining(tx: Tx, atlas: Atlas, id: PublicationId) -> float:
    publication, course = await publications.get(tx, id), await progress.course(tx, id)
    if publication is None or course is None:
        return 0.0
    return (await _reached(tx, atlas, publication, course)).remaining


async def _share(tx: Tx, atlas: Atlas, publication: Publication, course: Course) -> float:
    """Of those whom the walk looks at, how many it has behind it."""
    audience, within = publication.audience, progress.part_of(course.settled)
    if course.phase is Phase.CHANNELS:
        return 0.0
    if course.phase is Phase.HOLDERS:
        return 1.0
    if audience.holders_of is not None or audience.only is not None:
        return within
    counts = await progress.by_district(tx, atlas.tree.concerned(audience.districts))
    return _walked(counts, course.place, within)


def _walked(counts: Mapping[DistrictId, int], place: int | None, within: float) -> float:
    """Districts are walked in the order of their numbers."""
    total = sum(counts.values())
    if place is None or not total:
        return 0.0
    behind = sum(n for district, n in counts.items() if district < place)
    return (behind + within * counts.get(DistrictId(place), 0)) / total


async def _people(tx: Tx, atlas: Atlas, audience: Audience) -> int:
    if not audience.people:
        return 0
    if audience.only is not None:
        return 1
    if audience.holders_of is not None:
        return await progress.received(tx, audience.holders_of)
    return await progress.followers(tx, atlas.tree.concerned(audience.districts))


async def _channels(tx: Tx, atlas: Atlas, audience: Audience) -> int:
    if not audience.channels or audience.only is not None:
        return 0
    if audience.holders_of is not None:
        return (await progress.in_channels(tx, audience.holders_of))[0]
    found = await channels.concerned(tx, atlas.tree.concerned(audience.districts))
    return sum(1 for c in found if not audience.languages or c.lang in audience.languages)


async def _revising(tx: Tx, id: PublicationId) -> tuple[Revision, float] | None:
    found = await progress.revising(tx, id)
    return None if found is None else (found[0], progress.part_of(found[1]))


def _standing(
    publication: Publication, course: Course, rows: Mapping[Stage, int], *, paused: bool
) -> Standing:
    leaving = rows.get(Stage.WAITING, 0) + rows.get(Stage.SENDING, 0)
    if course.halted:
        return Standing.HALTED
    if publication.held is not None and (not course.walked or leaving or rows.get(Stage.HELD)):
        return Standing.HELD
    if course.walked and not leaving:
        return Standing.SENT
    if paused:
        return Standing.PAUSED
    begun = course.walked or leaving or course.settled is not None
    return Standing.SENDING if begun or course.phase is not Phase.CHANNELS else Standing.WAITING
