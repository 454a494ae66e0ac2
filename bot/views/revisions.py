"""Taking something back as staff sees it: what was sent, what may be done, what waits for two."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from bot.domain.publications import Publication
from bot.domain.revisions import NOTE_LIMIT, Deed, Request
from bot.i18n import Translator
from bot.views import staff
from bot.views.districts import short
from bot.views.message import TEXT_LIMIT, Button, Message, Press, Text, button, units
from bot.views.revised import shortened

SHOWN = 8


class Recent(Press, frozen=True, tag="rvl"):
    """The list of what was sent lately."""

    page: int = 0


class Review(Press, frozen=True, tag="rvc"):
    """One publication with what this person may do about it."""

    publication: int


class Hide(Press, frozen=True, tag="rvm"):
    """Hide it everywhere: unless ``sure`` it asks once."""

    publication: int
    sure: bool = False


class Propose(Press, frozen=True, tag="rvp"):
    """Show what would happen; a correction asks for its words first."""

    publication: int
    deed: Deed


class Submit(Press, frozen=True, tag="rva"):
    """Ask a second person to agree to exactly what ``digest`` names."""

    publication: int
    deed: Deed
    digest: str


class Decide(Press, frozen=True, tag="rvd"):
    """Agree to exactly what ``digest`` names, or say no (one's own request: withdraw it)."""

    request: int
    digest: str
    yes: bool


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown of one publication: ``said`` is the text that stands, or stood before it was

    hidden; ``outcome`` what people would read after the ``request`` that waits, if one does.
    """

    publication: Publication
    said: Message
    options: Sequence[Deed | None]
    request: Request | None = None
    outcome: Message | None = None
    digest: str = ""


def headline(message: Message) -> str:
    """The first line of a text, as far as a button shows it."""
    return short(message.text.strip().split("\n")[0])


def buttons(
    publication: Publication, options: Sequence[Deed | None], t: Translator
) -> list[Button]:
    """What may be done, for the row of any card of a publication."""
    id = publication.id
    return [
        button(t("revision-button-mask"), Hide(id))
        if deed is None
        else button(t(f"revision-button-{deed}"), Propose(id, deed))
        for deed in options
    ]


def listed(found: Sequence[tuple[Publication, str]], t: Translator, *, page: int) -> Message:
    """What was sent lately, newest first."""
    if not found:
        return Text(t("revisions-empty")).message(staff.back(t), protect=True)
    pages = -(-len(found) // SHOWN)
    first = page % pages * SHOWN
    rows = [
        [button(short(f"{publication.code} · {line}"), Review(publication.id))]
        for publication, line in found[first : first + SHOWN]
    ]
    more = [button(t("next-page"), Recent((page + 1) % pages))] if pages > 1 else []
    return Text(t("revisions-title")).message(*rows, more, staff.back(t), protect=True)


def card(shown: Card, t: Translator, *, mine: bool) -> Message:
    """One publication; ``mine``: the request that waits about it is the reader's own."""
    publication, request = shown.publication, shown.request
    head = _head(publication, t)
    rows = [[one] for one in buttons(publication, shown.options, t)]
    if request is not None and not mine and request.deed in shown.options:
        assert shown.outcome is not None
        return question(request.id, request, shown.digest, shown.outcome, t)
    if request is not None:
        head.line(t(f"revision-waits-{request.deed}"))
        withdraw = Decide(request.id, "", yes=False)
        rows = [[button(t("revision-button-withdraw"), withdraw)]] if mine else rows
    body = _quoted(head.gap().line(), shown.said)
    return body.message(*rows, [button(t("back"), Recent())], protect=True)


def sure(shown: Card, t: Translator) -> Message:
    """Whether to hide it everywhere."""
    id = shown.publication.id
    text = _head(shown.publication, t).line(t("revision-mask-sure"))
    now = button(t("revision-button-mask-now"), Hide(id, sure=True))
    return text.message([now], [button(t("back"), Review(id))], protect=True)


def say_note(t: Translator) -> Message:
    """Ask for the words of a correction."""
    return Message(t("revision-say-note", limit=NOTE_LIMIT), protect=True)


def preview(id: int, deed: Deed, digest: str, outcome: Message, t: Translator) -> Message:
    """Exactly what will be shown, to whoever is about to ask for it."""
    text = _quoted(Text().bold(t(f"revision-preview-{deed}")).gap().line(), outcome)
    ask = button(t("revision-button-ask"), Submit(id, deed, digest))
    rows = [[ask]]
    if deed is Deed.CORRECT:
        rows.append([button(t("revision-button-correct"), Propose(id, deed))])
    return text.message(*rows, [button(t("back"), Review(id))], protect=True)


def question(
    number: int, request: Request, digest: str, outcome: Message, t: Translator
) -> Message:
    """What a second person is shown: exactly what will be shown, and the two answers."""
    text = Text().bold(t(f"revision-request-{request.deed}"))
    text.line(t(f"revision-preview-{request.deed}")).gap().line()
    hint = t("revision-hint")
    _quoted(text, outcome, spare=units(hint) + 2).gap().line(hint)
    yes = button(t(f"revision-approve-{request.deed}"), Decide(number, digest, yes=True))
    no = button(t("revision-button-no"), Decide(number, digest, yes=False))
    back = button(t("revision-button-card"), Review(request.publication))
    return text.message([yes, no], [back], protect=True, silent=False)


def told(key: str, publication: Publication, said: Message, t: Translator) -> Message:
    """To whoever may decide: something is hidden."""
    text = Text().bold(t(key)).line(publication.code).gap().line()
    look = button(t("revision-button-card"), Review(publication.id))
    return _quoted(text, said).message([look], protect=True, silent=False)


def answered(key: str, publication: Publication, t: Translator) -> Message:
    """To whoever asked: what became of it."""
    look = button(t("revision-button-card"), Review(publication.id))
    return Text(t(key)).line(publication.code).message([look], protect=True)


def _head(publication: Publication, t: Translator) -> Text:
    text = Text().bold(t(f"revision-state-{publication.state}"))
    return text.line(t("revision-code")).add(" ").code(publication.code)


def _quoted(text: Text, message: Message, *, spare: int = 0) -> Text:
    """The words of a publication, cut where the whole would not fit; its buttons stay out."""
    body = shortened(message, TEXT_LIMIT - units(text.text) - spare)
    return text.include(replace(body, buttons=()))
