"""Writes the next step from the difference between the tables and the history: make migration."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from storage.migrate import SCRIPTS, opened, steps, upgrade

VERSIONS = SCRIPTS / "versions"


async def draft(message: str) -> str:
    """Write the step that leads from the last one to the tables as they are; returns its number."""
    number = f"{len(list(VERSIONS.glob('[0-9]*.py'))) + 1:04}"

    def write(config: Config) -> None:
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        command.revision(config, message, autogenerate=True, rev_id=number)

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'empty.db'}"
        if number != "0001":
            await upgrade(url)
        async with opened(url) as connection:
            await connection.run_sync(steps, write)
    return number


def main() -> None:
    """Command line of ``make migration``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("message", help="what changes, in a few words")
    parser.add_argument("--anew", action="store_true", help="begin again, before the first release")
    chosen = parser.parse_args()
    if chosen.anew:
        for step in VERSIONS.glob("[0-9]*.py"):
            step.unlink()
    print("wrote step", asyncio.run(draft(chosen.message)), "- read it before you commit it")


if __name__ == "__main__":
    main()
