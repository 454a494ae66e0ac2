"""Everything but replies waits when the operator says so, from another process too."""

from functools import partial

from bot.domain.outbox import Lane
from bot.views.message import Amend, Message, Say
from sandbox.server import Sandbox
from storage import backlog
from storage.db import Database
from tests.delivery.desk import (
    counted,
    equals,
    eventually,
    follow,
    place_of,
    publish,
    queue,
    stages,
    texts,
)
from tests.delivery.house import House, opened


async def say(house: House, held: bool) -> None:
    """As the command line does it: nobody wakes the engine."""
    async with house.db.tx() as tx:
        await backlog.hold_all(tx, held=held)


async def test_held_publications_and_rows_wait_and_replies_leave(
    sqlite: Database, box: Sandbox
) -> None:
    async with opened(sqlite, box) as house:
        vera, ivan = await house.person("vera"), await house.person("ivan")
        place = await place_of(house)
        await follow(house, place, vera)
        await say(house, True)
        await house.engine.start()
        await publish(house, place, "rally")
        await queue(house, ivan, Say(Message("news")), lane=Lane.NEWS)
        await queue(house, ivan, Say(Message("first")))
        await eventually(lambda: counted(house, "first", 1))
        await queue(house, ivan, Say(Message("second")))
        await eventually(lambda: counted(house, "second", 1))
        assert await texts(house) == ["first", "second"]
        await say(house, False)
        await eventually(lambda: equals(stages(house), []))
        await eventually(lambda: counted(house, "rally", 1))
        assert sorted((await texts(house))[2:]) == ["news", "rally"]


async def test_a_hold_outlives_the_program(sqlite: Database, box: Sandbox) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await say(house, True)
        await queue(house, vera, Say(Message("news")), lane=Lane.NEWS)
        for answer in ("one", "two"):
            await house.engine.start()
            await queue(house, vera, Say(Message(answer)))
            await eventually(partial(counted, house, answer, 1))
            await house.engine.stop()
        assert await texts(house) == ["one", "two"]
        assert await stages(house) == ["waiting"]


async def test_an_edit_that_nobody_asked_for_is_not_sent_anew_where_it_fails(
    sqlite: Database, box: Sandbox
) -> None:
    async with opened(sqlite, box) as house:
        vera = await house.person("vera")
        await queue(house, vera, Amend(4711, Message("live"), fleeting=True))
        await queue(house, vera, Amend(4712, Message("asked for")))
        await house.engine.start()
        await eventually(lambda: counted(house, "asked for", 1))
        await house.engine.idle()
        assert await texts(house) == ["asked for"]
        assert await stages(house) == []
