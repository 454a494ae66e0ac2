"""No lane starves, and none that nobody keeps waiting is put before an urgent one."""

from datetime import UTC, datetime, timedelta

from bot.delivery.flights import Flights
from bot.delivery.pace import Pace
from bot.delivery.round import FAIR, Round, Work
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, PublicationId, Want
from bot.domain.subscribers import Settings
from bot.i18n import LANGUAGES
from bot.services.atlas import Atlas
from bot.services.publications import Draft, accept
from bot.views.message import Message
from storage import claims, districts, subscribers, walks
from storage.db import Database
from storage.parcels import Parcel
from tests.clock import Clock

WORKER = bytes(8)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def parcel(lane: Lane) -> Parcel:
    """A message in a lane."""
    return Parcel(lane=lane, tag=bytes(16), chat=TelegramId(1), sealed=b"", queued_at=NOW)


async def lanes(
    db: Database, clock: Clock, *published: Lane, people: int, count: int
) -> list[Lane]:
    """In which lanes so many messages leave, one at a time, to people who follow one district."""
    async with db.tx() as tx:
        place = await districts.add(
            tx, slug="minsk", parent=None, zone="Europe/Minsk", names={"en": "Minsk"}
        )
        for n in range(people):
            await subscribers.save(tx, TelegramId(n + 1), Settings())
            await subscribers.follow(tx, TelegramId(n + 1), place)
        for lane in published:
            draft = Draft(
                Kind.BROADCAST,
                f"b:{lane}",
                "AAAA-AAAA",
                lane,
                Audience(frozenset({place}), Want.RALLIES),
                {lang: Message("text") for lang in LANGUAGES},
                clock() + timedelta(days=1),
            )
            await accept(tx, draft, clock())
    atlas, work = Atlas(db), Work()
    await atlas.load()
    pace, flights = Pace(1000.0, chat_gap=0.0), Flights()
    left: list[Lane] = []
    while len(left) < count:
        async with db.tx() as tx:
            work.read(claims.Outlook(), await walks.waiting(tx, WORKER, clock()), [])
            taking = Round(tx, atlas, WORKER, work, flights, pace, clock(), 0.0)
            taken = await taking.take(1, 0)
        left += [parcel.lane for parcel in taken]
    return left


async def test_news_gets_its_turns_while_an_alert_to_many_is_sent(
    sqlite: Database, clock: Clock
) -> None:
    left = await lanes(sqlite, clock, Lane.NEWS, Lane.ALERT, people=4 * FAIR, count=3 * FAIR)
    assert left[0] is Lane.ALERT
    assert left.count(Lane.NEWS) in (2, 3)


def test_what_the_last_lane_sent_counts_for_nobody_s_patience() -> None:
    """Else one alert in twenty-five would wait for a turn of news that are being sent anyway."""
    work = Work(walks=[walks.Waiting(PublicationId(1), Lane.NEWS, "b:1", NOW)])
    for _ in range(2 * FAIR):
        work.be_fair([parcel(Lane.NEWS)], 1)
    assert work.since_fair == 0
    for n in range(FAIR):
        work.be_fair([parcel(Lane.ALERT)], 1)
        assert work.since_fair == n + 1
