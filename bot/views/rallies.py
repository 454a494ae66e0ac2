"""Rallies as people read them: announcements, changes, reminders, the list of what is next."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.assembly import Facts
from bot.domain.districts import DistrictId, Districts
from bot.domain.rallies import Rally, Reason, Stage, word_by
from bot.i18n import Translator
from bot.views import districts
from bot.views.message import Button, Message, Press, Text, button

MAP = "https://www.openstreetmap.org/?mlat={0:.4f}&mlon={1:.4f}#map=17/{0:.4f}/{1:.4f}"


class Notice(StrEnum):
    """What a publication about a rally says has happened."""

    ANNOUNCED = "announced"
    REVEALED = "revealed"
    POSTPONED = "postponed"
    MOVED = "moved"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    CANCELLED = "cancelled"


class Where(Press, frozen=True, tag="rwh"):
    """Show the place of a rally, with a link to a map."""

    rally: int


class Calendar(Press, frozen=True, tag="rcal"):
    """Send the calendar file of a rally."""

    rally: int


class Mute(Press, frozen=True, tag="rmu"):
    """No more reminders of this rally; ``off``: reminders again."""

    rally: int
    off: bool = False


class Safety(Press, frozen=True, tag="rsf"):
    """The short text on safety and rights."""

    rally: int


class Open(Press, frozen=True, tag="rop"):
    """Show one rally."""

    rally: int


class NextIn(Press, frozen=True, tag="rnx"):
    """Show the next rallies of a district to somebody who follows none."""

    district: int


class ChoosePage(Press, frozen=True, tag="rnp"):
    """Another page of districts to choose from."""

    page: int


def when(facts: Facts, tree: Districts, t: Translator) -> str:
    """``Saturday 28 November 2026, 14:00 (Minsk)``."""
    return t.moment(facts.starts_at, facts.zone, place=city(facts, tree, t))


def city(facts: Facts, tree: Districts, t: Translator) -> str:
    """The city whose clock the times are given in."""
    known = [d for d in sorted(facts.districts) if d in tree.all]
    if not known:
        return facts.zone.rpartition("/")[2].replace("_", " ")
    return tree.city(known[0]).name(t.lang)


def district_names(ids: frozenset[DistrictId], tree: Districts, t: Translator) -> str:
    """Their names, in the order of the tree."""
    return ", ".join(tree.all[d].name(t.lang) for d in sorted(ids) if d in tree.all)


def kind(facts: Facts, t: Translator) -> str:
    """``Peaceful march``."""
    return t(f"rally-type-{facts.type}")


def reason(why: Reason, t: Translator) -> str:
    """``Reason: weather``."""
    return t("rally-reason", reason=t(f"rally-reason-{why}"))


def announcement(rally: Rally, notice: Notice, tree: Districts, t: Translator) -> Message:
    """What followers and channels receive when a rally is announced, revealed or changed."""
    text = post(Text(), rally, notice, tree, t)
    quiet = notice in (Notice.ANNOUNCED, Notice.REVEALED)
    return text.message(*people_buttons(rally, t), silent=quiet)


def post(text: Text, rally: Rally, notice: Notice, tree: Districts, t: Translator) -> Text:
    """Append the words of an announcement: the same for a preview and for everybody."""
    if notice is not Notice.ANNOUNCED:
        text.bold(t(f"rally-notice-{notice}")).line()
        if notice is Notice.CANCELLED and rally.reason is not None:
            text.add(reason(rally.reason, t)).line()
        text.line()
    _block(text, rally, tree, t)
    _vouch(text, rally, t)
    return text


def suspension(rally: Rally, tree: Districts, t: Translator, now: datetime) -> Message:
    """What everybody reads at once when somebody suspends a rally."""
    text = Text().bold(t("rally-notice-suspended"))
    if rally.reason is not None:
        text.line(reason(rally.reason, t))
    text.line(next_word(rally, tree, t, now))
    text.gap().line().add(kind(rally.facts, t)).line()
    _moment(text, rally.facts, tree, t)
    text.line(t("rally-code", code="")).code(rally.code)
    return text.message(silent=False)


def next_word(rally: Rally, tree: Districts, t: Translator, now: datetime) -> str:
    """Until when the next word is promised, by the city's clock."""
    local = word_by(now).astimezone(ZoneInfo(rally.facts.zone))
    return t("rally-next-word", at=f"{local:%H:%M}", city=city(rally.facts, tree, t))


def reminder(rally: Rally, tree: Districts, t: Translator, now: datetime) -> Message:
    """The day before or shortly before; a statement, never a question."""
    zone = ZoneInfo(rally.facts.zone)
    days = (rally.facts.starts_at.astimezone(zone).date() - now.astimezone(zone).date()).days
    text = Text().bold(t("rally-reminder-tomorrow" if days else "rally-reminder-today")).line()
    _block(text, rally, tree, t)
    text.line(t("rally-code", code="")).code(rally.code)
    mute = button(t("rally-button-mute"), Mute(rally.id))
    where = button(t("rally-button-where"), Where(rally.id))
    return text.message([where], [mute])


def card(rally: Rally, tree: Districts, t: Translator) -> Message:
    """One rally as it stands now."""
    text = Text()
    if state := state_line(rally, t):
        text.bold(state).gap().line()
    _block(text, rally, tree, t)
    _vouch(text, rally, t)
    return text.message(*people_buttons(rally, t))


def listed(
    rallies: Sequence[Rally],
    names: str,
    tree: Districts,
    t: Translator,
    *,
    every: bool,
    ways_on: Sequence[Sequence[Button]] = (),
) -> Message:
    """The next rallies for some districts; ``every`` says that they are for a follower.

    ``ways_on`` are rows below: what somebody who only looks may do next.
    """
    if not rallies:
        key = "rally-none-follower" if every else "rally-none"
        return Text(t(key, districts=names)).message(*ways_on)
    text = Text().bold(t("rally-next-title", districts=names))
    for rally in rallies:
        text.gap().line()
        if state := state_line(rally, t):
            text.bold(state).line()
        _block(text, rally, tree, t)
        text.line(t("rally-code", code="")).code(rally.code)
    if len(rallies) == 1:
        return text.message(*people_buttons(rallies[0], t), *ways_on)
    rows = ([button(label(rally, t), Open(rally.id))] for rally in rallies)
    return text.message(*rows, *ways_on)


def headline(rally: Rally, tree: Districts, t: Translator) -> Message:
    """The next rally with what one may do about it, for the answer to a subscription."""
    text = Text().bold(t("rally-next-short")).line()
    if state := state_line(rally, t):
        text.bold(state).line()
    _block(text, rally, tree, t)
    _vouch(text, rally, t)
    return text.message(*people_buttons(rally, t))


def muted(rally: Rally, t: Translator) -> Message:
    """No more reminders of it, with the way back."""
    again = button(t("rally-button-unmute"), Mute(rally.id, off=True))
    return Text(t("rally-muted")).message([again])


def place(rally: Rally, tree: Districts, t: Translator) -> Message:
    """Where it is, to be copied, with a link to a map when a point is known."""
    text = Text(_place_line(rally, t)).line()
    text.line(t("rally-districts", districts=district_names(rally.facts.districts, tree, t)))
    if state := state_line(rally, t):
        text.line().bold(state)
    if rally.hides_place:
        return text.message()
    copy = Button(t("rally-button-copy"), copy=rally.facts.place)
    if rally.facts.point is None:
        return text.message([copy])
    url = MAP.format(*rally.facts.point)
    text.line(t("rally-coordinates", point=", ".join(f"{x:.4f}" for x in rally.facts.point)))
    return text.message([Button(t("rally-button-map"), url=url), copy])


def safety(t: Translator) -> Message:
    """The closed text on safety and rights."""
    return Message(t("rally-safety"))


def choose(names: Sequence[Button], t: Translator, *, page: int, more: bool) -> Message:
    """Ask a stranger for a district."""
    turns = [button(t("previous-page"), ChoosePage(page - 1))] if page else []
    turns += [button(t("next-page"), ChoosePage(page + 1))] if more else []
    out = [button(t("close"), districts.Shut())]
    return Text(t("rally-choose-district")).message(*districts.pairs(names), turns, out)


def people_buttons(rally: Rally, t: Translator) -> list[list[Button]]:
    """What a reader may do with a rally."""
    where = button(t("rally-button-where"), Where(rally.id))
    calendar = button(t("rally-button-calendar"), Calendar(rally.id))
    mute = button(t("rally-button-mute"), Mute(rally.id))
    safety = button(t("rally-button-safety"), Safety(rally.id))
    if rally.stage in (Stage.CANCELLED, Stage.ENDED):
        return [[calendar]] if rally.stage is Stage.CANCELLED else []
    return [[where, calendar], [mute], [safety]]


def state_line(rally: Rally, t: Translator) -> str:
    """What a reader must know first; empty for a rally that stands as announced."""
    if rally.stage in (Stage.ANNOUNCED, Stage.REVEALED):
        return ""
    return t(f"rally-state-{rally.stage}")


def _block(text: Text, rally: Rally, tree: Districts, t: Translator) -> None:
    text.add(kind(rally.facts, t)).line()
    _moment(text, rally.facts, tree, t)
    text.line(_place_line(rally, t))
    text.line(t("rally-districts", districts=district_names(rally.facts.districts, tree, t)))


def _moment(text: Text, facts: Facts, tree: Districts, t: Translator) -> None:
    text.moment(when(facts, tree, t), int(facts.starts_at.timestamp()))


def _place_line(rally: Rally, t: Translator) -> str:
    if rally.hides_place:
        return t("rally-place-later")
    return t("rally-place", place=rally.facts.place)


def _vouch(text: Text, rally: Rally, t: Translator) -> None:
    """Code and who stands behind it: a number of people, never a name."""
    if rally.code:
        text.gap().line(t("rally-code", code="")).code(rally.code)
    else:
        text.gap().line(t("rally-code-later"))
    text.add(" · ").add(t("rally-approved", n=rally.agreed))
    if rally.one_branch:
        text.line(t("one-branch"))


def label(rally: Rally, t: Translator) -> str:
    """``Sat 28 Nov, 14:00`` for a button."""
    local = rally.facts.starts_at.astimezone(ZoneInfo(rally.facts.zone))
    return f"{t.short_day(local.date())}, {local:%H:%M}"
