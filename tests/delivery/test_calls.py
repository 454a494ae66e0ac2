"""Pictures: sent with a caption, edited as one, and left out where they cannot be."""

import pytest

from bot.delivery.calls import carry_out, plain
from bot.domain.outbox import Outcome
from bot.domain.privacy import TelegramId
from bot.views.message import Amend, Button, DropKeyboard, File, Message, Say, Span, Task
from tests.delivery.answers import answering

PERSON = TelegramId(7)
PICTURE = "https://example.org/a.jpg"
SENT = {
    "ok": True,
    "result": {"message_id": 5, "date": 1790000000, "chat": {"id": 7, "type": "private"}},
}
BOLD = (Span("bold", 0, 2),)
ROWS = ((Button("Go", data="x"),),)


async def asked(task: Task) -> tuple[str, dict[str, object]]:
    """The method and the parameters that a task is carried out with."""
    async with answering() as (answers, bot):
        answers.body = SENT
        verdict = await carry_out(bot, PERSON, task, ring=False)
    assert (verdict.outcome, verdict.message_id) == (Outcome.SENT, 5)
    return answers.asked[0]


async def test_a_message_with_a_picture_is_one_with_a_caption() -> None:
    method, given = await asked(Say(Message("News", BOLD, ROWS, picture=PICTURE), reply_to=3))
    assert method == "sendPhoto"
    assert given["photo"] == PICTURE
    assert given["caption"] == "News"
    assert given["caption_entities"] == [{"type": "bold", "offset": 0, "length": 2}]
    assert given["reply_markup"] == {"inline_keyboard": [[{"text": "Go", "callback_data": "x"}]]}
    assert given["disable_notification"] is True
    assert not {"text", "entities", "link_preview_options", "parse_mode"} & set(given)


@pytest.mark.parametrize("picture", [None, PICTURE])
async def test_a_reply_to_what_is_gone_is_sent_all_the_same(picture: str | None) -> None:
    _, given = await asked(Say(Message("News", picture=picture), reply_to=3))
    assert given["reply_parameters"] == {"message_id": 3, "allow_sending_without_reply": True}


async def test_a_text_too_long_for_a_caption_goes_without_the_picture() -> None:
    method, given = await asked(Say(Message("ж" * 1025, picture=PICTURE)))
    assert (method, given["text"]) == ("sendMessage", "ж" * 1025)
    assert "photo" not in given


async def test_a_file_goes_before_a_picture() -> None:
    method, _ = await asked(Say(Message("x", file=File("a.ics", b"B"), picture=PICTURE)))
    assert method == "sendDocument"


async def test_the_caption_of_a_picture_is_edited_and_the_picture_stays() -> None:
    method, given = await asked(Amend(4, Message("New", BOLD, ROWS, picture=PICTURE), photo=True))
    assert method == "editMessageCaption"
    assert given == {
        "chat_id": 7,
        "message_id": 4,
        "caption": "New",
        "caption_entities": [{"type": "bold", "offset": 0, "length": 2}],
        "reply_markup": {"inline_keyboard": [[{"text": "Go", "callback_data": "x"}]]},
    }


async def test_the_text_of_a_message_without_a_picture_is_edited_as_text() -> None:
    method, given = await asked(Amend(4, Message("New", BOLD, picture=PICTURE)))
    assert method == "editMessageText"
    assert (given["text"], given["message_id"]) == ("New", 4)
    assert "photo" not in given


async def test_a_caption_that_grew_too_long_is_dropped_without_asking() -> None:
    async with answering() as (answers, bot):
        task = Amend(4, Message("ж" * 1025), photo=True)
        verdict = await carry_out(bot, PERSON, task, ring=False)
    assert verdict.outcome is Outcome.DROPPED
    assert answers.asked == []


async def refused(task: Task, text: str) -> Outcome:
    """What becomes of a task that Telegram refuses in these words."""
    async with answering() as (answers, bot):
        answers.refuse(400, f"Bad Request: {text}")
        return (await carry_out(bot, PERSON, task, ring=False)).outcome


@pytest.mark.parametrize(
    "task",
    [
        Say(Message("News")),
        Say(Message("ж" * 1025, picture=PICTURE)),
        Say(Message("News", file=File("a.ics", b"B"), picture=PICTURE)),
        Amend(4, Message("News", picture=PICTURE)),
        Amend(4, Message("News", picture=PICTURE), photo=True),
    ],
)
async def test_what_sends_no_picture_is_never_to_be_sent_without_it(task: Task) -> None:
    assert await refused(task, "failed to get HTTP URL content") is Outcome.REFUSED


@pytest.mark.parametrize(
    "task",
    [
        Say(Message("News", picture=PICTURE)),
        Amend(4, Message("News", picture=PICTURE, keyboard=DropKeyboard()), photo=True),
    ],
)
async def test_what_sends_a_picture_may_go_without_it(task: Task) -> None:
    assert await refused(task, "failed to get HTTP URL content") is Outcome.NO_MEDIA


async def test_without_its_picture_a_message_says_the_same() -> None:
    whole = Message("News", BOLD, ROWS, picture=PICTURE, protect=True, silent=False)
    method, given = await asked(Say(plain(whole)))
    assert (method, given["text"], given["protect_content"]) == ("sendMessage", "News", True)
    assert plain(plain(whole)) == plain(whole)
