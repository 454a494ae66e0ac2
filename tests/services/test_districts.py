"""The places that come with the program, and files of places that operators bring."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.domain.districts import DistrictId, Districts
from bot.domain.privacy import TelegramId
from bot.domain.subscribers import Settings
from bot.i18n import LANGUAGES
from bot.services.districts import PLACES, Imported, PlacesProblem, import_places
from storage import districts, subscribers
from storage.db import Database

SHIPPED = [PLACES / "minsk.geojson", PLACES / "brussels.geojson"]


def place(slug: str, **changes: Any) -> dict[str, Any]:
    """A valid feature."""
    properties: dict[str, Any] = {"slug": slug, "zone": "Europe/Minsk", "parent": None}
    properties["names"] = {lang: f"{slug} {lang}" for lang in LANGUAGES}
    ring = [[27.0, 53.0], [28.0, 53.0], [28.0, 54.0], [27.0, 53.0]]
    geometry = changes.pop("geometry", {"type": "Polygon", "coordinates": [ring]})
    return {"type": "Feature", "properties": {**properties, **changes}, "geometry": geometry}


def written(folder: Path, *features: Any) -> Path:
    """A file of these features."""
    path = folder / "places.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


async def tree_of(db: Database) -> Districts:
    """What the database holds."""
    async with db.tx(write=False) as tx:
        return await districts.load(tx)


async def test_the_shipped_places_are_two_countries_with_nine_and_nineteen_districts(
    db: Database,
) -> None:
    assert await import_places(db, SHIPPED) == Imported(added=32, updated=0)
    tree = await tree_of(db)
    assert [root.slug for root in tree.children(None)] == ["by", "be"]
    sizes = {}
    for root in tree.children(None):
        (city,) = tree.children(root.id)
        sizes[city.slug] = len(tree.children(city.id))
    assert sizes == {"minsk": 9, "brussels": 19}
    for district in tree.all.values():
        assert set(district.names) == set(LANGUAGES)
        assert district.rings


async def test_importing_twice_changes_nothing(db: Database) -> None:
    await import_places(db, SHIPPED)
    before = await tree_of(db)
    assert await import_places(db, SHIPPED) == Imported(added=0, updated=32)
    assert (await tree_of(db)).all == before.all


async def test_a_later_import_updates_names_and_deletes_nothing(
    db: Database, tmp_path: Path
) -> None:
    ann = TelegramId(5)
    await import_places(db, [written(tmp_path, place("one"), place("two", parent="one"))])
    old = (await tree_of(db)).by_slug("two")
    assert old is not None
    async with db.tx() as tx:
        await subscribers.save(tx, ann, Settings())
        await subscribers.follow(tx, ann, old.id)
    names = {lang: f"new {lang}" for lang in LANGUAGES}
    await import_places(db, [written(tmp_path, place("one", names=names))])
    tree = await tree_of(db)
    one = tree.by_slug("one")
    assert one is not None
    assert one.name("fr") == "new fr"
    async with db.tx(write=False) as tx:
        known = await subscribers.get(tx, ann)
    assert known is not None
    assert known.follows == {old.id}


LANDMARKS = [
    ("kastr", 27.535, 53.860),
    ("frunz", 27.440, 53.906),
    ("persh", 27.687, 53.945),
    ("zavod", 27.680, 53.845),
    ("lenin", 27.590, 53.865),
    ("bxl", 4.3525, 50.8467),
    ("bxl", 4.3416, 50.8949),
    ("uccle", 4.3372, 50.8018),
    ("jette", 4.3260, 50.8790),
    ("josse", 4.3710, 50.8520),
    ("gilles", 4.3454, 50.8270),
    ("wslam", 4.4270, 50.8460),
    ("by", 30.20, 55.18),
    ("be", 5.57, 50.63),
]


async def test_well_known_places_are_found_in_their_districts(sqlite: Database) -> None:
    await import_places(sqlite, SHIPPED)
    tree = await tree_of(sqlite)
    found = [(slug, tree.at(x, y)) for slug, x, y in LANDMARKS]
    wrong = [(slug, d.slug if d else None) for slug, d in found if d is None or d.slug != slug]
    assert wrong == []
    assert tree.at(2.35, 48.85) is None


async def test_shipped_neighbours_do_not_overlap_and_fill_their_city(sqlite: Database) -> None:
    await import_places(sqlite, SHIPPED)
    tree = await tree_of(sqlite)
    for slug, (x0, y0, x1, y1) in {
        "minsk": (27.42, 53.83, 27.70, 53.97),
        "brussels": (4.25, 50.77, 4.48, 50.91),
    }.items():
        city = tree.by_slug(slug)
        assert city is not None
        inside = covered = 0
        for n in range(40):
            for m in range(40):
                x, y = x0 + (x1 - x0) * (n + 0.37) / 40, y0 + (y1 - y0) * (m + 0.41) / 40
                hits = Counter(d.slug for d in tree.children(city.id) if d.covers(x, y))
                assert sum(hits.values()) <= 1, hits
                inside += city.covers(x, y)
                covered += bool(hits)
        assert covered >= 0.98 * inside


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_shipped_name_is_found_when_typed(sqlite: Database, lang: str) -> None:
    await import_places(sqlite, SHIPPED)
    tree = await tree_of(sqlite)
    for district in tree.all.values():
        assert tree.by_name(district.name(lang))[0].name(lang) == district.name(lang)


async def test_everything_shipped_fits_on_a_poster(sqlite: Database) -> None:
    await import_places(sqlite, SHIPPED)
    tree = await tree_of(sqlite)
    assert all(len(f"d_{district.slug}") <= 12 for district in tree.all.values())
    assert all(tree.city(DistrictId(id)).zone.startswith("Europe/") for id in tree.all)


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ([place("UPPER")], "slug 'UPPER'"),
        ([place("x" * 13)], "slug"),
        ([place("one", zone="Europe/Nowhere")], "not an IANA time zone"),
        ([place("one", zone="../etc")], "not an IANA time zone"),
        ([place("one", names={"en": "One"})], "no name in be, ru, fr, nl"),
        ([place("one", parent="two")], "two, which is not known yet"),
        ([place("one", geometry={"type": "Point", "coordinates": [1, 2]})], "Point"),
        ([place("one", geometry={"type": "Polygon", "coordinates": [[[1, 2]]]})], "outline"),
        (
            [
                place(
                    "one",
                    geometry={
                        "type": "Polygon",
                        "coordinates": [[[1, 95], [2, 95], [2, 96], [1, 95]]],
                    },
                )
            ],
            "degrees",
        ),
        ([{"properties": {"slug": "one"}}], "feature 1"),
        (["text"], "feature 1"),
    ],
)
async def test_a_wrong_file_is_refused_whole_and_says_where(
    sqlite: Database, tmp_path: Path, features: list[Any], words: str
) -> None:
    path = written(tmp_path, *features)
    with pytest.raises(PlacesProblem) as refused:
        await import_places(sqlite, [path])
    assert str(refused.value).startswith(str(path))
    assert words in str(refused.value)
    assert (await tree_of(sqlite)).all == {}


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"\xff\xfe", b"<xml/>"])
async def test_what_is_no_geojson_is_refused(sqlite: Database, tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "x.geojson"
    path.write_bytes(raw)
    with pytest.raises(PlacesProblem, match="not a GeoJSON FeatureCollection"):
        await import_places(sqlite, [path])


async def test_a_missing_file_is_named(sqlite: Database, tmp_path: Path) -> None:
    with pytest.raises(PlacesProblem, match=r"none\.geojson: cannot be read"):
        await import_places(sqlite, [tmp_path / "none.geojson"])


async def test_a_place_may_come_without_an_outline(sqlite: Database, tmp_path: Path) -> None:
    await import_places(sqlite, [written(tmp_path, place("one", geometry=None))])
    one = (await tree_of(sqlite)).by_slug("one")
    assert one is not None
    assert one.rings == ()
