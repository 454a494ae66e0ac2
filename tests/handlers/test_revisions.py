"""Staff takes something back: every tap, in every language."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.domain.outbox import Lane
from bot.domain.publications import Audience, Kind, Publication, PublicationId, State, Want
from bot.domain.revisions import NOTE_LIMIT, Deed
from bot.domain.staff import Grant, Role
from bot.i18n import LANGUAGES, translator
from bot.services.publications import Draft, accept
from bot.services.revising import get
from bot.services.revisions import Revisions
from bot.views import revisions as view
from bot.views.message import TEXT_LIMIT, Message, Say, Text, units
from handlers.revisions import RevisionHandlers
from storage.db import Database
from tests.clock import Clock
from tests.dialogue import Dialogue, Person, open_dialogue
from tests.rally_house import Menu
from tests.team import Places, enrol, settle

ANNA, BORIS, ERIC, READER = 101, 102, 103, 500
NOTE = "At four, not at two."


@dataclass(slots=True)
class Desk:
    """Two moderators of different branches, one of elsewhere, a reader; one item was sent."""

    db: Database
    clock: Clock
    dialogue: Dialogue
    places: Places
    id: PublicationId
    people: dict[int, Person]

    def __getitem__(self, id: int) -> Person:
        return self.people[id]

    def pass_on(self, sender: Person) -> None:
        """Show the others what they were told because of ``sender``."""
        for to, task in sender.others:
            if isinstance(task, Say) and to.reveal() in self.people:
                self.people[to.reveal()].screen = task.message
        sender.others.clear()

    async def present(self) -> Publication:
        """As stored."""
        async with self.db.tx(write=False) as tx:
            return await get(tx, self.id)


async def send(desk_db: Database, clock: Clock, places: Places, n: int, text: str) -> PublicationId:
    """Relay an item."""
    draft = Draft(
        kind=Kind.ITEM,
        subject=f"item:{n}",
        code=f"A7K2-Q9Z{n % 10}",
        lane=Lane.NEWS,
        audience=Audience(frozenset({places.city}), Want.NEWS),
        texts={lang: Text().bold(f"{text} {lang}").line("Code").message() for lang in LANGUAGES},
        expires_at=clock() + timedelta(days=3),
    )
    async with desk_db.tx() as tx:
        return await accept(tx, draft, clock())


async def open_desk(
    db: Database, clock: Clock, lang: str = "en", *, text: str = "Water is back"
) -> Desk:
    """Everybody at their phones."""
    atlas, places = await settle(db)
    root = await enrol(db, 100, Role.CUSTODIAN)
    here, there = Grant(Role.NEWS, places.city), Grant(Role.NEWS, places.quarter)
    for id, held in ((ANNA, here), (BORIS, here), (ERIC, there)):
        await enrol(db, id, held, inviter=root, lang=lang)
    noun = RevisionHandlers(Revisions(db, atlas, clock))
    dialogue = await open_dialogue(db, clock, [Menu([noun]), noun])
    people = {id: dialogue.person(id, lang) for id in (ANNA, BORIS, ERIC, READER)}
    sent = await send(db, clock, places, 1, text)
    return Desk(db, clock, dialogue, places, sent, people)


async def opened(person: Person) -> None:
    """From the menu to the first publication."""
    t = translator(person.language_code)
    await person.say("/staff")
    await person.press(t("revisions-menu"))
    await person.press("A7K2-Q9Z1")


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_hiding_takes_two_taps_on_the_card(db: Database, clock: Clock, lang: str) -> None:
    desk, t = await open_desk(db, clock, lang), translator(lang)
    anna, boris = desk[ANNA], desk[BORIS]
    await opened(anna)
    before = anna.taps
    await anna.press(t("revision-button-mask"))
    assert t("revision-mask-sure") in anna.text
    assert (await desk.present()).state is State.CURRENT
    await anna.press(t("revision-button-mask-now"))
    assert anna.taps - before == 2
    assert t("revision-mask-done") in anna.toasts
    assert t("revision-state-masked") in anna.text
    assert (await desk.present()).state is State.MASKED
    desk.pass_on(anna)
    assert t("revision-told-mask") in boris.text
    assert f"Water is back {lang}" in boris.text, "so that they can judge it"
    await boris.press(t("revision-button-card"))
    labels = {button.label for button in boris.buttons}
    assert t("revision-button-restore") in labels
    assert t("revision-button-mask") not in labels


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_correction_is_typed_seen_asked_for_and_agreed_to(
    db: Database, clock: Clock, lang: str
) -> None:
    desk, t = await open_desk(db, clock, lang), translator(lang)
    anna, boris = desk[ANNA], desk[BORIS]
    await opened(anna)
    await anna.press(t("revision-button-correct"))
    assert str(NOTE_LIMIT) in anna.text
    await anna.say(f"  {NOTE}\n")
    shown = f"{t('revision-correction')}\n{NOTE}\n\nWater is back {lang}\nCode"
    assert anna.text == f"{t('revision-preview-correct')}\n\n{shown}"
    await anna.press(t("revision-button-ask"))
    assert t("revision-waits-correct") in anna.text
    assert t("revision-asked") in anna.toasts
    desk.pass_on(anna)
    assert boris.screen is not None
    assert shown in boris.text
    assert t("revision-hint") in boris.text
    assert boris.screen.protect
    await boris.press(t("revision-approve-correct"))
    assert boris.text == t("revision-done-correct")
    assert (await desk.present()).version == 2
    desk.pass_on(boris)
    assert t("revision-done-correct") in anna.text
    await anna.say("hello")
    assert anna.text == "lost", "the form is over"


async def test_a_correction_that_is_no_sentence_is_asked_for_again(
    db: Database, clock: Clock
) -> None:
    desk = await open_desk(db, clock)
    anna = desk[ANNA]
    await opened(anna)
    await anna.press("Correct")
    await anna.say("x" * (NOTE_LIMIT + 1))
    assert f"at most {NOTE_LIMIT}" in anna.text
    await anna.message(photo=[{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}])
    assert f"at most {NOTE_LIMIT}" in anna.text
    await anna.say("First try")
    await anna.say("Second try")
    assert "Second try" in anna.text, "the last words count"
    await anna.press("Ask a second person")
    desk.pass_on(anna)
    assert "Second try" in desk[BORIS].text


async def test_an_older_preview_does_not_ask_for_newer_words(db: Database, clock: Clock) -> None:
    desk = await open_desk(db, clock)
    anna = desk[ANNA]
    await opened(anna)
    await anna.press("Correct")
    await anna.say("First try")
    old = next(b.data for b in anna.buttons if b.label == "Ask a second person")
    await anna.say("Second try")
    assert old is not None
    await anna.press_data(old)
    assert "changed meanwhile" in anna.toasts[-1]
    assert anna.others == []


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_taking_back_for_good_shows_what_happens_and_takes_two(
    db: Database, clock: Clock, lang: str
) -> None:
    desk, t = await open_desk(db, clock, lang), translator(lang)
    anna, boris = desk[ANNA], desk[BORIS]
    await opened(anna)
    await anna.press(t("revision-button-recall"))
    assert t("revision-preview-recall") in anna.text
    assert t("revision-recalled-text") in anna.text
    await anna.press(t("revision-button-ask"))
    desk.pass_on(anna)
    await boris.press(t("revision-approve-recall"))
    assert boris.text == t("revision-done-recall")
    assert (await desk.present()).state is State.RECALLED
    await opened(boris)
    assert t("revision-state-recalled") in boris.text
    assert [button.label for button in boris.buttons] == [t("back")]


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_request_is_withdrawn_by_who_made_it_and_refused_by_the_other(
    db: Database, clock: Clock, lang: str
) -> None:
    desk, t = await open_desk(db, clock, lang), translator(lang)
    anna, boris = desk[ANNA], desk[BORIS]
    await opened(anna)
    await anna.press(t("revision-button-recall"))
    await anna.press(t("revision-button-ask"))
    desk.pass_on(anna)
    await anna.press(t("revision-button-withdraw"))
    assert anna.text == t("revision-withdrawn")
    await boris.press(t("revision-approve-recall"))
    assert boris.toasts[-1] == t("revision-error-decided")
    await opened(anna)
    await anna.press(t("revision-button-recall"))
    await anna.press(t("revision-button-ask"))
    desk.pass_on(anna)
    await boris.press(t("revision-button-no"))
    assert boris.text == t("revision-refused")
    desk.pass_on(boris)
    assert t("revision-told-no") in anna.text
    assert (await desk.present()).state is State.CURRENT


async def test_who_opens_it_while_something_waits_is_asked(db: Database, clock: Clock) -> None:
    desk = await open_desk(db, clock)
    anna, boris = desk[ANNA], desk[BORIS]
    await opened(anna)
    await anna.press("Take back for good")
    await anna.press("Ask a second person")
    await opened(boris)
    await boris.press("Yes, take it back")
    assert (await desk.present()).state is State.RECALLED


async def test_buttons_are_worth_nothing_to_others(db: Database, clock: Clock) -> None:
    desk = await open_desk(db, clock)
    presses = [
        view.Review(desk.id),
        view.Hide(desk.id, sure=True),
        view.Propose(desk.id, Deed.RECALL),
        view.Propose(desk.id, Deed.CORRECT),
        view.Submit(desk.id, Deed.RECALL, "0" * 12),
        view.Submit(desk.id, Deed.CORRECT, "0" * 12),
    ]
    for press in presses:
        for person in (desk[READER], desk[ERIC]):
            await person.press_data(press.pack())
            assert person.toasts[-1], "a press is answered"
            assert person.screen is None, "and nothing is shown"
    await desk[READER].press_data(view.Recent().pack())
    assert desk[READER].screen is None
    await desk[ERIC].press_data(view.Recent().pack())
    assert "Nothing was sent lately" in desk[ERIC].text
    assert (await desk.present()).version == 1


async def test_the_menu_offers_it_to_those_who_may(db: Database, clock: Clock) -> None:
    desk = await open_desk(db, clock)
    await desk[ANNA].say("/staff")
    assert [button.label for button in desk[ANNA].buttons] == ["Take back"]
    await desk[READER].say("/staff")
    assert desk[READER].buttons == []


async def test_a_long_list_has_pages(db: Database, clock: Clock) -> None:
    desk = await open_desk(db, clock)
    for n in range(2, 11):
        await send(db, clock, desk.places, n, f"Story {n}")
    anna = desk[ANNA]
    await anna.say("/staff")
    await anna.press("Take back")
    assert "Story 10" in anna.buttons[0].label
    await anna.press("More")
    assert "Water is back" in anna.buttons[1].label
    await anna.press("More")
    assert "Story 10" in anna.buttons[0].label


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_longest_publication_fits_every_screen(
    db: Database, clock: Clock, lang: str
) -> None:
    desk, t = await open_desk(db, clock, lang, text="w" * 4000), translator(lang)
    anna, boris = desk[ANNA], desk[BORIS]
    await opened(anna)
    await anna.press(t("revision-button-correct"))
    await anna.say("n" * NOTE_LIMIT)
    screens: list[Message] = [*anna.screens]
    await anna.press(t("revision-button-ask"))
    desk.pass_on(anna)
    assert boris.screen is not None
    screens += [*anna.screens, boris.screen]
    assert max(units(screen.text) for screen in screens) <= TEXT_LIMIT
    assert t("revision-hint") in boris.text
