"""Texts and entities: parse modes, what is found in plain text, offsets in UTF-16."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import telegram
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.entities import finish, typed, units
from sandbox.errors import ApiError
from sandbox.html import parse as html
from sandbox.markdown import parse_old, parse_v2

Parser = Callable[[str], tuple[str, list[dict[str, Any]]]]


def spans(found: list[dict[str, object]]) -> list[tuple[object, object, object]]:
    return [(item["type"], item["offset"], item["length"]) for item in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/start d_minsk", [("bot_command", 0, 6)]),
        ("жук /stop@tocsin_bot now", [("bot_command", 4, 16)]),
        ("😀 /help", [("bot_command", 3, 5)]),
        ("and/or 1/2", []),
        ("see https://a.example/x?y=1.", [("url", 4, 23)]),
        ("belsat.eu, tut.by/news", [("url", 0, 9), ("url", 11, 11)]),
        ("@vera_b and v@a.org", [("mention", 0, 7), ("email", 12, 7)]),
        ("#Мінск #123 $BYN", [("hashtag", 0, 6), ("cashtag", 12, 4)]),
        ("18.30", []),
        ("report.pdf", []),
    ],
)
def test_what_telegram_finds_by_itself(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert spans(typed(text).entities) == expected


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("<b>a<i>b</i></b>", "ab", [("italic", 1, 1), ("bold", 0, 2)]),
        ("&lt;b&gt; &amp; &#1078;", "<b> & ж", []),
        ('<a href="https://a.org/?x=1&amp;y=2">😀</a>', "😀", [("text_link", 0, 2)]),
        ('<pre><code class="language-py">x</code></pre>', "x", [("pre", 0, 1)]),
        ("<tg-spoiler>x</tg-spoiler>", "x", [("spoiler", 0, 1)]),
        ('<span class="tg-spoiler">x</span>', "x", [("spoiler", 0, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [("expandable_blockquote", 0, 1)]),
        ('<tg-time unix="1790000000">18:00</tg-time>', "18:00", [("date_time", 0, 5)]),
        ("a & b &nbsp;", "a & b &nbsp;", []),
    ],
)
def test_html(source: str, text: str, expected: list[tuple[str, int, int]]) -> None:
    parsed, found = html(source)
    assert (parsed, spans(found)) == (text, expected)


@pytest.mark.parametrize(
    ("source", "mistake"),
    [
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b", 'Unclosed start tag "b" at byte offset 0'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<br>", 'Unsupported start tag "br" at byte offset 0'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
    ],
)
def test_wrong_html(source: str, mistake: str) -> None:
    with pytest.raises(ApiError) as caught:
        html(source)
    assert caught.value.description == f"Bad Request: can't parse entities: {mistake}"


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("*a _b_*", "a b", [("italic", 2, 1), ("bold", 0, 3)]),
        (
            "__u__ ~s~ ||h||",
            "u s h",
            [("underline", 0, 1), ("strikethrough", 2, 1), ("spoiler", 4, 1)],
        ),
        (r"1\. \*no\*", "1. *no*", []),
        ("[😀](https://a.org)", "😀", [("text_link", 0, 2)]),
        ("`a*b` ```py\nx```", "a*b x", [("code", 0, 3), ("pre", 4, 1)]),
        (">one\n>two\nx", "one\ntwo\nx", [("blockquote", 0, 7)]),
        (">one||", "one", [("expandable_blockquote", 0, 3)]),
        ("![18:00](tg://time?unix=1790000000)", "18:00", [("date_time", 0, 5)]),
    ],
)
def test_markdown_v2(source: str, text: str, expected: list[tuple[str, int, int]]) -> None:
    parsed, found = parse_v2(source)
    assert (parsed, spans(found)) == (text, expected)


def test_the_old_markdown() -> None:
    parsed, found = parse_old("*b* _i_ `c` [l](https://a.org) \\_ 1.")
    assert parsed == "b i c l _ 1."
    kinds = ["bold", "italic", "code", "text_link"]
    assert [item["type"] for item in found] == kinds


def test_an_address_that_cannot_be_makes_plain_text() -> None:
    for source in ('<a href="http://[">x</a>', '<a href="javascript:1">x</a>', "<a>x</a>"):
        assert html(source) == ("x", [])
    assert parse_v2("[x](http://\\[)") == ("x", [])


def test_ends_are_trimmed_and_entities_move_along() -> None:
    text = finish("  x y \n", [{"type": "bold", "offset": 0, "length": 7}])
    assert (text.text, spans(text.entities)) == ("x y", [("bold", 0, 3)])


@settings(max_examples=60)
@given(st.text(alphabet="aж😀 &<>*_.~|[](){}!`#\\\n", max_size=30))
def test_what_the_client_escapes_is_what_arrives(text: str) -> None:
    import html as standard

    assert html(standard.escape(text))[0] == text
    escaped = telegram.helpers.escape_markdown(text, version=2)
    assert parse_v2(escaped)[0] == text


@pytest.mark.parametrize("parser", [html, parse_v2, parse_old])
@settings(max_examples=60)
@given(text=st.text(alphabet="aж😀 <>*_~|[](){}!`\\\n/b='\"=:", max_size=30))
def test_parsers_refuse_or_give_entities_inside_the_text(parser: Parser, text: str) -> None:
    with suppress(ApiError):
        out = finish(*parser(text))
        for item in out.entities:
            assert 0 <= item["offset"] < item["offset"] + item["length"] <= units(out.text)


@settings(max_examples=60)
@given(st.text(alphabet="aж😀/@#. :s\n", max_size=30))
def test_found_entities_lie_inside_the_text(text: str) -> None:
    found = typed(text)
    for item in found.entities:
        assert 0 <= item["offset"] < item["offset"] + item["length"] <= units(found.text)
