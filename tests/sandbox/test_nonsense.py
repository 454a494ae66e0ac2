"""Nonsense of every type gets a refusal, never a crash."""

import inspect
import json
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from sandbox import deeds, validate
from sandbox.ask import Ask
from sandbox.calls import Call
from sandbox.errors import ApiError, Refused
from sandbox.methods import everything
from sandbox.methods.registry import Method
from sandbox.server import Sandbox
from sandbox.world import World
from tests.sandbox.conftest import make_chat

NONSENSE: tuple[Any, ...] = (
    "",
    "x",
    "-1",
    "{",
    "[1]",
    0,
    -1,
    1e9,
    True,
    [],
    [1],
    [None],
    ["x"],
    [{}],
    [[{}]],
    {},
    {"a": 1},
    {"type": "photo"},
    {"message_id": "x"},
    {"inline_keyboard": [["x"]]},
    {"keyboard": 5},
    [{"type": "photo"}, {"type": "photo"}],
    [{"type": "emoji"}],
    "١",
    "²",
    "--5",
    "http://[",
    "9" * 99,
    float("inf"),
)


FIELDS = """
chat message_id text wait row col data payload reply_to topic caption latitude longitude live_period
from to message_ids user status rights name link options emoji choose choose_users file_name type
title members admins bot username id until
"""


def variations(good: dict[str, Any], names: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Yield the parameters with one of them replaced by nonsense."""
    for name in sorted(names):
        for value in NONSENSE:
            yield {**good, name: value}


@pytest.mark.parametrize("name", sorted(m.name for m in everything().values()))
async def test_a_method_refuses_nonsense(box: Sandbox, vera: int, name: str) -> None:
    world = box.world
    chat = await make_chat(
        box,
        "supergroup",
        is_forum=True,
        bot={
            "can_" + n: True
            for n in (
                "manage_topics",
                "restrict_members",
                "promote_members",
                "invite_users",
                "pin_messages",
            )
        },
    )
    told = await box.act("vera", "text", text="x")
    good = {"chat_id": vera, "from_chat_id": vera, "message_id": told["message"]["message_id"]}
    good |= {"text": "x", "latitude": 1, "longitude": 1, "user_id": vera, "title": "x"}
    method, names = everything()[name.lower()], validate.parameters(name)
    statuses = set()
    for base in (good, {**good, "chat_id": chat}):
        kept = {key: value for key, value in base.items() if key in names}
        for raw in variations(kept, names):
            strings = {k: v if isinstance(v, str) else json.dumps(v) for k, v in raw.items()}
            statuses |= {
                run(method, world, Call(name, raw)),
                run(method, world, Call(name, strings)),
            }
    assert statuses <= {200, 400, 403, 409}


def run(method: Method, world: World, call: Call) -> int:
    """Run a method without the HTTP around it; only refusals are forgiven."""
    try:
        method.cost(call)
        result = method.run(world, call)
    except ApiError as error:
        return error.status
    if inspect.iscoroutine(result):
        result.close()
    return 200


@pytest.mark.parametrize("name", sorted(deeds.everything()))
async def test_a_deed_refuses_nonsense(box: Sandbox, name: str) -> None:
    chat = await make_chat(box, "supergroup", is_forum=True, bot="member")
    told = await box.act("vera", "text", text="x")
    good = {"chat": chat, "message_id": told["message"]["message_id"], "text": "x", "wait": 0}
    fields = frozenset(FIELDS.split())
    run = deeds.everything()[name]
    for body in variations(good, fields):
        for kept in (body, {k: v for k, v in body.items() if k not in ("text", "wait")}):
            try:
                result = run(Ask(box.world, {"person": "vera"}, {}, kept))
                if inspect.isawaitable(result):
                    await result
            except (Refused, ApiError):
                continue


async def test_the_control_api_never_answers_500(box: Sandbox) -> None:
    paths = ("people", "chats", "faults", "clock", "feeds", "updates", "people/vera/text")
    bodies: list[Any] = [*NONSENSE, None]
    for name in ("name", "effect", "seconds", "to", "title", "update", "items", "members", "id"):
        common = {"name": "x", "title": "x", "type": "group", "creator": "vera", "effect": "drop"}
        bodies += [{**common, name: value} for value in NONSENSE]
    async with aiohttp.ClientSession(trust_env=False) as session:
        for path in paths:
            for body in bodies:
                async with session.post(f"{box.control_url}/{path}", json=body) as answer:
                    assert answer.status < 500, (path, body)
