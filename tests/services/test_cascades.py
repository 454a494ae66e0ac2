"""What a revoked source published is taken back from a chosen instant on, and marked before it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.cascades import Since
from bot.domain.errors import Gone, Stale
from bot.domain.items import Item
from bot.domain.publications import Kind, Publication, Revision, State
from bot.domain.sources import Motion, Source, SourceState
from bot.i18n import LANGUAGES, translator
from bot.services import revising
from bot.services.cascades import PORTION, Cascades
from bot.services.sources import Sources
from bot.views.sources import card
from storage import cascades, ledger, publications, revisions, sources
from storage.db import Database
from tests.clock import Clock
from tests.press import Press, open_press
from tests.vetting import revoke

NOBODY: Any = None
"""Nothing is fetched here."""
DAYS = 5


@pytest.fixture
async def press(db: Database, clock: Clock) -> Press:
    return await open_press(db, clock)


@pytest.fixture
def desk(press: Press) -> Sources:
    return Sources(press.db, press.atlas, press.clock, NOBODY, NOBODY)


@pytest.fixture
def work(press: Press) -> Cascades:
    return Cascades(press.db, press.atlas, press.clock)


async def a_week(press: Press) -> list[Item]:
    """An item a day, the last of them now."""
    found = []
    for day in range(DAYS):
        press.clock.move(timedelta(days=1))
        found.append(await press.publish(f"Day {day}", "minsk"))
    return found


async def public(press: Press, item: Item) -> Publication:
    """What was sent of an item."""
    async with press.db.tx(write=False) as tx:
        found = await publications.newest(tx, item.subject, kind=Kind.ITEM)
    assert found is not None
    return found


async def done_to(press: Press, items: list[Item]) -> list[list[Revision]]:
    """The revisions of each item, oldest first."""
    found = []
    for item in items:
        id = (await public(press, item)).id
        async with press.db.tx(write=False) as tx:
            query = select(revisions.table.c.kind).where(revisions.table.c.publication == id)
            kinds = (await tx.execute(query.order_by(revisions.table.c.version))).scalars()
            found.append([Revision(kind) for kind in kinds])
    return found


async def revoked(press: Press, desk: Sources, since: Since, item: Item | None = None) -> Source:
    """Two people revoke the source, from there on."""
    source = await press.source("minsk")
    first, second = press.editors
    asked = await desk.move(
        first, source.id, Motion.REVOKE, since=since, item=item.id if item else None
    )
    return await desk.move(second, source.id, Motion.REVOKE, mark=asked.mark)


BACK, MARKED = [Revision.RECALL], [Revision.CORRECT]


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (Since.VETTING, [BACK] * DAYS),
        (Since.WEEK, [BACK] * DAYS),
        (Since.DAY, [MARKED] * (DAYS - 2) + [BACK] * 2),
        (Since.ITEM, [MARKED] * 2 + [BACK] * 3),
    ],
)
async def test_items_since_the_chosen_instant_are_taken_back_and_older_ones_marked(
    press: Press, desk: Sources, work: Cascades, since: Since, expected: list[list[Revision]]
) -> None:
    items = await a_week(press)
    source = await revoked(press, desk, since, items[2] if since is Since.ITEM else None)
    assert source.state is SourceState.REVOKED
    assert await work.run() == DAYS + 1
    assert await done_to(press, items) == expected
    assert await work.run() == 0, "once is enough"


async def test_whoever_reads_a_marked_item_is_told_in_every_language(
    press: Press, desk: Sources, work: Cascades
) -> None:
    items = await a_week(press)
    await revoked(press, desk, Since.DAY)
    await work.run()
    id = (await public(press, items[0])).id
    async with press.db.tx(write=False) as tx:
        said = await revising.messages(tx, id)
    assert {edition[:2] for edition in said} == set(LANGUAGES)
    for edition, message in said.items():
        assert translator(edition[:2])("source-revoked-note") in message.text
        assert "Day 0" in message.text


async def test_a_crash_in_between_repeats_nothing_and_leaves_nothing_out(
    press: Press, desk: Sources, work: Cascades, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = await a_week(press)
    source = await revoked(press, desk, Since.ITEM, items[1])
    whole, calls = revising.recall, 0

    async def crashing(*args: Any) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            await whole(*args)
            raise RuntimeError("the power went")
        return await whole(*args)

    monkeypatch.setattr(revising, "recall", crashing)
    with pytest.raises(RuntimeError):
        await work.run()
    async with press.db.tx(write=False) as tx:
        half = await cascades.get(tx, source.id)
    assert half is not None
    assert (half.done, half.finished_at) == (2, None)
    entry = await desk.entry(press.editors[0], source.id)
    shown = card(entry, press.editors[0], translator("en"), press.atlas.tree, press.clock())
    assert f"2 of {DAYS}" in shown.text
    assert "Refresh" in [b.label for row in shown.buttons for b in row]
    await Cascades(press.db, press.atlas, press.clock).run()
    assert await done_to(press, items) == [MARKED] + [BACK] * (DAYS - 1)
    async with press.db.tx(write=False) as tx:
        full = await cascades.get(tx, source.id)
    assert full is not None
    assert (full.recalled, full.corrected) == (DAYS - 1, 1)
    assert full.finished_at is not None


async def test_more_than_one_beat_can_do_goes_on_in_the_next(
    press: Press, desk: Sources, work: Cascades, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PORTION > 2
    monkeypatch.setattr("bot.services.cascades.PORTION", 2)
    items = await a_week(press)
    await revoked(press, desk, Since.VETTING)
    beats = 0
    while await work.run():
        beats += 1
    assert beats == 3
    assert await done_to(press, items) == [BACK] * DAYS


async def test_what_was_hidden_or_taken_back_before_is_not_shown_again(
    press: Press, desk: Sources, work: Cascades
) -> None:
    items = await a_week(press)
    hidden, gone = (await public(press, items[0])).id, (await public(press, items[1])).id
    async with press.db.tx() as tx:
        await revising.mask(tx, press.atlas, hidden, press.editors[0].id, press.clock())
        await revising.recall(tx, press.atlas, gone, press.clock())
    await revoked(press, desk, Since.DAY)
    await work.run()
    assert (await done_to(press, items))[:2] == [[Revision.MASK, Revision.RECALL], BACK]
    assert (await public(press, items[0])).state is State.RECALLED


async def test_both_and_the_others_hear_when_it_is_done_and_the_ledger_keeps_it(
    press: Press, desk: Sources, work: Cascades
) -> None:
    await a_week(press)
    source = await revoked(press, desk, Since.VETTING)
    await work.run()
    async with press.db.tx(write=False) as tx:
        rows = (await tx.execute(select(ledger.table.c.action, ledger.table.c.people))).all()
        assert await ledger.verify(tx) is None
        kept = await sources.get(tx, source.id)
    assert [tuple(row) for row in rows].count(("publication.recall", 2)) == DAYS
    assert ("source.revoke", 2) in [tuple(row) for row in rows]
    assert kept is not None
    assert kept.retracted == DAYS


async def test_the_second_person_agrees_to_the_instant_they_were_shown(
    press: Press, desk: Sources
) -> None:
    items = await a_week(press)
    source, (first, second) = await press.source("minsk"), press.editors
    old = await desk.move(first, source.id, Motion.REVOKE, since=Since.VETTING)
    await desk.object(second, source.id)
    new = await desk.move(first, source.id, Motion.REVOKE, since=Since.ITEM, item=items[4].id)
    assert old.mark != new.mark
    with pytest.raises(Stale):
        await desk.move(second, source.id, Motion.REVOKE, mark=old.mark)
    assert (await desk.move(second, source.id, Motion.REVOKE, mark=new.mark)).cut == items[
        4
    ].sent_at


async def test_an_item_of_another_source_is_no_instant_of_this_one(
    press: Press, desk: Sources
) -> None:
    foreign = await press.publish("Elsewhere", "brussels")
    source = await press.source("minsk")
    with pytest.raises(Gone):
        await desk.move(
            press.editors[0], source.id, Motion.REVOKE, since=Since.ITEM, item=foreign.id
        )


async def test_a_source_without_items_is_done_at_once(
    press: Press, desk: Sources, work: Cascades
) -> None:
    source = await press.source("minsk")
    first, second = press.editors
    await revoke(desk, first, second, source.id)
    assert await work.run() == 1
    async with press.db.tx(write=False) as tx:
        found = await cascades.get(tx, source.id)
    assert found is not None
    assert (found.total, found.finished_at) == (0, press.clock())
