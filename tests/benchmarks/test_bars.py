"""What benchmarks make of their figures."""

import asyncio
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.common.bars import Bar, Bound, record, table, verdict
from benchmarks.common.gauge import Watched, disk, percentile
from benchmarks.delivery.bars import BARS
from benchmarks.delivery.pace import use
from benchmarks.delivery.scale import FULL

LEAST = Bar("speed", "fast", "how fast", 1.0)
MOST = Bar("walk", "large", "how large", 50, Bound.MOST, "MB")


@pytest.mark.parametrize(
    ("bar", "value", "word"),
    [
        (LEAST, 1.0, "ok"),
        (LEAST, 0.999, "short"),
        (MOST, 50, "ok"),
        (MOST, 50.1, "short"),
        (MOST, None, "short"),
        (Bar("speed", "limit", "the limit"), 0.2, ""),
    ],
)
def test_a_figure_is_good_enough_or_short(bar: Bar, value: float | None, word: str) -> None:
    assert verdict(bar, value) == word


def test_the_record_says_of_every_figure_whether_it_falls_short() -> None:
    found = {bar.key: bar.bar for bar in BARS}
    told = json.loads(
        json.dumps(record("delivery", BARS, {**found, "walk_mb": 51.0, "use_25": None}, {}))
    )
    short = {key for key, one in told["figures"].items() if one["pass"] is False}
    assert short == {"walk_mb", "use_25"}
    assert told["figures"]["walk_mb"] == {
        "value": 51.0,
        "bar": 50,
        "bound": "at most",
        "pass": False,
    }


def test_the_table_has_a_line_for_every_figure_asked_for() -> None:
    lines = list(table(BARS, {"vs_ptb": 7.25, "walk_mb": None}, {"walked": 1_000_000}))
    assert [line.split()[0] for line in lines if line] == ["key", "vs_ptb", "walk_mb", "walked"]
    assert "short" in lines[2]
    assert "1,000,000" in lines[-1]


def test_use_counts_what_arrived_in_the_seconds_after_the_first() -> None:
    arrivals = [100 + n / 25 for n in range(2000)]
    assert use(arrivals, 25, 60) == pytest.approx(1.0)
    assert use(arrivals[:750], 25, 60) == pytest.approx(0.5)
    assert use([], 25, 60) == 0


@given(st.lists(st.floats(0, 10), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_reached_by_its_share_and_by_no_smaller_value(
    values: list[float], share: float
) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_the_town_has_everybody_and_a_follower_for_each_alert() -> None:
    town = FULL.town()
    assert town["everybody"] == 1_000_000
    assert sum(1 for slug in town if slug.startswith("alert")) == FULL.alerts


async def test_a_watched_lock_remembers_its_holds() -> None:
    lock = Watched()
    async with lock:
        await asyncio.sleep(0.03)
    async with lock:
        pass
    long, short = lock.took
    assert long > 0.029
    assert short < long
    lock.begin()
    assert not lock.took


def test_the_disk_is_asked_until_the_block_ends(tmp_path: Path) -> None:
    with disk(tmp_path, every=0.001) as synced:
        while len(synced) < 3:
            time.sleep(0.001)
    count = len(synced)
    time.sleep(0.01)
    assert len(synced) == count
    assert min(synced) > 0
    assert list(tmp_path.iterdir()) == []
