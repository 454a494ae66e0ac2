"""Who is next in the few milliseconds between a reservation and its instant."""

from bot.delivery.departures import Departures
from bot.domain.outbox import Lane
from tests.delivery.test_fairness import parcel


def leaving(line: Departures) -> list[Lane]:
    """Everything that waits, as it leaves."""
    return [line.pop().lane for _ in range(len(line))]


def of(*lanes: Lane) -> Departures:
    """Messages of these lanes, reserved one after the other."""
    line = Departures()
    for lane in lanes:
        line.add(parcel(lane))
    return line


def test_what_is_more_urgent_leaves_first() -> None:
    assert leaving(of(Lane.NEWS, Lane.DIGEST, Lane.ALERT)) == [Lane.ALERT, Lane.NEWS, Lane.DIGEST]
    assert leaving(of(Lane.ALERT, Lane.NEWS, Lane.REPLY)) == [Lane.REPLY, Lane.ALERT, Lane.NEWS]


def test_nobody_is_passed_twice() -> None:
    line = of(Lane.NEWS, Lane.ALERT)
    assert line.giving_way(Lane.REPLY) == 0
    line.add(parcel(Lane.REPLY))
    assert leaving(line) == [Lane.ALERT, Lane.NEWS, Lane.REPLY]


def test_only_what_is_less_urgent_and_was_not_passed_gives_way() -> None:
    line = of(Lane.ALERT, Lane.NEWS, Lane.DIGEST)
    assert [line.giving_way(lane) for lane in Lane] == [3, 2, 2, 1, 0]
    line.add(parcel(Lane.RALLY))
    assert [line.giving_way(lane) for lane in Lane] == [0, 0, 0, 0, 0]
    line.add(parcel(Lane.DIGEST))
    assert line.giving_way(Lane.NEWS) == 1
