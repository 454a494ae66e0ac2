"""What a subscriber chose: language, quiet hours, mode, reminders."""

from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from bot.domain.publications import Want


class Mode(StrEnum):
    """How news arrives."""

    EACH = "each"
    DIGEST = "digest"
    LITE = "lite"
    """Short texts, no previews."""


class QuietHours(msgspec.Struct, frozen=True):
    """Local wall-clock span without sound; may cross midnight."""

    start: time = time(22)
    end: time = time(8)

    def cover(self, now: datetime, zone: str) -> bool:
        """Whether the aware instant ``now`` falls into the span in the IANA ``zone``."""
        local = now.astimezone(ZoneInfo(zone)).time()
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


class Settings(msgspec.Struct, frozen=True, omit_defaults=True):
    """Stored sealed. ``lang`` is empty until the person picks one; ``seen`` is what to use then.

    ``muted`` holds subjects (``rally:12``) whose reminders the person switched off.
    """

    lang: str = ""
    seen: str = "en"
    mode: Mode = Mode.EACH
    quiet: QuietHours | None = QuietHours()
    news: bool = True
    reminders: bool = True
    paused: bool = False
    muted: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        """The language to write in."""
        return self.lang or self.seen

    def wants(self, want: Want, subject: str) -> bool:
        """Whether a message of this kind about ``subject`` goes to this person."""
        if self.paused:
            return False
        match want:
            case Want.CHANGES | Want.RALLIES:
                return True
            case Want.REMINDERS:
                return self.reminders and subject not in self.muted
            case Want.NEWS:
                return self.news
