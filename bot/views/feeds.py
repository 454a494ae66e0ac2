"""Why a feed was not read, in people's words."""

from collections.abc import Mapping

from bot.i18n import Translator


def why(key: str, details: Mapping[str, object], t: Translator) -> str:
    """The text of a refusal of ``feeds``, with what its ``reason`` adds where that helps."""
    text = t(key, **details)
    more = f"{key}-{details.get('reason', '')}"
    return f"{text} {t(more)}" if t.knows(more) else text
