"""What was relayed, as programs that read feeds show it: the sent message as HTML, and names."""

import html
from datetime import UTC, datetime
from itertools import pairwise

from bot.domain.districts import District
from bot.i18n import Translator
from bot.views.foreign import bare
from bot.views.message import Message, Span, units


def title(district: District | None, t: Translator) -> str:
    """The name of a feed; ``None`` is that of all districts."""
    if district is None:
        return t("outlet-title-all")
    return t("outlet-title", place=district.name(t.lang))


def headline(said: str, t: Translator, *, corrected: bool, unconfirmed: bool) -> str:
    """The title of an item with what a list of titles must not hide."""
    title = bare(said)
    if unconfirmed:
        title = t("outlet-unconfirmed", title=title)
    return t("outlet-corrected", title=title) if corrected else title


def body(message: Message, headline: str) -> str:
    """A message as HTML of our own: everything escaped, only our entities become elements.

    A first line that repeats the headline is left out.
    """
    raw = message.text.encode("utf-16-le")
    start = _after_headline(message.text, headline)
    edges = {start, len(raw) // 2}
    for span in message.spans:
        edges |= {span.offset, span.offset + span.length}
    cuts = sorted(edge for edge in edges if start <= edge <= len(raw) // 2)
    pieces = []
    for begin, end in pairwise(cuts):
        text = raw[2 * begin : 2 * end].decode("utf-16-le", "replace")
        around = [s for s in message.spans if s.offset <= begin and end <= s.offset + s.length]
        pieces.append(_dressed(text, around))
    return "".join(pieces)


def _after_headline(text: str, headline: str) -> int:
    first, _, rest = text.partition("\n")
    if not rest or bare(first) != headline:
        return 0
    return units(text) - units(rest.lstrip("\n"))


def _dressed(text: str, spans: list[Span]) -> str:
    made = html.escape(bare(text)).replace("\n", "<br>\n")
    for span in sorted(spans, key=lambda one: one.length):
        made = _element(span, made)
    return made


def _element(span: Span, inside: str) -> str:
    match span.kind:
        case "bold":
            return f"<strong>{inside}</strong>"
        case "italic":
            return f"<em>{inside}</em>"
        case "code":
            return f"<code>{inside}</code>"
        case "strikethrough":
            return f"<s>{inside}</s>"
        case "blockquote":
            return f"<blockquote>{inside}</blockquote>"
        case "text_link":
            return _anchor(span.url or "", inside)
        case "date_time":
            when = datetime.fromtimestamp(span.unix or 0, UTC)
            return f'<time datetime="{when:%Y-%m-%dT%H:%M:%SZ}">{inside}</time>'


def _anchor(url: str, inside: str) -> str:
    if not url.startswith(("https://", "http://")):
        return inside
    return f'<a href="{html.escape(url)}" rel="noreferrer nofollow">{inside}</a>'
