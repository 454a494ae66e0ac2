"""What staff reads: the menu, the list of people, invitations. Aliases only, never ids."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.domain.districts import DistrictId, Districts
from bot.domain.motions import Motion, MotionId, MotionKind
from bot.domain.staff import Grant, Role, Staff, StaffId, StaffState
from bot.i18n import Translator
from bot.views import scopes
from bot.views.message import Button, Message, Press, Text, button

PAGE = 8


class Menu(Press, tag="st", frozen=True):
    """The /staff menu, for the Back button of every staff screen."""


class People(Press, tag="stl", frozen=True):
    """One page of the list of people."""

    page: int = 0


class Card(Press, tag="stp", frozen=True):
    """One person."""

    staff: int


class Suspend(Press, tag="sts", frozen=True):
    """Suspend a person, oneself included."""

    staff: int


class Decide(Press, tag="std", frozen=True):
    """Reinstate or revoke; ``sure`` after the question whether to revoke."""

    kind: MotionKind
    staff: int
    sure: bool = False


class Roles(Press, tag="stg", frozen=True):
    """Choose roles: a bit per role of ``Role``, for an invitation (no ``staff``) or a person."""

    mask: int = 0
    staff: int | None = None


class Places(Press, tag="stz", frozen=True):
    """Choose where the roles hold."""

    mask: int
    staff: int | None = None
    page: int = 0


class Give(Press, tag="stk", frozen=True):
    """Give the roles there; no ``place`` means everywhere."""

    mask: int
    staff: int | None = None
    place: int | None = None


class Second(Press, tag="sty", frozen=True):
    """The second custodian's answer."""

    motion: int
    ok: bool


class Agree(Press, tag="sta", frozen=True):
    """The newcomer agrees to the rules."""


def roles_of(mask: int) -> list[Role]:
    """The roles behind a mask; unknown bits are ignored."""
    return [role for bit, role in enumerate(Role) if mask >> bit & 1]


def mask_of(grants: Iterable[Grant]) -> int:
    """The inverse of ``roles_of``."""
    held = {grant.role for grant in grants}
    return sum(1 << bit for bit, role in enumerate(Role) if role in held)


def grants_of(mask: int, place: int | None) -> frozenset[Grant]:
    """The roles behind a mask in one place."""
    district = None if place is None else DistrictId(place)
    return frozenset(Grant(role, district) for role in roles_of(mask))


def back(t: Translator) -> list[Button]:
    """The row that leads back to the menu."""
    return [button(t("staff-menu-button"), Menu())]


def menu(t: Translator, me: Staff, entries: Sequence[Button], tree: Districts) -> Message:
    """The /staff menu: what this person may do, collected from every noun."""
    text = Text().bold(t("staff-menu", alias=me.alias)).line(held(t, me.grants, tree))
    return text.message(*([entry] for entry in entries), protect=True)


def held(t: Translator, grants: Iterable[Grant], tree: Districts) -> str:
    """Roles with their places, in one line each."""
    lines = [
        t(
            "staff-role-at",
            role=t(f"staff-role-{g.role}"),
            place=scopes.place(t, tree, g.district),
        )
        for g in sorted(grants, key=lambda g: (g.role, g.district or 0))
    ]
    return "\n".join(lines) or t("staff-no-roles")


def people(t: Translator, everybody: Sequence[Staff], page: int) -> Message:
    """The list: alias and state per button."""
    at = min(max(page, 0), max(len(everybody) - 1, 0) // PAGE)
    here = everybody[at * PAGE : (at + 1) * PAGE]
    rows = [[button(_label(t, one), Card(one.id))] for one in here]
    flip = [button(t("previous-page"), People(at - 1))] if at else []
    if (at + 1) * PAGE < len(everybody):
        flip.append(button(t("next-page"), People(at + 1)))
    return Text(t("staff-people")).message(*rows, flip, back(t), protect=True)


def _label(t: Translator, one: Staff) -> str:
    if one.state is StaffState.ACTIVE:
        return one.alias
    return f"{one.alias} · {t(f'staff-state-{one.state}')}"[:30]


def card(
    t: Translator, one: Staff, me: Staff, heads: Mapping[StaffId, str], tree: Districts
) -> Message:
    """One person with what may be done; ``heads`` are the aliases of the branches' first people."""
    text = Text().bold(one.alias).line(held(t, one.grants, tree))
    text.line(_branch(t, one, heads)).line(t(f"staff-state-{one.state}"))
    return text.message(
        *([entry] for entry in _deeds(t, one, me, tree)),
        [button(t("back"), People())],
        protect=True,
    )


def _branch(t: Translator, one: Staff, heads: Mapping[StaffId, str]) -> str:
    if one.branch is None:
        return t("staff-branch-root")
    return t("staff-branch", alias=heads[one.branch])


def _deeds(t: Translator, one: Staff, me: Staff, tree: Districts) -> list[Button]:
    made = []
    if me.may_suspend(one):
        key = "staff-lock-button" if one.id == me.id else "staff-suspend-button"
        made.append(button(t(key), Suspend(one.id)))
    custodian = one.id != me.id and any(me.may_grant(g, tree) for g in one.grants)
    if custodian and one.state is StaffState.SUSPENDED:
        made.append(button(t("staff-reinstate-button"), Decide(MotionKind.REINSTATE, one.id)))
    if custodian and one.state is not StaffState.REVOKED:
        made.append(button(t("staff-regrant-button"), Roles(mask_of(one.grants), one.id)))
        made.append(button(t("staff-revoke-button"), Decide(MotionKind.REVOKE, one.id)))
    return made


def sure(t: Translator, one: Staff) -> Message:
    """Revoking is final: ask once."""
    yes = button(t("staff-revoke-button"), Decide(MotionKind.REVOKE, one.id, sure=True))
    text = Text(t("staff-revoke-sure", alias=one.alias))
    return text.message([yes], [button(t("back"), Card(one.id))], protect=True)


def roles(t: Translator, mask: int, of: Staff | None) -> Message:
    """Switch roles on and off, then go on."""
    text = t("staff-choose-roles-of", alias=of.alias) if of else t("staff-choose-roles")
    staff = of.id if of else None
    marks = [
        button(
            f"{'✓ ' if mask >> bit & 1 else ''}{t(f'staff-role-{role}')}",
            Roles(mask ^ 1 << bit, staff),
        )
        for bit, role in enumerate(Role)
    ]
    on = [button(t("staff-next-button"), Places(mask, staff))] if mask else []
    pairs = [marks[i : i + 2] for i in range(0, len(marks), 2)]
    return Text(text).message(*pairs, on, back(t), protect=True)


def places(
    t: Translator, press: Places, allowed: frozenset[DistrictId | None], tree: Districts
) -> Message:
    """Choose the district in which the roles hold."""
    rows = scopes.rows(
        t,
        tree,
        scopes.within(tree, allowed),
        press.page,
        pick=lambda id: Give(press.mask, press.staff, id),
        turn=lambda page: Places(press.mask, press.staff, page),
    )
    whole = [button(t("staff-everywhere-button"), Give(press.mask, press.staff))]
    everywhere = [whole] if None in allowed else []
    behind = [button(t("back"), Roles(press.mask, press.staff))]
    return Text(t("staff-choose-place")).message(*everywhere, *rows, behind, protect=True)


def asked(
    t: Translator, motion: Motion, id: MotionId, names: Mapping[StaffId, str], tree: Districts
) -> Message:
    """A second custodian is asked; ``names`` are aliases."""
    subject = names[motion.subject] if motion.subject is not None else ""
    text = Text(t(f"staff-motion-{motion.kind}", author=names[motion.author], alias=subject))
    if motion.grants:
        text.line(held(t, motion.grants, tree))
    yes = button(t("staff-confirm-button"), Second(id, ok=True))
    no = button(t("staff-decline-button"), Second(id, ok=False))
    return text.message([yes], [no], protect=True, silent=False)


def waiting(t: Translator) -> Message:
    """The author learns that a second person was asked."""
    return Text(t("staff-waiting")).message(back(t), protect=True)


def done(t: Translator, motion: Motion, alias: str) -> Message:
    """A decision about a person took effect, or an invitation is on its way to its author."""
    return Text(t(f"staff-done-{motion.kind}", alias=alias)).message(back(t), protect=True)


def declined(t: Translator) -> Message:
    """The motion is gone."""
    return Text(t("staff-declined")).message(back(t), protect=True)


def invitation(
    t: Translator, link: str, grants: Iterable[Grant], until: datetime, tree: Districts
) -> Message:
    """The link, shown once to the custodian who asked for it."""
    text = Text(t("staff-invitation", until=t.stamp(until))).line(held(t, grants, tree))
    return text.gap().line().code(link).message(protect=True)


def told(t: Translator, key: str, **args: object) -> Message:
    """A line to somebody concerned by a decision."""
    return Text(t(key, **args)).message(protect=True, silent=False)


def rules(t: Translator, alias: str) -> Message:
    """The newcomer's alias and the rules in four lines."""
    text = Text(t("staff-rules-alias", alias=alias)).gap()
    for line in ("two", "pause", "people", "phone"):
        text.line(t(f"staff-rules-{line}"))
    return text.message([button(t("staff-agree-button"), Agree())], protect=True)


def welcome(t: Translator, me: Staff, tree: Districts) -> Message:
    """The account works."""
    text = Text(t("staff-welcome", alias=me.alias)).line(held(t, me.grants, tree))
    return text.message(back(t), protect=True)
