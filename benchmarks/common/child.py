"""One measurement in a process of its own: ``python -m benchmarks.common.child NAME.walk.measure``.

Reads an order (one JSON line), awaits that coroutine with it, prints what it found (one line).
"""

import asyncio
import importlib
import json
import sys


def main() -> None:
    """Only the module that is asked for is imported, so that nobody carries the others."""
    module, name = sys.argv[1].rsplit(".", 1)
    order = json.loads(sys.stdin.readline())
    work = getattr(importlib.import_module(f"benchmarks.{module}"), name)
    print(json.dumps(asyncio.run(work(order))), flush=True)


if __name__ == "__main__":
    main()
