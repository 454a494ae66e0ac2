"""Signs that a feed is no longer what was vetted, measured against its own past. Pure.

Each is a reason to look, never a proof: the source is held, and people say what it was.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from yarl import URL

from bot.domain.sources import Hold
from feeds import words
from feeds.domains import registrable

RECENT = 3
"""So many items in a row make a sign; two may be chance."""
PAST = 5
"""With fewer items there is no past to differ from."""
MOST_NEW = 25
"""New items at once while nothing is known of a source's rhythm."""
FEWEST_NEW = 8
"""So many are never a burst, however quiet a source was."""
_RHYTHM = timedelta(days=30)
_KNOWN_FOR = timedelta(days=7)
_USUAL = 3
_BOILERPLATE = 24
_ENOUGH_WORDS = 30
_IN_LANGUAGE = 0.15
_NOT_IN_LANGUAGE = 0.05


@dataclass(frozen=True, slots=True)
class Shown:
    """An item as a source showed it."""

    title: str
    summary: str
    link: str

    @property
    def text(self) -> str:
        """Title and summary."""
        return f"{self.title}\n{self.summary}"


def most_new(arrivals: Iterable[datetime], *, since: datetime | None, now: datetime) -> int:
    """How many new items at once a source may bring: three times its own busiest such span.

    ``arrivals`` are when its items of the last month came; ``since`` is when it was last read.
    """
    known = sorted(at for at in arrivals if now - at <= _RHYTHM)
    if len(known) < PAST or now - known[0] < _KNOWN_FOR:
        return MOST_NEW
    span = max(now - (since or now), timedelta(hours=1))
    busiest = first = 0
    for last, at in enumerate(known):
        while at - known[first] > span:
            first += 1
        busiest = max(busiest, last - first + 1)
    return max(FEWEST_NEW, _USUAL * busiest)


def guids_rewritten(*, renamed: int, met: int) -> bool:
    """Whether most known items of a document came under other guids than ever before."""
    return renamed >= RECENT and 2 * renamed > met


def changed(new: Sequence[Shown], past: Sequence[Shown], *, domain: str) -> Hold | None:
    """Whether the latest items differ in language or make from those before; newest first.

    A few that came one by one are judged together with the last of the past.
    """
    if not new:
        return None
    recent, older = _divided(new, past)
    if len(recent) < RECENT or len(older) < PAST:
        return None
    if _other_language(recent, older):
        return Hold.LANGUAGE
    if _other_place(recent, older, domain) or _other_make(recent, older):
        return Hold.TEMPLATE
    return None


def _divided(
    new: Sequence[Shown], past: Sequence[Shown]
) -> tuple[Sequence[Shown], Sequence[Shown]]:
    missing = max(RECENT - len(new), 0)
    return [*new, *past[:missing]], past[missing:]


def _other_language(recent: Sequence[Shown], older: Sequence[Shown]) -> bool:
    """Whether none of the older items are in the language of the recent ones."""
    now = _words(recent)
    language = spoken(now)
    if language is not None and any(spoken(_words([one])) == language for one in older):
        return False
    before = _words(older[:PAST])
    usual = spoken(before)
    if language == usual is not None or min(len(now), len(before)) < _ENOUGH_WORDS:
        return False
    if language is not None:
        return all(spoken(_words([one])) in (None, language) for one in recent)
    return usual is not None and words.shares(now)[usual] < _NOT_IN_LANGUAGE


def spoken(met: Sequence[str]) -> str | None:
    """The language that most of a text's common words belong to; ``None`` when none is sure."""
    ranked = sorted(((share, code) for code, share in words.shares(met).items()), reverse=True)
    (first, code), (second, _) = ranked[:2]
    return code if first >= max(_IN_LANGUAGE, 1.5 * second) else None


def _other_place(recent: Sequence[Shown], older: Sequence[Shown], domain: str) -> bool:
    here = {_place(one.link) for one in recent}
    if "" in here or domain in here:
        return False
    return not any(_place(one.link) in here for one in older)


def _other_make(recent: Sequence[Shown], older: Sequence[Shown]) -> bool:
    """Whether a frame round the texts came that none had before, or went that all had."""
    for at in (_titles, _summaries):
        now, before = at(recent), at(older)
        if _framed(now, before) or _framed(before, now):
            return True
    return False


def _framed(these: Sequence[str], those: Sequence[str]) -> bool:
    if len(these) < RECENT or len(those) < RECENT or len(set(these)) < len(these):
        return False
    head, tail = _common_start(these), _common_start([text[::-1] for text in these])[::-1]
    return (len(head) >= _BOILERPLATE and not any(text.startswith(head) for text in those)) or (
        len(tail) >= _BOILERPLATE and not any(text.endswith(tail) for text in those)
    )


def _common_start(texts: Sequence[str]) -> str:
    """What all begin with, up to the end of a word."""
    first, last = min(texts), max(texts)
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), None)
    return re.sub(r"\w+$", "", first if same is None else first[:same]).strip()


def _titles(shown: Sequence[Shown]) -> list[str]:
    return [one.title for one in shown if one.title]


def _summaries(shown: Sequence[Shown]) -> list[str]:
    """Those that were not cut: the end of a cut one is nobody's."""
    return [one.summary for one in shown if one.summary and not one.summary.endswith("…")]


def _words(shown: Sequence[Shown]) -> list[str]:
    return list(chain.from_iterable([words.split(one.text) for one in shown]))


def _place(link: str) -> str:
    try:
        return registrable(URL(link).raw_host or "")
    except ValueError:
        return ""
