"""What lies at addresses that Telegram is asked to fetch from."""

from sandbox.ask import Ask
from sandbox.control.registry import answers
from sandbox.types import Json


@answers("POST", "web")
def put(ask: Ask) -> Json:
    """Put a picture, or any bytes, at an address."""
    ask.only("url", "data")
    content = ask.content() if "data" in ask.body else None
    return {"url": ask.text("url"), "size": ask.world.web.put(ask.text("url"), content)}
