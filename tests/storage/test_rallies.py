"""Rallies as stored: what comes back, who wrote first, and what the tables themselves refuse."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from bot.domain.districts import DistrictId
from bot.domain.errors import Gone, Stale
from bot.domain.privacy import TelegramId
from bot.domain.rallies import Deed, Rally, RallyId, Reason, Request, Stage
from bot.domain.staff import StaffId
from storage import districts, rallies, staff
from storage.db import Database, Tx
from tests.rallies import START, facts

NOW = START - timedelta(days=7)
ONE, TWO, THREE = StaffId(1), StaffId(2), StaffId(3)


async def plant(tx: Tx) -> None:
    """Two districts and three people of staff."""
    for slug in ("minsk", "kastr"):
        await districts.add(tx, slug=slug, parent=None, zone="Europe/Minsk", names={"en": slug})
    for n in (1, 2, 3):
        await staff.add(tx, TelegramId(n), alias=f"a{n}", lang="en", inviter=None, held=[])


async def stored(tx: Tx, rally: Rally | None = None) -> Rally:
    """A draft of the first person, or ``rally`` in its place."""
    draft = await rallies.add(tx, author=ONE, facts=facts(), now=NOW)
    if rally is None:
        return draft
    return await rallies.save(tx, replace(rally, id=draft.id, version=draft.version), NOW)


def public(**changed: object) -> Rally:
    """An announced rally."""
    rally = Rally(
        RallyId(0), ONE, facts(), stage=Stage.REVEALED, sequence=1, code="AAAA-BBBB", agreed=2
    )
    return replace(rally, **changed)  # type: ignore[arg-type]  # the rally's own fields


async def test_everything_about_a_rally_comes_back(db: Database) -> None:
    proposed = facts(place="Elsewhere", districts=(1, 2), point=(53.9, 27.5), staged=True)
    full = public(
        stage=Stage.SUSPENDED,
        before=Stage.LIVE,
        reason=Reason.WEATHER,
        facts=facts(point=(53.9023, 27.5619), districts=(1, 2)),
        one_branch=True,
        request=Request(Deed.CHANGE, TWO, proposed),
        approvals=(THREE,),
    )
    async with db.tx() as tx:
        await plant(tx)
        saved = await stored(tx, full)
    async with db.tx(write=False) as tx:
        assert await rallies.get(tx, saved.id) == saved
        assert await rallies.by_code(tx, "AAAA-BBBB") == saved
        assert await rallies.changed_at(tx, saved.id) == NOW
    assert saved == replace(full, id=saved.id, version=1)


async def test_of_two_who_write_at_once_one_is_stale(db: Database) -> None:
    async with db.tx() as tx:
        await plant(tx)
        draft = await stored(tx)
    async with db.tx() as tx:
        await rallies.save(tx, draft, NOW)
    with pytest.raises(Stale):
        async with db.tx() as tx:
            await rallies.save(tx, replace(draft, stage=Stage.REJECTED), NOW)


async def test_a_place_is_not_in_plain_in_the_database(db: Database) -> None:
    async with db.tx() as tx:
        await plant(tx)
        await stored(tx)
        row = (await tx.execute(select(rallies.table))).one()
    assert not any(b"Freedom" in value for value in row if isinstance(value, bytes))
    assert not any("Freedom" in value for value in row if isinstance(value, str))


@pytest.mark.parametrize(
    "values",
    [
        {"stage": "revealed", "agreed": 1, "code": "AAAA-BBBB", "sequence": 1},
        {"stage": "revealed", "agreed": 2, "code": "", "sequence": 1},
        {"stage": "live", "agreed": 2, "code": "AAAA-BBBB", "sequence": 0},
        {"stage": "suspended", "agreed": 2, "code": "AAAA-BBBB", "sequence": 1},
        {"before": "live"},
        {"deed": "cancel"},
        {"stage": "submitted"},
        {"stage": "unheard"},
        {"type": "riot"},
    ],
)
async def test_the_table_refuses_what_the_rules_never_do(
    db: Database, values: dict[str, object]
) -> None:
    async with db.tx() as tx:
        await plant(tx)
        await stored(tx)
    with pytest.raises(IntegrityError):
        async with db.tx() as tx:
            await tx.execute(update(rallies.table).values(**values))


async def test_the_table_refuses_that_somebody_approves_their_own(db: Database) -> None:
    async with db.tx() as tx:
        await plant(tx)
        rally = await stored(tx)
    values = {"rally": rally.id, "staff": TWO, "asked_by": TWO, "nth": 0}
    with pytest.raises(IntegrityError):
        async with db.tx() as tx:
            await tx.execute(rallies.approvals.insert().values(**values))


async def test_upcoming_are_public_not_over_and_earliest_first(db: Database) -> None:
    async with db.tx() as tx:
        await plant(tx)
        later = await stored(tx, public(facts=facts(hours=5)))
        sooner = await stored(tx, public(code="CCCC-DDDD"))
        await stored(tx)
        await stored(tx, public(stage=Stage.ENDED))
        await stored(tx, public(facts=facts(districts=(1,))))
        found = await rallies.upcoming(tx, [DistrictId(2)], limit=5)
        assert found == [sooner, later]
        assert len(await rallies.upcoming(tx, [DistrictId(1), DistrictId(2)], limit=2)) == 2
        assert len(await rallies.listed(tx)) == 3


async def test_clashes_are_others_close_by(db: Database) -> None:
    async with db.tx() as tx:
        await plant(tx)
        near = await stored(tx, public(facts=facts(hours=2)))
        await stored(tx, public(facts=facts(hours=4)))
        await stored(tx, public(facts=facts(districts=(1,), place="Elsewhere")))
        assert await rallies.clashes(tx, facts()) == [near]
        assert await rallies.clashes(tx, facts(), ignoring=near.id) == []


async def test_pauses_are_counted_for_a_day(db: Database) -> None:
    async with db.tx() as tx:
        await plant(tx)
        await rallies.note_pause(tx, ONE, NOW)
        await rallies.note_pause(tx, ONE, NOW + timedelta(hours=1))
        await rallies.note_pause(tx, TWO, NOW)
        assert await rallies.paused(tx, ONE, NOW + timedelta(hours=2)) == 2
        assert await rallies.paused(tx, ONE, NOW + timedelta(hours=24)) == 1


async def test_a_purged_rally_leaves_no_row_anywhere(db: Database) -> None:
    async with db.tx() as tx:
        await plant(tx)
        asked = Request(Deed.CANCEL, TWO)
        rally = await stored(tx, public(request=asked, approvals=(THREE,)))
        await rallies.remove(tx, rally.id)
        for table in (rallies.table, rallies.districts, rallies.approvals):
            assert (
                await tx.execute(select(func.count(text("*"))).select_from(table))
            ).scalar() == 0
        with pytest.raises(Gone):
            await rallies.get(tx, rally.id)
        with pytest.raises(Gone):
            await rallies.changed_at(tx, rally.id)
