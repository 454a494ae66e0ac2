"""The invented people and channels of the demo. Ids are the sandbox's own."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from bot.domain.assembly import Facts, Type
from bot.domain.staff import Role

PROTESTERS = {"vera": ("Vera", "be"), "lotte": ("Lotte", "nl"), "samir": ("Samir", "fr")}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the demo's staff; every one is a branch of the invitation tree of its own."""

    username: str
    name: str
    lang: str
    alias: str
    role: Role
    city: str | None = None
    """Slug of the city the role is scoped to; ``None`` is everywhere."""


STAFF = (
    Member("ada", "Ada, custodian", "en", "Ada", Role.CUSTODIAN),
    Member("nina", "Nina, news", "ru", "Nightjar", Role.NEWS),
    Member("noah", "Noah, news", "en", "Heron", Role.NEWS),
    Member("olga", "Olga, rallies", "ru", "Linden", Role.EVENTS),
    Member("emile", "Émile, rallies", "fr", "Rowan", Role.EVENTS),
    Member("marta", "Marta, channels", "en", "Maple", Role.CHANNELS),
)

CHANNELS = (
    {
        "type": "channel",
        "title": "Minsk together",
        "username": "minsk_together",
        "lang": "be",
        "district": "minsk",
    },
    {
        "type": "channel",
        "title": "Brussels together",
        "username": "brussels_together",
        "lang": "fr",
        "district": "brussels",
    },
)

FEEDS: tuple[dict[str, Any], ...] = (
    {
        "name": "riverside-courier",
        "title": "The Riverside Courier",
        "language": "en",
        "items": [
            {"title": "Tram line 4 reopens on Monday",
             "text": "The line was closed for eight months. Trams run every ten minutes again."},
            {"title": "Library keeps its evening hours",
             "text": "The council has withdrawn its plan to close at five."},
        ],
    },
    {
        "name": "gazette-du-canal",
        "title": "La Gazette du Canal",
        "language": "fr",
        "items": [
            {"title": "La place retrouve ses arbres",
             "text": "Quarante tilleuls ont été plantés cette semaine par des riverains."},
        ],
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """A rally of the demo; ``at`` is the wall clock of the next Saturday."""

    district: str
    at: time
    facts: Facts


def _facts(type: Type, place: str, point: tuple[float, float]) -> Facts:
    undated = datetime(2000, 1, 1, tzinfo=UTC)
    return Facts(type, undated, "UTC", place, frozenset(), point=point)


RALLIES = (
    Plan("minsk", time(14), _facts(Type.MARCH, "Plošča Svabody", (53.9036, 27.5562))),
    Plan("brussels", time(15), _facts(Type.RALLY, "Place de la Monnaie", (50.8495, 4.3531))),
)


def seed() -> dict[str, Any]:
    """What the sandbox is filled with, in the shape of its seed file."""
    people = [
        *({"name": name, "username": user, "language_code": lang}
          for user, (name, lang) in PROTESTERS.items()),
        *({"name": m.name, "username": m.username, "language_code": m.lang} for m in STAFF),
    ]  # fmt: skip
    chats = [
        {key: chat[key] for key in ("type", "title", "username")}
        | {"creator": "marta", "members": list(PROTESTERS)}
        for chat in CHANNELS
    ]
    return {
        "bot": {"name": "Tocsin (demo)", "username": "tocsin_demo_bot"},
        "people": people,
        "chats": chats,
    }
