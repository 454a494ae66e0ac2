"""Locations, live ones too, venues and contacts."""

from sandbox import access, posting
from sandbox.calls import Call
from sandbox.errors import NOT_MODIFIED, bad
from sandbox.messages import Message
from sandbox.methods.registry import method
from sandbox.methods.sending import markup_of, send
from sandbox.types import Json
from sandbox.world import World

FOREVER = 0x7FFFFFFF
MIN_LIVE = 60
MAX_LIVE = 86_400
MAX_ACCURACY = 1500
MAX_PROXIMITY = 100_000


def location_of(call: Call) -> Json:
    """Return a checked `Location`; what is out of range is refused."""
    latitude, longitude = call.number("latitude"), call.number("longitude")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise bad("invalid location specified")
    location: Json = {"latitude": latitude, "longitude": longitude}
    if call.has("horizontal_accuracy"):
        location["horizontal_accuracy"] = call.number("horizontal_accuracy")
        if not 0 <= location["horizontal_accuracy"] <= MAX_ACCURACY:
            raise bad("invalid horizontal accuracy specified")
    for name, lowest, highest in (
        ("heading", 1, 360),
        ("proximity_alert_radius", 1, MAX_PROXIMITY),
    ):
        if call.has(name):
            location[name] = call.integer(name)
            if not lowest <= location[name] <= highest:
                raise bad(f"invalid {name} specified")
    return location


def _live_period(call: Call) -> int:
    period = call.integer("live_period")
    if not (MIN_LIVE <= period <= MAX_LIVE or period == FOREVER):
        raise bad("invalid live location period specified")
    return period


@method("sendLocation", cost=1)
def send_location(world: World, call: Call) -> Json:
    """Send a point, live when a period is given."""
    location = location_of(call)
    if call.has("live_period"):
        location["live_period"] = _live_period(call)
    return posting.seen(world, send(world, call, "location", {"location": location}))


def _live(world: World, call: Call) -> Message:
    chat = access.writable(world, call, "location")
    message = access.message(chat, call, "message to edit not found")
    location = message.data.get("location")
    if message.sender_id != world.bot_id or location is None or "venue" in message.data:
        raise bad("message can't be edited")
    if not is_live(world, message):
        raise bad("message can't be edited")
    return message


def is_live(world: World, message: Message) -> bool:
    """Whether a shared location still moves."""
    period = message.data.get("location", {}).get("live_period", 0)
    return bool(period == FOREVER or message.date + period > world.clock.now())


@method("editMessageLiveLocation", cost=1)
def edit_live_location(world: World, call: Call) -> Json:
    """Move a live location of the bot."""
    message = _live(world, call)
    old = message.data["location"]
    new = location_of(call) | {"live_period": old["live_period"]}
    if call.has("live_period"):
        new["live_period"] = _live_period(call)
    markup = markup_of(call, world.chats[message.chat_id])
    if new == old and markup == message.data.get("reply_markup"):
        raise bad(NOT_MODIFIED)
    change = {"location": new, "reply_markup": markup}
    posting.edited(world, world.chats[message.chat_id], message, change)
    return posting.seen(world, message)


@method("stopMessageLiveLocation", cost=1)
def stop_live_location(world: World, call: Call) -> Json:
    """End a live location of the bot; the last point stays."""
    message = _live(world, call)
    location = {k: v for k, v in message.data["location"].items() if k != "live_period"}
    change = {
        "location": location,
        "reply_markup": markup_of(call, world.chats[message.chat_id]),
    }
    posting.edited(world, world.chats[message.chat_id], message, change)
    return posting.seen(world, message)


@method("sendVenue", cost=1)
def send_venue(world: World, call: Call) -> Json:
    """Send a place with name and address."""
    if not call.has("title") or not call.has("address"):
        raise bad("venue title and address must be non-empty")
    location = location_of(call)
    venue: Json = {
        "location": location,
        "title": call.text("title"),
        "address": call.text("address"),
    }
    for name in ("foursquare_id", "foursquare_type", "google_place_id", "google_place_type"):
        if call.has(name):
            venue[name] = call.text(name)
    content = {"venue": venue, "location": location}
    return posting.seen(world, send(world, call, "venue", content))


@method("sendContact", cost=1)
def send_contact(world: World, call: Call) -> Json:
    """Send a phone number with a name."""
    if not call.has("phone_number") or not call.has("first_name"):
        raise bad("contact phone number and first name must be non-empty")
    names = ("phone_number", "first_name", "last_name", "vcard")
    contact = {name: call.text(name) for name in names if call.has(name)}
    return posting.seen(world, send(world, call, "contact", {"contact": contact}))
