"""What the database may hold: for how long, and nothing that names a person."""

import re

import pytest
from sqlalchemy import Column, Table
from sqlalchemy.types import Integer, String

import storage  # noqa: F401  # registers every table
from storage.db import metadata
from storage.types import IdTag, Retention, Sealed, Utc
from tests.architecture.tree import ROOT

TABLES = metadata.sorted_tables
PEOPLE = {"chat", "user", "person", "member", "telegram", "subscriber", "recipient"}
IDENTIFYING = {
    *("phone", "email", "mail", "name", "names", "username", "ip"),
    *("lat", "lon", "latitude", "longitude", "location", "address"),
}
PUBLIC = {
    ("districts", "names"): "public geography",
    ("installation", "name"): "the name of a fact about the installation",
    ("sources", "address"): "where an independent medium publishes",
    ("polls", "address"): "where an independent medium publishes",
}
"""Columns named like something personal that hold something public, and why."""


def words(column: Column[object]) -> set[str]:
    """The words of a column's name."""
    return set(column.name.split("_"))


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_every_table_states_how_long_its_rows_live(table: Table) -> None:
    rule = table.info.get("retention")
    assert isinstance(rule, Retention)
    assert (rule.keep is None) != (rule.column is None)
    if rule.column is not None:
        assert isinstance(table.c[rule.column].type, Utc)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_ids_of_people_and_chats_are_tags_or_sealed(table: Table) -> None:
    plain = [
        column.name
        for column in table.columns
        if words(column) & PEOPLE and not isinstance(column.type, IdTag | Sealed)
    ]
    assert [name for name in plain if not _is_count(table, name)] == []


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_column_called_tag_is_one(table: Table) -> None:
    for column in table.columns:
        if "tag" in words(column):
            assert isinstance(column.type, IdTag)


def test_the_privacy_page_names_every_table_that_knows_a_chat() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text("utf-8")
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"\(([a-z_, ]+)\)", page))))
    assert {table.name for table in TABLES if "tag" in table.c} - named == set()


ERASED = {"subscribers", "follows", "outbox", "receipts", "forms", "inbox"}
"""Emptied of a person by ``storage.erasure.erase``; ``follows`` goes with its subscriber."""
STAYING = {
    "staff": "the account belongs to the staff's work and ends by another rule",
    "channels": "a channel is not a person",
    "channel_districts": "a channel is not a person",
}


def test_a_table_that_knows_a_chat_is_erased_with_it_or_says_why_not() -> None:
    knowing = {table.name for table in TABLES if "tag" in table.c}
    assert knowing - ERASED - STAYING.keys() == set(), "extend storage/erasure.py"


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_nothing_that_identifies_a_person_has_a_plain_column(table: Table) -> None:
    named = [
        column.name
        for column in table.columns
        if words(column) & IDENTIFYING and not isinstance(column.type, Sealed)
    ]
    assert [name for name in named if (table.name, name) not in PUBLIC] == []


def test_the_exceptions_still_exist() -> None:
    known = {(table.name, column.name) for table in TABLES for column in table.columns}
    assert PUBLIC.keys() - known == set()


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_subscribers_rows_carry_no_times(table: Table) -> None:
    """When somebody came, or was last seen, would tell more than who follows."""
    if table.name in {"subscribers", "follows"}:
        assert [c.name for c in table.columns if isinstance(c.type, Utc)] == []


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_texts_have_a_limit_or_are_meant_to_be_public(table: Table) -> None:
    for column in table.columns:
        if type(column.type) is String:
            assert column.type.length is not None


def _is_count(table: Table, name: str) -> bool:
    """``people`` counts; a foreign key points at a row of ours, not at a person's id."""
    column = table.c[name]
    return bool(column.foreign_keys) and isinstance(column.type, Integer)
