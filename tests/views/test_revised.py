"""What stands in place of a message: nothing of it, or all of it with what must be known first."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.districts import DistrictId
from bot.domain.outbox import Lane
from bot.domain.publications import Audience, Kind, Publication, PublicationId, State, Want
from bot.i18n import LANGUAGES, translator
from bot.services.revising import OVERTAKING
from bot.views import revised
from bot.views.message import TEXT_LIMIT, Button, Message, Span, Text, units
from bot.views.rallies import Notice

NOW = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)
WHOLE = (
    Text()
    .bold("Water is back")
    .line("A long summary of it. " * 20)
    .line("The Courier · ")
    .link("courier.example", "https://courier.example/1")
    .line("Code ")
    .code("A7K2-Q9ZX")
    .message([Button("Why", data="x")])
)


def publication(kind: Kind) -> Publication:
    """One with a code."""
    return Publication(
        id=PublicationId(1),
        kind=kind,
        subject="x:1",
        code="A7K2-Q9ZX",
        state=State.CURRENT,
        lane=Lane.NEWS,
        audience=Audience(frozenset({DistrictId(1)}), Want.NEWS),
        accepted_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )


def piece(message: Message, span: Span) -> str:
    """The words that a span marks."""
    raw = message.text.encode("utf-16-le")
    return raw[2 * span.offset : 2 * (span.offset + span.length)].decode("utf-16-le")


def marked(message: Message, kind: str) -> list[str]:
    """What is marked in one way."""
    return [piece(message, span) for span in message.spans if span.kind == kind]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_hidden_or_taken_back_has_its_code_and_nothing_else(lang: str) -> None:
    t = translator(lang)
    for message in (revised.masked(publication(Kind.ITEM), t), revised.recalled(_rally(), t)):
        assert marked(message, "code") == ["A7K2-Q9ZX"]
        assert message.buttons == ()
        assert message.picture is None
        assert message.silent


def _rally() -> Publication:
    return publication(Kind.RALLY)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_who_could_set_off_is_told_not_to(lang: str) -> None:
    t = translator(lang)
    stay = t("revision-masked-rally")
    assert stay in revised.masked(_rally(), t).text
    assert stay not in revised.masked(publication(Kind.ITEM), t).text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_correction_stands_above_the_whole_message(lang: str) -> None:
    t = translator(lang)
    made = revised.corrected(WHOLE, "At four.", t)
    assert made.text == f"{t('revision-correction')}\nAt four.\n\n{WHOLE.text}"
    assert marked(made, "blockquote") == ["At four."]
    assert marked(made, "text_link") == ["courier.example"]
    assert made.buttons == WHOLE.buttons


def test_nothing_in_a_correction_can_be_tapped() -> None:
    made = revised.corrected(WHOLE, "See evil.example or @evil", translator("en"))
    assert "evil.example" not in made.text
    assert "@evil" not in made.text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("notice", sorted(OVERTAKING))
def test_an_earlier_card_says_what_happened_and_loses_its_buttons(notice: str, lang: str) -> None:
    t = translator(lang)
    made = revised.overtaken(WHOLE, notice, t)
    assert made.text == f"{t(f'revision-newer-{notice}')}\n\n{WHOLE.text}"
    struck = [] if notice in ("suspended", "resumed") else [WHOLE.text]
    assert marked(made, "strikethrough") == struck
    assert made.buttons == ()


def test_every_change_of_a_rally_marks_its_earlier_cards() -> None:
    assert {*OVERTAKING, Notice.ANNOUNCED, Notice.REVEALED} == set(Notice)


def test_a_long_message_loses_the_end_of_its_longest_line_and_keeps_link_and_code() -> None:
    long = Text().bold("Title").line("word " * 900).line().link("a.example", "https://a.example")
    made = revised.corrected(long.line("Code ").code("A7K2-Q9ZX").message(), "N", translator("en"))
    assert units(made.text) == TEXT_LIMIT
    assert marked(made, "text_link") == ["a.example"]
    assert marked(made, "code") == ["A7K2-Q9ZX"]
    assert made.text.count("…") == 1


def test_below_a_picture_there_is_less_room() -> None:
    photo = Message("x" * 1000, picture="https://a.example/1.jpg")
    made = revised.corrected(photo, "N" * 200, translator("en"))
    assert units(made.text) <= revised.CAPTION_LIMIT
    assert made.picture == photo.picture


words = st.text(alphabet=st.sampled_from("ab \n\U0001f4e2é"), max_size=60)


@given(words, st.integers(0, 60), st.data())
def test_shortening_keeps_to_the_room_and_spans_to_the_text(
    text: str, room: int, data: st.DataObject
) -> None:
    length = units(text)
    start = data.draw(st.integers(0, length))
    end = data.draw(st.integers(start, length))
    spans = (Span("bold", start, end - start),) if end > start else ()
    made = revised.shortened(Message(text, spans=spans), room)
    if length <= room:
        assert made.text == text
    least = 2 * text.count("\n") + 1  # a mark per line is all that a cut line keeps
    assert units(made.text) <= max(room, least)
    for span in made.spans:
        assert span.length > 0
        assert span.offset + span.length <= units(made.text)
