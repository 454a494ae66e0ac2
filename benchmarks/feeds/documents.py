"""Feeds as large as usual ones: thirty items, some 63 kB; each version has one item more."""

import random
from functools import cache

ITEMS = 30
PARAGRAPH = (
    "The council met for the evening and heard residents about the bridge, the market "
    "and the tram; the vote is put off to Thursday, and the minutes are to be published. "
)


def rss(version: int) -> bytes:
    """RSS 2.0; every version has one new item, and has lost its oldest one."""
    rows = "".join(map(_item, _numbers(version)))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        "<title>The Town Paper</title><link>https://paper.example/</link>"
        f"<language>en</language><description>Local news</description>{rows}</channel></rss>"
    ).encode()


def _item(number: int) -> str:
    text = f"<p>{PARAGRAPH}</p>" * 5 + f"<p>This is report number {number} of the year.</p>"
    shown = text.replace("<", "&lt;").replace(">", "&gt;")
    return (
        f"<item><title>Report {number}: what the council heard on evening {number}</title>"
        f"<link>https://paper.example/reports/{number}</link>"
        f'<guid isPermaLink="false">report-{number}</guid>'
        f"<pubDate>Sat, 21 Nov 2026 {number // 60 % 24:02}:{number % 60:02}:00 GMT</pubDate>"
        f"<category>Council</category><description>{shown}</description>"
        f"<author>paper@paper.example</author></item>\n"
    ).replace(PARAGRAPH, PARAGRAPH * 2)


WORDS = (
    "bridge",
    "council",
    "evening",
    "market",
    "tram",
    "vote",
    "resident",
    "minute",
    "ticket",
    "school",
    "river",
    "street",
    "office",
    "station",
    "garden",
    "library",
    "winter",
    "letter",
    "harbour",
    "bakery",
    "engine",
    "museum",
    "village",
    "orchestra",
    "window",
    "teacher",
    "signal",
    "meadow",
    "captain",
    "kitchen",
    "paper",
    "journey",
    "border",
    "tailor",
    "copper",
    "lantern",
    "forest",
)


def told(source: int, version: int) -> bytes:
    """RSS 2.0 of a medium that writes its own texts; each version has one new item.

    Titles end in a mark by which a message is recognised where it arrives.
    """
    rows = "".join(_told(source, number) for number in _numbers(version))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>Paper {source}</title><link>https://paper{source}.example/</link>"
        f"<language>en</language><description>Local news</description>{rows}</channel></rss>"
    ).encode()


@cache
def _told(source: int, number: int) -> str:
    """Made once: who serves it must not take the cores of those who are measured."""
    chance = random.Random(source * 100_003 + number)
    paragraphs = "".join(f"<p>The {' '.join(_some(chance, 28))}.</p>" for _ in range(7))
    return (
        f"<item><title>{' '.join(_some(chance, 9)).capitalize()} mark-{source}n{number}</title>"
        f"<link>https://paper{source}.example/news/{number}?utm_source=rss</link>"
        f'<guid isPermaLink="false">news-{number}</guid>'
        f"<pubDate>Sat, 21 Nov 2026 {number // 60 % 24:02}:{number % 60:02}:00 GMT</pubDate>"
        f"<dc:creator>Newsroom</dc:creator><category>{chance.choice(WORDS)}</category>"
        f"<description><![CDATA[{paragraphs}]]></description></item>\n"
    )


def _numbers(version: int) -> range:
    """Of the items that a version holds, newest first."""
    return range(ITEMS + version, version, -1)


def _some(chance: random.Random, count: int) -> list[str]:
    return [chance.choice(WORDS) for _ in range(count)]
