"""Is this message real? Every way to ask, every answer, in five languages."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.outbox import Lane
from bot.domain.privacy import TelegramId
from bot.domain.publications import Audience, Kind, State, Want
from bot.i18n import LANGUAGES, translator
from bot.services.atlas import Atlas
from bot.services.check import Check
from bot.services.publications import Draft, accept
from bot.services.subscriptions import Subscriptions
from bot.views.message import Message, Span, Text
from handlers.check import CheckHandlers
from handlers.start import StartHandlers
from storage import channels, publications
from storage.channels import ChannelState
from storage.db import Database, metadata
from tests.clock import Clock
from tests.dialogue import Dialogue, Person, open_dialogue
from tests.team import Places, settle

CHANNEL = -1001234567890
OTHER = -1009999999999


def announcement(lang: str, code: str, *, hour: str = "14:00") -> Message:
    """A rally's post as an example; each language has its own words."""
    words = translator(lang)("check-ended")
    text = Text().bold(f"March in Minsk ({lang})").line(f"28.11, {hour}, Freedom Square")
    text.line(words).line("More: ").link("the map", "https://map.example/square")
    return text.line(f"Code {code}").message()


async def publish(
    db: Database,
    clock: Clock,
    code: str,
    *,
    places: Places,
    kind: Kind = Kind.RALLY,
    subject: str = "rally:1",
    hour: str = "14:00",
) -> None:
    """Accept a publication as its noun would."""
    draft = Draft(
        kind=kind,
        subject=subject,
        code=code,
        lane=Lane.RALLY,
        audience=Audience(frozenset({places.city}), Want.RALLIES),
        texts={lang: announcement(lang, code, hour=hour) for lang in LANGUAGES},
        expires_at=clock() + timedelta(days=7),
    )
    async with db.tx() as tx:
        await accept(tx, draft, clock())


async def open_check(db: Database, clock: Clock) -> tuple[Dialogue, Places, Atlas]:
    atlas, places = await settle(db)
    dialogue = await open_dialogue(db, clock, [CheckHandlers(Check(db, clock), atlas)])
    return dialogue, places, atlas


async def forward(p: Person, message: Message, **origin: Any) -> None:
    """Forward a message; by default the sender is hidden."""
    source = {"type": "hidden_user", "sender_user_name": "Somebody", "date": 1, **origin}
    entities = [
        {"type": "text_link", "offset": s.offset, "length": s.length, "url": s.url}
        for s in message.spans
        if s.url
    ]
    await p.message(text=message.text, entities=entities, forward_origin=source)


def from_channel(id: int, username: str) -> dict[str, Any]:
    chat = {"id": id, "type": "channel", "title": "T", "username": username}
    return {"type": "channel", "chat": chat, "message_id": 3, "date": 1}


async def link(db: Database, places: Places) -> None:
    async with db.tx() as tx:
        await channels.link(
            tx,
            TelegramId(CHANNEL),
            title="@solidarity_minsk",
            lang="en",
            district=places.city,
            by=None,
        )


async def mark(db: Database, state: State, subject: str = "rally:1") -> None:
    async with db.tx() as tx:
        await publications.mark(tx, subject, state)


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_forward_is_answered_without_a_tap(db: Database, clock: Clock, lang: str) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, "ABCD-EFG0", places=places)
    p, t = d.person(5, lang), translator(lang)
    await forward(p, announcement("ru", "ABCD-EFG0"))
    assert p.text.startswith(t("check-real"))
    assert t("check-hidden") in p.text
    assert "ABCD-EFG0" in p.text
    assert p.taps == 0


async def test_a_forward_with_other_buttons_and_spaces_is_still_real(
    db: Database, clock: Clock
) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, "ABCD-EFG0", places=places)
    p = d.person(5)
    text = announcement("en", "ABCD-EFG0").text.replace("\n", " \u200e\n\n ")
    await p.message(
        text=text,
        reply_markup={"inline_keyboard": [[{"text": "Other", "url": "https://x.example"}]]},
    )
    assert p.text.startswith("REAL.")


async def test_changed_words_are_shown(db: Database, clock: Clock) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, "ABCD-EFG0", places=places)
    p = d.person(5, "ru")
    await p.say(announcement("en", "ABCD-EFG0", hour="16:00").text.replace("Freedom", "Railway"))
    t = translator("ru")
    assert p.text.startswith(t("check-altered"))
    assert f"{t('check-theirs')} 16:00, Railway" in p.text
    assert f"{t('check-ours')} 14:00, Freedom" in p.text
    assert "March in Minsk (ru)" in p.text, "our own text, in the reader's language"
    assert p.screen is not None
    assert any(s.kind == "text_link" for s in p.screen.spans)


async def test_a_swapped_address_behind_the_same_words_is_altered(
    db: Database, clock: Clock
) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, "ABCD-EFG0", places=places)
    p = d.person(5)
    real = announcement("en", "ABCD-EFG0")
    spans = tuple(
        Span("text_link", s.offset, s.length, "https://evil.example/") if s.url else s
        for s in real.spans
    )
    await forward(p, Message(real.text, spans))
    assert p.text.startswith("ALTERED.")
    assert "https://evil.example/" in p.text
    assert p.screen is not None
    shown = p.text.index("https://evil.example/")
    assert any(s.kind == "code" and s.offset == shown for s in p.screen.spans), "not tappable"
    await forward(p, real)
    assert p.text.startswith("REAL.")


async def test_at_most_five_changes_are_listed(db: Database, clock: Clock) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, "ABCD-EFG0", places=places)
    p = d.person(5)
    words = announcement("en", "ABCD-EFG0").text.split()
    changed = [f"{w}x" if n % 2 == 0 and "-" not in w else w for n, w in enumerate(words)]
    await p.say(" ".join(changed))
    assert p.text.count("Yours:") == 5
    assert "more difference" in p.text


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.SUSPENDED, "SUSPENDED."),
        (State.CANCELLED, "CANCELLED."),
        (State.ENDED, "ENDED."),
    ],
)
async def test_the_state_of_the_rally_is_the_answer(
    db: Database, clock: Clock, state: State, said: str
) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, "ABCD-EFG0", places=places)
    p = d.person(5)
    await mark(db, state)
    await forward(p, announcement("en", "ABCD-EFG0"))
    assert p.text.startswith(said)
    await p.say("abcd efgo")
    assert p.text.startswith(said)


async def test_an_old_text_is_out_of_date_and_shows_what_holds_now(
    db: Database, clock: Clock
) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, "ABCD-EFG0", places=places)
    await publish(db, clock, "NEWC-0DE0", places=places, hour="15:00")
    p = d.person(5)
    await forward(p, announcement("en", "ABCD-EFG0"))
    assert p.text.startswith("OUT OF DATE.")
    assert "15:00" in p.text
    assert "14:00" not in p.text
    assert "NEWC-0DE0" in p.text
    await mark(db, State.CANCELLED)
    await forward(p, announcement("en", "ABCD-EFG0"))
    assert p.text.startswith("CANCELLED."), "whoever holds the old text must read what holds now"


async def test_a_reminder_is_real_and_supersedes_nothing(db: Database, clock: Clock) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, "ABCD-EFG0", places=places)
    await publish(db, clock, "REM1-NDER", places=places, kind=Kind.REMINDER, hour="Tomorrow")
    p = d.person(5)
    for code in ("ABCD-EFG0", "REM1-NDER"):
        await p.say(code)
        assert p.text.startswith("REAL."), code
    assert "reminder" in p.text


async def test_after_its_time_an_announcement_has_ended_but_news_stays_real(
    db: Database, clock: Clock
) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, "ABCD-EFG0", places=places)
    await publish(db, clock, "NEWS-0000", places=places, kind=Kind.ITEM, subject="item:1")
    clock.move(timedelta(days=8))
    p = d.person(5)
    await p.say("ABCD-EFG0")
    assert p.text.startswith("ENDED.")
    await p.say("NEWS-0000")
    assert p.text.startswith("REAL.")


async def test_a_paste_without_its_code_only_looks_like_ours(db: Database, clock: Clock) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, "ABCD-EFG0", places=places)
    p = d.person(5)
    text = announcement("en", "ABCD-EFG0").text.split("Code")[0]
    await p.say(text)
    assert p.text.startswith("LOOKS LIKE ABCD-EFG0")
    assert "Who sent yours is not visible." in p.text
    await mark(db, State.CANCELLED)
    await p.say(text)
    assert "CANCELLED. Do not go." in p.text


async def test_who_posted_it_counts_only_for_linked_channels_and_our_bot(
    db: Database, clock: Clock
) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, "ABCD-EFG0", places=places)
    await link(db, places)
    p, real = d.person(5), announcement("en", "ABCD-EFG0")
    await forward(p, real, **from_channel(CHANNEL, "solidarity_minsk"))
    assert "Posted by @solidarity_minsk" in p.text
    await forward(p, real, **from_channel(OTHER, "weather_brest"))
    assert "Posted by" not in p.text
    us = {"type": "user", "sender_user": {"id": 1, "is_bot": True, "first_name": "b"}, "date": 1}
    await forward(p, real, **us)
    assert "Sent by this bot." in p.text
    us["sender_user"] = {"id": 77, "is_bot": False, "first_name": "b"}
    await forward(p, real, **us)
    assert "Sent by this bot." not in p.text
    async with db.tx() as tx:
        await channels.set_state(tx, tx.keys.tag(TelegramId(CHANNEL)), ChannelState.PAUSED)
    await forward(p, real, **from_channel(CHANNEL, "solidarity_minsk"))
    assert "Posted by" not in p.text, "a channel whose rights were lost may be in other hands"


@pytest.mark.parametrize("name", ["solidarity_minsk1", "s0lidarity_minsk", "so\u0456idarity_minsk"])
async def test_a_look_alike_channel_is_called_out(db: Database, clock: Clock, name: str) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, "ABCD-EFG0", places=places)
    await link(db, places)
    p = d.person(5)
    await forward(p, announcement("en", "ABCD-EFG0"), **from_channel(OTHER, name))
    assert p.text.startswith(f"NOT the organiser’s channel: @{name}")
    assert "The linked channel is @solidarity_minsk." in p.text
    await p.say(f"@{name}")
    assert p.text.startswith("NOT the organiser’s channel")
    await p.say("@solidarity_minsk")
    assert "is a linked channel" in p.text


async def test_what_a_linked_channel_wrote_itself_is_unknown(db: Database, clock: Clock) -> None:
    d, places, _ = await open_check(db, clock)
    await link(db, places)
    p = d.person(5)
    await forward(p, Message("All meet at nine"), **from_channel(CHANNEL, "solidarity_minsk"))
    assert p.text.startswith("UNKNOWN.")
    assert "but not through this bot" in p.text


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_an_unknown_forward_is_never_called_fake(
    db: Database, clock: Clock, lang: str
) -> None:
    d, _, _ = await open_check(db, clock)
    p, t = d.person(5, lang), translator(lang)
    await forward(p, Message("Everybody to the station at noon"))
    assert p.text == f"{t('check-unknown')}\n{t('check-unknown-advice')}"
    assert p.buttons[0].label == t("help-next")


async def test_check_asks_and_then_takes_whatever_comes(db: Database, clock: Clock) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, "ABCD-EFG0", places=places)
    p = d.person(5)
    await p.say("/check")
    await p.say("hello")
    assert p.text.startswith("UNKNOWN.")
    await p.say("hello")
    assert p.text == "lost", "one question, one answer"
    await p.say("/check abcdefgo")
    assert p.text.startswith("REAL.")
    assert "Freedom Square" in p.text, "never merely yes"
    await p.say("/check")
    await p.message(photo=[{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}])
    assert p.text == translator("en")("check-no-words")
    await p.say("/check")
    await p.message(
        photo=[{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}],
        caption=announcement("en", "ABCD-EFG0").text,
    )
    assert p.text.startswith("REAL.")


async def test_the_link_on_a_message_answers_with_our_own_text(db: Database, clock: Clock) -> None:
    atlas, places = await settle(db)
    mine = CheckHandlers(Check(db, clock), atlas)
    start = StartHandlers(Subscriptions(db, atlas), atlas, mine.links())
    d = await open_dialogue(db, clock, [start, mine])
    await publish(db, clock, "ABCD-EFG0", places=places)
    p = d.person(5)
    await p.say("/start v_ABCDEFG0")
    assert p.text.startswith("REAL.")
    assert "Freedom Square" in p.text
    await p.say("/start v_00000000")
    assert p.text.startswith("UNKNOWN.")
    await p.say("/start v_nonsense-that-is-no-code")
    assert p.text == translator("en")("check-ask")


async def test_ordinary_words_are_left_to_others(db: Database, clock: Clock) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, "ABCD-EFG0", places=places)
    p = d.person(5)
    for text in ("Zavodski", "Minsk", "good morning to you all", "@weather_brest", "18:00"):
        await p.say(text)
        assert p.text == "lost", text


async def test_codes_cannot_be_guessed_by_trying(db: Database, clock: Clock) -> None:
    d, places, _ = await open_check(db, clock)
    await publish(db, clock, "ABCD-EFG0", places=places)
    p, q = d.person(5), d.person(6)
    for n in range(5):
        await p.say(f"0000-000{n}")
        assert p.text.startswith(f"UNKNOWN. No message of ours has the code 0000-000{n}")
    await p.say("ABCD-EFG0")
    assert p.text == translator("en")("check-too-many")
    await q.say("ABCD-EFG0")
    assert q.text.startswith("REAL.")
    await forward(p, announcement("en", "ABCD-EFG0"))
    assert p.text.startswith("REAL."), "exact words need no code"
    clock.move(timedelta(minutes=1))
    await p.say("ABCD-EFG0")
    assert p.text.startswith("REAL.")


async def test_nothing_about_a_question_is_stored(sqlite: Database, clock: Clock) -> None:
    d, places, _ = await open_check(sqlite, clock)
    await publish(sqlite, clock, "ABCD-EFG0", places=places)
    before = await rows(sqlite)
    p = d.person(5)
    await forward(p, announcement("en", "ABCD-EFG0", hour="16:00"))
    await p.say("0000-0001")
    assert await rows(sqlite) == before


async def rows(db: Database) -> dict[str, int]:
    """How many rows each table has."""
    async with db.tx(write=False) as tx:
        return {
            table.name: len((await tx.execute(select(table))).all())
            for table in metadata.sorted_tables
        }
