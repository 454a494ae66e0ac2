"""Verdicts: is this message real, current and unchanged? Never "fake": that takes a person."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from bot.domain.canonical import Change, canonical, changes, likeness
from bot.domain.privacy import TelegramId
from bot.domain.publications import Hold, Kind, Publication, PublicationId, State, read_code
from bot.domain.revisions import corrected_after

ALIKE = 0.6
"""Share of common words from which a text without a code counts as resembling ours."""
SHOWN_CHANGES = 5
NEWS = frozenset({Kind.ITEM, Kind.DIGEST})
"""Nobody can travel to these: they stay true when they are no longer sent."""
MAX_CODES = 3
"""Codes looked up in one text."""
_CODE = re.compile(r"(?<![0-9A-Za-z-])[0-9A-Za-z]{4}-[0-9A-Za-z]{4}(?![0-9A-Za-z-])")
_FULL_CODE = re.compile(r"[0-9A-Za-z]{4}[- ]?[0-9A-Za-z]{4}")


class Verdict(StrEnum):
    """The first word of every answer."""

    REAL = "real"
    OUT_OF_DATE = "out-of-date"
    CORRECTED = "corrected"
    CHECKING = "checking"
    RECALLED = "recalled"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    ENDED = "ended"
    ALTERED = "altered"
    LOOKS_LIKE = "looks-like"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where Telegram says that a forward comes from. A hidden sender has neither chat nor names.

    Only a linked channel or our own bot proves anything.
    """

    ours: bool = False
    chat: TelegramId | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants to know about. Nothing of it is ever stored or logged."""

    text: str
    links: frozenset[str] = frozenset()
    """Addresses hidden behind words of the text."""
    origin: Origin | None = None


def typed_code(text: str) -> str | None:
    """The code, when the whole text is one."""
    return read_code(text) if _FULL_CODE.fullmatch(text.strip()) else None


def certainly_code(text: str) -> bool:
    """Whether a whole text that reads as a code cannot be an ordinary word of eight letters."""
    return any(not c.isalpha() for c in text.strip())


def codes_in(text: str) -> list[str]:
    """The codes written with their dash anywhere in a text, at most ``MAX_CODES``."""
    found = (read_code(match) for match in _CODE.findall(canonical(text)))
    return list(dict.fromkeys(code for code in found if code))[:MAX_CODES]


def standing(asked: Publication, newest: Publication | None, now: datetime) -> Verdict:
    """What holds for a publication whose words are unchanged.

    A superseded one is judged by its successor about the same subject: whoever holds the old text
    of a rally that was cancelled has to read "cancelled".
    """
    successor = newest if newest is not None and newest.id != asked.id else None
    if asked.held is Hold.MASKED and asked.state in (State.CURRENT, State.SUSPENDED):
        return Verdict.CHECKING
    match asked.state:
        case State.MASKED:
            return Verdict.CHECKING
        case State.RECALLED:
            return Verdict.RECALLED
        case State.CURRENT if asked.expires_at <= now and asked.kind not in NEWS:
            return Verdict.ENDED
        case State.CURRENT:
            return Verdict.REAL
        case State.SUSPENDED:
            return Verdict.SUSPENDED
        case State.CANCELLED:
            return Verdict.CANCELLED
        case State.ENDED:
            return Verdict.ENDED
        case State.SUPERSEDED:
            follow = successor is not None and successor.state is not State.SUPERSEDED
            if not follow or successor is None:
                return Verdict.OUT_OF_DATE
            now_holds = standing(successor, None, now)
            return Verdict.OUT_OF_DATE if now_holds is Verdict.REAL else now_holds


def of_version(holds: Verdict, corrections: Iterable[int], *, had: int, present: int) -> Verdict:
    """What holds for words of version ``had``, when ``holds`` is true of the present one."""
    if holds is not Verdict.REAL or had >= present:
        return holds
    return Verdict.CORRECTED if corrected_after(had, corrections) else Verdict.OUT_OF_DATE


def altered(question: Question, plain: Iterable[str], links: Iterable[str]) -> list[Change]:
    """In what a text differs from the nearest of ours (``plain``: one per language).

    Empty only when words and hidden addresses are exactly ours.
    """
    theirs = canonical(question.text)
    ours = max(plain, key=lambda one: (one == theirs, likeness(theirs, one)))
    allowed = {_address(link): link for link in links}
    foreign = [link for link in question.links if _address(link) not in allowed]
    swapped = [Change(theirs=link, ours=next(iter(allowed.values()), "")) for link in foreign]
    return [*changes(theirs, ours), *swapped]


def resembling(text: str, recent: Iterable[tuple[PublicationId, str, str]]) -> PublicationId | None:
    """The publication whose words a text shares most, from ``ALIKE`` on; newest first on ties."""
    theirs = canonical(text)
    best = max(
        ((likeness(theirs, plain), id) for id, _, plain in recent), default=(0.0, PublicationId(0))
    )
    return best[1] if best[0] >= ALIKE else None


def _address(link: str) -> tuple[str, ...]:
    """Telegram adds a slash to bare hosts; host and scheme ignore case."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return (link,)
    host = parts.netloc.casefold()
    return parts.scheme.casefold(), host, parts.path.rstrip("/"), parts.query, parts.fragment


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known about one question.

    ``shown`` is the publication that holds now (the successor of an outdated one), ``standing``
    its verdict regardless of changed words.
    """

    verdict: Verdict
    shown: Publication | None = None
    standing: Verdict = Verdict.UNKNOWN
    changes: tuple[Change, ...] = ()
    code: str | None = None
    """A code that was asked for and does not exist."""
    posted_by: str | None = None
    """The linked channel that posted it."""
    by_bot: bool = False
    impostor: tuple[str, str] | None = None
    """(the name it was posted under, the linked channel it resembles)."""
    hidden: bool = False
    """Who sent it is not visible, or it was not a forward at all."""
