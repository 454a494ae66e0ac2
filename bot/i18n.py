"""Texts in five languages: gettext catalogues, plurals and dates by Babel."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_percent
from babel.units import format_unit

LOCALES = Path(__file__).parent / "locales"
LANGUAGES = ("en", "be", "ru", "fr", "nl")
NAMES = {
    "en": "English",
    "be": "\u0411\u0435\u043b\u0430\u0440\u0443\u0441\u043a\u0430\u044f",
    "ru": "\u0420\u0443\u0441\u0441\u043a\u0438\u0439",
    "fr": "Français",
    "nl": "Nederlands",
}
"""Each language's own name, as its button shows it."""


def read_catalogue(lang: str) -> Catalog:
    """All of a language's PO files as one catalogue: every noun has a file of its own."""
    whole = Catalog(locale=lang)
    for path in sorted((LOCALES / lang / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as source:
            for message in read_po(source, locale=lang):
                if message.id:
                    whole[message.id] = message
    return whole


@cache
def _translations(lang: str) -> GNUTranslations:
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(lang))
    compiled.seek(0)
    return GNUTranslations(compiled)


@dataclass(frozen=True, slots=True)
class Translator:
    """Says things in one language. ``t("key", name=value)``; ``t.count("key", n)`` for plurals."""

    lang: str

    def __call__(self, key: str, /, **args: object) -> str:
        """The text of ``key`` with its named placeholders filled."""
        text = _translations(self.lang).gettext(key)
        return text.format(**args) if args else text

    def count(self, key: str, n: int, /, **args: object) -> str:
        """The plural form of ``key`` that fits ``n``; ``{n}`` is filled too."""
        return _translations(self.lang).ngettext(key, key, n).format(n=n, **args)

    def knows(self, key: str) -> bool:
        """Whether the catalogue holds ``key``."""
        return _translations(self.lang).gettext(key) != key

    def day(self, when: date) -> str:
        """Weekday, day and month, with the year unless it is obvious from the weekday's week:
        ``Saturday 28 November 2026`` in the language's own order."""
        return format_date(when, "EEEE d MMMM y", locale=self.lang)

    def short_day(self, when: date) -> str:
        """For buttons: ``Sat 28 Nov``."""
        return format_date(when, "EEE d MMM", locale=self.lang)

    def moment(self, when: datetime, zone: str, *, place: str) -> str:
        """Local wall clock with its city: ``Saturday 28 November 2026, 14:00 (Minsk)``.

        ``when`` is aware; ``zone`` an IANA name. A phone abroad must not show its own zone.
        """
        local = when.astimezone(ZoneInfo(zone))
        return f"{self.day(local.date())}, {local:%H:%M} ({place})"

    def echo(self, when: datetime, zone: str, *, place: str) -> str:
        """As ``moment`` with the offset, for confirming what somebody typed."""
        local = when.astimezone(ZoneInfo(zone))
        return f"{self.day(local.date())}, {local:%H:%M} ({place}, {self.offset(local)})"

    def offset(self, local: datetime) -> str:
        """``UTC+3`` or ``UTC+5:30`` of an aware local time."""
        minutes = int((local.utcoffset() or timedelta()).total_seconds()) // 60
        hours, rest = divmod(abs(minutes), 60)
        sign = "-" if minutes < 0 else "+"
        return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")

    def stamp(self, when: datetime, zone: str = "UTC") -> str:
        """Day and hour for provenance lines: ``21 Nov, 11:40``."""
        local = when.astimezone(ZoneInfo(zone))
        return f"{format_skeleton('MMMd', local, locale=self.lang)}, {local:%H:%M}"

    def duration(self, seconds: int) -> str:
        """A length of time, from a minute on in steps of 10 s, from an hour on of a minute:

        ``6 min 40 sec``.
        """
        if seconds >= 60:
            seconds = -(-seconds // 10) * 10
        if seconds >= 3600:
            seconds = -(-seconds // 60) * 60
        minutes, rest = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        parts = {"hour": hours, "minute": minutes, "second": rest}
        said = {unit: n for unit, n in parts.items() if n} or {"second": 0}
        units = (
            format_unit(n, f"duration-{unit}", length="short", locale=self.lang)
            for unit, n in said.items()
        )
        return " ".join(units)

    def percent(self, share: float) -> str:
        """A share of 1 as ``40%``."""
        return str(format_percent(share, locale=self.lang))

    def month(self, when: datetime) -> str:
        """``March 2026`` (used for "vetted since")."""
        return format_date(when.astimezone(UTC).date(), "LLLL y", locale=self.lang)

    def language_name(self, lang: str) -> str:
        """Name of another language in this one."""
        return str(Locale.parse(self.lang).languages.get(lang, lang))


@cache
def translator(lang: str) -> Translator:
    """The translator of one of ``LANGUAGES``."""
    if lang not in LANGUAGES:
        raise ValueError(lang)
    return Translator(lang)


def pick(tag: str | None, *, default: str) -> str:
    """The shipped language nearest to an IETF tag: whole tag, then its base, else ``default``."""
    if not tag:
        return default
    base = tag.replace("_", "-").split("-")[0].lower()
    return base if base in LANGUAGES else default
