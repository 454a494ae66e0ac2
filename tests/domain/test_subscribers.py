"""What a subscriber chose: quiet hours across midnight and clock changes, wants, buttons."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import Gone
from bot.domain.publications import Want
from bot.domain.subscribers import (
    DIGEST_HOURS,
    NEWS_CHOICES,
    QUIET_CHOICES,
    Mode,
    QuietHours,
    Settings,
    choose,
)

few = settings(max_examples=80)
zones = st.sampled_from(["Europe/Minsk", "Europe/Brussels", "America/New_York", "Asia/Kolkata"])
instants = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(2027, 12, 31),  # noqa: DTZ001  # hypothesis adds the zone
    timezones=st.just(UTC),
)


@few
@given(instants, zones)
def test_the_night_is_what_the_wall_clock_says(now: datetime, zone: str) -> None:
    hour = now.astimezone(ZoneInfo(zone)).hour
    assert QuietHours().cover(now, zone) == (hour >= 22 or hour < 8)


@few
@given(instants, zones, st.times(), st.times())
def test_a_span_and_its_complement_never_overlap(
    now: datetime, zone: str, start: time, end: time
) -> None:
    if start != end:
        span, rest = QuietHours(start, end), QuietHours(end, start)
        assert span.cover(now, zone) != rest.cover(now, zone)


@pytest.mark.parametrize(
    ("now", "quiet"),
    [
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 5, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 6, 0, tzinfo=UTC), False),
        (datetime(2026, 10, 25, 5, 59, tzinfo=UTC), True),
        (datetime(2026, 10, 25, 6, 59, tzinfo=UTC), True),
        (datetime(2026, 10, 25, 7, 0, tzinfo=UTC), False),
        (datetime(2026, 10, 25, 20, 59, tzinfo=UTC), False),
        (datetime(2026, 10, 25, 21, 0, tzinfo=UTC), True),
    ],
)
def test_the_night_ends_at_eight_on_days_when_the_clock_moves(now: datetime, quiet: bool) -> None:
    assert QuietHours().cover(now, "Europe/Brussels") is quiet


def test_a_span_within_a_day_does_not_cross_midnight() -> None:
    lunch, noon = QuietHours(time(12), time(13)), datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert lunch.cover(noon, "UTC")
    assert not lunch.cover(noon + timedelta(hours=1), "UTC")
    assert not lunch.cover(noon - timedelta(hours=13), "UTC")


def test_nobody_who_paused_wants_anything() -> None:
    assert not any(Settings(paused=True).wants(want, "rally:1") for want in Want)


def test_changes_reach_even_those_who_switched_everything_off() -> None:
    off = Settings(news=False, reminders=False, muted=("rally:1",))
    wanted = {want for want in Want if off.wants(want, "rally:1")}
    assert wanted == {Want.CHANGES, Want.RALLIES}


def test_a_muted_rally_is_not_reminded_of_and_another_one_is() -> None:
    muted = Settings(muted=("rally:1",))
    assert not muted.wants(Want.REMINDERS, "rally:1")
    assert muted.wants(Want.REMINDERS, "rally:2")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("on", {Want.NEWS}), ("lite", {Want.NEWS}), ("digest", {Want.DIGEST}), ("off", set())],
)
def test_news_comes_in_one_way_at_most(value: str, wanted: set[Want]) -> None:
    chosen = choose(Settings(), "news", value)
    assert {w for w in (Want.NEWS, Want.DIGEST) if chosen.wants(w, "item:1")} == wanted


@pytest.mark.parametrize("before", [Settings(), Settings(news=False), Settings(mode=Mode.LITE)])
@pytest.mark.parametrize("hour", DIGEST_HOURS)
def test_picking_an_hour_asks_for_the_digest(before: Settings, hour: int) -> None:
    chosen = choose(before, "hour", str(hour))
    assert (chosen.news_choice, chosen.digest_hour) == ("digest", hour)
    assert chosen.wants(Want.DIGEST, "digest:x")


def test_the_hour_of_the_digest_is_kept_for_whoever_comes_back_to_it() -> None:
    late = choose(Settings(), "hour", "20")
    assert choose(choose(late, "news", "off"), "news", "digest") == late


@few
@given(
    st.lists(
        st.sampled_from(
            [("reminders", v) for v in ("on", "off")]
            + [("news", v) for v in NEWS_CHOICES]
            + [("quiet", v) for v in ("off", *(span.label for span in QUIET_CHOICES))]
        )
    )
)
def test_the_last_press_of_a_kind_wins_and_a_second_press_changes_nothing(
    presses: list[tuple[str, str]],
) -> None:
    now = Settings()
    for what, value in presses:
        now = choose(now, what, value)
        assert choose(now, what, value) == now
    last = dict(presses)
    assert now.reminders == (last.get("reminders", "on") == "on")
    assert now.news_choice == last.get("news", "on")
    assert (now.quiet.label if now.quiet else "off") == last.get("quiet", "22-08")


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("quiet", "01-02"),
        ("news", "?"),
        ("reminders", ""),
        ("x", "on"),
        ("hour", "3"),
        ("hour", "07"),
    ],
)
def test_a_button_of_another_version_is_gone(what: str, value: str) -> None:
    with pytest.raises(Gone):
        choose(Settings(), what, value)


def test_settings_survive_being_stored() -> None:
    chosen = Settings(mode=Mode.DIGEST, digest_hour=7, quiet=QuietHours(time(21), time(7)))
    stored = msgspec.json.encode(chosen)
    assert msgspec.json.decode(stored, type=Settings) == chosen


def test_settings_stored_before_there_was_an_hour_are_read() -> None:
    stored = b'{"lang":"be","mode":"digest"}'
    assert msgspec.json.decode(stored, type=Settings).digest_hour in DIGEST_HOURS
