"""What a subscriber set up, in one message that is edited in place."""

from collections.abc import Iterable

from bot.domain.districts import DistrictId, Districts
from bot.domain.subscribers import (
    DIGEST_HOURS,
    NEWS_CHOICES,
    QUIET_CHOICES,
    QuietHours,
    Settings,
)
from bot.i18n import LANGUAGES, NAMES, Translator
from bot.views import districts
from bot.views.districts import Open, Shut, Subscribe, place, reach
from bot.views.message import Button, Message, Press, Text, button


class Panel(Press, tag="sP", frozen=True):
    """Show one part of the settings: ``main``, ``districts``, ``news``, ``quiet``, ``lang``."""

    part: str = "main"


class Choose(Press, tag="sC", frozen=True):
    """Set one thing to a value, never toggle it: a second press changes nothing."""

    what: str
    value: str


class Unfollow(Press, tag="sU", frozen=True):
    """Follow a district no longer."""

    district: int


class Pause(Press, tag="sZ", frozen=True):
    """Stop or resume all messages."""

    on: bool


class Speak(Press, tag="sL", frozen=True):
    """Pick a language."""

    lang: str


def quiet_value(quiet: QuietHours | None) -> str:
    """``22-08`` for buttons, ``off`` for none."""
    return quiet.label if quiet else "off"


def quiet_words(t: Translator, value: str) -> str:
    """A value of ``quiet_value`` as people read it."""
    return t("subscriptions-off") if value == "off" else value.replace("-", "–")


def news_words(t: Translator, settings: Settings) -> str:
    """How news arrives, as people read it: ``once a day at 18:00``."""
    choice = settings.news_choice
    return t(f"subscriptions-{choice}", hour=_clock(settings.digest_hour))


def panel(
    t: Translator, tree: Districts, settings: Settings, follows: Iterable[DistrictId]
) -> Message:
    """Everything on one screen."""
    mine = [id for id in sorted(follows) if id in tree.all]
    reminders = t("subscriptions-on" if settings.reminders else "subscriptions-off")
    news, quiet = news_words(t, settings), quiet_words(t, quiet_value(settings.quiet))
    text = Text().bold(t("subscriptions-title"))
    if settings.paused:
        text.line(t("subscriptions-paused-line"))
    names = "; ".join(place(tree, id, t.lang) for id in mine)
    text.line(t("subscriptions-districts-line", places=names or "—"))
    if mine:
        text.line(_explain(t, tree, mine))
    text.line(t("subscriptions-language-line", language=NAMES[t.lang]))
    text.line(t("subscriptions-reminders-line", state=reminders))
    text.line(t("subscriptions-news-line", state=news))
    text.line(t("subscriptions-quiet-line", hours=quiet))
    return text.message(*_main_buttons(t, settings))


def _main_buttons(t: Translator, settings: Settings) -> list[list[Button]]:
    turn = "off" if settings.reminders else "on"
    pause = "subscriptions-resume" if settings.paused else "subscriptions-pause"
    return districts.pairs(
        [
            button(t("subscriptions-change-districts"), Panel("districts")),
            button(t("subscriptions-change-language"), Panel("lang")),
            button(t(f"subscriptions-reminders-{turn}"), Choose("reminders", turn)),
            button(t("subscriptions-change-news"), Panel("news")),
            button(t("subscriptions-change-quiet"), Panel("quiet")),
            button(t(pause), Pause(not settings.paused)),
            button(t("close"), Shut()),
        ]
    )


def followed(
    t: Translator,
    tree: Districts,
    follows: Iterable[DistrictId],
    *,
    removed: DistrictId | None = None,
) -> Message:
    """The districts one follows, each with a way out; the last one removed can come back."""
    mine = [id for id in sorted(follows) if id in tree.all]
    text = Text().bold(t("subscriptions-districts-title"))
    for id in mine:
        text.line(f"• {place(tree, id, t.lang)}")
    text.line(_explain(t, tree, mine))
    undo = []
    if removed is not None:
        name = tree.get(removed).name(t.lang)
        text.line(t("subscriptions-removed", place=name))
        undo = [button(districts.short(t("subscriptions-undo", place=name)), Subscribe(removed))]
    return text.message(
        undo,
        *([_remove(t, tree, id)] for id in mine),
        [
            button(t("subscriptions-add-district"), Open()),
            button(t("back"), Panel()),
        ],
    )


def _remove(t: Translator, tree: Districts, id: DistrictId) -> Button:
    label = t("subscriptions-remove", place=tree.get(id).name(t.lang))
    return button(districts.short(label), Unfollow(id))


def _explain(t: Translator, tree: Districts, mine: list[DistrictId]) -> str:
    return "\n".join(reach(t, tree, mine)) if mine else t("subscriptions-none")


def choose_news(t: Translator, settings: Settings) -> Message:
    """Each item, all of a day at once, short texts, or none."""
    now = settings.news_choice
    rows = [[_option(t(f"subscriptions-news-{v}"), "news", v, v == now)] for v in NEWS_CHOICES]
    return Text(t("subscriptions-ask-news")).message(*rows, [button(t("back"), Panel())])


def choose_hour(t: Translator, settings: Settings) -> Message:
    """When the digest comes: it is on already, and this says at what hour."""
    now = settings.digest_hour
    options = [_option(_clock(h), "hour", str(h), h == now) for h in DIGEST_HOURS]
    text = Text(t("subscriptions-ask-hour", hour=_clock(now)))
    return text.message(*districts.pairs(options), [button(t("back"), Panel())])


def choose_quiet(t: Translator, settings: Settings) -> Message:
    """When nothing may sound."""
    now = quiet_value(settings.quiet)
    values = ["off", *map(quiet_value, QUIET_CHOICES)]
    options = [_option(quiet_words(t, v), "quiet", v, v == now) for v in values]
    text = Text(t("subscriptions-ask-quiet"))
    return text.message(*districts.pairs(options), [button(t("back"), Panel())])


def _clock(hour: int) -> str:
    return f"{hour:02}:00"


def _option(label: str, what: str, value: str, chosen: bool) -> Button:
    return button(f"{label} ✓" if chosen else label, Choose(what, value))


def choose_language(t: Translator, *, inside: bool = False) -> Message:
    """The five languages by their own names; ``inside`` the settings there is a way back."""
    names = (f"{NAMES[lang]} ✓" if lang == t.lang else NAMES[lang] for lang in LANGUAGES)
    options = (button(name, Speak(lang)) for name, lang in zip(names, LANGUAGES, strict=True))
    text = Text(t("subscriptions-ask-language"))
    out = button(t("back"), Panel()) if inside else button(t("close"), Shut())
    return text.message(*districts.pairs(options), [out])


def spoken(t: Translator, *, stored: bool, lang: str) -> Message:
    """A language was picked; for a stranger it lives on in the buttons alone."""
    if stored:
        return Text(t("subscriptions-language-kept")).message(
            [button(t("start-settings"), Panel()), button(t("close"), Shut())]
        )
    return Text(t("subscriptions-language-carried")).message(*districts.how(t, lang))


def stranger(t: Translator) -> Message:
    """Settings of somebody who is not subscribed."""
    return Text(t("subscriptions-stranger")).message(*districts.how(t, ""))


def resumed(t: Translator) -> Message:
    """After Resume."""
    return Text(t("subscriptions-resumed")).message(
        [button(t("start-settings"), Panel()), button(t("close"), Shut())]
    )


def not_subscribed(t: Translator) -> Message:
    """/stop of somebody who gets nothing anyway."""
    return Message(t("subscriptions-not-subscribed"))
