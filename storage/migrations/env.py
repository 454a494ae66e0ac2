"""Where Alembic meets our engine. Run by ``storage.migrate``, never by Alembic's own command."""

from collections.abc import Iterable
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import CreateTableOp, MigrationScript
from alembic.runtime.migration import MigrationContext

import storage  # noqa: F401  # registers every table
from storage.crypto import TAG_BYTES
from storage.db import metadata
from storage.types import IdTag, Sealed, Utc


def in_plain_types(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """A step must go on meaning the same when our own column types have moved on."""
    if kind != "type":
        return False
    match item:
        case Utc():
            return "sa.DateTime(timezone=True)"
        case IdTag():
            return f"sa.LargeBinary(length={TAG_BYTES})"
        case Sealed():
            return "sa.LargeBinary()"
        case _:
            return False


def without_notes(
    _context: MigrationContext, _revision: object, scripts: list[MigrationScript]
) -> None:
    """Leave out what the tables note for the program (retention): no database keeps it."""
    for script in scripts:
        for operation in _all(script.upgrade_ops.ops if script.upgrade_ops else ()):
            if isinstance(operation, CreateTableOp):
                operation.info = {}


def _all(operations: Iterable[Any]) -> Iterable[Any]:
    for operation in operations:
        yield operation
        yield from _all(getattr(operation, "ops", ()))


def run(connection: sa.Connection) -> None:
    """Take the steps that the caller asked for, inside its transaction."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
        compare_server_default=True,
        render_item=in_plain_types,
        process_revision_directives=without_notes,
    )
    context.run_migrations()


run(context.config.attributes["connection"])
