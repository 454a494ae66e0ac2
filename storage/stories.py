"""Fingerprints of recent items, by which several sources' tellings of one story are found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, or_, select

from bot.domain.items import ItemId
from bot.domain.sources import SourceId
from storage.db import Tx, metadata
from storage.types import Retention, utc

WINDOW = timedelta(hours=72)
"""As long as an item waits at most; what is told later is another story."""
BANDS = 4
_BITS = 16
_AT_ONCE = 8
_MOST = 200
"""The first to tell something are enough, should everybody tell it."""

table = Table(
    "stories",
    metadata,
    Column("item", Integer, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("source", Integer, ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    Column("story", Integer, nullable=False),
    Column("link", LargeBinary(32), nullable=True, index=True),
    *(Column(f"band{n}", Integer, nullable=True, index=True) for n in range(BANDS)),
    utc("met_at", nullable=False, index=True),
    info=Retention.for_(WINDOW, since="met_at"),
)
_BAND = [table.c[f"band{n}"] for n in range(BANDS)]


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


async def near(tx: Tx, prints: Sequence[Print], now: datetime) -> list[Told]:
    """Recent items with one of these links, or with a text whose hash may lie near.

    A hash is found when one of its four bands differs in one bit at most: always up to seven bits,
    nearly always up to twelve.
    """
    found: dict[int, Told] = {}
    for start in range(0, len(prints), _AT_ONCE):
        part = prints[start : start + _AT_ONCE]
        links = [one.link for one in part if one.link]
        probes = [list(_probes(part, band)) for band in range(BANDS)]
        alike = [table.c.link.in_(links)] if links else []
        alike += [_BAND[n].in_(values) for n, values in enumerate(probes) if values]
        if not alike:
            continue
        query = select(table).where(table.c.met_at > now - WINDOW, or_(*alike))
        for row in await tx.execute(query.order_by(table.c.item).limit(_MOST)):
            bands = (row.band0, row.band1, row.band2, row.band3)
            found[row.item] = Told(
                ItemId(row.item),
                SourceId(row.source),
                ItemId(row.story),
                Print(row.link or b"", _joined(bands)),
            )
    return [found[item] for item in sorted(found)]


async def add(
    tx: Tx, source: SourceId, told: Mapping[ItemId, tuple[ItemId, Print]], now: datetime
) -> None:
    """Remember items with the story they tell (their own id when they are its first)."""
    rows = [
        {
            "item": item,
            "source": source,
            "story": story,
            "link": one.link or None,
            **{f"band{n}": value for n, value in enumerate(_bands(one.text))},
            "met_at": now,
        }
        for item, (story, one) in told.items()
    ]
    if rows:
        await tx.execute(table.insert(), rows)


def _bands(text: int | None) -> list[int | None]:
    if text is None:
        return [None] * BANDS
    return [text >> (_BITS * n) & 0xFFFF for n in range(BANDS)]


def _joined(bands: Sequence[int | None]) -> int | None:
    known = [band for band in bands if band is not None]
    if len(known) < BANDS:
        return None
    return sum(band << (_BITS * n) for n, band in enumerate(known))


def _probes(prints: Sequence[Print], band: int) -> Iterator[int]:
    for one in prints:
        value = _bands(one.text)[band]
        if value is not None:
            yield value
            yield from (value ^ 1 << bit for bit in range(_BITS))
