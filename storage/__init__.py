"""Every noun that owns a table is named here, so that the metadata is complete."""

from storage import (
    channels,
    districts,
    dues,
    forms,
    inbox,
    installation,
    items,
    ledger,
    motions,
    outbox,
    polls,
    publications,
    rallies,
    sources,
    staff,
    subscribers,
)

__all__ = [
    "channels",
    "districts",
    "dues",
    "forms",
    "inbox",
    "installation",
    "items",
    "ledger",
    "motions",
    "outbox",
    "polls",
    "publications",
    "rallies",
    "sources",
    "staff",
    "subscribers",
]
