"""News in a real browser: proposed, vetted, published, corrected, held and revoked by clicks."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser import browser_page, needs_browser
from tests.journeys import news
from tests.journeys.cast import EAST, Cast, enrolled
from tests.journeys.conftest import Town
from tests.journeys.screen import Screen, seated
from tests.journeys.test_correction import (
    AFTER,
    BEFORE,
    follower,
    its_medium_changes_a_fact,
    what_was_there_before_is_refused,
)

__all__ = ["browser_page"]
pytestmark = [pytest.mark.browser, needs_browser]


async def test_readers_see_label_correction_and_the_end_of_a_source(
    browser_page: Page, town: Town
) -> None:
    cast = await enrolled(town, EAST)
    for part in ("nina", "noah"):
        await cast.invite(part, "news")
    vera = seated(await follower(cast), browser_page)
    await browser_page.goto(f"{town.box.url}/")
    for part in ("nina", "noah"):
        cast.phones[part] = seated(cast[part], browser_page)
    await a_source_is_proposed_and_vetted(cast)
    await its_news_comes_with_a_label(cast, vera)
    await what_it_changes_is_marked(cast, vera)
    await it_is_held_by_one_and_revoked_by_two(cast, vera)


async def a_source_is_proposed_and_vetted(cast: Cast) -> None:
    """Nina pastes the address, Noah fills the checklist."""
    await news.propose(cast, cast["nina"], await news.feed_of_the_courier(cast))
    card = await news.vet(cast["noah"])
    assert cast["noah"].t("source-state-probation") in card
    await cast.town.pass_time(minutes=10)
    await what_was_there_before_is_refused(cast["nina"])


async def its_news_comes_with_a_label(cast: Cast, vera: Screen) -> None:
    """The reader's page shows medium, state, number of sources and of people, and the code."""
    await news.appears(cast, BEFORE)
    for part in ("nina", "noah"):
        assert await news.decide(cast[part]) == 1
    t = vera.t
    for words in (t("item-one-source"), t("item-label-probation"), t.count("item-approved", 2)):
        await expect(await message(vera, BEFORE)).to_contain_text(words)


async def what_it_changes_is_marked(cast: Cast, vera: Screen) -> None:
    """The same message says that it was corrected, and when."""
    await its_medium_changes_a_fact(cast)
    mark = vera.t("item-corrected", time="").strip()
    await expect(await message(vera, AFTER)).to_contain_text(mark)
    await expect(await message(vera, BEFORE)).to_have_count(0)


async def it_is_held_by_one_and_revoked_by_two(cast: Cast, vera: Screen) -> None:
    """Held at once; once two revoke it, what readers got is taken back."""
    nina, noah = cast["nina"], cast["noah"]
    await nina.command("/staff")
    await nina.tap("sources-menu")
    await nina.press("Courier")
    await nina.tap("source-hold")
    await nina.tap("source-ask-revoke")
    await nina.tap("source-since-vetting")
    await noah.tap("source-agree-revoke")
    await cast.town.pass_time(minutes=1)
    await expect(await message(vera, AFTER)).to_have_count(0)


async def message(reader: Screen, words: str) -> Locator:
    """What the reader's page shows with these words."""
    page = await reader.seat()
    return page.get_by_role("log").locator("li.in").filter(has_text=words)
