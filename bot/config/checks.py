"""What a configuration must satisfy as a whole; key by key the types have said their say."""

import ipaddress
import os
import re
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from bot.config.sections import PLACES, TELEGRAM, Config, absolute
from bot.config.typed import Entries, Problem, show

FREE_RATE = 30
"""Messages per second that Telegram sends for nothing (core.telegram.org/bots/faq)."""
_TOKEN = re.compile(r"[0-9]{3,16}:[A-Za-z0-9_-]{20,}")
_DRIVERS = {"sqlite+aiosqlite": None, "postgresql+asyncpg": "asyncpg"}

_PROXIES = {"http": None, "https": None, "socks4": "aiohttp_socks", "socks5": "aiohttp_socks"}

Say = Callable[..., Problem]


def cross_checks(config: Config, entries: Entries, path: Path) -> Iterator[Problem]:
    """Every way in which the values do not fit each other or the world."""

    def say(
        key: str, expected: str, got: object, hint: str = "", *, secret: bool = False
    ) -> Problem:
        section, name = key.split(".")
        entry = entries.get((section, name)) or entries.get((section, f"{name}_file"))
        source = entry.source if entry else str(path)
        return Problem(source, key, expected, show(got, secret=secret), hint)

    yield from _token(config, say)
    yield from _addresses(config, say)
    yield from _database(config, say)
    yield from _places(config, say, path.parent)
    yield from _pace(config, say)
    yield from _sources(config, say)
    yield from _outlets(config, say, path.parent)


def _token(config: Config, say: Say) -> Iterator[Problem]:
    if not _TOKEN.fullmatch(config.telegram.token):
        hint = "@BotFather gives one; `tocsin init` asks for it."
        wanted = "a bot token such as 123456789:AAF…"
        yield say("telegram.token", wanted, config.telegram.token, hint, secret=True)


def _addresses(config: Config, say: Say) -> Iterator[Problem]:
    for name in ("api_url", "file_url"):
        value = getattr(config.telegram, name)
        if not value and name == "file_url":
            continue
        if not _is_web(value):
            yield say(f"telegram.{name}", "an http(s) address", value)
        elif urlsplit(value).scheme == "http" and not _is_near(urlsplit(value).hostname or ""):
            hint = "Over plain http the token could be read on the way."
            yield say(f"telegram.{name}", "an https address, or a server of your own", value, hint)


def _database(config: Config, say: Say) -> Iterator[Problem]:
    url = config.storage.url
    if not url:
        return
    scheme = url.partition("://")[0]
    if scheme not in _DRIVERS:
        wanted = "an address beginning sqlite+aiosqlite:/// or postgresql+asyncpg://"
        yield say("storage.url", wanted, url, secret=True)
    elif (driver := _DRIVERS[scheme]) and find_spec(driver) is None:
        hint = "Install it: pip install tocsin[postgres]."
        yield say("storage.url", "an installed driver", scheme, hint)


def _places(config: Config, say: Say, beside: Path) -> Iterator[Problem]:
    shipped = sorted(file.stem for file in PLACES.glob("*.geojson"))
    for name in config.bot.places:
        if name not in shipped and not absolute(beside, Path(name)).is_file():
            wanted = f"a shipped place ({', '.join(shipped)}) or a GeoJSON file"
            yield say("bot.places", wanted, name)


def _pace(config: Config, say: Say) -> Iterator[Problem]:
    rate, free = config.delivery.rate_per_second, not config.delivery.allow_paid_broadcast
    if rate > FREE_RATE and free and config.telegram.api_url.rstrip("/") == TELEGRAM:
        hint = "More needs delivery.allow_paid_broadcast = true, and Telegram charges for it."
        yield say("delivery.rate_per_second", f"at most {FREE_RATE}", rate, hint)


def _sources(config: Config, say: Say) -> Iterator[Problem]:
    feeds = config.feeds
    if feeds.interval_floor > feeds.interval_ceiling:
        wanted = f"at most feeds.interval_ceiling ({feeds.interval_ceiling})"
        yield say("feeds.interval_floor", wanted, feeds.interval_floor)
    if feeds.interval_urgent > feeds.interval_floor:
        wanted = f"at most feeds.interval_floor ({feeds.interval_floor})"
        yield say("feeds.interval_urgent", wanted, feeds.interval_urgent)
    if not feeds.ports or not all(0 < port < 65536 for port in feeds.ports):
        yield say("feeds.ports", "ports from 1 to 65535, at least one", list(feeds.ports))
    yield from _proxy(feeds.proxy, say)
    for exception in feeds.allow:
        if not _is_exception(exception):
            yield say("feeds.allow", 'each "host:port" or a network', exception)


def _outlets(config: Config, say: Say, beside: Path) -> Iterator[Problem]:
    publish = config.publish
    if publish.folder is not None:
        folder = absolute(beside, publish.folder)
        kept = (config.storage.data_dir, config.storage.key_file)
        if any(absolute(beside, path).is_relative_to(folder) for path in kept):
            hint = "Whoever reads the feeds could read the database and the key."
            wanted = "a folder that holds nothing else"
            yield say("publish.folder", wanted, publish.folder, hint)
    if publish.address and not _is_web(publish.address):
        yield say("publish.address", "an http(s) address", publish.address)
    elif publish.folder is not None and not publish.address:
        hint = "Readers of feeds have to know where each of them lives."
        yield say("publish.address", "where publish.folder is served", "nothing", hint)


def _proxy(proxy: str, say: Say) -> Iterator[Problem]:
    if not proxy:
        return
    try:
        parts = urlsplit(proxy)
        fine = parts.scheme in _PROXIES and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        fine = False
    if not fine:
        wanted = f"an address with a port, beginning with {', '.join(f'{p}://' for p in _PROXIES)}"
        yield say("feeds.proxy", wanted, proxy, secret=True)
    elif (package := _PROXIES[parts.scheme]) and find_spec(package) is None:
        hint = "Install it with `pip install 'tocsin[socks]'`."
        yield say(
            "feeds.proxy", f"an address for which {package} is installed", proxy, hint, secret=True
        )


def warnings(config: Config, path: Path) -> Iterator[str]:
    """What works but should not stay so, in a resolved configuration read from ``path``."""
    if config.storage.key_file.is_relative_to(config.storage.data_dir):
        yield (
            "storage.key_file lies inside storage.data_dir: whoever copies the folder can read "
            "who follows the bot. Move the key elsewhere"
        )
    if os.name == "posix" and path.exists() and path.stat().st_mode & 0o077:
        yield f"{path} can be read by others; if it holds the token, run `chmod 600 {path}`"
    if not config.feeds.contact:
        yield "feeds.contact is empty: publishers cannot write to you and may block the bot"


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_near(host: str) -> bool:
    """This machine, a private address, or a name without a dot (a neighbour in compose)."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host


def _is_exception(text: str) -> bool:
    if "/" in text:
        try:
            ipaddress.ip_network(text)
        except ValueError:
            return False
        return True
    host, separator, port = text.rpartition(":")
    return bool(host and separator) and port.isdecimal() and 0 < int(port) < 65536
