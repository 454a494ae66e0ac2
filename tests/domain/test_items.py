"""Items: as many distinct people as their source demands, for exactly one text."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import Refused, Stale
from bot.domain.items import (
    LIFETIME,
    Flag,
    Item,
    ItemClaimed,
    ItemDecided,
    ItemExpired,
    ItemId,
    ItemState,
    ParkedAlready,
    SourceHeld,
    Vote,
)
from bot.domain.sources import Source, SourceId, SourceState
from bot.domain.staff import AlreadyApproved, SameBranch, Staff, StaffId
from tests.domain.test_sources import NOW, PROBATION, editor

TRUSTED = replace(PROBATION, state=SourceState.TRUSTED)
QUEUED = Item(
    id=ItemId(1),
    source=SourceId(1),
    title="Water is back",
    summary="In three streets.",
    link="https://news.example.org/1",
    language="en",
    published=None,
    fetched_at=NOW,
    expires_at=NOW + LIFETIME,
)


def approve(
    item: Item, by: Staff, *agreed: Staff, source: Source = PROBATION, now: datetime = NOW
) -> Item:
    """Approve the edition at hand, with several branches of staff."""
    return item.approve(by, edition=item.edition, source=source, agreed=agreed, branches=3, now=now)


def reword(item: Item, title: str, summary: str = "") -> Item:
    """Its medium changed the text, and nothing that two people look at."""
    return item.edited(title=title, summary=summary, flags=item.flags, impact=item.impact)


def test_an_item_of_a_source_on_probation_needs_two_people() -> None:
    once = approve(QUEUED, editor(1))
    assert once.state is ItemState.QUEUED
    twice = approve(once, editor(2), editor(1))
    assert (twice.state, twice.approved) == (ItemState.APPROVED, (StaffId(1), StaffId(2)))


def test_an_item_of_a_trusted_source_needs_one() -> None:
    assert approve(QUEUED, editor(1), source=TRUSTED).state is ItemState.APPROVED


def test_the_same_person_does_not_approve_twice() -> None:
    with pytest.raises(AlreadyApproved):
        approve(approve(QUEUED, editor(1)), editor(1), editor(1))


def test_two_people_of_one_branch_do_not_suffice_where_there_are_two() -> None:
    once = approve(QUEUED, editor(1))
    with pytest.raises(SameBranch):
        approve(once, editor(2, branch=1), editor(1))
    alone = once.approve(
        editor(2, branch=1), edition=1, source=PROBATION, agreed=[editor(1)], branches=1, now=NOW
    )
    assert (alone.state, alone.one_branch) == (ItemState.APPROVED, True)


@pytest.mark.parametrize(
    "state", [s for s in SourceState if not replace(PROBATION, state=s).relays]
)
def test_nothing_of_a_source_that_does_not_relay_is_approved(state: SourceState) -> None:
    with pytest.raises(SourceHeld):
        approve(QUEUED, editor(1), source=replace(PROBATION, state=state))


def test_an_approval_is_for_the_text_that_was_shown() -> None:
    edited = reword(approve(QUEUED, editor(1)), "Water is off")
    assert edited.approved == ()
    with pytest.raises(Stale):
        edited.approve(editor(2), edition=1, source=PROBATION, agreed=(), branches=2, now=NOW)


def test_what_another_editor_has_open_waits_until_the_claim_ends() -> None:
    claimed = replace(QUEUED, claimed_by=StaffId(2), claimed_until=NOW + timedelta(minutes=10))
    with pytest.raises(ItemClaimed):
        approve(claimed, editor(1))
    assert approve(claimed, editor(2)).claimed_by is None
    assert approve(claimed, editor(1), now=NOW + timedelta(minutes=10)).approved


def test_after_three_days_nothing_is_published() -> None:
    with pytest.raises(ItemExpired):
        approve(QUEUED, editor(1), now=NOW + LIFETIME)


def test_a_decision_stands() -> None:
    rejected = QUEUED.reject(editor(1), edition=1, now=NOW)
    with pytest.raises(ItemDecided):
        approve(rejected, editor(2))
    with pytest.raises(ItemDecided):
        QUEUED.sent("ABCD-EFGH", NOW)


def test_a_change_after_sending_keeps_what_was_sent_and_records_the_new_text() -> None:
    sent = approve(QUEUED, editor(1), source=TRUSTED).sent("ABCD-EFGH", NOW)
    changed = reword(sent, "Water is off", "Again.")
    assert changed.state is ItemState.CHANGED
    assert (changed.title, changed.latest_title) == ("Water is back", "Water is off")


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 4),
            st.sampled_from(["approve", "reject", "edit"]),
            st.sampled_from(list(SourceState)),
        ),
        max_size=12,
    )
)
def test_no_item_of_a_probation_source_is_approved_by_fewer_than_two(
    steps: list[tuple[int, str, SourceState]],
) -> None:
    item = QUEUED
    for who, what, state in steps:
        source = replace(PROBATION, state=state)
        before = item
        with suppress(Refused):
            if what == "approve":
                earlier = [editor(id) for id in item.approved]
                item = approve(item, editor(who), *earlier, source=source)
            elif what == "reject":
                item = item.reject(editor(who), edition=item.edition, now=NOW)
            else:
                item = reword(item, f"{item.title}!")
        if item.state is ItemState.APPROVED and before.state is not ItemState.APPROVED:
            assert source.relays
            assert len(set(item.approved)) >= source.people_needed
            assert len(set(item.approved)) == len(item.approved)


def vote(item: Item, source: Source, agreed: tuple[StaffId, ...]) -> Vote:
    """On the edition at hand, with several branches of staff."""
    earlier = [editor(id) for id in agreed]
    return Vote(edition=item.edition, source=source, agreed=earlier, branches=4, now=NOW)


def lead_of(item: Item) -> Item:
    """What is public of the same story, by another medium."""
    other = replace(QUEUED, id=ItemId(9), source=SourceId(9), approved=(StaffId(1),), needed=1)
    return replace(other, state=ItemState.SENT, code="WXYZ-1234", sent_at=NOW, story=item.root)


STEPS = ("approve", "amend", "join", "reject", "park", "back", "edit", "apart", "lose")


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(STEPS)), max_size=14),
    st.sampled_from([SourceState.PROBATION, SourceState.TRUSTED]),
    st.booleans(),
    st.sampled_from([frozenset(), frozenset({Flag.PHONE})]),
)
def test_whatever_is_public_was_agreed_to_by_as_many_as_it_takes(
    steps: list[tuple[int, str]], state: SourceState, impact: bool, flags: frozenset[Flag]
) -> None:
    source = replace(PROBATION, state=state)
    item = replace(QUEUED, impact=impact, flags=flags)
    needed = 1 if state is SourceState.TRUSTED and not impact and not flags else 2
    for who, step in steps:
        before, by = item, editor(who)
        with suppress(Refused):
            match step:
                case "approve":
                    item = item.approve(by, **vote(item, source, item.approved))
                    if item.state is ItemState.APPROVED:
                        item = item.sent("ABCD-EFGH", NOW)
                case "amend":
                    item = item.amend(by, **vote(item, source, item.amending))
                case "join":
                    item = item.join(by, lead_of(item), **vote(item, source, item.amending))
                case "reject":
                    item = item.reject(by, edition=item.edition, now=NOW)
                case "park":
                    item = item.park(by, edition=item.edition, now=NOW)
                case "back":
                    item = item.back()
                case "edit":
                    item = reword(item, f"{item.title}!")
                case "apart" if item.state is ItemState.QUEUED:
                    item = item.apart()
                case _:
                    item = item.without(by.id)
        if item.state is before.state and item.title == before.title:
            continue
        if item.state in (ItemState.SENT, ItemState.JOINED) and step not in ("edit", "reject"):
            assert len(set(item.approved)) == len(item.approved) >= needed
            assert who in item.approved


def test_a_report_is_carried_by_those_who_approved_what_it_stands_below() -> None:
    lead = lead_of(QUEUED)
    assert QUEUED.carried(lead, PROBATION) is None
    assert replace(QUEUED, flags=frozenset({Flag.CARD})).carried(lead, TRUSTED) is None
    carried = QUEUED.carried(lead, TRUSTED)
    assert carried is not None
    assert (carried.state, carried.code) == (ItemState.JOINED, lead.code)


def test_a_second_source_is_asked_for_once() -> None:
    parked = QUEUED.park(editor(1), edition=1, now=NOW)
    with pytest.raises(ItemDecided):
        approve(parked, editor(1))
    with pytest.raises(ParkedAlready):
        parked.back().park(editor(2), edition=1, now=NOW)


def test_flags_of_what_people_have_stay_until_nobody_has_it() -> None:
    sent = replace(approve(QUEUED, editor(1), source=TRUSTED).sent("ABCD-EFGH", NOW), impact=True)
    edited = sent.edited(title="Other", summary="", flags=frozenset({Flag.PHONE}), impact=False)
    assert (edited.flags, edited.impact) == (frozenset({Flag.PHONE}), True)
    assert edited.needs(TRUSTED) == 2
