"""Choosing a district within somebody's scope: a paged list for staff."""

from collections.abc import Callable, Collection

from bot.domain.districts import District, DistrictId, Districts
from bot.i18n import Translator
from bot.views import districts
from bot.views.message import Button, Press, button

PAGE = 8
Rows = list[list[Button]]


def within(tree: Districts, scopes: Collection[DistrictId | None]) -> list[District]:
    """The districts inside any of ``scopes``, widest first: those are wanted most."""
    return [d for d in tree.widest_first() if _allowed(tree, scopes, d)]


def place(t: Translator, tree: Districts, district: DistrictId | None) -> str:
    """A scope in words."""
    known = tree.all.get(district) if district is not None else None
    if district is not None and known is None:
        return t("staff-nowhere")
    return known.name(t.lang) if known else t("staff-everywhere")


def rows(
    t: Translator,
    tree: Districts,
    found: list[District],
    page: int,
    *,
    pick: Callable[[DistrictId], Press],
    turn: Callable[[int], Press],
) -> Rows:
    """One button per district, at most ``PAGE`` of them, and the row that turns pages."""
    at = min(max(page, 0), max(len(found) - 1, 0) // PAGE)
    here = found[at * PAGE : (at + 1) * PAGE]
    made: Rows = [[button(_label(t, tree, d), pick(d.id))] for d in here]
    flip = [button(t("previous-page"), turn(at - 1))] if at else []
    if (at + 1) * PAGE < len(found):
        flip.append(button(t("next-page"), turn(at + 1)))
    return [*made, flip] if flip else made


def _label(t: Translator, tree: Districts, district: District) -> str:
    return districts.short(districts.place(tree, district.id, t.lang))


def _allowed(tree: Districts, scopes: Collection[DistrictId | None], district: District) -> bool:
    return any(tree.covers(scope, district.id) for scope in scopes)
