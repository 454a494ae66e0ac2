"""The checklist, moved feeds, taking back and settings of a source, as moderators tap them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.evidence import Check
from bot.domain.privacy import TelegramId
from bot.domain.sources import Motion, Source, SourceKnown, SourceState
from bot.domain.staff import Grant, Role
from bot.i18n import translator
from bot.services.cascades import Cascades
from bot.services.source_settings import SourceSettings
from bot.services.upkeep import Upkeep
from bot.services.vetting import Vetting
from bot.views.foreign import foreign
from bot.views.message import Say
from bot.views.source_settings import SetLanguage, SetTopic
from bot.views.sources import HoldSource, ListSources, Move, OpenEvidence, OpenSettings, OpenSource
from bot.views.vetting import Tick
from handlers.source_settings import SourceSettingsHandlers
from handlers.sources import SourceHandlers
from handlers.vetting import VettingHandlers
from storage import evidence, items, polls, sources, staff
from tests.dialogue import Dialogue, Person, open_dialogue
from tests.newsroom import ANNA, BORIS, CLAIRE, Newsroom
from tests.publisher import rss, stories

DUTY = 1010
EN, RU, FR = translator("en"), translator("ru"), translator("fr")


@pytest.fixture
async def d(room: Newsroom) -> Dialogue:
    parts = (room.db, room.atlas, room.clock)
    features = [
        SourceHandlers(room.sources),
        VettingHandlers(room.sources, Vetting(*parts), room.newest),
        SourceSettingsHandlers(room.sources, SourceSettings(*parts)),
    ]
    return await open_dialogue(room.db, room.clock, features)


def labels(person: Person) -> list[str]:
    """The buttons on the screen."""
    return [button.label for button in person.buttons]


async def test_the_checklist_says_who_ticked_what_and_when_and_keeps_what_was_taken_back(
    d: Dialogue, room: Newsroom
) -> None:
    source = await room.propose()
    claire, boris = d.person(CLAIRE), d.person(BORIS)
    await claire.press_data(OpenEvidence(source.id).pack())
    assert "2" in claire.text.splitlines()[2], "the proposal kept a copy and declared no stake"
    await claire.press(FR("evidence-short-identity"))
    assert "Otter, 21 nov., 10:40 UTC" in claire.text
    await boris.press_data(OpenEvidence(source.id).pack())
    await boris.press(f"✅ {RU('evidence-short-identity')}")
    assert "Otter" not in boris.text
    async with room.db.tx(write=False) as tx:
        log = await evidence.log(tx, source.id)
    about = [(line.alias, line.ticked) for line in log if line.check is Check.IDENTITY]
    assert about == [("Otter", True), ("Heron", False)]


async def test_two_presses_of_the_same_button_are_one_line_of_the_log(
    d: Dialogue, room: Newsroom
) -> None:
    source = await room.propose()
    boris = d.person(BORIS)
    for _ in range(2):
        await boris.press_data(Tick(source.id, Check.CONTACT, on=True).pack())
    async with room.db.tx(write=False) as tx:
        log = await evidence.log(tx, source.id)
    assert len([line for line in log if line.check is Check.CONTACT]) == 1


async def test_an_unchecked_source_is_not_vetted_by_an_old_button_either(
    d: Dialogue, room: Newsroom
) -> None:
    source = await room.propose()
    boris = d.person(BORIS)
    await boris.press_data(Move(source.id, Motion.VET).pack())
    assert boris.toasts[-1] == RU("source-evidence-missing", n=7, of=8)
    assert (await room.source(source.id)).state is SourceState.NOMINATED


async def test_a_link_is_evidence_where_it_may_be_shown(d: Dialogue, room: Newsroom) -> None:
    source = await room.propose()
    anna = d.person(ANNA)
    await anna.press_data(OpenEvidence(source.id).pack())
    await anna.press("☐ Who runs it")
    await anna.press("Link: Who runs it")
    for bad in (
        "http://10.0.0.1/us",
        "https://me:secret@example.org/us",
        "javascript:alert(1)",
        "x",
    ):
        await anna.say(bad)
        assert EN("source-evidence-no-link") in anna.screens[-2].text
    await anna.say("courier.example/about?utm_source=chat")
    assert anna.screen is not None
    links = [span.url for span in anna.screen.spans if span.kind == "text_link"]
    assert links == ["https://courier.example/about"]
    await anna.say("courier.example/more")
    assert anna.text == "lost", "the form is over"


async def test_a_rejected_nomination_leaves_no_evidence(d: Dialogue, room: Newsroom) -> None:
    source = await room.propose()
    boris = d.person(BORIS)
    await boris.press_data(OpenSource(source.id).pack())
    await boris.press(RU("source-reject"))
    await boris.press(RU("source-reason-technical"))
    async with room.db.tx(write=False) as tx:
        assert await evidence.log(tx, source.id) == []


async def test_one_tap_in_the_list_holds(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted()
    anna = d.person(ANNA)
    await anna.press_data(ListSources().pack())
    await anna.press("⏸ Hold")
    assert "1 source" in anna.text
    assert "held" in anna.text
    assert "⏸ Hold" not in labels(anna)
    assert (await room.source(source.id)).state is SourceState.HELD


async def test_a_duty_officer_sees_and_holds_sources_and_decides_nothing_else(
    d: Dialogue, room: Newsroom
) -> None:
    source = await room.vetted()
    async with room.db.tx() as tx:
        held = [Grant(Role.DUTY)]
        await staff.add(
            tx, TelegramId(DUTY), alias="Swift", lang="en", inviter=room.anna, held=held
        )
    duty = d.person(DUTY)
    await duty.press_data(ListSources().pack())
    assert EN("sources-propose") not in labels(duty)
    await duty.press("The Courier")
    assert labels(duty) == [EN("source-hold"), EN("source-evidence"), EN("sources-all")]
    await duty.press_data(Tick(source.id, Check.ADDRESS, on=True).pack())
    assert duty.toasts[-1] == EN("error-not-allowed")
    await duty.press_data(HoldSource(source.id, aside=True).pack())
    assert (await room.source(source.id)).state is SourceState.HELD


async def moved(room: Newsroom, source: Source) -> str:
    """The server says, and says again, that the feed moved within its domain."""
    address = room.publisher.put("/new", rss(stories(9, 1, 2, 3)))
    room.publisher.moves["/feed"] = address
    await room.poll()
    await room.poll()
    return address


async def test_two_adopt_the_address_to_which_a_feed_moved(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted()
    address = await moved(room, source)
    anna, boris = d.person(ANNA), d.person(BORIS)
    await anna.press_data(OpenSource(source.id).pack())
    await anna.press("Ask to adopt the new address")
    assert foreign(address) in anna.text
    assert (await room.source(source.id)).address != address
    await boris.press_data(OpenSource(source.id).pack())
    await boris.press(RU("source-agree-adopt"))
    adopted = await room.source(source.id)
    assert (adopted.address, adopted.state, adopted.motion) == (
        address,
        SourceState.PROBATION,
        None,
    )
    async with room.db.tx(write=False) as tx:
        poll = await polls.get(tx, source.id)
        old = await sources.known(tx, source.address)
    assert poll is not None
    assert (poll.address, poll.moved, poll.failing) == (address, "", None)
    assert old is not None
    assert old.id == source.id, "the old address stays known as its own"
    del room.publisher.moves["/feed"]
    with pytest.raises(SourceKnown):
        await room.sources.look(room.anna, source.address)


async def test_the_second_person_adopts_only_the_address_they_were_shown(
    d: Dialogue, room: Newsroom
) -> None:
    source = await room.vetted()
    await moved(room, source)
    asked = await room.sources.move(room.anna, source.id, Motion.ADOPT)
    boris = d.person(BORIS)
    await boris.press_data(OpenSource(source.id).pack())
    await room.sources.object(room.anna, source.id)
    other = room.publisher.put("/newer", rss(stories(9)))
    room.publisher.moves["/feed"] = other
    await room.poll()
    again = await room.sources.move(room.anna, source.id, Motion.ADOPT)
    assert asked.target != again.target
    await boris.press(RU("source-agree-adopt"))
    assert boris.toasts[-1] == RU("error-stale")
    assert (await room.source(source.id)).address == source.address


async def test_a_feed_that_did_not_move_is_not_adopted(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted()
    anna = d.person(ANNA)
    await anna.press_data(OpenSource(source.id).pack())
    assert EN("source-ask-adopt") not in labels(anna)
    await anna.press_data(Move(source.id, Motion.ADOPT).pack())
    assert anna.toasts[-1] == EN("source-not-moved")


async def test_a_revocation_shows_how_far_the_taking_back_is(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted()
    await room.publish(4, 1, 2, 3)
    await room.publish_all()
    anna, boris = d.person(ANNA), d.person(BORIS)
    await anna.press_data(OpenSource(source.id).pack())
    await anna.press("Ask to revoke")
    assert EN("source-since-item") not in labels(anna)
    await anna.press("Everything")
    await boris.press_data(OpenSource(source.id).pack())
    await boris.press(RU("source-agree-revoke"))
    await anna.press_data(OpenSource(source.id).pack())
    assert "Taking back what it published: 0 of 1" in anna.text
    await Cascades(room.db, room.atlas, room.clock).run()
    await anna.press("Refresh")
    assert "taken back or marked: 1 of 1" in anna.text
    assert "1 item taken back" in anna.text


async def test_from_an_item_one_may_take_back_what_came_since(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted()
    await room.publish(4, 1, 2, 3)
    await room.publish_all()
    room.clock.move(timedelta(hours=1))
    await room.publish(5, 4, 1, 2, 3)
    [late] = await room.queue()
    await room.publish_all()
    anna = d.person(ANNA)
    await anna.press_data(OpenSource(source.id, aside=True, item=late.id).pack())
    await anna.press("Ask to revoke")
    await anna.press("From this item on")
    asked = await room.source(source.id)
    async with room.db.tx(write=False) as tx:
        sent = await items.get(tx, late.id)
    assert sent is not None
    assert asked.cut == sent.sent_at


async def test_moderators_are_asked_when_a_probation_is_ripe_and_two_taps_end_it(
    d: Dialogue, room: Newsroom
) -> None:
    source = await room.vetted()
    async with room.db.tx() as tx:
        for _ in range(20):
            await sources.count_item(tx, source.id)
    await room.told()
    upkeep = Upkeep(room.db, room.atlas, room.clock)
    room.clock.move(timedelta(days=14))
    assert await upkeep.run_due() == 1
    assert await upkeep.run_due() == 0
    told = {to.reveal(): task for to, task in await d.drain() if isinstance(task, Say)}
    assert set(told) == {ANNA, BORIS, CLAIRE}
    anna, boris = d.person(ANNA), d.person(BORIS)
    anna.screen, boris.screen = told[ANNA].message, told[BORIS].message
    assert EN("notice-ripe") in anna.text
    await anna.press(EN("source-ask-trust"))
    assert (await room.source(source.id)).state is SourceState.PROBATION
    await boris.press(RU("source-ask-trust"))
    assert (await room.source(source.id)).state is SourceState.TRUSTED


async def test_settings_are_set_with_one_tap_each(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted()
    anna = d.person(ANNA)
    await anna.press_data(OpenSettings(source.id).pack())
    await anna.press("Read it every minute")
    await anna.press("Show its pictures")
    await anna.press("Language")
    await anna.press("French")
    await anna.press("Topics")
    await anna.press("☐ Courts")
    await anna.press("☐ Culture")
    await anna.press("✅ Courts")
    found = await room.source(source.id)
    assert (found.urgent, found.pictures, found.language) == (True, True, "fr")
    assert found.topics == {"culture"}
    await anna.press("Back")
    for part in ("every minute", "one per item", "French", "Culture"):
        assert part in anna.text


async def test_a_stale_list_takes_away_no_other_topic_that_was_imported(
    d: Dialogue, room: Newsroom
) -> None:
    source = await room.vetted()
    async with room.db.tx() as tx:
        listed = replace(await room.source(source.id), topics=frozenset({"wells", "zebras"}))
        await sources.save(tx, listed)
    anna = d.person(ANNA)
    await anna.press_data(OpenSettings(source.id).pack())
    await anna.press("Topics")
    before = anna.screen
    await anna.press("✅ wells")
    assert (await room.source(source.id)).topics == {"zebras"}
    anna.screen = before
    await anna.press("✅ wells")
    assert anna.toasts[-1] == EN("error-stale")
    assert (await room.source(source.id)).topics == {"zebras"}


async def test_words_send_items_to_districts_and_can_be_removed(
    d: Dialogue, room: Newsroom
) -> None:
    source = await room.vetted()
    anna = d.person(ANNA)
    await anna.press_data(OpenSettings(source.id).pack())
    await anna.press("Words and districts")
    await anna.press("Add words")
    await anna.say("!!!")
    assert EN("source-route-wrong", n=20) == anna.screens[-2].text
    await anna.say("Metro, Tractor Works; METRO")
    await anna.press("Zavod")
    [route] = (await room.source(source.id)).routes
    assert route.words == {"metro", "tractor works"}
    assert route.districts == {room.elsewhere}
    assert "metro, tractor works → Zavod" in anna.text
    await anna.press("Remove 1")
    assert (await room.source(source.id)).routes == ()


async def test_a_stale_list_of_words_removes_nothing(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted()
    desk = SourceSettings(room.db, room.atlas, room.clock)
    await desk.add_route(room.anna, source.id, frozenset({"metro"}), room.elsewhere)
    anna = d.person(ANNA)
    await anna.press_data(OpenSettings(source.id).pack())
    await anna.press("Words and districts")
    await desk.add_route(room.boris, source.id, frozenset({"bus"}), room.elsewhere)
    await anna.press("Remove 1")
    assert anna.toasts[-1] == EN("error-stale")
    assert len((await room.source(source.id)).routes) == 2


@pytest.mark.parametrize(
    "press",
    [
        SetLanguage(1, "tlh"),
        SetTopic(1, 99, on=True, version=0),
        SetTopic(1, -1, on=True, version=0),
    ],
)
async def test_a_forged_choice_is_no_choice(d: Dialogue, room: Newsroom, press: Any) -> None:
    source = await room.vetted()
    anna = d.person(ANNA)
    await anna.press_data(press.pack())
    assert "out of date" in anna.toasts[-1]
    assert await room.source(source.id) == source
