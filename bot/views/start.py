"""The first messages: welcome, a poster's district, consent, and what was subscribed."""

from collections.abc import Iterable

from bot.domain.districts import DistrictId, Districts
from bot.i18n import LANGUAGES, NAMES, Translator
from bot.views import districts
from bot.views.districts import Open, Subscribe, place, reach
from bot.views.help import Go
from bot.views.message import Button, Message, Press, Text, button
from bot.views.subscriptions import Panel, Pause


class Tongue(Press, tag="sT", frozen=True):
    """Show the first message again in another language; nothing is stored."""

    lang: str
    district: int = 0


def welcome(t: Translator, tree: Districts, *, lang: str = "", outdated: bool = False) -> Message:
    """For a stranger without a district. ``lang`` is what they picked by button, if anything."""
    text = Text(t("start-outdated") if outdated else "").line(t("start-welcome"))
    _consent(text, t, risk(t, tree, (root.id for root in tree.children(None))))
    text.gap().line(t("start-which-district"))
    return text.message(*districts.how(t, lang), *_languages(t, 0))


def poster(t: Translator, tree: Districts, id: DistrictId, *, lang: str = "") -> Message:
    """For a stranger in front of one district: what it brings, what is stored, one button."""
    text = Text(t("start-poster", place=place(tree, id, t.lang)))
    _consent(text, t, risk(t, tree, [id]))
    subscribe = button(t("start-subscribe"), Subscribe(id, lang, agreed=True))
    other = button(t("start-other-district"), Open(lang=lang))
    return text.message([subscribe], *_languages(t, id), [other])


def _consent(text: Text, t: Translator, warning: str) -> None:
    text.line(t("start-consent-stored")).line(t("start-consent-not"))
    text.line(t("start-consent-erase"))
    if warning:
        text.line(warning)


def risk(t: Translator, tree: Districts, ids: Iterable[DistrictId]) -> str:
    """The warning of the first country among these districts where following can be punished.

    Such a country is one for which the catalogue has ``risk-<slug>``.
    """
    keys = (f"risk-{tree.path(id)[0].slug}" for id in ids)
    return next((t(key) for key in keys if t.knows(key)), "")


def _languages(t: Translator, district: int) -> list[list[Button]]:
    others = (lang for lang in LANGUAGES if lang != t.lang)
    return districts.pairs(button(NAMES[lang], Tongue(lang, district)) for lang in others)


def subscribed(
    t: Translator,
    tree: Districts,
    id: DistrictId,
    *,
    new: bool,
    paused: bool,
    upcoming: Message | None,
) -> Message:
    """After subscribing: what was done, the next rally, what will ring."""
    name = place(tree, id, t.lang)
    text = Text().bold(t("start-subscribed" if new else "start-already", place=name))
    for line in reach(t, tree, [id]):
        text.line(line)
    text.gap().line()
    text.include(upcoming or Text(t("start-no-rally", place=tree.get(id).name(t.lang))))
    text.gap().line(t("start-paused" if paused else "start-reminders"))
    return text.message(
        [button(t("subscriptions-resume"), Pause(False))] if paused else [],
        *(upcoming.buttons if upcoming else ()),
        [
            button(t("start-settings"), Panel()),
            button(t("start-add-district"), Open()),
        ],
    )


def home(
    t: Translator, tree: Districts, follows: Iterable[DistrictId], *, paused: bool, outdated: bool
) -> Message:
    """For somebody who is subscribed already."""
    names = "; ".join(place(tree, id, t.lang) for id in sorted(follows) if id in tree.all)
    text = Text(t("start-outdated") if outdated else "")
    text.line(t("start-following", places=names) if names else t("start-following-none"))
    if paused:
        text.line(t("start-paused"))
    return text.message(
        [button(t("subscriptions-resume"), Pause(False))] if paused else [],
        [button(t("help-next"), Go("next")), button(t("help-check"), Go("check"))],
        [button(t("start-settings"), Panel()), button(t("start-add-district"), Open())],
    )
