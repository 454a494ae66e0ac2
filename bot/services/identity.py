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
    staff_lang: str = ""
    """The language of the staff account."""


async def identify(db: Database, person: TelegramId, now: datetime) -> Identity:
    """Look a person up."""
    async with db.tx(write=False) as tx:
        account = await staff.by_person(tx, person)
        written = await staff.chat_of(tx, account.id) if account is not None else None
        return Identity(
            staff=account,
            staff_lang=written[1] if written is not None else "",
            subscriber=await subscribers.get(tx, person),
            form=await forms.get(tx, person, now),
        )
