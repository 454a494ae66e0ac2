"""What is stored, what of it is this person's, and the ways to pause and to be forgotten."""

from collections.abc import Iterable

from bot.domain.districts import DistrictId, Districts
from bot.domain.subscribers import Settings
from bot.i18n import NAMES, Translator
from bot.views.districts import Shut, place
from bot.views.message import Message, Press, Text, button
from bot.views.subscriptions import Pause, news_words, quiet_value, quiet_words
from storage.erasure import Holdings


class Preview(Press, tag="pP", frozen=True):
    """Show what would be erased."""


class Erase(Press, tag="pE", frozen=True):
    """Erase everything about the person who pressed."""


def privacy(t: Translator) -> Message:
    """The privacy page: ten lines, the same for everybody."""
    text = Text().bold(t("privacy-title"))
    for key in ("who", "stored", "not-stored", "sealed", "telegram", "kept", "shared", "yours"):
        text.line(t(f"privacy-{key}"))
    return text.line(t("privacy-law")).message()


def risks(t: Translator, countries: Iterable[str]) -> Message:
    """What is known about the risk of following, for each country that has a text."""
    text = Text().bold(t("risks-title"))
    for slug in countries:
        if t.knows(f"risks-{slug}"):
            text.gap().line(t(f"risks-{slug}"))
    return text.gap().line(t("risks-advice")).message()


def paused(t: Translator, *, withdrawn: int) -> Message:
    """After /stop; ``withdrawn`` messages were waiting and will not come."""
    text = Text(t("privacy-paused"))
    if withdrawn:
        text.line(t.count("privacy-withdrawn", withdrawn))
    resume = button(t("subscriptions-resume"), Pause(False))
    return text.message([resume, button(t("privacy-erase-everything"), Preview())])


def mine(
    t: Translator,
    tree: Districts,
    *,
    chat: int,
    settings: Settings | None,
    follows: Iterable[DistrictId],
    held: Holdings,
    alias: str,
) -> Message:
    """Everything stored about one person, opened. ``chat`` is shown to nobody else."""
    text = Text().bold(t("mydata-title"))
    if settings is None:
        text.line(t("mydata-no-subscription"))
    else:
        text.line(t("mydata-chat")).add(" ").code(str(chat))
        _settings(text, t, tree, settings, follows)
    if alias:
        text.line(t("mydata-staff", alias=alias))
    if held.form:
        text.line(t("mydata-form"))
    text.line(t("mydata-queued", n=held.queued)).line(t("mydata-receipts", n=held.receipts))
    text.line(t("mydata-nothing-else"))
    return text.message([button(t("privacy-erase-everything"), Preview())])


def _settings(
    text: Text, t: Translator, tree: Districts, settings: Settings, follows: Iterable[DistrictId]
) -> None:
    places = "; ".join(place(tree, id, t.lang) for id in sorted(follows) if id in tree.all)
    state = t("subscriptions-on" if settings.reminders else "subscriptions-off")
    hours = quiet_words(t, quiet_value(settings.quiet))
    text.line(t("subscriptions-districts-line", places=places or "—"))
    text.line(t("subscriptions-language-line", language=NAMES[settings.language]))
    text.line(t("subscriptions-reminders-line", state=state))
    text.line(t("subscriptions-news-line", state=news_words(t, settings)))
    text.line(t("subscriptions-quiet-line", hours=hours))
    if settings.muted:
        text.line(t("mydata-muted", n=len(settings.muted)))
    if settings.paused:
        text.line(t("subscriptions-paused-line"))


def preview(t: Translator, *, subscribed: bool, districts: int, held: Holdings) -> Message:
    """What erasing would remove, before it is done."""
    if not subscribed and held == Holdings():
        return Message(t("forget-nothing"))
    text = Text().bold(t("forget-title"))
    if subscribed:
        text.line(t.count("forget-subscription", districts))
    if held.form:
        text.line(t("mydata-form"))
    if held.queued or held.receipts:
        text.line(t("forget-messages", queued=held.queued, receipts=held.receipts))
    text.line(t("forget-backups"))
    erase = button(t("forget-now"), Erase())
    keep = button(t("forget-keep"), Shut())
    pause = [button(t("forget-pause"), Pause(True))] if subscribed else []
    return text.message([erase], [*pause, keep])


def erased(t: Translator, *, ref: str, staff: bool) -> Message:
    """Done. ``ref`` is linked to nobody."""
    text = (
        Text()
        .bold(t("forget-done-staff" if staff else "forget-done"))
        .line(t("forget-reference", ref=ref))
    )
    text.line(t("forget-chat"))
    return (text.line(t("forget-staff")) if staff else text).message()
