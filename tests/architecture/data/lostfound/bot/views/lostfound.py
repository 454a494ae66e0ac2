"""Found things as people read them."""

from collections.abc import Sequence

from bot.domain.lostfound import Find
from bot.i18n import Translator
from bot.views.message import Message, Text


def kept(t: Translator) -> Message:
    """Thanks to the finder."""
    return Message(t("lostfound-kept"))


def listed(finds: Sequence[Find], t: Translator) -> Message:
    """The list, or that it is empty."""
    if not finds:
        return Message(t("lostfound-none"))
    text = Text().bold(t.count("lostfound-title", len(finds)))
    for find in finds:
        text.line(find.what.reveal())
    return text.message()
