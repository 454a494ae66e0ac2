"""From bytes to text as publishers really write them: what the bytes say outweighs any label.

Order: byte order mark, valid UTF-8, header, declaration, trial. One bad byte does not change the
charset of a document, it is replaced.
"""

import codecs
import re
from dataclasses import dataclass

from feeds.failures import Malformed
from feeds.flaws import Flaw

# What publishers use. Anything else (utf-7, idna, unicode_escape …) is never decoded.
_CHARSETS = (
    "utf-8 ascii utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be "
    "cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp874 cp866 "
    "iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 "
    "iso8859-10 iso8859-11 iso8859-13 iso8859-14 iso8859-15 iso8859-16 tis-620 "
    "koi8-r koi8-u mac-cyrillic mac-roman "
    "big5 big5hkscs gb2312 gbk gb18030 euc_jp euc_kr cp949 shift_jis cp932 iso2022_jp"
)
_ALLOWED = frozenset(_CHARSETS.split())
# As browsers do: the second is a superset of the first, and what is meant.
_SUPERSETS = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_TRIALS = ("cp1252", "cp1251", "koi8-r", "cp1250")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_WORD = re.compile(r"[^\W\d_]{3,}")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]+")
_SAMPLE = 20_000
# The first byte of a two- or three-byte sequence, read as Windows-1252, and the second after it.
_SECOND = bytes(range(0x80, 0xC0)).decode("cp1252", "ignore")
_TWICE = re.compile(rf"[\u00c2-\u00f4][\x80-\x9f{re.escape(_SECOND)}]")
_FEWEST_TWICE = 4
_REPLACED = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text without a byte order mark, the charset it was read in and what was wrong with it."""

    text: str
    charset: str
    flaws: tuple[Flaw, ...] = ()


def decode(body: bytes, *, content_type: str = "") -> Decoded:
    """Read ``body``; ``content_type`` is the header of the answer. Raises ``Malformed``."""
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return _replacing(body[len(mark) :], charset)
    for start, charset in _UNMARKED:
        if body.startswith(start):
            return _replacing(body, charset)
    labels = _labels(body, content_type)
    if "iso2022_jp" in labels and b"\x1b" in body:
        return _replacing(body, "iso2022_jp")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _not_quite_utf8(body, labels)
    if body.isascii():
        return Decoded(text, "utf-8")
    if (mended := _encoded_once(text)) is not None:
        return Decoded(mended, "utf-8", (Flaw.CHARSET,))
    mislabelled = labels[-1:] not in ([], ["utf-8"])
    return Decoded(text, "utf-8", (Flaw.CHARSET,) if mislabelled else ())


def _encoded_once(text: str) -> str | None:
    """Undo UTF-8 that was taken for Windows-1252 and encoded again; None when it was not.

    All of the document must read as UTF-8 a second time, which no honest text does by chance.
    """
    if not _TWICE.search(text):
        return None
    try:
        once = text.encode("cp1252", errors="tocsin-c1").decode("utf-8")
    except UnicodeError:
        return None
    return once if len(text) - len(once) >= _FEWEST_TWICE else None


def _keep_controls(error: UnicodeError) -> tuple[bytes, int]:
    """cp1252 leaves five bytes undefined; what was saved twice carries them as C1 controls."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return error.object[error.start : error.end].encode("latin-1"), error.end


codecs.register_error("tocsin-c1", _keep_controls)


def _not_quite_utf8(body: bytes, labels: list[str]) -> Decoded:
    utf8 = body.decode("utf-8", errors="replace")
    if _nearly(utf8):
        return Decoded(utf8, "utf-8", (Flaw.BAD_BYTES,))
    for charset in labels:
        if charset != "utf-8":
            decoded = _replacing(body, charset)
            if _nearly(decoded.text):
                return decoded
    charset = max(_TRIALS, key=lambda c: _likelihood(body, c))
    return Decoded(body.decode(charset, errors="replace"), charset, (Flaw.CHARSET,))


def _nearly(text: str) -> bool:
    """Few enough bad bytes among many good characters beyond ASCII to keep the charset."""
    bad = text.count(_REPLACED)
    good = len(text.encode("utf-8", "replace")) - len(text) - 2 * bad
    return bad * 10 <= max(good, 0)


def _replacing(body: bytes, charset: str) -> Decoded:
    text = body.decode(charset, errors="replace")
    if charset == "cp1252" and _REPLACED in text:
        text = body.decode("latin-1")
    flaws = (Flaw.BAD_BYTES,) if _REPLACED in text else ()
    return Decoded(text.removeprefix("\N{BOM}"), charset, flaws)


def _labels(body: bytes, content_type: str) -> list[str]:
    """Charsets that the header and then the declaration name, under one spelling each."""
    named = [match[1] for match in [_CHARSET.search(content_type)] if match]
    named += [match[1].decode("ascii") for match in [_DECLARED.search(body[:1024])] if match]
    return [charset for charset in map(_normal, named) if charset]


def _normal(label: str) -> str:
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return ""
    if name == "utf-7":
        # No publisher uses it, and it hides markup from every filter.
        raise Malformed(reason="utf-7")
    name = name if name in _ALLOWED else ""
    return _SUPERSETS.get(name, name)


def _likelihood(body: bytes, charset: str) -> float:
    """How much the text looks like words of one script: the share of words that make sense."""
    sample = _around_high_bytes(body).decode(charset, errors="replace")
    words = [word for word in _WORD.findall(sample) if not word.isascii()]
    if not words:
        return 0.0
    return sum(_makes_sense(word) for word in words) / len(words)


def _around_high_bytes(body: bytes) -> bytes:
    pieces = re.findall(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*", body[:200_000])
    return b" ".join(pieces)[:_SAMPLE]


def _makes_sense(word: str) -> bool:
    if not (word.islower() or word.istitle() or word.isupper()):
        return False
    if _CYRILLIC.fullmatch(word):
        return True
    # Latin letters with accents stand among plain ones; a word of accents only is a wrong guess.
    plain = sum(letter.isascii() for letter in word)
    return bool(_LATIN.fullmatch(word)) and plain * 2 >= len(word)
