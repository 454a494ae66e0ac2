"""An edit that changes what is said is told; one that mends the spelling is not."""

import pytest

from feeds.edits import Change, compare, unlike

TYPOS = [
    ("The polling staton opens at 8:00", "The polling station opens at 8:00"),
    ("Teh court hears the case on Monday", "The court hears the case on Monday"),
    ("Residents recieve letters from the council", "Residents receive letters from the council"),
    ("A new bus line for the suburbs", "A new bus line for the suburbs."),
    (
        "Thousands walk through the center - peacefully",
        "Thousands walk through the center, peacefully",
    ),
    ("Open air concert in the park", "Open-air concert in the park"),
    ("the concert begins at noon", "The concert begins at noon"),
    ("Жители города получили писма от чиновников", "Жители города получили письма от чиновников"),
    ("В городе открыли новую библеотеку", "В городе открыли новую библиотеку"),
    ("Как прошел день в городе", "Как прошел день в городе…"),
    (
        "У горадзе адкрылі новую бібліятэку для дзяцей",
        "У горадзе адкрылі новую бібліятеку для дзяцей",
    ),
    ("Жыхары гораду атрымалі лісты", "Жыхары горада атрымалі лісты"),
    ("Le conseil municpal vote le budget", "Le conseil municipal vote le budget"),
    (
        "Les habitants réclament un nouveau pont sur la rivere",
        "Les habitants réclament un nouveau pont sur la rivière",
    ),
    ("De gemeenteraad stemt over de begroting", "De gemeenteraad stemt over de begrooting"),
    ("Het nieuwe zwembad opent zijn deuren", "Het nieuwe zwembad opend zijn deuren"),
    ("It costs 10 000 roubles a month", "It costs 10\u00a0000 roubles a month"),
    ("L\u2019eau est coupée", "L'eau est coupée"),
]
FACTS = [
    ("The polling station opens at 8:00", "The polling station opens at 9:00"),
    ("Three people were taken away", "Four people were taken away"),
    ("It costs 3.5 million", "It costs 35 million"),
    ("The court will hear the case", "The court will not hear the case"),
    ("The court finds the rule legal", "The court finds the rule illegal"),
    ("The meeting with Ivanov is over", "The meeting with Ivanova is over"),
    ("They meet in Grodno", "They meet in Brest"),
    ("The hearing is on 12 May", "The hearing is on 12 June"),
    ("Police charged the crowd", "Police left the crowd alone and went home"),
    ("He is now free", "He is not free"),
    ("Погибли трое человек", "Погибли двое человек"),
    ("Встреча пройдет в среду", "Встреча пройдет в пятницу"),
    ("Суд признал запрет законным", "Суд признал запрет незаконным"),
    ("Он приедет 3 июня", "Он приедет 3 июля"),
    ("Власти это подтвердили", "Власти это не подтвердили"),
    ("Активиста задержали в Гродно", "Активиста задержали в Гомеле"),
    ("Трое чалавек загінулі", "Двое чалавек загінулі"),
    ("Сустрэча будзе ў сераду", "Сустрэча будзе ў пятніцу"),
    ("Улады гэта пацвердзілі", "Улады гэта не пацвердзілі"),
    ("Яго затрымалі ў Менску", "Яго адпусцілі ў Менску"),
    ("La réunion aura lieu en juin", "La réunion aura lieu en juillet"),
    ("Le maire a confirmé la fermeture", "Le maire n'a pas confirmé la fermeture"),
    ("Deux personnes ont été blessées", "Douze personnes ont été blessées"),
    ("Rendez-vous mardi devant la mairie", "Rendez-vous jeudi devant la mairie"),
    ("Le préfet de Lille a signé", "Le préfet de Lyon a signé"),
    ("De betoging is op zaterdag", "De betoging is op zondag"),
    ("Er vielen geen gewonden", "Er vielen gewonden"),
    ("Twee mensen zijn opgepakt", "Tien mensen zijn opgepakt"),
    ("De rechter noemt het verbod wettig", "De rechter noemt het verbod onwettig"),
    ("De mars begint in Gent", "De mars begint in Brugge"),
    ("Short", "An entirely different headline about something else"),
]


@pytest.mark.parametrize(("before", "after"), TYPOS)
def test_spelling_is_mended_silently(before: str, after: str) -> None:
    assert compare(before, after) is Change.TYPO
    assert compare(after, before) is Change.TYPO


@pytest.mark.parametrize(("before", "after"), FACTS)
def test_what_is_said_is_corrected_openly(before: str, after: str) -> None:
    assert compare(before, after) is Change.FACT
    assert compare(after, before) is Change.FACT


def test_many_slips_at_once_are_another_text() -> None:
    before = "several ordinary people quietly walked along the narrow river"
    after = "sevaral ordinery peaple quietlly walkad along the narrov rivar"
    assert compare(before, after) is Change.FACT


def test_what_falls_off_the_end_of_a_cut_text_is_no_fact() -> None:
    told = "a long sentence about the library and the readers who come there"
    assert compare(f"{told} every day…", f"{told} every…") is Change.TYPO
    assert compare(f"{told} every day", f"{told} every") is Change.FACT


def test_equal_texts_and_nothing_at_all() -> None:
    assert compare("The same", "The same") is Change.TYPO
    assert compare("", "") is Change.TYPO
    assert compare("", "Something that was not there") is Change.FACT


def test_a_reused_name_brings_another_text_and_an_edit_does_not() -> None:
    first = "The library on the river bank opens its doors to readers again after long repairs"
    assert unlike(first, "Football: the national team loses at home and the trainer steps down now")
    assert not unlike(
        first, "Library by the river opens to readers again, repairs cost more than planned"
    )
    assert not unlike("Live", "Weather")
