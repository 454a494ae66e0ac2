"""The tree in the database."""

import pytest
from sqlalchemy.exc import IntegrityError

from storage import districts
from storage.db import Database

RING = [[[4.0, 50.0], [4.1, 50.0], [4.1, 50.1]]]


async def test_the_tree_comes_back_as_it_was_added(db: Database) -> None:
    async with db.tx() as tx:
        land = await districts.add(tx, slug="be", parent=None, zone="UTC", names={"en": "Land"})
        city = await districts.add(
            tx, slug="bru", parent=land, zone="Europe/Brussels", names={"en": "City"}, rings=RING
        )
    async with db.tx(write=False) as tx:
        tree = await districts.load(tx)
    assert [d.id for d in tree.path(city)] == [land, city]
    assert tree.get(city).zone == "Europe/Brussels"
    assert tree.get(city).rings == (((4.0, 50.0), (4.1, 50.0), (4.1, 50.1)),)


async def test_a_revision_changes_words_and_outlines_and_keeps_slug_and_place(
    db: Database,
) -> None:
    async with db.tx() as tx:
        land = await districts.add(tx, slug="be", parent=None, zone="UTC", names={"en": "Land"})
        city = await districts.add(tx, slug="bru", parent=land, zone="UTC", names={"en": "Old"})
        await districts.revise(tx, city, zone="Europe/Brussels", names={"en": "New"}, rings=RING)
        tree = await districts.load(tx)
    revised = tree.get(city)
    assert (revised.slug, revised.parent, revised.zone) == ("bru", land, "Europe/Brussels")
    assert revised.name("en") == "New"
    assert revised.covers(4.09, 50.05)
    assert tree.get(land).name("en") == "Land"


async def test_two_districts_cannot_share_a_slug(db: Database) -> None:
    async with db.tx() as tx:
        await districts.add(tx, slug="be", parent=None, zone="UTC", names={"en": "Land"})
    async with db.tx() as tx:
        with pytest.raises(IntegrityError):
            await districts.add(tx, slug="be", parent=None, zone="UTC", names={"en": "Land"})
