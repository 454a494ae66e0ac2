"""What a source showed before it was vetted, offered to moderators for their queue."""

from bot.domain.sources import Source
from bot.i18n import Translator
from bot.views.feeds import why
from bot.views.message import Button, Message, Press, Text, button
from bot.views.queue import OpenQueue
from bot.views.sources import OpenSource
from feeds.failures import FeedRefused


class TakeNewest(Press, tag="ven", frozen=True):
    """Put the newest of what was there at first sight in the queue."""

    source: int


def offer(source: Source, t: Translator) -> Button:
    """For whoever decides about its items."""
    return button(t("newest-take"), TakeNewest(source.id))


def taken(count: int, t: Translator) -> Message:
    """They wait for a decision like all others."""
    look = button(t("queue-open"), OpenQueue())
    return Text(t.count("newest-taken", count)).message([look], protect=True)


def unreadable(no: FeedRefused, source: int, t: Translator) -> Message:
    """Its feed could not be read just now; nothing was taken over."""
    again = button(t("newest-take"), TakeNewest(source))
    look = button(t("source-open"), OpenSource(source))
    text = Text(why(no.key, no.args_, t)).line(t("newest-nothing"))
    return text.message([again], [look], protect=True)
