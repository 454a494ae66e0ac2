"""Rallies as staff sees them: what waits for a second person, and what one may do at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from bot.domain.districts import Districts
from bot.domain.progress import Forecast
from bot.domain.rallies import OPEN, UPCOMING, Deed, Panel, Rally, Reason, Stage
from bot.domain.staff import May, Staff
from bot.i18n import Translator
from bot.views import publications, staff
from bot.views.districts import short
from bot.views.message import Button, Message, Press, Text, button
from bot.views.rallies import (
    Notice,
    city,
    district_names,
    kind,
    label,
    next_word,
    post,
    reason,
    state_line,
)
from bot.views.rally_form import Redraft, checks

SHOWN = 6

Verdict = Literal["yes", "change", "no"]


class Desk(Press, frozen=True, tag="rdl"):
    """The list of rallies staff may act on."""

    page: int = 0


class Show(Press, frozen=True, tag="rdc"):
    """One rally with what this person may do."""

    rally: int


class Pause(Press, frozen=True, tag="rds"):
    """Suspend: without a reason it asks for one."""

    rally: int
    reason: Reason | None = None


class Ask(Press, frozen=True, tag="rda"):
    """Ask a second person to resume or cancel; cancelling asks for a reason first."""

    rally: int
    deed: Deed
    reason: Reason | None = None


class Decide(Press, frozen=True, tag="rdd"):
    """Agree to exactly what ``digest`` names, ask for a change of it, or say no."""

    rally: int
    digest: str
    verdict: Verdict


def notice_of(before: Rally, after: Rally) -> Notice:
    """What a decision that was carried out tells people."""
    assert before.request is not None
    match before.request.deed:
        case Deed.ANNOUNCE:
            return Notice.ANNOUNCED
        case Deed.RESUME:
            return Notice.RESUMED
        case Deed.CANCEL:
            return Notice.CANCELLED
        case Deed.CHANGE:
            return Notice.MOVED if after.stage is Stage.MOVED else Notice.POSTPONED


def ask(
    rally: Rally,
    outcome: Rally,
    clashes: Sequence[Rally],
    tree: Districts,
    t: Translator,
    *,
    forecast: Forecast | None = None,
) -> Message:
    """What the second person is shown: the exact text that will go out, what was checked, how long

    the sending will take, and the three answers.
    """
    assert rally.request is not None
    deed = rally.request.deed
    text = Text().bold(t(f"rally-request-{deed}")).gap().line()
    post(text, outcome, notice_of(rally, outcome), tree, t)
    if deed in (Deed.ANNOUNCE, Deed.CHANGE):
        checks(text, outcome.facts, clashes, tree, t)
    if forecast is not None:
        text.gap().line(publications.forecast(forecast, t))
    text.gap().line(t("rally-request-hint"))
    yes = button(t(f"rally-approve-{deed}"), Decide(rally.id, rally.digest, "yes"))
    change = button(t("rally-button-ask-change"), Decide(rally.id, rally.digest, "change"))
    no = button(t("rally-button-reject"), Decide(rally.id, rally.digest, "no"))
    second = [change, no] if deed is Deed.ANNOUNCE else [no]
    return text.message([yes], second, protect=True, silent=False)


def decided(rally: Rally, t: Translator, *, waiting: bool) -> Message:
    """What the person who agreed sees: it is out, or somebody else must agree too."""
    if waiting:
        return Message(t("rally-agreed-waiting", name=_name(rally, t)), protect=True)
    text = Text(t("rally-agreed-done", name=_name(rally, t))).line()
    text.line(t("rally-code", code="")).code(rally.code)
    return text.message([button(t("rally-button-card"), Show(rally.id))], protect=True)


def told(key: str, rally: Rally, t: Translator, *, why: str = "") -> Message:
    """A line to the author or to whoever asked."""
    text = Text(t(key, name=_name(rally, t)))
    if why:
        text.line(t("rally-why", why=why))
    if rally.stage is Stage.DRAFT:
        edit = button(t("rally-button-edit"), Redraft(rally.id))
        return text.message([edit], protect=True, silent=False)
    return text.message([button(t("rally-button-card"), Show(rally.id))], protect=True)


def suspended(rally: Rally, tree: Districts, now: datetime, t: Translator) -> Message:
    """To colleagues at once: somebody suspended it, and until when people were promised news."""
    text = Text().bold(t("rally-told-suspend", name=_name(rally, t)))
    if rally.reason is not None:
        text.line(reason(rally.reason, t))
    text.line(next_word(rally, tree, t, now)).line(t("rally-told-suspend-next"))
    card = button(t("rally-button-card"), Show(rally.id))
    return text.message([card], protect=True, silent=False)


def listed(rallies: Sequence[Rally], t: Translator, tree: Districts, *, page: int) -> Message:
    """What staff may act on, earliest first."""
    if not rallies:
        return Text(t("rally-desk-empty")).message(staff.back(t), protect=True)
    pages = -(-len(rallies) // SHOWN)
    first = page % pages * SHOWN
    text = Text().bold(t("rally-desk"))
    rows = []
    for rally in rallies[first : first + SHOWN]:
        text.line(f"{_name(rally, t)} · {state(rally, t)}")
        text.add(f" · {district_names(rally.facts.districts, tree, t)}")
        where = city(rally.facts, tree, t)
        rows.append([button(short(f"{label(rally, t)} · {where}"), Show(rally.id))])
    more = [button(t("next-page"), Desk((page + 1) % pages))] if pages > 1 else []
    return text.message(*rows, more, staff.back(t), protect=True)


def card(rally: Rally, by: Staff, panel: Panel, t: Translator) -> Message:
    """One rally with what ``by`` may do about it now."""
    text = Text().bold(state(rally, t)).gap().line()
    post(text, rally, Notice.ANNOUNCED, panel.tree, t)
    if rally.request is not None:
        text.gap().line(t(f"rally-waits-{rally.request.deed}"))
    keys = _deeds(rally, by, panel, t)
    rows = [keys[i : i + 2] for i in range(0, len(keys), 2)]
    return text.message(*rows, [button(t("back"), Desk())], protect=True)


def reasons(rally: Rally, t: Translator, *, cancelling: bool) -> Message:
    """Why; the readers will see it."""
    keys = [
        button(
            t(f"rally-reason-{why}"),
            Ask(rally.id, Deed.CANCEL, why) if cancelling else Pause(rally.id, why),
        )
        for why in Reason
    ]
    rows = [keys[i : i + 2] for i in range(0, len(keys), 2)]
    back = button(t("back"), Show(rally.id))
    return Text(t("rally-which-reason")).message(*rows, [back], protect=True)


def say_why(t: Translator, *, rejecting: bool) -> Message:
    """Ask for the words the author will read."""
    return Message(t("rally-say-why-no" if rejecting else "rally-say-why-change"), protect=True)


def state(rally: Rally, t: Translator) -> str:
    """The stage in words."""
    return state_line(rally, t) or t("rally-state-announced")


def _deeds(rally: Rally, by: Staff, panel: Panel, t: Translator) -> list[Button]:
    mine, publishes = by.id == rally.author, panel.publishes(by, rally.facts)
    suspends = by.may(May.SUSPEND_RALLY, rally.facts.districts, panel.tree)
    keys = []
    if rally.stage in UPCOMING | {Stage.LIVE} and (mine or suspends):
        keys.append(button(t("rally-button-suspend"), Pause(rally.id)))
    if rally.stage in UPCOMING and (mine or publishes):
        keys.append(button(t("rally-button-change"), Redraft(rally.id, change=True)))
    if rally.stage is Stage.SUSPENDED and publishes:
        keys.append(button(t("rally-button-resume"), Ask(rally.id, Deed.RESUME)))
    if rally.stage in OPEN and (mine or publishes):
        keys.append(button(t("rally-button-cancel"), Ask(rally.id, Deed.CANCEL)))
    return keys


def _name(rally: Rally, t: Translator) -> str:
    return f"{kind(rally.facts, t)}, {label(rally, t)}"
