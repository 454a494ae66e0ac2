"""Every screen of news renders in five languages: no key is missing, no button too long."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.cascades import Cascade
from bot.domain.districts import District, DistrictId, Districts
from bot.domain.evidence import LINKED, Check, Evidence
from bot.domain.items import Flag, ItemId, ItemState
from bot.domain.publications import PublicationId
from bot.domain.sources import (
    STARTS,
    Found,
    Hold,
    Motion,
    Reason,
    Route,
    Source,
    SourceId,
    SourceState,
)
from bot.domain.staff import Grant, Role, Staff, StaffId
from bot.domain.topics import TOPICS
from bot.domain.upkeep import Happening
from bot.i18n import LANGUAGES, Translator, translator
from bot.views import feeds, items, newest, notices, proposals, vetting
from bot.views import queue as desk
from bot.views import source_settings as settings
from bot.views import sources as view
from bot.views.message import Message, button, units
from bot.views.revisions import Recent
from feeds import addresses, failures
from storage.polls import Poll
from tests.domain.test_items import QUEUED
from tests.domain.test_sources import NOMINATED, NOW, PROBATION

KEY = re.compile(
    r"\b(?:source|sources|item|proposal|notice|queue|news|feed|age|evidence|topic)-[a-z]+[a-z-]*"
)
ROOT = District(DistrictId(9), "by", None, "Europe/Minsk", {"en": "Belarus"})
CITY = District(DistrictId(1), "minsk", ROOT.id, "Europe/Minsk", {"en": "Minsk"})
TREE = Districts.of([ROOT, CITY])
EDITOR = Staff(StaffId(8), "Lynx", frozenset({Grant(Role.NEWS)}), StaffId(8))
FOUND = Found(
    address="http://news.example.org/rss",
    read_at="http://www.example.org/rss",
    domain="example.org",
    title="The Courier",
    language="",
    items=21,
    latest=("One", "Two"),
    rejected=Reason.TECHNICAL,
    lookalike="courier.example",
)
POLL = Poll(
    source=PROBATION.id,
    address=PROBATION.address,
    next_poll=NOW,
    polled_at=NOW - timedelta(days=2),
    items=30,
    failures=7,
    failing=("feed-http-status", {"status": 503}),
    moved="https://moved.example.org/rss",
)
VETTED = replace(PROBATION, since=NOW, vetted_at=NOW)
HELD = [PROBATION.held(why, NOW) for why in Hold]
REJECTED = [NOMINATED.rejected(reason, NOW) for reason in Reason]
SENT = replace(
    QUEUED,
    state=ItemState.SENT,
    code="ABCD-EFGH",
    approved=(StaffId(1), StaffId(2)),
    one_branch=True,
    published=NOW,
)
REFUSALS: list[failures.FeedRefused] = [
    failures.FeedRefused(),
    *(failures.BadAddress(reason=wrong) for wrong in addresses.Wrong),
    failures.PrivateAddress(),
    failures.TooLarge(limit=2**21),
    failures.TooSlow(seconds=15),
    failures.RedirectLoop(hops=3),
    failures.HttpStatus(status=404),
    failures.Challenge(status=403),
    *(failures.Unreachable(reason=r) for r in ("dns", "tls", "connection", "cut", "encoding")),
    failures.ParserDown(),
    failures.NotAFeed(),
    failures.NotAFeed(feeds=("https://news.example.org/rss",)),
    failures.Malformed(reason="hostile"),
]


def screens(t: Translator) -> Iterator[Message]:
    """Every message of the noun."""
    yield from _sources(t)
    yield from _proposals(t)
    yield from _notices(t)
    yield from _items(t)


def _sources(t: Translator) -> Iterator[Message]:
    trusted = replace(PROBATION, state=SourceState.TRUSTED)
    revoked = replace(PROBATION, state=SourceState.REVOKED)
    pending = [
        replace(source, motion=motion, agreed=(StaffId(1),))
        for source in (NOMINATED, PROBATION, HELD[0])
        for motion in Motion
        if source.state in STARTS[motion]
    ]
    every: list[Source] = [NOMINATED, PROBATION, trusted, revoked, *HELD, *pending]
    for source in every:
        yield view.card(view.Entry(source, POLL, 21), EDITOR, t, TREE, NOW)
    entries = tuple(view.Entry(source, POLL) for source in every[:8])
    unread = view.Entry(PROBATION, replace(POLL, polled_at=None))
    for page in (view.Page(entries, 1, 40), view.Page((unread,), 0, 1), view.Page((), 0, 0)):
        yield view.listing(page, EDITOR, t, TREE, NOW)
    yield from _vetting(t, every)
    yield view.reasons(NOMINATED, t)


def _vetting(t: Translator, every: list[Source]) -> Iterator[Message]:
    log = tuple(
        Evidence(check, EDITOR.id, NOW, link="https://news.example.org/us", digest="ab" * 32)
        for check in Check
    )
    going = Cascade(PROBATION.id, NOW, total=40, recalled=3)
    for source in (*every, replace(PROBATION, state=SourceState.DORMANT)):
        for entry in (
            view.Entry(source, POLL),
            view.Entry(source, POLL, 21, log, going, "a.example"),
        ):
            yield view.card(entry, EDITOR, t, TREE, NOW)
            for just in (None, *Check):
                yield vetting.checklist(entry, EDITOR, t, TREE, just=just)
    for check in LINKED:
        yield vetting.ask_link(1, check, t)
    yield view.since(PROBATION, 0, t)
    yield view.since(PROBATION, 12, t)
    route = Route(frozenset({"metro", "bus"}), frozenset({CITY.id, ROOT.id}))
    full = replace(
        PROBATION,
        urgent=True,
        pictures=True,
        topics=frozenset({*TOPICS, "Sport"}),
        routes=(route,),
        retracted=2,
    )
    yield view.card(view.Entry(full, POLL), EDITOR, t, TREE, NOW)
    for source in (PROBATION, full):
        yield settings.settings(source, t)
        yield settings.languages(source, t)
        yield settings.topics(source, t)
        yield settings.routes(source, t, TREE)
    yield settings.ask_words(1, t)
    yield settings.ask_place(1, route.words, EDITOR, t, TREE, 0)
    for happening in Happening:
        yield notices.happened(PROBATION, happening, t)
    yield notices.taken_back(PROBATION, going, t)
    yield notices.moved(PROBATION, "https://news.example.org/new", t)


def _proposals(t: Translator) -> Iterator[Message]:
    yield proposals.ask_address(t)
    yield proposals.looking(t, "news.example.org")
    for at in (0, ROOT.id):
        yield proposals.found(FOUND, t, TREE, proposals.PickScope(at), lambda _: True)
    yield proposals.confirm(FOUND, t, CITY)
    yield proposals.sent(t)
    yield proposals.tested(FOUND, t, view.ListSources())
    for no in REFUSALS:
        yield proposals.refused(no, t)
        yield proposals.untestable(no, t, view.ListSources())


def _notices(t: Translator) -> Iterator[Message]:
    yield notices.nominated(NOMINATED, FOUND, t)
    for motion in Motion:
        yield notices.motion(replace(PROBATION, motion=motion), t)
    for state in SourceState:
        yield notices.settled(replace(PROBATION, state=state), t)
    yield notices.settled(VETTED, t)
    yield newest.taken(3, t)
    yield newest.unreadable(REFUSALS[0], 1, t)
    for held in HELD:
        yield notices.held(held, 2, t)
        yield notices.held(held, 0, t)
    for rejected in REJECTED:
        yield notices.rejected("The Courier", rejected, t)
    yield notices.down(PROBATION, POLL, t)
    yield notices.back(PROBATION, t)
    yield notices.edited(PROBATION, 5, t)


def _items(t: Translator) -> Iterator[Message]:
    yield items.published(SENT, PROBATION, CITY, t)
    yield items.lite(SENT, PROBATION, t)
    changed = replace(SENT, state=ItemState.CHANGED)
    yield items.why(changed, HELD[0], CITY, t)
    held = replace(QUEUED, held="burst", approved=(StaffId(1),), edition=2, link="")
    for item in (QUEUED, held):
        yield desk.queue(desk.Queue(7, NOW, 3, item, PROBATION), CITY, t, NOW)
    yield from _cards(t)
    yield desk.queue(desk.Queue(7, NOW - timedelta(hours=5)), None, t, NOW)
    yield desk.queue(desk.Queue(0, None), None, t, NOW)
    for mine in (True, False):
        yield items.latest([(SENT, PROBATION)] * 5, t, TREE, mine=mine)
        yield items.latest([], t, TREE, mine=mine)


def _cards(t: Translator) -> Iterator[Message]:
    other = replace(PROBATION, id=SourceId(2), title="The Herald", domain="herald.example.net")
    report = replace(SENT, id=ItemId(2), link="https://herald.example.net/2")
    loud = replace(
        QUEUED, impact=True, flags=frozenset(Flag), topics=frozenset({"health", "wells"})
    )
    changed = replace(
        SENT, state=ItemState.CHANGED, latest_title="Another", latest_summary="Text", edition=2
    )
    back = replace(QUEUED, parked_at=NOW, edition=2)
    for it in (
        desk.Queue(7, NOW, 1, loud, PROBATION),
        desk.Queue(7, NOW, 1, back, PROBATION, also=[(report, other)] * 6),
        desk.Queue(7, NOW, 1, QUEUED, PROBATION, lead=SENT),
        desk.Queue(7, NOW, 1, changed, PROBATION, publication=PublicationId(3), noted=True),
        desk.Queue(7, NOW, 1, changed, PROBATION, minor=True),
    ):
        yield desk.queue(it, CITY, t, NOW)
        yield desk.queue(it, CITY, t, NOW, typed=True)
    yield desk.no_such_number(5, t)
    right = replace(SENT, impact=True, corrected_at=NOW, corrections=1, topics=loud.topics)
    yield items.published(right, PROBATION, CITY, t)
    yield items.published(replace(right, others=6), PROBATION, CITY, t, [(report, other)] * 6)
    yield items.lite(right, PROBATION, t, CITY)
    checked = {PROBATION.id: 8, other.id: 7}
    yield items.why(
        right, PROBATION, CITY, t, also=[(report, other)] * 2, corrections=2, checked=checked
    )
    yield items.latest([(right, PROBATION)], t, TREE, mine=True)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_screen_is_complete(lang: str) -> None:
    t = translator(lang)
    for message in screens(t):
        shown = [message.text, *(b.label for row in message.buttons for b in row)]
        assert not [found for text in shown for found in KEY.findall(text)]
        assert not [text for text in shown if "{" in text or "}" in text]
        assert units(message.text) <= 4096


@pytest.mark.parametrize("lang", LANGUAGES)
def test_buttons_fit_a_phone(lang: str) -> None:
    labels = [b.label for m in screens(translator(lang)) for row in m.buttons for b in row]
    assert [label for label in labels if len(label) > 30] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_entity_lies_inside_its_text(lang: str) -> None:
    for message in screens(translator(lang)):
        for span in message.spans:
            assert span.length > 0
            assert span.offset + span.length <= units(message.text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_line_over_a_channel_fits(lang: str) -> None:
    long = replace(PROBATION, title="Courier " * 30)
    assert len(items.why_short(SENT, long, translator(lang))) <= 200


def test_times_of_a_source_for_several_zones_are_utc() -> None:
    abroad = District(DistrictId(2), "brussels", None, "Europe/Brussels", {"en": "Brussels"})
    tree = Districts.of([ROOT, CITY, abroad])
    assert items.city_of(replace(PROBATION, districts=frozenset({CITY.id})), tree) == CITY
    both = replace(PROBATION, districts=frozenset({CITY.id, abroad.id}))
    assert items.city_of(both, tree) == items.UTC


def test_a_reason_adds_what_helps() -> None:
    t = translator("en")
    assert feeds.why("feed-unreachable", {"reason": "dns"}, t).endswith("Is it spelled correctly?")
    assert feeds.why("feed-unreachable", {"reason": "connection"}, t) == t("feed-unreachable")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_short_text_has_title_link_and_code_and_nothing_else(lang: str) -> None:
    plain = replace(SENT, title="A title", link="https://news.example.org/1", one_branch=False)
    message, t = items.lite(plain, PROBATION, translator(lang)), translator(lang)
    medium = f"{PROBATION.title} · example.org"
    assert message.text.splitlines() == ["A title", medium, f"{t('item-code')} ABCD-EFGH"]
    assert [span.url for span in message.spans if span.url] == ["https://news.example.org/1"]
    assert (message.buttons, message.file, message.keyboard) == ((), None, None)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("title", ["Long words " * 27, "a.bc " * 60, "\U0001f514" * 300, "x" * 300])
def test_a_short_text_is_short_and_still_says_that_staff_is_one_branch(
    lang: str, title: str
) -> None:
    wordy = replace(PROBATION, title="The Very Long Courier " * 12)
    message = items.lite(replace(SENT, title=title), wordy, translator(lang))
    assert units(message.text) <= items.LITE
    assert translator(lang)("one-branch") in message.text.splitlines()
    assert units(message.text.splitlines()[0]) >= items.LITE_TITLE - 10


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_notice_of_a_hold_leads_to_the_source_and_to_what_was_sent(lang: str) -> None:
    t = translator(lang)
    for held in HELD:
        look = button(t("notice-look"), view.OpenSource(held.id))
        sent = button(t("notice-look-sent"), Recent())
        assert notices.held(held, 0, t).buttons == ((look,),)
        assert notices.held(held, 12, t).buttons == ((look,), (sent,))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_newest_items_are_offered_when_a_source_was_vetted_and_not_after_a_lift(
    lang: str,
) -> None:
    t = translator(lang)
    offer = newest.offer(VETTED, t)
    assert (offer,) in notices.settled(VETTED, t).buttons
    lifted = replace(VETTED, since=NOW + timedelta(hours=1))
    trusted = replace(VETTED, state=SourceState.TRUSTED)
    for other in (lifted, trusted):
        assert (offer,) not in notices.settled(other, t).buttons


@pytest.mark.parametrize("lang", LANGUAGES)
def test_why_trust_it_counts_the_evidence_of_each_medium_and_names_nobody(lang: str) -> None:
    t = translator(lang)
    other = replace(PROBATION, id=SourceId(2), title="The Herald")
    checked = {PROBATION.id: 8, other.id: 7}
    text = items.why(SENT, PROBATION, CITY, t, also=[(SENT, other)], checked=checked).text
    lines = [t("item-evidence", n=n, of=len(Check)) for n in (8, 7)]
    assert [line for line in text.splitlines() if line in lines] == lines
    assert EDITOR.alias not in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_card_for_typing_numbers_what_its_buttons_do_and_nothing_else(lang: str) -> None:
    t = translator(lang)
    for it in (
        desk.Queue(7, NOW, 1, QUEUED, PROBATION),
        desk.Queue(7, NOW, 1, QUEUED, PROBATION, lead=SENT),
        desk.Queue(7, NOW, 1, replace(SENT, state=ItemState.CHANGED), PROBATION),
    ):
        card = desk.queue(it, CITY, t, NOW, typed=True)
        labels = [
            one.label for row in card.buttons for one in row if one.data and desk.act(one.data)
        ]
        said = " · ".join(f"{n} {label}" for n, label in enumerate(labels, start=1))
        assert card.text.splitlines()[-1] == t("queue-numbers", choices=said)
        assert len(desk.acts(card)) == len(labels) >= 4
        assert desk.queue(it, CITY, t, NOW).text in card.text


def test_what_a_medium_calls_itself_is_not_marked_beside_what_is_somebodys() -> None:
    handles = frozenset({Flag.HANDLE})
    item = replace(QUEUED, flags=handles, title="Write to @courier_news", summary="Not to @ivan77")
    it = desk.Queue(7, NOW, 1, item, PROBATION, own=("The Courier", "news"))
    shown = desk.queue(it, CITY, translator("en"), NOW).text.replace("\u2060", "")
    assert "Write to @courier_news" in shown
    assert "Not to ⟦@ivan77⟧" in shown
