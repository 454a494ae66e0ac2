"""A team for tests: three places, members of staff enrolled straight into the database."""

from dataclasses import dataclass

from bot.domain.districts import DistrictId
from bot.domain.privacy import TelegramId
from bot.domain.staff import Grant, Role, Staff, StaffId
from bot.services.atlas import Atlas
from storage import districts, staff
from storage.db import Database


@dataclass(frozen=True, slots=True)
class Places:
    """A country, a city in it, a district of the city."""

    land: DistrictId
    city: DistrictId
    quarter: DistrictId


async def settle(db: Database) -> tuple[Atlas, Places]:
    """Three nested districts, and the tree in memory."""
    zone = "Europe/Minsk"
    async with db.tx() as tx:
        land = await districts.add(tx, slug="by", parent=None, zone=zone, names={"en": "Belarus"})
        city = await districts.add(tx, slug="minsk", parent=land, zone=zone, names={"en": "Minsk"})
        quarter = await districts.add(
            tx, slug="kast", parent=city, zone=zone, names={"en": "Kast", "ru": "Kast-ru"}
        )
    atlas = Atlas(db)
    await atlas.load()
    return atlas, Places(land, city, quarter)


async def enrol(
    db: Database, person: int, *held: Grant | Role, inviter: Staff | None = None, lang: str = "en"
) -> Staff:
    """Make somebody a member of staff; a bare role holds everywhere."""
    grants = [one if isinstance(one, Grant) else Grant(one) for one in held]
    async with db.tx() as tx:
        id = await staff.add(
            tx,
            TelegramId(person),
            alias=f"Alias {person % 10_000}",
            lang=lang,
            inviter=inviter,
            held=grants,
        )
        found = await staff.get(tx, StaffId(id))
    assert found is not None
    return found
