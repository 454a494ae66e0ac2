"""What readers see in place of a message that is checked, corrected, taken back or overtaken."""

from msgspec.structs import replace

from bot.domain.publications import Kind, Publication
from bot.i18n import Translator
from bot.views.foreign import foreign
from bot.views.message import TEXT_LIMIT, Message, Span, Text, units

CAPTION_LIMIT = 1024
"""UTF-16 units of the text below a picture (Bot API, editMessageCaption)."""


def masked(publication: Publication, t: Translator) -> Message:
    """One person had doubts; nothing of the text stays."""
    text = Text().bold(t("revision-masked")).line(t("revision-masked-text"))
    if publication.kind in (Kind.RALLY, Kind.REMINDER):
        text.line(t("revision-masked-rally"))
    return _coded(text, publication, t).message()


def recalled(publication: Publication, t: Translator) -> Message:
    """Taken back for good; nothing of the text stays."""
    text = Text().bold(t("revision-recalled")).line(t("revision-recalled-text"))
    return _coded(text, publication, t).message()


def corrected(message: Message, note: str, t: Translator) -> Message:
    """The same with the correction above it, quoted as it was typed.

    Where there is no room for both, the longest line of the message loses its end.
    """
    head = Text().bold(t("revision-correction")).line()
    shown = foreign(note)
    quote = Span("blockquote", units(head.text), units(shown))
    head.add(shown).gap().line()
    return _headed(head, message, quote)


def overtaken(message: Message, notice: str, t: Translator) -> Message:
    """The same below what happened meanwhile, struck out where it holds no longer; no buttons:

    the newer message has them.
    """
    head = Text().bold(t(f"revision-newer-{notice}")).gap().line()
    under = replace(message, buttons=())
    if notice in ("suspended", "resumed"):
        return _headed(head, under)
    whole = Span("strikethrough", 0, units(message.text))
    return _headed(head, replace(under, spans=(whole, *message.spans)))


def shortened(message: Message, room: int) -> Message:
    """At most ``room`` UTF-16 units: the longest line loses its end, so that what is short, such

    as who says it, the link and the code, stays.
    """
    over = units(message.text) - room
    if over <= 0:
        return message
    lines = message.text.split("\n")
    nth = max(range(len(lines)), key=lambda n: units(lines[n]))
    line, before = lines[nth], sum(units(one) + 1 for one in lines[:nth])
    kept = _first(line, max(units(line) - over - 1, 0))
    start, end = before + units(kept), before + units(line)
    lines[nth] = f"{kept}…"
    cut = replace(message, text="\n".join(lines), spans=_moved(message.spans, start, end))
    return shortened(cut, room) if units(cut.text) < units(message.text) else cut


def _headed(head: Text, message: Message, *spans: Span) -> Message:
    pictured = message.picture is not None and units(message.text) <= CAPTION_LIMIT
    limit = CAPTION_LIMIT if pictured else TEXT_LIMIT
    body = shortened(message, limit - units(head.text))
    whole = head.include(body)
    ordered = sorted((*whole.spans, *spans), key=lambda span: (span.offset, -span.length))
    return replace(body, text=whole.text, spans=tuple(ordered))


def _coded(text: Text, publication: Publication, t: Translator) -> Text:
    return text.gap().line(t("revision-code")).add(" ").code(publication.code)


def _first(text: str, room: int) -> str:
    return text.encode("utf-16-le")[: 2 * room].decode("utf-16-le", "ignore")


def _moved(spans: tuple[Span, ...], start: int, end: int) -> tuple[Span, ...]:
    """Spans after the units from ``start`` to ``end`` became a single one."""

    def at(offset: int, *, inside: int) -> int:
        if offset <= start:
            return offset
        return inside if offset < end else offset - (end - start) + 1

    found = []
    for span in spans:
        first = at(span.offset, inside=start + 1)
        last = at(span.offset + span.length, inside=start)
        if last > first:
            found.append(replace(span, offset=first, length=last - first))
    return tuple(found)
