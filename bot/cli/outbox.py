"""`tocsin outbox …`: what waits to be sent, looked at, held, let go, tried again, removed.

Works while the bot runs: both use one database, and the bot reads it again within a second.
"""

from collections.abc import Collection, Mapping
from typing import Annotated

import typer
from rich.table import Table

from bot import config as settings
from bot.cli import backlog as doing
from bot.cli.console import caution, good, out, plainly, print_facts
from bot.cli.desk import run
from bot.cli.options import ConfigPath
from bot.domain.outbox import Lane
from bot.domain.progress import Progress, bucket, tenths
from bot.domain.publications import PublicationId
from bot.i18n import translator
from bot.views.publications import state
from storage.backlog import ASIDE
from storage.outbox import Stage

app = typer.Typer(
    name="outbox",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="What waits to be sent: look, hold, let go, try again, remove. Works while the bot runs, "
    "which notices within a second. Numbers of people are sizes, not figures.",
)

Number = Annotated[int, typer.Argument(help="Of the publication, as `list` shows it.", min=1)]
MaybeNumber = Annotated[
    int | None, typer.Argument(help="Of the publication, as `list` shows it.", min=1)
]
t = translator("en")


@app.command("list", epilog="Example:  tocsin outbox list")
@plainly
def listing(config: ConfigPath = settings.FILE) -> None:
    """Publications on their way and what waits in rows of its own, by lane."""
    seen = run(config, doing.look)
    if seen.held:
        caution("everything but replies is held; `tocsin outbox resume --all` lets it go on")
    if seen.publications:
        out.print(_publications(seen.publications))
    else:
        out.print("No publication is on its way.")
    if seen.more:
        out.print(f"Only the newest {len(seen.publications)} are shown.")
    if seen.rows:
        out.print()
        out.print(_rows(seen.rows))


@app.command(epilog="Example:  tocsin outbox show 12")
@plainly
def show(number: Number, config: ConfigPath = settings.FILE) -> None:
    """One publication: where it stands, its texts' lengths, what was set aside."""
    one, editions = run(config, doing.one, PublicationId(number))
    publication = one.publication
    out.print(f"Publication {number} · {_kind(one)} · {publication.code}", style="bold")
    out.print(one.headline, markup=False)
    said = {
        "state": publication.state.value,
        "standing": state(one, t),
        "lane": publication.lane.name.lower(),
        "version": str(publication.version),
        "accepted": f"{publication.accepted_at:%Y-%m-%d %H:%M} UTC",
        "matters until": f"{publication.expires_at:%Y-%m-%d %H:%M} UTC",
        "channels": f"{one.channels_done} of {one.channels}",
        "people": f"{_size(one)}, about {t.percent(tenths(one.share))}",
        "time left": t.duration(one.left) if one.left is not None else "-",
        "texts": ", ".join(f"{name} {length}" for name, length in sorted(editions.items())),
        "rows": ", ".join(f"{n} {stage}" for stage, n in sorted(one.rows.items())) or "none",
    }
    print_facts(said.items())
    for advice in doing.advice(one):
        out.print(advice, markup=False)


@app.command(
    epilog="Examples:  tocsin outbox hold 12\n\ntocsin outbox hold --all   (replies still leave)"
)
@plainly
def hold(
    number: MaybeNumber = None,
    every: Annotated[bool, typer.Option("--all", help="Everything but replies.")] = False,
    config: ConfigPath = settings.FILE,
) -> None:
    """Let a publication wait, or everything but replies. It outlives restarts."""
    id = _one_or_all(number, every=every)
    good(run(config, doing.hold_all) if id is None else run(config, doing.hold, id))


@app.command(epilog="Examples:  tocsin outbox resume 12\n\ntocsin outbox resume --all")
@plainly
def resume(
    number: MaybeNumber = None,
    every: Annotated[bool, typer.Option("--all", help="Undo `hold --all`.")] = False,
    config: ConfigPath = settings.FILE,
) -> None:
    """Let what the operator held, or Telegram refused, go on.

    What staff stopped or hid, two of staff let go on.
    """
    id = _one_or_all(number, every=every)
    good(run(config, doing.resume_all) if id is None else run(config, doing.resume, id))


@app.command(epilog="Example:  tocsin outbox retry 12 --failed")
@plainly
def retry(
    number: Number,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Only those whose answer was lost.")
    ] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Only those refused.")] = False,
    config: ConfigPath = settings.FILE,
) -> None:
    """Send copies again that were set aside: answer lost, or refused.

    One whose answer was lost may arrive a second time.
    """
    stages = _stages(unknown=unknown, failed=failed)
    good(run(config, doing.retry, PublicationId(number), stages))


@app.command(
    epilog="Examples:  tocsin outbox drop 12 --unknown\n\ntocsin outbox drop 12 --all --yes"
)
@plainly
def drop(
    number: Number,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Only those whose answer was lost.")
    ] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Only those refused.")] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Whatever has not left; it is stopped for good.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigPath = settings.FILE,
) -> None:
    """Remove copies that were set aside or, with --all, end a publication for good.

    Copies that arrived stay where they are.
    """
    if every and (unknown or failed):
        raise typer.BadParameter("--all includes --unknown and --failed: give one of them")
    id, stages = PublicationId(number), _stages(unknown=unknown, failed=failed)
    if not yes:
        question = run(config, doing.question, id, None if every else stages)
        doing.confirm(question)
    good(run(config, doing.drop, id, None if every else stages))


def _one_or_all(number: int | None, *, every: bool) -> PublicationId | None:
    if (number is None) is not every:
        raise typer.BadParameter("give the number of a publication, or --all")
    return None if number is None else PublicationId(number)


def _stages(*, unknown: bool, failed: bool) -> Collection[Stage]:
    chosen = [stage for stage, on in zip(ASIDE, (unknown, failed), strict=True) if on]
    return chosen or ASIDE


def _publications(found: list[Progress]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("no.", "kind", "code", "lane", "channels", "people", "done", "left", "standing"):
        table.add_column(name, justify="right" if name in ("no.", "done", "left") else "left")
    for one in found:
        table.add_row(
            str(one.publication.id),
            _kind(one),
            one.publication.code,
            one.publication.lane.name.lower(),
            f"{one.channels_done} of {one.channels}",
            _size(one),
            t.percent(tenths(one.share)),
            t.duration(one.left) if one.left is not None else "-",
            state(one, t),
        )
    return table


def _rows(rows: Mapping[tuple[Lane, Stage], int]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("rows")
    for stage in Stage:
        table.add_column(stage.value, justify="right")
    for lane in Lane:
        counts = [rows.get((lane, stage), 0) for stage in Stage]
        if any(counts):
            table.add_row(lane.name.lower(), *map(str, counts))
    return table


def _kind(one: Progress) -> str:
    return t(f"publications-kind-{one.publication.kind}").lower()


def _size(one: Progress) -> str:
    return t(f"publications-people-{bucket(one.people)}")
