"""Whatever publishers do with their items, nobody is told the same news twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.entries import Entry
from feeds.decide import Flood, Known, Sighting
from feeds.keys import keys_of
from tests.feeds.memory import LONG, NOW, Source, entry, started


def titles(sightings: Sequence[Sighting]) -> list[str]:
    """What was met again."""
    return [sighting.entry.title for sighting in sightings]


def test_first_sight_tells_nothing_and_remembers_all() -> None:
    source = Source()
    decision = source.poll(*map(entry, range(40)))
    assert (decision.new, decision.flood) == ((), None)
    assert len(decision.already_there) == 40


def test_every_new_item_of_a_poll_is_new() -> None:
    source = started(entry(0))
    decision = source.poll(entry(0), *map(entry, range(1, 25)))
    assert len(decision.new) == 24
    assert decision.flood is None


def test_a_new_item_anywhere_in_the_document_is_found() -> None:
    source = started(entry(1), entry(3))
    assert source.poll(entry(1), entry(2), entry(3), entry(4)).new[0].entry == entry(2)
    assert source.told == [entry(2), entry(4)]


def test_order_and_dates_decide_nothing() -> None:
    source = started(entry(1), entry(2), entry(3))
    decision = source.poll(*(entry(n, published=NOW, updated=NOW) for n in (3, 1, 2)))
    assert (decision.new, decision.changed) == ((), ())
    assert len(decision.same) == 3


def test_an_item_withdrawn_and_brought_back_is_not_news() -> None:
    source = started(entry(1), entry(2))
    assert source.poll(entry(2)).absent == {1}
    assert source.poll(entry(1), entry(2)).new == ()


@pytest.mark.parametrize("change", [{"title": "Corrected"}, {"summary": "corrected"}])
def test_an_edit_is_a_change_and_not_news(change: dict[str, str]) -> None:
    source = started(entry(1))
    decision = source.poll(entry(1, **change))
    assert (decision.new, len(decision.changed)) == ((), 1)
    assert source.poll(entry(1, **change)).changed == ()


def test_an_edit_that_is_taken_back_is_a_change_again() -> None:
    source = started(entry(1))
    source.poll(entry(1, title="Corrected"))
    assert titles(source.poll(entry(1)).changed) == ["Title 1"]
    assert source.poll(entry(1)).changed == ()
    assert titles(source.poll(entry(1, title="Corrected")).changed) == ["Corrected"]


def test_a_changed_guid_is_recognised_by_its_link() -> None:
    source = started(entry(1))
    decision = source.poll(entry(1, guid="rewritten"))
    assert (decision.new, decision.changed) == ((), ())
    assert decision.same[0].rekeyed
    assert source.poll(entry(1)).new == ()


def test_a_move_to_another_domain_is_recognised_by_the_text() -> None:
    source = started(*map(entry, range(10)))
    moved = [entry(n, guid=f"new-{n}", link=f"https://b.example/{n}") for n in range(10)]
    decision = source.poll(*moved)
    assert (decision.new, decision.flood) == ((), None)


@pytest.mark.parametrize("guid", [True, False])
def test_a_site_that_moves_to_https_repeats_nothing(guid: bool) -> None:
    links = [f"http://www.a.example/{n}/" for n in range(6)]
    old = [Entry(guid=one if guid else "", link=one, title=f"Short {one[-2]}") for one in links]
    source = started(*old)
    moved = [one.replace("http://www.", "https://").rstrip("/") for one in links]
    new = [replace(e, guid=m if guid else "", link=m) for e, m in zip(old, moved, strict=True)]
    assert source.poll(*new).new == ()


def test_a_feed_without_guids_is_told_apart_by_links() -> None:
    source = started(*(entry(n, guid="") for n in range(3)))
    decision = source.poll(*(entry(n, guid="", title=f"New title {n}") for n in range(4)))
    assert [arrival.entry.link for arrival in decision.new] == ["https://a.example/3"]
    assert len(decision.changed) == 3


def test_a_feed_with_neither_guids_nor_links_is_told_apart_by_text() -> None:
    bare = [Entry(title=f"Short {n}") for n in range(4)]
    source = started(*bare[:3])
    assert [arrival.entry for arrival in source.poll(*bare).new] == [bare[3]]


def test_an_item_without_a_link_amid_others_hides_none() -> None:
    source = started(entry(1), entry(2, link=""), entry(3))
    source.poll(entry(0), entry(1), entry(2, link=""), entry(3), entry(4))
    assert source.told == [entry(0), entry(4)]


def test_one_link_for_all_items_is_no_identity() -> None:
    live = "https://a.example/live"
    source = started(entry(1, link=live), entry(2, link=live))
    decision = source.poll(*(entry(n, link=live) for n in range(4)))
    assert [arrival.entry.guid for arrival in decision.new] == ["guid-0", "guid-3"]


def test_a_link_that_several_known_items_had_is_no_identity() -> None:
    live = "https://a.example/live"
    source = started(entry(1, link=live), entry(2, link=live))
    assert [arrival.entry.guid for arrival in source.poll(entry(3, link=live)).new] == ["guid-3"]


def test_two_items_of_one_text_are_two_while_both_are_there() -> None:
    twin = {"title": "Title 1", "summary": LONG + "1"}
    source = started(entry(1))
    decision = source.poll(entry(1), entry(2, **twin))
    assert [arrival.entry.guid for arrival in decision.new] == ["guid-2"]


def test_the_home_page_as_link_is_no_identity() -> None:
    home = "https://a.example/"
    source = started(entry(1, link=home))
    decision = source.poll(entry(2, link=home))
    assert [arrival.entry.guid for arrival in decision.new] == ["guid-2"]


def test_a_hundred_equal_guids_are_a_hundred_items() -> None:
    items = [entry(n, guid="same") for n in range(100)]
    source = started(*items)
    assert source.guid_reused
    assert len(source.known) == 100
    assert source.poll(entry(100, guid="same"), *items).new[0].entry.link.endswith("/100")


def test_a_feed_that_starts_to_reuse_guids_repeats_nothing() -> None:
    source = started(entry(1, guid="same"))
    decision = source.poll(entry(2, guid="same"), entry(1, guid="same"))
    assert [arrival.entry.title for arrival in decision.new] == ["Title 2"]
    assert decision.guid_reused
    again = source.poll(entry(3, guid="same"))
    assert [arrival.entry.title for arrival in again.new] == ["Title 3"]
    assert again.guid_reused


def test_guids_that_number_places_are_no_identity() -> None:
    """The newest is always guid 1, so that every item seems to become the one before it."""
    source = started(*(entry(n, guid=str(place)) for place, n in enumerate((3, 2, 1))))
    decision = source.poll(*(entry(n, guid=str(place)) for place, n in enumerate((4, 3, 2))))
    assert [arrival.entry.title for arrival in decision.new] == ["Title 4"]
    assert decision.changed == ()
    assert source.guid_reused
    assert source.poll(*(entry(n, guid=str(p)) for p, n in enumerate((5, 4, 3)))).changed == ()
    assert source.told == [entry(4, guid="0"), entry(5, guid="0")]


def test_an_item_under_a_guid_that_another_had_is_told_to_have_moved() -> None:
    source = started(entry(1), entry(2))
    again = source.poll(entry(7, guid="guid-1"), entry(2))
    assert [(s.item, s.moved) for s in again.changed] == [(1, True)]
    assert [s.moved for s in source.poll(entry(2, title="Corrected")).changed] == [False]


def test_of_items_that_had_one_guid_in_turn_the_rest_of_the_keys_decides() -> None:
    source = started(entry(1), entry(2))
    reused = entry(7, guid="guid-1")
    source.known.append(Known(3, keys_of(reused)))
    assert [s.item for s in source.poll(reused, entry(2)).same] == [3, 2]
    assert [s.item for s in source.poll(entry(1), entry(2)).same] == [1, 2]
    assert [s.item for s in source.poll(entry(7, guid="guid-1", title="New")).changed] == [3]


def test_rewritten_guids_are_counted_and_repeat_nothing() -> None:
    source = started(*map(entry, range(6)), entry(6, guid=""))
    decision = source.poll(*(entry(n, guid=f"https://new.example/?p={n}") for n in range(7)))
    assert (decision.new, decision.renamed) == ((), 6)
    again = source.poll(*(entry(n, guid=f"https://new.example/?p={n}") for n in range(7)))
    assert (again.new, again.renamed) == ((), 0)


def test_the_same_item_twice_in_a_document_is_one() -> None:
    source = started(entry(0))
    assert len(source.poll(entry(0), entry(1), entry(1), entry(0)).new) == 1


def test_equal_short_titles_are_different_items() -> None:
    weather = [Entry(guid=f"w{n}", title="Weather") for n in range(3)]
    source = started(weather[0])
    source.poll(*weather[1:])
    assert source.told == weather[1:]


def test_an_entry_that_says_nothing_is_no_item() -> None:
    source = started(entry(1))
    decision = source.poll(Entry(), Entry(published=NOW), entry(1))
    assert decision.new == ()


def test_a_complete_turnover_is_held_as_a_flood_and_told_once() -> None:
    source = started(*map(entry, range(10)))
    after = [entry(n) for n in range(100, 110)]
    decision = source.poll(*after)
    assert (decision.flood, len(decision.new)) == (Flood.TURNOVER, 10)
    again = source.poll(*after)
    assert (again.flood, again.new) == (None, ())


def test_a_burst_is_held_as_a_flood_and_loses_nothing() -> None:
    source = started(entry(0))
    decision = source.poll(*map(entry, range(31)))
    assert (decision.flood, len(decision.new)) == (Flood.BURST, 30)


def test_what_was_published_before_the_vetting_is_old() -> None:
    source = started(entry(2))
    decision = source.poll(
        entry(2), entry(50), entry(1), entry(3, published=None), since=NOW - timedelta(hours=2)
    )
    assert [arrival.entry.guid for arrival in decision.old] == ["guid-50"]
    assert [arrival.entry.guid for arrival in decision.new] == ["guid-1", "guid-3"]


def test_what_only_came_into_sight_below_is_old_and_what_is_misdated_above_is_not() -> None:
    vetted = NOW - timedelta(hours=2)
    source = started(entry(3), entry(4), entry(5))
    long_ago = NOW - timedelta(days=9000)
    above = entry(1, published=long_ago)
    decision = source.poll(above, entry(4), entry(5), entry(6), entry(7), since=vetted)
    assert [arrival.entry.guid for arrival in decision.new] == ["guid-1"]
    assert [arrival.entry.guid for arrival in decision.old] == ["guid-6", "guid-7"]
    again = source.poll(entry(6), entry(7), since=vetted)
    assert (again.new, again.old) == ((), ())


def test_where_nothing_is_known_nothing_is_old() -> None:
    source = started(entry(1))
    decision = source.poll(entry(8), entry(9), since=NOW)
    assert (len(decision.new), decision.old) == (2, ())


def test_keys_ignore_dates() -> None:
    assert keys_of(entry(1)) == keys_of(entry(1, published=None, updated=NOW))
