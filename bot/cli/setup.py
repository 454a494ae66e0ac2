"""What `tocsin init` does, step by step. It asks nothing itself; the command line does."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot.config import Config, example_toml
from bot.services import districts, staff
from storage.crypto import Keyring, create_key, load_key
from storage.db import Database, connect
from storage.installation import check_key
from storage.migrate import Upgrade, upgrade

PATIENCE = aiohttp.ClientTimeout(total=15)
TOLERABLE = timedelta(seconds=5)
"""Reminders go out by this machine's clock; a wrong one misleads people."""


class TokenRefused(Exception):
    """Telegram answered that it knows no such bot."""


class NotReachable(Exception):
    """Nothing sensible answered; says why, without the address (it holds the token)."""


@dataclass(frozen=True, slots=True)
class Account:
    """The bot behind a token, as Telegram describes it."""

    username: str
    name: str
    reads_groups: bool
    """Privacy mode is off: Telegram would send it every message of its groups."""
    skew: timedelta
    """How far this machine's clock is ahead of Telegram's."""


@dataclass(frozen=True, slots=True)
class Founded:
    """What ``found`` did."""

    new_key: bool
    schema: Upgrade
    added: int
    """Districts that were not there before."""


async def ask_telegram(api_url: str, token: str) -> Account:
    """Who the token belongs to. Raises ``TokenRefused`` or ``NotReachable``."""
    try:
        async with (
            aiohttp.ClientSession(timeout=PATIENCE, trust_env=False) as http,
            http.get(f"{api_url.rstrip('/')}/bot{token}/getMe") as answer,
        ):
            return _account(answer.status, await _body(answer), answer.headers.get("Date"))
    except aiohttp.ClientError as problem:
        raise NotReachable(_why(problem)) from None
    except TimeoutError:
        raise NotReachable(f"no answer within {PATIENCE.total:.0f} seconds") from None


async def found(config: Config) -> Founded:
    """Key, database, districts: everything but the configuration file. May be run again."""
    new_key = not config.storage.key_file.exists()
    keys = create_key(config.storage.key_file) if new_key else load_key(config.storage.key_file)
    schema = await upgrade(config.storage.url)
    db = await opened(config, keys)
    try:
        imported = await districts.import_places(db, config.place_files)
    finally:
        await db.close()
    return Founded(new_key, schema, imported.added)


async def new_code(config: Config) -> str:
    """A one-time code for the first custodian; ``Refused`` while there is one."""
    db = await opened(config, load_key(config.storage.key_file))
    try:
        return await staff.first_code(db, datetime.now(UTC))
    finally:
        await db.close()


async def opened(config: Config, keys: Keyring) -> Database:
    """The database, after making sure that it is sealed with this key."""
    db = connect(config.storage.url, keys)
    try:
        async with db.tx() as tx:
            await check_key(tx)
    except BaseException:
        await db.close()
        raise
    return db


def write_config(path: Path, chosen: Mapping[str, object]) -> None:
    """Write the annotated configuration with these values, for its owner alone.

    An existing file is never overwritten: ``FileExistsError``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(example_toml(chosen))
        out.flush()
        os.fsync(out.fileno())


async def _body(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    try:
        body = await answer.json(content_type=None)
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {}


def _account(status: int, body: dict[str, Any], date: str | None) -> Account:
    if status in {401, 404} and body.get("ok") is False:
        raise TokenRefused
    result = body.get("result")
    if status != 200 or not isinstance(result, dict) or "username" not in result:
        raise NotReachable(f"the server answered {status}, not as a Bot API server does")
    return Account(
        username=result["username"],
        name=result.get("first_name", ""),
        reads_groups=bool(result.get("can_read_all_group_messages")),
        skew=_skew(date),
    )


def _skew(date: str | None) -> timedelta:
    try:
        return datetime.now(UTC) - parsedate_to_datetime(date or "")
    except (ValueError, TypeError):
        return timedelta()


def _why(problem: aiohttp.ClientError) -> str:
    match problem:
        case aiohttp.ClientConnectorDNSError():
            return "its name cannot be resolved"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return "its certificate is not valid"
        case aiohttp.ClientConnectorError():
            return "the connection was refused or timed out"
        case _:
            return "the connection broke"
