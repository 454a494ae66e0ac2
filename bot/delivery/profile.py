"""What Telegram shows about the bot: pushed at start, only when it changed, never fatal."""

import hashlib
import logging
from collections.abc import Awaitable, Callable

import msgspec
from telegram import Bot
from telegram.error import TelegramError

from bot.i18n import LANGUAGES, translator
from bot.redaction import describe
from bot.views import profile
from storage import installation
from storage.db import Database

REMEMBERED = "profile"
log = logging.getLogger(__name__)
Call = Callable[[], Awaitable[object]]


def _calls(bot: Bot, lang: str, code: str) -> dict[str, Call]:
    t = translator(lang)
    return {
        "setMyCommands": lambda: bot.set_my_commands(profile.commands(t), language_code=code),
        "setMyName": lambda: bot.set_my_name(profile.name(t), language_code=code),
        "setMyDescription": lambda: bot.set_my_description(
            profile.description(t), language_code=code
        ),
        "setMyShortDescription": lambda: bot.set_my_short_description(
            profile.short_description(t), language_code=code
        ),
    }


def _digest(lang: str) -> str:
    t = translator(lang)
    shown = (profile.commands(t), profile.name(t), profile.description(t))
    raw = msgspec.json.encode((*shown, profile.short_description(t)))
    return hashlib.sha256(raw).hexdigest()


async def push(bot: Bot, db: Database, *, default_lang: str) -> list[str]:
    """Push the texts of every language, and the default language's for everybody else.

    Returns the calls that were refused, as ``setMyName (fr)``; a server that lacks a method is
    reported, not fatal. These calls are rate-limited by Telegram, so what was pushed is remembered
    per language.
    """
    refused: list[str] = []
    for lang, code in ((default_lang, ""), *((lang, lang) for lang in LANGUAGES)):
        name, wanted = f"{REMEMBERED}-{code or 'default'}", _digest(lang)
        async with db.tx(write=False) as tx:
            if await installation.recall(tx, name) == wanted:
                continue
        failed = [m for m, call in _calls(bot, lang, code).items() if not await _made(m, call)]
        refused += [f"{method} ({code or 'default'})" for method in failed]
        if not failed:
            async with db.tx() as tx:
                await installation.remember(tx, name, wanted)
    if refused:
        log.warning("the server refused: %s; the bot works without", ", ".join(refused))
    return refused


async def _made(method: str, call: Call) -> bool:
    try:
        await call()
    except TelegramError as problem:
        log.info("%s failed: %s", method, describe(problem))
        return False
    return True
