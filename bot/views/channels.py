"""Linking channels: what an admin who links one reads."""

from collections.abc import Collection, Sequence

from bot.domain.channels import ChannelRights
from bot.domain.districts import DistrictId, Districts
from bot.i18n import LANGUAGES, NAMES, Translator, translator
from bot.views import scopes
from bot.views import staff as staff_view
from bot.views.message import AskChannel, Button, DropKeyboard, Message, Press, Text, button

PAGE = 8
RIGHTS = ("post", "edit", "delete", "promote")


class Start(Press, tag="ch", frozen=True):
    """Link a channel: choose a district."""

    page: int = 0


class Place(Press, tag="chd", frozen=True):
    """The district; next the language."""

    district: int


class Choose(Press, tag="chl", frozen=True):
    """The language; next Telegram's own chooser."""

    district: int
    lang: str


class Again(Press, tag="cha", frozen=True):
    """Look at the rights again."""


class Confirm(Press, tag="chc", frozen=True):
    """Link the channel that was chosen."""


class Mine(Press, tag="chm", frozen=True):
    """One page of the linked channels."""

    page: int = 0


class Card(Press, tag="chp", frozen=True):
    """One channel; ``channel`` is its tag in hex, here and below."""

    channel: str


class Try(Press, tag="cht", frozen=True):
    """A test post that only the person sees."""

    channel: str


class Resume(Press, tag="chr", frozen=True):
    """Let posts go to a paused channel again."""

    channel: str


class Unlink(Press, tag="chu", frozen=True):
    """Unlink; ``sure`` after the question."""

    channel: str
    sure: bool = False


def entries(t: Translator) -> list[Button]:
    """What this noun adds to the menu."""
    return [
        button(t("channels-link-button"), Start()),
        button(t("channels-list-button"), Mine()),
    ]


def places(
    t: Translator, allowed: Collection[DistrictId | None], page: int, tree: Districts
) -> Message:
    """For which district? Only those in which the person may link."""
    found = scopes.within(tree, allowed)
    rows = scopes.rows(t, tree, found, page, pick=lambda id: Place(id), turn=lambda at: Start(at))
    return Text(t("channels-place")).message(*rows, staff_view.back(t), protect=True)


def languages(t: Translator, district: DistrictId, tree: Districts) -> Message:
    """In which language is it posted there?"""
    text = Text(t("channels-language", district=scopes.place(t, tree, district)))
    rows = [[button(NAMES[lang], Choose(district, lang))] for lang in LANGUAGES]
    return text.message(*rows, [button(t("back"), Start())], protect=True)


def chosen(t: Translator, district: DistrictId, lang: str, tree: Districts) -> Message:
    """What was chosen so far, left standing above the chooser."""
    place = scopes.place(t, tree, district)
    return Text(t("channels-chosen", district=place, language=NAMES[lang])).message(protect=True)


def chooser(t: Translator, request: int) -> Message:
    """Telegram's own chooser; it grants the bot its rights on the way."""
    keyboard = AskChannel(t("channels-choose-button"), cancel=t("cancel"), request=request)
    return Text(t("channels-choose")).message(keyboard=keyboard)


def received(t: Translator, title: str) -> Message:
    """The chooser's answer; takes the keyboard away."""
    return Text(t("channels-received", channel=title)).message(keyboard=DropKeyboard())


def left(t: Translator) -> Message:
    """The person left the chooser."""
    return Text(t("channels-left")).message(keyboard=DropKeyboard())


def confirm(t: Translator, title: str, district: DistrictId, lang: str, tree: Districts) -> Message:
    """Everything fits: link it?"""
    place = scopes.place(t, tree, district)
    text = Text(t("channels-confirm", channel=title, district=place, language=NAMES[lang]))
    yes = button(t("channels-confirm-button"), Confirm())
    return text.message([yes], staff_view.back(t), protect=True)


def missing(t: Translator, title: str, bot: str, again: Press) -> Message:
    """The bot may not post or edit there: the exact way through Telegram's menus."""
    text = Text(t("channels-missing", channel=title)).line(t("channels-path", bot=f"@{bot}"))
    return text.message([button(t("channels-again-button"), again)], staff_view.back(t))


def linked(t: Translator, title: str, channel: str, rights: ChannelRights) -> Message:
    """Linked, and what the bot can and cannot do there."""
    text = Text(t("channels-linked", channel=title)).line(_rights(t, rights))
    text.line(t("channels-second"))
    test = button(t("channels-test-button"), Try(channel))
    return text.message([test], staff_view.back(t), protect=True)


def _rights(t: Translator, rights: ChannelRights) -> str:
    can = [t(f"channels-right-{name}") for name in RIGHTS if getattr(rights, name)]
    cannot = [t(f"channels-right-{name}") for name in RIGHTS if not getattr(rights, name)]
    lines = [t("channels-can", rights=", ".join(can))]
    if cannot:
        lines.append(t("channels-cannot", rights=", ".join(cannot)))
    return " ".join(lines)


def listed(t: Translator, channels: Sequence[tuple[str, str, bool]], page: int) -> Message:
    """The linked channels: (tag in hex, title, paused)."""
    if not channels:
        return Text(t("channels-none")).message(
            [button(t("channels-link-button"), Start())], staff_view.back(t), protect=True
        )
    at = min(max(page, 0), (len(channels) - 1) // PAGE)
    rows = [
        [button(f"{'⏸ ' if paused else ''}{title}"[:30], Card(tag))]
        for tag, title, paused in channels[at * PAGE : (at + 1) * PAGE]
    ]
    flip = [button(t("previous-page"), Mine(at - 1))] if at else []
    if (at + 1) * PAGE < len(channels):
        flip.append(button(t("next-page"), Mine(at + 1)))
    return Text(t("channels-list")).message(*rows, flip, staff_view.back(t), protect=True)


def card(
    t: Translator,
    channel: str,
    title: str,
    lang: str,
    *,
    paused: bool,
    districts: Collection[DistrictId],
    tree: Districts,
) -> Message:
    """One channel with what may be done."""
    names = ", ".join(scopes.place(t, tree, id) for id in sorted(districts))
    text = Text().bold(title).line(t("channels-card", districts=names, language=NAMES[lang]))
    text.line(t("channels-paused" if paused else "channels-working"))
    deed = button(t("channels-resume-button"), Resume(channel))
    test = button(t("channels-test-button"), Try(channel))
    unlink = button(t("channels-unlink-button"), Unlink(channel))
    back = button(t("back"), Mine())
    return text.message([deed if paused else test], [unlink], [back], protect=True)


def test_post(lang: str, title: str) -> Message:
    """A post as the channel would get it, in the channel's language."""
    return Text(translator(lang)("channels-test", channel=title)).message(protect=True)


def sure(t: Translator, channel: str, title: str) -> Message:
    """Unlink? Posts stay, nothing new goes there."""
    yes = button(t("channels-unlink-button"), Unlink(channel, sure=True))
    text = Text(t("channels-unlink-sure", channel=title))
    return text.message([yes], [button(t("back"), Card(channel))], protect=True)


def done(t: Translator, key: str, title: str) -> Message:
    """A line about what happened to a channel."""
    return Text(t(key, channel=title)).message(staff_view.back(t), protect=True)


def lost(t: Translator, title: str, channel: str) -> Message:
    """To those who may link: the bot lost its rights there."""
    again = button(t("channels-again-button"), Resume(channel))
    return Text(t("channels-lost", channel=title)).message([again], protect=True, silent=False)


def regained(t: Translator, title: str, channel: str) -> Message:
    """To those who may link: the rights are back; resuming is a decision."""
    resume = button(t("channels-resume-button"), Resume(channel))
    return Text(t("channels-regained", channel=title)).message([resume], protect=True)
