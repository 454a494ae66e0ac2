"""The rate model: what passes, what is told to wait, and who did not."""

import pytest

from sandbox.rates import Profile, Rates
from sandbox.server import Sandbox
from tests.sandbox.conftest import Call, make_chat


def passed(rates: Rates, chats: list[int], *, private: bool = True, at: float = 0.0) -> int:
    """Return how many messages to these chats pass at one instant."""
    return sum(rates.admit(c, private=private, now=at, cost=1) is None for c in chats)


def test_sixty_people_at_once_make_thirty_sends() -> None:
    rates = Rates()
    assert passed(rates, list(range(60))) == 30
    assert rates.refused == 30


def test_what_is_paid_for_has_a_limit_of_its_own() -> None:
    rates = Rates()
    assert passed(rates, list(range(30))) == 30
    paid = [rates.admit(c, private=True, now=0.0, cost=1, paid=True) for c in range(100, 1300)]
    assert paid.count(None) == 1000


@pytest.mark.parametrize(("profile", "burst"), [("strict", 3), ("faq", 20), ("off", 40)])
def test_one_chat_takes_a_short_burst(profile: Profile, burst: int) -> None:
    rates = Rates(profile)
    assert sum(passed(rates, [7], at=n / 100) for n in range(40)) == burst


def test_one_message_a_second_is_always_fine() -> None:
    rates = Rates()
    assert sum(passed(rates, [7], at=float(n)) for n in range(100)) == 100


def test_a_group_takes_twenty_in_any_minute_and_windows_slide() -> None:
    rates = Rates()
    times = [n * 2.0 for n in range(60)]
    accepted = [t for t in times if passed(rates, [-7], private=False, at=t)]
    for start in accepted:
        assert sum(start <= t < start + 60 for t in accepted) <= 20
    assert len(accepted) == 40


def test_an_album_passes_when_all_is_quiet_and_then_weighs_what_it_holds() -> None:
    rates = Rates()
    assert rates.admit(7, private=True, now=0.0, cost=10) is None
    refusal = rates.admit(7, private=True, now=5.0, cost=1)
    assert refusal is not None
    assert refusal.parameters is not None
    assert refusal.parameters["retry_after"] >= 1
    assert rates.admit(7, private=True, now=13.0, cost=1) is None


@pytest.fixture
async def strict(box: Sandbox) -> Sandbox:
    await box.control("PUT", "rates", {"profile": "strict"})
    return box


async def test_an_excess_is_told_to_wait_and_refused_again_inside_the_wait(
    strict: Sandbox, call: Call, vera: int
) -> None:
    statuses = [(await call("sendMessage", chat_id=vera, text=str(n)))[0] for n in range(3)]
    assert statuses == [200] * 3
    status, body = await call("sendMessage", chat_id=vera, text="4")
    wait = body["parameters"]["retry_after"]
    assert (status, body["description"]) == (429, f"Too Many Requests: retry after {wait}")
    assert wait >= 1
    status, body = await call("sendMessage", chat_id=vera, text="5")
    assert status == 429
    rates = await strict.control("GET", "rates")
    assert (rates["refused"], rates["faults"]) == (2, 1)
    assert (await strict.control("GET", "calls"))["counts"]["client_faults"] == 1
    await strict.control("POST", "clock", {"seconds": wait})
    assert (await call("sendMessage", chat_id=vera, text="6"))[0] == 200


async def test_edits_count_and_answers_to_buttons_do_not(
    strict: Sandbox, call: Call, vera: int
) -> None:
    _, body = await call("sendMessage", chat_id=vera, text="x")
    number = body["result"]["message_id"]
    edits = [
        (await call("editMessageText", chat_id=vera, message_id=number, text=f"e{n}"))[0]
        for n in range(3)
    ]
    assert edits == [200, 200, 429]
    for _ in range(40):
        status, _ = await call("answerCallbackQuery", callback_query_id="1")
        assert status == 400
    assert (await call("getChat", chat_id=vera))[0] == 200


async def test_topics_and_posts_share_the_twenty_of_a_group(strict: Sandbox, call: Call) -> None:
    chat = await make_chat(strict, "supergroup", is_forum=True, bot={"can_manage_topics": True})
    topics = [await call("createForumTopic", chat_id=chat, name=f"t{n}") for n in range(10)]
    posts = [await call("sendMessage", chat_id=chat, text=str(n)) for n in range(11)]
    assert [status for status, _ in topics + posts] == [200] * 20 + [429]


async def test_a_clock_moved_back_forgets_the_windows(
    strict: Sandbox, call: Call, vera: int
) -> None:
    for n in range(4):
        await call("sendMessage", chat_id=vera, text=str(n))
    await strict.control("POST", "clock", {"seconds": -3600})
    assert (await call("sendMessage", chat_id=vera, text="x"))[0] == 200
