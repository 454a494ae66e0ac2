"""A real Chromium for tests of pages. Import ``browser_page`` into a conftest or test module."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright

CHROMIUM = os.environ.get("TOCSIN_TEST_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
"""Path of the browser; the tests that need it are skipped on a machine without one."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

needs_browser = pytest.mark.skipif(
    CHROMIUM is None and "browser" not in os.environ.get("TOCSIN_REQUIRE", ""),
    reason="needs Chromium (TOCSIN_TEST_CHROMIUM)",
)


@pytest.fixture
async def browser_page() -> AsyncIterator[Page]:
    """A page as wide as a phone; a script error or a failed request on it fails the test."""
    assert CHROMIUM is not None, "Chromium is required here but was not found"
    problems: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 390, "height": 800})
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda line: (
                problems.append(f"{line.text} {line.location}") if line.type == "error" else None
            ),
        )
        yield page
        await browser.close()
    assert not problems, problems
