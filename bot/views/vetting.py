"""The checklist of a source, as moderators fill it with a tap each."""

from collections.abc import Iterator, Mapping, Sequence

from bot.domain.districts import Districts
from bot.domain.evidence import LINKED, Check, Evidence, standing
from bot.domain.sources import Motion, Source, SourceState
from bot.domain.staff import May, Staff
from bot.i18n import Translator
from bot.views import newest
from bot.views.districts import pairs
from bot.views.foreign import foreign
from bot.views.message import Button, Message, Press, Text, button
from bot.views.sources import Entry, OpenEvidence, OpenSource, agree

_DIGITS = 16
"""Of a digest: enough to compare two by eye."""


class Tick(Press, tag="vet", frozen=True):
    """Say that a check is done, or take that back."""

    source: int
    check: Check
    on: bool


class AddLink(Press, tag="vel", frozen=True):
    """Send a link that shows it."""

    source: int
    check: Check


def checklist(
    entry: Entry,
    by: Staff,
    t: Translator,
    tree: Districts,
    *,
    just: Check | None = None,
    earlier: bool = False,
) -> Message:
    """What was checked, by whom and when; a button per check, and one for a link to the last.

    ``earlier``: what it showed before it was vetted is offered for the queue.
    """
    source = entry.source
    held = standing(entry.log)
    text = Text().bold(foreign(source.title)).line().code(source.address)
    text.line(t("evidence-head", n=len(held), of=len(Check)))
    for check in Check:
        lines = held.get(check, ())
        text.line(f"{'☑' if lines else '☐'} {t(f'evidence-{check}')}")
        for line in lines:
            _who(text, line, t)
    rows: list[list[Button]] = []
    closed = source.state in (SourceState.REVOKED, SourceState.REJECTED)
    if by.may(May.VET_SOURCE, source.districts, tree) and not closed:
        rows = pairs(_ticks(source, held, by, t))
        if just in LINKED:
            label = t("evidence-add-link", check=t(f"evidence-short-{just}"))
            rows.insert(0, [button(label, AddLink(source.id, just))])
        if source.motion is Motion.VET and (vote := agree(entry, by, t)):
            rows.append([vote])
    if earlier:
        rows.append([newest.offer(source, t)])
    return text.message(*rows, [button(t("back"), OpenSource(source.id))], protect=True)


def ask_link(source: int, check: Check, t: Translator) -> Message:
    """Which page shows it?"""
    text = Text(t("evidence-link", check=t(f"evidence-{check}")))
    return text.message([button(t("cancel"), OpenEvidence(source))], protect=True)


def _ticks(
    source: Source, held: Mapping[Check, Sequence[Evidence]], by: Staff, t: Translator
) -> Iterator[Button]:
    for check in Check:
        lines = held.get(check, ())
        mine = any(line.by == by.id for line in lines)
        done = mine if check is Check.INTEREST else bool(lines)
        sign = "✅" if done else "☐"
        label = f"{sign} {t(f'evidence-short-{check}')}"
        yield button(label, Tick(source.id, check, on=not done))


def _who(text: Text, line: Evidence, t: Translator) -> None:
    text.line(f"   {line.alias}, {t.stamp(line.at)} UTC")
    if line.link:
        text.add(" · ").link(t("evidence-shown"), line.link)
    if line.digest:
        text.add(" · ").code(line.digest[:_DIGITS])
