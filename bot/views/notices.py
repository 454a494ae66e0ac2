"""What moderators are told about sources: nominations, motions, holds, outages, edits."""

from bot.domain.sources import Found, Motion, Source
from bot.i18n import Translator
from bot.views.feeds import why
from bot.views.foreign import foreign
from bot.views.message import Button, Message, Text, button
from bot.views.proposals import facts
from bot.views.sources import AskReason, Move, OpenSource
from storage.polls import Poll


def nominated(source: Source, found: Found, t: Translator) -> Message:
    """Somebody proposes a source; a second person decides."""
    text = facts(Text(t("notice-nominated")).gap().line(), found, t)
    vet = button(t("source-agree-vet"), Move(source.id, Motion.VET))
    reject = button(t("source-reject"), AskReason(source.id))
    return text.message([vet, reject], [_open(source, t)], protect=True)


def motion(source: Source, t: Translator) -> Message:
    """One person asks for something that needs a second."""
    assert source.motion is not None
    text = _about(source, t(f"source-motion-{source.motion}"))
    agree = button(t(f"source-agree-{source.motion}"), Move(source.id, source.motion))
    return text.message([agree], [_open(source, t)], protect=True)


def settled(source: Source, t: Translator) -> Message:
    """Two people agreed: the source is in a new state."""
    state = t("source-state", state=t(f"source-state-{source.state}"))
    return _about(source, state).message([_open(source, t)], protect=True)


def held(source: Source, sent: int, t: Translator) -> Message:
    """It was held, by a person or by the bot; ``sent`` counts items of the last three days."""
    assert source.hold is not None
    text = _about(source, t(f"source-hold-{source.hold}")).line(t("notice-held"))
    if sent:
        text.line(t.count("notice-held-sent", sent))
    return text.message([_open(source, t)], protect=True)


def rejected(title: str, source: Source, t: Translator) -> Message:
    """A nomination was refused; only the reason is kept."""
    text = t("notice-rejected", title=foreign(title), reason=t(f"source-reason-{source.reason}"))
    return Text(text).message(protect=True)


def down(source: Source, poll: Poll, t: Translator) -> Message:
    """It cannot be read for a while; the bot keeps trying."""
    assert poll.failing is not None
    text = _about(source, t.count("notice-down", poll.failures)).line(why(*poll.failing, t))
    return text.message([_open(source, t)], protect=True)


def back(source: Source, t: Translator) -> Message:
    """It can be read again."""
    return _about(source, t("notice-back")).message([_open(source, t)], protect=True)


def edited(source: Source, count: int, t: Translator) -> Message:
    """Its medium changed items that were published."""
    return _about(source, t.count("notice-edited", count)).message([_open(source, t)], protect=True)


def _about(source: Source, line: str) -> Text:
    return Text().bold(foreign(source.title)).line(line)


def _open(source: Source, t: Translator) -> Button:
    return button(t("source-open"), OpenSource(source.id))
