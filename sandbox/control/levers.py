"""Faults, clock, rates, the log of calls and raw updates."""

from datetime import UTC, datetime

from sandbox.ask import Ask
from sandbox.control.registry import answers
from sandbox.errors import Refused
from sandbox.rates import PROFILES
from sandbox.strings import whole
from sandbox.types import Json

SHOWN = 1000
EARLIEST, LATEST = 946_684_800, 4_070_908_800


@answers("GET", "faults")
def faults(ask: Ask) -> Json:
    """Return the rules that are in force."""
    return {"faults": [fault.json() for fault in ask.world.faults.rules]}


@answers("POST", "faults")
def add_fault(ask: Ask) -> Json:
    """Add a rule."""
    fault = ask.world.faults.add(ask.body)
    ask.world.events.tell("fault")
    return fault.json()


@answers("DELETE", "faults")
def clear_faults(ask: Ask) -> Json:
    """Remove all rules."""
    ask.world.faults.remove(None)
    ask.world.events.tell("fault")
    return faults(ask)


@answers("DELETE", "faults/{id}")
def remove_fault(ask: Ask) -> Json:
    """Remove one rule."""
    known = {fault.id for fault in ask.world.faults.rules}
    number = whole(ask.path["id"])
    if number not in known:
        raise Refused("there is no such fault", status=404)
    ask.world.faults.remove(number)
    ask.world.events.tell("fault")
    return faults(ask)


@answers("GET", "clock")
def clock(ask: Ask) -> Json:
    """Return the sandbox's time."""
    return {"now": ask.world.clock.now(), "offset": ask.world.clock.offset}


@answers("POST", "clock")
def move_clock(ask: Ask) -> Json:
    """Move by seconds or to an instant."""
    ask.only("seconds", "to")
    before = ask.world.clock.now()
    if "to" in ask.body:
        wanted = _instant(ask.need("to", (int, float, str)))
    else:
        wanted = before + ask.number("seconds")
    if not EARLIEST <= wanted <= LATEST:
        raise Refused("the clock goes from 2000 to 2099")
    ask.world.clock.move_to(wanted)
    if ask.world.clock.now() < before:
        ask.world.rates.forget()
    ask.world.events.tell("clock", now=ask.world.clock.now())
    return clock(ask)


def _instant(value: float | str) -> float:
    if not isinstance(value, str):
        return float(value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise Refused("to must be Unix seconds or an ISO date") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@answers("GET", "rates")
def rates(ask: Ask) -> Json:
    """Return the profile, what was refused, and what is closed."""
    return ask.world.rates.json(ask.world.clock.now())


@answers("PUT", "rates")
def set_rates(ask: Ask) -> Json:
    """Choose another profile."""
    profile = ask.text("profile")
    if profile not in PROFILES:
        raise Refused(f"profile must be one of {', '.join(PROFILES)}")
    ask.world.rates.set(profile)
    ask.world.events.tell("rates")
    return rates(ask)


@answers("GET", "calls")
def calls(ask: Ask) -> Json:
    """Return calls, oldest first, and the counters of all."""
    query, since = ask.query, ask.count("since", 0)
    found = [
        entry
        for entry in ask.world.calls.entries
        if query.get("method", entry.method).lower() == entry.method.lower()
        and query.get("chat_id", str(entry.chat_id)) == str(entry.chat_id)
        and query.get("status", str(entry.status)) == str(entry.status)
        and entry.id > since
    ]
    shown = found[-ask.count("limit", SHOWN) :]
    return {"calls": [e.json() for e in shown], "counts": ask.world.calls.counts()}


@answers("DELETE", "calls")
def clear_calls(ask: Ask) -> Json:
    """Forget the calls and the counters."""
    ask.world.calls.clear()
    ask.world.rates.refused = ask.world.rates.faults = 0
    return calls(ask)


@answers("POST", "updates")
def inject(ask: Ask) -> Json:
    """Put a raw update into the stream."""
    return {"update_id": ask.world.updates.inject(ask.need("update", dict))}
