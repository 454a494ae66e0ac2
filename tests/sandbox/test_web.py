"""Pictures by their address: fetched from a web that holds what was put there."""

import base64
from typing import Any

import pytest
import telegram

from sandbox.errors import Refused
from sandbox.files import sample_photo
from sandbox.server import Sandbox
from tests.sandbox.conftest import Call

URL = "https://example.org/a.jpg"


async def put(box: Sandbox, content: bytes | None = None, url: str = URL) -> Any:
    """Put something at an address, as a program does that plays with the sandbox."""
    given = {} if content is None else {"data": base64.b64encode(content).decode()}
    return await box.control("POST", "web", {"url": url, **given})


async def test_a_photo_is_sent_by_its_address(box: Sandbox, bot: telegram.Bot, vera: int) -> None:
    assert await put(box) == {"url": URL, "size": len(sample_photo())}
    one = await bot.send_photo(vera, URL, caption="look")
    other = await bot.send_photo(vera, URL)
    assert (one.photo[-1].width, one.caption) == (320, "look")
    assert one.photo[-1].file_id == other.photo[-1].file_id
    file = await bot.get_file(one.photo[-1].file_id)
    assert bytes(await file.download_as_bytearray()) == sample_photo()


async def test_its_caption_is_edited_and_the_photo_stays(
    box: Sandbox, bot: telegram.Bot, vera: int
) -> None:
    await put(box)
    sent = await bot.send_photo(vera, URL, caption="one")
    edited = await bot.edit_message_caption(vera, sent.message_id, caption="two")
    assert isinstance(edited, telegram.Message)
    assert (edited.caption, edited.photo) == ("two", sent.photo)
    with pytest.raises(telegram.error.BadRequest, match="no text in the message to edit"):
        await bot.edit_message_text("three", vera, sent.message_id)
    text = await bot.send_message(vera, "one")
    with pytest.raises(telegram.error.BadRequest, match="no caption in the message to edit"):
        await bot.edit_message_caption(vera, text.message_id, caption="two")


@pytest.mark.parametrize(
    ("url", "content", "words"),
    [
        ("https://example.org/gone.jpg", None, "failed to get HTTP URL content"),
        (URL, b"<html>", "wrong type of the web page content"),
        (URL, bytes(5 * 1024 * 1024 + 1), "wrong file identifier/HTTP URL specified"),
        ("https://", None, "wrong HTTP URL specified"),
        ("https://[", None, "wrong HTTP URL specified"),
    ],
)
async def test_what_is_no_photo_is_refused(
    box: Sandbox, call: Call, vera: int, url: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        box.world.web.put(url, content)
    status, body = await call("sendPhoto", chat_id=vera, photo=url)
    assert (status, body["description"]) == (400, f"Bad Request: {words}")


async def test_only_photos_are_fetched(box: Sandbox, call: Call, vera: int) -> None:
    await put(box)
    status, body = await call("sendDocument", chat_id=vera, document=URL)
    assert (status, body["description"]) == (400, "Bad Request: failed to get HTTP URL content")


async def test_an_album_takes_photos_by_their_address(
    box: Sandbox, bot: telegram.Bot, vera: int
) -> None:
    await put(box)
    sent = await bot.send_media_group(vera, [telegram.InputMediaPhoto(URL)] * 2)
    assert [one.photo[-1].width for one in sent] == [320, 320]


async def test_what_is_put_anew_is_fetched_anew(box: Sandbox, call: Call, vera: int) -> None:
    await put(box)
    assert (await call("sendPhoto", chat_id=vera, photo=URL))[0] == 200
    await put(box, b"<html>")
    assert (await call("sendPhoto", chat_id=vera, photo=URL))[0] == 400


async def test_only_an_address_can_hold_something(box: Sandbox) -> None:
    for url in ("ftp://example.org/a", "https://", "a.jpg"):
        with pytest.raises(Refused):
            await put(box, url=url)
