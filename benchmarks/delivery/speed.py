"""Unpaced: ours with durable receipts beside a bare loop of the others, in alternating rounds."""

import statistics
import time
from typing import Any

from benchmarks.common.bars import Part
from benchmarks.common.programs import child, folder, say
from benchmarks.delivery.peers import WARM_UP
from benchmarks.delivery.programs import stub
from benchmarks.delivery.scale import Scale
from benchmarks.delivery.stub import TEXT

Round = dict[str, dict[str, float]]
ENTRANTS = ("ours", "aiogram", "ptb", "socket")
FACTS = (("rate", "messages/s", 1), ("cpu", "CPU ms each", 1000), ("stub", "server's share", 1))


async def ours(order: dict[str, Any]) -> dict[str, Any]:
    """The engine from accepting a publication to its last receipt: the database is made before."""
    from benchmarks.delivery import crowd, house

    with folder() as inside:
        path, wanted = inside / "ours.db", order["messages"]
        places = await crowd.gather(path, {"warm": WARM_UP, "place": wanted})
        async with house.opened(path, order["url"]) as mine:
            id, _ = await mine.publish(places["warm"], "item:1", TEXT.decode())
            await mine.arrived(id, WARM_UP)
            cpu, began = time.process_time(), time.perf_counter()
            id, _ = await mine.publish(places["place"], "item:2", TEXT.decode())
            await mine.arrived(id, wanted)
            took, cpu = time.perf_counter() - began, time.process_time() - cpu
        check = (house.receipts(path, id), house.sound(path))
    if check != (wanted, "ok"):
        raise RuntimeError(f"{check[0]} receipts of {wanted}, quick_check says {check[1]}")
    return {"rate": wanted / took, "cpu": cpu / wanted}


def run(scale: Scale) -> Part:
    """Medians of the ratios of each round; the order turns round every time."""
    rounds = [_round(scale, n) for n in range(scale.rounds)]
    return Part(
        {
            "vs_aiogram": _ratio(rounds, "ours", "aiogram", "rate"),
            "vs_ptb": _ratio(rounds, "ours", "ptb", "rate"),
            "cpu_vs_aiogram": _ratio(rounds, "ours", "aiogram", "cpu"),
            "socket_limit": _ratio(rounds, "ours", "socket", "rate"),
        },
        {
            f"{name}, {title}": factor * statistics.median(_values(rounds, name, key))
            for name in ENTRANTS
            for key, title, factor in FACTS
        },
    )


def _round(scale: Scale, number: int) -> Round:
    """The two that are close come every time, the others every second time."""
    entrants = ENTRANTS if number % 2 == 0 else ENTRANTS[:2]
    turned = number % 4 in (1, 2)
    found = {name: _race(name, scale) for name in (entrants[::-1] if turned else entrants)}
    shown = "   ".join(f"{name} {found[name]['rate']:,.0f}/s" for name in entrants)
    say(f"speed, round {number + 1} of {scale.rounds}: {shown}")
    return found


def _race(name: str, scale: Scale) -> dict[str, float]:
    """One entrant against a server of its own."""
    messages = scale.ptb_messages if name == "ptb" else scale.messages
    with stub() as server:
        if name == "ours":
            found = child("delivery.speed.ours", url=server.url, messages=messages)
        else:
            found = child("delivery.peers.measure", peer=name, url=server.url, messages=messages)
        report = server.report()
    if report["accepted"] != messages + WARM_UP:
        raise RuntimeError(f"{name}: {report['accepted']} messages arrived")
    share = report["cpu"] / (report["accepted"] / found["rate"])
    return {**found, "stub": share}


def _values(rounds: list[Round], name: str, key: str) -> list[float]:
    return [one[name][key] for one in rounds if name in one]


def _ratio(rounds: list[Round], mine: str, theirs: str, key: str) -> float:
    """The median of the ratios within a round, so that a busy machine slows both."""
    both = [one for one in rounds if mine in one and theirs in one]
    return statistics.median(one[mine][key] / one[theirs][key] for one in both)
