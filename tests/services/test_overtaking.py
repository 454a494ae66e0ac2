"""What else says the same: earlier cards of a rally, digests and lists that tell of an item."""

from datetime import UTC, datetime

import pytest

from bot.domain.errors import Gone
from bot.domain.items import ItemId
from bot.domain.outbox import Lane
from bot.domain.publications import Publication, PublicationId, Revision, State
from bot.domain.rallies import Deed, Reason, Request
from bot.i18n import LANGUAGES, translator
from bot.services import revising, suspension
from storage import publications, revisions, staff
from storage.db import Database
from tests.clock import Clock
from tests.press import Press, open_press
from tests.rally_house import ANNA, BORIS, RallyHouse, open_rally_house

EVENING = datetime(2026, 11, 21, 15, 1, tzinfo=UTC)
"""18:01 in Minsk, the hour of a digest."""


@pytest.fixture
async def house(db: Database, clock: Clock) -> RallyHouse:
    return await open_rally_house(db, clock)


@pytest.fixture
async def press(db: Database, clock: Clock) -> Press:
    return await open_press(db, clock)


async def every(db: Database) -> list[Publication]:
    """Every publication, oldest first."""
    async with db.tx(write=False) as tx:
        found = [await publications.get(tx, PublicationId(n)) for n in range(1, 20)]
    return [one for one in found if one is not None]


async def said(db: Database, id: PublicationId, lang: str = "en") -> str:
    """What it says now."""
    async with db.tx(write=False) as tx:
        return (await revising.messages(tx, id))[lang].text


async def decide(house: RallyHouse, request: Request) -> None:
    """Anna asks, Boris agrees."""
    async with house.db.tx(write=False) as tx:
        anna, boris = [await staff.get(tx, house.ids[one]) for one in (ANNA, BORIS)]
    assert anna is not None
    assert boris is not None
    rally = await house.rallies.ask(anna, (await house.rally()).id, request)
    await house.rallies.approve(boris, rally.id, rally.digest)


async def pause(house: RallyHouse) -> None:
    """Anna suspends it."""
    async with house.db.tx(write=False) as tx:
        anna = await staff.get(tx, house.ids[ANNA])
    assert anna is not None
    await house.rallies.suspend(anna, (await house.rally()).id, Reason.UNCLEAR)


async def test_a_cancelled_rally_is_cancelled_in_every_earlier_card(house: RallyHouse) -> None:
    await house.announce()
    await pause(house)
    await decide(house, Request(Deed.CANCEL, house.ids[ANNA], reason=Reason.SAFETY))
    announced, suspended, cancelled = await every(house.db)
    for lang in LANGUAGES:
        notice = translator(lang)("revision-newer-cancelled")
        for earlier in (announced, suspended):
            text = await said(house.db, earlier.id, lang)
            assert text.startswith(f"{notice}\n\n")
            assert translator(lang)("revision-newer-suspended") not in text, "one notice at a time"
            assert earlier.code in text
        assert notice not in await said(house.db, cancelled.id, lang)
    async with house.db.tx(write=False) as tx:
        waiting = [
            (one.publication, one.kind, one.lane)
            for one in await revisions.waiting(tx, bytes(8), house.clock())
        ]
    assert waiting == [
        (announced.id, Revision.OVERTAKE, Lane.NEWS),
        (suspended.id, Revision.OVERTAKE, Lane.NEWS),
    ], "behind the cancellation, and an edit per copy only for the last change"


async def test_a_resumed_rally_is_not_struck_out(house: RallyHouse) -> None:
    await house.announce()
    await pause(house)
    await decide(house, Request(Deed.RESUME, house.ids[ANNA]))
    announced, *_ = await every(house.db)
    async with house.db.tx(write=False) as tx:
        message = (await revising.messages(tx, announced.id))["en"]
    assert message.text.startswith(translator("en")("revision-newer-resumed"))
    assert not any(span.kind == "strikethrough" for span in message.spans)


async def test_a_card_that_is_hidden_or_taken_back_stays_so(house: RallyHouse) -> None:
    await house.announce()
    [announced] = await every(house.db)
    async with house.db.tx() as tx:
        await revising.mask(tx, house.atlas, announced.id, house.ids[ANNA], house.clock())
    await pause(house)
    assert (await said(house.db, announced.id)).startswith(translator("en")("revision-masked"))
    async with house.db.tx() as tx:
        await revising.recall(tx, house.atlas, announced.id, house.clock())
    await decide(house, Request(Deed.CANCEL, house.ids[ANNA], reason=Reason.SAFETY))
    assert (await said(house.db, announced.id)).startswith(translator("en")("revision-recalled"))


async def sent(press: Press, title: str, district: str) -> tuple[Publication, str]:
    """An item and the code it carries."""
    item = await press.publish(title, district)
    return (await every(press.db))[-1], item.code


async def test_digests_tell_of_an_item_as_long_as_it_stands(press: Press) -> None:
    await sent(press, "Centre", "kastr")
    plant, code = await sent(press, "Plant", "zavod")
    press.clock.move(to=EVENING)
    await press.digests.run_due()
    digest = (await every(press.db))[-1]
    assert "Plant" in await said(press.db, digest.id)
    withdrawn = f"{translator('en')('digest-withdrawn')} {code}"
    async with press.db.tx() as tx:
        by, now = press.editors[0].id, press.clock()
        await revising.mask(tx, press.atlas, plant.id, by, now)
    assert "Plant" not in await said(press.db, digest.id)
    assert withdrawn in await said(press.db, digest.id)
    async with press.db.tx() as tx:
        await revising.restore(tx, press.atlas, plant.id, press.clock())
    assert "Plant" in await said(press.db, digest.id)
    async with press.db.tx() as tx:
        await revising.recall(tx, press.atlas, plant.id, press.clock())
    assert withdrawn in await said(press.db, digest.id)
    assert "Centre" in await said(press.db, digest.id)
    async with press.db.tx(write=False) as tx:
        kinds = {one.kind for one in await revisions.waiting(tx, bytes(8), press.clock())}
    assert kinds == {Revision.AMEND, Revision.RECALL}


async def test_a_digest_that_is_hidden_itself_is_left_alone(press: Press) -> None:
    plant, _ = await sent(press, "Plant", "zavod")
    press.clock.move(to=EVENING)
    await press.digests.run_due()
    digest = (await every(press.db))[-1]
    async with press.db.tx() as tx:
        by, now = press.editors[0].id, press.clock()
        await revising.mask(tx, press.atlas, digest.id, by, now)
        await revising.recall(tx, press.atlas, plant.id, now)
    assert (await said(press.db, digest.id)).startswith(translator("en")("revision-masked"))


async def test_lists_and_cards_show_no_item_that_is_hidden_or_taken_back(press: Press) -> None:
    plant, _ = await sent(press, "Plant", "zavod")
    other, _ = await sent(press, "Centre", "kastr")
    by = press.editors[0].id
    async with press.db.tx() as tx:
        await revising.mask(tx, press.atlas, plant.id, by, press.clock())
    [(shown, _)] = await press.items.latest([])
    assert shown.title == "Centre"
    async with press.db.tx() as tx:
        await revising.recall(tx, press.atlas, other.id, press.clock())
    assert await press.items.latest([]) == []
    for item in (1, 2):
        with pytest.raises(Gone):
            await press.items.why(ItemId(item))
    async with press.db.tx() as tx:
        await revising.restore(tx, press.atlas, plant.id, press.clock())
    assert [item.title for item, _ in await press.items.latest([])] == ["Plant"]


async def test_lifting_the_hold_of_a_source_shows_nothing_that_people_hid(press: Press) -> None:
    plant, _ = await sent(press, "Plant", "zavod")
    source = await press.source("zavod")
    async with press.db.tx() as tx:
        by, now = press.editors[0].id, press.clock()
        await revising.mask(tx, press.atlas, plant.id, by, now)
        await suspension.suspend(tx, source.id, now)
        await suspension.resume(tx, source.id)
        found = await publications.get(tx, plant.id)
    assert found is not None
    assert found.state is State.MASKED
