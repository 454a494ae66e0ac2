"""What a noun may contribute to the conversation; the composition root collects it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from telegram import Update

from bot.views.message import Button
from handlers.context import Ctx
from handlers.errors import Routes

Step = Callable[[Update, Ctx], Awaitable[None]]
"""Takes the message as the next answer of one kind of form."""
Claim = Callable[[Update, Ctx], Awaitable[bool]]
"""Answers a message outside every form, or says that it is not for this noun."""
Link = Callable[[Update, Ctx, str], Awaitable[None]]
"""Follows a deep link ``?start=<prefix>_<rest>``; gets the rest."""


class Feature:
    """Subclass per noun as a frozen dataclass whose fields are the services it needs."""

    def routes(self) -> Routes:
        """Commands, buttons and service messages of this noun."""
        return ()

    def steps(self) -> Mapping[str, Step]:
        """The forms of this noun by kind."""
        return {}

    def claims(self) -> Sequence[Claim]:
        """Messages out of place that this noun can answer."""
        return ()

    def links(self) -> Mapping[str, Link]:
        """Deep links by prefix, such as ``d`` for ``?start=d_minsk``."""
        return {}

    def menu(self, ctx: Ctx) -> Sequence[Button]:
        """Entries of the /staff menu that this member of staff may use."""
        return ()
