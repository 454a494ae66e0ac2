"""What has to hold of everything that arrives at Telegram, told by somebody who knows nothing of

how it is brought about: only who asked for what, what was published, and what became of each call.

A text is ``number.version.language``, so that every call says what it is about.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.domain.districts import DistrictId
from bot.domain.privacy import TelegramId
from bot.domain.publications import PublicationId, Revision, Want
from storage.outbox import COPIES
from tests.delivery.telegram_in_memory import AMBIGUOUS, Call, Chat, Fate, Telegram, Watch


@dataclass(slots=True, eq=False)
class Reader:
    """A chat that is written to. ``life`` counts how often it was forgotten.

    ``since``: from which moment on it listens without a break.
    """

    chat: int
    lang: str
    places: set[DistrictId] = field(default_factory=set)
    there: bool = False
    paused: bool = False
    life: int = 0
    since: int = 0

    @property
    def id(self) -> TelegramId:
        """As the program names it."""
        return TelegramId(self.chat)

    @property
    def listens(self) -> bool:
        """Whether anything new may be said there."""
        return self.there and not self.paused


@dataclass(slots=True, eq=False)
class Issue:
    """A publication. ``due``: who must have it in the end; ``halted``: replaced or recalled."""

    number: int
    id: PublicationId
    subject: str
    want: Want
    due: set[Reader]
    version: int = 1
    kind: Revision | None = None
    revised: int = 0
    halted: bool = False
    held: bool = False

    def text(self, lang: str) -> str:
        """What a copy of it says at present."""
        return f"{self.number}.{self.version}.{lang}"


@dataclass(slots=True)
class Ledger(Watch):
    """Keeps account; ``broken`` is to be looked at after every deed."""

    telegram: Telegram
    readers: dict[int, Reader] = field(default_factory=dict)
    """By every id that a chat has had."""
    issues: list[Issue] = field(default_factory=list)
    moment: int = 0
    copies: Counter[tuple[Issue, Reader, int]] = field(default_factory=Counter)
    doubts: Counter[tuple[Issue, Reader, int]] = field(default_factory=Counter)
    replies: Counter[tuple[Issue, Reader, int]] = field(default_factory=Counter)
    holds: dict[tuple[Issue, Reader], tuple[int, int]] = field(default_factory=dict)
    """The chat and the message that a copy became, of which the program was told."""
    astray: set[Issue] = field(default_factory=set)
    """What the group had before it became a supergroup, where nothing of it can be found."""
    broken: list[str] = field(default_factory=list)
    """What must not be: it would not be heard of if it were raised within a call."""
    seen: Counter[str] = field(default_factory=Counter)
    """What happened, by name: for knowing that something did."""
    _lives: dict[Call, int] = field(default_factory=dict)
    _newest: dict[tuple[str, Reader], int] = field(default_factory=dict)

    def published(self, issue: Issue, reached: set[Reader]) -> None:
        """An issue was accepted for the listening among these, and replaces its subject's."""
        self.moment += 1
        for old in self.issues:
            if old.subject == issue.subject:
                old.halted = True
        if issue.want is Want.CHANGES:
            reached = reached | {r for old, r in self.holds if old.subject == issue.subject}
        issue.due = {reader for reader in reached if reader.listens}
        self.issues.append(issue)

    def revised(self, issue: Issue, kind: Revision, version: int) -> None:
        """A later version of an issue was accepted."""
        self.moment += 1
        issue.version, issue.kind, issue.revised = version, kind, self.moment
        issue.held = kind is Revision.MASK
        issue.halted = issue.halted or kind is Revision.RECALL

    def leaves(self, reader: Reader) -> None:
        """Somebody is owed nothing of what there is so far."""
        self.moment += 1
        reader.since = self.moment
        for issue in self.issues:
            issue.due.discard(reader)

    def forgotten(self, reader: Reader) -> None:
        """Nothing is known of somebody any more."""
        self.leaves(reader)
        reader.there, reader.paused, reader.life = False, False, reader.life + 1
        reader.places.clear()
        self.holds = {held: at for held, at in self.holds.items() if held[1] is not reader}

    def moved(self, reader: Reader, chat: int) -> None:
        """A group became a supergroup, where none of its messages can be found."""
        self.readers[chat] = reader
        reader.chat = chat
        self.astray |= {issue for issue, holder in self.holds if holder is reader}
        self.holds = {held: at for held, at in self.holds.items() if held[1] is not reader}

    def arrived(self, call: Call) -> None:
        """See the base."""
        with self._noting():
            self._arrived(call)

    def _arrived(self, call: Call) -> None:
        reader, about = self.readers[call.chat], self._about(call)
        self._lives[call] = reader.life
        assert not any(self.readers[one.chat] is reader for one in self.telegram.waiting), (
            "two calls for one chat at a time"
        )
        if about is None:
            return
        issue, version = about
        assert reader.there, "a chat of which nothing is stored"
        assert version == issue.version, "a text that is not the present one"
        if call.method == "deleteMessage":
            assert issue.kind is Revision.RECALL
        elif call.method == "sendMessage":
            self._check_said(call, issue, reader)

    def _check_said(self, call: Call, issue: Issue, reader: Reader) -> None:
        assert call.text.endswith(f".{reader.lang}"), "in another language"
        assert reader.listens, "something new for somebody who stopped"
        if self._replies(call, issue):
            assert issue.kind is Revision.CORRECT, "answered by what is no correction"
            return
        assert not issue.halted, "a text that was replaced or taken back"
        assert not issue.held, "a text that is being checked"

    def decided(self, call: Call, fate: Fate) -> None:
        """See the base."""
        with self._noting():
            self._decided(call, fate)

    def _decided(self, call: Call, fate: Fate) -> None:
        self.seen[fate.name] += 1
        about, reader = self._about(call), self.readers[call.chat]
        if about is not None and call.method == "sendMessage" and fate in AMBIGUOUS:
            self.doubts[about[0], reader, self._lives[call]] += 1
        if fate is Fate.DONE and self.telegram.chats[call.chat].blocked and reader.there:
            self.forgotten(reader)

    def carried_out(self, call: Call, message: int, fate: Fate) -> None:
        """See the base."""
        with self._noting():
            self._carried_out(call, message, fate)

    def _carried_out(self, call: Call, message: int, fate: Fate) -> None:
        about, reader = self._about(call), self.readers[call.chat]
        if about is None:
            return
        issue, key = about[0], (about[0], reader, self._lives[call])
        self.seen[call.method] += 1
        if call.method != "sendMessage":
            return
        if self._replies(call, issue):
            self.seen["reply"] += 1
            self.replies[issue, reader, about[1]] += 1
            assert self.replies[issue, reader, about[1]] <= COPIES
            return
        self._check_copy(issue, reader, key)
        if fate is Fate.DONE and self._lives[call] == reader.life:
            self.holds.setdefault((issue, reader), (call.chat, message))
            self._owe_successor(issue, reader)

    def _replies(self, call: Call, issue: Issue) -> bool:
        """Whether a message is said about a copy that cannot be changed."""
        corrects = issue.kind is Revision.CORRECT and call.chat < 0 and issue in self.astray
        return call.message is not None or corrects

    def _check_copy(self, issue: Issue, reader: Reader, key: tuple[Issue, Reader, int]) -> None:
        self.copies[key] += 1
        assert self.copies[key] <= COPIES, "more copies than there may ever be"
        assert self.copies[key] <= 1 + self.doubts[key], "twice without a reason"
        newest = self._newest.get((issue.subject, reader), 0)
        assert issue.number >= newest, "a text after the one that replaced it"
        self._newest[issue.subject, reader] = issue.number

    def _owe_successor(self, issue: Issue, reader: Reader) -> None:
        """Who got a text that had been replaced while it was on its way gets the newer one."""
        latest = next(i for i in reversed(self.issues) if i.subject == issue.subject)
        if latest is not issue and latest.want is Want.CHANGES and reader.listens:
            latest.due.add(reader)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except Exception as wrong:  # whatever it is, the transport would take it for an accident
            self.broken.append(repr(wrong))

    def _about(self, call: Call) -> tuple[Issue, int] | None:
        """The issue and version of a call; ``None`` for what is no copy."""
        if call.method == "deleteMessage":
            post = self._post(call)
            issue = self._issue(post) if post else None
            return (issue, issue.version) if issue is not None else None
        if not call.text[0].isdigit():
            return None
        issue = self._issue(call.text)
        if call.method == "editMessageText" and (post := self._post(call)):
            assert self._issue(post) is issue, "another message than the one meant"
        return issue, int(call.text.split(".")[1])

    def _issue(self, text: str) -> Issue:
        return self.issues[int(text.split(".")[0]) - 1]

    def _post(self, call: Call) -> str:
        """How the message of a call was sent; empty where there is none."""
        chat = self.telegram.chats[call.chat]
        post = chat.posts.get(call.message or 0)
        return post.first if post is not None else ""

    def check(self, unknown: set[tuple[PublicationId, int]]) -> None:
        """Everything came to rest; ``unknown``: (publication, chat) of rows left to people."""
        for issue in self.issues:
            for reader in issue.due if not (issue.halted or issue.held) else ():
                key = issue, reader, reader.life
                aside = self.doubts[key] > 0 and (issue.id, reader.chat) in unknown
                assert self.copies[key] or aside, f"{reader.chat} never got {issue.number}"
        for (issue, reader), (chat, message) in self.holds.items():
            here = self.telegram.chats[chat]
            if reader.there and not here.blocked:
                self._check_held(issue, reader, here, message)

    def _check_held(self, issue: Issue, reader: Reader, chat: Chat, message: int) -> None:
        post = chat.posts[message]
        if not post.firm:
            gone = issue.kind is Revision.RECALL
            assert post.alive is not gone, "a copy that stands, or does not"
            assert gone or post.text == issue.text(reader.lang), "an old text that stands"
        elif issue.kind is Revision.CORRECT and post.text != issue.text(reader.lang):
            heard = reader.listens and reader.since < issue.revised
            doubt = self.doubts[issue, reader, reader.life]
            told = self.replies[issue, reader, issue.version]
            assert told or doubt or not heard, "a correction that was never heard of"
