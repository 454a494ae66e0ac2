"""Fingerprints of recent items, by which several sources' tellings of one story are found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from msgspec import json
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    ForeignKey,
    Integer,
    Select,
    String,
    Table,
    any_,
    bindparam,
    func,
    insert,
    or_,
    select,
)

from bot.domain.items import ItemId
from bot.domain.sources import SourceId
from storage.db import Tx, metadata
from storage.types import Blob, Retention, Utc, utc

WINDOW = timedelta(hours=72)
"""As long as an item waits at most; what is told later is another story."""
BANDS = 4
_BITS = 16
_FLIPS = (0, *(1 << bit for bit in range(_BITS)))
_AT_ONCE = 64
_MOST = 250
"""Per print: the first to tell something are enough, should everybody tell it."""

table = Table(
    "stories",
    metadata,
    Column("item", Integer, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("source", Integer, ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    Column("story", Integer, nullable=False),
    Column("link", Blob(32), nullable=True, index=True),
    *(Column(f"band{n}", Integer, nullable=True, index=True) for n in range(BANDS)),
    utc("met_at", nullable=False, index=True),
    info=Retention.for_(WINDOW, since="met_at"),
)
_BAND = [f"band{n}" for n in range(BANDS)]
_NEW = insert(table)


@dataclass(frozen=True, slots=True)
class Print:
    """What a story is recognised by: the digest of its canonical link, the hash of its text."""

    link: bytes
    text: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """A recent item that may tell the same story; ``story`` is the first that told it."""

    item: ItemId
    source: SourceId
    story: ItemId
    print: Print


async def near(tx: Tx, prints: Sequence[Print], now: datetime, *, bits: int) -> list[Told]:
    """Recent items with one of these links, or with a text whose hash differs from that of one of

    these in so many bits at most. Those are found that differ in one bit at most in one of four
    bands: always up to seven bits, nearly always up to twelve.
    """
    found: dict[int, Told] = {}
    telling = [one for one in prints if one.link or one.text is not None]
    for start in range(0, len(telling), _AT_ONCE):
        part = telling[start : start + _AT_ONCE]
        links = {one.link for one in part if one.link}
        probes = [_probes(part, n) for n in range(BANDS)]
        asked: dict[str, Any] = {"link": list(links)}
        for name, values in zip(_BAND, probes, strict=True):
            asked[name] = list(values) if tx.postgres else json.encode(list(values)).decode()
        asked |= {"since": now - WINDOW, "most": _MOST * len(part)}
        # Most rows are met by chance: nothing is made of those.
        for item, source, story, link, *bands in await tx.execute(_alike(tx.postgres), asked):
            text = _joined(bands)
            if link in links or (text is not None and _is_near(text, bands, probes, bits)):
                told = Print(link or b"", text)
                found[item] = Told(ItemId(item), SourceId(source), ItemId(story), told)
    return [found[item] for item in sorted(found)]


async def add(tx: Tx, told: Sequence[Told], now: datetime) -> None:
    """Remember items with the story they tell (their own id when they are its first)."""
    rows = [
        {
            "item": one.item,
            "source": one.source,
            "story": one.story,
            "link": one.print.link or None,
            **{f"band{n}": value for n, value in enumerate(_bands(one.print.text))},
            "met_at": now,
        }
        for one in told
    ]
    if rows:
        await tx.execute(_NEW, rows)


@cache
def _alike(postgres: bool) -> Select[Any]:
    """The probes of a band are one parameter: each of hundreds would be a word of SQL."""
    link = table.c.link.in_(bindparam("link", expanding=True))
    bands = [_among(table.c[name], name, postgres) for name in _BAND]
    told = (table.c.item, table.c.source, table.c.story, table.c.link)
    recent = table.c.met_at > bindparam("since", type_=Utc)
    query = select(*told, *(table.c[name] for name in _BAND)).where(recent, or_(link, *bands))
    return query.order_by(table.c.item).limit(bindparam("most", type_=Integer))


def _among(column: ColumnElement[int], name: str, postgres: bool) -> ColumnElement[bool]:
    if postgres:
        return column == any_(bindparam(name, type_=ARRAY(Integer)))
    listed = func.json_each(bindparam(name, type_=String)).table_valued("value")
    return column.in_(select(listed.c.value))


def _bands(text: int | None) -> list[int | None]:
    if text is None:
        return [None] * BANDS
    return [text >> (_BITS * n) & 0xFFFF for n in range(BANDS)]


def _joined(bands: Sequence[int | None]) -> int | None:
    first, second, third, fourth = bands
    if first is None or second is None or third is None or fourth is None:
        return None
    return first | second << _BITS | third << 2 * _BITS | fourth << 3 * _BITS


def _probes(prints: Sequence[Print], band: int) -> Mapping[int, Sequence[int]]:
    """What to look for in a band, and the hashes that each value belongs to."""
    found: dict[int, list[int]] = {}
    for one in prints:
        if one.text is not None:
            value = one.text >> _BITS * band & 0xFFFF
            for flip in _FLIPS:
                if value ^ flip in found:
                    found[value ^ flip].append(one.text)
                else:
                    found[value ^ flip] = [one.text]
    return found


def _is_near(
    text: int,
    bands: Sequence[int],
    probes: Sequence[Mapping[int, Sequence[int]]],
    bits: int,
) -> bool:
    for band, asked in zip(bands, probes, strict=True):
        for other in asked.get(band, ()):
            if (text ^ other).bit_count() <= bits:
                return True
    return False
