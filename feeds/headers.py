"""What the headers of an answer say: when to call again, what changed, is it a challenge."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from feeds.failures import Hints

LONGEST_HINT = timedelta(days=31)
_GUARDS = ("cloudflare", "ddos-guard", "sucuri", "qrator", "stormwall", "variti")


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes the next poll conditional; ``body_hash`` is the SHA-256 of the inflated body."""

    etag: str = ""
    last_modified: str = ""
    body_hash: bytes = b""


NOTHING_KNOWN = Validators()


def conditions(known: Validators) -> dict[str, str]:
    """Request headers that let the server answer 304."""
    headers = {}
    if known.etag:
        headers["If-None-Match"] = known.etag
    if known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    return headers


def validators(headers: Mapping[str, str], *, body_hash: bytes) -> Validators:
    """What to send next time. Overlong values are not kept: no honest server writes them."""
    etag = headers.get("ETag", "")
    modified = headers.get("Last-Modified", "")
    return Validators(
        etag=etag if len(etag) <= 512 else "",
        last_modified=modified if len(modified) <= 64 else "",
        body_hash=body_hash,
    )


def hints(headers: Mapping[str, str]) -> Hints:
    """Read Cache-Control, Expires and Retry-After; dates count from the answer's own ``Date``."""
    return Hints(max_age=_max_age(headers), retry_after=_wait(headers, "Retry-After"))


def is_challenge(status: int, headers: Mapping[str, str]) -> bool:
    """Tell a wall against robots from an ordinary error page."""
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return True
    server = headers.get("Server", "").lower()
    guarded = any(name in server for name in _GUARDS)
    html = "html" in headers.get("Content-Type", "").lower()
    return status in (401, 403, 429, 503) and guarded and html


def _max_age(headers: Mapping[str, str]) -> timedelta | None:
    control = headers.get("Cache-Control", "").lower()
    if not control:
        return _wait(headers, "Expires")
    directives = dict(_directive(part) for part in control.split(","))
    if "no-cache" in directives or "no-store" in directives:
        return None
    return _seconds(directives["max-age"]) if "max-age" in directives else None


def _directive(part: str) -> tuple[str, str]:
    name, _, value = part.strip().partition("=")
    return name.strip(), value.strip(' "')


def _wait(headers: Mapping[str, str], name: str) -> timedelta | None:
    """Seconds, or an HTTP date relative to ``Date``: the server's clock, not ours."""
    value = headers.get(name, "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return _seconds(value)
    until, since = _date(value), _date(headers.get("Date", ""))
    if until is None or since is None or until <= since:
        return None
    return min(until - since, LONGEST_HINT)


def _seconds(value: str) -> timedelta | None:
    if not (value.isascii() and value.isdigit()):
        return None
    # Ten digits are three centuries: longer numbers are not worth converting.
    return min(timedelta(seconds=int(value[:10])), LONGEST_HINT) or None


def _date(value: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
