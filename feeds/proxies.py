"""Proxies through which feeds may be read: HTTP by aiohttp itself, SOCKS by an extra package."""

from importlib.util import find_spec
from typing import Any

import aiohttp
from yarl import URL

SOCKS = ("socks5", "socks4")
HTTP = ("http", "https")
PACKAGE = "aiohttp_socks"


def wrong(address: str) -> str | None:
    """What a proxy needs: a right ``address`` or a ``package``; ``None`` when it is fine."""
    try:
        url = URL(address)
        fine = url.scheme in (*SOCKS, *HTTP) and bool(url.host) and bool(url.port)
    except ValueError:
        fine = False
    if not fine:
        return "address"
    missing = url.scheme in SOCKS and find_spec(PACKAGE) is None
    return "package" if missing else None


def connector(address: str, settings: dict[str, Any]) -> aiohttp.TCPConnector | None:
    """A connector that dials through a SOCKS proxy; ``None`` where the address is no such proxy.

    The proxy resolves the names, so that no question about them leaves this machine beside it.
    """
    if not address or URL(address).scheme not in SOCKS:
        return None
    from aiohttp_socks import ProxyConnector

    made: aiohttp.TCPConnector = ProxyConnector.from_url(address, rdns=True, **settings)
    return made
