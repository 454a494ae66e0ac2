"""The bot stops and starts, hears things twice or garbled, and nobody has to begin again."""

from typing import Any

from bot.domain.privacy import TelegramId
from storage import subscribers
from tests.journeys import desk
from tests.journeys.cast import EAST, enrolled
from tests.journeys.conftest import Town
from tests.leaks import CANARY


async def test_a_half_filled_form_survives_a_restart(town: Town) -> None:
    cast = await enrolled(town, EAST)
    olga = await cast.invite("olga", "events", cast.city)
    await olga.command("/staff")
    await olga.tap("rally-button-new")
    await olga.tap("rally-type-march")
    await olga.press(cast.city)
    await olga.tap("rally-button-done")
    await olga.press(olga.t.short_day(desk.DAY))
    await town.stop()
    await town.begin()
    await olga.press("14:00")
    assert (await olga.say(desk.PLACE)).startswith(olga.t("rally-preview"))
    assert olga.t.day(desk.DAY) in await olga.text()


async def test_what_is_said_while_the_bot_is_down_is_answered_when_it_is_back(town: Town) -> None:
    vera = await town.street.person("Vera", "nl")
    await vera.start("d_kastr")
    await town.stop()
    button = await vera.find(vera.t("start-subscribe"))
    press = {"message_id": button[0]["message_id"], "data": button[1], "wait": 0.1}
    done = await town.street.call("POST", f"people/{vera.id}/press", press)
    assert not done["answered"]
    await town.street.call("POST", f"people/{vera.id}/text", {"text": "/settings"})
    await town.begin()
    await town.settle()
    assert (await vera.text()).startswith(vera.t("subscriptions-title"))


async def test_an_update_that_arrives_twice_is_handled_once(town: Town) -> None:
    vera = await town.street.person("Vera", "nl")
    await town.street.call("POST", "faults", {"effect": "duplicate_update", "count": 4})
    await vera.start("d_kastr")
    await vera.tap("start-subscribe")
    await vera.command("/settings")
    await vera.command("/help")
    assert (await town.street.call("GET", "faults"))["faults"] == []
    assert len(await vera.received()) == 3
    assert len(await town.street.calls("answerCallbackQuery")) == 1


async def test_an_update_that_nobody_can_read_does_not_stall_the_others(town: Town) -> None:
    town.trouble |= {"an update cannot be read", "an update was set aside"}
    vera = await town.street.person("Vera", "nl")
    await town.street.call("POST", "faults", {"effect": "malformed_update", "count": 1})
    garbled: list[dict[str, Any]] = [
        {"message": {"message_id": CANARY, "chat": {"id": vera.id}}},
        {"message": None},
        {"message": {"message_id": 1, "date": -1, "chat": {"id": "x", "type": 7}, "text": 8}},
        {"callback_query": {"id": 5, "data": CANARY}},
        {"something_new": {"text": CANARY}},
        {},
    ]
    for update in garbled:
        await town.street.call("POST", "updates", {"update": update})
    await town.street.call("POST", f"people/{vera.id}/start", {})
    assert (await vera.command("/help")).startswith(vera.t("help-title"))
    assert "an update was set aside" in town.log
    assert CANARY not in town.log


async def test_whoever_blocks_the_bot_is_erased_and_may_come_back_as_a_stranger(
    town: Town,
) -> None:
    vera = await town.street.person("Vera", "fr")
    await vera.start("d_kastr")
    await vera.tap("start-subscribe")
    await vera.deed("block")
    async with town.house.db.tx(write=False) as tx:
        assert await subscribers.get(tx, TelegramId(vera.id)) is None
    assert vera.t("start-consent-stored") in await vera.start()
