"""What is on its way: how much, to which chats, and how far each walk is accounted for."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from bot.domain.privacy import PersonTag
from bot.domain.publications import PublicationId
from bot.services.walks import Flight
from storage.parcels import Parcel

Course = tuple[PublicationId, int]
"""A walk: a publication and 0 for its copies, or the version that earlier copies are brought to."""


def course_of(parcel: Parcel) -> Course | None:
    """The walk a parcel comes from; ``None`` for a row, which is accounted for by itself."""
    if parcel.id is not None or parcel.publication is None:
        return None
    return parcel.publication, parcel.version if parcel.receipt is not None else 0


@dataclass(slots=True)
class Flights:
    """Counts from the moment something was reserved until what came of it is committed."""

    paced: int = 0
    unpaced: int = 0
    _chats: Counter[PersonTag] = field(default_factory=Counter)
    _courses: dict[Course, dict[PersonTag, PersonTag | None]] = field(default_factory=dict)
    _reached: dict[Course, PersonTag] = field(default_factory=dict)
    _subjects: dict[PublicationId, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Everything on its way."""
        return self.paced + self.unpaced

    @property
    def chats(self) -> Collection[PersonTag]:
        """Chats that await something; the next message leaves when that is settled."""
        return self._chats.keys()

    def of(self, course: Course, subject: str = "") -> Flight:
        """What of one walk is on its way."""
        flying = self._courses.get(course)
        earlier = any(
            self._subjects.get(id) == subject and id < course[0]
            for id, version in self._courses
            if version == 0
        )
        if not flying:
            return Flight(earlier=earlier)
        return Flight(len(flying), next(iter(flying.values())), earlier)

    def begin(self, course: Course, subject: str, start: PersonTag | None) -> None:
        """A walk is taken up: its recipients follow ``start``."""
        self._subjects[course[0]] = subject
        if start is None:
            self._reached.pop(course, None)
        else:
            self._reached[course] = start

    def launch(self, parcel: Parcel) -> None:
        """Something leaves."""
        if not parcel.paced:
            self.unpaced += 1
            return
        self.paced += 1
        self._chats[parcel.tag] += 1
        if (course := course_of(parcel)) is not None:
            before = self._reached.get(course)
            self._courses.setdefault(course, {})[parcel.tag] = before
            self._reached[course] = parcel.tag

    def settled(self, parcel: Parcel) -> None:
        """What came of it is committed."""
        if not parcel.paced:
            self.unpaced -= 1
            return
        self.paced -= 1
        self._chats[parcel.tag] -= 1
        if not self._chats[parcel.tag]:
            del self._chats[parcel.tag]
        if (course := course_of(parcel)) is not None:
            flying = self._courses[course]
            flying.pop(parcel.tag, None)
            if not flying:
                del self._courses[course]

    def keep(self, courses: Collection[Course]) -> None:
        """Forget walks that were ended elsewhere, once nothing of them is on its way."""
        known = {*courses, *self._courses}
        self._reached = {course: at for course, at in self._reached.items() if course in known}
        ids = {course[0] for course in known}
        self._subjects = {id: subject for id, subject in self._subjects.items() if id in ids}

    def end(self, course: Course) -> None:
        """A walk is over."""
        self._reached.pop(course, None)
        if course not in self._courses:
            self._subjects.pop(course[0], None)
