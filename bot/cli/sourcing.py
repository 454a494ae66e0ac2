"""The deeds behind `tocsin source`: look, propose, hold, lists in and out."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.cli.console import refuse, watched
from bot.cli.desk import Desk
from bot.config import Config
from bot.domain.districts import District, DistrictId, Districts
from bot.domain.sources import Found, Source, SourceId, SourceState
from bot.services import nominations, opml
from bot.services.nominations import Nominations
from bot.services.opml import Import
from bot.services.rehearsal import Rehearsal, Rehearsing
from bot.views.sources import Entry
from feeds.fetch import Fetcher
from feeds.opml import Outline
from feeds.parse import Parser
from feeds.stopwatch import Stopwatch
from storage import evidence, items, polls, sources


@dataclass(frozen=True, slots=True)
class Seen:
    """A source as the operator is shown it; ``places`` are its districts."""

    entry: Entry
    places: tuple[District, ...]

    @property
    def source(self) -> Source:
        """The source itself."""
        return self.entry.source


async def look(desk: Desk) -> list[Seen]:
    """Every source that was not refused, in the order in which they were proposed."""
    async with desk.db.tx(write=False) as tx:
        found = await sources.page(tx, offset=0, limit=await sources.count(tx))
        polled = await polls.named(tx, {one.id for one in found})
        sent = {one.id: await items.sent(tx, one.id) for one in found if one.vetted_at}
        logs = {one.id: tuple(await evidence.log(tx, one.id)) for one in found}
    return [
        _seen(desk, Entry(one, polled.get(one.id), sent.get(one.id, 0), logs[one.id]))
        for one in sorted(found, key=lambda one: one.id)
    ]


async def one(desk: Desk, named: str) -> Seen:
    """One source by its number or its address."""
    found = await _find(desk, named)
    async with desk.db.tx(write=False) as tx:
        poll, log = await polls.get(tx, found.id), await evidence.log(tx, found.id)
        sent = await items.sent(tx, found.id)
        return _seen(desk, Entry(found, poll, sent, tuple(log)))


async def hold(desk: Desk, named: str) -> str:
    """Nothing of the source is relayed any more until two moderators lift it."""
    source = await _find(desk, named)
    held, sent = await nominations.hold(desk.db, desk.atlas, source.id, desk.now)
    recent = "1 item" if sent == 1 else f"{sent} items"
    return (
        f"source {held.id} ({held.title}) is held: nothing of it is relayed, codes of {recent} of "
        "the last three days answer that it is being checked; moderators were told, and two of "
        "them can lift it"
    )


async def add(
    desk: Desk, address: str, districts: Sequence[str], topics: Iterable[str]
) -> tuple[Source, Found]:
    """Read a feed and propose it."""
    places = districts_of(desk.atlas.tree, districts)
    async with reading(desk.config) as (fetcher, parser):
        proposing = _proposing(desk, fetcher, parser)
        return await proposing.add(fetcher.guard.parse(address), places, frozenset(topics))


async def take_in(desk: Desk, outlines: Sequence[Outline], districts: Sequence[str]) -> Import:
    """Propose every feed of a list."""
    places = districts_of(desk.atlas.tree, districts)
    async with reading(desk.config) as (fetcher, parser):
        taking = Import(_proposing(desk, fetcher, parser), places)
        with watched("reading feeds", len(outlines)) as advance:
            await taking.run(outlines, advance)
    return taking


async def give_out(desk: Desk) -> tuple[bytes, int]:
    """The list of sources, and how many they are."""
    async with desk.db.tx(write=False) as tx:
        return await opml.export(tx, desk.now)


async def rehearse(desk: Desk, named: str) -> Rehearsal:
    """Read a source, or an address that is nobody's, and store nothing."""
    stopwatch = Stopwatch()
    async with reading(desk.config, stopwatch) as (fetcher, parser):
        trial = Rehearsing(desk.db, desk.atlas, fetcher, parser, stopwatch)
        if _is_number(named):
            source = await _find(desk, named)
            return await trial.run(source, fetcher.guard.parse(source.address), desk.now)
        address = fetcher.guard.parse(named)
        async with desk.db.tx(write=False) as tx:
            known = await sources.known(tx, address.url)
        return await trial.run(known, address, desk.now)


@asynccontextmanager
async def reading(
    config: Config, stopwatch: Stopwatch | None = None
) -> AsyncIterator[tuple[Fetcher, Parser]]:
    """What reads feeds, opened as the bot opens it."""
    from bot.app import fetcher_of, parser_of

    async with fetcher_of(config, stopwatch) as fetcher, parser_of(config) as parser:
        yield fetcher, parser


def districts_of(tree: Districts, named: Sequence[str]) -> frozenset[DistrictId]:
    """Districts by slug or name; none named means the one country, where there is only one."""
    if not named:
        roots = tree.children(None)
        if len(roots) != 1:
            slugs = ", ".join(sorted(root.slug for root in roots))
            refuse(
                "Whom do these sources concern?",
                f"Give --district with a slug or name, such as {slugs}; it may be repeated.",
            )
        return frozenset({roots[0].id})
    return frozenset(_district(tree, name) for name in named)


def save(path: Path, content: bytes, *, force: bool) -> None:
    """Write a file whole or not at all; an existing one only with ``force``."""
    if path.exists() and not force:
        refuse(f"{path} is there already.", "--force replaces it. Nothing was changed.")
    rough = path.with_name(f".{path.name}.part")
    rough.write_bytes(content)
    rough.replace(path)


def _proposing(desk: Desk, fetcher: Fetcher, parser: Parser) -> Nominations:
    return Nominations(desk.db, desk.atlas, _now, fetcher, parser)


def _now() -> datetime:
    return datetime.now(UTC)


async def _find(desk: Desk, named: str) -> Source:
    async with desk.db.tx(write=False) as tx:
        if _is_number(named):
            found = await sources.get(tx, SourceId(int(named)))
        else:
            found = await sources.known(tx, named)
    if found is None or found.state is SourceState.REJECTED:
        refuse(f"There is no source {named}.", "`tocsin source list` shows them.")
    return found


def _is_number(named: str) -> bool:
    return named.isascii() and named.isdigit() and len(named) < 10


def _seen(desk: Desk, entry: Entry) -> Seen:
    tree = desk.atlas.tree
    places = (tree.get(id) for id in sorted(entry.source.districts) if id in tree.all)
    return Seen(entry, tuple(places))


def _district(tree: Districts, name: str) -> DistrictId:
    found = tree.by_slug(name)
    if found is None:
        alike = tree.by_name(name)
        if len(alike) != 1:
            likely = ", ".join(one.slug for one in alike)
            more = f"Perhaps {likely}?" if likely else ""
            refuse(f"There is no district {name}.", more)
        found = alike[0]
    return found.id
