"""Real documents of real publishers: read like the reference, or better, and why."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from feeds import clean
from feeds.decide import Flood, Known, decide
from feeds.parse import Parser
from tests.feeds.documents import shared_feeds

SHARED = shared_feeds()
BASE = "https://feeds.example.org/feed.xml"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(SHARED is None, reason="needs the folder of real documents"),
]

# First titles that differ from the reference, each with the reason why ours is the better.
BETTER_TITLES = {
    "craigslist-rdf.xml": (
        "Bright, Spacious Beautiful Victorian (oakland north / temescal) $4300 3bd 1930ft2",
        "markup and entities of the title are read, not shown",
    ),
    "google-alerts-atom.xml": (
        "Report offers Prediction of Automotive Slack Market by Top key players like Haldex, "
        "Meritor, Bendix ...",
        "the title is declared as HTML: its bold tags are read, not shown",
    ),
    "tutby.declares-utf8-is-cp1251.xml": (
        "Гороскоп наоборот. Давайте проверим, случилось ли с вами то, что звезды обещали в этом "
        "году",
        "the bytes are windows-1251 whatever the declaration says",
    ),
    "yandex.mojibake-as-saved.xml": (
        "В Москве из-за сильных морозов объявлен «оранжевый» уровень опасности",
        "UTF-8 that was encoded twice is read as what it was",
    ),
}
# The reference sees a new title where only the publisher's double encoding went away.
ONLY_ENCODING = {"yt:video:-QD1b35zl1g"}


def _rows(file: str) -> list[dict[str, Any]]:
    if SHARED is None:
        return []
    return [json.loads(row) for row in (SHARED / file).read_text("utf-8").splitlines()]


def _spaced(title: str) -> str:
    """The reference keeps no-break and double spaces, which we write as one."""
    return " ".join(title.split())


def _folder() -> Path:
    assert SHARED is not None
    return SHARED


@pytest.mark.parametrize("folder", ["documents", "derived"])
async def test_every_document_is_read_like_the_reference_or_better(
    parser: Parser, folder: str
) -> None:
    oracle = _rows(f"{folder}/oracle.jsonl")
    different = []
    for row in oracle:
        body = (_folder() / folder / row["file"]).read_bytes()
        document = await parser.parse(body, address=BASE)
        better = BETTER_TITLES.get(row["file"], (_spaced(row["first_title"]),))
        if (len(document.entries), document.entries[0].title) != (row["items"], better[0]):
            different.append((row["file"], len(document.entries), document.entries[0].title))
    assert len(oracle) == {"documents": 60, "derived": 10}[folder]
    assert different == []


async def test_what_was_read_is_fit_to_show(parser: Parser) -> None:
    for path in sorted(_folder().glob("d*/*.*")):
        if path.suffix not in (".xml", ".json"):
            continue
        document = await parser.parse(path.read_bytes(), address=BASE)
        for entry in document.entries:
            assert clean.units(entry.title) <= clean.LONGEST_TITLE
            assert clean.units(entry.summary) <= clean.LONGEST_SUMMARY
            assert entry.link == "" or entry.link.startswith(("http://", "https://"))
            assert clean.line(entry.title, longest=300) == entry.title
            assert clean.line(entry.summary, longest=600) == entry.summary
            for when in (entry.published, entry.updated):
                assert when is None or when.tzinfo is not None


@pytest.mark.parametrize("row", _rows("pairs/expected.jsonl"), ids=lambda row: str(row["v2"]))
async def test_a_second_reading_finds_what_came_and_what_went(
    parser: Parser, row: dict[str, Any]
) -> None:
    first, second = [
        await parser.parse((_folder() / "pairs" / row[version]).read_bytes(), address=BASE)
        for version in ("v1", "v2")
    ]
    met = decide([], first, first_sight=True).already_there
    known = [Known(number, arrival.keys) for number, arrival in enumerate(met)]
    decision = decide(known, second)
    names = [arrival.entry.guid or arrival.entry.link for arrival in decision.new]
    gone = {met[item].entry.guid or met[item].entry.link for item in decision.absent}
    retitled = {s.entry.guid for s in decision.changed if s.entry.title != met[s.item].entry.title}
    assert len(met) == row["items_v1"]
    assert names == [_canonical(name, names) for name in row["new_ids"]]
    assert gone == {_canonical(name, gone) for name in row["gone_ids"]}
    assert retitled == set(row["title_changed_ids"]) - ONLY_ENCODING
    turned_over = len(row["new_ids"]) == row["items_v2"]
    assert decision.flood == (Flood.TURNOVER if turned_over else None)


def _canonical(name: str, ours: Collection[str]) -> str:
    """Where a feed has no guids the reference names items by the raw link, tracking included."""
    return name if name in ours else clean.link(name)
