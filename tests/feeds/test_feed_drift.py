"""A feed that is no longer what was vetted is noticed; one that is only busy or odd is not."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.domain.sources import Hold
from feeds import words
from feeds.drift import FEWEST_NEW, MOST_NEW, Shown, changed, guids_rewritten, most_new, spoken
from feeds.parse import Parser
from tests.feeds.documents import shared_feeds

NOW = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)
HOURS = timedelta(hours=1)
TOLD = {
    "en": "The council has decided that the library on the river will be open again after the "
    "repairs and that its readers are to come back with their books",
    "ru": "Городской совет решил, что библиотека на берегу реки снова откроется после ремонта, и "
    "читатели уже могут вернуть книги, которые были у них дома",
    "be": "Гарадскі савет вырашыў, што бібліятэка на беразе ракі зноў адкрыецца пасля рамонту, і "
    "чытачы ўжо могуць вярнуць кнігі, якія былі ў іх дома",
    "uk": "Міська рада вирішила, що бібліотека на березі річки знову відкриється після ремонту, і "
    "читачі вже можуть повернути книги, які були в них вдома",
    "fr": "Le conseil a décidé que la bibliothèque sur la rivière est de nouveau ouverte après les "
    "travaux et que les lecteurs peuvent rendre leurs livres",
    "nl": "De raad heeft besloten dat de bibliotheek aan de rivier na de werken weer open is en "
    "dat de lezers hun boeken ook kunnen brengen",
    "de": "Der Rat hat entschieden, dass die Bibliothek am Fluss nach den Arbeiten wieder geöffnet "
    "ist und die Leser ihre Bücher auch abgeben können",
    "pl": "Rada zdecydowała, że biblioteka nad rzeką jest już otwarta po remoncie i że czytelnicy "
    "mogą oddać książki, które są przy nich",
}
TURKISH = (
    "Belediye meclisi nehir kenarındaki kütüphanenin onarımdan sonra yeniden açılacağına karar "
    "verdi ve okurlar kitaplarını geri getirebilir"
)


def shown(number: int, text: str = TOLD["en"], **changes: str) -> Shown:
    """An item of a source at courier.example."""
    values = {
        "title": f"{number} {text[:20]}",
        "summary": f"{text} {number}.",
        "link": f"https://www.courier.example/{number}",
    } | changes
    return Shown(**values)


def past(count: int = 10, text: str = TOLD["en"]) -> list[Shown]:
    return [shown(number, text) for number in range(100, 100 + count)]


def judged(new: list[Shown], before: list[Shown] | None = None) -> Hold | None:
    return changed(new, past() if before is None else before, domain="courier.example")


@pytest.mark.parametrize("language", sorted(TOLD))
def test_languages_are_told_apart_by_their_small_words(language: str) -> None:
    assert spoken(words.split(TOLD[language])) == language


def test_a_language_that_nobody_listed_is_none() -> None:
    assert spoken(words.split(TURKISH)) is None


@pytest.mark.parametrize(("before", "after"), [*pairwise(sorted(TOLD)), ("be", "ru"), ("ru", "be")])
def test_another_language_is_noticed_at_the_third_item(before: str, after: str) -> None:
    new = [shown(n, TOLD[after]) for n in range(3)]
    assert judged(new, past(text=TOLD[before])) is Hold.LANGUAGE
    assert judged(new[:2], past(text=TOLD[before])) is None
    one_by_one = [*new[1:], *past(text=TOLD[before])]
    assert judged(new[:1], one_by_one) is Hold.LANGUAGE


def test_once_looked_at_it_is_not_noticed_again() -> None:
    new = [shown(n, TOLD["ru"]) for n in range(4)]
    assert judged(new[:1], [*new[1:], *past()]) is None


def test_a_medium_of_two_languages_is_itself() -> None:
    mixed = [shown(n, TOLD["be" if n % 4 else "ru"]) for n in range(10)]
    assert judged([shown(n, TOLD["ru"]) for n in range(20, 25)], mixed) is None


def test_a_language_that_nobody_listed_is_noticed_by_what_is_missing() -> None:
    assert judged([shown(n, TURKISH) for n in range(3)]) is Hold.LANGUAGE


def test_links_to_another_domain_are_noticed() -> None:
    away = [shown(n, link=f"https://elsewhere.example/{n}") for n in range(3)]
    assert judged(away) is Hold.TEMPLATE
    assert judged([*away[:2], shown(3)]) is None
    assert judged(away, [*past(), shown(1, link="https://elsewhere.example/x")]) is None
    assert judged([shown(n, link="") for n in range(3)]) is None


@pytest.mark.parametrize("part", ["title", "summary"])
@pytest.mark.parametrize("at_end", [True, False])
def test_a_frame_round_the_texts_that_comes_or_goes_is_noticed(part: str, at_end: bool) -> None:
    frame = "Follow our new channel for more"
    texts = [TOLD["en"].split()[n] + f" number {n}" for n in range(20)]
    bare = [shown(n, **{part: text}) for n, text in enumerate(texts)]
    framed = [
        shown(n, **{part: f"{text} {frame}" if at_end else f"{frame} {text}"})
        for n, text in enumerate(texts)
    ]
    assert judged(framed[:3], bare[5:]) is Hold.TEMPLATE
    assert judged(bare[:3], framed[5:]) is Hold.TEMPLATE
    assert judged(framed[:3], framed[5:]) is None
    assert judged(bare[:3], bare[5:]) is None


def test_without_a_past_nothing_differs() -> None:
    assert judged([shown(n, TOLD["ru"]) for n in range(9)], past(4)) is None
    assert judged([]) is None


def test_most_guids_rewritten_is_a_sign_and_a_few_are_not() -> None:
    assert guids_rewritten(renamed=16, met=30)
    assert not guids_rewritten(renamed=15, met=30)
    assert not guids_rewritten(renamed=2, met=2)


def test_a_burst_is_measured_against_the_sources_own_rhythm() -> None:
    hour_ago = NOW - HOURS
    busy = [NOW - timedelta(minutes=4 * n) for n in range(6000)]
    quiet = [NOW - timedelta(days=2 * n) for n in range(15)]
    assert most_new(busy, since=hour_ago, now=NOW) == 48
    assert most_new(quiet, since=hour_ago, now=NOW) == FEWEST_NEW
    assert most_new([], since=hour_ago, now=NOW) == MOST_NEW
    assert most_new(quiet[:3], since=hour_ago, now=NOW) == MOST_NEW
    assert most_new([hour_ago] * 30, since=hour_ago, now=NOW) == MOST_NEW


def test_what_piled_up_while_the_feed_was_down_is_no_burst() -> None:
    daily = [NOW - timedelta(hours=6 * n) for n in range(28, 100)]
    assert most_new(daily, since=NOW - timedelta(days=7), now=NOW) >= 28


@pytest.mark.shared
@pytest.mark.skipif(shared_feeds() is None, reason="needs the folder of real documents")
async def test_few_real_feeds_drift_from_themselves(parser: Parser) -> None:
    """Each document's first items are judged against the rest of it, three at a time."""
    folder = shared_feeds()
    assert folder is not None
    judgements = 0
    drifted = []
    for path in sorted((folder / "documents").iterdir()):
        if path.suffix not in (".xml", ".json"):
            continue
        document = await parser.parse(path.read_bytes(), address="https://feeds.example.org/")
        listed = [Shown(e.title, e.summary, e.link) for e in document.entries]
        for start in range(0, len(listed) - 8, 3):
            judgements += 1
            if hold := changed(listed[start : start + 3], listed[start + 3 :][:30], domain=""):
                drifted.append((path.name, start, hold))
    assert judgements > 400
    assert len(drifted) < judgements // 50, drifted
