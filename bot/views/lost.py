"""Answers to what nobody expected: unknown commands, old buttons, photos out of place."""

from bot.i18n import Translator
from bot.views.districts import Open
from bot.views.help import shortcuts
from bot.views.message import Button, Message, Text, button

SHOWN = 32
"""Letters of a command that are repeated: as many as Telegram allows in one."""


def unknown_command(t: Translator, command: str) -> Message:
    """Names the command and offers what there is; also what staff commands look like."""
    return _with_ways_on(t, t("lost-unknown-command", command=command[: SHOWN + 1]))


def not_understood(t: Translator) -> Message:
    """A text nobody could use; perhaps the name of a district, so the list is offered as well."""
    names = [button(t("districts-list"), Open())]
    return Text(t("lost-not-understood")).message(*shortcuts(t), names)


def not_needed(t: Translator, *, contact: bool = False) -> Message:
    """A photo, voice, file or sticker out of place; a contact is taken off the screen too."""
    return _with_ways_on(t, t("lost-contact" if contact else "lost-media"))


def menu(t: Translator) -> Message:
    """What works now, after an old button."""
    return _with_ways_on(t, t("lost-menu"))


def in_group(t: Translator, username: str) -> Message:
    """Addressed in a group: an answer there would show who asked."""
    link = Button(t("lost-open-chat"), url=f"https://t.me/{username}")
    return Text(t("lost-group")).message([link])


def _with_ways_on(t: Translator, text: str) -> Message:
    return Text(text).message(*shortcuts(t))
