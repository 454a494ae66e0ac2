"""The heart of the story on PostgreSQL: an organiser's rally, approved by two others."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.conftest import NEEDS_POSTGRES
from tests.journeys import desk
from tests.journeys.cast import CHANNEL, Setting, enrolled, link_channel
from tests.journeys.conftest import Town, founded_town
from tests.journeys.phone import words
from tests.leaks import files_with, spellings

pytestmark = NEEDS_POSTGRES
SOUTH = Setting("fr", "nl", "be", "brussels", "uccle", "Europe/Brussels")


@pytest.fixture
async def town(box: Sandbox, folder: Path, empty_postgres_url: str) -> AsyncIterator[Town]:
    """A new installation on PostgreSQL."""
    async with founded_town(box, folder, empty_postgres_url) as town:
        yield town


async def test_an_organisers_rally_takes_two_others_and_is_checked_and_cancelled(
    town: Town,
) -> None:
    cast = await enrolled(town, SOUTH)
    for part, role in (("oscar", "organiser"), ("olga", "events"), ("emile", "events")):
        await cast.invite(part, role, cast.city)
    await cast.invite("marta", "channels", cast.city)
    await link_channel(cast, lang=SOUTH.protester)
    vera = await town.street.person("Vera", SOUTH.protester)
    await vera.start(f"d_{SOUTH.district}")
    await vera.tap("start-subscribe")
    await vera.deed("join", {"chat": CHANNEL})

    oscar, olga, emile = cast["oscar"], cast["olga"], cast["emile"]
    await desk.draft(cast, oscar)
    await olga.tap("rally-approve-announce")
    assert await cast.posts() == []
    await emile.tap("rally-approve-announce")
    await desk.announced(cast, vera)
    post = (await cast.posts())[-1]
    assert (await vera.forward(post, CHANNEL)).startswith(vera.t("check-real"))

    await town.wait_until(desk.moment(cast, 27, 18))
    assert (await vera.text()).startswith(vera.t("rally-reminder-tomorrow"))
    await desk.cancel(olga, emile)
    assert words(await vera.last()) == await cast.post()
    assert (await vera.forward(post, CHANNEL)).startswith(vera.t("check-cancelled"))

    await vera.command("/forget")
    assert (await vera.tap("forget-now")).startswith(vera.t("forget-done"))
    assert files_with(spellings(vera.id), town.config.storage.data_dir) == set()
