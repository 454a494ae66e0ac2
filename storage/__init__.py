"""Every noun that owns a table is named here, so that the metadata is complete."""

from storage import (
    channels,
    districts,
    forms,
    inbox,
    ledger,
    motions,
    outbox,
    publications,
    staff,
    subscribers,
)

__all__ = [
    "channels",
    "districts",
    "forms",
    "inbox",
    "ledger",
    "motions",
    "outbox",
    "publications",
    "staff",
    "subscribers",
]
