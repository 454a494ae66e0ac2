"""Keyboards under messages: checked as Telegram checks them."""

from collections.abc import Iterator

from sandbox.errors import bad
from sandbox.types import Json

MAX_BUTTONS = 100
MAX_DATA_BYTES = 64
INLINE_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
URL_SCHEMES = ("http://", "https://", "tg://", "ton://")


def buttons(markup: Json, name: str) -> Iterator[tuple[int, int, Json]]:
    """Yield row, column and button of a keyboard."""
    for row, line in enumerate(markup.get(name) or []):
        for col, button in enumerate(line):
            yield row, col, button


def _rows(markup: Json, name: str) -> list[list[Json]]:
    rows = markup[name]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad(f'can\'t parse reply keyboard markup JSON object: "{name}" must be rows')
    if sum(len(row) for row in rows) > MAX_BUTTONS:
        raise bad("reply markup is too long")
    return [row for row in rows if row]


def _inline_button(button: object) -> Json:
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad('can\'t parse inline keyboard button: Field "text" must be of type String')
    if not button["text"].strip():
        raise bad("inline keyboard button text must be non-empty")
    button = {key: value for key, value in button.items() if value is not None}
    actions = [name for name in INLINE_ACTIONS if name in button]
    if len(actions) != 1:
        raise bad(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    data = button.get("callback_data")
    if data is not None and not 1 <= len(str(data).encode()) <= MAX_DATA_BYTES:
        raise bad("BUTTON_DATA_INVALID")
    if (url := button.get("url")) is not None:
        _check_url(str(url))
    return button


def _check_url(url: str) -> None:
    host = url.partition("://")[2]
    if not url.startswith(URL_SCHEMES) or not host:
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _reply_button(button: object) -> Json:
    if isinstance(button, str):
        return {"text": button}
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad('can\'t parse keyboard button: Field "text" must be of type String')
    if not button["text"].strip():
        raise bad("keyboard button text must be non-empty")
    return {key: value for key, value in button.items() if value is not None}


def checked(markup: Json, *, private: bool) -> Json:
    """Return a clean reply_markup, or refuse it. Request buttons need a private chat."""
    if "inline_keyboard" in markup:
        rows = [[_inline_button(b) for b in row] for row in _rows(markup, "inline_keyboard")]
        return {"inline_keyboard": rows}
    if "keyboard" in markup:
        rows = [[_reply_button(b) for b in row] for row in _rows(markup, "keyboard")]
        _check_requests(rows, private=private)
        return {**markup, "keyboard": rows}
    if markup.get("remove_keyboard") is True or markup.get("force_reply") is True:
        return markup
    raise bad("can't parse reply keyboard markup JSON object")


def _check_requests(rows: list[list[Json]], *, private: bool) -> None:
    for button in (b for row in rows for b in row):
        wanted = [name for name in button if name.startswith("request_")]
        if wanted and not private:
            raise bad(f"{_noun(wanted[0])} can be requested in private chats only")
        chat = button.get("request_chat")
        if chat:
            _check_request_chat(chat)


def _check_request_chat(chat: Json) -> None:
    if type(chat.get("request_id")) is not int or "chat_is_channel" not in chat:
        raise bad("can't parse keyboard button: request_chat needs request_id and chat_is_channel")
    bot = {k for k, v in (chat.get("bot_administrator_rights") or {}).items() if v}
    user = {k for k, v in (chat.get("user_administrator_rights") or {}).items() if v}
    if chat.get("bot_administrator_rights") and not bot <= user | {"can_manage_chat"}:
        raise bad("BOT_RIGHTS_MUST_BE_SUBSET_OF_USER_RIGHTS")


def _noun(name: str) -> str:
    nouns = {"request_location": "location", "request_contact": "phone number"}
    return nouns.get(name, name.removeprefix("request_"))
