"""The privacy page, a copy of one's data, and erasure down to the bytes of the files."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.staff import Grant, Role
from bot.i18n import LANGUAGES, translator
from storage import erasure, forms, outbox, staff, subscribers
from storage.db import Database, StorageUnavailable
from storage.forms import Form
from tests.clock import Clock
from tests.dialogue import Person
from tests.handlers.people import House, open_house

ANN, BEN = 8_150_011_223_344, 8_150_011_223_355


async def subscriber(house: House, id: int = ANN, lang: str = "en") -> Person:
    """Somebody who follows two districts."""
    person = house.dialogue.person(id, lang)
    await person.say("/start d_kastr")
    await person.press(translator(lang)("start-subscribe"))
    await person.say("/start d_brussels")
    person.taps = 0
    return person


def traces(id: int, db: Database) -> Iterator[bytes]:
    """An id as text, as numbers of both byte orders, and the tag that stands for it."""
    yield str(id).encode()
    for size in (6, 8):
        yield id.to_bytes(size, "little")
        yield id.to_bytes(size, "big")
    yield db.keys.tag(TelegramId(id))


def found(id: int, db: Database, folder: Path) -> list[str]:
    """The files (database, -wal, -shm) that hold a trace of an id."""
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert "test.db" in files
    return [n for n, raw in files.items() if any(trace in raw for trace in traces(id, db))]


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_privacy_page_has_ten_lines_for_anybody(
    sqlite: Database, clock: Clock, lang: str
) -> None:
    house = await open_house(sqlite, clock)
    eve = house.dialogue.person(9, lang)
    await eve.say("/privacy")
    assert len(eve.text.splitlines()) == 10
    assert all(command in eve.text for command in ("/mydata", "/stop", "/forget"))


async def test_the_privacy_page_answers_paused_people(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = await subscriber(house)
    await ann.say("/stop")
    await ann.say("/privacy")
    assert ann.text.startswith("What is stored about you\n1. ")


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_risks_name_the_country_where_following_is_punished(
    sqlite: Database, clock: Clock, lang: str
) -> None:
    house, t = await open_house(sqlite, clock), translator(lang)
    eve = house.dialogue.person(9, lang)
    await eve.say("/risks")
    assert t("risks-by") in eve.text
    assert t("risks-advice") in eve.text


@pytest.mark.parametrize("command", ["/mydata", "/export"])
async def test_the_copy_shows_the_opened_row(db: Database, clock: Clock, command: str) -> None:
    house = await open_house(db, clock)
    ann = await subscriber(house)
    async with db.tx() as tx:
        await forms.save(tx, TelegramId(ANN), Form("test", b"{}"), clock())
    await ann.message(text=command, entities=[{"type": "bot_command", "offset": 0, "length": 7}])
    assert f"Chat number: {ANN}" in ann.text
    assert "Districts: Kastryčnicki, Minsk; Brussels" in ann.text
    assert "Language: English" in ann.text
    assert "One form that is not finished." in ann.text
    assert ann.text.endswith("Nothing else.")


async def test_strangers_are_told_that_nothing_is_stored(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    eve = house.dialogue.person(9, "en")
    await eve.say("/mydata")
    assert "No subscription is stored." in eve.text
    assert "9" not in eve.text.split()


async def test_a_stranger_has_nothing_to_erase(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    eve = house.dialogue.person(9, "en")
    await eve.say("/forget")
    assert eve.text == "Nothing about you is stored, so there is nothing to erase."
    assert eve.buttons == []


async def test_forgetting_takes_two_taps_and_leaves_no_row(db: Database, clock: Clock) -> None:
    house = await open_house(db, clock)
    ann, _ = await subscriber(house), await subscriber(house, BEN)
    await ann.say("/forget")
    taps = 1
    assert "your subscription with 2 districts, language and settings" in ann.text
    assert [b.label for b in ann.buttons] == ["Erase now", "Only pause", "Keep everything"]
    await ann.press("Erase now")
    assert taps + ann.taps == 2
    assert ann.text.startswith("Done. Nothing about you is stored.\nReference ER-")
    async with db.tx(write=False) as tx:
        assert await subscribers.get(tx, TelegramId(ANN)) is None
        assert await subscribers.get(tx, TelegramId(BEN)) is not None
        tags = [tag for (tag,) in await tx.execute(select(subscribers.follows.c.tag))]
        assert tags == [tx.keys.tag(TelegramId(BEN))] * 2


async def test_after_forgetting_no_file_holds_a_trace(
    sqlite: Database, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    house = await open_house(sqlite, clock)
    ann = await subscriber(house)
    async with sqlite.tx() as tx:
        await forms.save(tx, TelegramId(ANN), Form("test", b"{}"), clock())
    assert found(ANN, sqlite, tmp_path) != []
    await ann.say("/forget")
    await ann.press("Erase now")
    assert await erasure.scrub(sqlite)
    assert found(ANN, sqlite, tmp_path) == []
    assert str(ANN) not in caplog.text
    assert any("erased on request, ref ER-" in line for line in caplog.messages)


async def test_the_erasure_itself_leaves_nothing_before_its_answer_is_queued(
    sqlite: Database, clock: Clock, tmp_path: Path
) -> None:
    house = await open_house(sqlite, clock)
    await subscriber(house)
    envelope = {"id": ANN, "is_bot": False, "first_name": "A"}
    member = {"user": {"id": 1, "is_bot": True, "first_name": "b"}}
    blocked = {
        "chat": {"id": ANN, "type": "private", "first_name": "A"},
        "from": envelope,
        "date": 1,
        "old_chat_member": {**member, "status": "member"},
        "new_chat_member": {**member, "status": "kicked", "until_date": 0},
    }
    assert await house.dialogue.receive({"my_chat_member": blocked}) == []
    assert found(ANN, sqlite, tmp_path) == []


async def test_a_notice_about_a_channel_is_left_to_its_noun(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    await subscriber(house)
    member = {"user": {"id": 1, "is_bot": True, "first_name": "b"}}
    kicked = {
        "chat": {"id": -100123, "type": "channel", "title": "C"},
        "from": {"id": ANN, "is_bot": False, "first_name": "A"},
        "date": 1,
        "old_chat_member": {**member, "status": "member"},
        "new_chat_member": {**member, "status": "kicked", "until_date": 0},
    }
    await house.dialogue.receive({"my_chat_member": kicked})
    async with sqlite.tx(write=False) as tx:
        assert await subscribers.get(tx, TelegramId(ANN)) is not None


async def test_only_pause_and_keep_erase_nothing(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = await subscriber(house)
    await ann.say("/deletemydata")
    await ann.press("Only pause")
    assert ann.text.startswith("Paused.")
    await ann.press("Erase everything")
    assert "Will be erased:" in ann.text
    await ann.press("Keep everything")
    assert len(ann.erased) == 1
    async with sqlite.tx(write=False) as tx:
        known = await subscribers.get(tx, TelegramId(ANN))
    assert known is not None
    assert known.settings.paused


async def test_whoever_was_forgotten_is_new(sqlite: Database, clock: Clock) -> None:
    house = await open_house(sqlite, clock)
    ann = await subscriber(house)
    await ann.say("/forget")
    await ann.press("Erase now")
    await ann.say("/start")
    assert ann.text.startswith("Rallies and verified news for your district.")


async def test_staff_keep_their_account_and_its_tasks_and_are_told(
    db: Database, clock: Clock
) -> None:
    house = await open_house(db, clock)
    ann = await subscriber(house)
    async with db.tx() as tx:
        held = [Grant(Role.NEWS)]
        await staff.add(tx, TelegramId(ANN), alias="Heron", lang="en", inviter=None, held=held)
    await ann.say("/mydata")
    assert "Staff account: Heron" in ann.text
    await ann.say("/forget")
    await ann.press("Erase now")
    assert ann.text.startswith("Done. Your subscription is erased.")
    assert "Your staff account stays" in ann.text
    async with db.tx(write=False) as tx:
        assert await staff.by_person(tx, TelegramId(ANN)) is not None
        assert await subscribers.get(tx, TelegramId(ANN)) is None


async def test_an_erasure_that_fails_says_that_the_data_is_still_there(
    sqlite: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await open_house(sqlite, clock)
    ann = await subscriber(house)
    await ann.say("/forget")

    async def full(*_: object, **__: object) -> bool:
        raise StorageUnavailable("database or disk is full")

    monkeypatch.setattr(erasure, "erase", full)
    await ann.press("Erase now")
    assert ann.text.startswith("Erasing failed, your data is still here.")
    async with sqlite.tx(write=False) as tx:
        assert await subscribers.get(tx, TelegramId(ANN)) is not None


async def test_erasing_withdraws_what_was_queued(db: Database, clock: Clock) -> None:
    house = await open_house(db, clock)
    await subscriber(house)
    chat = TelegramId(ANN)
    async with db.tx() as tx:
        await outbox.add(tx, lane=Lane.REPLY, chat=chat, task=b"{}", now=clock(), cause="x")
        await erasure.erase(tx, tx.keys.tag(chat))
        assert (await tx.execute(select(outbox.table))).all() == []
