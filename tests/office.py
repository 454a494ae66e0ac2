"""The staff's side of the bot under test: its handlers, and what custodians do with them."""

from telegram import Update

from bot.domain.staff import StaffState
from bot.services.motions import Motions
from bot.services.staff import Staffing
from bot.views.message import Message, Say
from handlers.context import Ctx
from handlers.staff import StaffHandlers
from storage import staff
from storage.db import Database
from tests.clock import Clock
from tests.dialogue import Dialogue, Person, open_dialogue
from tests.team import settle


async def unknown(update: Update, ctx: Ctx) -> None:
    """Stands for the answer to any unknown command."""
    ctx.say(Message("unknown command"))


async def open_staff(db: Database, clock: Clock) -> Dialogue:
    """An installation with three places and staff alone."""
    atlas, _ = await settle(db)
    chance = iter(range(1, 1000))

    def draw(size: int) -> bytes:
        return next(chance).to_bytes(size)

    staffing, motions = Staffing(db, clock, draw), Motions(db, atlas, clock, draw)
    return await open_dialogue(db, clock, [StaffHandlers(staffing, motions, atlas, unknown)])


def said_to(person: Person, other: int) -> list[Message]:
    """What the bot told somebody else because of this person's deeds."""
    found = [task for to, task in person.others if to.reveal() == other]
    return [task.message for task in found if isinstance(task, Say)]


def link_in(messages: list[Message]) -> str:
    """The invitation's link."""
    return next(w for m in messages for w in m.text.split() if w.startswith("https://t.me/"))


async def state_of(db: Database, number: int) -> StaffState:
    """The state of the account that joined as number ``number``."""
    async with db.tx(write=False) as tx:
        return (await staff.listed(tx))[number].state


async def invite(p: Person, *roles: str, place: str = "Give it everywhere") -> None:
    """Go through the menu up to the invitation."""
    await p.say("/staff")
    await p.press("Invite somebody")
    for role in roles:
        await p.press(role)
    await p.press("Choose the place")
    await p.press(place)
