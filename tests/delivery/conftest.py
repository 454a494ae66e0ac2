"""Fixtures of the delivery tests: a sandbox without rate limits."""

from collections.abc import AsyncIterator

import pytest

from sandbox.server import Sandbox, running


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    """A sandbox of this test's own."""
    async with running(Sandbox(rates="off")) as box:
        yield box
