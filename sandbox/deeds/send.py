"""People send pictures, files, places and contacts."""

from sandbox.ask import Ask, find_message
from sandbox.deeds.registry import PLACE, deed, say, shown, writable
from sandbox.entities import typed
from sandbox.errors import Refused
from sandbox.files import sample_photo
from sandbox.messages import Message
from sandbox.posting import edited
from sandbox.types import Json

MAX_CAPTION = 1024


def _captioned(ask: Ask, content: Json) -> Message:
    text = typed(ask.get("caption", str, ""))
    if len(text.text) > MAX_CAPTION:
        raise Refused("a caption has at most 1024 characters")
    if text.text:
        text.put(content, text="caption", entities="caption_entities")
    return say(ask, content)


@deed("photo")
def photo(ask: Ask) -> Json:
    """Send a picture; the built-in one when no bytes are given."""
    ask.only("data", "caption", *PLACE)
    writable(ask)
    content = ask.content() if "data" in ask.body else sample_photo()
    file = ask.world.files.keep(content, kind="photo")
    return shown(ask, _captioned(ask, {"photo": [file.media()]}))


@deed("document")
def document(ask: Ask) -> Json:
    """Send a file."""
    ask.only("data", "file_name", "mime_type", "caption", *PLACE)
    writable(ask)
    kind = ask.get("mime_type", str, "application/octet-stream")
    name = ask.text("file_name")
    file = ask.world.files.keep(ask.content(), kind="document", name=name, mime_type=kind)
    return shown(ask, _captioned(ask, {"document": file.media()}))


def point(ask: Ask) -> Json:
    """Return the `Location` of a body."""
    latitude, longitude = ask.number("latitude"), ask.number("longitude")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Refused("there is no such place on Earth")
    return {"latitude": latitude, "longitude": longitude}


@deed("location")
def location(ask: Ask) -> Json:
    """Send where one is; live when a period is given."""
    ask.only("latitude", "longitude", "accuracy", "live_period", "heading", *PLACE)
    place = point(ask)
    for name, field in (
        ("accuracy", "horizontal_accuracy"),
        ("live_period", "live_period"),
        ("heading", "heading"),
    ):
        if (value := ask.get(name, (int, float))) is not None:
            place[field] = value
    return shown(ask, say(ask, {"location": place}))


@deed("move")
def move(ask: Ask) -> Json:
    """Move a live location, or stop sharing it."""
    ask.only("message_id", "latitude", "longitude", "stop", "chat")
    chat = writable(ask)
    message = find_message(chat, ask.integer("message_id"))
    old = message.data.get("location", {})
    period = old.get("live_period", 0)
    alive = message.date + period > ask.world.clock.now()
    if message.sender_id != ask.me.id or not period or not alive:
        raise Refused("this is not one's own live location", status=409)
    new = point(ask) if "latitude" in ask.body else dict(old)
    new["live_period"] = period
    if ask.get("stop", bool, False):
        del new["live_period"]
    edited(ask.world, chat, message, {"location": new})
    return shown(ask, message)


@deed("venue")
def venue(ask: Ask) -> Json:
    """Send a place with its name."""
    ask.only("latitude", "longitude", "title", "address", *PLACE)
    place = point(ask)
    made = {"location": place, "title": ask.text("title"), "address": ask.text("address")}
    return shown(ask, say(ask, {"venue": made, "location": place}))


def own_contact(ask: Ask) -> Json:
    """Return the acting person's own `Contact`, with a number that nobody has."""
    me = ask.me
    contact: Json = {"phone_number": f"+99900{me.id:07d}", "first_name": me.name, "user_id": me.id}
    return contact | ({"last_name": me.last_name} if me.last_name else {})


@deed("contact")
def contact(ask: Ask) -> Json:
    """Send a contact, one's own by default."""
    ask.only("phone_number", "first_name", "last_name", *PLACE)
    if "phone_number" not in ask.body:
        return shown(ask, say(ask, {"contact": own_contact(ask)}))
    made: Json = {"phone_number": ask.text("phone_number"), "first_name": ask.text("first_name")}
    if last := ask.get("last_name", str):
        made["last_name"] = last
    return shown(ask, say(ask, {"contact": made}))
