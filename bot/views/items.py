"""News as readers and moderators see it: the post, the queue, why to trust it, the latest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from yarl import URL

from bot.domain.districts import District, DistrictId, Districts
from bot.domain.items import Item, ItemState
from bot.domain.progress import Forecast
from bot.domain.sources import Source, registrable
from bot.i18n import Translator
from bot.views import publications
from bot.views.foreign import foreign
from bot.views.message import Button, Message, Press, Text, Toast, button, units
from bot.views.sources import OpenSource, age, language
from bot.views.staff import Menu
from feeds.clean import cut

UTC = District(DistrictId(0), "utc", None, "UTC", {"en": "UTC"})
"""Stands for the city where a source concerns several time zones."""


LITE = 300
"""UTF-16 units of a short text, for people who pay by the kilobyte."""
LITE_MEDIUM, LITE_TITLE = 60, 60
"""Of these, for the medium's name at most, and for the title at least."""


class OpenQueue(Press, tag="nq", frozen=True):
    """Show the oldest item of the queue."""


class Publish(Press, tag="np", frozen=True):
    """Approve exactly this edition of an item."""

    item: int
    edition: int


class RejectItem(Press, tag="nr", frozen=True):
    """Keep it from being published."""

    item: int
    edition: int


class SkipItem(Press, tag="ns", frozen=True):
    """Show the next one."""

    item: int


class Why(Press, tag="nw", frozen=True):
    """Why trust this item? For anybody."""

    item: int


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


def city_of(source: Source, tree: Districts) -> District:
    """The city whose wall clock is shown with times of a source."""
    cities = [tree.city(district) for district in sorted(source.districts)]
    return cities[0] if len({city.zone for city in cities}) == 1 else UTC


def published(item: Item, source: Source, city: District, t: Translator) -> Message:
    """The post: title, summary, where it comes from, who vouches for it, its code."""
    text = _story(item)
    text.gap()
    medium(text.line(), item, source)
    _times(text.line(), item, city, t)
    text.line(_vouched(source, t))
    text.line(t.count("item-approved", len(item.approved)))
    text.line(t("item-code")).add(" ").code(item.code)
    if item.one_branch:
        text.line(t("one-branch"))
    return text.message([button(t("item-why"), Why(item.id))])


def lite(item: Item, source: Source, t: Translator) -> Message:
    """The post for those who chose short texts: title, medium and link, code; no button."""
    rest = Text()
    medium(rest, item, source, longest=LITE_MEDIUM)
    rest.line(t("item-code")).add(" ").code(item.code)
    if item.one_branch:
        rest.line(t("one-branch"))
    title, room = foreign(item.title), LITE - units(rest.text) - 1
    joiners = units(title) - units(item.title)
    shown = foreign(cut(item.title, longest=max(room - joiners, LITE_TITLE)))
    return Text().bold(shown).line().include(rest).message()


def queue(it: Queue, city: District | None, t: Translator, now: datetime) -> Message:
    """The next card, or that nothing is left."""
    if it.item is None or it.source is None or city is None:
        return _nothing(it, t, now)
    item, source = it.item, it.source
    text = Text(_head(it, t, now)).line(t("item-position", n=it.position, total=it.total))
    text.gap().line().bold(foreign(item.title))
    if item.summary:
        text.line(foreign(item.summary))
    text.gap()
    medium(text.line(), item, source)
    if item.link and _site(item.link) != source.domain:
        text.line(t("item-other-site"))
    _times(text.line(), item, city, t)
    for note in _notes(item, source, t):
        text.line(note)
    if it.forecast is not None:
        text.line(publications.forecast(it.forecast, t))
    choose = [
        button(t("item-publish"), Publish(item.id, item.edition)),
        button(t("item-reject"), RejectItem(item.id, item.edition)),
    ]
    move = [
        button(t("item-skip"), SkipItem(item.id)),
        button(t("item-source"), OpenSource(source.id, aside=True)),
    ]
    return text.message(choose, move, _back(t), protect=True)


def why(item: Item, source: Source, city: District, t: Translator) -> Message:
    """The card behind "Why trust this?": evidence and numbers, no people."""
    text = Text().bold(t("item-why")).line(foreign(item.title)).gap()
    medium(text.line(), item, source)
    _times(text.line(), item, city, t)
    text.line(_vouched(source, t)).line(t("item-vetting"))
    text.line(t.count("item-approved", len(item.approved)))
    text.line(t("item-single"))
    if item.state is ItemState.CHANGED:
        text.line(t("item-changed"))
    if not source.relays:
        text.line(t("item-source-no-more", state=t(f"source-state-{source.state}")))
    if item.one_branch:
        text.line(t("one-branch"))
    return text.line(t("item-code")).add(" ").code(item.code).message()


def why_short(item: Item, source: Source, t: Translator) -> str:
    """The same in a line over the chat, for channels, where the bot cannot answer one person."""
    parts = (source.title, source.domain, _vouched(source, t))
    approved = t.count("item-approved", len(item.approved))
    whole = " · ".join((*parts, approved))
    return whole if len(whole) <= Toast.LIMIT else f"{whole[: Toast.LIMIT - 1]}…"


def latest(
    found: Sequence[tuple[Item, Source]], t: Translator, tree: Districts, *, mine: bool
) -> Message:
    """The newest items with where they come from; a numbered button per item tells why."""
    if not found:
        return Message(t("news-none" if mine else "news-none-anywhere"))
    text = Text().bold(t("news-mine" if mine else "news-all"))
    for number, (item, source) in enumerate(found, start=1):
        text.gap().line(f"{number}. ").bold(foreign(item.title))
        medium(text.line(), item, source)
        _times(text.line(), item, city_of(source, tree), t)
        text.line(_vouched(source, t)).add(" · ").code(item.code)
    text.gap().line(t("news-why"))
    return text.message([button(str(n), Why(i.id)) for n, (i, _) in enumerate(found, start=1)])


def nudge(count: int, t: Translator) -> Message:
    """A quiet word to a moderator: so many items wait."""
    open_it = button(t("queue-open"), OpenQueue())
    return Text(t.count("queue-nudge", count)).message([open_it], protect=True)


def decided(item: Item, t: Translator) -> str:
    """What became of it, in a line over the chat."""
    if item.state is ItemState.QUEUED:
        return t("item-one-more")
    return t("item-is-rejected" if item.state is ItemState.REJECTED else "item-is-sent")


def _nothing(it: Queue, t: Translator, now: datetime) -> Message:
    if not it.total:
        empty = t.count("queue-approved", it.approved) if it.approved else t("queue-empty")
        return Text(empty).message(_back(t), protect=True)
    again = Button(t("queue-open"), data=OpenQueue().pack())
    return Text(_head(it, t, now)).line(t("queue-end")).message([again], _back(t), protect=True)


def _back(t: Translator) -> list[Button]:
    return [button(t("back"), Menu())]


def _head(it: Queue, t: Translator, now: datetime) -> str:
    assert it.oldest is not None
    return t("queue-head", n=it.total, age=age(it.oldest, now, t))


def _story(item: Item) -> Text:
    text = Text().bold(foreign(item.title))
    return text.line(foreign(item.summary)) if item.summary else text


def medium(text: Text, item: Item, source: Source, *, longest: int = 300) -> None:
    """Name of the medium (at most ``longest`` UTF-16 units of it) and, as the link, the domain

    that it really leads to.
    """
    text.add(f"{foreign(cut(source.title, longest=longest))} · ")
    if item.link:
        text.link(_site(item.link), item.link)
    else:
        text.add(foreign(source.domain))


def _times(text: Text, item: Item, city: District, t: Translator) -> None:
    if item.published is not None:
        text.add(f"{t('item-published')} ")
        text.moment(t.stamp(item.published, city.zone), int(item.published.timestamp())).add(" · ")
    text.add(f"{t('item-fetched')} ")
    text.moment(t.stamp(item.fetched_at, city.zone), int(item.fetched_at.timestamp()))
    text.add(f" ({city.name(t.lang)})")


def _vouched(source: Source, t: Translator) -> str:
    assert source.vetted_at is not None
    since = t("source-vetted", month=t.month(source.vetted_at))
    label = t("item-label-trusted" if source.people_needed == 1 else "item-label-probation")
    return f"{since} · {label}"


def _notes(item: Item, source: Source, t: Translator) -> list[str]:
    notes = [t("item-language", language=language(item.language, t)), _vouched(source, t)]
    if item.held:
        notes.append(t(f"source-hold-{item.held}"))
    if item.approved:
        notes.append(t.count("item-approved", len(item.approved)))
    if item.edition > 1:
        notes.append(t("item-edited"))
    return notes


def _site(link: str) -> str:
    return registrable(URL(link, encoded=True).raw_host or "")
