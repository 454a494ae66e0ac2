"""The features a protester meets, wired as the composition root wires them, over small places."""

from dataclasses import dataclass, field

from telegram import Update

from bot.domain.districts import DistrictId
from bot.i18n import Translator
from bot.services.atlas import Atlas
from bot.services.privacy import Privacy
from bot.services.subscriptions import Subscriptions
from bot.views.message import Button, Message, Text
from handlers.context import Ctx
from handlers.districts import DistrictHandlers
from handlers.feature import Feature
from handlers.help import HelpHandlers
from handlers.lost import LostHandlers
from handlers.privacy import PrivacyHandlers
from handlers.start import StartHandlers, Upcoming
from handlers.subscriptions import SubscriptionHandlers
from storage import districts
from storage.db import Database
from tests.clock import Clock
from tests.dialogue import Dialogue, open_dialogue

BELARUS, BELGIUM, LATVIA = "by", "be", "lv"


def square(x: float, y: float, size: float) -> list[list[list[float]]]:
    """One square outline."""
    return [[[x, y], [x + size, y], [x + size, y + size], [x, y + size]]]


@dataclass(slots=True)
class House:
    """A bot with two countries, and the ids of its districts by slug."""

    dialogue: Dialogue
    atlas: Atlas
    followed: list[tuple[str, str]] = field(default_factory=list)
    """Links that another noun was asked to follow: (prefix, rest)."""

    def id(self, slug: str) -> DistrictId:
        """A district's id."""
        district = self.atlas.tree.by_slug(slug)
        assert district is not None
        return district.id


async def plant(db: Database) -> None:
    """Belarus > Minsk > 2 districts, Belgium > Brussels > 10 municipalities."""
    async with db.tx() as tx:
        land = await districts.add(
            tx,
            slug="by",
            parent=None,
            zone="Europe/Minsk",
            names={"en": "Belarus", "ru": "\u0411\u0435\u043b\u0430\u0440\u0443\u0441\u044c"},
        )
        city = await districts.add(
            tx,
            slug="minsk",
            parent=land,
            zone="Europe/Minsk",
            names={"en": "Minsk", "ru": "\u041c\u0438\u043d\u0441\u043a"},
        )
        for n, (slug, en, ru) in enumerate(
            [
                (
                    "kastr",
                    "Kastryčnicki",
                    "\u041e\u043a\u0442\u044f\u0431\u0440\u044c\u0441\u043a\u0438\u0439",
                ),
                ("lenin", "Leninski", "\u041b\u0435\u043d\u0438\u043d\u0441\u043a\u0438\u0439"),
            ]
        ):
            await districts.add(
                tx,
                slug=slug,
                parent=city,
                zone="Europe/Minsk",
                names={"en": en, "ru": ru},
                rings=square(27 + n, 53, 1),
            )
        land = await districts.add(
            tx, slug="be", parent=None, zone="Europe/Brussels", names={"en": "Belgium"}
        )
        city = await districts.add(
            tx, slug="brussels", parent=land, zone="Europe/Brussels", names={"en": "Brussels"}
        )
        for n in range(10):
            await districts.add(
                tx,
                slug=f"m{n}",
                parent=city,
                zone="Europe/Brussels",
                names={"en": f"Quarter {'ABCDEFGHIJ'[n] * 5}"},
                rings=square(4 + n / 10, 50, 0.1),
            )


async def open_house(db: Database, clock: Clock, *, upcoming: Upcoming | None = None) -> House:
    """Everything a protester meets outside rallies and news."""
    await plant(db)
    atlas = Atlas(db)
    await atlas.load()
    followed: list[tuple[str, str]] = []

    async def next_rally(update: Update, ctx: Ctx) -> None:
        ctx.show(update, Message("the next rally"))

    async def check(update: Update, ctx: Ctx) -> None:
        ctx.show(update, Message("what to check"))

    async def invitation(update: Update, ctx: Ctx, rest: str) -> None:
        followed.append(("s", rest))
        ctx.say(Message("an invitation"))

    subscriptions = Subscriptions(db, atlas)
    lost = LostHandlers()
    features: list[Feature] = [
        StartHandlers(
            subscriptions,
            atlas,
            other_links={"s": invitation},
            **({"upcoming": upcoming} if upcoming else {}),
        ),
        DistrictHandlers(atlas),
        SubscriptionHandlers(subscriptions, atlas),
        PrivacyHandlers(Privacy(db, clock), atlas),
        HelpHandlers(next_rally, check),
        lost,
    ]
    dialogue = await open_dialogue(db, clock, features, lost=lost.answer)
    return House(dialogue, atlas, followed)


async def a_march(district: DistrictId, t: Translator) -> Message:
    """What an upcoming rally may look like."""
    text = Text("NEXT RALLY in ").bold(t.lang).add(f" for {district}")
    return text.message([Button(t("rally-button-where"), data="x")])
