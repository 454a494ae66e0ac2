"""What a subscriber chose: language, quiet hours, mode and hour of news, reminders."""

from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from bot.domain.errors import Gone, Refused
from bot.domain.publications import Want


class Mode(StrEnum):
    """How news arrives."""

    EACH = "each"
    DIGEST = "digest"
    """All of a day in one message, at an hour of one's own."""
    LITE = "lite"
    """Short texts, no pictures, no previews."""


class QuietHours(msgspec.Struct, frozen=True):
    """Local wall-clock span without sound; may cross midnight."""

    start: time = time(22)
    end: time = time(8)

    @property
    def label(self) -> str:
        """``22-08``: how a button names the span."""
        return f"{self.start:%H}-{self.end:%H}"

    def cover(self, now: datetime, zone: str) -> bool:
        """Whether the aware instant ``now`` falls into the span in the IANA ``zone``."""
        local = now.astimezone(ZoneInfo(zone)).time()
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


NEWS_CHOICES = ("on", "digest", "lite", "off")
"""How news may arrive, as buttons name it: ``on`` is each item by itself."""
DIGEST_HOURS = (7, 12, 18, 20)
"""Hours at which a digest may come: wall clock where the district lies."""
QUIET_CHOICES = (QuietHours(), QuietHours(time(21), time(7)), QuietHours(time(23), time(9)))
"""The spans offered as buttons; a person may also have none."""
FOLLOW_LIMIT = 8
"""Districts a person may follow: as many as fit one screen. Following a city takes one."""


class FollowsTooMany(Refused):
    """The person follows as many districts as the screen can show."""

    key = "subscriptions-error-many"


class Settings(msgspec.Struct, frozen=True, omit_defaults=True):
    """Stored sealed. ``lang`` is empty until the person picks one; ``seen`` is what to use then.

    ``digest_hour`` is one of ``DIGEST_HOURS`` and matters in that mode only. ``muted`` holds
    subjects (``rally:12``) whose reminders the person switched off.
    """

    lang: str = ""
    seen: str = "en"
    mode: Mode = Mode.EACH
    digest_hour: int = 18
    quiet: QuietHours | None = QuietHours()
    news: bool = True
    reminders: bool = True
    paused: bool = False
    muted: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        """The language to write in."""
        return self.lang or self.seen

    @property
    def news_choice(self) -> str:
        """Which of ``NEWS_CHOICES`` this is."""
        if not self.news:
            return "off"
        return "on" if self.mode is Mode.EACH else self.mode.value

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
                return self.news and self.mode is not Mode.DIGEST
            case Want.DIGEST:
                return self.news and self.mode is Mode.DIGEST


def choose(settings: Settings, what: str, value: str) -> Settings:
    """The settings after a button named ``what`` was set to ``value``; ``Gone`` for an old one."""
    quiet = {"off": None, **{span.label: span for span in QUIET_CHOICES}}
    hours = {str(hour): hour for hour in DIGEST_HOURS}
    match what:
        case "reminders" if value in ("on", "off"):
            return replace(settings, reminders=value == "on")
        case "news" if value == "off":
            return replace(settings, news=False)
        case "news" if value in NEWS_CHOICES:
            return replace(settings, news=True, mode=Mode.EACH if value == "on" else Mode(value))
        case "hour" if value in hours:
            return replace(settings, news=True, mode=Mode.DIGEST, digest_hour=hours[value])
        case "quiet" if value in quiet:
            return replace(settings, quiet=quiet[value])
        case _:
            raise Gone
