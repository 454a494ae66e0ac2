"""Documents built to hang, swell or break their reader, made on the spot."""

import gzip
import json
import random

from tests.feeds.documents import DATA

_RSS = "<?xml version='1.0' encoding='{encoding}'?>{prolog}<rss version='2.0'>{inner}</rss>"


def rss(inner: str, *, prolog: str = "", encoding: str = "utf-8") -> bytes:
    """A document around ``inner``."""
    return _RSS.format(encoding=encoding, prolog=prolog, inner=inner).encode()


def item(inner: str) -> bytes:
    """A document of one item."""
    return rss(f"<channel><title>t</title><item>{inner}</item></channel>")


def json_feed(**fields: object) -> bytes:
    """A JSON Feed with ``fields``."""
    return json.dumps({"version": "https://jsonfeed.org/version/1", **fields}).encode()


_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
_LAUGH = "<channel><title>&l9;</title><item><title>&l9;</title></item></channel>"
_QUADRATIC = f'<!DOCTYPE r [<!ENTITY a "{"a" * 200_000}">]>'
_FILE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
_TITLE_X = "<channel><title>&x;</title><item><title>&x;</title></item></channel>"
_DATES = "".join(
    f"<item><title>{n}</title><pubDate>{date}</pubDate></item>"
    for n, date in enumerate(
        ["0000-00-00", "99999", "9999-99-99T99:99:99Z", "1" * 400, "2024-13-45", "-1", "\u0661"]
    )
)

DOCUMENTS: dict[str, bytes] = {
    "billion laughs": rss(_LAUGH, prolog=f"<!DOCTYPE r [{_LAUGHS}]>"),
    "laughs after a comment": rss(_LAUGH, prolog=f"<!-- x --><!DOCTYPE r [{_LAUGHS}]>"),
    "laughs after a false root": rss(_LAUGH, prolog=f"<!-- <a b> --><!DOCTYPE r [{_LAUGHS}]>"),
    "laughs after the root": rss(f"<!DOCTYPE r [{_LAUGHS}]>{_LAUGH}"),
    "laughs in utf-16": rss(_LAUGH, prolog=f"<!DOCTYPE r [{_LAUGHS}]>", encoding="utf-16")
    .decode()
    .encode("utf-16-le"),
    "quadratic entity": rss(
        f"<channel><item><title>{'&a;' * 2000}</title></item></channel>", prolog=_QUADRATIC
    ),
    "file entity": rss(_TITLE_X, prolog=_FILE),
    "external doctype": rss(_TITLE_X, prolog='<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd">'),
    "parameter entity": rss(_TITLE_X, prolog='<!DOCTYPE r [<!ENTITY % p SYSTEM "file:///x"> %p;]>'),
    "xinclude": item('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///x"/>'),
    "unclosed doctype": rss("", prolog="<!DOCTYPE r [<!ELEMENT a (b)>" + "<!-- x -->" * 9000),
    "long prolog": rss("", prolog="<?pi " + "x" * 1_000_000 + "?>"),
    "newlines before the root": b"\n" * 2_000_000 + item("<title>t</title>"),
    "newlines before a doctype": b"\n" * 1_000_000 + b"<!DOCTYPE rss>" + item("<title>t</title>"),
    "dotted author": item("<author>" + "a." * 100_000 + "</author>"),
    "author of at signs": item("<author>" + "a@" * 100_000 + "</author>"),
    "style attribute": item(
        '<description>&lt;p style="' + "a" * 100_000 + '!"&gt;x&lt;/p&gt;</description>'
    ),
    "many attributes": item(
        "<title " + " ".join(f"a{n}='b'" for n in range(60_000)) + ">x</title>"
    ),
    "nested xml:base": rss("<a xml:base='b/'>" * 40_000),
    "open comments": item("<!--" * 250_000),
    "distinct categories": item("".join(f"<category>{n}</category>" for n in range(40_000))),
    "distinct namespaces": item("".join(f"<a xmlns:n{n}='u:{n}'/>" for n in range(40_000))),
    "deep nesting": rss("<a>" * 140_000),
    "deeper nesting": rss("<a>" * 500_000),
    "long title": item(f"<title>{'x' * 2_000_000}</title>"),
    "long description": item(f"<description>{'x &lt;b&gt; ' * 150_000}</description>"),
    "nested markup": item(f"<description>{'&lt;div&gt;' * 150_000}</description>"),
    "many items": rss("<channel>" + "<item/>" * 200_000 + "</channel>"),
    "nul in the charset": rss("<channel/>", encoding="utf\0-8"),
    "codec that is no charset": rss(
        "<channel><title>\u044f</title></channel>", encoding="punycode"
    ),
    "undefined charset": rss("<channel><title>\u044f</title></channel>", encoding="undefined"),
    "base64 charset": rss("<channel><title>\u044f</title></channel>", encoding="base64"),
    "utf-7": rss("<channel><title>+ADw-script+AD4-</title></channel>", encoding="utf-7"),
    "utf-32": item("<title>t</title>").decode().encode("utf-32"),
    "odd utf-16": b"\xff\xfe" + item("<title>t</title>").decode().encode("utf-16-le")[:-1],
    "direction marks": item("<title>a\u202eb\u2066c\u200f\U000e0041</title>"),
    "combining marks": item(f"<title>a{chr(0x301) * 100_000}</title>"),
    "impossible dates": rss(f"<channel>{_DATES}</channel>"),
    "equal guids": rss("<channel>" + "<item><guid>g</guid></item>" * 1000 + "</channel>"),
    "characters beyond Unicode": item("<title>&#x110000;&#99999999999;&#xD800;&#0;</title>"),
    "unclosed cdata": item("<title><![CDATA[" + "x" * 500_000),
    "marked sections": item("<![x[" * 100_000),
    "open instructions": item("<?x " * 200_000),
    "ampersands": item("<title>" + "&" * 1_000_000 + "</title>"),
    "open tags": item("<a " * 140_000),
    "links with odd ports": item("<link>http://[::1]:99999999/\\</link><guid>http://[</guid>"),
    "base64 content": item("<content mode='base64' type='text/html'>!!!!</content>"),
    "entry within entry": item("<item><title>a</title></item>" * 20_000),
    "border in CDATA": item("<title><![CDATA[" + "</item><item>" * 90_000 + "]]></title>"),
    "border in comments": item("<!-- </item><item> -->" * 60_000),
    "a namespace for each entry": rss(
        "<channel>"
        + "".join(f"<item><x:a xmlns:x='u:{n}'/></item>" for n in range(20_000))
        + "</channel>"
    ),
    "a prefix that changes its meaning": rss(
        "<channel><item><dc:title xmlns:dc='u:a'>x</dc:title></item>"
        "<item><dc:title xmlns:dc='http://purl.org/dc/elements/1.1/'>y</dc:title></item></channel>"
    ),
    "entity in an attribute": item("<title a='&lol;&lol;'>x</title>"),
    "long attribute": item(f"<title a='{'x' * 1_500_000}'>x</title>"),
    "long guid": item(f"<guid>{'g' * 1_500_000}</guid>"),
    "many pictures": item(
        "".join(f"<media:content url='https://a.example/{n}.jpg'/>" for n in range(20_000))
    ),
    "picture of another kind": item(
        "<enclosure type='image/png' url='javascript:alert(1)'/>"
        "<enclosure type='image/png' url='data:image/png;base64,AAAA'/>"
        "<enclosure type='image/png' url='https://127.0.0.1/a.png'/>"
    ),
    "many quotes": item("<description>" + "&quot;" * 250_000 + "</description>"),
    "style and script": item(
        "<description>&lt;style&gt;" + "a{b:c}" * 100_000 + "&lt;/style&gt;</description>"
    ),
    "end tags only": b"<rss>" + b"</item>" * 140_000,
    "equal attributes": item("<title a='1' a='2'>x</title>"),
    "wrong nesting": item("<a><b></a></b>" * 30_000),
    "packed": gzip.compress(item("<title>t</title>")),
    "random bytes": random.Random(1).randbytes(200_000),
    "random bytes in a feed": b"<rss><channel>" + random.Random(2).randbytes(200_000),
    "deep json": b'{"version":"https://jsonfeed.org/version/1","items":' + b"[" * 500_000,
    "json of wrong types": json_feed(items=[{"id": {}, "url": [], "title": 1.5}], title=None),
    "json with surrogates": json_feed(items=[{"id": "\ud800", "title": "\udfff", "url": "\ud800"}]),
    "json with a huge number": b'{"version":"https://jsonfeed.org/version/1","x":' + b"9" * 999_999,
    "json of many items": json_feed(items=[{"id": str(n)} for n in range(60_000)]),
}


def mutated(count: int) -> list[bytes]:
    """Small documents with bytes changed, cut out, doubled and moved; always the same ones."""
    chance = random.Random(20261121)
    seeds = [path.read_bytes() for path in sorted(DATA.iterdir())]
    return [_mutate(chance.choice(seeds), chance) for _ in range(count)]


def _mutate(body: bytes, chance: random.Random) -> bytes:
    changed = bytearray(body)
    for _ in range(chance.randint(1, 12)):
        at, length = chance.randrange(len(changed)), chance.randint(1, 30)
        match chance.randrange(4):
            case 0:
                changed[at : at + length] = chance.randbytes(length)
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = changed[at : at + length] * chance.randint(1, 50)
            case _:
                changed[at:at] = chance.choice([b"<", b">", b"&#x", b"]]>", b"<![CDATA[", b"\0"])
    return bytes(changed) or b"<"
