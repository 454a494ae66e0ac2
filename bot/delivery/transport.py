"""The way to Telegram: python-telegram-bot's requests over one aiohttp session, and a faster one.

Errors say whether a call certainly did not arrive (``NotSent``) or may have (``Lost``), which
decides whether a message may be sent again. What an answer means is read here and not by
python-telegram-bot, so that both ways end in the same errors. No URL is ever logged or put into an
error: it contains the token.
"""

from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp
import msgspec
from multidict import CIMultiDict
from telegram import Bot
from telegram._utils.defaultvalue import DefaultValue
from telegram._utils.types import ODVInput
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
)
from telegram.request import BaseRequest, RequestData
from yarl import URL

KEEP_ALIVE = 15.0
"""Seconds an idle connection is kept: less than the server does, so that a stale one is rare."""
LONGEST_WAIT = 7 * 86_400.0
"""Seconds; Telegram never asks for more, and what no clock can hold must not stop anything."""
DEFAULT = BaseRequest.DEFAULT_NONE
HEADERS = CIMultiDict({"Content-Type": "application/json"})


class NotSent(NetworkError):
    """The call certainly did not arrive: no connection could be made."""


class Lost(NetworkError):
    """The call left and its answer did not come: it may have been carried out."""


class ServerFault(NetworkError):
    """The server answered 5xx; ``status`` tells which."""

    def __init__(self, status: int) -> None:
        super().__init__(f"server answered {status}")
        self.status = status


class TurnedAway(NetworkError):
    """Something before the Bot API refused the call: not carried out; ``status`` tells which.

    A proxy, a firewall, a censor: nothing it says is about the message or the person.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"turned away with {status}")
        self.status = status


class Revoked(InvalidToken):
    """401: the token is no longer valid."""


class NoSuchMethod(InvalidToken):
    """404: the server does not know the method."""


class TooMany(TelegramError):
    """429: not carried out; ``seconds`` to wait. (PTB's own warns about its type when made.)"""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many requests")
        self.seconds = min(max(seconds, 1.0), LONGEST_WAIT)


class Unreadable(TelegramError):
    """Accepted (2xx), but the answer says nothing: the call may have been carried out."""

    def __init__(self) -> None:
        super().__init__("Invalid server response")


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters of a call made without ``telegram.Bot``; looks like ``RequestData``."""

    parameters: dict[str, Any]
    contains_files: bool = False


class _Message(msgspec.Struct):
    message_id: int


class _Sent(msgspec.Struct):
    """The answer to a message that was sent; everything else in it is skipped unparsed."""

    ok: bool
    result: _Message


class _Done(msgspec.Struct):
    """Any answer that carries a result."""

    ok: bool
    result: Any


class _More(msgspec.Struct):
    """ResponseParameters of the Bot API."""

    migrate_to_chat_id: int | None = None
    retry_after: float | None = None


class _No(msgspec.Struct):
    """A refusal as the Bot API words it."""

    ok: bool
    description: str
    parameters: _More = msgspec.field(default_factory=_More)


_sent = msgspec.json.Decoder(_Sent).decode
_done = msgspec.json.Decoder(_Done).decode
_no = msgspec.json.Decoder(_No).decode
GARBLED = (msgspec.DecodeError, UnicodeDecodeError)


class Transport(BaseRequest):
    """Give one to the bot as both of its requests. ``timeout``: seconds to wait for an answer."""

    def __init__(self, *, timeout: float = 20.0, connect_timeout: float = 5.0) -> None:
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._waits = aiohttp.ClientTimeout(
            total=None, sock_connect=connect_timeout, sock_read=timeout
        )
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """Seconds to wait for an answer unless a call says otherwise."""
        return self._timeout

    async def initialize(self) -> None:
        """Open the session; a second call changes nothing."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=True,
                headers={"User-Agent": "tocsin"},
            )

    async def shutdown(self) -> None:
        """Close the session; a second call changes nothing."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(self, url: str, parameters: dict[str, Any], *, timeout: float) -> Any:
        """The raw result of a method; raises as ``telegram.Bot`` does."""
        data = cast(RequestData, Parameters(parameters))
        return await self.post(url, data, read_timeout=timeout)

    async def fire(self, url: URL, body: bytes) -> int:
        """Post one message, encoded as JSON; the ``message_id`` Telegram gave it.

        The least work a call can be; ``Wire.url`` makes ``url``, once. Raises what a method of
        ``telegram.Bot`` does.
        """
        if self._session is None:
            await self.initialize()
        assert self._session is not None
        try:
            answer = await self._session.post(
                url, data=body, headers=HEADERS, timeout=self._waits, allow_redirects=False
            )
            said = await answer.read()
        except Exception as problem:
            raise _accident(problem) from None
        if not 200 <= answer.status <= 299:
            raise refusal(answer.status, said)
        try:
            return _sent(said).result.message_id
        except GARBLED:
            raise Unreadable from None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The result of an answer; PTB's own would log the body when it is not JSON."""
        try:
            return {"result": _done(payload).result}
        except GARBLED:
            raise Unreadable from None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = DEFAULT,
        write_timeout: ODVInput[float] = DEFAULT,
        connect_timeout: ODVInput[float] = DEFAULT,
        pool_timeout: ODVInput[float] = DEFAULT,
    ) -> tuple[int, bytes]:
        """One HTTP exchange: status and body, or ``NotSent``, ``Lost`` and the like."""
        await self.initialize()
        assert self._session is not None
        waits = aiohttp.ClientTimeout(
            total=None,
            sock_connect=_or(connect_timeout, self._connect_timeout),
            sock_read=_or(read_timeout, self._timeout),
        )
        try:
            async with self._session.request(
                method, url, timeout=waits, allow_redirects=False, **_body(request_data)
            ) as answer:
                said = await answer.read()
        except Exception as problem:
            raise _accident(problem) from None
        if not 200 <= answer.status <= 299:
            raise refusal(answer.status, said)
        return answer.status, said


def _or(given: ODVInput[float], default: float) -> float | None:
    return default if isinstance(given, DefaultValue) else given


def _body(data: RequestData | None) -> dict[str, Any]:
    if data is None:
        return {}
    if not data.contains_files:
        raw = msgspec.json.encode(data.parameters)
        return {"data": raw, "headers": HEADERS}
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return {"data": form}


def _accident(problem: Exception) -> NetworkError:
    """What happened on the way, whatever it was; its own words would show the URL."""
    if isinstance(problem, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return NotSent(type(problem).__name__)
    return Lost(type(problem).__name__)


def refusal(status: int, body: bytes) -> TelegramError:
    """The error of an answer other than 2xx, with the texts of the Bot API and nothing else.

    A refusal that is not worded as the Bot API does comes from something before it. That must not
    be taken for Telegram's word: a censor's 403 would have every subscriber erased.
    """
    if status >= 500:
        return ServerFault(status)
    try:
        no = _no(body)
    except GARBLED:
        return TooMany(1.0) if status == 429 else TurnedAway(status)
    if no.parameters.migrate_to_chat_id:
        return ChatMigrated(no.parameters.migrate_to_chat_id)
    if status == 429 or no.parameters.retry_after:
        return TooMany(no.parameters.retry_after or 1.0)
    return _worded(status, no.description)


def _worded(status: int, text: str) -> TelegramError:
    match status:
        case 400:
            return BadRequest(text)
        case 401:
            return Revoked("the token is not valid")
        case 403:
            return Forbidden(text)
        case 404:
            known = "method not found" not in text.lower()
            return Revoked("malformed token") if known else NoSuchMethod("no such method")
        case 409:
            return Conflict(text)
        case _:
            return TurnedAway(status)


@dataclass(frozen=True, slots=True)
class Wire:
    """What ``Transport.fire`` needs of a bot."""

    transport: Transport
    base: str = field(repr=False)

    @classmethod
    def of(cls, bot: Bot) -> "Wire":
        """The wire of a bot; raises ``TypeError`` unless the bot uses a ``Transport``."""
        if not isinstance(bot.request, Transport):
            raise TypeError("the bot has to use bot.delivery.transport.Transport")
        return cls(bot.request, bot.base_url)

    def url(self, method: str) -> URL:
        """Where a method is called: make it once and keep it, but never show it."""
        return URL(f"{self.base}/{method}", encoded=True)
