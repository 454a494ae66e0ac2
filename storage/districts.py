"""The tree of districts."""

import json
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table, select, update

from bot.domain.districts import District, DistrictId, Districts
from storage.db import Tx, metadata
from storage.types import Retention

table = Table(
    "districts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("slug", String(24), nullable=False, unique=True),
    Column("parent", Integer, ForeignKey("districts.id", ondelete="CASCADE"), nullable=True),
    Column("zone", String(40), nullable=False),
    Column("names", JSON, nullable=False),
    Column("rings", JSON, nullable=False),
    info=Retention.while_needed("public geography, kept until staff removes it"),
)


async def load(tx: Tx) -> Districts:
    """The whole tree."""
    rows = await tx.execute(select(table).order_by(table.c.id))
    return Districts.of(
        District(
            id=DistrictId(row.id),
            slug=row.slug,
            parent=None if row.parent is None else DistrictId(row.parent),
            zone=row.zone,
            names=row.names,
            rings=tuple(tuple((x, y) for x, y in ring) for ring in row.rings),
        )
        for row in rows
    )


async def add(
    tx: Tx,
    *,
    slug: str,
    parent: DistrictId | None,
    zone: str,
    names: dict[str, str],
    rings: Any = (),
) -> DistrictId:
    """Add one; ``rings`` are outlines of (longitude, latitude) pairs."""
    values = {"slug": slug, "parent": parent, "zone": zone, "names": names}
    values["rings"] = json.loads(json.dumps(rings))
    done = await tx.execute(table.insert().values(**values).returning(table.c.id))
    return DistrictId(done.scalar_one())


async def revise(
    tx: Tx, id: DistrictId, *, zone: str, names: dict[str, str], rings: Any = ()
) -> None:
    """Give a district new names, zone and outlines; its slug and place in the tree stay."""
    values = {"zone": zone, "names": names, "rings": json.loads(json.dumps(rings))}
    await tx.execute(update(table).where(table.c.id == id).values(**values))
