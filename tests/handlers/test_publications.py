"""What is being sent, in the chat of staff: the list, the card that follows, stop and go on."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Hold, Kind, PublicationId, Want
from bot.domain.staff import Grant, Role, StaffState
from bot.i18n import LANGUAGES, translator
from bot.services import cards
from bot.services.acting import void
from bot.services.cards import GAP, LIFE, Cards
from bot.services.sending import Sending
from bot.views.message import Amend, Press, Say, button
from bot.views.publications import Follow, Resume, Sent, Stop
from bot.views.staff import Menu as Back
from handlers.publications import PublicationHandlers
from storage import districts, ledger, publications, staff
from storage.db import Database
from storage.outbox import Stage
from tests.clock import Clock
from tests.dialogue import Dialogue, Person, open_dialogue
from tests.mailroom import Mailroom, open_mailroom
from tests.rally_house import Menu
from tests.team import enrol

ROOT, ANNA, BORIS, CLARA, OLGA, READER = 101, 102, 103, 104, 105, 500


@dataclass(slots=True)
class Office:
    """The mailroom with staff: Anna and Boris of news, of two branches; Clara of events in the

    city, of Anna's branch; Olga an organiser in another land.
    """

    room: Mailroom
    dialogue: Dialogue
    cards: Cards
    feature: PublicationHandlers

    def person(self, id: int, lang: str = "en") -> Person:
        """Somebody's phone."""
        return self.dialogue.person(id, lang)

    async def edits(self) -> list[tuple[int, Amend]]:
        """What the heartbeat edits now: (chat, edit)."""
        await self.cards.refresh()
        found = [(to.reveal(), task) for to, task in await self.dialogue.drain()]
        return [(to, task) for to, task in found if isinstance(task, Amend)]

    async def held(self, id: PublicationId) -> Hold | None:
        """Why it waits."""
        return (await self.room.publication(id)).held

    async def press_in(self, message: int, person: int, press: Press) -> None:
        """A button of one message, which stays the same one from press to press."""
        user = {"id": person, "is_bot": False, "first_name": "P", "language_code": "en"}
        shown = {
            "message_id": message,
            "date": int(self.room.clock().timestamp()),
            "chat": {"id": person, "type": "private", "first_name": "P"},
            "from": {"id": 1, "is_bot": True, "first_name": "b"},
            "text": "…",
        }
        query = {"id": "q", "from": user, "chat_instance": "1", "data": press.pack()}
        await self.dialogue.receive({"callback_query": {**query, "message": shown}})


@pytest.fixture
async def office(db: Database, clock: Clock) -> Office:
    room = await open_mailroom(db, clock)
    async with db.tx() as tx:
        land = await districts.add(
            tx, slug="lv", parent=None, zone="Europe/Riga", names={"en": "Latvia"}
        )
    await room.atlas.load()
    root = await enrol(db, ROOT, Role.CUSTODIAN)
    anna = await enrol(db, ANNA, Role.NEWS, inviter=root)
    await enrol(db, BORIS, Role.NEWS, inviter=root)
    await enrol(db, CLARA, Grant(Role.EVENTS, room.places.city), Grant(Role.NEWS), inviter=anna)
    await enrol(db, OLGA, Grant(Role.ORGANISER, land), inviter=root)
    sending = Sending(db, room.atlas, clock, rate=lambda: 25.0)
    following = Cards(db, sending, clock)
    feature = PublicationHandlers(sending, following)
    dialogue = await open_dialogue(db, clock, [Menu([feature]), feature])
    dialogue.app.add_handler(feature.watch(), group=-2)
    return Office(room, dialogue, following, feature)


async def half_sent(office: Office, **options: Any) -> PublicationId:
    """News for a quarter with 250 followers, 40 % of whom were written to."""
    room = office.room
    await room.followers(250, room.places.quarter)
    id = await room.publish(**options)
    await room.walked(id, place=room.places.quarter, part=0.4)
    await room.received(id, [TelegramId(n) for n in range(10_000, 10_100)])
    return id


async def test_the_menu_leads_to_the_list_and_that_to_a_card_with_sizes_only(
    office: Office,
) -> None:
    for n in range(3):
        await office.room.channel(1001 + n, office.room.places.city)
    await half_sent(office)
    anna = office.person(ANNA)
    await anna.say("/staff")
    await anna.press("Being sent")
    assert "A headline" in anna.text
    assert "Is being sent." in anna.text
    await anna.press("ABCD-EFGH")
    assert anna.taps == 2
    for part in ("A headline", "News", "ABCD-EFGH", "hundreds", "about 40%"):
        assert part in anna.text
    assert "about 6 sec left at the present rate" in anna.text
    assert "250" not in anna.text
    assert anna.screen is not None
    assert anna.screen.protect


async def test_channels_are_told_by_number(office: Office) -> None:
    room = office.room
    chats = [await room.channel(1001 + n, room.places.city) for n in range(3)]
    id = await half_sent(office)
    await room.received(id, chats)
    anna = office.person(ANNA)
    await anna.press_data(Follow(id).pack())
    assert "channels 3 of 3 · people: " in anna.text


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_language_says_it_whole(office: Office, lang: str) -> None:
    id = await half_sent(office)
    async with office.room.db.tx() as tx:
        me = await staff.by_person(tx, TelegramId(ANNA))
        assert me is not None
        await staff.set_lang(tx, me.id, lang)
    anna, t = office.person(ANNA, lang), translator(lang)
    await anna.press_data(Follow(id).pack())
    assert t("publications-standing-sending") in anna.text
    assert t("publications-left", time=t.duration(6)) in anna.text


async def test_only_staff_of_the_district_sees_it(office: Office) -> None:
    id = await office.room.publish()
    olga, reader = office.person(OLGA), office.person(READER)
    await olga.say("/staff")
    await olga.press("Being sent")
    assert olga.text == translator("en")("publications-none")
    await olga.press_data(Follow(id).pack())
    assert olga.toasts[-1] == translator("en")("error-not-allowed")
    for press in (Sent(), Follow(id), Stop(id), Resume(id)):
        await reader.press_data(press.pack())
        assert reader.toasts[-1] == translator("en")("error-gone")
    assert reader.screen is None


async def test_one_person_stops_it_at_once_and_colleagues_are_told(office: Office) -> None:
    id = await half_sent(office)
    anna = office.person(ANNA)
    await anna.press_data(Follow(id).pack())
    await anna.press("Stop sending")
    assert await office.held(id) is Hold.STAFF
    assert "Stopped by staff" in anna.text
    told = {to.reveal(): task for to, task in anna.others}
    assert set(told) == {BORIS, CLARA}
    said = told[BORIS]
    assert isinstance(said, Say)
    assert "A headline (ABCD-EFGH)" in said.message.text


async def test_going_on_takes_two_of_different_branches(office: Office) -> None:
    id = await half_sent(office)
    await office.room.rows(id, 3, Stage.HELD, first=40_000)
    anna, boris, clara = office.person(ANNA), office.person(BORIS), office.person(CLARA)
    await anna.press_data(Stop(id).pack())
    await anna.press("Ask to go on")
    assert "Asked" in anna.toasts[-1]
    await anna.press("Agree to go on")
    assert anna.toasts[-1] == translator("en")("error-already-approved")
    await clara.press_data(Resume(id).pack())
    assert clara.toasts[-1] == translator("en")("error-same-branch")
    assert await office.held(id) is Hold.STAFF
    await boris.press_data(Follow(id).pack())
    await boris.press("Agree to go on")
    assert await office.held(id) is None
    assert await office.room.stages(id) == ["waiting"] * 3
    async with office.room.db.tx(write=False) as tx:
        assert await ledger.verify(tx) is None
    await boris.press_data(Resume(id).pack())
    assert boris.toasts[-1] == translator("en")("publications-error-not-stopped")


async def test_what_somebody_asked_for_is_void_with_their_rights(office: Office) -> None:
    id = await half_sent(office)
    anna, boris = office.person(ANNA), office.person(BORIS)
    await anna.press_data(Stop(id).pack())
    await anna.press("Ask to go on")
    async with office.room.db.tx() as tx:
        me = await staff.by_person(tx, TelegramId(ANNA))
        assert me is not None
        await staff.set_state(tx, me.id, StaffState.SUSPENDED)
        await void(tx, me.id, office.room.clock())
        await staff.set_state(tx, me.id, StaffState.ACTIVE)
    await boris.press_data(Resume(id).pack())
    assert "Asked" in boris.toasts[-1]
    assert await office.held(id) is Hold.STAFF


async def test_a_cancellation_is_not_stopped_by_one_person(office: Office) -> None:
    id = await half_sent(office, kind=Kind.RALLY, want=Want.CHANGES, lane=Lane.RALLY)
    clara = office.person(CLARA)
    await clara.press_data(Follow(id).pack())
    assert "Stop sending" not in [b.label for b in clara.buttons]
    await clara.press_data(Stop(id).pack())
    assert "people on their way must get them" in clara.toasts[-1]
    assert await office.held(id) is None


async def test_a_rally_is_stopped_by_who_may_suspend_rallies(office: Office) -> None:
    id = await half_sent(office, kind=Kind.RALLY, want=Want.RALLIES, lane=Lane.RALLY)
    anna, clara = office.person(ANNA), office.person(CLARA)
    await anna.press_data(Stop(id).pack())
    assert anna.toasts[-1] == translator("en")("error-not-allowed")
    await clara.press_data(Stop(id).pack())
    assert await office.held(id) is Hold.STAFF


async def test_a_hold_of_others_is_not_staffs_to_lift(office: Office) -> None:
    id = await half_sent(office)
    anna = office.person(ANNA)
    for why in (Hold.OPERATOR, Hold.MASKED, Hold.REFUSED):
        async with office.room.db.tx() as tx:
            await publications.hold(tx, id, why)
        await anna.press_data(Stop(id).pack())
        assert anna.toasts[-1] == translator("en")("publications-error-nothing")
        await anna.press_data(Resume(id).pack())
        assert anna.toasts[-1] == translator("en")("publications-error-not-stopped")
        assert translator("en")(f"publications-held-{why}") in anna.text
        assert await office.held(id) is why


async def test_an_open_card_is_edited_while_it_runs_and_then_left(office: Office) -> None:
    id, quarter = await half_sent(office), office.room.places.quarter
    await office.press_in(7, ANNA, Follow(id))
    assert await office.edits() == []
    office.room.clock.move(GAP)
    assert await office.edits() == []  # nothing looks different
    await office.room.walked(id, place=quarter, part=0.8)
    [(chat, edit)] = await office.edits()
    assert (chat, edit.message_id, edit.fleeting) == (ANNA, 7, True)
    assert "about 80%" in edit.message.text
    await office.room.walked(id, part=1.0, done=True)
    assert await office.edits() == []  # too soon
    office.room.clock.move(GAP)
    [(_, edit)] = await office.edits()
    assert "Sent." in edit.message.text
    assert len(office.cards) == 0


async def test_a_second_edit_is_not_queued_while_the_first_one_waits(office: Office) -> None:
    id, quarter = await half_sent(office), office.room.places.quarter
    await office.press_in(7, ANNA, Follow(id))
    for part in (0.6, 0.8):
        office.room.clock.move(GAP)
        await office.room.walked(id, place=quarter, part=part)
        await office.cards.refresh()
    found = [task for _, task in await office.dialogue.drain()]
    assert len(found) == 1


async def test_an_edit_never_replaces_what_a_button_led_to(office: Office) -> None:
    id = await half_sent(office)
    await office.press_in(7, ANNA, Follow(id))
    await office.press_in(8, ANNA, Follow(id))
    await office.press_in(7, ANNA, Back())
    assert len(office.cards) == 1
    office.room.clock.move(GAP)
    await office.room.walked(id, part=1.0, done=True)
    assert [edit.message_id for _, edit in await office.edits()] == [8]


async def test_a_card_is_left_after_ten_minutes_and_with_the_rights(office: Office) -> None:
    id = await half_sent(office)
    await office.press_in(7, ANNA, Follow(id))
    office.room.clock.move(LIFE)
    await office.room.walked(id, part=1.0, done=True)
    assert await office.edits() == []
    assert len(office.cards) == 0
    await office.room.walked(id, place=office.room.places.quarter, part=0.5)
    await office.press_in(7, ANNA, Follow(id))
    async with office.room.db.tx() as tx:
        me = await staff.by_person(tx, TelegramId(ANNA))
        assert me is not None
        await staff.set_state(tx, me.id, StaffState.SUSPENDED)
    office.room.clock.move(GAP)
    await office.room.walked(id, part=1.0, done=True)
    assert await office.edits() == []
    assert len(office.cards) == 0


async def test_only_so_many_cards_are_followed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "MOST", 2)
    id = await office.room.publish()
    for n in range(4):
        await office.press_in(n + 1, ANNA, Follow(id))
    office.room.clock.move(GAP)
    await office.room.walked(id, done=True)
    assert [edit.message_id for _, edit in await office.edits()] == [3, 4]


async def test_the_list_has_pages(office: Office) -> None:
    for n in range(8):
        await office.room.publish(subject=f"item:{n}", text=f"Story {n}")
    anna = office.person(ANNA)
    await anna.press_data(Sent().pack())
    assert "Story 7" in anna.text
    assert "Story 1" not in anna.text
    await anna.press(translator("en")("next-page"))
    assert "Story 1" in anna.text


async def test_a_colleague_may_add_buttons_to_the_card(office: Office) -> None:
    id = await half_sent(office)
    more = replace(
        office.feature.sending, more=lambda _by, p, _t: [button(f"More {p.id}", Follow(p.id))]
    )
    async with office.room.db.tx(write=False) as tx:
        anna = await staff.by_person(tx, TelegramId(ANNA))
    assert anna is not None
    card = await more.card(anna, id, translator("en"))
    assert f"More {id}" in [key.label for row in card.message.buttons for key in row]
