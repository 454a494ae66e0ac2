"""What is being sent, as staff sees it: sizes instead of figures, and how long it takes."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.districts import Districts
from bot.domain.progress import Forecast, Progress, Standing, bucket, tenths
from bot.domain.publications import Publication
from bot.domain.staff import Staff
from bot.domain.stops import permitted, right_to_resume, right_to_stop, stoppable
from bot.i18n import Translator
from bot.views import staff
from bot.views.districts import short
from bot.views.message import Button, Message, Press, Text, button

SHOWN = 6


class Sent(Press, frozen=True, tag="pul"):
    """The list of publications of the last days."""

    page: int = 0


class Follow(Press, frozen=True, tag="puc"):
    """One of them, kept up to date on the screen for a while. Pressed again: now."""

    publication: int


class Stop(Press, frozen=True, tag="pus"):
    """Let it wait, at once."""

    publication: int


class Resume(Press, frozen=True, tag="pur"):
    """Ask to go on with what staff stopped, or agree to that."""

    publication: int


@dataclass(frozen=True, slots=True)
class Rights:
    """What the person who looks may do with it."""

    stop: bool = False
    resume: bool = False


def listed(found: Sequence[Progress], t: Translator, *, page: int, pages: int) -> Message:
    """The newest first; a button opens each."""
    if not found:
        return Text(t("publications-none")).message(staff.back(t), protect=True)
    text, rows = Text().bold(t("publications-menu")), []
    for one in found:
        text.gap().line().bold(one.headline or one.publication.code)
        text.line(f"{_kind(one.publication, t)} · ").code(one.publication.code)
        text.line(state(one, t))
        label = short(f"{one.publication.code} · {one.headline}")
        rows.append([button(label, Follow(one.publication.id))])
    more = [button(t("next-page"), Sent((page + 1) % pages))] if pages > 1 else []
    return text.message(*rows, more, staff.back(t), protect=True)


def card(one: Progress, rights: Rights, t: Translator, *, more: Sequence[Button] = ()) -> Message:
    """One publication as it stands. ``more``: what else may be done with it, a row of its own."""
    text = Text().bold(one.headline or one.publication.code)
    text.line(f"{_kind(one.publication, t)} · ").code(one.publication.code)
    text.gap().line(state(one, t))
    if figures := _figures(one, t):
        text.line(figures)
    if one.revising is not None:
        kind, share = one.revising
        what = t(f"publications-revising-{kind}")
        text.line(t("publications-revising", what=what, share=t.percent(tenths(share))))
    if one.resume_asked and one.stopped:
        text.line(t("publications-resume-asked"))
    if one.rows.get("failed") or one.rows.get("unknown"):
        text.line(t("publications-aside"))
    return text.message(_keys(one, rights, t), more, _back(t), protect=True)


def state(one: Progress, t: Translator) -> str:
    """Where it stands, in words."""
    if one.standing is Standing.HELD and one.publication.held is not None:
        return t(f"publications-held-{one.publication.held}")
    return t(f"publications-standing-{one.standing}")


def forecast(what: Forecast, t: Translator) -> str:
    """What sending it will take, for whoever is about to approve it."""
    posts = t.duration(what.channel_seconds)
    if not what.people_seconds:
        return t.count("publications-forecast-channels", what.channels, time=posts)
    size = t(f"publications-people-{bucket(what.people)}")
    chats = t("publications-forecast-people", time=t.duration(what.people_seconds), size=size)
    if not what.channels:
        return chats
    return f"{chats} · {t.count('publications-forecast-channels', what.channels, time=posts)}"


def told(key: str, publication: Publication, headline: str, t: Translator) -> Message:
    """A line to colleagues about what somebody did."""
    text = Text(t(key, name=f"{headline} ({publication.code})"))
    return text.message([button(t("publications-open"), Follow(publication.id))], protect=True)


def rights_of(by: Staff, one: Progress, tree: Districts) -> Rights:
    """Which buttons somebody gets; the rule looks again when one is pressed."""
    publication = one.publication
    return Rights(
        stop=stoppable(one) and permitted(by, right_to_stop(publication), publication, tree),
        resume=one.stopped and permitted(by, right_to_resume(publication), publication, tree),
    )


def _kind(publication: Publication, t: Translator) -> str:
    return t(f"publications-kind-{publication.kind}")


def _figures(one: Progress, t: Translator) -> str:
    parts = []
    if one.channels:
        done, total = one.channels_done, one.channels
        parts.append(t("publications-channels", done=done, total=total))
    if one.publication.audience.people:
        size = t(f"publications-people-{bucket(one.people)}")
        share = t.percent(tenths(one.share))
        parts.append(t("publications-people", size=size, share=share))
    if one.left is not None:
        parts.append(t("publications-left", time=t.duration(one.left)))
    return " · ".join(parts)


def _keys(one: Progress, rights: Rights, t: Translator) -> list[Button]:
    keys = []
    id = one.publication.id
    if rights.stop:
        keys.append(button(t("publications-stop"), Stop(id)))
    if rights.resume:
        agree = "publications-resume-agree" if one.resume_asked else "publications-resume"
        keys.append(button(t(agree), Resume(id)))
    return [*keys, button(t("publications-refresh"), Follow(id))]


def _back(t: Translator) -> list[Button]:
    return [button(t("back"), Sent())]
