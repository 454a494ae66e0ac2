"""Proposing a source: its address, what was found there, whom it concerns."""

from collections.abc import Callable

from bot.domain.districts import District, DistrictId, Districts
from bot.domain.sources import Found
from bot.i18n import Translator
from bot.views.districts import short
from bot.views.feeds import why
from bot.views.foreign import foreign
from bot.views.message import Button, Message, Press, Text, button
from bot.views.sources import ListSources, language
from feeds.failures import FeedRefused, NotAFeed

PAGE = 8
"""Districts per screen."""


class PickFeed(Press, tag="sof", frozen=True):
    """Take one of the feeds that a pasted page offers."""

    n: int


class PickScope(Press, tag="sod", frozen=True):
    """Open a district in the list (0: the top)."""

    at: int = 0
    page: int = 0


class ChooseScope(Press, tag="soc", frozen=True):
    """The source concerns this district."""

    district: int


class SendProposal(Press, tag="sos", frozen=True):
    """Nominate."""

    district: int


class StopProposal(Press, tag="sou", frozen=True):
    """Leave the form."""


def ask_address(t: Translator) -> Message:
    """Step 1: which address?"""
    return Text(t("proposal-address")).message([_stop(t)], protect=True)


def looking(t: Translator, host: str) -> Message:
    """Said before the wait."""
    return Message(t("proposal-looking", host=foreign(host)))


def refused(no: FeedRefused, t: Translator) -> Message:
    """Why it cannot be read; a page that links feeds offers them as buttons."""
    text = Text(why(no.key, no.args_, t))
    offered = no.feeds if isinstance(no, NotAFeed) else ()
    text.line(t("proposal-offered" if offered else "proposal-again"))
    rows = [[button(short(address), PickFeed(n))] for n, address in enumerate(offered)]
    return text.message(*rows, [_stop(t)], protect=True)


def found(
    it: Found, t: Translator, tree: Districts, at: PickScope, may: Callable[[DistrictId], bool]
) -> Message:
    """Step 2: what was read, and the question whom it concerns."""
    text = facts(Text(), it, t).gap().line(t("proposal-scope"))
    return text.message(*_places(t, tree, at, may), [_stop(t)], protect=True)


def confirm(it: Found, t: Translator, district: District) -> Message:
    """Step 3: propose exactly this?"""
    text = facts(Text(), it, t)
    text.gap().line(t("proposal-confirm", place=district.name(t.lang)))
    send = button(t("proposal-send"), SendProposal(district.id))
    other = button(t("proposal-other-place"), PickScope())
    return text.message([send], [other], [_stop(t)], protect=True)


def sent(t: Translator) -> Message:
    """It waits for a second person."""
    return Text(t("proposal-sent")).message([button(t("sources-all"), ListSources())], protect=True)


def tested(it: Found, t: Translator, back: Press) -> Message:
    """A reading that stored nothing."""
    text = Text(t("source-tested")).gap()
    return facts(text.line(), it, t).message([button(t("back"), back)], protect=True)


def untestable(no: FeedRefused, t: Translator, back: Press) -> Message:
    """A test reading that failed."""
    return Text(why(no.key, no.args_, t)).message([button(t("back"), back)], protect=True)


def facts(text: Text, it: Found, t: Translator) -> Text:
    """What a look at a feed showed: title, language, items, the last three, how it is reached."""
    text.bold(foreign(it.title)).line().code(it.address)
    text.line(t("proposal-language", language=language(it.language, t)))
    text.line(t.count("source-items", it.items))
    for title in it.latest:
        text.line(f"– {foreign(title)}")
    text.line(t("proposal-encrypted" if it.encrypted else "proposal-plain"))
    if it.redirected:
        text.line(t("proposal-redirected", address=foreign(it.read_at)))
    if it.lookalike:
        text.line(t("source-lookalike", domain=foreign(it.lookalike)))
    if it.rejected is not None:
        reason = t(f"source-reason-{it.rejected}")
        text.line(t("proposal-rejected-before", reason=reason))
    return text


def _places(
    t: Translator, tree: Districts, at: PickScope, may: Callable[[DistrictId], bool]
) -> list[list[Button]]:
    here = DistrictId(at.at) if at.at in tree.all else None
    below = [d for d in tree.children(here) if _reaches(d.id, tree, may)]
    shown = below[at.page * PAGE : (at.page + 1) * PAGE]
    rows = [[_place(d, t, tree)] for d in shown]
    if here is not None and may(here):
        whole = t("proposal-whole", place=tree.get(here).name(t.lang))
        rows.insert(0, [button(short(whole), ChooseScope(here))])
    turn = []
    if at.page:
        turn.append(button(t("previous-page"), PickScope(at.at, at.page - 1)))
    if len(below) > (at.page + 1) * PAGE:
        turn.append(button(t("next-page"), PickScope(at.at, at.page + 1)))
    if here is not None:
        turn.append(button(t("back"), PickScope(tree.get(here).parent or 0)))
    return [*rows, turn]


def _place(district: District, t: Translator, tree: Districts) -> Button:
    name = short(district.name(t.lang))
    if tree.children(district.id):
        return button(name, PickScope(district.id))
    return button(name, ChooseScope(district.id))


def _reaches(id: DistrictId, tree: Districts, may: Callable[[DistrictId], bool]) -> bool:
    return any(may(inside.id) for inside in tree.descendants(id))


def _stop(t: Translator) -> Button:
    return button(t("cancel"), StopProposal())
