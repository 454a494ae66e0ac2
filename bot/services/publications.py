"""Making something public: accepted in one short transaction, whatever the number of readers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.canonical import canonical, digest
from bot.domain.errors import Refused
from bot.domain.outbox import Lane
from bot.domain.publications import Audience, Kind, PublicationId, State, code_of
from bot.i18n import LANGUAGES
from bot.views.message import ENTITY_LIMIT, TEXT_LIMIT, Message, Say, encode, units
from storage import outbox, publications
from storage.crypto import Keyring
from storage.db import Tx
from storage.publications import Rendered


class TextTooLong(Refused):
    """A text exceeds what Telegram takes, in one language at least."""

    key = "publications-error-too-long"


@dataclass(frozen=True, slots=True)
class Draft:
    """A publication before it is accepted.

    ``texts`` has every shipped language, and may have short ones for those who chose them (``be``
    and ``be.lite``). ``expires_at``: when it no longer matters; copies that have not left by then
    are dropped. ``urgent``: it sounds, see ``bot.services.sound``.
    """

    kind: Kind
    subject: str
    code: str
    lane: Lane
    audience: Audience
    texts: Mapping[str, Message]
    expires_at: datetime
    urgent: bool = False


def mint(keys: Keyring, subject: str, content: bytes) -> str:
    """The public code of ``content`` (what exactly is announced) about ``subject``."""
    return code_of(keys.code(subject.encode() + b"\0" + content))


async def accept(tx: Tx, draft: Draft, now: datetime) -> PublicationId:
    """Queue a publication in the caller's transaction.

    Older publications about the same subject are superseded: nobody is written to about them any
    more, so no superseded text is sent after its successor. Reminders supersede nothing. Raises
    ``TextTooLong`` before anything is stored.
    """
    check(draft.texts)
    if draft.kind is not Kind.REMINDER:
        await publications.mark(tx, draft.subject, State.SUPERSEDED)
    id = await publications.add(
        tx,
        kind=draft.kind,
        subject=draft.subject,
        code=draft.code,
        lane=draft.lane,
        audience=draft.audience,
        accepted_at=now,
        expires_at=draft.expires_at,
        urgent=draft.urgent,
    )
    await add_texts(tx, id, draft.texts)
    if draft.kind is not Kind.REMINDER:
        await outbox.withdraw(tx, await publications.halt(tx, draft.subject, before=id))
    return id


def check(texts: Mapping[str, Message]) -> None:
    """Every language is there, and Telegram takes each text.

    Raises ``TextTooLong`` with the language and by how many UTF-16 units.
    """
    if missing := set(LANGUAGES) - texts.keys():
        raise ValueError(f"not rendered in {missing}")
    for edition, message in texts.items():
        length = units(message.text)
        if length > TEXT_LIMIT:
            raise TextTooLong(language=edition[:2], over=length - TEXT_LIMIT)
        if not length or len(message.spans) > ENTITY_LIMIT:
            raise ValueError(f"{edition}: {length} units, {len(message.spans)} entities")


async def add_texts(
    tx: Tx, id: PublicationId, texts: Mapping[str, Message], *, version: int = 1
) -> None:
    """Store every edition of a version, rendered once."""
    rendered = [
        Rendered(edition, encode(Say(message)), plain := canonical(message.text), digest(plain))
        for edition, message in texts.items()
    ]
    await publications.add_texts(tx, id, rendered, version=version)
