"""Districts as people see them: the tree to walk, a place found, names that resemble one typed."""

from collections.abc import Collection, Iterable, Sequence

from bot.domain.districts import District, DistrictId, Districts
from bot.i18n import Translator
from bot.views.message import AskLocation, Button, DropKeyboard, Message, Press, Text, button

PAGE = 8
"""Choices on one page."""
LABEL = 30
"""Letters a button shows on a small phone."""


class Open(Press, tag="dO", frozen=True):
    """Walk the tree: what lies in a district; 0 lists the countries."""

    district: int = 0
    page: int = 0
    lang: str = ""


class AskPlace(Press, tag="dL", frozen=True):
    """Offer the key that shares a location once."""

    lang: str = ""


class AskName(Press, tag="dN", frozen=True):
    """Say how to type a name."""

    lang: str = ""


class Subscribe(Press, tag="dS", frozen=True):
    """Follow a district. ``agreed`` when the consent stood above the button."""

    district: int
    lang: str = ""
    agreed: bool = False


class Shut(Press, tag="dX", frozen=True):
    """Take a menu off the screen."""


def place(tree: Districts, id: DistrictId, lang: str) -> str:
    """A district with its city: ``Leninski, Minsk``; a city or country by its name alone."""
    district, city = tree.get(id), tree.city(id)
    return ", ".join(dict.fromkeys((district.name(lang), city.name(lang))))


def reach(t: Translator, tree: Districts, ids: Collection[DistrictId]) -> list[str]:
    """What else following these brings, in words: what lies around them, and inside them."""
    around = [d for id in ids for d in list(tree.ancestors(id))[1:] if d.id not in ids]
    whole = [tree.get(id) for id in ids if tree.children(id)]
    found = (("start-inherits", around), ("subscriptions-whole", whole))
    return [
        t(key, places=", ".join(dict.fromkeys(d.name(t.lang) for d in places)))
        for key, places in found
        if places
    ]


def breadcrumb(tree: Districts, id: DistrictId, lang: str) -> str:
    """The way down from the country to a district."""
    return " › ".join(d.name(lang) for d in tree.path(id))


def how(t: Translator, lang: str) -> tuple[tuple[Button, ...], ...]:
    """The three ways to name a district."""
    return (
        (button(t("districts-send-location"), AskPlace(lang)),),
        (
            button(t("districts-list"), Open(lang=lang)),
            button(t("districts-type-name"), AskName(lang)),
        ),
    )


def follow(t: Translator, district: District, lang: str = "") -> Button:
    """Follow this one; a stranger is asked for consent first."""
    label = t("districts-follow", place=district.name(t.lang))
    return button(short(label), Subscribe(district.id, lang))


def short(label: str) -> str:
    """As much of a label as a small phone shows."""
    return label if len(label) <= LABEL else f"{label[: LABEL - 1]}…"


def walk(
    t: Translator, tree: Districts, press: Open, followed: Collection[DistrictId] = ()
) -> Message:
    """One level of the tree; a district without parts is offered to follow."""
    at = DistrictId(press.district) if press.district else None
    inside = sorted(tree.children(at), key=lambda d: d.name(t.lang))
    pages = max(1, -(-len(inside) // PAGE))
    page = min(max(press.page, 0), pages - 1)
    shown = inside[page * PAGE : (page + 1) * PAGE]
    text = Text()
    if at is not None:
        text.bold(breadcrumb(tree, at, t.lang))
    text.line(t("districts-choose") if inside else t("districts-choose-none"))
    if pages > 1:
        text.line(t("districts-page", page=page + 1, pages=pages))
    turns = [(page - 1, "previous-page")] * (page > 0) + [(page + 1, "next-page")] * (
        page + 1 < pages
    )
    return text.message(
        *pairs(_choice(tree, district, t, press.lang, followed) for district in shown),
        [follow(t, tree.get(at), press.lang)] if at is not None and at not in followed else [],
        [button(t(key), Open(press.district, to, press.lang)) for to, key in turns],
        _ways_out(t, tree, at, press.lang),
    )


def _choice(
    tree: Districts, district: District, t: Translator, lang: str, followed: Collection[DistrictId]
) -> Button:
    name = district.name(t.lang)
    if tree.children(district.id):
        return button(short(name), Open(district.id, lang=lang))
    label = t("districts-followed", place=name) if district.id in followed else name
    return button(short(label), Subscribe(district.id, lang))


def _ways_out(t: Translator, tree: Districts, at: DistrictId | None, lang: str) -> list[Button]:
    out = [button(t("close"), Shut())]
    if at is not None:
        parent = tree.get(at).parent or 0
        out.insert(0, button(t("back"), Open(parent, lang=lang)))
    return out


def pairs(buttons: Iterable[Button]) -> list[list[Button]]:
    """Two buttons per row."""
    listed = list(buttons)
    return [listed[n : n + 2] for n in range(0, len(listed), 2)]


def ask_place(t: Translator) -> Message:
    """Why a location is asked for, with the key that sends it."""
    ask = AskLocation(t("districts-location-key"), t("cancel"))
    return Message(t("districts-ask-location"), keyboard=ask)


def ask_name(t: Translator, lang: str) -> Message:
    """How to type a name."""
    rows = ((button(t("districts-list"), Open(lang=lang)),),)
    return Message(t("districts-ask-name"), buttons=rows)


def dropped(t: Translator) -> Message:
    """The location was used and not kept."""
    return Message(t("districts-dropped"), keyboard=DropKeyboard())


def is_it(t: Translator, tree: Districts, district: District) -> Message:
    """One district found; asks whether it is the right one."""
    text = t("districts-is-it", place=place(tree, district.id, t.lang))
    return Message(text, buttons=((follow(t, district),), *_others(t)))


def which(t: Translator, tree: Districts, found: Sequence[District]) -> Message:
    """Several names resemble what was typed."""
    rows = [[button(short(place(tree, d.id, t.lang)), Subscribe(d.id))] for d in found[: PAGE - 1]]
    return Text(t("districts-which")).message(*rows, *_others(t))


def outside(t: Translator, tree: Districts, nearest: tuple[District, float] | None) -> Message:
    """The place lies in no covered district; ``nearest`` has its distance in kilometres."""
    if nearest is None:
        return Message(t("districts-none-covered"))
    district, km = nearest
    name = place(tree, district.id, t.lang)
    text = t("districts-outside", place=name, km=max(1, round(km)))
    return Message(text, buttons=((follow(t, district),), *_others(t)))


def _others(t: Translator) -> tuple[tuple[Button, ...], ...]:
    return ((button(t("districts-list"), Open()), button(t("close"), Shut())),)
