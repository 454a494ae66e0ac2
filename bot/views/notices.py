"""What moderators are told about sources: nominations, motions, holds, outages, edits."""

from bot.domain.cascades import Cascade
from bot.domain.sources import Found, Motion, Source, SourceState
from bot.domain.upkeep import Happening
from bot.i18n import Translator
from bot.views import newest
from bot.views.feeds import why
from bot.views.foreign import foreign
from bot.views.message import Button, Message, Text, button
from bot.views.proposals import facts
from bot.views.queue import OpenQueue
from bot.views.revisions import Recent
from bot.views.sources import AskReason, Move, OpenEvidence, OpenSource, asked
from storage.polls import Poll


def nominated(source: Source, found: Found, t: Translator) -> Message:
    """Somebody proposes a source; a second person decides."""
    text = facts(Text(t("notice-nominated")).gap().line(), found, t)
    check = button(t("source-evidence-fill"), OpenEvidence(source.id))
    reject = button(t("source-reject"), AskReason(source.id))
    return text.message([check, reject], [_open(source, t)], protect=True)


def motion(source: Source, t: Translator) -> Message:
    """One person asks for something that needs a second."""
    assert source.motion is not None
    text = _about(source, asked(source, t))
    press = Move(source.id, source.motion, source.mark)
    agree = button(t(f"source-agree-{source.motion}"), press)
    return text.message([agree], [_open(source, t)], protect=True)


def settled(source: Source, t: Translator) -> Message:
    """Two people agreed: the source is in a new state."""
    text = _about(source, t("source-state", state=t(f"source-state-{source.state}")))
    if not just_vetted(source):
        return text.message([_open(source, t)], protect=True)
    text.line(t("newest-offer"))
    return text.message([newest.offer(source, t)], [_open(source, t)], protect=True)


def held(source: Source, sent: int, t: Translator) -> Message:
    """It was held, by a person or by the bot; ``sent`` counts items of the last three days."""
    assert source.hold is not None
    text = _about(source, t(f"source-hold-{source.hold}")).line(t("notice-held"))
    look = button(t("notice-look"), OpenSource(source.id))
    if not sent:
        return text.message([look], protect=True)
    text.line(t.count("notice-held-sent", sent))
    return text.message([look], [button(t("notice-look-sent"), Recent())], protect=True)


def rejected(title: str, source: Source, t: Translator) -> Message:
    """A nomination was refused; only the reason is kept."""
    text = t("notice-rejected", title=foreign(title), reason=t(f"source-reason-{source.reason}"))
    return Text(text).message(protect=True)


def down(source: Source, poll: Poll, t: Translator) -> Message:
    """It cannot be read for a while; the bot keeps trying."""
    assert poll.failing is not None
    text = _about(source, t.count("notice-down", poll.failures)).line(why(*poll.failing, t))
    return text.message([_open(source, t)], protect=True)


def gone(source: Source, poll: Poll, t: Translator) -> Message:
    """Its server says that it ended for good; people say what it was."""
    assert poll.failing is not None
    text = _about(source, t("notice-gone")).line(why(*poll.failing, t))
    return text.message([_open(source, t)], protect=True)


def back(source: Source, t: Translator) -> Message:
    """It can be read again."""
    return _about(source, t("notice-back")).message([_open(source, t)], protect=True)


def moved(source: Source, address: str, t: Translator) -> Message:
    """Its server says that it moved for good; two people adopt the new address."""
    text = _about(source, t("source-moved", address=foreign(address)))
    text.line(t("notice-moved"))
    adopt = button(t("source-ask-adopt"), Move(source.id, Motion.ADOPT))
    return text.message([adopt], [_open(source, t)], protect=True)


_OFFERS = {Happening.RIPE: Motion.TRUST, Happening.REVIEW: Motion.REVIEW}


def happened(source: Source, what: Happening, t: Translator) -> Message:
    """What time did to it; where two people can do something about it, with the button."""
    text = _about(source, t(f"notice-{what}"))
    rows = []
    if (motion := _OFFERS.get(what)) is not None:
        rows.append([button(t(f"source-ask-{motion}"), Move(source.id, motion))])
    return text.message(*rows, [_open(source, t)], protect=True)


def taken_back(source: Source, cascade: Cascade, t: Translator) -> Message:
    """Everything that a revoked source published is taken back or marked."""
    text = _about(source, t.count("notice-recalled", cascade.recalled))
    text.line(t.count("notice-marked", cascade.corrected))
    return text.message([_open(source, t)], protect=True)


def edited(source: Source, count: int, t: Translator) -> Message:
    """Its medium changed items that were published: the queue shows both texts."""
    look = button(t("queue-open"), OpenQueue())
    text = _about(source, t.count("notice-edited", count))
    return text.message([look], [_open(source, t)], protect=True)


def just_vetted(source: Source) -> bool:
    """Whether nothing happened to it since two people vetted it."""
    return source.state is SourceState.PROBATION and source.since == source.vetted_at


def _about(source: Source, line: str) -> Text:
    return Text().bold(foreign(source.title)).line(line)


def _open(source: Source, t: Translator) -> Button:
    return button(t("source-open"), OpenSource(source.id))
