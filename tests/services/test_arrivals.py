"""What arrives is grouped, judged and sorted; nothing is dropped, nothing is told twice."""

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.items import Flag, Item, ItemState
from bot.domain.sources import Hold, Route, Source
from bot.services import arrivals
from bot.services.arrivals import Brought
from feeds.read import read
from storage import polls, reports, sources
from tests.newsroom import Newsroom
from tests.publisher import Story, rss, stories

TEXT = (
    "The city council decided on Tuesday that the old library beside the river will open again in "
    "spring, once the roof has been mended and the books have come back from the cellar"
)
RUSSIAN = "Городской совет решил, что библиотека снова откроется после ремонта и что это было нужно"


async def show(room: Newsroom, *shown: Story, path: str = "/feed", language: str = "en") -> None:
    """The feed now shows these and its first three stories."""
    room.publisher.put(path, rss([*shown, *stories(1, 2, 3)], language=language))
    await room.poll()


async def change(room: Newsroom, source: Source, **settings: Any) -> None:
    """What moderators set."""
    async with room.db.tx() as tx:
        found = await sources.get(tx, source.id)
        assert found is not None
        await sources.save(tx, replace(found, **settings))


def story(number: int, text: str = TEXT, *, title: str = "", link: str = "") -> Story:
    return Story(title or f"Item {number}", link or f"https://news.example.org/n/{number}", text)


async def by_title(room: Newsroom) -> dict[str, Item]:
    return {item.title: item for item in await room.queue()}


async def test_the_same_link_in_two_sources_is_one_story(room: Newsroom) -> None:
    await room.vetted("/a")
    await room.vetted("/b", 11, 12, 13)
    link = "https://agency.example.org/report/7"
    await show(room, story(1, "Short.", title="Library opens", link=link), path="/a")
    www = "http://www.agency.example.org/report/7/#top"
    await show(room, story(2, "Other words.", title="Books are back", link=www), path="/b")
    queued = await by_title(room)
    first, second = queued["Library opens"], queued["Books are back"]
    assert (first.story, second.story) == (None, first.id)
    async with room.db.tx(write=False) as tx:
        assert {one.id for one in await reports.of_stories(tx, [first.id])} == {first.id, second.id}


async def test_nearly_the_same_text_in_three_sources_is_one_story(room: Newsroom) -> None:
    for path in ("/a", "/b", "/c"):
        await room.vetted(path)
    await show(room, story(1, title="Library opens"), path="/a")
    await show(room, story(2, f"{TEXT}.", title="Library opens!"), path="/b")
    agency = TEXT.replace("Tuesday", "Tuesday, the Agency reports,")
    await show(room, story(3, agency, title="The library opens"), path="/c")
    queued = await by_title(room)
    first = queued["Library opens"].id
    assert queued["Library opens!"].story == first
    assert queued["The library opens"].story == first


async def test_one_source_may_tell_two_things_alike(room: Newsroom) -> None:
    await room.vetted("/a")
    await show(room, story(1), story(2), path="/a")
    assert [item.story for item in await room.queue()] == [None, None]


async def test_a_live_page_that_many_items_link_to_makes_no_story(room: Newsroom) -> None:
    await room.vetted("/a")
    await room.vetted("/b")
    live = "https://news.example.org/live"
    mine = [Story(f"Live {n}", live, f"{n}", guid=f"a{n}") for n in range(2)]
    await show(room, *mine, path="/a")
    await show(room, Story("Elsewhere", live, "other", guid="b1"), path="/b")
    assert {item.story for item in await room.queue()} == {None}


async def test_what_was_told_long_ago_is_another_story(room: Newsroom) -> None:
    await room.vetted("/a")
    await room.vetted("/b")
    await show(room, story(1, title="Library opens"), path="/a")
    room.clock.move(timedelta(hours=73))
    await show(room, story(2, title="Library opens again"), path="/b")
    assert (await by_title(room))["Library opens again"].story is None


async def test_personal_data_and_impact_are_marked(room: Newsroom) -> None:
    source = await room.vetted("/feed")
    await show(
        room,
        story(1, "Call +375 29 123-45-67 or write to @somebody_else", title="Wanted"),
        story(2, "Three people were detained at the station", title="Detained"),
        story(3, "The library opens again", title="Routine"),
        story(4, f"Write to @{source.title.replace(' ', '')}", title="Ours"),
    )
    queued = await by_title(room)
    assert queued["Wanted"].flags == {Flag.PHONE, Flag.HANDLE}
    assert (queued["Detained"].impact, queued["Wanted"].impact) == (True, False)
    assert (queued["Routine"].flags, queued["Routine"].impact) == (frozenset(), False)
    assert queued["Ours"].flags == frozenset()


async def test_an_edit_is_judged_anew(room: Newsroom) -> None:
    await room.vetted("/feed")
    await show(room, story(1, "The library opens", title="One"))
    await show(room, story(1, "Killed. Call +375 29 123-45-67", title="One"))
    [item] = await room.queue()
    assert item.flags == {Flag.PHONE}
    assert (item.impact, item.edition) == (True, 2)


async def test_words_send_an_item_to_districts_and_topics_come_from_its_source(
    room: Newsroom,
) -> None:
    source = await room.vetted("/feed")
    route = Route(frozenset({"riverside"}), frozenset({room.elsewhere}))
    await change(room, source, routes=(route,), topics=frozenset({"courts"}))
    await show(room, story(1, "In Riverside.", title="There"), story(2, "Here.", title="Here"))
    queued = await by_title(room)
    assert queued["There"].districts == {room.elsewhere}
    assert queued["Here"].districts == frozenset()
    assert {item.topics for item in queued.values()} == {frozenset({"courts"})}


async def test_what_moderators_say_of_the_language_stands_above_the_feed(room: Newsroom) -> None:
    source = await room.vetted("/feed")
    await change(room, source, language="be")
    await show(room, story(1, "Адкрылася бібліятэка", title="One"), language="en")
    assert [item.language for item in await room.queue()] == ["be"]


async def test_a_guid_given_to_another_item_brings_news(room: Newsroom) -> None:
    await room.vetted("/feed")
    old = Story("Library opens", "https://news.example.org/a", TEXT, guid="7")
    await show(room, old)
    other = (
        "Football: the national team lost at home, its trainer resigned and fans left in silence"
    )
    new = Story("Match lost", "https://news.example.org/b", other, guid="7")
    await show(room, new)
    await show(room, new)
    assert [item.title for item in await room.queue()] == ["Library opens", "Match lost"]
    edited = replace(new, title="Match lost again", link="https://news.example.org/c")
    await show(room, edited)
    assert [item.title for item in await room.queue()] == ["Library opens", "Match lost again"]
    await show(room, old)
    assert len(await room.queue()) == 2


async def test_another_language_holds_the_source_and_keeps_the_items(room: Newsroom) -> None:
    source = await room.vetted("/feed")
    english = [story(n, f"{TEXT} {n}") for n in range(10, 16)]
    await show(room, *english)
    turned = [story(n, f"{RUSSIAN} {n}", title=f"Новость {n}") for n in range(20, 23)]
    await show(room, *turned, *english)
    assert (await room.source(source.id)).hold is Hold.LANGUAGE
    held = [item for item in await room.queue() if item.held]
    assert [(item.held, item.title[:7]) for item in held] == [("language", "Новость")] * 3


async def test_links_that_lead_elsewhere_hold_the_source(room: Newsroom) -> None:
    source = await room.vetted("/feed")
    usual = [story(n, f"{TEXT} {n}") for n in range(10, 16)]
    await show(room, *usual)
    away = [story(n, f"{TEXT} {n}", link=f"https://else.example/{n}") for n in range(20, 23)]
    await show(room, *away, *usual)
    assert (await room.source(source.id)).hold is Hold.TEMPLATE


async def test_guids_rewritten_hold_the_source_and_repeat_nothing(room: Newsroom) -> None:
    source = await room.vetted("/feed", 1, 2, 3, 4, 5)
    rewritten = [replace(one, guid=f"new-{one.title}") for one in stories(1, 2, 3, 4, 5)]
    room.publisher.put("/feed", rss(rewritten))
    await room.poll()
    assert (await room.source(source.id)).hold is Hold.GUIDS
    assert await room.queue() == []


async def test_a_burst_is_one_for_a_quiet_source_and_none_for_a_busy_one(room: Newsroom) -> None:
    numbers = itertools.count(100)
    sources = {path: await room.vetted(path) for path in ("/quiet", "/busy")}
    shown: dict[str, list[Story]] = {"/quiet": [], "/busy": []}
    for _ in range(10):
        room.clock.move(timedelta(days=2))
        for path, count in (("/quiet", 1), ("/busy", 7)):
            fresh = [story(n, f"{n} {TEXT}") for n in itertools.islice(numbers, count)]
            shown[path] = [*fresh, *shown[path]][:60]
            await show(room, *shown[path], path=path)
    for path in shown:
        fresh = [story(n, f"{n} {TEXT}") for n in itertools.islice(numbers, 15)]
        await show(room, *fresh, *shown[path], path=path)
    assert (await room.source(sources["/quiet"].id)).hold is Hold.BURST
    assert (await room.source(sources["/busy"].id)).relays
    held = [item for item in await room.queue() if item.held]
    assert len(held) == 15
    assert {item.state for item in held} == {ItemState.QUEUED}


async def test_what_newer_items_hid_is_no_news_when_they_are_withdrawn(room: Newsroom) -> None:
    await room.vetted("/feed", 11, 12, 13)
    dated = rss(stories(11, 12, 9)).replace(
        b"<title>Story 9</title>",
        b"<title>Story 9</title><pubDate>Thu, 12 Nov 2026 08:00:00 GMT</pubDate>",
    )
    room.publisher.put("/feed", dated)
    await room.poll()
    await room.poll()
    assert await room.queue() == []
    await show(room, story(1, title="New"))
    assert [item.title for item in await room.queue()][-1] == "New"


async def test_two_sources_with_the_same_guids_hide_nothing_of_each_other(room: Newsroom) -> None:
    await room.vetted("/a")
    await room.vetted("/b")
    for path, title in (("/a", "Of one"), ("/b", "Of another")):
        other = Story(title, f"https://news.example.org{path}/1", f"{title} {path}", guid="1")
        await show(room, other, path=path)
    queued = await room.queue()
    assert [(item.title, item.story) for item in queued] == [("Of one", None), ("Of another", None)]


async def test_a_feed_that_was_down_for_a_week_returns_without_a_hold(room: Newsroom) -> None:
    source = await room.vetted("/feed")
    shown: list[Story] = []
    for day in range(20):
        room.clock.move(timedelta(hours=12))
        shown = [story(day, f"{day} {TEXT}"), *shown]
        await show(room, *shown)
    room.publisher.status = 503
    for _ in range(10):
        room.clock.move(timedelta(hours=16))
        await room.poll()
    room.publisher.status = 200
    await show(room, *(story(n, f"{n} {TEXT}") for n in range(34, 19, -1)), *shown)
    assert (await room.source(source.id)).relays
    assert (
        sum(item.title in {f"Item {n}" for n in range(20, 35)} for item in await room.queue()) == 15
    )


async def at_once(room: Newsroom, *shown: tuple[Source, list[Story]]) -> None:
    """These sources show these stories besides their first three, stored in one transaction."""
    async with room.db.tx() as tx:
        brought = []
        for source, told in shown:
            poll = await polls.get(tx, source.id)
            assert poll is not None
            document = read(rss([*told, *stories(1, 2, 3)]))
            brought.append(Brought(source, poll, document))
        outcomes = await arrivals.store(tx, brought, room.clock())
    assert set(outcomes) == {source.id for source, _ in shown}


async def test_sources_that_tell_one_story_at_the_same_time_are_grouped(room: Newsroom) -> None:
    one, two, three = [await room.vetted(path) for path in ("/a", "/b", "/c")]
    link = "https://agency.example.org/report/7"
    agency = TEXT.replace("Tuesday", "Tuesday, the Agency reports,")
    other = "The tram line to the airport will be closed for repairs all through the month of June"
    await at_once(
        room,
        (one, [story(11, title="Library opens"), story(12, other, title="Tram")]),
        (two, [story(21, "Short.", title="By link", link=link), story(22, agency, title="Agency")]),
        (three, [story(31, f"{TEXT}.", title="Again"), story(32, "No.", title="Same", link=link)]),
    )
    queued = await by_title(room)
    first, by_link = queued["Library opens"].id, queued["By link"].id
    assert {title: item.story for title, item in queued.items()} == {
        "Library opens": None,
        "Tram": None,
        "By link": None,
        "Agency": first,
        "Again": first,
        "Same": by_link,
    }
    await at_once(room, (two, [story(23, f"{TEXT}!", title="Later")]))
    assert (await by_title(room))["Later"].story == first


async def test_sources_with_the_same_guids_stored_at_once_keep_their_own_items(
    room: Newsroom,
) -> None:
    one, two = [await room.vetted(path) for path in ("/a", "/b")]
    mine, theirs = story(7, "Mine.", title="Mine"), story(7, "Theirs.", title="Theirs")
    await at_once(room, (one, [mine]), (two, [theirs]))
    queued = await by_title(room)
    assert (queued["Mine"].source, queued["Theirs"].source) == (one.id, two.id)
    await at_once(room, (two, [theirs]), (one, [mine]))
    assert set(await by_title(room)) == {"Mine", "Theirs"}
