"""One message, encoded once for however many people: only the chat differs from copy to copy.

It is dressed as ``bot.delivery.calls`` dresses what it sends through ``telegram.Bot``, so that a
recipient cannot tell the two ways apart.
"""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from telegram import TelegramObject

from bot.delivery import dress
from bot.views.message import Message

SEND_MESSAGE, SEND_PHOTO = "sendMessage", "sendPhoto"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A call of ``method`` for anybody; ``picture`` says whether it sends one."""

    method: str
    picture: bool
    rest: bytes = field(repr=False)

    def body(self, chat: int) -> bytes:
        """The call's parameters as JSON, for one chat."""
        return b'{"chat_id":%d,%b' % (chat, self.rest)


def stamp(message: Message, *, ring: bool, paid: bool) -> Stamp | None:
    """The stamp of a message; ``None`` for one with a file, which JSON cannot carry.

    ``ring`` and ``paid`` as for ``bot.delivery.calls.carry_out``.
    """
    if message.file is not None:
        return None
    if dress.pictured(message):
        return Stamp(SEND_PHOTO, True, _rest(dress.photo(message, ring=ring, paid=paid)))
    return Stamp(SEND_MESSAGE, False, _rest(dress.text(message, ring=ring, paid=paid)))


def _rest(parameters: dict[str, Any]) -> bytes:
    """The parameters without the brace that opens them."""
    given = {name: _plain(value) for name, value in parameters.items() if value is not None}
    return msgspec.json.encode(given)[1:]


def _plain(value: Any) -> Any:
    """What ``telegram.Bot`` makes of an argument."""
    match value:
        case TelegramObject():
            return value.to_dict()
        case list():
            return [_plain(one) for one in value]
        case _:
            return value
