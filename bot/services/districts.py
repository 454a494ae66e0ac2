"""Places from GeoJSON files: districts with names, zones and outlines, imported by slug."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from bot.domain.districts import DistrictId, Districts
from bot.i18n import LANGUAGES
from storage import districts
from storage.db import Database, Tx

PLACES = Path(__file__).parent.parent / "places"
"""The places that come with the program."""
SLUG = re.compile(r"[a-z0-9]{2,12}")
LARGEST = 5_000_000
"""Bytes of a file of places."""


class PlacesProblem(Exception):
    """A file of places cannot be used; says which file and why."""


class Place(msgspec.Struct, frozen=True):
    """One feature's properties. ``parent`` is a slug; ``names`` has every shipped language."""

    slug: str
    zone: str
    names: dict[str, str]
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    added: int
    updated: int


@dataclass(frozen=True, slots=True)
class _Outlined:
    place: Place
    rings: list[list[list[float]]]


async def import_places(db: Database, paths: Iterable[Path]) -> Imported:
    """Add the places of GeoJSON files, or update names, zone and outlines of known slugs.

    Nothing is ever deleted or moved in the tree, so nobody loses what they follow. Files are read
    in order and a parent stands before its children. All or nothing; raises ``PlacesProblem``.
    """
    read = [(path, list(_features(path))) for path in paths]
    added = updated = 0
    async with db.tx() as tx:
        tree = await districts.load(tx)
        ids = {district.slug: district.id for district in tree.all.values()}
        for path, features in read:
            for feature in features:
                new = feature.place.slug not in ids
                await _put(tx, tree, ids, feature, path)
                added, updated = added + new, updated + (not new)
    return Imported(added, updated)


async def _put(
    tx: Tx, tree: Districts, ids: dict[str, DistrictId], feature: _Outlined, path: Path
) -> None:
    place = feature.place
    known = tree.by_slug(place.slug)
    if known is not None:
        await districts.revise(
            tx, known.id, zone=place.zone, names=place.names, rings=feature.rings
        )
        return
    if place.parent is not None and place.parent not in ids:
        raise PlacesProblem(f"{path}: {place.slug} lies in {place.parent}, which is not known yet")
    parent = None if place.parent is None else ids[place.parent]
    ids[place.slug] = await districts.add(
        tx,
        slug=place.slug,
        parent=parent,
        zone=place.zone,
        names=place.names,
        rings=feature.rings,
    )


def _features(path: Path) -> Iterator[_Outlined]:
    try:
        if path.stat().st_size > LARGEST:
            raise PlacesProblem(f"{path}: larger than {LARGEST} bytes")
        collection = json.loads(path.read_text("utf-8"))
        features = collection["features"]
    except OSError as problem:
        raise PlacesProblem(f"{path}: cannot be read ({problem.strerror})") from None
    except (ValueError, KeyError, TypeError):
        raise PlacesProblem(f"{path}: is not a GeoJSON FeatureCollection") from None
    for number, feature in enumerate(features, start=1):
        try:
            place = _checked(msgspec.convert(feature["properties"], Place))
            yield _Outlined(place, list(_rings(feature["geometry"])))
        except (ValueError, KeyError, TypeError) as problem:
            raise PlacesProblem(f"{path}: feature {number}: {problem}") from None


def _checked(place: Place) -> Place:
    if not SLUG.fullmatch(place.slug):
        raise ValueError(f"slug {place.slug!r} is not 2 to 12 of a-z and 0-9")
    if missing := [lang for lang in LANGUAGES if not place.names.get(lang, "").strip()]:
        raise ValueError(f"{place.slug} has no name in {', '.join(missing)}")
    try:
        ZoneInfo(place.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{place.slug}: {place.zone!r} is not an IANA time zone") from None
    return place


def _rings(geometry: Mapping[str, Any] | None) -> Iterator[list[list[float]]]:
    """Outer outlines only: holes are too small to matter for finding a district."""
    if geometry is None:
        return
    match geometry["type"]:
        case "Polygon":
            polygons = [geometry["coordinates"]]
        case "MultiPolygon":
            polygons = geometry["coordinates"]
        case other:
            raise ValueError(f"geometry {other} is not a Polygon or MultiPolygon")
    for polygon in polygons:
        ring = msgspec.convert([point[:2] for point in polygon[0]], list[tuple[float, float]])
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise ValueError("an outline needs three corners and must be closed")
        if any(abs(x) > 180 or abs(y) > 90 for x, y in ring):
            raise ValueError("coordinates are longitude, latitude in degrees")
        yield [list(point) for point in ring[:-1]]
