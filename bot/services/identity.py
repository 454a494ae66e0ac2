"""Who is writing: staff account, subscription and open form behind a chat, in one read."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.privacy import TelegramId
from bot.domain.staff import Staff
from storage import forms, staff, subscribers
from storage.db import Database
from storage.forms import Form
from storage.subscribers import Subscriber


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything known about a chat. For strangers all three are ``None``."""

    staff: Staff | None = None
    subscriber: Subscriber | None = None
    form: Form | None = None


async def identify(db: Database, person: TelegramId, now: datetime) -> Identity:
    """Look a person up."""
    async with db.tx(write=False) as tx:
        return Identity(
            staff=await staff.by_person(tx, person),
            subscriber=await subscribers.get(tx, person),
            form=await forms.get(tx, person, now),
        )
