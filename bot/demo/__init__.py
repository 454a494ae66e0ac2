"""The whole bot on this machine with invented people: sandbox, bot and feeds on loopback."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from rich.console import Console, Group
from rich.panel import Panel
from rich.progress import Progress
from rich.table import Table

from bot import logs
from bot.app import House, open_house, running, told_to_stop
from bot.config import Config, DemoOptions, Feeds, Storage, Telegram
from bot.delivery.tasks import Tasks
from bot.demo.box import Box, SandboxFailed, sandbox
from bot.demo.seed import Seeded, Seeder
from bot.demo.town import seed
from feeds.rhythm import Rhythm
from storage.crypto import create_key
from storage.migrate import upgrade

SOON = timedelta(seconds=8)
RHYTHM = Rhythm(usual=SOON, floor=timedelta(seconds=4), ceiling=SOON, longest_wait=SOON)
"""A demo cannot wait for its news as long as real publishers ask, half an hour or more."""

__all__ = ["SandboxFailed", "opened", "run"]

HONESTLY = (
    "[bold]This is a demo.[/] Nothing leaves this machine, the people are invented, and everything "
    "is gone when you stop it (Ctrl-C). It is not Telegram: see docs/sandbox.md."
)
WHAT_TO_TRY = (
    "You are [bold]Vera[/]: START, choose a district, Subscribe. Then /next and /news.",
    "Choose [bold]Nina[/] or [bold]Noah[/] (news): /staff, Sources{vetting} In the panel, under "
    "News feeds, publish something; within seconds it waits in the news queue. Nina and then Noah "
    "press Publish, and Vera reads it.",
    "Choose [bold]Olga[/]: /staff, New rally. Then [bold]Émile[/]: approve it. Vera and the "
    "channels get it. In the panel, move the clock by a day: the reminder comes.",
    "As Vera, open a channel, forward its post to the bot, or send it a code: is it real?",
    "As Olga: /staff, Rallies, Suspend. Look at Vera's chat.",
    "As Vera: /mydata, then /forget.",
    "Block the bot, take its rights away in a channel (as Marta), or add faults in the panel.",
)


@asynccontextmanager
async def opened(options: DemoOptions, console: Console) -> AsyncIterator[tuple[House, Box]]:
    """Start everything in a folder of its own, seed it, and remove it all at the end."""
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as name:
        folder = Path(name)
        async with (
            sandbox(folder, seed=seed(), port=options.port, feeds=options.feeds) as box,
            _house(options, folder, box) as house,
        ):
            await _fill(house, box, options, console)
            async with running(house):
                yield house, box


async def run(options: DemoOptions) -> None:
    """Run the demo until it is interrupted."""
    console = Console()
    logs.start("warning", line="%(levelname)s %(name)s: %(message)s")
    console.print("Starting the demo…")
    async with opened(options, console) as (_, box):
        console.print(_welcome(box.page, vetting=options.feeds is not None))
        console.print(f"Page: {box.page}", highlight=False, soft_wrap=True)
        await told_to_stop()
    console.print("The demo is over; nothing of it is left.")


@asynccontextmanager
async def _house(options: DemoOptions, folder: Path, box: Box) -> AsyncIterator[House]:
    host = box.api.removeprefix("http://")
    config = Config(
        telegram=Telegram(token=box.token, api_url=box.api),
        storage=Storage(data_dir=folder, key_file=folder / "key", url=options.postgres or ""),
        feeds=Feeds(allow=(host,)),
    ).resolved(folder)
    create_key(config.storage.key_file)
    await upgrade(config.storage.url)
    tasks = Tasks()
    tasks.start(box.follow_clock(), "the sandbox's clock")
    try:
        async with open_house(config, clock=box.now, rhythm=RHYTHM) as house:
            yield house
    finally:
        await tasks.close()


async def _fill(house: House, box: Box, options: DemoOptions, console: Console) -> None:
    """Seed. Proposals come before the other moderators, who would be told of each."""
    seeder = Seeder(house, box, RHYTHM)
    staff = await seeder.people("ada", "nina")
    if options.feeds is None:
        await seeder.publish_feeds()
    listed = (await box.call("GET", "feeds"))["feeds"]
    with Progress(console=console, transient=True) as progress:
        done = [
            await seeder.propose(staff["nina"], feed)
            for feed in progress.track(listed, description="Reading the feeds")
        ]
    if options.feeds is not None:
        console.print(_report(done))
    staff |= await seeder.people("noah", "olga", "emile", "marta")
    if options.feeds is None:
        await seeder.vet(staff["noah"])
    await seeder.link_channels(staff["marta"])
    await seeder.announce(staff["olga"], staff["emile"])


def _welcome(page: str, *, vetting: bool) -> Panel:
    """What this is, where it is, and what to try; ``vetting`` when sources wait for that."""
    sources = ", vet one (the list shows title and items)." if vetting else "."
    steps = Table.grid(padding=(0, 1))
    for number, words in enumerate(WHAT_TO_TRY, start=1):
        steps.add_row(f"{number}.", words.format(vetting=sources))
    there = f"Open [bold cyan]{page}[/] and try:"
    return Panel(Group(HONESTLY, "", there, "", steps), title="Tocsin demo", width=80)


def _report(done: list[Seeded]) -> Table:
    taken = sum(not one.refused for one in done)
    held = "the newest 3 of each wait in the panel until you publish them"
    title = f"{taken} of {len(done)} became sources; {held}"
    table = Table("Document", "Title", "Items", title=title)
    for one in done:
        if one.refused:
            table.add_row(one.name, f"[red]refused:[/] {one.refused}", "")
        else:
            table.add_row(one.name, one.title, str(one.items))
    return table
