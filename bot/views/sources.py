"""The moderators' page of sources: the list, and one source with what can be done about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.domain.districts import Districts
from bot.domain.sources import STARTS, Motion, Reason, Source, SourceState
from bot.domain.staff import May, Staff
from bot.i18n import Translator
from bot.views.feeds import why
from bot.views.foreign import foreign
from bot.views.message import Button, Message, Press, Text, button
from bot.views.staff import Menu
from storage.polls import Poll

PAGE = 8
"""Sources per page of the list: as many buttons as fit a phone."""
_LABEL = 30
_PER_HOUR, _PER_DAY = 60, 24 * 60


class ListSources(Press, tag="sol", frozen=True):
    """Show a page of the list."""

    page: int = 0


class OpenSource(Press, tag="soo", frozen=True):
    """Show one source; ``aside``: below, so that what is on the screen stays."""

    source: int
    aside: bool = False


class Move(Press, tag="som", frozen=True):
    """Ask for a motion, or carry it as the second person."""

    source: int
    motion: Motion


class Object(Press, tag="sox", frozen=True):
    """Drop the pending motion."""

    source: int


class HoldSource(Press, tag="soh", frozen=True):
    """Stop relaying at once."""

    source: int


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


def listing(page: Page, t: Translator, now: datetime) -> Message:
    """One page: title, state, items in the last reading, its age, and what fails."""
    text = Text().bold(t.count("sources-count", page.total))
    first = page.number * PAGE + 1
    for number, entry in enumerate(page.entries, start=first):
        text.line(_line(number, entry, t, now))
    if not page.entries:
        text.line(t("sources-none"))
    rows = [[button(label(e.source), OpenSource(e.source.id))] for e in page.entries]
    turn = []
    if page.number:
        turn.append(button(t("previous-page"), ListSources(page.number - 1)))
    if not page.last:
        turn.append(button(t("next-page"), ListSources(page.number + 1)))
    last = [button(t("sources-propose"), Propose()), button(t("back"), Menu())]
    return text.message(*rows, turn, last, protect=True)


def card(entry: Entry, by: Staff, t: Translator, tree: Districts, now: datetime) -> Message:
    """One source with everything that ``by`` can do about it."""
    source, poll = entry.source, entry.poll
    text = Text().bold(foreign(source.title))
    text.line().code(source.address)
    places = ", ".join(tree.get(d).name(t.lang) for d in sorted(source.districts) if d in tree.all)
    text.line(t("source-scope", language=language(source.language, t), places=places))
    text.line(t("source-state", state=t(f"source-state-{source.state}")))
    if source.hold is not None:
        text.line(t(f"source-hold-{source.hold}"))
    if source.vetted_at is not None:
        text.line(t("source-vetted", month=t.month(source.vetted_at)))
        text.line(t.count("source-sent", entry.sent))
    if poll is not None:
        text.line(reading(poll, t, now))
        text.line(t("source-moved", address=foreign(poll.moved)) if poll.moved else "")
    if source.motion is not None:
        text.gap().line(t(f"source-motion-{source.motion}"))
    return text.message(*_actions(source, by, t, tree), protect=True)


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


def short(text: str) -> str:
    """Cut to the length of a button."""
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"


def language(tag: str, t: Translator) -> str:
    """Name of a feed's language, or that the feed does not say."""
    return t.language_name(tag.split("-")[0]) if tag else t("source-language-unknown")


def _line(number: int, entry: Entry, t: Translator, now: datetime) -> str:
    parts = [t(f"source-state-{entry.source.state}")]
    if entry.poll is not None:
        parts.append(reading(entry.poll, t, now))
    return f"{number}. {foreign(label(entry.source))}: {' · '.join(parts)}"


def _actions(source: Source, by: Staff, t: Translator, tree: Districts) -> Iterator[list[Button]]:
    def may(what: May) -> bool:
        return by.may(what, source.districts, tree)

    if may(May.VET_SOURCE):
        yield from _motions(source, by, t)
    if may(May.VET_SOURCE) and source.state is SourceState.NOMINATED:
        yield [button(t("source-reject"), AskReason(source.id))]
    if may(May.HOLD) and source.relays:
        yield [button(t("source-hold"), HoldSource(source.id))]
    if may(May.NOMINATE_SOURCE) and source.state is not SourceState.REVOKED:
        yield [button(t("source-test"), TestSource(source.id))]
    yield [button(t("sources-all"), ListSources())]


def _motions(source: Source, by: Staff, t: Translator) -> Iterator[list[Button]]:
    """A pending motion hides the others: its second person decides first."""
    if source.motion is None:
        for motion in Motion:
            if source.state in STARTS[motion]:
                yield [button(t(f"source-ask-{motion}"), Move(source.id, motion))]
        return
    mine = by.id in source.agreed or by.id == source.proposed_by
    if not (mine and source.motion is Motion.VET) and by.id not in source.agreed:
        yield [button(t(f"source-agree-{source.motion}"), Move(source.id, source.motion))]
    if source.motion is not Motion.VET:
        yield [button(t("source-object"), Object(source.id))]
