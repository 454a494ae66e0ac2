"""Taking back: one hides, two decide about exactly what they saw, and everything goes back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.domain.errors import Gone, NotAllowed, Refused
from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import (
    Hold,
    PublicationId,
    Revision,
    State,
)
from bot.domain.revisions import (
    AlreadyDecided,
    AlreadyMasked,
    AlreadyRecalled,
    AskedAlready,
    ChangedSince,
    Deed,
    TooManyMasks,
)
from bot.domain.staff import AlreadyApproved, SameBranch
from bot.i18n import LANGUAGES, translator
from bot.services import revising
from bot.services.publications import TextTooLong
from bot.services.staff import Staffing
from bot.views.message import TEXT_LIMIT, Message
from storage import masks, outbox, publications
from storage.db import Database
from storage.outbox import Stage
from storage.parcels import copy_for
from tests.clock import Clock
from tests.desk_of_news import ANNA, BORIS, CLAIRE, NOTE, Office, open_office


@pytest.fixture
async def office(db: Database, clock: Clock) -> Office:
    return await open_office(db, clock)


async def test_one_person_hides_everything_at_once_and_the_others_are_told(office: Office) -> None:
    id = await office.publish()
    await office.service.mask(office.anna, id)
    present = await office.present(id)
    assert (present.state, present.held, present.version) == (State.MASKED, Hold.MASKED, 2)
    said = await office.said(id)
    assert set(said) == set(LANGUAGES), "a short form falls back to its language"
    for lang, text in said.items():
        assert text.startswith(translator(lang)("revision-masked"))
        assert "Water" not in text
    assert await office.kinds(id) == [(Revision.MASK, Lane.RALLY)]
    told = await office.told()
    assert {chat for chat, _ in told} == {BORIS, CLAIRE}
    assert all("Water is back" in message.text and message.protect for _, message in told)


async def test_what_two_restore_is_as_it_was(office: Office) -> None:
    id = await office.publish()
    before = await office.said(id)
    async with office.db.tx() as tx:
        copy = copy_for(tx, TelegramId(7), id, "en", lane=Lane.NEWS, now=office.clock())
        await outbox.add_copy(tx, copy, office.clock(), stage=Stage.HELD)
    await office.service.mask(office.anna, id)
    number = await office.ask(office.anna, id, Deed.RESTORE)
    assert await office.agree(office.boris, id, number) == (Deed.RESTORE, False)
    present = await office.present(id)
    assert (present.state, present.held, present.version) == (State.CURRENT, None, 3)
    assert await office.said(id) == before
    async with office.db.tx(write=False) as tx:
        mine = select(outbox.table.c.stage).where(outbox.table.c.publication == id)
        assert (await tx.execute(mine)).scalar_one() == Stage.WAITING, "its turn comes again"
        assert await masks.get(tx, id) is None


async def test_restoring_goes_back_to_what_it_was_before_whatever_that_was(office: Office) -> None:
    id = await office.publish()
    async with office.db.tx() as tx:
        await publications.hold(tx, id, Hold.STAFF)
        await publications.mark(tx, "item:1", State.SUSPENDED)
        await revising.mask(tx, office.atlas, id, office.anna.id, office.clock())
        await revising.restore(tx, office.atlas, id, office.clock())
    present = await office.present(id)
    assert (present.state, present.held) == (State.SUSPENDED, Hold.STAFF)


async def test_what_was_replaced_while_it_was_hidden_stays_replaced(office: Office) -> None:
    id = await office.publish()
    await office.service.mask(office.anna, id)
    await office.publish(text="Water is gone")
    number = await office.ask(office.anna, id, Deed.RESTORE)
    await office.agree(office.boris, id, number)
    assert (await office.present(id)).state is State.SUPERSEDED


async def test_a_recall_is_for_good(office: Office) -> None:
    id = await office.publish()
    number = await office.ask(office.anna, id, Deed.RECALL)
    assert (await office.present(id)).state is State.CURRENT, "nobody recalls alone"
    await office.agree(office.boris, id, number)
    present = await office.present(id)
    assert (present.state, present.held) == (State.RECALLED, None)
    assert await office.kinds(id) == [(Revision.RECALL, Lane.RALLY)]
    assert not any("Water" in text for text in (await office.said(id)).values())
    async with office.db.tx(write=False) as tx:
        assert [one.walked for one in await publications.lately(tx, office.clock(), limit=9)] == [
            True
        ]
    for deed in Deed:
        with pytest.raises(AlreadyRecalled):
            await office.service.preview(office.boris, id, deed, NOTE)
    with pytest.raises(AlreadyRecalled):
        await office.service.mask(office.boris, id)


async def test_a_correction_stands_above_the_text_in_every_edition(office: Office) -> None:
    id = await office.publish()
    before = await office.said(id)
    number = await office.ask(office.anna, id, Deed.CORRECT)
    await office.told()
    await office.agree(office.boris, id, number)
    for edition, text in (await office.said(id)).items():
        head = translator(edition[:2])("revision-correction")
        assert text == f"{head}\n{NOTE}\n\n{before[edition]}"
    assert (await office.present(id)).state is State.CURRENT
    [(chat, message)] = await office.told()
    assert chat == ANNA
    assert translator("en")("revision-done-correct") in message.text


async def test_the_second_person_sees_exactly_what_everybody_will_read(office: Office) -> None:
    id = await office.publish()
    await office.ask(office.anna, id, Deed.CORRECT)
    asked = dict(await office.told())
    assert asked.keys() == {BORIS, CLAIRE}, "not who asked, nor who holds the right elsewhere"
    russian = asked[BORIS].text
    assert f"{translator('ru')('revision-correction')}\n{NOTE}\n\nWater is back (ru)" in russian
    assert translator("ru")("revision-approve-correct") in str(asked[BORIS].buttons)


async def test_nobody_decides_alone_or_from_the_same_branch_or_elsewhere(office: Office) -> None:
    id = await office.publish()
    number = await office.ask(office.anna, id, Deed.RECALL)
    for who, why in (
        (office.anna, AlreadyApproved),
        (office.claire, SameBranch),
        (office.eric, NotAllowed),
    ):
        with pytest.raises(why):
            await office.agree(who, id, number)
    for call in (office.service.mask(office.eric, id), office.ask(office.eric, id, Deed.RECALL)):
        with pytest.raises(NotAllowed):
            await call
    with pytest.raises(Gone):
        await office.service.card(office.eric, id, "en")
    assert (await office.present(id)).version == 1


async def test_agreement_is_void_when_the_text_changed_meanwhile(office: Office) -> None:
    id = await office.publish()
    number = await office.ask(office.anna, id, Deed.RECALL)
    digest = await office.digest(id)
    async with office.db.tx() as tx:
        texts = {lang: Message(f"Water, mended {lang}") for lang in LANGUAGES}
        assert await revising.amend(tx, id, texts, office.clock()) == 2
    with pytest.raises(AlreadyDecided):
        await office.service.approve(office.boris, number, digest)
    with pytest.raises(ChangedSince):
        await office.service.ask(office.anna, id, Deed.CORRECT, digest, note=NOTE)


async def test_a_yes_to_something_else_is_none(office: Office) -> None:
    id = await office.publish()
    number = await office.ask(office.anna, id, Deed.RECALL)
    with pytest.raises(ChangedSince):
        await office.service.approve(office.boris, number, "0" * 12)
    assert (await office.present(id)).state is State.CURRENT


async def test_a_request_waits_a_day(office: Office) -> None:
    id = await office.publish()
    number = await office.ask(office.anna, id, Deed.RECALL)
    digest = await office.digest(id)
    office.clock.move(timedelta(hours=24))
    with pytest.raises(AlreadyDecided):
        await office.service.approve(office.boris, number, digest)
    assert (await office.service.card(office.boris, id, "en")).request is None
    await office.ask(office.boris, id, Deed.RECALL)  # and is in nobody's way


async def test_one_request_at_a_time_which_others_refuse_and_its_author_withdraws(
    office: Office,
) -> None:
    id = await office.publish()
    number = await office.ask(office.anna, id, Deed.CORRECT)
    with pytest.raises(AskedAlready):
        await office.ask(office.boris, id, Deed.RECALL)
    await office.told()
    assert not await office.service.refuse(office.boris, number)
    [(chat, message)] = await office.told()
    assert chat == ANNA
    assert translator("en")("revision-told-no") in message.text
    again = await office.ask(office.anna, id, Deed.RECALL)
    assert again != number, "an old button must not meet a new request"
    assert await office.service.refuse(office.anna, again)
    with pytest.raises(AlreadyDecided):
        await office.service.refuse(office.boris, again)


async def test_a_newer_request_of_the_same_person_replaces_theirs(office: Office) -> None:
    id = await office.publish()
    first = await office.ask(office.anna, id, Deed.CORRECT)
    second = await office.ask(office.anna, id, Deed.RECALL)
    with pytest.raises(AlreadyDecided):
        await office.service.approve(office.boris, first, await office.digest(id))
    await office.agree(office.boris, id, second)
    assert (await office.present(id)).state is State.RECALLED


async def test_a_request_does_not_outlive_its_authors_rights(office: Office) -> None:
    id = await office.publish()
    number = await office.ask(office.anna, id, Deed.RECALL)
    digest = await office.digest(id)
    await Staffing(office.db, office.clock).suspend(office.anna, office.anna.id)
    with pytest.raises(AlreadyDecided):
        await office.service.approve(office.boris, number, digest)


async def test_one_person_hides_three_things_a_day(office: Office) -> None:
    ids = [await office.publish(f"item:{n}") for n in range(4)]
    for id in ids[:3]:
        await office.service.mask(office.anna, id)
    with pytest.raises(TooManyMasks):
        await office.service.mask(office.anna, ids[3])
    with pytest.raises(AlreadyMasked):
        await office.service.mask(office.boris, ids[0])
    await office.service.mask(office.boris, ids[3])


async def test_a_refused_mask_does_not_count(office: Office) -> None:
    id = await office.publish()
    await office.service.mask(office.boris, id)
    for _ in range(4):
        with pytest.raises(AlreadyMasked):
            await office.service.mask(office.anna, id)


async def test_others_are_reminded_after_half_an_hour_and_then_every_day(office: Office) -> None:
    id = await office.publish()
    await office.service.mask(office.anna, id)
    await office.told()
    office.clock.move(timedelta(minutes=29))
    assert await office.service.remind_due() == 0
    office.clock.move(timedelta(minutes=1))
    assert await office.service.remind_due() == 1
    told = await office.told()
    assert {chat for chat, _ in told} == {ANNA, BORIS, CLAIRE}
    assert all("Water is back" in message.text for _, message in told)
    assert await office.service.remind_due() == 0
    office.clock.move(timedelta(hours=24))
    assert await office.service.remind_due() == 1
    number = await office.ask(office.anna, id, Deed.RECALL)
    await office.agree(office.boris, id, number)
    office.clock.move(timedelta(hours=24))
    assert await office.service.remind_due() == 0


async def test_the_feed_cannot_undo_what_people_did(office: Office) -> None:
    id = await office.publish()
    texts = {lang: Message(f"Mended {lang}") for lang in LANGUAGES}
    async with office.db.tx() as tx:
        await revising.mask(tx, office.atlas, id, office.anna.id, office.clock())
        assert await revising.amend(tx, id, texts, office.clock()) is None
        await revising.recall(tx, office.atlas, id, office.clock())
        assert await revising.amend(tx, id, texts, office.clock()) is None
    assert (await office.present(id)).state is State.RECALLED


async def test_a_text_that_is_too_long_in_one_language_changes_nothing(office: Office) -> None:
    id = await office.publish()
    texts = {lang: Message("x") for lang in LANGUAGES} | {"nl": Message("x" * (TEXT_LIMIT + 1))}
    with pytest.raises(TextTooLong):
        async with office.db.tx() as tx:
            await revising.correct(tx, id, office.clock(), texts=texts)
    assert (await office.present(id)).version == 1
    with pytest.raises(ValueError, match="not rendered"):
        async with office.db.tx() as tx:
            await revising.amend(tx, id, {"en": Message("x")}, office.clock())


async def test_new_words_in_every_language_can_be_a_correction(office: Office) -> None:
    id = await office.publish()
    texts = {lang: Message(f"Water is back tomorrow {lang}") for lang in LANGUAGES}
    async with office.db.tx() as tx:
        await revising.correct(tx, id, office.clock(), texts=texts)
    assert (await office.said(id))["fr"] == "Water is back tomorrow fr"
    assert await office.kinds(id) == [(Revision.CORRECT, Lane.RALLY)]


async def test_what_is_gone_is_gone(office: Office) -> None:
    nothing = PublicationId(99)
    for call in (
        office.service.mask(office.anna, nothing),
        office.service.card(office.anna, nothing, "en"),
        office.service.preview(office.anna, nothing, Deed.RECALL, ""),
        office.service.ask(office.anna, nothing, Deed.RECALL, "0" * 12),
    ):
        with pytest.raises(Refused):
            await call


async def test_the_list_shows_ones_own_districts_newest_first(office: Office) -> None:
    await office.publish("item:1", "Old")
    hidden = await office.publish("item:2", "New")
    await office.service.mask(office.anna, hidden)
    found = [(one.subject, line) for one, line in await office.service.listed(office.boris, "fr")]
    assert found == [("item:2", "New (fr)"), ("item:1", "Old (fr)")]
    assert await office.service.listed(office.eric, "en") == []
