"""`tocsin source`: what the operator sees and does about media, on either database."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.cli.trouble import Exit
from bot.domain.evidence import Check
from bot.domain.sources import Found, Hold, Reason, SourceState
from bot.services import nominations
from bot.services.looking import look
from tests.cli.conftest import Shell
from tests.cli.sources.newsstand import Newsstand, served
from tests.publisher import Story, rss, stories


def test_a_source_is_proposed_listed_and_shown(anywhere: Newsstand) -> None:
    address = served(anywhere)
    said = anywhere.said("add", address, "--district", "minsk", "--topic", "strikes")
    assert "source 1 (The Courier) is proposed" in said
    source = anywhere.sources()[0]
    assert source.state is SourceState.NOMINATED
    assert source.proposed_by is None
    assert source.agreed == ()
    assert source.topics == {"strikes"}
    table = anywhere.said("list").splitlines()
    assert table[1].split()[:4] == ["1", "nominated", "The", "Courier"]
    shown = anywhere.said("show", "1")
    for part in ("The Courier", "nominated", address, "Minsk", "strikes"):
        assert part in shown, shown
    assert anywhere.said("show", address) == shown


def test_moderators_hear_of_what_the_operator_proposes(stand: Newsstand) -> None:
    stand.said("add", served(stand), "-d", "minsk")
    told = stand.told()
    assert len(told) == 2
    assert all("A source was proposed" in text and "The Courier" in text for text in told)


def test_two_vet_what_the_operator_proposed_and_one_does_not_suffice(stand: Newsstand) -> None:
    stand.said("add", served(stand), "-d", "minsk")
    stand.vet(1)
    assert stand.sources()[0].state is SourceState.PROBATION
    shown = stand.said("show", "1")
    assert "vetted" in shown
    assert f"{len(Check)} of {len(Check)} checks" in shown
    assert "2 people" in shown
    assert all(f"  {check}" in shown for check in Check)
    assert "Lynx" not in shown
    assert "items in feed" in shown


def test_the_list_is_for_programs_too(stand: Newsstand) -> None:
    assert json.loads(stand.said("list", "--json")) == []
    assert "tocsin source add" in stand.said("list")
    address = served(stand)
    stand.said("add", address, "-d", "minsk")
    stand.vet(1)
    (one,) = json.loads(stand.said("list", "--json"))
    assert one == json.loads(stand.said("show", "1", "--json"))
    assert (one["id"], one["state"], one["address"]) == (1, "probation", address)
    assert one["districts"] == ["minsk"]
    assert one["items"] == 3
    assert one["failing"] is None


def test_a_failure_is_told_in_words(stand: Newsstand) -> None:
    stand.said("add", served(stand), "-d", "minsk")
    stand.publisher.bodies.clear()
    stand.vet(1)
    assert "error 404" in stand.said("show", "1")
    assert "error 404" in stand.said("list")


def test_without_a_district_the_one_country_is_meant(stand: Newsstand) -> None:
    stand.said("add", served(stand))
    assert json.loads(stand.said("show", "1", "--json"))["districts"] == ["by"]


def test_a_district_that_is_not_there_is_said_to_be_so(stand: Newsstand) -> None:
    said = stand.said("add", served(stand), "-d", "atlantis", code=Exit.USAGE)
    assert "no district atlantis" in said
    assert stand.sources() == []


def test_what_is_no_feed_is_said_to_be_so_with_what_the_page_offers(stand: Newsstand) -> None:
    page = (
        b"<html><head><link rel='alternate' type='application/rss+xml' href='/rss'></head></html>"
    )
    address = stand.publisher.put("/", page, "text/html")
    said = stand.said("add", address, "-d", "minsk", code=Exit.PARTLY)
    assert "no feed at this address" in said
    assert stand.publisher.url("/rss") in said
    assert "Nothing was changed" in said


@pytest.mark.parametrize("address", ["http://10.0.0.1/feed", "gopher://example.org/", "nonsense"])
def test_an_address_that_may_not_be_read_is_not(stand: Newsstand, address: str) -> None:
    stand.said("add", address, "-d", "minsk", code=Exit.PARTLY)


def test_a_source_is_not_proposed_twice(stand: Newsstand) -> None:
    address = served(stand)
    stand.said("add", address, "-d", "minsk")
    stand.said("add", address, "-d", "minsk", code=Exit.USAGE)
    assert len(stand.sources()) == 1


def test_the_operator_holds_at_once_and_moderators_are_told(anywhere: Newsstand) -> None:
    anywhere.said("add", served(anywhere), "-d", "minsk")
    anywhere.vet(1)
    anywhere.told()
    said = anywhere.said("hold", "1")
    assert "is held" in said
    assert "two of them" in said
    source = anywhere.sources()[0]
    assert (source.state, source.hold) == (SourceState.HELD, Hold.OPERATOR)
    assert any("by the operator" in text for text in anywhere.told())
    assert "held (operator)" in anywhere.said("list")
    anywhere.said("hold", "1", code=Exit.USAGE)


def test_what_is_not_relayed_cannot_be_held(stand: Newsstand) -> None:
    stand.said("add", served(stand), "-d", "minsk")
    stand.said("hold", "1", code=Exit.USAGE)
    assert stand.sources()[0].state is SourceState.NOMINATED


@pytest.mark.parametrize("command", ["show", "hold"])
@pytest.mark.parametrize("named", ["99", "https://nobody.example.org/", "99999999999999"])
def test_a_source_that_is_not_there_is_said_to_be_so(
    stand: Newsstand, command: str, named: str
) -> None:
    said = stand.said(command, named, code=Exit.USAGE)
    assert f"There is no source {named}" in said
    assert "source list" in said


def test_every_command_teaches_with_an_example(shell: Shell) -> None:
    for command in ("list", "show", "add", "hold", "import", "export"):
        assert "Example" in shell("source", command, "--help").stdout


def test_a_source_is_tried_out_and_nothing_is_stored(anywhere: Newsstand) -> None:
    address = served(anywhere)
    said = anywhere.said("test", address)
    for part in ("The Courier", "whole", "taken apart", "bytes", "ETag", "rss20, utf-8", "English"):
        assert part in said, said
    assert "all 3 would be noted as seen, and none relayed" in said
    assert "as readers would get it" in said
    assert "Story 1" in said
    assert "Nothing was stored." in said
    assert anywhere.sources() == []
    assert anywhere.told() == []


def test_a_test_says_what_a_reading_would_bring_and_why_two_are_needed(
    anywhere: Newsstand,
) -> None:
    address = served(anywhere)
    anywhere.said("add", address, "-d", "minsk")
    anywhere.vet(1)
    anywhere.told()
    new = [
        Story("The office moved", "https://news.example.org/8", "Ask +375 29 123-45-67 for more."),
        Story("Water is back", "https://news.example.org/9"),
    ]
    anywhere.publisher.put("/feed", rss([*new, *stories(1, 2, 3)]))
    before = anywhere.sources(), json.loads(anywhere.said("show", "1", "--json"))
    said = anywhere.said("test", "1")
    assert "2 new for moderators" in said
    assert "contains a phone number" in said
    assert "The office moved" in said.partition("as readers would get it")[2]
    found = json.loads(anywhere.said("test", "1", "--json"))
    assert [(item["title"], item["flags"]) for item in found["new"]] == [
        ("Water is back", []),
        ("The office moved", ["phone"]),
    ]
    assert found["new"][1]["people_needed"] == 2
    assert found["source"] == 1
    assert set(found["milliseconds"]) >= {"connection", "first byte", "whole", "taken apart"}
    assert (anywhere.sources(), json.loads(anywhere.said("show", "1", "--json"))) == before
    assert anywhere.told() == []
    assert anywhere.queued() == 0


def test_a_test_says_when_the_source_would_be_held(stand: Newsstand) -> None:
    stand.said("add", served(stand), "-d", "minsk")
    stand.vet(1)
    stand.publisher.put("/feed", rss(stories(*range(100, 130))))
    assert "would be held" in stand.said("test", "1")
    assert stand.sources()[0].hold is None


def test_a_test_that_fails_says_why(stand: Newsstand) -> None:
    said = stand.said("test", stand.publisher.url("/nothing"), code=Exit.PARTLY)
    assert "error 404" in said
    stand.said("test", "99", code=Exit.USAGE)


def test_the_operator_is_warned_of_a_likeness_and_of_an_earlier_refusal(
    stand: Newsstand, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def alike(*args: Any) -> Found:
        found = await look(*args)
        return replace(found, lookalike="courier.example", rejected=Reason.UNRELIABLE)

    monkeypatch.setattr(nominations, "look", alike)
    said = stand.said("add", served(stand), "-d", "minsk")
    assert "taken for courier.example" in said
    assert "refused it before" in said
