"""Checking what was corrected, hidden, taken back or overtaken since somebody got it."""

import pytest

from bot.domain.publications import PublicationId
from bot.domain.staff import Role, StaffId
from bot.i18n import LANGUAGES, translator
from bot.services import revising
from bot.services.atlas import Atlas
from bot.services.revising import messages
from storage import publications
from storage.db import Database
from tests.clock import Clock
from tests.dialogue import Dialogue
from tests.handlers.test_check import announcement, forward, open_check, publish
from tests.team import enrol

CODE = "ABCD-EFG0"
NOTE = "At four, not at two."
SECRET = "Freedom Square"
"""Words of the announcement that nobody may read after it was taken back."""


async def sent(db: Database, clock: Clock) -> tuple[Dialogue, Atlas, PublicationId, StaffId]:
    """One announcement, and who may take it back."""
    d, places, atlas = await open_check(db, clock)
    editor = await enrol(db, 900, Role.EVENTS)
    await publish(db, clock, CODE, places=places)
    async with db.tx(write=False) as tx:
        found = await publications.by_code(tx, CODE)
    assert found is not None
    return d, atlas, found.id, editor.id


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_older_words_of_what_was_corrected(db: Database, clock: Clock, lang: str) -> None:
    d, _, id, _ = await sent(db, clock)
    async with db.tx() as tx:
        await revising.correct(tx, id, clock(), note=NOTE)
        present = await messages(tx, id)
    t, p = translator(lang), d.person(5, lang)
    for ask in (forward(p, announcement("ru", CODE)), p.say(CODE)):
        await ask
        assert p.text.startswith(t("check-corrected"))
        assert f"{NOTE}\n\nMarch in Minsk ({lang})" in p.text, "the present text"
    await forward(p, present["ru"])
    assert p.text.startswith(t("check-real")), "who has the correction has what holds"


async def test_older_words_with_a_typing_error_are_out_of_date(db: Database, clock: Clock) -> None:
    d, _, id, _ = await sent(db, clock)
    mended = {lang: announcement(lang, CODE, hour="14:05") for lang in LANGUAGES}
    async with db.tx() as tx:
        await revising.amend(tx, id, mended, clock())
    p = d.person(5)
    await forward(p, announcement("en", CODE))
    assert p.text.startswith("OUT OF DATE.")
    assert "14:05" in p.text
    await p.say(CODE)
    assert p.text.startswith("REAL."), "a code alone names no version"


async def test_a_changed_link_in_older_words_is_still_seen(db: Database, clock: Clock) -> None:
    d, _, id, _ = await sent(db, clock)
    async with db.tx() as tx:
        await revising.correct(tx, id, clock(), note=NOTE)
    p, ours = d.person(5), announcement("en", CODE)
    link = next(span for span in ours.spans if span.url)
    entity = {"type": "text_link", "offset": link.offset, "length": link.length}
    evil = [{**entity, "url": "https://evil.example/square"}]
    await p.message(text=ours.text, entities=evil)
    assert p.text.startswith("ALTERED.")


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_what_is_hidden_is_being_checked_until_it_is_restored(
    db: Database, clock: Clock, lang: str
) -> None:
    d, atlas, id, editor = await sent(db, clock)
    async with db.tx() as tx:
        await revising.mask(tx, atlas, id, editor, clock())
        hidden = await messages(tx, id)
    t, p = translator(lang), d.person(5, lang)
    changed = announcement("en", CODE, hour="16:00").text
    for ask in (
        forward(p, announcement(lang, CODE)),
        forward(p, hidden[lang]),
        p.say(CODE),
        p.say(changed),
    ):
        await ask
        assert p.text.startswith(t("check-checking"))
        assert SECRET not in p.text
    async with db.tx() as tx:
        await revising.restore(tx, atlas, id, clock())
    await forward(p, announcement(lang, CODE))
    assert p.text.startswith(t("check-real"))
    await forward(p, hidden[lang])
    assert p.text.startswith(t("check-out-of-date"))


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_nothing_of_what_was_taken_back_is_shown(
    db: Database, clock: Clock, lang: str
) -> None:
    d, atlas, id, _ = await sent(db, clock)
    async with db.tx() as tx:
        await revising.correct(tx, id, clock(), note=NOTE)
        corrected = await messages(tx, id)
        await revising.recall(tx, atlas, id, clock())
        instead = await messages(tx, id)
    t, p = translator(lang), d.person(5, lang)
    changed = announcement("en", CODE, hour="16:00").text
    for ask in (
        forward(p, announcement("ru", CODE)),
        forward(p, corrected["en"]),
        forward(p, instead["en"]),
        p.say(CODE),
        p.say(changed),
    ):
        await ask
        assert p.text.startswith(t("check-recalled"))
        assert SECRET not in p.text
    resembling = changed.replace(f"Code {CODE}", "")
    await p.say(resembling)
    assert t("check-recalled") in p.text, "also where it merely looks like it"
    assert SECRET not in p.text


async def test_an_overtaken_card_is_judged_by_what_overtook_it(db: Database, clock: Clock) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, CODE, places=places)
    await publish(db, clock, "ABCD-EFG1", places=places, hour="16:00")
    async with db.tx() as tx:
        old, new = [await publications.by_code(tx, code) for code in (CODE, "ABCD-EFG1")]
        assert old is not None
        assert new is not None
        assert await revising.overtake(tx, new.id, "rally:1", "postponed", clock()) == 1
        marked = await messages(tx, old.id)
    p = d.person(5)
    for message in (marked["en"], announcement("en", CODE)):
        await forward(p, message)
        assert p.text.startswith("OUT OF DATE.")
        assert "16:00" in p.text
