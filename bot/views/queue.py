"""The moderators' queue of news: one card at a time, one tap per decision."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

import msgspec

from bot.domain.districts import District
from bot.domain.items import Item, ItemState
from bot.domain.progress import Forecast
from bot.domain.publications import PublicationId
from bot.domain.sources import Source
from bot.i18n import Translator
from bot.views import publications
from bot.views.foreign import foreign
from bot.views.items import Report, leads_elsewhere, medium, reports, times, topics, vouched
from bot.views.message import TEXT_LIMIT, Button, Message, Press, Text, button
from bot.views.revised import shortened
from bot.views.revisions import Hide
from bot.views.sources import OpenSource, age, language
from bot.views.staff import Menu
from feeds.personal import find


class OpenQueue(Press, tag="nq", frozen=True):
    """Show the oldest item of the queue."""


class Publish(Press, tag="np", frozen=True):
    """Approve exactly this edition of an item."""

    item: int
    edition: int


class AmendItem(Press, tag="nm", frozen=True):
    """Approve what its medium says after an edit."""

    item: int
    edition: int


class JoinItem(Press, tag="nj", frozen=True):
    """Name it below what is public of its story."""

    item: int
    edition: int


class RejectItem(Press, tag="nr", frozen=True):
    """Keep it from being published; after an edit: leave what was sent."""

    item: int
    edition: int


class ParkItem(Press, tag="n2", frozen=True):
    """Wait for a second source."""

    item: int
    edition: int


class SeparateItem(Press, tag="nd", frozen=True):
    """It tells another story than it was taken for."""

    item: int
    edition: int


Decision = Publish | AmendItem | JoinItem | RejectItem | ParkItem | SeparateItem
"""What names an item and the edition that was on the screen."""


class HoldItsSource(Press, tag="nh", frozen=True):
    """Stop relaying its source at once."""

    item: int


class SkipItem(Press, tag="ns", frozen=True):
    """Show the next one."""

    item: int


Act = Decision | HoldItsSource | SkipItem
"""What the queue itself does with the item of a card: by its button, or by its number."""
ACTS: tuple[type[Act], ...] = get_args(Act)


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue as one moderator sees it, and the item opened for them, if any is left."""

    total: int
    oldest: datetime | None
    position: int = 0
    item: Item | None = None
    source: Source | None = None
    approved: int = 0
    """What they approved and a second person has not: set when no card is left."""
    forecast: Forecast | None = None
    """How long sending it takes: set where their approval would send it."""
    also: Sequence[Report] = ()
    """What other media say about the same, and is named below it once it is published."""
    lead: Item | None = None
    """What is public of its story: it can only be named below that."""
    publication: PublicationId | None = None
    """What was sent, where its medium changed it since."""
    minor: bool = False
    """Whether only the spelling changed."""
    noted: bool = False
    """Whether a correction by staff stands above what was sent."""
    own: Collection[str] = ()
    """What its medium calls its own accounts, which are nobody's personal data."""


def queue(
    it: Queue, city: District | None, t: Translator, now: datetime, *, typed: bool = False
) -> Message:
    """The next card, or that nothing is left. ``typed``: a number works as well as its button."""
    if it.item is None or it.source is None or city is None:
        return _nothing(it, t, now)
    item, source = it.item, it.source
    text = Text(_head(it, t, now)).line(t("item-position", n=it.position, total=it.total))
    if reasons := list(_reasons(item, alone=not it.also and it.lead is None, t=t)):
        text.add(" · ").add(t("item-held", reasons=", ".join(reasons)))
    _body(text.gap(), it, item, t)
    text.gap()
    medium(text.line(), item, source)
    if leads_elsewhere(item, source):
        text.line(t("item-other-site"))
    times(text.line(), item, city, t)
    for note in _notes(it, item, source, t):
        text.line(note)
    reports(text, it.also, t)
    if it.forecast is not None:
        text.line(publications.forecast(it.forecast, t))
    rows = list(_choices(it, item, source, t))
    if typed:
        text.gap().line(t("queue-numbers", choices=_numbered(rows)))
    return shortened(text.message(*rows, _back(t), protect=True), TEXT_LIMIT)


def acts(card: Message) -> tuple[Act, ...]:
    """What the numbers on a card stand for, from 1."""
    found = (act(one.data) for row in card.buttons for one in row if one.data is not None)
    return tuple(one for one in found if one is not None)


def act(data: str) -> Act | None:
    """What a button does with the item of a card; ``None`` for what leads elsewhere."""
    try:
        found: Act = msgspec.json.decode(data, type=Act)
    except msgspec.ValidationError:
        return None
    return found


def no_such_number(card_acts: int, t: Translator) -> Message:
    """A number that no button of the card has."""
    return Message(t("queue-no-number", n=card_acts), protect=True)


def nudge(count: int, t: Translator) -> Message:
    """A quiet word to a moderator: so many items wait."""
    open_it = button(t("queue-open"), OpenQueue())
    return Text(t.count("queue-nudge", count)).message([open_it], protect=True)


def decided(item: Item, t: Translator) -> str:
    """What became of an item after somebody said yes to it, in a line over the chat."""
    match item.state:
        case ItemState.QUEUED:
            return t("item-one-more")
        case ItemState.JOINED:
            return t("item-is-joined")
        case _:
            return t("item-is-sent")


def amended(item: Item, t: Translator) -> str:
    """What became of a change that its medium made."""
    return t("item-is-corrected" if item.state is ItemState.SENT else "item-one-more")


def refused(item: Item, t: Translator) -> str:
    """What became of it after somebody said no."""
    return t("item-is-rejected" if item.state is ItemState.REJECTED else "item-is-kept")


def _nothing(it: Queue, t: Translator, now: datetime) -> Message:
    if not it.total:
        empty = t.count("queue-approved", it.approved) if it.approved else t("queue-empty")
        return Text(empty).message(_back(t), protect=True)
    again = button(t("queue-open"), OpenQueue())
    return Text(_head(it, t, now)).line(t("queue-end")).message([again], _back(t), protect=True)


def _back(t: Translator) -> list[Button]:
    return [button(t("back"), Menu())]


def _head(it: Queue, t: Translator, now: datetime) -> str:
    assert it.oldest is not None
    return t("queue-head", n=it.total, age=age(it.oldest, now, t))


def _reasons(item: Item, *, alone: bool, t: Translator) -> Iterator[str]:
    """Why it does not go out by itself once one person agrees."""
    if item.impact:
        yield t("item-held-impact")
    if item.impact and alone:
        yield t("item-one-source")
    for flag in sorted(item.flags):
        yield t(f"item-held-{flag}")
    if item.held:
        yield t("item-held-odd")


def _body(text: Text, it: Queue, item: Item, t: Translator) -> None:
    if item.state is ItemState.CHANGED:
        text.line(t("item-changed-typo" if it.minor else "item-changed-facts"))
        _story(text, it, item, item.title, item.summary)
        text.gap().line(t("item-says-now"))
        _story(text, it, item, item.latest_title, item.latest_summary)
        return
    if it.lead is not None:
        text.line(t("item-told-already", code=it.lead.code))
        text.line(foreign(it.lead.title)).gap()
    _story(text, it, item, item.title, item.summary)


def _story(text: Text, it: Queue, item: Item, title: str, summary: str) -> None:
    text.line().bold(_marked(title, item, it.own))
    if summary:
        text.line(_marked(summary, item, it.own))


def _marked(text: str, item: Item, own: Collection[str]) -> str:
    """With what makes two people necessary between brackets, wherever it is of a flagged kind."""
    at = 0
    parts: list[str] = []
    for found in find(text, own) if item.flags else ():
        if found.start >= at and found.flag in item.flags:
            parts += (text[at : found.start], "⟦", text[found.start : found.end], "⟧")
            at = found.end
    return foreign("".join((*parts, text[at:])))


def _notes(it: Queue, item: Item, source: Source, t: Translator) -> Iterator[str]:
    yield t("item-language", language=language(item.language, t))
    yield vouched(source, t)
    if item.topics:
        yield topics(item, t)
    if item.held:
        yield t(f"source-hold-{item.held}")
    if item.flags:
        yield t("item-marked")
    elif item.needs(source) > source.people_needed:
        yield t("item-two")
    agreed = len(item.amending if item.state is ItemState.CHANGED or it.lead else item.approved)
    if agreed:
        yield t.count("item-approved", agreed)
    if it.noted:
        yield t("item-note-stands")
    if item.parked_at is not None:
        yield t("item-back")
    if item.edition > 1 and item.state is ItemState.QUEUED:
        yield t("item-edited")


def _numbered(rows: Sequence[Sequence[Button]]) -> str:
    labels = [one.label for row in rows for one in row if one.data and act(one.data) is not None]
    return " · ".join(f"{number} {label}" for number, label in enumerate(labels, start=1))


def _choices(it: Queue, item: Item, source: Source, t: Translator) -> Iterator[list[Button]]:
    yield from _decisions(it, item, t)
    yield [
        button(t("item-source"), OpenSource(source.id, aside=True)),
        button(t("item-hold-source"), HoldItsSource(item.id)),
    ]


def _decisions(it: Queue, item: Item, t: Translator) -> Iterator[list[Button]]:
    id, edition = item.id, item.edition
    skip = button(t("item-skip"), SkipItem(id))
    if item.state is ItemState.CHANGED:
        yield [
            button(t("item-correct"), AmendItem(id, edition)),
            button(t("item-keep"), RejectItem(id, edition)),
        ]
        hide = [button(t("revision-button-mask"), Hide(it.publication))] if it.publication else []
        yield [*hide, skip]
        return
    reject = button(t("item-reject"), RejectItem(id, edition))
    apart = button(t("item-separate"), SeparateItem(id, edition))
    if it.lead is not None:
        yield [button(t("item-join"), JoinItem(id, edition)), reject]
        yield [apart, skip]
        return
    yield [button(t("item-publish"), Publish(id, edition)), reject]
    if it.also:
        yield [apart, skip]
    elif item.parked_at is None:
        yield [button(t("item-park"), ParkItem(id, edition)), skip]
    else:
        yield [skip]
