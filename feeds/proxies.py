"""Proxies through which feeds may be read: HTTP by aiohttp itself, SOCKS by an extra package."""

from contextlib import suppress
from typing import Any

import aiohttp
from yarl import URL

REFUSALS: tuple[type[Exception], ...] = ()
"""What a SOCKS proxy that does not let us through raises; none where the package is missing."""
with suppress(ImportError):  # bot.config says so where such a proxy is configured
    from aiohttp_socks import ProxyConnector, ProxyError

    REFUSALS = (ProxyError,)

SOCKS = ("socks5", "socks4")


def connector(address: str, settings: dict[str, Any]) -> aiohttp.TCPConnector | None:
    """A connector that dials through a SOCKS proxy; ``None`` where the address is no such proxy.

    The proxy resolves the names, so that no question about them leaves this machine beside it.
    """
    if not address or URL(address).scheme not in SOCKS:
        return None
    return ProxyConnector.from_url(address, rdns=True, **settings)
