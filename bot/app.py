"""The composition root: configuration → database, services, handlers, ticks → a running bot."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from telegram.ext import Application, ContextTypes, ExtBot

from bot import logs, redaction
from bot.config import Config
from bot.delivery import profile, rights
from bot.delivery.collector import collect_seldom
from bot.delivery.inbox import Inbox
from bot.delivery.outbox import Engine
from bot.delivery.pace import Pace
from bot.delivery.patience import reach
from bot.delivery.poller import Poller
from bot.delivery.tasks import Tasks
from bot.delivery.transport import Transport
from bot.services.atlas import Atlas
from bot.services.cards import Cards
from bot.services.cascades import Cascades
from bot.services.channels import Channels
from bot.services.check import Check
from bot.services.digests import Digests
from bot.services.districts import import_places
from bot.services.items import Items
from bot.services.motions import Motions
from bot.services.newest import Newest
from bot.services.outlets import Outlets, Shelf
from bot.services.polls import Polling, Spawn
from bot.services.privacy import Privacy
from bot.services.queue import Nudges
from bot.services.rallies import Rallies
from bot.services.reminders import Reminders
from bot.services.retention import purge
from bot.services.revisions import Revisions
from bot.services.sending import Sending
from bot.services.source_settings import SourceSettings
from bot.services.sources import Sources
from bot.services.staff import Staffing
from bot.services.subscriptions import Subscriptions
from bot.services.upkeep import Upkeep
from bot.services.vetting import Vetting
from bot.ticks import Tick, Ticks
from feeds.fetch import Fetcher, FetchLimits
from feeds.parse import ParseLimits, Parser
from feeds.rhythm import Rhythm
from feeds.stopwatch import Stopwatch
from handlers.channels import ChannelHandlers
from handlers.check import CheckHandlers
from handlers.context import App, Ctx
from handlers.districts import DistrictHandlers
from handlers.errors import polite
from handlers.feature import Feature
from handlers.forms import FormHandlers
from handlers.help import HelpHandlers
from handlers.identify import IdentifyHandler
from handlers.items import ItemHandlers
from handlers.lost import LostHandlers
from handlers.privacy import PrivacyHandlers
from handlers.proposals import ProposalHandlers
from handlers.publications import PublicationHandlers
from handlers.rallies import RallyHandlers
from handlers.rally_desk import RallyDeskHandlers
from handlers.rally_form import RallyFormHandlers
from handlers.revisions import RevisionHandlers
from handlers.source_settings import SourceSettingsHandlers
from handlers.sources import SourceHandlers
from handlers.staff import StaffHandlers
from handlers.start import StartHandlers
from handlers.subscriptions import SubscriptionHandlers
from handlers.vetting import VettingHandlers
from storage import installation
from storage.alone import alone
from storage.crypto import load_key
from storage.db import Database, connect
from storage.erasure import scrub

VERSION = "0.1.0"
AGENT = "Tocsin/{version} (feed reader{contact})"

Clock = Callable[[], datetime]
log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The present, aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class House:
    """One running bot and what it is made of."""

    config: Config
    clock: Clock
    db: Database
    atlas: Atlas
    app: App
    engine: Engine
    inbox: Inbox
    poller: Poller
    ticks: tuple[Tick, ...]
    fetcher: Fetcher
    parser: Parser

    async def beat(self) -> None:
        """Let every tick beat once, now: for tests, whose clock is not the wall's."""
        for tick in self.ticks:
            await tick.run()

    async def idle(self) -> None:
        """Wait until everything stored is handled and everything due is sent: for tests."""
        await self.inbox.idle()
        await self.engine.idle()


def features(house_bot: ExtBot[None], parts: "Parts") -> list[Feature]:
    """Every noun's handlers, in the order in which they are asked. A new noun adds a line here."""
    db, atlas, clock = parts.db, parts.atlas, parts.clock
    subscriptions = Subscriptions(db, atlas)
    rallies = Rallies(db, atlas, clock, parts.rate)
    sources = Sources(db, atlas, clock, parts.fetcher, parts.parser, parts.rhythm, wake=parts.wake)
    channels = Channels(db, atlas, clock, rights.asking(house_bot))
    lost = LostHandlers()
    next_rally = RallyHandlers(rallies, atlas)
    check = CheckHandlers(Check(db, clock), atlas)
    nouns: list[Feature] = [
        SubscriptionHandlers(subscriptions, atlas),
        next_rally,
        RallyFormHandlers(rallies, atlas),
        RallyDeskHandlers(rallies),
        ItemHandlers(Items(db, atlas, clock, parts.rate), sources.hold),
        PublicationHandlers(parts.cards.sending, parts.cards),
        RevisionHandlers(Revisions(db, atlas, clock)),
        ProposalHandlers(sources),
        SourceHandlers(sources),
        VettingHandlers(
            sources,
            Vetting(db, atlas, clock),
            Newest(db, atlas, clock, parts.fetcher, parts.parser),
        ),
        SourceSettingsHandlers(sources, SourceSettings(db, atlas, clock)),
        ChannelHandlers(channels, atlas),
        PrivacyHandlers(Privacy(db, clock), atlas),
        HelpHandlers(next_rally=next_rally.next, check=check.ask),
        check,
        DistrictHandlers(atlas),
    ]
    staff = StaffHandlers(
        Staffing(db, clock), Motions(db, atlas, clock), atlas, lost.command, nouns
    )
    links = {prefix: link for noun in (*nouns, staff) for prefix, link in noun.links().items()}
    start = StartHandlers(subscriptions, atlas, links, rallies.upcoming)
    return [start, staff, *nouns, lost]


@dataclass(frozen=True, slots=True)
class Parts:
    """What services are made of."""

    db: Database
    atlas: Atlas
    clock: Clock
    fetcher: Fetcher
    parser: Parser
    rhythm: Rhythm
    wake: Callable[[], None]
    cards: Cards
    rate: float
    shelf: Shelf | None
    spawn: Spawn | None


def ticks_of(parts: Parts, engine: Engine) -> Iterator[Tick]:
    """The table of heartbeats. Whatever one queues leaves at once."""
    db, atlas, clock = parts.db, parts.atlas, parts.clock
    polling = Polling(
        db,
        atlas,
        clock,
        parts.fetcher,
        parts.parser,
        parts.rhythm,
        wake=engine.wake,
        spawn=parts.spawn,
    )

    def tick(name: str, seconds: float, run: Callable[[], Any]) -> Tick:
        async def beat() -> None:
            await run()
            engine.wake()

        return Tick(name, timedelta(seconds=seconds), beat)

    yield tick("reminders", 5, Reminders(db, atlas, clock).run_due)
    yield tick("news", 2, polling.round)
    yield tick("sources", 30, Upkeep(db, atlas, clock).run_due)
    yield tick("cascades", 5, Cascades(db, atlas, clock).run)
    yield tick("nudges", 15, Nudges(db, atlas, clock).run)
    yield tick("digests", 30, Digests(db, atlas, clock).run_due)
    yield tick("cards", 10, parts.cards.refresh)
    yield tick("masks", 60, Revisions(db, atlas, clock).remind_due)
    yield tick("items", 60, Items(db, atlas, clock).expire_due)
    if parts.shelf is not None:
        yield tick("outlets", 60, Outlets(db, atlas, clock, parts.shelf).refresh)
    yield tick("retention", 600, partial(purge, db, clock))
    yield tick("scrub", 3600, partial(scrub, db))
    yield tick("outbox", 600, engine.sweep)


@asynccontextmanager
async def open_house(
    config: Config,
    *,
    clock: Clock = utc_now,
    rhythm: Rhythm | None = None,
    pace: Pace | None = None,
) -> AsyncIterator[House]:
    """Build everything, reach Telegram, and close it all at the end. Nothing runs yet.

    ``clock``, ``rhythm`` and ``pace`` stand in for the configured ones in a demo or a test.

    Raises ``KeyProblem``, ``StorageUnavailable``, ``InvalidToken``; waits out a lost network.
    """
    async with AsyncExitStack() as stack:
        db = await stack.enter_async_context(_database(config))
        atlas = Atlas(db)
        await atlas.load()
        fetcher = await stack.enter_async_context(fetcher_of(config))
        parser = await stack.enter_async_context(parser_of(config))
        tasks = Tasks()
        stack.push_async_callback(tasks.close)
        app = _application(config)
        await reach(app.initialize)
        stack.push_async_callback(app.shutdown)
        pace = pace or Pace(rate=config.delivery.rate_per_second)
        paid = config.delivery.allow_paid_broadcast
        engine = Engine(db, app.bot, clock, pace, tasks, atlas, paid=paid)
        rhythm = rhythm or _rhythm(config)
        offered = Revisions(db, atlas, clock).offered
        sending = Sending(db, atlas, clock, rate=engine.speed, more=offered)
        cards = Cards(db, sending, clock)
        rate, shelf = pace.rate, _shelf(config)
        # A test steps through ticks, each of which has to be whole; a running bot waits for nobody.
        parts = Parts(
            db,
            atlas,
            clock,
            fetcher,
            parser,
            rhythm,
            engine.wake,
            cards,
            rate,
            shelf,
            spawn=tasks.start if clock is utc_now else None,
        )
        wire(app, features(app.bot, parts), db, clock, default_lang=config.bot.default_language)
        inbox = Inbox(db, app, clock, engine)
        poller = Poller(db, app.bot, inbox, clock, timeout=config.telegram.poll_timeout)
        ticks = tuple(ticks_of(parts, engine))
        yield House(config, clock, db, atlas, app, engine, inbox, poller, ticks, fetcher, parser)


@asynccontextmanager
async def running(house: House, *, beating: bool = True) -> AsyncIterator[House]:
    """Receive, handle and send for the length of the block; ``beating`` runs the ticks too."""
    await profile.push(house.app.bot, house.db, default_lang=house.config.bot.default_language)
    ticks = Ticks(house.ticks if beating else ())
    await house.engine.start()
    await house.inbox.start()
    await house.poller.start()
    await ticks.start()
    try:
        yield house
    finally:
        await ticks.stop()
        await house.poller.stop()
        await house.inbox.stop()
        await house.engine.stop()


async def run(config: Config) -> None:
    """The bot, until it is told to stop (SIGINT, SIGTERM)."""
    logs.start(config.log.level, file=config.log.file, secrets=[config.telegram.token])
    redaction.watch(asyncio.get_running_loop())
    async with open_house(config) as house, running(house):
        log.info("running as @%s", house.app.bot.username)
        collect_seldom()
        await told_to_stop()
        log.info("stopping; what is queued stays queued")


def wire(
    app: App, nouns: Sequence[Feature], db: Database, clock: Clock, *, default_lang: str
) -> None:
    """Add every handler: identification first, the features in order, then free messages."""
    app.add_handler(IdentifyHandler(db, clock, default_lang).route(), group=-1)
    for noun in nouns:
        if isinstance(noun, PublicationHandlers):
            app.add_handler(noun.watch(), group=-2)
    lost = next(noun for noun in nouns if isinstance(noun, LostHandlers))
    forms = FormHandlers(
        steps={kind: step for noun in nouns for kind, step in noun.steps().items()},
        claims=[claim for noun in nouns for claim in noun.claims()],
        lost=lost.answer,
    )
    for routes in (*(noun.routes() for noun in nouns), forms.routes()):
        for route in polite(routes):
            app.add_handler(route)


@asynccontextmanager
async def _database(config: Config) -> AsyncIterator[Database]:
    """Opened with the key it is sealed with, and holding the places that are configured."""
    db = connect(config.storage.url, load_key(config.storage.key_file))
    try:
        async with db.tx() as tx:
            await installation.check_key(tx)
        async with alone(db):
            await import_places(db, config.place_files)
            yield db
    finally:
        await db.close()


def _application(config: Config) -> App:
    transport = Transport()
    bot: ExtBot[None] = ExtBot(
        config.telegram.token,
        base_url=f"{config.telegram.api_url}/bot",
        base_file_url=f"{config.telegram.file_url}/bot",
        request=transport,
        get_updates_request=transport,
    )
    builder = Application.builder().bot(bot).updater(None)
    return builder.context_types(ContextTypes(context=Ctx)).build()


def fetcher_of(config: Config, stopwatch: Stopwatch | None = None) -> Fetcher:
    """What reads feeds, as configured; to be opened. ``stopwatch`` measures what it does."""
    contact = f"; {config.feeds.contact}" if config.feeds.contact else ""
    return Fetcher(
        user_agent=AGENT.format(version=VERSION, contact=contact),
        allow=config.feeds.allow,
        limits=FetchLimits(body=config.feeds.max_bytes),
        ports=config.feeds.ports,
        proxy=config.feeds.proxy,
        trust=stopwatch.context if stopwatch else None,
        traces=stopwatch.traces if stopwatch else (),
    )


def parser_of(config: Config) -> Parser:
    """What takes documents apart, as configured; to be opened."""
    return Parser(limits=ParseLimits(body=config.feeds.max_bytes))


def _shelf(config: Config) -> Shelf | None:
    """Where feeds of what was relayed are written, if anywhere."""
    publish = config.publish
    if publish.folder is None:
        return None
    return Shelf(publish.folder, publish.address, publish.items)


def _rhythm(config: Config) -> Rhythm:
    return Rhythm(
        floor=timedelta(seconds=config.feeds.interval_floor),
        ceiling=timedelta(seconds=config.feeds.interval_ceiling),
        longest_wait=timedelta(seconds=config.feeds.longest_wait),
        urgent=timedelta(seconds=config.feeds.interval_urgent),
    )


async def told_to_stop() -> None:
    """Wait for SIGINT or SIGTERM."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C interrupts the loop itself
            loop.add_signal_handler(number, told.set)
    await told.wait()
