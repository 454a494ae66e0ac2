"""How to use the bot, and the three things people look for most."""

from bot.i18n import Translator
from bot.views.message import Button, DropKeyboard, Message, Press, Text, button

COMMANDS = (
    "next",
    "news",
    "check",
    "settings",
    "language",
    "help",
    "privacy",
    "stop",
    "forget",
)
"""The menu everybody sees, staff included."""


class Go(Press, tag="hG", frozen=True):
    """Open another noun's screen: ``next``, ``check`` or ``help``."""

    to: str
    lang: str = ""


def help_(t: Translator) -> Message:
    """Every command with what it does."""
    text = Text().bold(t("help-title")).line(t("help-how"))
    for name in COMMANDS:
        text.line(f"/{name} — {t(f'bot-command-{name}')}")
    text.line(t("help-rights")).line(t("help-blocked"))
    return text.message(*shortcuts(t)[:1])


def shortcuts(t: Translator) -> list[list[Button]]:
    """Next rally, Check a message, Help."""
    return [
        [button(t("help-next"), Go("next")), button(t("help-check"), Go("check"))],
        [button(t("help-help"), Go("help"))],
    ]


def left(t: Translator, *, form: bool) -> Message:
    """After /cancel: a form was left, or nothing was open. Takes a reply keyboard away too."""
    return Message(t("help-left" if form else "help-nothing-open"), keyboard=DropKeyboard())
