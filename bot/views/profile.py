"""What Telegram shows about the bot before anybody presses START, per language."""

from bot.i18n import Translator
from bot.views.help import COMMANDS

DESCRIPTION_LIMIT = 512
"""Letters before START (Bot API, setMyDescription)."""
SHORT_DESCRIPTION_LIMIT = 120
"""Letters on the profile and beside shared links (Bot API, setMyShortDescription)."""
NAME_LIMIT = 64
"""Letters of the name (Bot API, setMyName)."""


def commands(t: Translator) -> list[tuple[str, str]]:
    """The menu of commands: name without slash, and what it does."""
    return [(name, t(f"bot-command-{name}")) for name in COMMANDS]


def name(t: Translator) -> str:
    """The bot's name, <= 64 letters."""
    return t("bot-name")


def description(t: Translator) -> str:
    """What the bot does, shown before START, <= 512 letters."""
    return t("bot-description")


def short_description(t: Translator) -> str:
    """What the bot does in a line, <= 120 letters."""
    return t("bot-short-description")
