"""A bot with the rally features, a city of two districts, and four people of staff."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from telegram import Update
from telegram.ext import CommandHandler

from bot.domain.districts import DistrictId
from bot.domain.privacy import TelegramId
from bot.domain.publications import PublicationId
from bot.domain.rallies import Rally, RallyId
from bot.domain.staff import Grant, Role, StaffId
from bot.domain.subscribers import Settings
from bot.i18n import translator
from bot.services.atlas import Atlas
from bot.services.rallies import Rallies
from bot.services.reminders import Reminders
from bot.views.message import Message, Say, Text, decode
from handlers.context import Ctx
from handlers.errors import Routes
from handlers.feature import Feature
from handlers.rallies import RallyHandlers
from handlers.rally_desk import RallyDeskHandlers
from handlers.rally_form import RallyFormHandlers
from storage import districts, outbox, publications, rallies, staff, subscribers
from storage.db import Database, Tx
from tests.clock import Clock
from tests.dialogue import Dialogue, Person, open_dialogue

ROOT, ANNA, BORIS, CLARA, OLGA, READER = 100, 101, 102, 103, 104, 500


@dataclass(frozen=True, slots=True)
class Menu(Feature):
    """The /staff menu and /start of deep links, as the other nouns offer them."""

    nouns: Sequence[Feature]

    def routes(self) -> Routes:
        """Two commands."""
        yield CommandHandler("staff", self.staff)
        yield CommandHandler("start", self.start)

    async def staff(self, update: Update, ctx: Ctx) -> None:
        """Every noun's entries."""
        ctx.say(Text("menu").message(*([key] for noun in self.nouns for key in noun.menu(ctx))))

    async def start(self, update: Update, ctx: Ctx) -> None:
        """Follow a link."""
        prefix, _, rest = (ctx.args or [""])[0].partition("_")
        await next(n for n in self.nouns if prefix in n.links()).links()[prefix](update, ctx, rest)


@dataclass(slots=True)
class RallyHouse:
    """What a test talks to."""

    db: Database
    clock: Clock
    atlas: Atlas
    dialogue: Dialogue
    rallies: Rallies
    reminders: Reminders
    people: dict[int, Person]
    ids: dict[int, StaffId]

    def __getitem__(self, id: int) -> Person:
        return self.people[id]

    def pass_on(self, sender: Person) -> None:
        """Show the others what the bot wrote to them because of ``sender``."""
        for to, task in sender.others:
            if isinstance(task, Say) and to.reveal() in self.people:
                self.people[to.reveal()].screen = task.message
                self.people[to.reveal()].screens.append(task.message)
        sender.others.clear()

    async def rally(self, id: int = 1) -> Rally:
        """As stored."""
        async with self.db.tx(write=False) as tx:
            return await rallies.get(tx, RallyId(id))

    async def published(self) -> list[dict[str, Message]]:
        """The texts of every publication by language, oldest first."""
        async with self.db.tx(write=False) as tx:
            ids = await tx.execute(select(publications.table.c.id).order_by("id"))
            found = [await publications.tasks(tx, PublicationId(id)) for (id,) in ids.all()]
        return [{lang: self._message(raw) for lang, raw in texts.items()} for texts in found]

    async def state_of(self, code: str) -> str | None:
        """What a check of a code would find."""
        async with self.db.tx(write=False) as tx:
            found = await publications.by_code(tx, code)
        return found.state.value if found else None

    async def copies(self) -> int:
        """Copies of publications in the outbox."""
        async with self.db.tx(write=False) as tx:
            rows = await tx.execute(
                select(outbox.table.c.id).where(outbox.table.c.publication.is_not(None))
            )
            return len(rows.all())

    async def subscribe(self, id: int, *slugs: str, lang: str = "en") -> None:
        """Somebody follows districts."""
        async with self.db.tx() as tx:
            await subscribers.save(tx, TelegramId(id), Settings(lang=lang))
            for slug in slugs:
                district = self.atlas.tree.by_slug(slug)
                assert district is not None
                await subscribers.follow(tx, TelegramId(id), district.id)

    async def announce(
        self, lang: str = "en", *, day: str = "28.11", time: str = "14:00", place: str = "Square"
    ) -> Rally:
        """A march that Anna drafted and Boris approved."""
        before = len(await self.published())
        anna, boris = self[ANNA], self[BORIS]
        await draft(anna, day=day, time=time, place=place)
        await anna.press(translator(anna.language_code)("rally-button-send"))
        self.pass_on(anna)
        await boris.press(translator(boris.language_code)("rally-approve-announce"))
        self.pass_on(boris)
        assert len(await self.published()) == before + 1
        async with self.db.tx(write=False) as tx:
            return (await rallies.listed(tx))[-1]

    @staticmethod
    def _message(raw: bytes) -> Message:
        task = decode(raw)
        assert isinstance(task, Say)
        return task.message


async def draft(
    person: Person, *, day: str = "28.11", time: str = "14:00", place: str = "Square"
) -> None:
    """Fill the form up to its preview; figures are the same in every language."""
    t = translator(person.language_code)
    await person.say("/staff")
    await person.press(t("rally-button-new"))
    await person.press(t("rally-type-march"))
    await person.press("Kastry")
    await person.press(t("rally-button-done"))
    await person.say(day)
    await person.say(time)
    await person.say(place)


async def suspend(person: Person) -> None:
    """Suspend the first rally of the list."""
    await person.say("/staff")
    await person.press("Rallies")
    await person.press("14:00")
    await person.press("Suspend now")
    await person.press("unclear")


ROLES = {
    ANNA: Role.EVENTS,
    BORIS: Role.EVENTS,
    CLARA: Role.DUTY,
    OLGA: Role.ORGANISER,
}


async def _hire(tx: Tx, lang: str, city: DistrictId) -> dict[int, StaffId]:
    """The first custodian invites everybody, so that each is a branch of their own."""
    custodian = [Grant(Role.CUSTODIAN)]
    first = await staff.add(
        tx, TelegramId(ROOT), alias="root", lang=lang, inviter=None, held=custodian
    )
    root = await staff.get(tx, first)
    ids = {ROOT: first}
    for id, role in ROLES.items():
        held = [Grant(role, city)]
        ids[id] = await staff.add(
            tx, TelegramId(id), alias=f"alias-{id}", lang=lang, inviter=root, held=held
        )
    return ids


async def open_rally_house(db: Database, clock: Clock, lang: str = "en") -> RallyHouse:
    """Minsk with two districts; Anna and Boris of events, Clara on duty, Olga an organiser."""
    async with db.tx() as tx:
        names = {"en": "Minsk", "be": "\u041c\u0456\u043d\u0441\u043a"}
        zone = "Europe/Minsk"
        land = await districts.add(tx, slug="by", parent=None, zone=zone, names={"en": "Belarus"})
        city = await districts.add(tx, slug="minsk", parent=land, zone=zone, names=names)
        for slug, name in (("kastr", "Kastryčnicki"), ("lenin", "Leninski")):
            rings = [[[27.0, 53.0], [28.0, 53.0], [28.0, 54.0], [27.0, 54.0]]]
            await districts.add(
                tx, slug=slug, parent=city, zone=zone, names={"en": name}, rings=rings
            )
        ids = await _hire(tx, lang, city)
    atlas = Atlas(db)
    await atlas.load()
    service = Rallies(db, atlas, clock)
    nouns = [
        RallyHandlers(service, atlas),
        RallyFormHandlers(service, atlas),
        RallyDeskHandlers(service),
    ]
    dialogue = await open_dialogue(db, clock, [Menu(nouns), *nouns])
    people = {id: dialogue.person(id, lang) for id in (ROOT, ANNA, BORIS, CLARA, OLGA, READER)}
    reminders = Reminders(db, atlas, clock)
    return RallyHouse(db, clock, atlas, dialogue, service, reminders, people, ids)
