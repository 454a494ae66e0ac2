"""Raw updates, as little of them as must be known before anybody parses them."""

from collections.abc import Iterator
from typing import Any

from bot.domain.privacy import TelegramId

Raw = dict[str, Any]
DEPTH = 6
"""Levels of a shape; deeper ones tell nothing more about what made an update unreadable."""


def chat_of(update: Raw) -> TelegramId | None:
    """The chat an update belongs to, else the person who caused it; decides over the order."""
    for part in _parts(update):
        message = part.get("message")
        for holder in (message, part):
            chat = holder.get("chat") if isinstance(holder, dict) else None
            if found := _id(chat):
                return found
        for name in ("from", "user"):
            if found := _id(part.get(name)):
                return found
    return None


def language_of(update: Raw) -> str | None:
    """The language that the person's client reports."""
    for part in _parts(update):
        sender = part.get("from")
        code = sender.get("language_code") if isinstance(sender, dict) else None
        if isinstance(code, str):
            return code
    return None


def shape(value: object, depth: int = DEPTH) -> str:
    """Keys and types of a JSON value, never a value: enough to see what was odd about it."""
    match value:
        case dict() if depth:
            inside = (f"{_key(k)}: {shape(v, depth - 1)}" for k, v in value.items())
            return "{" + ", ".join(inside) + "}"
        case list() if depth:
            return "[" + ", ".join(dict.fromkeys(shape(one, depth - 1) for one in value)) + "]"
        case _:
            return type(value).__name__


def _key(key: object) -> str:
    """A key as the Bot API names them; anything else might be somebody's text."""
    text = str(key)
    known = text.isascii() and text.replace("_", "").isalpha() and len(text) <= 40
    return text if known else "?"


def _parts(update: Raw) -> Iterator[Raw]:
    return (part for part in update.values() if isinstance(part, dict))


def _id(holder: object) -> TelegramId | None:
    number = holder.get("id") if isinstance(holder, dict) else None
    return TelegramId(number) if isinstance(number, int) and number else None
