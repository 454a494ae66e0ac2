"""What was relayed, written as static files: RSS, JSON Feed, a page and an OPML list of them.

Anybody may serve the folder; the bot does not. Files are replaced whole, and only when what they
say changed, so that whoever asks conditionally is answered in a few bytes.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from bot.domain.districts import District, Districts
from bot.domain.items import Item, ItemId
from bot.domain.publications import State
from bot.domain.sources import Source, SourceId
from bot.i18n import LANGUAGES, NAMES, Translator, translator
from bot.services.atlas import Atlas
from bot.views import outlets as view
from bot.views import revised
from bot.views.message import Message, Say, decode
from feeds import opml, outlet
from feeds.opml import Outline
from feeds.outlet import Outlet, OutletItem
from storage import items, outlets, sources
from storage.db import Database
from storage.outlets import Relayed

RECENT = 500
"""Items looked through; each feed has the newest of them that concern its district."""
ALL = "all-districts"
"""No district's slug has a hyphen."""
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the files go and how they are reached. ``most``: items of one feed."""

    folder: Path
    address: str
    most: int = 50

    def at(self, name: str) -> str:
        """The address of a file."""
        return f"{self.address.rstrip('/')}/{name}"


@dataclass(frozen=True, slots=True)
class _Shown:
    """An item in every language, and whom it concerns."""

    relayed: Relayed
    item: Item
    source: Source
    messages: dict[str, Message]


@dataclass(slots=True)
class Outlets:
    """Writes the files. Remembers what they were made of, so that a quiet minute costs a query."""

    db: Database
    atlas: Atlas
    clock: Callable[[], datetime]
    shelf: Shelf
    _made_of: bytes = field(default=b"")
    _written: dict[str, int] = field(default_factory=dict)
    """What each feed said when it was written last: the others need not be made again."""

    async def refresh(self) -> int:
        """The heartbeat: write what changed; returns how many files that were."""
        async with self.db.tx(write=False) as tx:
            relayed = await outlets.lately(tx, limit=RECENT)
            numbers = {ItemId(one.publication.number) for one in relayed}
            found = await items.named(tx, numbers)
            media = await sources.named(tx, {item.source for item in found.values()})
            made_of = _fingerprint(relayed, found, media, self.atlas.tree)
            if made_of == self._made_of:
                return 0
            texts = await outlets.texts(tx, [one.publication.id for one in relayed], LANGUAGES)
        shown = []
        for one in relayed:
            item = found.get(ItemId(one.publication.number))
            if item is None or item.source not in media:
                continue
            said = {
                lang: decode(texts[one.publication.id, lang])
                for lang in LANGUAGES
                if (one.publication.id, lang) in texts
            }
            messages = {lang: s.message for lang, s in said.items() if isinstance(s, Say)}
            shown.append(_Shown(one, item, media[item.source], messages))
        written = await asyncio.to_thread(
            _write_all, self.shelf, self.atlas.tree, shown, self._written
        )
        self._made_of = made_of
        return written


def _write_all(
    shelf: Shelf, tree: Districts, shown: Sequence[_Shown], before: dict[str, int]
) -> int:
    count, shelves = 0, []
    for t in map(translator, LANGUAGES):
        made = [(one, _item(one, t)) for one in shown if t.lang in one.messages]
        feeds = [_outlet(shelf, tree, None, made, t)]
        feeds += [_outlet(shelf, tree, d, made, t) for d in tree.widest_first()]
        for one in feeds:
            if before.get(one.rss) != hash(one):
                count += sum(
                    _replace(shelf.folder / name, body) for name, body in _both(shelf, one)
                )
                before[one.rss] = hash(one)
        shelves.append((NAMES[t.lang], feeds))
    return count + sum(_replace(shelf.folder / name, body) for name, body in _lists(shelves))


def _both(shelf: Shelf, one: Outlet) -> Iterator[tuple[str, bytes]]:
    """A feed in its two forms, by their names below the folder."""
    yield one.rss.removeprefix(shelf.at("")), outlet.rss(one)
    yield one.json.removeprefix(shelf.at("")), outlet.json_feed(one)


def _lists(shelves: Sequence[tuple[str, Sequence[Outlet]]]) -> Iterator[tuple[str, bytes]]:
    """What lists the feeds: for people, and for readers of feeds."""
    en = translator("en")
    yield "index.html", outlet.page(en("outlet-title-all"), en("outlet-about"), shelves)
    outlines = [
        Outline(one.rss, f"{one.title} ({one.language})", (), one.language, one.home)
        for _, feeds in shelves
        for one in feeds
    ]
    updated = max((feed.updated or _BEGINNING for _, feeds in shelves for feed in feeds))
    yield "feeds.opml", opml.write(outlines, title=en("outlet-title-all"), written=updated)


def _outlet(
    shelf: Shelf,
    tree: Districts,
    district: District | None,
    made: Sequence[tuple[_Shown, OutletItem]],
    t: Translator,
) -> Outlet:
    name = f"{t.lang}/{district.slug if district else ALL}"
    mine = tree.concerned([district.id]) if district else None
    concerned = (
        item
        for one, item in made
        if mine is None or mine & one.relayed.publication.audience.districts
    )
    return Outlet(
        title=view.title(district, t),
        about=t("outlet-about"),
        language=t.lang,
        home=shelf.at("index.html"),
        rss=shelf.at(f"{name}.xml"),
        json=shelf.at(f"{name}.json"),
        items=tuple(islice(concerned, shelf.most)),
    )


def _item(one: _Shown, t: Translator) -> OutletItem:
    publication, item, source = one.relayed.publication, one.item, one.source
    message, hidden = one.messages[t.lang], _hidden(publication.state)
    if hidden is not None:
        # The same id says that it stands no longer: whoever read it before reads that in its place.
        message = hidden(publication, t)
        title = message.text.partition("\n")[0]
        return OutletItem(
            code=publication.code,
            title=title,
            content=view.body(message, title),
            published=publication.accepted_at,
            updated=one.relayed.changed_at or publication.accepted_at,
            standing=publication.state.value,
        )
    return OutletItem(
        code=publication.code,
        title=view.headline(
            item.title, t, corrected=one.relayed.corrected, unconfirmed=item.unconfirmed
        ),
        content=view.body(message, item.title),
        published=publication.accepted_at,
        updated=one.relayed.changed_at or publication.accepted_at,
        link=item.link,
        medium=source.title,
        site=f"https://{source.domain}/" if source.domain else "",
        feed=source.address,
        language=item.language,
        topics=tuple(sorted(item.topics)),
        standing="corrected" if one.relayed.corrected else publication.state.value,
    )


def _hidden(state: State) -> "Callable[..., Message] | None":
    """What is shown in place of an item that does not stand."""
    match state:
        case State.MASKED | State.SUSPENDED:
            return revised.masked
        case State.RECALLED | State.CANCELLED:
            return revised.recalled
        case State.CURRENT | State.SUPERSEDED | State.ENDED:
            return None


def _fingerprint(
    relayed: Sequence[Relayed],
    found: dict[ItemId, Item],
    media: dict[SourceId, Source],
    tree: Districts,
) -> bytes:
    """Of everything that the files are made of."""
    digest = hashlib.sha256()
    for one in relayed:
        p = one.publication
        digest.update(f"{p.id}|{p.version}|{p.state}|{sorted(p.audience.districts)}\n".encode())
    for item in found.values():
        digest.update(f"item {item.id}|{item.version}\n".encode())
    for source in media.values():
        digest.update(f"source {source.id}|{source.version}\n".encode())
    for district in tree.all.values():
        digest.update(
            f"{district.slug}|{district.parent}|{sorted(district.names.items())}".encode()
        )
    return digest.digest()


def _replace(path: Path, content: bytes) -> bool:
    """Put a file in place whole, readable by whoever serves it; says whether it had to be.

    Not forced to the disk: what a crash cut short differs, so the next start writes it again.
    """
    if path.is_file() and path.read_bytes() == content:
        return False
    for folder in (path.parent.parent, path.parent):
        if not folder.is_dir():
            folder.mkdir(parents=True)
            folder.chmod(0o755)  # a service's umask keeps others out
    rough = path.with_name(f".{path.name}.part")
    rough.write_bytes(content)
    rough.chmod(0o644)
    rough.replace(path)
    return True
