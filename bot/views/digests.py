"""The digest as people read it: the news of a day that concerns them, in one message."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.digests import Slot
from bot.domain.districts import Districts
from bot.domain.items import Item
from bot.domain.sources import Source
from bot.i18n import Translator
from bot.views.foreign import foreign
from bot.views.items import medium
from bot.views.message import TEXT_LIMIT, Message, Text, units

SHOWN = 12
"""Items told by title; more would not be read."""
ADDRESSES = 6000
"""Bytes of addresses behind words: Telegram takes about 9,500 bytes of entities in all (issue 165
of tdlib/telegram-bot-api), and each of up to 40 has some besides its address."""


@dataclass(frozen=True, slots=True)
class Story:
    """One item with its source. ``stands`` is false when it was taken back or is being checked."""

    item: Item
    source: Source
    stands: bool = True


def digest(
    stories: Sequence[Story], slot: Slot, code: str, tree: Districts, t: Translator
) -> Message:
    """Title, medium, link and code of each, as many as fit; the newest first."""
    tail, links, shown = units(_tail(stories, len(stories), t).text), 0, 0
    text = _head(slot, code, tree, t)
    for number, story in enumerate(stories[:SHOWN], start=1):
        block = _story(story, number, t)
        links += sum(len((span.url or "").encode()) for span in block.spans)
        if shown and (units(text.text + block.text) + tail > TEXT_LIMIT or links > ADDRESSES):
            break
        text.include(block)
        shown = number
    return text.include(_tail(stories, len(stories) - shown, t)).message()


def place(slot: Slot, tree: Districts, lang: str) -> str:
    """The widest area whose clock is meant, else the city that its zone is named after."""
    wide = next((d for d in tree.widest_first() if d.zone == slot.zone), None)
    return wide.name(lang) if wide else slot.zone.rpartition("/")[2].replace("_", " ")


def _head(slot: Slot, code: str, tree: Districts, t: Translator) -> Text:
    text = Text().bold(t("digest-title")).line()
    text.moment(t.stamp(slot.at, slot.zone), int(slot.at.timestamp()))
    text.add(f" ({place(slot, tree, t.lang)}) · {t('item-code')} ").code(code)
    return text


def _story(story: Story, number: int, t: Translator) -> Text:
    text = Text(f"\n\n{number}. ")
    if not story.stands:
        return text.add(t("digest-withdrawn")).add(" ").code(story.item.code)
    medium(text.bold(foreign(story.item.title)).line(), story.item, story.source)
    if story.item.unconfirmed:
        text.add(" · ").add(t("item-unconfirmed-short"))
    return text.add(" · ").code(story.item.code)


def _tail(stories: Sequence[Story], more: int, t: Translator) -> Text:
    text = Text("\n")
    if more:
        text.line(t.count("digest-more", more))
    if any(story.item.one_branch for story in stories):
        text.line(t("one-branch"))
    return text.line(t("digest-settings"))
