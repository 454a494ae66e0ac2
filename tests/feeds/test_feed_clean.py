"""Nothing that a publisher writes reaches a reader as anything but plain text and safe links."""

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import clean

NOW = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("<p>One</p><p>Two</p>", "One Two"),
        ("One<br>Two<br/>Three", "One Two Three"),
        ("<b>bold</b>ly", "boldly"),
        ("a &amp; b &lt;c&gt; &#8212; &nbsp;d", "a & b <c> — d"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("<script>alert(1)</script>text<style>p{}</style>", "text"),
        ("<a href='javascript:x' onclick='y'>link</a>", "link"),
        ("<img src=x onerror=alert(1)>after", "after"),
        ("2 < 3 & 4 > 1", "2 < 3 & 4 > 1"),
        ("<!-- hidden -->seen", "seen"),
        ("<ul><li>a</li><li>b</li></ul>", "a b"),
        ("<p>unclosed <b>bold", "unclosed bold"),
        ("<svg><script>x</script></svg>y", "y"),
        ("", ""),
    ],
)
def test_markup_becomes_text(markup: str, shown: str) -> None:
    assert clean.plain(markup, longest=600) == shown


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("if x<y then z", "if x<y then z"),
        ("AT&amp;T and <b>more</b>", "AT&T and more"),
        ("AT&amp;T", "AT&T"),
        ("Generic List<String> explained", "Generic List<String> explained"),
        ("<3 Minsk", "<3 Minsk"),
        ("Price &#x0024;3", "Price $3"),
    ],
)
def test_a_title_is_markup_only_where_it_shows_a_tag(title: str, shown: str) -> None:
    assert clean.heading(title, longest=300) == shown


def test_invisible_characters_go_and_joiners_stay() -> None:
    assert (
        clean.line("a\u202eb\u2066c\u200f\u200bd\ufeff\u00ade\U000e0041\x07", longest=300)
        == "abcde"
    )
    persian, family = "می\u200cخواهم", "👩\u200d👩\u200d👧"
    assert clean.line(f"{persian} {family}", longest=300) == f"{persian} {family}"
    assert clean.line("سلام دنیا", longest=300) == "سلام دنیا"


def test_letters_are_composed_and_marks_not_stacked() -> None:
    assert clean.line("и\u0306", longest=300) == "й"
    stacked = clean.line("Z" + "\u0301" * 500, longest=300)
    assert sum(unicodedata.combining(character) > 0 for character in stacked) <= 3


def test_a_long_text_is_cut_at_a_word() -> None:
    cut = clean.cut("слово за словом " * 100, longest=100)
    assert cut.endswith("слово…") or cut.endswith("за…") or cut.endswith("словом…")
    assert 80 <= clean.units(cut) <= 100


def test_a_text_of_emoji_is_cut_between_them() -> None:
    cut = clean.cut("😀" * 400, longest=300)
    assert clean.units(cut) <= 300
    assert cut == "😀" * 149 + "…"


@given(st.text(), st.integers(min_value=2, max_value=80))
def test_a_line_is_always_fit_to_show(text: str, longest: int) -> None:
    shown = clean.line(text, longest=longest)
    assert clean.units(shown) <= longest
    assert clean.line(shown, longest=longest) == shown
    assert all(c.isprintable() or c in "\u200c\u200d" for c in shown)
    shown.encode("utf-8")


@given(st.text(alphabet="<>&;/ab\"'=!-# ", max_size=200))
def test_any_markup_becomes_a_bounded_text(text: str) -> None:
    assert clean.units(clean.plain(text, longest=100)) <= 100


@pytest.mark.parametrize(
    ("link", "canonical"),
    [
        ("https://a.example/x?utm_source=rss&id=3", "https://a.example/x?id=3"),
        ("https://a.example/x?fbclid=1", "https://a.example/x"),
        ("https://a.example/x?id=3&UTM_Medium=b", "https://a.example/x?id=3"),
        ("https://a.example/x#xtor=RSS-1", "https://a.example/x"),
        ("https://a.example/x#chapter", "https://a.example/x#chapter"),
        ("HTTPS://A.example:443/x", "https://a.example/x"),
        ("https://пример.рф/a", "https://xn--e1afmkfd.xn--p1ai/a"),
        ("https://аpple.com/", "https://xn--pple-43d.com/"),
        ("https://a.example./x", "https://a.example/x"),
        ("https://a.example/?q=1+2", "https://a.example/?q=1+2"),
        ("https://a.example/?q=%D1%8F&empty=", "https://a.example/?q=%D1%8F&empty="),
    ],
)
def test_links_have_one_form(link: str, canonical: str) -> None:
    assert clean.link(link) == canonical
    assert clean.link(canonical) == canonical


@pytest.mark.parametrize(
    "link",
    [
        *("", "x", "/relative", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"),
        *("tg://resolve?domain=x", "mailto:a@b.example", "ftp://a.example/", "http://"),
        *("https://user@a.example/", "https://u:p@a.example/", "https://bbc.co.uk@evil.example/"),
        *("http://127.0.0.1/", "http://8.8.8.8/", "http://[::1]/", "http://0x7f000001/"),
        *("http://2130706433/", "http://127.1/", "http://0x7f.1/", "http://localhost/"),
        *("https://a.example\\@evil.example/", "http://a.example:99999/", "http://[::1"),
        *("https://a.example/" + "x" * 3000, "http://a..example%00/"),
    ],
)
def test_links_that_may_mislead_are_dropped(link: str) -> None:
    assert clean.link(link) == ""


def test_very_long_guids_stay_distinct() -> None:
    one, other = clean.guid("x" * 5000 + "1"), clean.guid("x" * 5000 + "2")
    assert one != other
    assert max(len(one), len(other)) <= clean.LONGEST_GUID
    assert clean.guid(" urn:1\ud800\n") == "urn:1"


@pytest.mark.parametrize(
    ("tag", "language"),
    [("be-BY", "be-by"), ("ru", "ru"), ("zh_Hant_TW", "zh-hant-tw"), ("english", None), ("", None)],
)
def test_only_language_tags_are_languages(tag: str, language: str | None) -> None:
    assert clean.language(tag) == language


def test_dates_that_cannot_be_are_unknown() -> None:
    for off, kept in ((-8, False), (-6, True), (0, True)):
        when = NOW + timedelta(days=off)
        assert clean.clamp_date(when, now=NOW) == (when if kept else None)
    assert clean.clamp_date(NOW + timedelta(minutes=59), now=NOW) is not None
    assert clean.clamp_date(NOW + timedelta(minutes=61), now=NOW) is None
    assert clean.clamp_date(None, now=NOW) is None
