"""Whatever is not a command or a button: the next answer of a form, or something out of place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from telegram import Update
from telegram.ext import MessageHandler, filters

from bot.views.message import Message
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Claim, Step


@dataclass(frozen=True, slots=True)
class FormHandlers:
    """Routes by the form the person is in, else offers the message to each claim in order.

    ``steps`` maps a form's kind to its step; ``claims`` are asked in order; ``lost`` builds the
    answer when nobody claims the message, so that no message stays unanswered.
    """

    steps: Mapping[str, Step]
    claims: Sequence[Claim]
    lost: Callable[[Ctx], Message]

    def routes(self) -> Routes:
        """Private chats only: in groups unaddressed text is never answered."""
        private = filters.ChatType.PRIVATE & ~filters.COMMAND & filters.UpdateType.MESSAGE
        yield MessageHandler(private, self.receive)

    async def receive(self, update: Update, ctx: Ctx) -> None:
        """Dispatch one message."""
        if ctx.form is not None and ctx.form.kind in self.steps:
            await self.steps[ctx.form.kind](update, ctx)
            return
        for claim in self.claims:
            if await claim(update, ctx):
                return
        ctx.say(self.lost(ctx))
