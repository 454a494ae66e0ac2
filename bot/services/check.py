"""Checking a message against what was published. Reads only: nothing about a question is kept."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.canonical import Change, canonical, digest
from bot.domain.channels import imitates
from bot.domain.check import (
    Finding,
    Origin,
    Question,
    Verdict,
    altered,
    certainly_code,
    codes_in,
    of_version,
    resembling,
    standing,
    typed_code,
)
from bot.domain.errors import Refused
from bot.domain.privacy import PersonTag, TelegramId
from bot.domain.publications import Kind, Publication, State
from bot.domain.tries import Tries
from bot.views.message import Message, Say, decode
from storage import channels, publications, revisions
from storage.channels import ChannelState
from storage.db import Database, Tx

GUESSES = 5
"""Codes that do not exist, per person and minute."""
WITHDRAWN = (Verdict.CHECKING, Verdict.RECALLED)
"""Nothing is compared with a text that is hidden or taken back: none of its words is shown."""
RECENT = 600
"""Texts compared with one that carries no code: 120 publications in five languages."""


class TooManyGuesses(Refused):
    """Somebody tries codes."""

    key = "check-too-many"


@dataclass(frozen=True, slots=True)
class Answer:
    """A finding, and our own message in the reader's language where it should be shown."""

    finding: Finding
    ours: Message | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """The use cases of checking. Wrong codes are counted in memory by the person's tag."""

    db: Database
    clock: Callable[[], datetime]
    tries: Tries = field(default_factory=lambda: Tries(GUESSES, timedelta(minutes=1)))

    async def code(self, person: TelegramId, code: str, lang: str) -> Answer:
        """What a typed code stands for; ``TooManyGuesses`` after five wrong ones in a minute."""
        tag, now = self.db.keys.tag(person), self.clock()
        if not self.tries.left(tag, now):
            raise TooManyGuesses
        async with self.db.tx(write=False) as tx:
            found = await publications.by_code(tx, code)
            if found is None:
                self.tries.count(tag, now)
                return Answer(Finding(Verdict.UNKNOWN, code=code))
            newest = await _newest(tx, found)
            verdict, shown = standing(found, newest, now), _holds(found, newest)
            # A code says which publication it is, not which version somebody holds.
            corrections = await revisions.corrections(tx, found.id)
            verdict = of_version(verdict, corrections, had=1, present=max(corrections, default=1))
            finding = Finding(verdict, shown, standing=verdict)
            return await _answer(tx, finding, shown, lang, has_words=False)

    async def text(self, person: TelegramId, question: Question, lang: str) -> Answer:
        """What is known about a forwarded or pasted text. Never refuses."""
        now = self.clock()
        async with self.db.tx(write=False) as tx:
            found, version = await self._find(tx, self.db.keys.tag(person), question, now)
            sender = await _sender(tx, question.origin)
            if found is None:
                return Answer(replace(sender, verdict=Verdict.UNKNOWN))
            newest = await _newest(tx, found)
            now_holds, shown = standing(found, newest, now), _holds(found, newest)
            finding = replace(sender, shown=shown, standing=now_holds, verdict=now_holds)
            if version is None:
                finding = replace(finding, verdict=Verdict.LOOKS_LIKE)
            elif now_holds not in WITHDRAWN:
                finding = await _compared(tx, finding, found, question, version)
            return await _answer(tx, finding, shown, lang, has_words=True)

    async def recognises(self, person: TelegramId, text: str) -> bool:
        """Whether a text outside every form should be checked: a code, or words like ours.

        Eight letters that happen to read as a code may be a district's name, so those are only
        taken for a code when it exists.
        """
        typed, now = typed_code(text), self.clock()
        if typed is not None and certainly_code(text):
            return True
        if codes_in(text):
            return True
        async with self.db.tx(write=False) as tx:
            if typed is not None:
                return await publications.by_code(tx, typed) is not None
            found, _ = await self._find(tx, self.db.keys.tag(person), Question(text), now)
            return found is not None

    async def name(self, handle: str) -> tuple[bool, str | None]:
        """About a channel's handle: whether it is linked, else which linked one it resembles."""
        async with self.db.tx(write=False) as tx:
            titles = await _titles(tx)
        linked = any(handle.casefold() == title.casefold() for title in titles)
        return linked, None if linked else next((x for x in titles if imitates(handle, x)), None)

    async def _find(
        self, tx: Tx, tag: PersonTag, question: Question, now: datetime
    ) -> tuple[Publication | None, int | None]:
        """The publication that a text is about, and the version whose words it has.

        Of one that is only named by its code the present version; ``None`` when neither code nor
        words are ours.
        """
        exact = await publications.by_digest(tx, digest(question.text))
        if exact is not None:
            id, version = exact
            return await publications.get(tx, id), version
        for code in codes_in(question.text):
            if not self.tries.left(tag, now):
                break
            if (found := await publications.by_code(tx, code)) is not None:
                return found, found.version
            self.tries.count(tag, now)
        if len(canonical(question.text).split()) < 3:
            return None, None
        recent = await publications.recent_texts(tx, limit=RECENT)
        near = resembling(question.text, recent)
        return (await publications.get(tx, near) if near is not None else None), None


async def _compared(
    tx: Tx, finding: Finding, found: Publication, question: Question, version: int
) -> Finding:
    """Whether the words are exactly those of a version, and whether that one holds."""
    if changed := await _changes(tx, found, question, version):
        return replace(finding, verdict=Verdict.ALTERED, changes=tuple(changed))
    corrections = await revisions.corrections(tx, found.id)
    holds = of_version(finding.standing, corrections, had=version, present=found.version)
    return replace(finding, verdict=holds)


async def _changes(tx: Tx, found: Publication, question: Question, version: int) -> list[Change]:
    tasks = await publications.tasks(tx, found.id, version=version)
    said = (task for task in map(decode, tasks.values()) if isinstance(task, Say))
    ours = [task.message for task in said]
    links = (span.url for message in ours for span in message.spans if span.url)
    return altered(question, (canonical(message.text) for message in ours), links)


async def _answer(
    tx: Tx, finding: Finding, shown: Publication, lang: str, *, has_words: bool
) -> Answer:
    """Our text is shown unless the reader has it, or there is none that may be passed on."""
    known = has_words and finding.verdict is Verdict.REAL
    if known or finding.verdict in WITHDRAWN:
        return Answer(finding)
    return Answer(finding, await _message(tx, shown, lang))


async def _newest(tx: Tx, found: Publication) -> Publication | None:
    """The latest word about the subject; a reminder is never the successor of anything."""
    kind = Kind.RALLY if found.kind is Kind.REMINDER else found.kind
    return await publications.newest(tx, found.subject, kind=kind)


def _holds(found: Publication, newest: Publication | None) -> Publication:
    outdated = found.state is State.SUPERSEDED and newest is not None
    return newest if outdated and newest is not None else found


async def _message(tx: Tx, shown: Publication, lang: str) -> Message | None:
    raw = (await publications.tasks(tx, shown.id)).get(lang)
    task = decode(raw) if raw is not None else None
    return task.message if isinstance(task, Say) else None


async def _sender(tx: Tx, origin: Origin | None) -> Finding:
    """What the forward itself proves: only a linked channel or our own bot counts."""
    blank = Finding(Verdict.UNKNOWN)
    if origin is None or (not origin.ours and origin.chat is None):
        return replace(blank, hidden=True)
    if origin.ours:
        return replace(blank, by_bot=True)
    assert origin.chat is not None
    linked = await channels.get(tx, origin.chat)
    if linked is not None and linked.state is ChannelState.LINKED:
        return replace(blank, posted_by=linked.title)
    if linked is None:
        for title in await _titles(tx):
            for name in origin.names:
                if imitates(name, title):
                    return replace(blank, impostor=(name, title))
    return blank


async def _titles(tx: Tx) -> list[str]:
    return [channel.title for channel, _ in await channels.listed(tx)]
