"""What people type for a day and an hour, in five languages."""

import string
from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import Refused
from bot.domain.typed import (
    Ambiguous,
    NotUnderstood,
    Typed,
    Vocabulary,
    Words,
    WrongWeekday,
    plain,
    read,
    read_day,
    read_time,
)
from bot.i18n import LANGUAGES, translator
from bot.views.times import vocabulary

TODAY = date(2026, 11, 21)
"""A Saturday."""
SAT, EVENING = date(2026, 11, 28), time(18)
LANGS = pytest.mark.parametrize("lang", LANGUAGES)


@LANGS
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("28.11 18:00", Typed(SAT, EVENING)),
        ("18:00 28.11", Typed(SAT, EVENING)),
        ("28.11, 18.00", Typed(SAT, EVENING)),
        ("28.11.2026", Typed(SAT)),
        ("28.11.26", Typed(SAT)),
        ("28/11", Typed(SAT)),
        ("2026-11-28", Typed(SAT)),
        ("5/12/2026", Typed(date(2026, 12, 5))),
        ("5/1", Typed(date(2027, 1, 5))),
        ("18:00", Typed(None, EVENING)),
        ("18.00", Typed(None, EVENING)),
        ("18h", Typed(None, EVENING)),
        ("18h30", Typed(None, time(18, 30))),
        ("18 h 30", Typed(None, time(18, 30))),
    ],
)
def test_figures_mean_the_same_in_every_language(lang: str, typed: str, meant: Typed) -> None:
    assert read(typed, vocabulary(lang), today=TODAY) == meant


@LANGS
def test_every_day_of_the_week_is_read_as_the_language_writes_it(lang: str) -> None:
    t = translator(lang)
    for offset in range(1, 8):
        day = date(2026, 11, 21 + offset)
        for typed in (t.day(day), t.short_day(day), f"{t.day(day)}, 18:00"):
            assert read(typed, vocabulary(lang), today=TODAY).day == day, typed


@pytest.mark.parametrize(
    ("lang", "typed"),
    [
        ("en", "Sun 18:00"),
        ("en", "at 18:00 on Sunday"),
        ("be", "\u0443 \u043d\u044f\u0434\u0437\u0435\u043b\u044e \u0430 18:00"),
        ("be", "\u0437\u0430\u045e\u0442\u0440\u0430 18:00"),
        ("ru", "\u0432 \u0432\u043e\u0441\u043a\u0440\u0435\u0441\u0435\u043d\u044c\u0435 18.00"),
        ("fr", "dimanche 18h"),
        ("fr", "di \u00e0 18h"),
        ("nl", "zondag om 18u"),
        ("nl", "MORGEN 18:00"),
    ],
)
def test_weekdays_are_read_as_people_say_them(lang: str, typed: str) -> None:
    wanted = Typed(date(2026, 11, 22), EVENING)
    assert read(typed, vocabulary(lang), today=TODAY) == wanted


def test_a_word_of_another_language_counts_when_the_others_agree() -> None:
    assert read("samedi 18h", vocabulary("be"), today=TODAY) == Typed(TODAY, EVENING)
    assert read("di 18:00", vocabulary("fr"), today=TODAY).day == date(2026, 11, 22)
    assert read("di 18:00", vocabulary("nl"), today=TODAY).day == date(2026, 11, 24)
    with pytest.raises(NotUnderstood):
        read("di 18:00", vocabulary("en"), today=TODAY)


@LANGS
@pytest.mark.parametrize(
    "typed",
    [
        "\u0443 \u0441\u0443\u0431\u043e\u0442\u0443 \u0430 18",
        "18",
        "31.02",
        "25:00",
        "18:60",
        "11/28",
        "soon",
        "",
        "28.11 29.11",
        "18:00 19:00",
        "28.11 18:00!",
        "9" * 200,
    ],
)
def test_what_has_no_reading_is_refused(lang: str, typed: str) -> None:
    with pytest.raises(NotUnderstood):
        read(typed, vocabulary(lang), today=TODAY)


def test_two_readings_are_refused_unless_the_question_decides() -> None:
    words = vocabulary("en")
    for typed in ("10.12", "10.11 12.12"):
        with pytest.raises(Ambiguous):
            read(typed, words, today=TODAY)
    assert read_day("10.12", words, today=TODAY).day == date(2026, 12, 10)
    assert read_time("10.12", words, today=TODAY) == time(10, 12)


def test_a_weekday_that_contradicts_its_date_is_refused() -> None:
    assert read("Sat 28.11", vocabulary("en"), today=TODAY).day == SAT
    with pytest.raises(WrongWeekday):
        read("Sun 28.11", vocabulary("en"), today=TODAY)


def test_the_question_decides_what_is_enough() -> None:
    words = vocabulary("en")
    with pytest.raises(NotUnderstood):
        read_day("18:00", words, today=TODAY)
    with pytest.raises(NotUnderstood):
        read_time("Sat 18:00", words, today=TODAY)


def test_the_29th_of_february_is_next_years_when_this_year_has_none() -> None:
    assert read("29.02", vocabulary("en"), today=date(2027, 11, 1)).day == date(2028, 2, 29)


def test_a_language_may_give_a_word_two_meanings_and_then_both_count() -> None:
    words = Vocabulary(Words(weekdays={"mar": 1}, months={"mar": 3}))
    assert read("3 mar", words, today=TODAY).day == date(2027, 3, 3)
    assert read("mar 18:00", words, today=TODAY).day == date(2026, 11, 24)


@settings(max_examples=200)
@given(st.text(alphabet=string.ascii_letters + string.digits + " .:/-,h", max_size=40))
def test_anything_typed_is_read_or_refused(typed: str) -> None:
    try:
        found = read(typed, vocabulary("en"), today=TODAY)
    except Refused:
        return
    assert found.day is not None or found.at is not None


@settings(max_examples=100)
@given(st.dates(date(2026, 11, 21), date(2027, 11, 20)), st.times())
def test_what_the_bot_writes_it_reads(day: date, at: time) -> None:
    at = at.replace(second=0, microsecond=0)
    typed = f"{day:%d.%m.%Y} {at:%H:%M}"
    for lang in LANGUAGES:
        assert read(typed, vocabulary(lang), today=TODAY) == Typed(day, at)


def test_folding_ignores_case_accents_and_marks() -> None:
    assert plain("F\u00c9VR.") == "fevr"
