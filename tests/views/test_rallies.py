"""Rallies as people read them: every text in every language, and the calendar file."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Timezone

from bot.domain.rallies import Deed, Rally, RallyId, Reason, Request, Stage
from bot.domain.staff import StaffId
from bot.i18n import LANGUAGES, translator
from bot.views import rallies as view
from bot.views import rally_desk
from bot.views.calendar import calendar_file
from bot.views.message import Message, units
from tests.rallies import START, TREE, facts, panel, person

LANGS = pytest.mark.parametrize("lang", LANGUAGES)
ANNA, BORIS = person(1), person(2)
STAMP = START - timedelta(days=3)


def rally(stage: Stage = Stage.REVEALED, **changed: object) -> Rally:
    """A public one with the longest place that is allowed."""
    made = Rally(
        RallyId(12),
        StaffId(1),
        facts(place="P" * 200, districts=(1, 2), point=(53.9023, 27.5619)),
        stage=stage,
        sequence=4,
        code="A7K2-Q9XX",
        agreed=2,
        one_branch=True,
        before=Stage.REVEALED if stage is Stage.SUSPENDED else None,
        reason=Reason.WEATHER,
    )
    return replace(made, **changed)  # type: ignore[arg-type]  # the rally's own fields


def check(message: Message, *, keys: int = 8) -> None:
    """Translated whole, within the limits, spans inside the text."""
    assert "rally-" not in message.text
    assert "{" not in message.text
    assert units(message.text) <= 1500
    for span in message.spans:
        assert 0 <= span.offset < span.offset + span.length <= units(message.text)
    buttons = [button for row in message.buttons for button in row]
    assert len(buttons) <= keys
    assert all(0 < len(b.label) <= 30 and "rally-" not in b.label for b in buttons)


@LANGS
def test_every_text_renders_within_its_limits(lang: str) -> None:
    t = translator(lang)
    for notice in view.Notice:
        check(view.announcement(rally(), notice, TREE, t))
    check(view.suspension(rally(Stage.SUSPENDED), TREE, t, STAMP))
    check(view.reminder(rally(), TREE, t, STAMP))
    for stage in Stage:
        check(view.card(rally(stage), TREE, t))
        check(view.place(rally(stage), TREE, t))
        assert rally_desk.state(rally(stage), t)
    check(view.listed([rally()] * 2, "X", TREE, t, every=True))
    check(view.listed([], "X", TREE, t, every=True))
    check(view.listed([], "X", TREE, t, every=False))
    check(view.safety(t))
    assert "rally-" not in view.headline(rally(), TREE, t).text


@LANGS
def test_every_text_for_staff_renders_within_its_limits(lang: str) -> None:
    t, who = translator(lang), panel(ANNA, BORIS)
    proposed = facts(place="Elsewhere")
    for deed in Deed:
        stage = {Deed.ANNOUNCE: Stage.SUBMITTED, Deed.RESUME: Stage.SUSPENDED}.get(
            deed, Stage.REVEALED
        )
        asked = Request(deed, ANNA.id, proposed if deed is Deed.CHANGE else None)
        waiting = rally(stage, request=asked)
        outcome = waiting.outcome(who)
        check(rally_desk.ask(waiting, outcome, [rally()], TREE, t))
        check(rally_desk.card(waiting, BORIS, who, t))
        check(rally_desk.told(f"rally-told-{deed}", outcome, t))
    check(rally_desk.told("rally-told-no", rally(Stage.REJECTED), t, why="because"))
    check(rally_desk.told("rally-told-change-wanted", rally(Stage.DRAFT), t, why="because"))
    check(rally_desk.listed([rally()] * 7, t, TREE, page=0))
    check(rally_desk.listed([], t, TREE, page=0))
    for cancelling in (True, False):
        check(rally_desk.reasons(rally(), t, cancelling=cancelling))
        check(rally_desk.say_why(t, rejecting=cancelling))
    for waiting_more in (True, False):
        check(rally_desk.decided(rally(), t, waiting=waiting_more))


def test_the_time_can_be_opened_in_a_readers_own_format() -> None:
    message = view.announcement(rally(), view.Notice.ANNOUNCED, TREE, translator("en"))
    moment = next(span for span in message.spans if span.kind == "date_time")
    assert moment.unix == int(START.timestamp())
    written = message.text.encode("utf-16-le")[moment.offset * 2 :][: moment.length * 2]
    assert written.decode("utf-16-le") == "Saturday 28 November 2026, 14:00 (Minsk)"


def test_an_announcement_comes_silently_and_a_change_does_not() -> None:
    t = translator("en")
    assert view.announcement(rally(), view.Notice.ANNOUNCED, TREE, t).silent
    for notice in (view.Notice.CANCELLED, view.Notice.MOVED, view.Notice.RESUMED):
        assert not view.announcement(rally(), notice, TREE, t).silent


def test_one_branch_is_said_and_no_name_is() -> None:
    t = translator("en")
    text = view.announcement(rally(), view.Notice.ANNOUNCED, TREE, t).text
    assert t("one-branch") in text
    assert "alias" not in text
    other = view.announcement(rally(one_branch=False), view.Notice.ANNOUNCED, TREE, t).text
    assert t("one-branch") not in other


@LANGS
def test_a_reminder_states_and_never_asks(lang: str) -> None:
    t = translator(lang)
    for now in (START - timedelta(hours=20), START - timedelta(hours=2)):
        message = view.reminder(rally(), TREE, t, now)
        assert "?" not in message.text
        labels = [b.label for row in message.buttons for b in row]
        assert labels == [t("rally-button-where"), t("rally-button-mute")]


@LANGS
@pytest.mark.parametrize(
    ("stage", "status"),
    [
        (Stage.REVEALED, "CONFIRMED"),
        (Stage.SUSPENDED, "TENTATIVE"),
        (Stage.CANCELLED, "CANCELLED"),
        (Stage.MOVED, "CONFIRMED"),
    ],
)
def test_a_calendar_file_reads_back_small_and_complete(
    lang: str, stage: Stage, status: str
) -> None:
    file = calendar_file(rally(stage), translator(lang), stamp=STAMP)
    assert len(file.content) < 2048
    calendar = Calendar.from_ical(file.content)
    event = calendar.walk("VEVENT")[0]
    assert event["SEQUENCE"] == 4
    assert event["STATUS"] == status
    assert event["LOCATION"] == "P" * 200
    assert "A7K2-Q9XX" in str(event["DESCRIPTION"])
    assert event.decoded("dtstart") == START
    assert event.decoded("dtend") == START + timedelta(hours=3)
    assert calendar.walk("VTIMEZONE")[0]["TZID"] == "Europe/Minsk"
    assert event["DTSTART"].params["TZID"] == "Europe/Minsk"


@pytest.mark.parametrize("zone", ["Europe/Brussels", "America/Santiago", "Australia/Lord_Howe"])
def test_a_calendar_file_of_a_zone_with_changes_of_clocks_stays_small(zone: str) -> None:
    moved = rally(facts=replace(facts(place="P" * 200), zone=zone))
    file = calendar_file(moved, translator("be"), stamp=STAMP)
    assert len(file.content) < 2048
    calendar = Calendar.from_ical(file.content)
    zones = calendar.walk("VTIMEZONE")
    assert [z["TZID"] for z in zones] == [zone]
    assert calendar.walk("STANDARD")
    assert calendar.walk("DAYLIGHT")
    start = calendar.walk("VEVENT")[0].decoded("dtstart")
    assert start == START
    wall = START.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert start.replace(tzinfo=None) == wall
    assert isinstance(zones[0], Timezone)
    built = zones[0].to_tz()
    assert datetime.combine(wall, wall.time(), built).utcoffset() == start.utcoffset()


def test_a_hidden_place_is_in_no_file_and_no_text() -> None:
    hidden = rally(Stage.ANNOUNCED, facts=facts(place="Secret Square", staged=True))
    t = translator("en")
    assert b"Secret" not in calendar_file(hidden, t, stamp=STAMP).content
    for message in (
        view.card(hidden, TREE, t),
        view.place(hidden, TREE, t),
        view.announcement(hidden, view.Notice.ANNOUNCED, TREE, t),
        view.listed([hidden], "X", TREE, t, every=True),
    ):
        assert "Secret" not in message.text
