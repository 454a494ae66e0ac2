"""The way to Telegram: python-telegram-bot's requests over one aiohttp session.

Errors say whether a call certainly did not arrive (``NotSent``) or may have (``Lost``), which
decides whether a message may be sent again. No URL is ever logged or put into an error: it
contains the token.
"""

from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import msgspec
from telegram._utils.defaultvalue import DefaultValue
from telegram._utils.types import ODVInput
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.request import BaseRequest, RequestData

KEEP_ALIVE = 15.0
"""Seconds an idle connection is kept: less than the server does, so that a stale one is rare."""
DEFAULT = BaseRequest.DEFAULT_NONE


class NotSent(NetworkError):
    """The call certainly did not arrive: no connection could be made."""


class Lost(NetworkError):
    """The call left and its answer did not come: it may have been carried out."""


class ServerFault(NetworkError):
    """The server answered 5xx; ``status`` tells which."""

    def __init__(self, status: int) -> None:
        super().__init__(f"server answered {status}")
        self.status = status


class Revoked(InvalidToken):
    """401: the token is no longer valid."""


class NoSuchMethod(InvalidToken):
    """404: the server does not know the method."""


class TooMany(TelegramError):
    """429: not carried out; ``seconds`` to wait. (PTB's own warns about its type when made.)"""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many requests")
        self.seconds = max(seconds, 1.0)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters of a call made without ``telegram.Bot``; looks like ``RequestData``."""

    parameters: dict[str, Any]
    contains_files: bool = False


class Transport(BaseRequest):
    """Give one to the bot as both of its requests. ``timeout``: seconds to wait for an answer."""

    def __init__(self, *, timeout: float = 20.0, connect_timeout: float = 5.0) -> None:
        self._timeout = timeout
        self._connect_timeout = connect_timeout
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

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Parse an answer; PTB's own would log the body when it is not JSON."""
        try:
            parsed = msgspec.json.decode(payload, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise TelegramError("Invalid server response") from None
        return parsed

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
                return _checked(answer.status, await answer.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as problem:
            raise NotSent(type(problem).__name__) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise Lost(type(problem).__name__) from None


def _or(given: ODVInput[float], default: float) -> float | None:
    return default if isinstance(given, DefaultValue) else given


def _body(data: RequestData | None) -> dict[str, Any]:
    if data is None:
        return {}
    if not data.contains_files:
        raw = msgspec.json.encode(data.parameters)
        return {"data": raw, "headers": {"Content-Type": "application/json"}}
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return {"data": form}


def _checked(status: int, body: bytes) -> tuple[int, bytes]:
    """Tell apart what python-telegram-bot folds together, and keep bodies out of errors."""
    if status >= 500:
        raise ServerFault(status)
    if status == 401:
        raise Revoked("the token is not valid")
    if status == 429:
        raise TooMany(_retry_after(body))
    if status == 404:
        known = b"method not found" not in body.lower()
        raise Revoked("malformed token") if known else NoSuchMethod("no such method")
    return status, body


def _retry_after(body: bytes) -> float:
    try:
        return float(msgspec.json.decode(body)["parameters"]["retry_after"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return 1.0
