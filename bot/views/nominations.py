"""What moderators are told of sources that the operator proposed from a list."""

from bot.i18n import Translator
from bot.views.message import Message, Text, button
from bot.views.sources import ListSources


def listed(count: int, t: Translator) -> Message:
    """So many at once, in one notice."""
    text = Text(t.count("nominations-listed", count))
    return text.message([button(t("sources-all"), ListSources())], protect=True)
