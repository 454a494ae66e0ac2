"""Facts about this installation itself, by name: which key seals it, what Telegram was told."""

from sqlalchemy import Column, String, Table, select

from storage.crypto import KeyProblem
from storage.db import Tx, metadata, upsert
from storage.types import Retention

KEY = "key"

table = Table(
    "installation",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
    info=Retention.while_needed("as long as the installation; nothing about people"),
)


async def recall(tx: Tx, name: str) -> str | None:
    """What was remembered under a name."""
    found = await tx.execute(select(table.c.value).where(table.c.name == name))
    value: str | None = found.scalar_one_or_none()
    return value


async def remember(tx: Tx, name: str, value: str) -> None:
    """Remember a value, in place of an earlier one."""
    await upsert(tx, table, name=name, value=value)


async def check_key(tx: Tx) -> None:
    """Raise ``KeyProblem`` when the database was sealed with another key; bind a new database to

    the present one. A wrong key would find nobody and lock everybody out, silently.
    """
    known = await recall(tx, KEY)
    if known is None:
        await remember(tx, KEY, tx.keys.fingerprint)
    elif known != tx.keys.fingerprint:
        raise KeyProblem(
            "this key file does not belong to this database: nothing stored could be read with it. "
            "Put back the key file the database was made with, or point storage.url at the "
            "database that belongs to this key"
        )
