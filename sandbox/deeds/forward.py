"""A message is carried from one chat into another."""

from sandbox import cards, posting
from sandbox.ask import Ask, find_message
from sandbox.deeds.registry import deed, writable
from sandbox.errors import Refused
from sandbox.messages import Message
from sandbox.types import Json


@deed("forward")
def forward(ask: Ask) -> Json:
    """Forward one or several messages, their origin shown, hidden or dropped."""
    ask.only("from", "message_id", "message_ids", "to", "hidden", "drop_author")
    source, target = ask.chat("from", None), writable(ask, "to")
    private = source.type == "private"
    if not (private or source.username or source.member(ask.me.id).present):
        raise Refused("this person cannot see that chat", status=409)
    ids = ask.get("message_ids", list) or [ask.integer("message_id")]
    carried = [_carried(ask, find_message(source, number)) for number in ids]
    sent = [posting.post(ask.world, target, ask.me.id, content) for content in carried]
    return {"messages": [cards.message_card(ask.world, m, me=ask.me) for m in sent]}


def _carried(ask: Ask, message: Message) -> Json:
    if message.protected:
        raise Refused("this message is protected against forwarding", status=409)
    if message.service:
        raise Refused("service messages cannot be forwarded", status=409)
    content = message.content()
    if not ask.get("drop_author", bool, False):
        hidden = ask.get("hidden", bool, False)
        content["forward_origin"] = posting.origin(ask.world, message, hidden=hidden)
    return content
