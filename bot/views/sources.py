"""The moderators' page of sources: the list, and one source with what can be done about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.domain.cascades import Cascade, Since
from bot.domain.districts import Districts
from bot.domain.evidence import Check, Evidence, missing
from bot.domain.sources import STARTS, Motion, Reason, Source, SourceState
from bot.domain.staff import May, Staff, StaffId
from bot.domain.topics import TOPICS
from bot.domain.upkeep import GRACE
from bot.i18n import Translator
from bot.views.districts import short
from bot.views.feeds import why
from bot.views.foreign import foreign
from bot.views.message import Button, Message, Press, Text, button
from bot.views.staff import Menu
from storage.polls import Poll

PAGE = 8
"""Sources per page of the list: as many buttons as fit a phone."""
_PER_HOUR, _PER_DAY = 60, 24 * 60


class ListSources(Press, tag="sol", frozen=True):
    """Show a page of the list."""

    page: int = 0


class OpenSource(Press, tag="soo", frozen=True):
    """Show one source; ``aside``: below, so that what is on the screen stays.

    ``item`` is the published one that somebody came from.
    """

    source: int
    aside: bool = False
    item: int = 0


class Move(Press, tag="som", frozen=True):
    """Ask for a motion, or carry it as the second person: exactly what ``mark`` names."""

    source: int
    motion: Motion
    mark: str = ""


class AskRevoke(Press, tag="sow", frozen=True):
    """Choose since when a revocation takes back; ``item`` is one to begin with."""

    source: int
    item: int = 0


class Revoke(Press, tag="soy", frozen=True):
    """Ask to revoke it."""

    source: int
    since: Since
    item: int = 0


class OpenEvidence(Press, tag="soe", frozen=True):
    """What was checked about it."""

    source: int


class OpenSettings(Press, tag="sog", frozen=True):
    """How it is read and where its items go."""

    source: int


class Object(Press, tag="sox", frozen=True):
    """Drop the pending motion."""

    source: int


class HoldSource(Press, tag="soh", frozen=True):
    """Stop relaying at once; ``aside``: answer below, ``page``: from that page of the list."""

    source: int
    aside: bool = False
    page: int = -1


class TestSource(Press, tag="sot", frozen=True):
    """Read the feed now without storing anything."""

    source: int


class AskReason(Press, tag="soq", frozen=True):
    """Choose why a nomination is rejected."""

    source: int


class RejectSource(Press, tag="sor", frozen=True):
    """Reject a nomination."""

    source: int
    reason: Reason


class Propose(Press, tag="sop", frozen=True):
    """Start proposing a source."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A source as moderators see it; ``poll`` is ``None`` unless it is polled."""

    source: Source
    poll: Poll | None
    sent: int = 0
    log: tuple[Evidence, ...] = ()
    cascade: Cascade | None = None
    lookalike: str = ""
    """The pinned domain that a proposed one is easily taken for."""

    def gaps(self, by: StaffId | None = None) -> list[Check]:
        """What of the checklist is missing, for this person to vet if one is named."""
        source = self.source
        return missing(self.log, {*source.agreed, *([] if by is None else [by])})


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list, from 0."""

    entries: tuple[Entry, ...]
    number: int
    total: int

    @property
    def last(self) -> bool:
        """Whether no page follows."""
        return (self.number + 1) * PAGE >= self.total


def listing(page: Page, by: Staff, t: Translator, tree: Districts, now: datetime) -> Message:
    """One page: title, state, items in the last reading, its age, and what fails.

    Beside each that ``by`` may hold is a button that does it with one tap.
    """
    text = Text().bold(t.count("sources-count", page.total))
    first = page.number * PAGE + 1
    for number, entry in enumerate(page.entries, start=first):
        text.line(_line(number, entry, t, now))
    if not page.entries:
        text.line(t("sources-none"))
    rows = []
    for entry in page.entries:
        row = [button(label(entry.source), OpenSource(entry.source.id))]
        if entry.source.relays and by.may(May.HOLD, entry.source.districts, tree):
            hold = HoldSource(entry.source.id, page=page.number)
            row.append(button(t("source-hold-short"), hold))
        rows.append(row)
    turn = []
    if page.number:
        turn.append(button(t("previous-page"), ListSources(page.number - 1)))
    if not page.last:
        turn.append(button(t("next-page"), ListSources(page.number + 1)))
    last = [button(t("back"), Menu())]
    if by.may_anywhere(May.NOMINATE_SOURCE):
        last.insert(0, button(t("sources-propose"), Propose()))
    return text.message(*rows, turn, last, protect=True)


def card(
    entry: Entry, by: Staff, t: Translator, tree: Districts, now: datetime, *, item: int = 0
) -> Message:
    """One source with everything that ``by`` can do about it; they came from ``item``, if any."""
    source, poll = entry.source, entry.poll
    text = Text().bold(foreign(source.title))
    text.line().code(source.address)
    places = ", ".join(tree.get(d).name(t.lang) for d in sorted(source.districts) if d in tree.all)
    text.line(t("source-scope", language=language(source.language, t), places=places))
    if source.topics:
        shown = ", ".join(topic(one, t) for one in sorted(source.topics))
        text.line(t("source-topics", topics=shown))
    text.line(t("source-state", state=state(entry, t)))
    for line in _history(entry, t):
        text.line(line)
    if poll is not None:
        text.line(reading(poll, t, now))
        if poll.moved:
            text.line(t("source-moved", address=foreign(poll.moved)))
    if source.motion is not None:
        text.gap().line(asked(source, t))
    return text.message(*_actions(entry, by, t, tree, item), protect=True)


def state(entry: Entry, t: Translator) -> str:
    """Where it stands; of a nomination, how far the checks are."""
    source = entry.source
    if source.state is SourceState.NOMINATED and entry.log:
        done = len(Check) - len(entry.gaps())
        return t("source-state-checking", n=done, of=len(Check))
    return t(f"source-state-{source.state}")


def asked(source: Source, t: Translator) -> str:
    """What waits for a second person, and what exactly it is about."""
    lines = [t(f"source-motion-{source.motion}")]
    if source.target:
        lines.append(t("source-motion-target", address=foreign(source.target)))
    if source.cut is not None:
        lines.append(t("source-motion-cut", since=t.stamp(source.cut)))
    return "\n".join(lines)


def since(source: Source, item: int, t: Translator) -> Message:
    """Since when is it taken back?"""
    offered = [one for one in Since if one is not Since.ITEM or item]
    rows = [
        [button(t(f"source-since-{one.name.lower()}"), Revoke(source.id, one, item))]
        for one in offered
    ]
    back = [button(t("back"), OpenSource(source.id))]
    text = Text(t("source-revoke-since", title=foreign(source.title)))
    return text.message(*rows, back, protect=True)


def topic(name: str, t: Translator) -> str:
    """What it is about, in words; what an imported list brought stays as it was written."""
    return t(f"topic-{name}") if name in TOPICS else foreign(name)


def reasons(source: Source, t: Translator) -> Message:
    """Why is it rejected?"""
    rows = [[button(t(f"source-reason-{r}"), RejectSource(source.id, r))] for r in Reason]
    back = [button(t("back"), OpenSource(source.id))]
    return Text(t("source-reject-why", title=foreign(source.title))).message(
        *rows, back, protect=True
    )


def reading(poll: Poll, t: Translator, now: datetime) -> str:
    """How the polling goes: items, age of the last good reading, and what fails."""
    parts = []
    if poll.polled_at is not None:
        parts.append(t.count("source-items", poll.items or 0))
        parts.append(t("source-read", age=age(poll.polled_at, now, t)))
    elif poll.failing is None:
        parts.append(t("source-never-read"))
    if poll.failing is not None:
        parts.append(t("source-failing", why=why(*poll.failing, t)))
    return " · ".join(parts)


def age(when: datetime, now: datetime, t: Translator) -> str:
    """How long ago, in the largest unit that fits: ``5 min``, ``2 h``, ``3 d``."""
    minutes = max(0, int((now - when).total_seconds() // 60))
    if minutes >= _PER_DAY:
        return t("age-days", n=minutes // _PER_DAY)
    if minutes >= _PER_HOUR:
        return t("age-hours", n=minutes // _PER_HOUR)
    return t("age-minutes", n=minutes)


def label(source: Source) -> str:
    """The title short enough for a button."""
    return short(source.title or source.domain)


def language(tag: str, t: Translator) -> str:
    """Name of a feed's language, or that the feed does not say."""
    return t.language_name(tag.split("-")[0]) if tag else t("source-language-unknown")


def _line(number: int, entry: Entry, t: Translator, now: datetime) -> str:
    parts = [t(f"source-state-{entry.source.state}")]
    if entry.poll is not None:
        parts.append(reading(entry.poll, t, now))
    return f"{number}. {foreign(label(entry.source))}: {' · '.join(parts)}"


def _history(entry: Entry, t: Translator) -> Iterator[str]:
    source = entry.source
    if source.hold is not None:
        yield t(f"source-hold-{source.hold}")
    if entry.lookalike:
        yield t("source-lookalike", domain=foreign(entry.lookalike))
    if source.vetted_at is not None:
        yield t("source-vetted", month=t.month(source.vetted_at))
        yield t.count("source-sent", entry.sent)
    if source.retracted:
        yield t.count("source-retracted", source.retracted)
    if source.state is SourceState.REVIEW_DUE:
        yield t("source-review-until", day=t.day((source.since + GRACE).date()))
    if (cascade := entry.cascade) is not None:
        key = "source-taken-back" if cascade.finished_at else "source-taking-back"
        yield t(key, n=cascade.done, of=max(cascade.total, cascade.done))


def _actions(
    entry: Entry, by: Staff, t: Translator, tree: Districts, item: int
) -> Iterator[list[Button]]:
    source = entry.source

    def may(what: May) -> bool:
        return by.may(what, source.districts, tree)

    vets = may(May.VET_SOURCE)
    if vets:
        yield from _motions(entry, by, t, item)
    if vets and source.state is SourceState.NOMINATED:
        yield [button(t("source-reject"), AskReason(source.id))]
    if may(May.HOLD) and source.relays:
        yield [button(t("source-hold"), HoldSource(source.id))]
    if entry.cascade is not None and entry.cascade.finished_at is None:
        yield [button(t("source-refresh"), OpenSource(source.id))]
    if source.state is not SourceState.REVOKED:
        row = []
        if vets:
            row.append(button(t("source-settings"), OpenSettings(source.id)))
        if may(May.NOMINATE_SOURCE):
            row.append(button(t("source-test"), TestSource(source.id)))
        yield row
    yield [
        button(t("source-evidence"), OpenEvidence(source.id)),
        button(t("sources-all"), ListSources()),
    ]


def _motions(entry: Entry, by: Staff, t: Translator, item: int) -> Iterator[list[Button]]:
    """A pending motion hides the others: its second person decides first."""
    source = entry.source
    if source.motion is None:
        for motion in Motion:
            if source.state in STARTS[motion] and (motion is not Motion.ADOPT or moved(entry)):
                press = (
                    AskRevoke(source.id, item)
                    if motion is Motion.REVOKE
                    else Move(source.id, motion)
                )
                yield [button(t(f"source-ask-{motion}"), press)]
        return
    if vote := agree(entry, by, t):
        yield [vote]
    if source.motion is not Motion.VET:
        yield [button(t("source-object"), Object(source.id))]


def agree(entry: Entry, by: Staff, t: Translator) -> Button | None:
    """Agree to what waits, for whom it is not their own; vetting needs the whole checklist."""
    source = entry.source
    if source.motion is None or by.id in source.agreed:
        return None
    if source.motion is Motion.VET and (by.id == source.proposed_by or entry.gaps(by.id)):
        return None
    press = Move(source.id, source.motion, source.mark)
    return button(t(f"source-agree-{source.motion}"), press)


def moved(entry: Entry) -> bool:
    """Whether its server says that the feed moved for good."""
    poll = entry.poll
    return poll is not None and bool(poll.moved) and poll.moved != entry.source.address
