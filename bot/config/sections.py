"""The settings of one installation, section by section, with meaning, unit, bounds and default."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field
from msgspec.structs import replace

PLACES = Path(__file__).parents[1] / "places"
TELEGRAM = "https://api.telegram.org"

Language = Literal["en", "be", "ru", "fr", "nl"]


class Telegram(Struct, frozen=True, kw_only=True):
    """How to reach Telegram, and as which bot."""

    token: Annotated[
        str,
        Meta(
            title='a bot token such as "123456789:AAF…", from @BotFather',
            description="The bot's token. Better kept in a file of its own: see token_file.",
            extra={"secret": True},
        ),
    ] = ""
    token_file: Annotated[
        Path | None,
        Meta(
            title="a path",
            description="A file that holds nothing but the token, readable by its owner alone.",
            extra={"default": "none"},
        ),
    ] = None
    api_url: Annotated[
        str, Meta(title="an http(s) address", description="The Bot API server to talk to.")
    ] = TELEGRAM
    file_url: Annotated[
        str,
        Meta(
            title="an http(s) address",
            description="Where that server offers files.",
            extra={"default": "api_url followed by /file"},
        ),
    ] = ""
    poll_timeout: Annotated[
        int,
        Meta(
            ge=0,
            le=50,
            description="How long one request for updates waits when there are none.",
            extra={"unit": "seconds"},
        ),
    ] = 30

    def __repr__(self) -> str:
        return f"Telegram(api_url={self.api_url!r}, token=…)"


class Storage(Struct, frozen=True, kw_only=True):
    """Where things are kept."""

    data_dir: Annotated[
        Path, Meta(description="The folder for the database and its backups; nobody else's.")
    ] = Path("data")
    url: Annotated[
        str,
        Meta(
            title="an address beginning sqlite+aiosqlite:/// or postgresql+asyncpg://",
            description="The database. PostgreSQL: postgresql+asyncpg://user:password@host/name.",
            extra={"secret": True, "default": "SQLite, tocsin.db in data_dir"},
        ),
    ] = ""
    url_file: Annotated[
        Path | None,
        Meta(
            title="a path",
            description="A file that holds nothing but that address, since it has a password.",
            extra={"default": "none"},
        ),
    ] = None
    key_file: Annotated[
        Path,
        Meta(
            description="The key that seals what is stored about people. Keep it out of data_dir,\n"
            "and a copy of it elsewhere: without it nobody can be written to any more."
        ),
    ] = Path("secret.key")

    def __repr__(self) -> str:
        return f"Storage(data_dir={str(self.data_dir)!r}, url=…)"


class Bot(Struct, frozen=True, kw_only=True):
    """Languages and places."""

    default_language: Annotated[
        Language, Meta(description="For people whose own language Tocsin does not speak.")
    ] = "en"
    places: Annotated[
        tuple[str, ...],
        Meta(
            description="Districts to offer: names that Tocsin ships (brussels, minsk) or paths\n"
            "of GeoJSON files of your own."
        ),
    ] = ("brussels", "minsk")


class Delivery(Struct, frozen=True, kw_only=True):
    """How fast messages leave."""

    rate_per_second: Annotated[
        int,
        Meta(
            ge=1,
            le=1000,
            description="Messages per second over all chats. Telegram sends 30 for nothing.",
            extra={"unit": "messages per second"},
        ),
    ] = 25
    allow_paid_broadcast: Annotated[
        bool,
        Meta(
            description="Allow more than 30 per second, which Telegram charges the bot's owner for."
        ),
    ] = False


class Feeds(Struct, frozen=True, kw_only=True):
    """How sources are read."""

    contact: Annotated[
        str,
        Meta(
            max_length=200,
            description="An address that publishers find in their logs beside the bot's name, so\n"
            "that they can write to you: a web page or a mailbox. It is sent to every source.",
            extra={"default": "none"},
        ),
    ] = ""
    interval_urgent: Annotated[
        int,
        Meta(
            ge=60,
            le=86400,
            description="The shortest time between two looks at a source that moderators marked\n"
            "as urgent. The longest is interval_floor, whatever its publisher asks for.",
            extra={"unit": "seconds"},
        ),
    ] = 60
    interval_floor: Annotated[
        int,
        Meta(
            ge=60,
            le=86400,
            description="The shortest time between two looks at any other source. In between its\n"
            "own rhythm decides, and what its publisher asks for.",
            extra={"unit": "seconds"},
        ),
    ] = 300
    interval_ceiling: Annotated[
        int,
        Meta(
            ge=60,
            le=86400,
            description="The longest time between two looks, also at what keeps failing.",
            extra={"unit": "seconds"},
        ),
    ] = 3600
    longest_wait: Annotated[
        int,
        Meta(
            ge=60,
            le=604800,
            description="The longest time for which a server may ask to be left alone\n"
            "(Retry-After, skipHours, skipDays).",
            extra={"unit": "seconds"},
        ),
    ] = 43_200
    ports: Annotated[
        tuple[int, ...],
        Meta(
            title="a list of port numbers",
            description="Ports at which feeds may live.",
        ),
    ] = (80, 443)
    proxy: Annotated[
        str,
        Meta(
            max_length=500,
            title='an address such as "socks5://127.0.0.1:9050" or "http://proxy:3128"',
            description="Read feeds through this proxy, so that publishers do not see this\n"
            "server's address. It then also looks up names: that a name leads into a private\n"
            "network is for the proxy to refuse. SOCKS needs `pip install 'tocsin[socks]'`.",
            extra={"default": "none", "secret": True},
        ),
    ] = ""
    allow: Annotated[
        tuple[str, ...],
        Meta(
            title='a list, each "host:port" or a network such as "10.8.0.0/16"',
            description="Servers in your own network that may be read although their addresses\n"
            "are private. Everything private is refused otherwise.",
        ),
    ] = ()
    max_bytes: Annotated[
        int,
        Meta(
            ge=10_000,
            le=50_000_000,
            description="The largest document that is read, unpacked.",
            extra={"unit": "bytes"},
        ),
    ] = 2_097_152

    def __repr__(self) -> str:
        return "Feeds(proxy=…)"


class Publish(Struct, frozen=True, kw_only=True):
    """News for people without Telegram: feeds of what was relayed, as files that you may serve."""

    folder: Annotated[
        Path | None,
        Meta(
            title="a path",
            description="A folder for RSS, JSON Feed, a page and an OPML list of them. Nothing is\n"
            "written without it. Public news only, nothing about people.",
            extra={"default": "none"},
        ),
    ] = None
    address: Annotated[
        str,
        Meta(
            title="an http(s) address",
            description="Where your web server serves that folder: feeds name themselves by it.",
            extra={"default": "none"},
        ),
    ] = ""
    items: Annotated[
        int,
        Meta(ge=1, le=200, description="How many items a feed holds, the newest first."),
    ] = 50


class Log(Struct, frozen=True, kw_only=True):
    """What is written down about the program itself. Never tokens, ids or texts."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="How much is written."),
    ] = "info"
    file: Annotated[
        Path | None,
        Meta(
            title="a path",
            description="A file to write to, in place of the terminal.",
            extra={"default": "none"},
        ),
    ] = None


class Config(Struct, frozen=True, kw_only=True):
    """All of it. From ``load`` every path is absolute and every derived value filled in."""

    telegram: Telegram = field(default_factory=Telegram)
    storage: Storage = field(default_factory=Storage)
    bot: Bot = field(default_factory=Bot)
    delivery: Delivery = field(default_factory=Delivery)
    feeds: Feeds = field(default_factory=Feeds)
    publish: Publish = field(default_factory=Publish)
    log: Log = field(default_factory=Log)

    def resolved(self, beside: Path) -> "Config":
        """Paths made absolute from the folder ``beside``, addresses derived where left empty."""
        data = absolute(beside, self.storage.data_dir)
        api = self.telegram.api_url.rstrip("/")
        file_url = self.telegram.file_url.rstrip("/") or f"{api}/file"
        log = None if self.log.file is None else absolute(beside, self.log.file)
        shelf = self.publish.folder
        folder = None if shelf is None else absolute(beside, shelf)
        places = tuple(str(_place(beside, name)) for name in self.bot.places)
        return Config(
            telegram=replace(self.telegram, api_url=api, file_url=file_url),
            storage=replace(
                self.storage,
                data_dir=data,
                url=self.storage.url or f"sqlite+aiosqlite:///{data / 'tocsin.db'}",
                key_file=absolute(beside, self.storage.key_file),
            ),
            bot=replace(self.bot, places=places),
            delivery=self.delivery,
            feeds=self.feeds,
            publish=replace(self.publish, folder=folder),
            log=replace(self.log, file=log),
        )

    @property
    def place_files(self) -> list[Path]:
        """The GeoJSON files of ``bot.places``, after ``resolved``."""
        return [Path(place) for place in self.bot.places]


class DemoOptions(Struct, frozen=True, kw_only=True):
    """What `tocsin demo` was asked for."""

    feeds: Path | None = None
    """A folder whose feed documents become the sources."""
    port: int = 0
    """Of the page; 0 lets the system choose."""
    postgres: str | None = None
    """postgresql+asyncpg://… of an empty database, in place of SQLite."""


def absolute(beside: Path, path: Path) -> Path:
    """A path as written in a file of the folder ``beside``."""
    return (beside / path.expanduser()).absolute()


def _place(beside: Path, name: str) -> Path:
    shipped = PLACES / f"{name}.geojson"
    return shipped if shipped.is_file() else absolute(beside, Path(name))
