"""Servers say when to call again in several ways, some of them by mistake."""

from datetime import timedelta

import pytest
from multidict import CIMultiDict

from feeds.failures import Hints
from feeds.headers import Validators, hints, is_challenge, validators

DATE = "Sat, 21 Nov 2026 10:00:00 GMT"
NONE = Hints()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, NONE),
        ({"Cache-Control": "max-age=900"}, Hints(max_age=timedelta(minutes=15))),
        ({"cache-control": 'public, MAX-AGE="60"'}, Hints(max_age=timedelta(minutes=1))),
        ({"Cache-Control": "max-age=0"}, NONE),
        ({"Cache-Control": "no-cache, max-age=900"}, NONE),
        ({"Cache-Control": "max-age=-5"}, NONE),
        ({"Cache-Control": "max-age=²"}, NONE),
        ({"Cache-Control": "max-age=" + "9" * 5000}, Hints(max_age=timedelta(days=31))),
        ({"Expires": "Sat, 21 Nov 2026 11:00:00 GMT", "Date": DATE}, Hints(timedelta(hours=1))),
        ({"Expires": "Sat, 21 Nov 2026 11:00:00 GMT"}, NONE),
        ({"Expires": "0", "Date": DATE}, NONE),
        ({"Expires": DATE, "Date": DATE}, NONE),
        ({"Expires": "Sat, 21 Nov 2099 11:00:00 GMT", "Date": DATE}, Hints(timedelta(days=31))),
        ({"Retry-After": "120"}, Hints(retry_after=timedelta(minutes=2))),
        ({"Retry-After": "soon", "Date": DATE}, NONE),
        ({"Retry-After": "Sat, 99 Nov 2026 99:99:99 GMT", "Date": DATE}, NONE),
    ],
)
def test_hints_are_read_or_left_alone(headers: dict[str, str], expected: Hints) -> None:
    assert hints(CIMultiDict(headers)) == expected


def test_cache_control_outweighs_expires() -> None:
    headers = {"Cache-Control": "private", "Expires": "Sat, 21 Nov 2026 11:00:00 GMT", "Date": DATE}
    assert hints(CIMultiDict(headers)) == NONE


def test_overlong_validators_are_not_kept() -> None:
    headers = CIMultiDict({"ETag": "x" * 600, "Last-Modified": "y" * 100})
    assert validators(headers, body_hash=b"h") == Validators(body_hash=b"h")


def test_an_ordinary_error_page_is_no_challenge() -> None:
    assert not is_challenge(403, CIMultiDict({"Server": "nginx", "Content-Type": "text/html"}))
    assert not is_challenge(403, CIMultiDict({"Server": "cloudflare", "Content-Type": "text/xml"}))
    assert not is_challenge(404, CIMultiDict({"Server": "cloudflare", "Content-Type": "text/html"}))
