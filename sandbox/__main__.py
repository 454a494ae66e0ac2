"""`python -m sandbox`: start, print where everything is, run until stopped."""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from sandbox.errors import Refused
from sandbox.rates import PROFILES
from sandbox.server import Sandbox, running


def options() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="A strict local stand-in for the Telegram Bot API, for tests and demos.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 (default) takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--seed", type=Path, help="JSON file with people, chats and feeds")
    parser.add_argument("--token", help="the bot's token; made up when left out")
    parser.add_argument("--feeds", type=Path, help="folder whose feed documents are served")
    parser.add_argument("--held", type=int, default=3, help="items of each held back at first")
    parser.add_argument("--rates", choices=PROFILES, default="strict", help="the rate model")
    return parser


async def serve(box: Sandbox) -> None:
    """Run until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(box):
        print(json.dumps(box.addresses()), flush=True)
        await stop.wait()


def main() -> int:
    """Start from the command line; 2 means that it could not."""
    chosen = options().parse_args()
    try:
        seed = json.loads(chosen.seed.read_text("utf-8")) if chosen.seed else None
        box = Sandbox(
            host=chosen.host,
            port=chosen.port,
            token=chosen.token,
            rates=chosen.rates,
            feeds=chosen.feeds,
            held=chosen.held,
            seed=seed,
        )
        asyncio.run(serve(box))
    except (Refused, OSError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
