"""The digest as people read it: five languages, what fits, and what is left out."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.domain.digests import Slot
from bot.domain.districts import District, DistrictId, Districts
from bot.domain.items import Item, ItemId
from bot.i18n import LANGUAGES, translator
from bot.views.digests import ADDRESSES, SHOWN, Story, digest, place
from bot.views.message import TEXT_LIMIT, Message, units
from tests.domain.test_sources import PROBATION
from tests.views.test_news import SENT, TREE

SLOT = Slot("Europe/Minsk", date(2026, 11, 21), 18, datetime(2026, 11, 21, 15, tzinfo=UTC))
CODE = "D1GE-STED"
KEY = re.compile(r"\b(?:digest|item|one|subscriptions)-[a-z]+")


def item(
    number: int, *, title: str = "", link: str | None = None, one_branch: bool = False
) -> Item:
    """A published one of its own title, link and code."""
    address = f"https://news.example.org/{number}" if link is None else link
    return replace(
        SENT,
        id=ItemId(number),
        title=title or f"Title {number}",
        link=address,
        code=f"C0DE-{number:04}",
        one_branch=one_branch,
    )


def shown(*stories: Story, lang: str = "en") -> Message:
    """As sent."""
    return digest(stories, SLOT, CODE, TREE, translator(lang))


def links(message: Message) -> list[str]:
    """Where its words lead."""
    return [span.url or "" for span in message.spans if span.kind == "text_link"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_item_comes_with_title_medium_link_and_code(lang: str) -> None:
    told = [item(n) for n in (1, 2)]
    message, t = shown(*(Story(one, PROBATION) for one in told), lang=lang), translator(lang)
    for number, one in enumerate(told, start=1):
        block = f"{number}. {one.title}\n{PROBATION.title} · example.org · {one.code}"
        assert block in message.text.split("\n\n")
    assert links(message) == [one.link for one in told]
    assert message.text.startswith(f"{t('digest-title')}\n")
    assert f"{t.stamp(SLOT.at, SLOT.zone)} (Belarus) · {t('item-code')} {CODE}" in message.text
    assert "/settings" in message.text.splitlines()[-1]
    assert message.buttons == ()
    assert message.silent


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_longest_one_fits_and_says_how_much_it_leaves_out(lang: str) -> None:
    t = translator(lang)
    long = [item(n, title="Words \U0001f514 " * 37, one_branch=True) for n in range(1, 31)]
    message = shown(*(Story(one, PROBATION) for one in long), lang=lang)
    told = len(links(message))
    assert 1 < told < SHOWN
    assert units(message.text) <= TEXT_LIMIT
    assert t.count("digest-more", 30 - told) in message.text.splitlines()
    assert t("one-branch") in message.text.splitlines()
    assert KEY.search(message.text) is None
    assert "{" not in message.text
    for span in message.spans:
        assert 0 <= span.offset < span.offset + span.length <= units(message.text)


def test_a_dozen_items_are_told_and_the_rest_counted() -> None:
    message = shown(*(Story(item(n), PROBATION) for n in range(1, 16)))
    assert links(message) == [item(n).link for n in range(1, SHOWN + 1)]
    assert "And 3 more items. The latest: /news" in message.text.splitlines()
    exactly = shown(*(Story(item(n), PROBATION) for n in range(1, SHOWN + 1)))
    assert "more" not in exactly.text


def test_long_addresses_count_for_what_telegram_takes() -> None:
    long = "https://news.example.org/" + "a" * 1900
    message = shown(*(Story(item(n, link=long), PROBATION) for n in range(1, 9)))
    assert len(links(message)) == 3
    assert sum(map(len, links(message))) <= ADDRESSES
    assert "And 5 more items." in message.text


def test_an_item_without_a_link_names_its_domain() -> None:
    message = shown(Story(item(1, link=""), PROBATION))
    assert links(message) == []
    assert PROBATION.domain.replace(".", ".\u2060") in message.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_was_taken_back_is_named_by_its_code_alone(lang: str) -> None:
    message = shown(Story(item(1), PROBATION, stands=False), Story(item(2), PROBATION), lang=lang)
    assert "Title 1" not in message.text
    assert links(message) == [item(2).link]
    assert f"1. {translator(lang)('digest-withdrawn')} C0DE-0001" in message.text.splitlines()
    assert "2. Title 2" in message.text.splitlines()


def test_nothing_in_a_title_can_be_tapped() -> None:
    message = shown(Story(item(1, title="Now at evil.example @evil /start"), PROBATION))
    for word in ("evil.example", "@evil", "/start "):
        assert word not in message.text


def test_a_zone_without_districts_any_more_is_named_after_its_city() -> None:
    slot = replace(SLOT, zone="America/New_York")
    assert place(slot, TREE, "en") == "New York"


def test_the_widest_area_of_a_zone_names_the_clock() -> None:
    both = District(DistrictId(2), "be", None, "Europe/Brussels", {"en": "Belgium"})
    tree = Districts.of([*TREE.all.values(), both])
    assert place(SLOT, tree, "en") == "Belarus"
    assert place(replace(SLOT, zone="Europe/Brussels"), tree, "en") == "Belgium"
