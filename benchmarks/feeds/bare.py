"""The least that asking needs: bare aiohttp, the body hashed, nothing stored."""

import asyncio
import hashlib
import time
from collections.abc import Iterator
from typing import Any

import aiohttp

from benchmarks.feeds.publisher import BASE

IN_FLIGHT = 64


async def measure(order: dict[str, Any]) -> dict[str, float]:
    """Ask everybody once to warm up, then ``sweeps`` times: CPU seconds per poll, polls/s."""
    addresses, sweeps = order["addresses"], order["sweeps"]
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def work(left: Iterator[str]) -> None:
            for address in left:
                async with session.get(address, headers={"If-None-Match": f'"{BASE}"'}) as answer:
                    hashlib.sha256(await answer.read()).digest()

        async def sweep() -> None:
            left = iter(addresses)
            await asyncio.gather(*(work(left) for _ in range(IN_FLIGHT)))

        await sweep()
        cpu, began = time.process_time(), time.perf_counter()
        for _ in range(sweeps):
            await sweep()
        polls = sweeps * len(addresses)
        return {
            "cpu": (time.process_time() - cpu) / polls,
            "rate": polls / (time.perf_counter() - began),
        }
