"""How a source is read and where its items go, set with buttons."""

from bot.domain.districts import Districts
from bot.domain.sources import Source
from bot.domain.staff import May, Staff
from bot.domain.topics import TOPICS
from bot.i18n import LANGUAGES, Translator
from bot.views import scopes
from bot.views.districts import pairs, short
from bot.views.foreign import foreign
from bot.views.message import Button, Message, Press, Text, button
from bot.views.sources import OpenSettings, OpenSource, language, topic

SPOKEN = (*LANGUAGES, "uk", "pl", "lt", "de", "ar")
"""Languages with a button: those of the bot and of its readers' neighbours."""


class SetUrgent(Press, tag="sgu", frozen=True):
    """Read it every minute, or as usual."""

    source: int
    on: bool


class SetPictures(Press, tag="sgp", frozen=True):
    """Show pictures by reference, or none."""

    source: int
    on: bool


class AskLanguage(Press, tag="sgl", frozen=True):
    """Choose the language of its items."""

    source: int


class SetLanguage(Press, tag="sgm", frozen=True):
    """Its items are in this language; empty: as the feed says."""

    source: int
    tag: str


class AskTopics(Press, tag="sgt", frozen=True):
    """Choose what it is about."""

    source: int


class SetTopic(Press, tag="sgo", frozen=True):
    """It is about this (a number of the list, as it was when it was shown), or not."""

    source: int
    topic: int
    on: bool
    version: int


class AskRoutes(Press, tag="sgr", frozen=True):
    """Show which words send items where."""

    source: int


class DropRoute(Press, tag="sgd", frozen=True):
    """Remove one of them, as it was when the list was shown."""

    source: int
    number: int
    version: int


class AddRoute(Press, tag="sga", frozen=True):
    """Type the words of a new one."""

    source: int


class RoutePage(Press, tag="sgx", frozen=True):
    """Turn the list of districts."""

    page: int


class PickRoute(Press, tag="sgc", frozen=True):
    """Items with these words concern this district."""

    district: int


def settings(source: Source, t: Translator) -> Message:
    """All of them, each with its button."""
    text = Text().bold(foreign(source.title)).line(t("source-settings-head"))
    own = language(source.language, t)
    topics = ", ".join(topic(one, t) for one in sorted(source.topics)) or t("source-topics-none")
    text.line(t("source-set-urgent-on" if source.urgent else "source-set-urgent-off"))
    text.line(t("source-set-pictures-on" if source.pictures else "source-set-pictures-off"))
    text.line(t("source-set-language", language=own))
    text.line(t("source-topics", topics=topics))
    text.line(t.count("source-routes", len(source.routes)))
    faster = t("source-do-slower" if source.urgent else "source-do-faster")
    pictures = t("source-do-no-pictures" if source.pictures else "source-do-pictures")
    return text.message(
        [button(faster, SetUrgent(source.id, not source.urgent))],
        [button(pictures, SetPictures(source.id, not source.pictures))],
        [
            button(t("source-do-language"), AskLanguage(source.id)),
            button(t("source-do-topics"), AskTopics(source.id)),
        ],
        [button(t("source-do-routes"), AskRoutes(source.id))],
        [button(t("back"), OpenSource(source.id))],
        protect=True,
    )


def languages(source: Source, t: Translator) -> Message:
    """Which language are its items in?"""
    rows = pairs(button(language(tag, t), SetLanguage(source.id, tag)) for tag in SPOKEN)
    undo = [button(t("source-language-own"), SetLanguage(source.id, ""))]
    text = Text(t("source-language-which", title=foreign(source.title)))
    return text.message(*rows, undo, _back(source, t), protect=True)


def topics(source: Source, t: Translator) -> Message:
    """What is it about? What an imported list brought can be taken away."""
    made = []
    for number, name in enumerate(listed(source)):
        on = name in source.topics
        label = short(f"{'✅' if on else '☐'} {topic(name, t)}")
        made.append(button(label, SetTopic(source.id, number, not on, source.version)))
    text = Text(t("source-topics-which", title=foreign(source.title)))
    return text.message(*pairs(made), _back(source, t), protect=True)


def listed(source: Source) -> tuple[str, ...]:
    """The topics that have a button, in order."""
    return (*TOPICS, *sorted(source.topics - set(TOPICS)))


def routes(source: Source, t: Translator, tree: Districts) -> Message:
    """Which words send items where; a button per route removes it."""
    text = Text().bold(foreign(source.title)).line(t("source-routes-how"))
    rows: list[list[Button]] = []
    for number, route in enumerate(source.routes):
        words = ", ".join(foreign(word) for word in sorted(route.words))
        places = ", ".join(scopes.place(t, tree, one) for one in sorted(route.districts))
        text.line(f"{number + 1}. {words} → {places}")
        drop = DropRoute(source.id, number, source.version)
        rows.append([button(t("source-route-drop", n=number + 1), drop)])
    rows.append([button(t("source-route-add"), AddRoute(source.id))])
    return text.message(*rows, _back(source, t), protect=True)


def ask_words(source: int, t: Translator) -> Message:
    """Which words?"""
    back = button(t("cancel"), AskRoutes(source))
    return Text(t("source-route-words")).message([back], protect=True)


def ask_place(
    source: int, words: frozenset[str], by: Staff, t: Translator, tree: Districts, page: int
) -> Message:
    """Whom do items with them concern?"""
    found = scopes.within(tree, by.scopes(May.VET_SOURCE))
    rows = scopes.rows(t, tree, found, page, pick=PickRoute, turn=RoutePage)
    shown = ", ".join(foreign(word) for word in sorted(words))
    cancel = [button(t("cancel"), AskRoutes(source))]
    return Text(t("source-route-where", words=shown)).message(*rows, cancel, protect=True)


def _back(source: Source, t: Translator) -> list[Button]:
    return [button(t("back"), OpenSettings(source.id))]
