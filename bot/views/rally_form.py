"""The questions of a rally's form, one per message, and the preview at its end."""

from collections.abc import Sequence
from datetime import date, time, timedelta

from bot.domain.assembly import Facts, Type
from bot.domain.districts import District, DistrictId, Districts
from bot.domain.rallies import Rally, RallyId
from bot.domain.staff import StaffId
from bot.domain.times import Instant, Shift, next_weekday
from bot.i18n import Translator
from bot.views import staff
from bot.views.message import Button, Message, Press, Text, button
from bot.views.rallies import Notice, city, post
from bot.views.rally_sketch import ORDER, Sketch, Step

SATURDAY, SUNDAY = 5, 6
HOURS = (time(12), time(14), time(18))
PER_PAGE = 4
LABEL = 28
"""Characters of a name that fit on a button."""


class New(Press, frozen=True, tag="rfn"):
    """Begin a new rally."""


class Redraft(Press, frozen=True, tag="rfr"):
    """Open an existing draft again, or (``change``) propose another time or place."""

    rally: int
    change: bool = False


class PickType(Press, frozen=True, tag="rft"):
    """Answer 1."""

    type: Type


class PickDistrict(Press, frozen=True, tag="rfd"):
    """Choose a district, or choose it no longer."""

    district: int


class Page(Press, frozen=True, tag="rfp"):
    """Another page of districts."""

    page: int


class Chosen(Press, frozen=True, tag="rfc"):
    """The districts are complete."""


class PickDay(Press, frozen=True, tag="rfy"):
    """Answer 3."""

    day: date


class PickTime(Press, frozen=True, tag="rfh"):
    """Answer 4."""

    at: time


class PickMoment(Press, frozen=True, tag="rfm"):
    """The next likely moment that was offered for one that has passed."""

    day: date
    at: time


class ByHand(Press, frozen=True, tag="rfo"):
    """Show how to type what no button offers."""


class Back(Press, frozen=True, tag="rfb"):
    """The question before; ``unchanged``: out, for there is nothing to preview yet."""

    unchanged: bool = False


class Leave(Press, frozen=True, tag="rfx"):
    """Leave the form; nothing is kept."""


class EditMenu(Press, frozen=True, tag="rfe"):
    """Which answer to change."""


class Edit(Press, frozen=True, tag="rfi"):
    """Change one answer and come back to the preview."""

    step: Step


class Stage(Press, frozen=True, tag="rfs"):
    """Announce the exact place at once, or only shortly before the start."""

    staged: bool


class Send(Press, frozen=True, tag="rfz"):
    """Send for approval."""


class Discard(Press, frozen=True, tag="rfq"):
    """Throw the draft away."""


def question(
    sketch: Sketch,
    t: Translator,
    tree: Districts,
    *,
    scope: Sequence[District],
    today: date,
    lead: str = "",
) -> Message:
    """The question of the current step; ``lead`` comes first: an echo, or why not."""
    text = Text()
    if lead:
        text.add(lead).gap().line()
    number = ORDER.index(sketch.step) + 1
    text.bold(t(f"rally-ask-{sketch.step}")).add(f" {number}/{len(ORDER) - 1}")
    rows = _choices(sketch, t, scope, today)
    if sketch.step is Step.DISTRICTS and sketch.districts:
        names = [tree.all[DistrictId(d)].name(t.lang) for d in sketch.districts if d in tree.all]
        text.line(t("rally-chosen", districts=", ".join(names)))
    elif sketch.step is Step.PLACE:
        text.line(t("rally-ask-place-hint"))
    return text.message(*rows, _leave(sketch, t), protect=True)


def typing(sketch: Sketch, t: Translator) -> Message:
    """How to type a day or an hour."""
    key = "rally-write-day" if sketch.step is Step.DAY else "rally-write-time"
    return Text(t(key)).message(_leave(sketch, t), protect=True)


def past(likely: Instant, sketch: Sketch, tree: Districts, t: Translator) -> Message:
    """The moment has passed; the next likely one is offered."""
    facts_city = _city(sketch, tree, t)
    offered = t.moment(likely.at, likely.zone, place=facts_city)
    text = Text(t("times-error-past")).line(t("rally-instead", when=offered))
    wall = likely.wall
    yes = button(t("yes"), PickMoment(wall.date(), wall.time()))
    other = button(t("rally-button-other"), ByHand())
    return text.message([yes, other], _leave(sketch, t), protect=True)


def echo(sketch: Sketch, tree: Districts, t: Translator) -> str:
    """What was understood, with weekday, city and offset, and what the clocks do then."""
    start = sketch.start(tree)
    if start is None:
        return t.day(sketch.day) if sketch.day is not None else ""
    said = t.echo(start.at, start.zone, place=_city(sketch, tree, t))
    if start.shift is Shift.NONE:
        return said
    return f"{said}\n{t(f'times-shift-{start.shift}')}"


def preview(
    sketch: Sketch,
    facts: Facts,
    rally: Rally | None,
    *,
    author: StaffId,
    clashes: Sequence[Rally],
    tree: Districts,
    t: Translator,
) -> Message:
    """The exact post and what was checked."""
    shown = rally or Rally(RallyId(0), author, facts, agreed=2)
    notice = Notice.ANNOUNCED
    if sketch.change:
        notice = Notice.POSTPONED if facts.same_place(shown.facts) else Notice.MOVED
    text = Text().bold(t("rally-preview")).gap().line()
    post(text, _as(shown, facts), notice, tree, t)
    text.gap().line().add(echo(sketch, tree, t))
    checks(text, facts, clashes, tree, t)
    text.gap().line(t("rally-pledge"))
    send = button(t("rally-button-send"), Send())
    edit = button(t("rally-button-edit"), EditMenu())
    discard = button(t("rally-button-discard"), Discard())
    label = "rally-button-place-now" if facts.staged else "rally-button-place-later"
    stage = button(t(label), Stage(not facts.staged))
    return text.message([send], [edit, discard], [] if sketch.change else [stage], protect=True)


def closed(key: str, t: Translator) -> Message:
    """The form is over: what became of it, and the way back."""
    return Text(t(key)).message(staff.back(t), protect=True)


def checks(
    text: Text, facts: Facts, clashes: Sequence[Rally], tree: Districts, t: Translator
) -> None:
    """Append what was looked at: the future, contacts, the area, other rallies close by."""
    text.gap().line(t("rally-check-future")).line(t("rally-check-contacts"))
    if facts.point is not None and _outside(facts, tree):
        text.line(t("rally-check-outside"))
    for other in clashes:
        at = t.moment(other.facts.starts_at, other.facts.zone, place=city(other.facts, tree, t))
        text.line(t("rally-check-clash", when=at, place=other.facts.place))


def edit_menu(sketch: Sketch, t: Translator, *, unchanged: bool = False) -> Message:
    """Which answer to change; of a public rally only time and place. ``unchanged``: none is yet,

    so that the way back leads out of the form.
    """
    steps = (Step.DAY, Step.TIME, Step.PLACE) if sketch.change else ORDER[:-1]
    keys = [button(t(f"rally-edit-{step}"), Edit(step)) for step in steps]
    rows = [keys[i : i + 2] for i in range(0, len(keys), 2)]
    back = button(t("back"), Back(unchanged=unchanged))
    return Text(t("rally-edit-which")).message(*rows, [back], protect=True)


def _as(rally: Rally, facts: Facts) -> Rally:
    """The rally with the facts of the form; its code is given anew when announced."""
    return Rally(rally.id, rally.author, facts, stage=rally.stage, agreed=max(2, rally.agreed))


def _outside(facts: Facts, tree: Districts) -> bool:
    assert facts.point is not None
    latitude, longitude = facts.point
    outlined = [d for id in facts.districts if id in tree.all for d in tree.descendants(id)]
    known = [district for district in outlined if district.rings]
    return bool(known) and not any(d.covers(longitude, latitude) for d in known)


def _city(sketch: Sketch, tree: Districts, t: Translator) -> str:
    known = [DistrictId(d) for d in sorted(sketch.districts) if d in tree.all]
    return tree.city(known[0]).name(t.lang) if known else "UTC"


def _choices(
    sketch: Sketch, t: Translator, scope: Sequence[District], today: date
) -> list[list[Button]]:
    match sketch.step:
        case Step.TYPE:
            return _rows([button(t(f"rally-type-{kind}"), PickType(kind)) for kind in Type])
        case Step.DISTRICTS:
            return _districts(sketch, t, scope)
        case Step.DAY:
            saturday = next_weekday(today, SATURDAY)
            near = {today + timedelta(days=1), saturday, next_weekday(today, SUNDAY)}
            days = sorted(near | {saturday + timedelta(days=7)})
            keys = [button(t.short_day(day), PickDay(day)) for day in days]
            return _rows([*keys, button(t("rally-button-other"), ByHand())])
        case Step.TIME:
            keys = [button(f"{at:%H:%M}", PickTime(at)) for at in HOURS]
            return _rows([*keys, button(t("rally-button-other"), ByHand())])
        case Step.PLACE | Step.PREVIEW:
            return []


def _districts(sketch: Sketch, t: Translator, scope: Sequence[District]) -> list[list[Button]]:
    pages = max(1, -(-len(scope) // PER_PAGE))
    first = sketch.page % pages * PER_PAGE
    shown = scope[first : first + PER_PAGE]
    keys = [button(_mark(sketch, d, t), PickDistrict(d.id)) for d in shown]
    more = [button(t("next-page"), Page((sketch.page + 1) % pages))] if pages > 1 else []
    done = [button(t("rally-button-done"), Chosen())] if sketch.districts else []
    return [*_rows(keys), [*more, *done]]


def _mark(sketch: Sketch, district: District, t: Translator) -> str:
    name = district.name(t.lang)[:LABEL]
    return t("rally-chosen-one", name=name) if district.id in sketch.districts else name


def _rows(keys: Sequence[Button]) -> list[list[Button]]:
    return [list(keys[i : i + 2]) for i in range(0, len(keys), 2)]


def _leave(sketch: Sketch, t: Translator) -> list[Button]:
    cancel = button(t("cancel"), Leave())
    if sketch.step is Step.TYPE and not sketch.only:
        return [cancel]
    return [button(t("back"), Back()), cancel]
