"""Over any history of a feed every item is told once: none twice, none never."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.entries import Entry
from tests.feeds.memory import LONG, NOW, Source, entry, started

# Items of a random feed: guids and links may be missing, but each item has one of its own.
shapes = st.tuples(st.booleans(), st.booleans()).filter(any)
worlds = st.lists(shapes, min_size=1, max_size=8)
documents = st.lists(st.lists(st.integers(0, 7), max_size=12), min_size=1, max_size=8)


@settings(max_examples=150, deadline=None)
@given(worlds, documents, st.integers(0, 10_000))
def test_no_item_is_news_twice_and_none_is_missed(
    world: list[tuple[bool, bool]], polls: list[list[int]], days: int
) -> None:
    source, shown, expected = Source(), set[int](), list[int]()
    for poll in polls:
        numbers = [number % len(world) for number in poll]
        redated = NOW - timedelta(days=days)
        items = [_shaped(number, world[number], redated) for number in numbers]
        first = not source.seen
        source.poll(*items)
        fresh = dict.fromkeys(number for number in numbers if number not in shown)
        expected += [] if first else fresh
        shown |= fresh.keys()
    assert [item.title for item in source.told] == [f"Title {number}" for number in expected]


def _shaped(number: int, shape: tuple[bool, bool], published: datetime) -> Entry:
    guid, link = shape
    made = entry(number, published=published)
    return replace(made, guid=made.guid if guid else "", link=made.link if link else "")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("glt")), min_size=1, max_size=20))
def test_no_rewriting_of_one_property_at_a_time_makes_news(steps: list[tuple[int, str]]) -> None:
    items = {number: entry(number) for number in range(5)}
    source = started(*items.values())
    for version, (number, what) in enumerate(steps):
        name = {"g": "guid", "l": "link", "t": "title"}[what]
        value = f"https://a.example/v{version}" if what == "l" else f"{name} version {version}"
        change: dict[str, Any] = {name: value}
        items[number] = replace(items[number], **change)
        assert source.poll(*items.values()).new == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_a_feed_that_numbers_its_places_loses_and_repeats_nothing(steps: list[int]) -> None:
    """Its items come in order; each poll shows the last six, numbered from the top."""
    newest, source = 6, Source()
    for fresh in (0, *steps):
        newest += fresh
        shown = range(newest, newest - 6, -1)
        source.poll(*(entry(n, guid=str(place)) for place, n in enumerate(shown)))
    told = [int(one.title.removeprefix("Title ")) for one in source.told]
    assert sorted(told) == list(range(7, newest + 1))


# What a newsroom does between two polls: writes, edits, takes down and brings back, reorders,
# rewrites a guid or a link (not both of one item at once).
acts = st.tuples(
    st.sampled_from(["new", "edit", "hide", "show", "guid", "link"]), st.integers(0, 9)
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(acts, max_size=4), min_size=1, max_size=10), st.randoms())
def test_over_any_history_each_item_is_told_once(
    history: list[list[tuple[str, int]]], chance: Random
) -> None:
    items = {n: entry(n) for n in range(4)}
    hidden: set[int] = set()
    source, version, met = started(*items.values()), 0, set(items)
    for poll in history:
        touched: set[int] = set()
        for act, number in poll:
            version += 1
            if act == "new" or number not in items:
                items[len(items)] = entry(len(items))
            elif act in ("hide", "show"):
                (hidden.add if act == "hide" else hidden.discard)(number)
            elif number not in touched and number not in hidden and number in met:
                touched.add(number)
                items[number] = replace(items[number], **_rewritten(act, version))
        shown = [number for number in items if number not in hidden]
        chance.shuffle(shown)
        source.poll(*(items[number] for number in shown))
        met |= set(shown)
    told = [int(one.summary.removeprefix(LONG)) for one in source.told]
    assert sorted(told) == sorted(met - set(range(4)))


def _rewritten(act: str, version: int) -> dict[str, Any]:
    if act == "edit":
        return {"title": f"Version {version}"}
    return {act: f"https://a.example/version-{version}"}
