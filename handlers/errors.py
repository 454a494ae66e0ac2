"""Refusals become polite answers; anything else is logged with its cause and hidden."""

import logging
import secrets
from collections.abc import Callable, Coroutine, Iterable
from functools import wraps
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.domain.errors import Refused
from bot.redaction import describe
from bot.views.message import Message
from handlers.context import Ctx

Callback = Callable[[Update, Ctx], Coroutine[Any, Any, Any]]
Routes = Iterable[BaseHandler[Update, Ctx, Any]]
log = logging.getLogger(__name__)


def refuse(update: Update, ctx: Ctx, no: Refused) -> None:
    """Say why not, in the reader's language: an alert for a press, else a message."""
    text = ctx.t(no.key, **no.args_)
    if update.callback_query is not None:
        ctx.toast(update, text, alert=True)
    else:
        ctx.say(Message(text))


def politely(callback: Callback) -> Callback:
    """Answer refusals and faults in the reader's language; PTB's error handlers cannot, since

    they get a fresh context that knows neither language nor rights. Every press is answered.
    """

    @wraps(callback)
    async def run(update: Update, ctx: Ctx) -> None:
        try:
            await callback(update, ctx)
        except Refused as no:
            refuse(update, ctx, no)
        except Exception as error:
            ref = secrets.token_hex(2).upper()
            told = describe(error, deep=True)
            log.error("update failed, ref %s: %s", ref, told)  # noqa: TRY400  # no values
            ctx.say(Message(ctx.t("error-internal", ref=ref)))
        ctx.toast(update)

    return run


def polite(routes: Routes) -> Routes:
    """Wrap the callback of every route."""
    for route in routes:
        route.callback = politely(route.callback)
        yield route
