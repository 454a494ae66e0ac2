"""Is this message real? The first line is the answer, then our own text, never merely "yes"."""

from collections.abc import Sequence

from msgspec.structs import replace

from bot.domain.canonical import Change
from bot.domain.check import NEWS, SHOWN_CHANGES, Finding, Verdict
from bot.domain.districts import Districts
from bot.domain.publications import Kind, Publication, State
from bot.i18n import Translator
from bot.views.help import shortcuts
from bot.views.items import Why
from bot.views.message import TEXT_LIMIT, Button, Message, Text, button, units

QUOTED = 120
"""Characters shown of each side of a change."""
_SOFTER = {
    Verdict.SUSPENDED: "check-suspended-news",
    Verdict.CANCELLED: "check-cancelled-news",
    Verdict.ENDED: "check-ended-news",
}
"""What is said of news, which nobody can travel to."""


def ask(t: Translator) -> Message:
    """What to send."""
    return Text(t("check-ask")).message()


def no_words(t: Translator) -> Message:
    """A photo or a voice message without words."""
    return Text(t("check-no-words")).message()


def handle(t: Translator, name: str, *, linked: bool, resembles: str | None) -> Message:
    """A channel's name alone was asked about."""
    if linked:
        return Text(t("check-handle-linked", channel=name)).message()
    if resembles is not None:
        return _impostor(Text(), t, name, resembles).message()
    return Text(t("check-handle-unknown", channel=name)).message()


def answer(
    t: Translator,
    finding: Finding,
    ours: Message | None,
    tree: Districts,
) -> Message:
    """The verdict. ``ours`` is quoted below it when the reader does not have our words already."""
    text = Text()
    if finding.impostor is not None:
        _impostor(text, t, *finding.impostor).gap()
    text.line().bold(_headline(t, finding))
    _changes(text, t, finding.changes)
    for line in _details(t, finding, tree):
        text.line(line)
    head = text.message(*_grounds(t, finding), *shortcuts(t)[:1])
    return _quote(head, ours) if ours is not None else head


def _grounds(t: Translator, finding: Finding) -> list[list[Button]]:
    """Why to trust it, where it is an item that stands."""
    shown = finding.shown
    if shown is None or shown.kind is not Kind.ITEM or shown.state is not State.CURRENT:
        return []
    id = shown.number
    return [[button(t("item-why"), Why(id))]]


def _impostor(text: Text, t: Translator, name: str, official: str) -> Text:
    """The imitation is written as code, so that nobody gets there by a tap."""
    text.bold(t("check-impostor")).add(" ").code(name)
    return text.line(t("check-official", channel=official))


def _headline(t: Translator, finding: Finding) -> str:
    if finding.verdict is Verdict.UNKNOWN and finding.code is not None:
        return t("check-unknown-code", code=finding.code)
    if finding.verdict is Verdict.LOOKS_LIKE and finding.shown is not None:
        return t("check-looks-like", code=finding.shown.code)
    return _said(t, finding.verdict, finding.shown)


def _said(t: Translator, verdict: Verdict, shown: Publication | None) -> str:
    news = shown is not None and shown.kind in NEWS
    return t(_SOFTER.get(verdict, f"check-{verdict}") if news else f"check-{verdict}")


def _changes(text: Text, t: Translator, changes: Sequence[Change]) -> None:
    """Word by word, as code: what somebody put in may be an address nobody should tap on."""
    for change in changes[:SHOWN_CHANGES]:
        text.line(t("check-theirs")).add(" ").code(change.theirs[:QUOTED] or "—")
        text.line(t("check-ours")).add(" ").code(change.ours[:QUOTED] or "—")
    if (more := len(changes) - SHOWN_CHANGES) > 0:
        text.line(t.count("check-more-changes", more))


def _details(t: Translator, finding: Finding, tree: Districts) -> list[str]:
    lines = []
    differs = finding.verdict in (Verdict.ALTERED, Verdict.LOOKS_LIKE)
    if differs and finding.standing is not Verdict.REAL:
        lines.append(_said(t, finding.standing, finding.shown))
    lines.extend(_sender(t, finding))
    if finding.shown is not None:
        lines.append(_history(t, finding.shown, tree))
    elif finding.verdict is Verdict.UNKNOWN:
        lines.append(t("check-unknown-advice"))
    return lines


def _sender(t: Translator, finding: Finding) -> list[str]:
    known = finding.shown is not None
    if finding.posted_by is not None:
        key = "check-posted-by" if known else "check-posted-unknown"
        return [t(key, channel=finding.posted_by)]
    if finding.by_bot:
        return [t("check-posted-bot")]
    return [t("check-hidden")] if finding.hidden and known else []


def _history(t: Translator, shown: Publication, tree: Districts) -> str:
    place = min(shown.audience.districts, default=None)
    if place is None or place not in tree.all:
        when = t.stamp(shown.accepted_at)
    else:
        city = tree.city(place)
        when = t.moment(shown.accepted_at, tree.get(place).zone, place=city.name(t.lang))
    suspended = shown.kind is Kind.RALLY and shown.state is State.SUSPENDED
    about = "suspended" if suspended else shown.kind
    return t(f"check-about-{about}", when=when, code=shown.code)


def _quote(head: Message, ours: Message) -> Message:
    """Our own text below the verdict, with its links, cut where Telegram's limit is."""
    above = f"{head.text}\n\n"
    at, room = units(above), TEXT_LIMIT - units(above)
    kept = ours.text if units(ours.text) <= room else f"{ours.text[: room // 2]}…"
    moved = (replace(span, offset=span.offset + at) for span in ours.spans)
    spans = (span for span in moved if span.offset + span.length <= at + units(kept))
    return replace(head, text=above + kept, spans=(*head.spans, *spans))
