"""Proposing, vetting, holding and revoking a source, as moderators see it."""

from datetime import timedelta

import pytest

from bot.domain.evidence import Check
from bot.domain.privacy import TelegramId
from bot.domain.sources import Motion, SourceState
from bot.domain.staff import Grant, Role, StaffState
from bot.i18n import translator
from bot.services.vetting import Vetting
from bot.views.message import Say
from bot.views.sources import HoldSource, ListSources, Move, OpenSource, Propose
from handlers.proposals import ProposalHandlers
from handlers.sources import SourceHandlers
from handlers.vetting import VettingHandlers
from storage import staff
from tests.dialogue import Dialogue, Person, open_dialogue
from tests.newsroom import ANNA, BORIS, CLAIRE, Newsroom
from tests.publisher import Story, rss, stories
from tests.vetting import check

STRANGER = 77
RU = translator("ru")
"""Boris reads Russian."""


@pytest.fixture
async def d(room: Newsroom) -> Dialogue:
    vetting = Vetting(room.db, room.atlas, room.clock)
    features = [
        SourceHandlers(room.sources),
        VettingHandlers(room.sources, vetting, room.newest),
        ProposalHandlers(room.sources),
    ]
    return await open_dialogue(room.db, room.clock, features)


async def proposed(d: Dialogue, room: Newsroom) -> Person:
    """Anna proposes a feed with buttons; Anna's phone."""
    address = room.publisher.put("/feed", rss(stories(1, 2, 3, 4)))
    anna = d.person(ANNA)
    await anna.press_data(Propose().pack())
    await anna.say(address)
    for label in ("Belarus", "Minsk", "Centre", "Propose"):
        await anna.press(label)
    return anna


async def test_a_pasted_address_shows_what_is_there_before_it_is_proposed(
    d: Dialogue, room: Newsroom
) -> None:
    address = room.publisher.put("/feed", rss(stories(1, 2, 3, 4)))
    anna = d.person(ANNA)
    await anna.say(address)
    assert anna.screens[-2].text == "Looking at 127.0.0.1…"
    for part in ("The Courier", address, "English", "4 items", "Story 1", "Story 3"):
        assert part in anna.text
    assert "Story 4" not in anna.text
    assert "without encryption" in anna.text


async def test_a_source_is_proposed_by_one_and_vetted_by_another(
    d: Dialogue, room: Newsroom
) -> None:
    anna = await proposed(d, room)
    assert "Another moderator has to vet it" in anna.text
    told = {to.reveal(): task for to, task in anna.others if isinstance(task, Say)}
    assert set(told) == {BORIS, CLAIRE}
    boris = d.person(BORIS, "ru")
    boris.screen = told[BORIS].message
    assert "The Courier" in boris.text
    await boris.press(RU("source-evidence-fill"))
    assert not [b for b in boris.buttons if b.label == RU("source-agree-vet")], "unchecked"
    for one in Check:
        if one is not Check.ARCHIVE:  # the proposal itself kept what it showed
            await boris.press(f"☐ {RU(f'evidence-short-{one}')}")
    assert boris.taps == len(Check), "one tap each, after the one that opened the list"
    await boris.press(RU("source-agree-vet"))
    assert (await room.source_by_address("/feed")).state is SourceState.PROBATION
    assert any(to.reveal() == ANNA for to, _ in boris.others)


async def test_the_proposer_and_their_branch_cannot_vet(d: Dialogue, room: Newsroom) -> None:
    anna = await proposed(d, room)
    source = await room.source_by_address("/feed")
    await anna.press_data(Move(source.id, Motion.VET).pack())
    assert "own text" in anna.toasts[-1]
    claire = d.person(CLAIRE)
    await check(room.sources, room.claire, source.id)
    await claire.press_data(Move(source.id, Motion.VET).pack())
    assert claire.toasts[-1] == translator("fr")("error-same-branch")
    assert (await room.source_by_address("/feed")).state is SourceState.NOMINATED


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("http://10.0.0.1/feed", "private network"),
        ("http://localhost/feed", "private network"),
        ("ftp://news.example.org/feed", "https://"),
        ("https://user:secret@news.example.org/", "before the @"),
        ("just some words", "not an address"),
        ("{url}/missing", "error 404"),
        ("{url}/page", "no feed"),
        ("{url}/circle", "without end"),
        ("{url}/broken", "Nothing was saved"),
        ("{url}/empty", "no feed"),
    ],
)
async def test_what_is_no_feed_is_refused_in_words_and_can_be_sent_again(
    d: Dialogue, room: Newsroom, typed: str, answer: str
) -> None:
    room.publisher.put("/page", b"<!doctype html><html><body>hello</body></html>", "text/html")
    room.publisher.put("/broken", b"\0\1\2\3", "application/rss+xml")
    room.publisher.put("/empty", b"", "application/rss+xml")
    room.publisher.moves["/circle"] = room.publisher.url("/circle")
    anna = d.person(ANNA)
    await anna.press_data(Propose().pack())
    await anna.say(typed.format(url=room.publisher.url("")))
    assert answer in anna.text
    await anna.say(room.publisher.put("/feed", rss(stories(1))))
    assert "The Courier" in anna.text


async def test_a_page_offers_the_feeds_it_links(d: Dialogue, room: Newsroom) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/feed">'
    page = f"<!doctype html><html><head>{link}</head><body></body></html>".encode()
    room.publisher.put("/feed", rss(stories(1)))
    anna = d.person(ANNA)
    await anna.say(room.publisher.put("/page", page, "text/html"))
    await anna.press("http")
    assert "The Courier" in anna.text


async def test_a_photo_in_the_form_gets_the_question_again(d: Dialogue, room: Newsroom) -> None:
    anna = d.person(ANNA)
    await anna.press_data(Propose().pack())
    await anna.message(photo=[{"file_id": "x", "file_unique_id": "x", "width": 1, "height": 1}])
    assert "Paste the address" in anna.text


async def test_cancel_leaves_the_form(d: Dialogue, room: Newsroom) -> None:
    anna = d.person(ANNA)
    await anna.press_data(Propose().pack())
    await anna.press("Cancel")
    await anna.say("hello")
    assert anna.text == "lost"


async def test_a_stranger_meets_nothing_of_this(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted()
    stranger = d.person(STRANGER)
    for press in (ListSources(), Propose(), OpenSource(source.id), HoldSource(source.id)):
        await stranger.press_data(press.pack())
        assert "out of date" in stranger.toasts[-1]
    await stranger.say(room.publisher.url("/feed"))
    assert stranger.text == "lost"
    assert (await room.source(source.id)).relays


async def test_a_suspended_editor_with_an_open_menu_is_refused(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted()
    anna = d.person(ANNA)
    await anna.press_data(OpenSource(source.id).pack())
    async with room.db.tx() as tx:
        await staff.set_state(tx, room.anna.id, StaffState.SUSPENDED)
    await anna.press("Hold now")
    assert "out of date" in anna.toasts[-1]
    assert (await room.source(source.id)).relays


async def test_the_list_shows_title_state_items_age_and_what_fails(
    d: Dialogue, room: Newsroom
) -> None:
    await room.vetted("/feed", 1, 2, 3)
    room.publisher.status = 503
    await room.poll()
    room.clock.move(timedelta(hours=2))
    anna = d.person(ANNA)
    await anna.press_data(ListSources().pack())
    for part in ("1 source", "The Courier", "on probation", "3 items", "2 h ago", "error 503"):
        assert part in anna.text
    await anna.press("The Courier")
    assert "Vetted since November 2026" in anna.text


async def test_the_list_has_pages(d: Dialogue, room: Newsroom) -> None:
    for n in range(10):
        await room.propose(f"/feed{n}")
    anna = d.person(ANNA)
    await anna.press_data(ListSources().pack())
    await anna.press("More")
    assert "9. " in anna.text
    assert "8. " not in anna.text
    await anna.press("Earlier")
    assert "1. " in anna.text
    await anna.press_data(ListSources(99).pack())
    assert "10. " in anna.text


async def test_one_person_holds_and_two_lift(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted()
    anna, boris = d.person(ANNA), d.person(BORIS)
    await anna.press_data(OpenSource(source.id).pack())
    await anna.press("Hold now")
    assert "held" in anna.text
    assert {to.reveal() for to, _ in anna.others} == {BORIS, CLAIRE}
    await anna.press("Ask to lift the hold")
    assert "A second one has to agree" in anna.text
    await boris.press_data(OpenSource(source.id).pack())
    await boris.press(RU("source-agree-lift"))
    assert RU("source-state-probation") in boris.text


async def test_two_revoke_and_it_is_polled_no_more(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted()
    anna, boris = d.person(ANNA), d.person(BORIS)
    await anna.press_data(OpenSource(source.id).pack())
    await anna.press("Ask to revoke")
    await anna.press("The last 7 days")
    await boris.press_data(OpenSource(source.id).pack())
    assert RU("source-motion-revoke") in boris.text
    await boris.press(RU("source-agree-revoke"))
    assert (await room.source(source.id)).state is SourceState.REVOKED
    room.clock.move(timedelta(days=2))
    assert await room.sources.polling.round() == 0
    with pytest.raises(AssertionError, match="no button"):
        await boris.press(RU("source-hold"))


async def test_an_objection_keeps_everything_as_it_was(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted()
    anna, boris = d.person(ANNA), d.person(BORIS)
    await anna.press_data(OpenSource(source.id).pack())
    await anna.press("Ask to revoke")
    await anna.press("Everything")
    await boris.press_data(OpenSource(source.id).pack())
    await boris.press(RU("source-object"))
    found = await room.source(source.id)
    assert (found.state, found.motion) == (SourceState.PROBATION, None)


async def test_a_nomination_is_rejected_with_a_reason(d: Dialogue, room: Newsroom) -> None:
    anna = await proposed(d, room)
    source = await room.source_by_address("/feed")
    boris = d.person(BORIS)
    await boris.press_data(OpenSource(source.id).pack())
    await boris.press(RU("source-reject"))
    await boris.press(RU("source-reason-dependent"))
    assert RU.count("sources-count", 0) in boris.text
    assert any("Not independent" in _text(task) for _, task in boris.others)
    await anna.say(room.publisher.url("/feed"))
    assert "rejected before: Not independent" in anna.text


async def test_a_test_reads_now_and_stores_nothing(d: Dialogue, room: Newsroom) -> None:
    source = await room.vetted("/feed", 1, 2, 3)
    room.publisher.put("/feed", rss(stories(9, 1, 2, 3)))
    anna = d.person(ANNA)
    await anna.press_data(OpenSource(source.id).pack())
    await anna.press("Test now")
    assert "nothing was stored" in anna.text
    assert "Story 9" in anna.text
    assert await room.queue() == []
    room.publisher.status = 404
    await anna.press("Back")
    await anna.press("Test now")
    assert "error 404" in anna.text


async def test_a_source_is_proposed_once(d: Dialogue, room: Newsroom) -> None:
    anna = await proposed(d, room)
    await anna.say(room.publisher.url("/feed"))
    assert "in the list already" in anna.text


async def test_a_stale_proposal_button_says_so(d: Dialogue, room: Newsroom) -> None:
    address = room.publisher.put("/feed", rss(stories(1)))
    anna = d.person(ANNA)
    await anna.say(address)
    room.clock.move(timedelta(hours=25))
    await anna.press("Belarus")
    assert "out of date" in anna.toasts[-1]


async def test_a_hostile_title_stays_text(d: Dialogue, room: Newsroom) -> None:
    title = "<a href='https://evil.example'>Courier</a> \u202egnp.evil @evil /start evil.example"
    body = rss([Story("x", "javascript:alert(1)")], title=title)
    anna = d.person(ANNA)
    await anna.say(room.publisher.put("/feed", body))
    assert anna.screen is not None
    assert {span.kind for span in anna.screen.spans} == {"bold", "code"}
    for dangerous in ("\u202e", "@evil", " /start", "evil.example", "<a"):
        assert dangerous not in anna.text


def _text(task: object) -> str:
    assert isinstance(task, Say)
    return task.message.text


async def test_who_may_propose_in_one_district_chooses_among_their_own(
    d: Dialogue, room: Newsroom
) -> None:
    local = 1009
    async with room.db.tx() as tx:
        await staff.add(
            tx,
            TelegramId(local),
            alias="Stork",
            lang="en",
            inviter=room.anna,
            held=[Grant(Role.NEWS, room.district)],
        )
    person = d.person(local)
    await person.say(room.publisher.put("/feed", rss(stories(1))))
    await person.press("Belarus")
    await person.press("Minsk")
    labels = [button.label for button in person.buttons]
    assert "Centre" in labels
    assert "Zavod" not in labels
    assert not [label for label in labels if label.startswith("All of")]
