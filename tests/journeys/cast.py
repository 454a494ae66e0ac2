"""The people of a journey: how staff is enrolled and invited, and where everybody lives."""

import re
from dataclasses import dataclass, field

from bot.i18n import NAMES
from tests.journeys.conftest import Town
from tests.journeys.phone import Json, Phone, words
from tests.leaks import CANARY

INVITATION = re.compile(r"\?start=(s_[\w-]+)")
CHANNEL = -1_007_203_114_999
"""Contains the digits that the leak watch looks for."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a journey plays: languages of staff and protester, places by slug."""

    staff: str
    protester: str
    land: str
    city: str
    district: str
    zone: str


EAST = Setting("en", "be", "by", "minsk", "kastr", "Europe/Minsk")
WEST = Setting("ru", "fr", "be", "brussels", "ixel", "Europe/Brussels")


@dataclass(slots=True)
class Cast:
    """Everybody of one journey by the part they play, and the channel between them."""

    town: Town
    setting: Setting
    custodian: Phone
    phones: dict[str, Phone] = field(default_factory=dict)

    def __getitem__(self, part: str) -> Phone:
        return self.phones[part]

    @property
    def city(self) -> str:
        """The city's name as staff reads it."""
        return self.town.place(self.setting.city, self.setting.staff)

    @property
    def handle(self) -> str:
        """The channel's public name."""
        return f"@{self.setting.city}_{CANARY}"

    @property
    def district(self) -> str:
        """The district's name as staff reads it."""
        return self.town.place(self.setting.district, self.setting.staff)

    async def invite(self, part: str, role: str, place: str | None = None) -> Phone:
        """Let the custodian invite somebody, who agrees; they stay within ``place``."""
        link = await self.invitation(role, place)
        newcomer = await self.town.street.person(part.title(), self.setting.staff)
        await newcomer.start(link)
        await newcomer.tap("staff-agree-button")
        self.phones[part] = newcomer
        return newcomer

    async def invitation(self, role: str, place: str | None = None) -> str:
        """The payload of a fresh invitation's link."""
        ada = self.custodian
        await ada.command("/staff")
        await ada.tap("staff-invite-button")
        await ada.tap(f"staff-role-{role}")
        await ada.tap("staff-next-button")
        await (ada.choose(place) if place else ada.tap("staff-everywhere-button"))
        links = [found for text in await ada.texts() for found in INVITATION.findall(text)]
        return str(links[-1])

    async def create_channel(self) -> None:
        """The channel admin has a public channel, and readers are in it."""
        body = {
            "type": "channel",
            "title": f"Together {CANARY}",
            "username": self.handle[1:],
            "id": CHANNEL,
        }
        await self["marta"].deed("create", body)

    async def posts(self) -> list[Json]:
        """What stands in the channel, oldest first."""
        seen = await self.town.street.call("GET", f"chats/{CHANNEL}")
        return [m for m in seen["messages"] if m["kind"] != "service" and not m["deleted"]]

    async def post(self) -> str:
        """The newest post of the channel."""
        return words((await self.posts())[-1])


async def enrolled(town: Town, setting: Setting) -> Cast:
    """A custodian who used the one-time code, and nobody else yet."""
    ada = await town.street.person("Ada", setting.staff)
    await ada.start()
    await ada.say(town.code)
    await ada.tap("staff-agree-button")
    return Cast(town, setting, ada)


async def newsroom_and_desk(cast: Cast) -> None:
    """Everybody the story needs, each invited by the custodian and so of a branch of their own."""
    for part, role, place in (
        ("nina", "news", None),
        ("noah", "news", None),
        ("olga", "events", cast.city),
        ("emile", "events", cast.city),
        ("oscar", "organiser", cast.city),
        ("marta", "channels", None),
    ):
        await cast.invite(part, role, place)


async def link_channel(cast: Cast, *, lang: str) -> str:
    """Link the channel through Telegram's own chooser; returns what the admin reads then."""
    await cast.create_channel()
    marta = cast["marta"]
    await marta.command("/staff")
    await marta.tap("channels-link-button")
    await marta.choose(cast.city)
    await marta.press(NAMES[lang])
    choose = {"text": marta.t("channels-choose-button"), "choose": CHANNEL}
    await marta.deed("keyboard", choose)
    return await marta.tap("channels-confirm-button")
