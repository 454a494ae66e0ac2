"""What the bytes say outweighs what anybody declares about them."""

import codecs

import pytest

from feeds.encoding import decode
from feeds.failures import Malformed
from feeds.flaws import Flaw

RUSSIAN = "Жители района вышли на площадь, несмотря на мороз и сильный ветер. " * 3
FRENCH = "Les élèves manifestaient déjà à côté de l’hôtel de ville; où étaient les élus ? " * 3
POLISH = "Mieszkańcy wyszli na ulicę, żeby zapytać o pieniądze; później była cisza. " * 3


def document(text: str, *, declared: str = "") -> str:
    """A feed around ``text``."""
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return f"{declaration}<rss><channel><title>{text}</title></channel></rss>"


@pytest.mark.parametrize(
    ("mark", "charset"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_a_byte_order_mark_or_its_shape_decides(mark: bytes, charset: str) -> None:
    text = document(RUSSIAN, declared="windows-1251")
    assert decode(mark + text.encode(charset)).text == text


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1251", "us-ascii", "koi8-r"])
def test_valid_utf8_is_utf8_whatever_is_declared(declared: str) -> None:
    text = document(RUSSIAN, declared=declared)
    decoded = decode(text.encode(), content_type=f"text/xml; charset={declared}")
    assert (decoded.text, decoded.charset) == (text, "utf-8")
    assert Flaw.CHARSET in decoded.flaws


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        (RUSSIAN, "windows-1251"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "iso-8859-5"),
        (FRENCH, "windows-1252"),
        (POLISH, "iso-8859-2"),
        ("日本語の新聞です。" * 3, "shift_jis"),
        ("日本語の新聞です。" * 3, "iso-2022-jp"),
        ("Η πόλη ξύπνησε", "windows-1253"),
    ],
)
def test_a_declared_charset_is_used(text: str, charset: str) -> None:
    declared = document(text, declared=charset)
    assert decode(declared.encode(charset)).text == declared
    named = document(text)
    header = f'text/xml; charset="{charset.upper()}"'
    assert decode(named.encode(charset), content_type=header).text == named


def test_the_header_is_asked_before_the_declaration() -> None:
    text = document(RUSSIAN, declared="koi8-r")
    decoded = decode(text.encode("cp1251"), content_type="text/xml; charset=windows-1251")
    assert decoded.text == text


def test_latin1_means_windows_1252() -> None:
    text = document("l’été – déjà", declared="iso-8859-1")
    assert decode(text.encode("cp1252")).text == text


@pytest.mark.parametrize(
    ("text", "charset"),
    [(RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), (FRENCH, "cp1252"), (POLISH, "cp1250")],
)
@pytest.mark.parametrize("declared", ["", "utf-8", "x-nonsense"])
def test_an_undeclared_charset_is_found_by_trial(text: str, charset: str, declared: str) -> None:
    whole = document(text, declared=declared)
    decoded = decode(whole.encode(charset))
    assert (decoded.text, decoded.charset) == (whole, charset)
    assert decoded.flaws == (Flaw.CHARSET,)


def test_one_bad_byte_does_not_change_the_charset() -> None:
    body = document(RUSSIAN).encode().replace("мороз".encode(), b"\xffmoroz", 1)
    decoded = decode(body)
    assert decoded.charset == "utf-8"
    assert "несмотря на \ufffdmoroz и сильный" in decoded.text
    assert decoded.flaws == (Flaw.BAD_BYTES,)


def test_a_body_cut_within_a_letter_stays_utf8() -> None:
    assert decode(document(RUSSIAN).encode()[:-30][:101]).charset == "utf-8"


def test_a_replacement_character_of_the_publisher_is_no_flaw() -> None:
    assert decode(document("a\ufffdb").encode()).flaws == ()


@pytest.mark.parametrize("text", [RUSSIAN, FRENCH])
def test_utf8_that_was_encoded_twice_is_read_once(text: str) -> None:
    twice = "".join(
        chr(byte) if byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else bytes([byte]).decode("cp1252")
        for byte in document(text).encode()
    )
    assert decode(twice.encode()).text == document(text)


def test_text_that_merely_quotes_mojibake_is_left_alone() -> None:
    text = document("Il écrivait « Ã©tÃ© » et « Ã  » pour « été » et « à ».")
    assert decode(text.encode()).text == text


@pytest.mark.parametrize("where", ["header", "declaration"])
def test_utf7_is_refused(where: str) -> None:
    header = "text/xml; charset=utf-7" if where == "header" else ""
    with pytest.raises(Malformed):
        decode(document("x", declared="UTF-7").encode(), content_type=header)
