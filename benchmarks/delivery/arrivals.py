"""Waiting for a message to arrive at the server, without asking again and again."""

import asyncio
import json
from urllib.parse import urlsplit

PATIENCE = 60.0
"""Seconds."""


async def arrival(url: str, mark: str) -> float:
    """Wait until a message with this mark arrives; returns the server's ``time.monotonic()``."""
    address = urlsplit(url)
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(f"GET /control/arrival/{mark} HTTP/1.1\r\nHost: stub\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        at = json.loads(await reader.readexactly(size))["at"]
    writer.close()
    return float(at)
