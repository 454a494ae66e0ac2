"""A million: accepting, holding the writer, memory, and what one more recipient costs."""

import gc
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.common.bars import Part
from benchmarks.common.programs import child, say
from benchmarks.delivery.peers import IN_FLIGHT
from benchmarks.delivery.scale import Scale
from benchmarks.delivery.stub import TEXT


async def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Publications to few, one to everybody, again to few; only HTTP is replaced."""
    from benchmarks.common import gauge
    from benchmarks.delivery import crowd, house

    path, sizes = Path(order["path"]), order["sizes"]
    places, transport = await crowd.places_of(path), house.Instant()
    few = [slug for slug in sizes if slug.startswith("few")]
    async with house.opened(path, "", in_flight=IN_FLIGHT, transport=transport) as mine:

        async def cost(slug: str) -> dict[str, float]:
            """Seconds per recipient, by the clock and of CPU; and of accepting."""
            size, before = sizes[slug], transport.answered
            cpu, began = time.process_time(), time.perf_counter()
            id, accepting = await mine.publish(places[slug], f"item:{slug}", TEXT.decode())
            await mine.arrived(id, size, answered=lambda: transport.answered - before)
            took, cpu = time.perf_counter() - began, time.process_time() - cpu
            return {"wall": took / size, "cpu": cpu / size, "accept": accepting}

        await cost("warm")
        small = [await cost(slug) for slug in few[::2]]
        gc.collect()
        mine.writer.begin()
        with gauge.disk(path.parent) as synced:
            async with gauge.peak() as memory:
                large = await cost("everybody")
        holds, busy = list(mine.writer.took), mine.writer.busiest
        small += [await cost(slug) for slug in few[1::2]]
    if (check := house.sound(path)) != "ok":
        raise RuntimeError(f"quick_check says {check}")
    return {
        "accept": large["accept"],
        "hold": max(holds),
        "hold of most": gauge.percentile(holds, 0.999),
        "holds": len(holds),
        "busy": busy,
        "synced": max(synced),
        "mb": memory.growth,
        "large": large,
        "small": {key: statistics.median(one[key] for one in small) for key in ("wall", "cpu")},
    }


def run(scale: Scale, town: Path) -> Part:
    """``town``: a database that this run may change."""
    say(f"walk: a publication to {scale.everybody:,}")
    found = child("delivery.walk.measure", path=str(town), sizes=scale.town())
    large, small = found["large"], found["small"]
    say(f"walk: took {large['wall'] * scale.everybody:.0f} s")
    return Part(
        {
            "accept_ms": found["accept"] * 1000,
            "writer_hold_ms": found["hold"] * 1000,
            "walk_mb": found["mb"],
            "growth": large["cpu"] / small["cpu"],
        },
        {
            "walked": scale.everybody,
            "walked per second": 1 / large["wall"],
            "CPU ms each, everybody": large["cpu"] * 1000,
            f"CPU ms each, {scale.few}": small["cpu"] * 1000,
            "time each, everybody : few": large["wall"] / small["wall"],
            "holds of the writer": found["holds"],
            "999 of 1000 took at most, ms": found["hold of most"] * 1000,
            "CPU ms of a hold, at most": found["busy"] * 1000,
            "a bare sync meanwhile, at most, ms": found["synced"] * 1000,
        },
    )
