"""`tocsin source …`: the media whose news is relayed, looked at, proposed, held, tried out.

Works while the bot runs. What the operator proposes, two moderators vet; what the operator holds,
two of them let go on.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from bot import config as settings
from bot.cli import rehearsed
from bot.cli import sources_shown as shown
from bot.cli import sourcing as doing
from bot.cli.console import (
    caution,
    err,
    good,
    out,
    plainly,
    print_facts,
    print_json,
    print_trouble,
    refuse,
)
from bot.cli.desk import run
from bot.cli.options import ConfigPath
from bot.cli.trouble import Exit, Trouble
from bot.i18n import translator
from bot.services.opml import Fate, Import
from bot.views.feeds import why
from feeds.failures import FeedRefused, NotAFeed
from feeds.opml import NotOpml
from feeds.opml import read as read_list

app = typer.Typer(
    name="source",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="The media whose news is relayed: look, propose, hold, try out, lists in and out. Works "
    "while the bot runs. Only two moderators can vet a source or lift a hold, in the chat.",
)

Named = Annotated[str, typer.Argument(help="A source's number, as `list` shows it, or address.")]
Places = Annotated[
    list[str] | None,
    typer.Option("--district", "-d", help="Whom it concerns: a slug or name. May be repeated."),
]
t = translator("en")


@app.command("list", epilog="Examples:  tocsin source list\n\ntocsin source list --json")
@plainly
def listing(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    config: ConfigPath = settings.FILE,
) -> None:
    """Every source: where it stands, how reading it goes, how much of it was relayed."""
    found = run(config, doing.look)
    if as_json:
        print_json([shown.plain(one) for one in found])
    elif found:
        out.print(shown.listed(found))
    else:
        out.print("There are no sources yet. `tocsin source add` proposes one.")


@app.command(epilog="Example:  tocsin source show 3")
@plainly
def show(
    source: Named,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    config: ConfigPath = settings.FILE,
) -> None:
    """One source: its state and why, what was found out about it, how reading it goes."""
    seen = run(config, doing.one, source)
    if as_json:
        print_json(shown.plain(seen))
        return
    out.print(f"Source {seen.source.id} · {seen.source.title}", style="bold", markup=False)
    print_facts(shown.facts(seen).items())


@app.command(epilog="Example:  tocsin source add https://news.example.org/rss --district minsk")
@plainly
def add(
    address: Annotated[str, typer.Argument(help="Of the feed.")],
    district: Places = None,
    topic: Annotated[
        list[str] | None, typer.Option("--topic", help="What it is about. May be repeated.")
    ] = None,
    config: ConfigPath = settings.FILE,
) -> None:
    """Propose a source. Nothing of it is relayed until two moderators have vetted it."""
    try:
        source, found = run(config, doing.add, address, district or [], topic or [])
    except FeedRefused as no:
        raise _unread(no) from None
    if found.lookalike:
        caution(f"its domain is easily taken for {found.lookalike}, which is another source's")
    if found.rejected is not None:
        caution(f"moderators refused it before: {t(f'source-reason-{found.rejected}')}")
    good(f"source {source.id} ({source.title}) is proposed; moderators were told")


@app.command(epilog="Example:  tocsin source hold 3")
@plainly
def hold(source: Named, config: ConfigPath = settings.FILE) -> None:
    """Stop relaying a source at once. Two moderators can lift it."""
    good(run(config, doing.hold, source))


@app.command(
    "test",
    epilog="Examples:  tocsin source test 3\n\ntocsin source test https://news.example.org/rss",
)
@plainly
def try_out(
    source: Named,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    config: ConfigPath = settings.FILE,
) -> None:
    """Read a source once and say how it went and what would become of it. Stores nothing."""
    try:
        done = run(config, doing.rehearse, source)
    except FeedRefused as no:
        raise _unread(no) from None
    if as_json:
        print_json(rehearsed.plain(done))
    else:
        rehearsed.show(done)


@app.command("import", epilog="Example:  tocsin source import feeds.opml --district minsk")
@plainly
def import_(
    file: Annotated[Path, typer.Argument(help="An OPML list.", exists=True, dir_okay=False)],
    district: Places = None,
    config: ConfigPath = settings.FILE,
) -> None:
    """Propose every feed of a list; nothing is vetted by it.

    May be broken off and begun again: what is known is not asked again.
    """
    try:
        outlines = read_list(file.read_bytes())
    except NotOpml as problem:
        refuse(f"{file} is no list of feeds: {problem}.", "Nothing was changed.")
    if not outlines:
        refuse(f"{file} lists no feeds.", "Nothing was changed.")
    done = run(config, doing.take_in, outlines, district or [])
    failed = _report(done)
    if failed:
        raise typer.Exit(Exit.PARTLY)


@app.command(epilog="Examples:  tocsin source export feeds.opml\n\ntocsin source export - | less")
@plainly
def export(
    file: Annotated[Path, typer.Argument(help="Where to; - is the terminal.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file.")] = False,
    config: ConfigPath = settings.FILE,
) -> None:
    """Write the sources as an OPML list: public addresses, titles and topics, no people."""
    content, count = run(config, doing.give_out)
    if str(file) == "-":
        typer.echo(content, nl=False)
        return
    doing.save(file, content, force=force)
    good(f"{_sources(count)} written to {file}")


def _unread(no: FeedRefused) -> typer.Exit:
    """Say why a feed was not read, with what the page offers instead."""
    print_trouble(Trouble(Exit.PARTLY, _why(no), "Nothing was changed."))
    return typer.Exit(Exit.PARTLY)


def _why(no: FeedRefused) -> str:
    said = why(no.key, no.args_, t)
    offered = no.feeds if isinstance(no, NotAFeed) else ()
    return f"{said} The page offers: {', '.join(offered)}" if offered else said


def _report(done: Import) -> int:
    """The failures one by one, then the counts; returns how many failed."""
    failed = [one for one in done.told if one.fate is Fate.FAILED]
    for one in failed:
        assert one.why is not None
        err.print(Text(f"  - {one.outline.address}: {_why(one.why)}"))
    good(f"{_sources(done.count(Fate.NOMINATED))} proposed; nothing is relayed before two vet it")
    for fate, said in (
        (Fate.KNOWN, "known before"),
        (Fate.REPEATED, "named twice in the list"),
        (Fate.REJECTED, "refused by moderators before, and not proposed again"),
    ):
        if count := done.count(fate):
            good(f"{count} {said}")
    if failed:
        err.print(f"{len(failed)} could not be read; begin again later, or correct the list.")
    return len(failed)


def _sources(count: int) -> str:
    return f"{count} source" if count == 1 else f"{count} sources"
