"""Canonical texts and verdicts: no changed text passes, no harmless reformatting fails."""

import os
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.domain.canonical import canonical, changes, digest, likeness
from bot.domain.check import (
    Question,
    Verdict,
    altered,
    certainly_code,
    codes_in,
    of_version,
    resembling,
    standing,
    typed_code,
)
from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.publications import Audience, Hold, Kind, Publication, PublicationId, State, Want

EXAMPLES = int(os.environ.get("TOCSIN_TEST_EXAMPLES", "300"))
NOW = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)
TEXTS = {
    "en": "Solidarity march\nSaturday 28 November 2026, 14:00 (Minsk)\nStart: Freedom Square\n"
    "Peaceful assembly, approved by 2\nCode A7K2-Q9ZX",
    "fr": "Marche de solidarité\nsamedi 28 novembre 2026, 14:00 (Minsk)\nDépart : place de la "
    "Liberté\nRassemblement pacifique, approuvé par 2\nCode A7K2-Q9ZX",
    "ru": "\u041c\u0430\u0440\u0448 \u0441\u043e\u043b\u0438\u0434\u0430\u0440\u043d\u043e\u0441"
    "\u0442\u0438\n28 \u043d\u043e\u044f\u0431\u0440\u044f, 14:00\nCode A7K2-Q9ZX",
}
PLAIN = [canonical(text) for text in TEXTS.values()]
SPACES = "\n\t\r\u00a0\u2003\u3000\x0b\u0085 "
INVISIBLE = "\u200e\u200f\u202a\u202b\u202c\u2066\u2069\u200b\u2060\ufeff\u00ad\x00"
LETTERS = "aeoxz0123456789:.,\u0430\u0435\u0456\u2019\u0301?"

text = st.sampled_from(list(TEXTS.values()))


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """One to three letters replaced, put in or taken out, or two words swapped."""
    letters = list(draw(text))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(letters) - 1))
        deed = draw(st.sampled_from(["put", "take", "replace", "swap"]))
        if deed == "put":
            letters.insert(at, draw(st.sampled_from(LETTERS)))
        elif deed == "take" and len(letters) > 1:
            del letters[at]
        elif deed == "replace":
            letters[at] = draw(st.sampled_from(LETTERS))
        elif letters.count(" "):
            words = "".join(letters).split(" ")
            i = draw(st.integers(0, len(words) - 1))
            words[i], words[0] = words[0], words[i]
            letters = list(" ".join(words))
    return "".join(letters)


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated())
def test_no_changed_text_is_taken_for_ours(theirs: str) -> None:
    assume(canonical(theirs) not in PLAIN)
    assert altered(Question(theirs), PLAIN, [])
    assert digest(theirs) not in {digest(plain) for plain in PLAIN}


@st.composite
def reformatted(draw: st.DrawFn) -> str:
    """White space of all kinds, composed or not, marks of direction anywhere."""
    form = draw(st.sampled_from(["NFC", "NFD"]))
    whole = unicodedata.normalize(form, draw(text))  # type: ignore[arg-type]  # one of the forms
    spaces = st.text(SPACES, min_size=1, max_size=3)
    spaced = "".join(draw(spaces) if c.isspace() else c for c in whole)
    marked = list(spaced)
    for at in draw(st.lists(st.integers(0, len(marked)), max_size=6)):
        marked.insert(at, draw(st.sampled_from(INVISIBLE)))
    return draw(st.text(SPACES, max_size=2)) + "".join(marked)


@settings(max_examples=EXAMPLES, deadline=None)
@given(reformatted())
def test_no_harmless_reformatting_is_refused(theirs: str) -> None:
    assert altered(Question(theirs), PLAIN, []) == []
    assert digest(theirs) in {digest(plain) for plain in PLAIN}


@given(st.text())
def test_the_canonical_form_is_stable(anything: str) -> None:
    once = canonical(anything)
    assert canonical(once) == once


@given(st.text(max_size=80), st.text(max_size=80))
def test_changes_are_empty_only_between_equal_words(one: str, other: str) -> None:
    a, b = canonical(one), canonical(other)
    assert (changes(a, b) == []) == (a == b)
    assert 0 <= likeness(a, b) <= 1
    assert likeness(a, a) in (0.0, 1.0)


def test_a_text_made_to_be_slow_is_one_single_change() -> None:
    theirs, ours = " ".join(["a"] * 2000), " ".join(["a", "b"] * 1000)
    (only,) = changes(theirs, ours)
    assert only.theirs.split() == ["a"] * 1999
    assert changes(theirs, theirs) == []


def test_the_changed_words_are_named() -> None:
    theirs = TEXTS["en"].replace("14:00", "16:00").replace("Freedom Square", "Railway Street")
    found = altered(Question(theirs), PLAIN, [])
    assert [(c.theirs, c.ours) for c in found] == [
        ("16:00", "14:00"),
        ("Railway Street", "Freedom Square"),
    ]


@pytest.mark.parametrize(
    ("link", "same"),
    [
        ("https://news.example", True),
        ("HTTPS://News.Example/", True),
        ("https://news.example/x", False),
        ("http://news.example/", False),
        ("https://news.example/?a=1", False),
        ("https://news.example.evil.example/", False),
        ("https://[", False),
    ],
)
def test_an_address_behind_words_has_to_be_ours(link: str, same: bool) -> None:
    question = Question(TEXTS["en"], frozenset({link}))
    assert (altered(question, PLAIN, ["https://news.example/"]) == []) is same
    assert altered(question, PLAIN, []), "and where we have none, any is foreign"


def test_codes_are_read_as_people_type_them() -> None:
    assert typed_code("a7k2-q9zx") == typed_code(" A7K2 Q9ZX ") == typed_code("a7k2q9zx")
    assert typed_code("ABCD-EFGO") == "ABCD-EFG0"
    assert typed_code("look A7K2-Q9ZX") is None
    assert codes_in("Code A7K2-Q9ZX, not 2026-2027-28 or 12345-6789") == ["A7K2-Q9ZX"]
    assert len(codes_in(" ".join(f"AAAA-000{n}" for n in range(9)))) == 3
    assert not certainly_code("Zavodski")
    assert certainly_code("A7K2Q9ZX")
    assert certainly_code("ABCD-EFGH")


def test_a_near_text_resembles_the_most_similar_of_ours() -> None:
    recent = [(PublicationId(n), "en", canonical(t)) for n, t in enumerate(TEXTS.values(), 1)]
    assert resembling(TEXTS["fr"].replace("Code A7K2-Q9ZX", ""), recent) == 2
    assert resembling("Something else entirely, at another place", recent) is None
    assert resembling(TEXTS["en"], []) is None


def publication(
    id: int, state: State = State.CURRENT, kind: Kind = Kind.RALLY, *, days: int = 1
) -> Publication:
    """A publication that expires in some days."""
    return Publication(
        id=PublicationId(id),
        kind=kind,
        subject="rally:1",
        code="A7K2-Q9ZX",
        state=state,
        lane=Lane.RALLY,
        audience=Audience(frozenset({DistrictId(1)}), Want.RALLIES),
        accepted_at=NOW,
        expires_at=NOW + timedelta(days=days),
    )


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (State.CURRENT, Verdict.REAL),
        (State.SUSPENDED, Verdict.SUSPENDED),
        (State.CANCELLED, Verdict.CANCELLED),
        (State.ENDED, Verdict.ENDED),
        (State.MASKED, Verdict.CHECKING),
        (State.RECALLED, Verdict.RECALLED),
        (State.SUPERSEDED, Verdict.OUT_OF_DATE),
    ],
)
def test_every_state_has_its_verdict_and_the_successor_decides(
    state: State, verdict: Verdict
) -> None:
    assert standing(publication(1, state), publication(1, state), NOW) is verdict
    outdated = publication(1, State.SUPERSEDED)
    expected = Verdict.OUT_OF_DATE if verdict is Verdict.REAL else verdict
    assert standing(outdated, publication(2, state), NOW) is expected


@pytest.mark.parametrize(
    ("had", "present", "verdict"),
    [(1, 1, Verdict.REAL), (1, 4, Verdict.CORRECTED), (3, 4, Verdict.OUT_OF_DATE)],
)
def test_older_words_were_corrected_or_are_out_of_date(
    had: int, present: int, verdict: Verdict
) -> None:
    assert of_version(Verdict.REAL, [2], had=had, present=present) is verdict
    assert of_version(Verdict.CANCELLED, [2], had=had, present=present) is Verdict.CANCELLED


def test_what_is_hidden_is_being_checked_whatever_became_of_its_source() -> None:
    hidden = replace(publication(1), held=Hold.MASKED)
    assert standing(hidden, hidden, NOW) is Verdict.CHECKING
    stopped = replace(publication(1), held=Hold.STAFF)
    assert standing(stopped, stopped, NOW) is Verdict.REAL


def test_what_expired_has_ended_except_news() -> None:
    assert standing(publication(1, days=0), None, NOW) is Verdict.ENDED
    for kind in (Kind.ITEM, Kind.DIGEST):
        assert standing(publication(1, kind=kind, days=0), None, NOW) is Verdict.REAL
