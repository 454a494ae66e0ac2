"""The publisher's desk: feeds made, items published, edited, withdrawn."""

from sandbox.ask import Ask
from sandbox.control.registry import answers
from sandbox.documents import Paper
from sandbox.errors import Refused
from sandbox.feeds import Feed
from sandbox.strings import whole
from sandbox.types import Json

BEHAVIOUR: dict[str, type | tuple[type, ...]] = {
    "status": int,
    "seconds": (int, float),
    "redirect": str,
    "body": str,
}


def _feed(ask: Ask) -> Feed:
    return ask.world.feeds.find(ask.path["name"])


def _shown(ask: Ask, feed: Feed) -> Json:
    return feed.json(ask.world.feeds.base)


@answers("GET", "feeds")
def feeds(ask: Ask) -> Json:
    """Return all feeds."""
    return {"feeds": ask.world.feeds.json()}


@answers("POST", "feeds")
def make(ask: Ask) -> Json:
    """Make a feed with its first items, the first one newest."""
    ask.only("name", "title", "language", "items")
    language = ask.get("language", str, "en")
    items = ask.get("items", list, [])
    for item in items:
        if not isinstance(item, dict) or not {"title", "text"} <= set(item):
            raise Refused("each item needs title and text")
    feed = ask.world.feeds.make(name=ask.text("name"), title=ask.text("title"), language=language)
    for age, item in reversed(list(enumerate(items))):
        # An hour apart, so that readers see an order.
        now = ask.world.clock.now() - 3600 * (age + 1)
        feed.paper.add(title=item["title"], text=item["text"], link=item.get("link"), now=now)
    return _shown(ask, feed)


@answers("POST", "feeds/{name}/publish")
def publish(ask: Ask) -> Json:
    """Release the next held item, or add one to a feed made here."""
    ask.only("title", "text", "link")
    feed = _feed(ask)
    if isinstance(feed.content, Paper):
        link = ask.get("link", str)
        now = ask.world.clock.now()
        feed.content.add(title=ask.text("title"), text=ask.text("text"), link=link, now=now)
    elif ask.body:
        raise Refused("this is somebody's document: publish releases its next item")
    else:
        feed.content.publish()
    ask.world.feeds.changed(feed)
    return _shown(ask, feed)


def _item_id(ask: Ask) -> int:
    number = whole(ask.path["item"])
    if number is None:
        raise Refused("there is no such item", status=404)
    return number


@answers("PATCH", "feeds/{name}/items/{item}")
def edit(ask: Ask) -> Json:
    """Change an item after it was published."""
    ask.only("title", "text")
    feed = _feed(ask)
    item = feed.paper.item(_item_id(ask))
    item.title = ask.get("title", str, item.title)
    item.text = ask.get("text", str, item.text)
    ask.world.feeds.changed(feed)
    return _shown(ask, feed)


@answers("DELETE", "feeds/{name}/items/{item}")
def withdraw(ask: Ask) -> Json:
    """Withdraw an item."""
    feed = _feed(ask)
    feed.paper.items.remove(feed.paper.item(_item_id(ask)))
    ask.world.feeds.changed(feed)
    return _shown(ask, feed)


@answers("PUT", "feeds/{name}/behaviour")
def behave(ask: Ask) -> Json:
    """Make the feed slow, broken, moved, or normal again."""
    ask.only(*BEHAVIOUR)
    feed = _feed(ask)
    feed.behaviour = {name: ask.need(name, BEHAVIOUR[name]) for name in ask.body}
    ask.world.events.tell("feed", name=feed.name)
    return _shown(ask, feed)
