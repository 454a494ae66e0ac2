"""News as readers see it: the post, its short form, why to trust it, the latest."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice

import msgspec
from yarl import URL

from bot.domain.districts import District, DistrictId, Districts
from bot.domain.evidence import Check
from bot.domain.items import Item
from bot.domain.sources import Source, SourceId
from bot.i18n import Translator
from bot.views.foreign import foreign
from bot.views.message import TEXT_LIMIT, Button, Message, Press, Text, Toast, button, units
from bot.views.revised import CAPTION_LIMIT, shortened
from feeds.clean import cut
from feeds.domains import registrable, seen_as

UTC = District(DistrictId(0), "utc", None, "UTC", {"en": "UTC"})
"""Stands for the city where a source concerns several time zones."""


LITE = 300
"""UTF-16 units of a short text, for people who pay by the kilobyte."""
LITE_MEDIUM, LITE_TITLE = 60, 60
"""Of these, for the medium's name at most, and for the title at least."""
NAMED = 4
"""Other media that a post names; the rest is counted."""
MEDIUM = 80
"""UTF-16 units of the name of a medium that reports the same."""
_TOPICS = 5

Report = tuple[Item, Source]
"""An item with its source."""


class Why(Press, tag="nw", frozen=True):
    """Why trust this item? For anybody."""

    item: int


def city_of(source: Source, tree: Districts, item: Item | None = None) -> District:
    """The city whose wall clock is shown with times of a source, or of an item of it."""
    places = source.districts if item is None else item.reach(source)
    cities = [tree.city(district) for district in sorted(places)]
    return cities[0] if len({city.zone for city in cities}) == 1 else UTC


def published(
    item: Item, source: Source, city: District, t: Translator, also: Sequence[Report] = ()
) -> Message:
    """The post: title, summary, where it comes from, who vouches for it, its code.

    ``also``: other media that report the same. A picture only where the text fits below it.
    """
    text = Text()
    if item.corrected_at is not None:
        text.bold(_corrected(item.corrected_at, city, t)).line()
    if item.unconfirmed:
        text.bold(t("item-unconfirmed")).line()
    text.bold(foreign(item.title))
    if item.summary:
        text.line(foreign(item.summary))
    text.gap()
    medium(text.line(), item, source)
    text.add(f" · {sources(item, t)}")
    reports(text, also, t)
    times(text.line(), item, city, t)
    text.line(vouched(source, t))
    text.line(t.count("item-approved", len(item.approved)))
    if item.topics:
        text.line(topics(item, t))
    text.line(t("item-code")).add(" ").code(item.code)
    if item.one_branch:
        text.line(t("one-branch"))
    message = shortened(text.message([button(t("item-why"), Why(item.id))]), TEXT_LIMIT)
    shown = source.pictures and item.picture and units(message.text) <= CAPTION_LIMIT
    return msgspec.structs.replace(message, picture=item.picture) if shown else message


def lite(item: Item, source: Source, t: Translator, city: District = UTC) -> Message:
    """The post for those who chose short texts: title, medium and link, code; no button."""
    rest = Text()
    medium(rest, item, source, longest=LITE_MEDIUM)
    if item.unconfirmed:
        rest.line(t("item-unconfirmed-short"))
    if item.corrected_at is not None:
        rest.line(_corrected(item.corrected_at, city, t))
    rest.line(t("item-code")).add(" ").code(item.code)
    if item.one_branch:
        rest.line(t("one-branch"))
    title, room = foreign(item.title), LITE - units(rest.text) - 1
    joiners = units(title) - units(item.title)
    shown = foreign(cut(item.title, longest=max(room - joiners, LITE_TITLE)))
    return Text().bold(shown).line().include(rest).message()


def why(
    item: Item,
    source: Source,
    city: District,
    t: Translator,
    *,
    also: Sequence[Report] = (),
    corrections: int = 0,
    checked: Mapping[SourceId, int] | None = None,
    rows: Iterable[Iterable[Button]] = (),
) -> Message:
    """The card behind "Why trust this?": evidence and numbers, no people.

    ``checked`` says of how many points of the checklist moderators recorded evidence, by source;
    ``rows`` are buttons for those who may do something about it.
    """
    text = Text().bold(t("item-why")).line(foreign(item.title)).gap()
    if item.unconfirmed:
        text.line().bold(t("item-unconfirmed"))
    text.line(t("item-several" if also else "item-single"))
    for number, (report, its) in enumerate(((item, source), *also[:NAMED]), start=1):
        medium(text.line(f"{number}. ") if also else text.line(), report, its)
        times(text.line(), report, city, t)
        text.line(vouched(its, t))
        if checked is not None and its.id in checked:
            text.line(t("item-evidence", n=checked[its.id], of=len(Check)))
        if not its.relays:
            text.line(t("item-source-no-more", state=t(f"source-state-{its.state}")))
    text.line(t("item-vetting"))
    text.line(t.count("item-approved", len(item.approved)))
    text.line(t.count("item-corrections", corrections) if corrections else t("item-no-corrections"))
    if item.differs:
        text.line(t("item-changed"))
    if item.topics:
        text.line(topics(item, t))
    if item.one_branch:
        text.line(t("one-branch"))
    whole = text.line(t("item-code")).add(" ").code(item.code).message(*rows)
    return shortened(whole, TEXT_LIMIT)


def why_short(item: Item, source: Source, t: Translator) -> str:
    """The same in a line over the chat, for channels, where the bot cannot answer one person."""
    doubt = [t("item-unconfirmed-short")] if item.unconfirmed else []
    parts = (*doubt, source.title, source.domain, sources(item, t), vouched(source, t))
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
        if item.unconfirmed:
            text.line(t("item-unconfirmed"))
        medium(text.line(), item, source)
        text.add(f" · {sources(item, t)}")
        times(text.line(), item, city_of(source, tree, item), t)
        text.line(vouched(source, t)).add(" · ").code(item.code)
    text.gap().line(t("news-why"))
    return text.message([button(str(n), Why(i.id)) for n, (i, _) in enumerate(found, start=1)])


def medium(text: Text, item: Item, source: Source, *, longest: int = 300) -> None:
    """Name of the medium (at most ``longest`` UTF-16 units of it) and, as the link, the domain

    that it really leads to.
    """
    text.add(f"{foreign(cut(source.title, longest=longest))} · ")
    if item.link:
        text.link(registrable(_host(item.link)), item.link)
    else:
        text.add(foreign(source.domain))


def times(text: Text, item: Item, city: District, t: Translator) -> None:
    """When its medium published it, where that is plausible, and when it was read."""
    if item.published is not None:
        text.add(f"{t('item-published')} ")
        text.moment(t.stamp(item.published, city.zone), int(item.published.timestamp())).add(" · ")
    text.add(f"{t('item-fetched')} ")
    text.moment(t.stamp(item.fetched_at, city.zone), int(item.fetched_at.timestamp()))
    text.add(f" ({city.name(t.lang)})")


def vouched(source: Source, t: Translator) -> str:
    """Since when its source is vetted, and how far it is trusted."""
    assert source.vetted_at is not None
    since = t("source-vetted", month=t.month(source.vetted_at))
    label = t("item-label-trusted" if source.people_needed == 1 else "item-label-probation")
    return f"{since} · {label}"


def sources(item: Item, t: Translator) -> str:
    """By how many media it is reported."""
    return t.count("item-sources", item.others + 1) if item.others else t("item-one-source")


def reports(text: Text, also: Sequence[Report], t: Translator) -> None:
    """Which other media report the same: name and link of each."""
    if not also:
        return
    text.line(t("item-also"))
    for number, (item, source) in enumerate(also[:NAMED]):
        medium(text.add(", " if number else " "), item, source, longest=MEDIUM)
    if len(also) > NAMED:
        text.add(f" +{len(also) - NAMED}")


def topics(item: Item, t: Translator) -> str:
    """What it is about, as its source's topics say."""
    said = (t(f"topic-{one}") if t.knows(f"topic-{one}") else one for one in sorted(item.topics))
    return t("item-topics", topics=foreign(", ".join(islice(said, _TOPICS))))


def leads_elsewhere(item: Item, source: Source) -> bool:
    """Whether its link leads to another site than that of its source."""
    if not item.link:
        return False
    site, home = _host(item.link), _host(source.address)
    return seen_as(site, pinned=source.domain, home=home) != source.domain


def _corrected(at: datetime, city: District, t: Translator) -> str:
    return t("item-corrected", time=f"{t.stamp(at, city.zone)} ({city.name(t.lang)})")


def _host(link: str) -> str:
    return URL(link, encoded=True).raw_host or ""
