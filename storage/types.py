"""Column types and table marks that every noun shares: UTC, sealed values, retention."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import json
from sqlalchemy import Column, DateTime, Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from storage.crypto import TAG_BYTES

JSON_CODING: dict[str, Any] = {
    "json_serializer": lambda value: json.encode(value).decode(),
    "json_deserializer": json.decode,
}
"""How an engine writes and reads JSON columns: a fifth of the price of the standard library."""


class Utc(TypeDecorator[datetime]):
    """Aware UTC in Python on both databases; naive datetimes are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times, convert the rest to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give UTC back, whatever the driver returned."""
        if value is None:
            return None
        aware: datetime = value.replace(tzinfo=UTC) if value.tzinfo is None else value
        return aware.astimezone(UTC)


class Blob(LargeBinary):
    """Bytes as both drivers take and give them, without a copy on the way."""

    def bind_processor(self, dialect: Dialect) -> None:
        """Nothing to do."""

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """Nothing to do."""


class IdTag(TypeDecorator[bytes]):
    """``Keyring.tag`` of a Telegram id: 16 bytes, looked up by equality."""

    impl = Blob(TAG_BYTES)
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Only a tag fits: 16 bytes."""
        if value is not None and len(value) != TAG_BYTES:
            raise ValueError("not a tag")
        return value


class Sealed(TypeDecorator[bytes]):
    """Output of ``Keyring.seal`` or ``seal_id``; plain values do not fit."""

    impl = Blob
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Refuse what is too short to be sealed: nonce (12) + authentication tag (16)."""
        if value is not None and (len(value) < 28):
            raise ValueError("not sealed")
        return value


@dataclass(frozen=True, slots=True)
class Retention:
    """How long rows of a table live.

    Either ``keep`` says why they stay until somebody removes them, or rows go ``after`` the
    instant in ``column``. Stated in ``Table(info={"retention": …})`` and enforced by a tick.
    """

    keep: str | None = None
    column: str | None = None
    after: timedelta = timedelta(0)

    @classmethod
    def while_needed(cls, why: str) -> dict[str, "Retention"]:
        """Rows stay until their owner or the rules of their noun remove them."""
        return {"retention": cls(keep=why)}

    @classmethod
    def for_(cls, after: timedelta, *, since: str) -> dict[str, "Retention"]:
        """Rows go ``after`` the instant in column ``since``."""
        return {"retention": cls(column=since, after=after)}


def utc(name: str, **options: Any) -> Column[datetime]:
    """A UTC column."""
    return Column(name, Utc, **options)
