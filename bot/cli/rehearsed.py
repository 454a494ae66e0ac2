"""What `tocsin source test` shows: times, the document, what would become of it, one item."""

from collections import Counter
from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from bot.cli.console import caution, out, print_facts
from bot.domain.items import Item
from bot.i18n import translator
from bot.services.rehearsal import Rehearsal
from bot.views.foreign import bare
from bot.views.sources import language

SHOWN = 10
"""Items listed one by one."""
t = translator("en")


def show(it: Rehearsal) -> None:
    """Print a dry run."""
    out.print(_head(it), style="bold", markup=False)
    print_facts(_facts(it))
    out.print()
    _say_what_would_be(it)
    if it.sorted.new:
        out.print(_items(it))
    if it.sorted.preview is not None:
        out.print()
        out.print("The newest one as readers would get it:")
        out.print()
        for line in bare(it.sorted.preview.text).splitlines():
            out.print(Text(f"  {line}"))
    out.print()
    out.print("Nothing was stored.")


def plain(it: Rehearsal) -> dict[str, object]:
    """For programs: names that stay. Times are in milliseconds."""
    new = it.sorted.new
    return {
        "source": it.source.id if it.known else None,
        "title": it.document.title,
        "read_at": it.fetched.address,
        "moved": it.fetched.moved or None,
        "bytes": len(it.fetched.body),
        "milliseconds": {name: round(seconds * 1000, 1) for name, seconds in _times(it)},
        "etag": bool(it.fetched.validators.etag),
        "last_modified": bool(it.fetched.validators.last_modified),
        "format": it.document.format,
        "encoding": it.document.encoding,
        "language": it.document.language,
        "items": it.document.items_in_document,
        "flaws": list(it.document.flaws),
        "other_domain": it.other_domain,
        "first_sight": it.sorted.first_sight,
        "hold": it.sorted.hold,
        "edited": len(it.sorted.edited),
        "new": [
            {
                "title": item.title,
                "link": item.link,
                "flags": sorted(item.flags),
                "impact": item.impact,
                "told_before": item.story is not None,
                "people_needed": item.needs(it.source),
            }
            for item in new
        ],
    }


def _head(it: Rehearsal) -> str:
    title = it.document.title or it.source.domain
    return f"{title} · {it.source.address}"


def _times(it: Rehearsal) -> Iterator[tuple[str, float]]:
    parts = (
        ("name", it.laps.name),
        ("connection", it.laps.connect),
        ("encryption", it.laps.encrypt),
        ("first byte", it.laps.answer),
        ("whole", it.whole),
        ("taken apart", it.parse),
    )
    return ((name, seconds) for name, seconds in parts if seconds is not None)


def _facts(it: Rehearsal) -> Iterator[tuple[str, str]]:
    """Each fact that says something."""
    document, validators = it.document, it.fetched.validators
    yield "time", " · ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in _times(it))
    yield "size", f"{len(it.fetched.body):,} bytes"
    marks = (("ETag", validators.etag), ("Last-Modified", validators.last_modified))
    kept = " and ".join(name for name, value in marks if value)
    yield "marks", kept or "none: each reading costs the whole document"
    if it.fetched.certificate is not None:
        yield "certificate", it.fetched.certificate.issuer
    elif it.fetched.address.startswith("http:"):
        yield "certificate", "none: read without encryption, anybody on the way could change it"
    if it.fetched.address != it.source.address:
        yield "read at", it.fetched.address
    if it.fetched.moved:
        yield "moved to", it.fetched.moved
    yield "format", f"{document.format}, {document.encoding}"
    yield "language", language(document.language or "", t)
    yield "items", str(document.items_in_document or len(document.entries))
    if document.flaws:
        yield "mended", ", ".join(document.flaws)
    if document.hints.ttl is not None:
        yield "asks for", f"a reading every {t.duration(int(document.hints.ttl.total_seconds()))}"
    if document.hints.skip_hours:
        yield "no readings", ", ".join(f"{h}:00" for h in sorted(document.hints.skip_hours))


def _say_what_would_be(it: Rehearsal) -> None:
    made, new = it.sorted, len(it.sorted.new)
    if it.other_domain:
        caution("it comes from another domain than the pinned one: it would be held, unread")
    if made.hold is not None:
        caution(f"the source would be held. {t(f'source-hold-{made.hold}')}")
    if made.first_sight:
        out.print(
            f"At its first reading all {new} would be noted as seen, and none relayed. "
            "If they came later, each would be:"
        )
        return
    edited = f", {len(made.edited)} published ones edited" if made.edited else ""
    out.print(f"{new} new for moderators{edited}{':' if new else '.'}")


def _items(it: Rehearsal) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("item", "people", "because"):
        table.add_column(name)
    newest = list(reversed(it.sorted.new))
    for item in newest[:SHOWN]:
        table.add_row(Text(item.title), str(item.needs(it.source)), Text(_because(item)))
    if len(newest) > SHOWN:
        rest = newest[SHOWN:]
        why = Counter(_because(item) for item in rest)
        said = "; ".join(f"{n} {reason}" for reason, n in why.most_common() if reason)
        table.add_row(Text(f"and {len(rest)} more"), "", Text(said))
    return table


def _because(item: Item) -> str:
    reasons = [t(f"item-held-{flag}") for flag in sorted(item.flags)]
    if item.impact:
        reasons.append("may move people to act")
    if item.story is not None:
        reasons.append(f"told before, as item {item.story}")
    return ", ".join(reasons)
