"""Names of methods and parameters, taken from python-telegram-bot's own signatures."""

import inspect
import re
from functools import cache

import telegram

# How python-telegram-bot spells a call in Python, never on the wire.
CONVENIENCE = frozenset(
    {
        "self",
        "read_timeout",
        "write_timeout",
        "connect_timeout",
        "pool_timeout",
        "api_kwargs",
        "reply_to_message_id",
        "allow_sending_without_reply",
        "disable_web_page_preview",
        "filename",
        "current_offset",
    }
)
CONVENIENCE_OF = {
    "sendMediaGroup": {"caption", "caption_entities", "parse_mode"},
    "sendLocation": {"location"},
    "editMessageLiveLocation": {"location"},
    "sendVenue": {"venue"},
    "sendContact": {"contact"},
    "sendPoll": {"correct_option_id"},
}
# Telegram knows these, the sandbox does not: refused, for a silent nothing would mislead.
UNMODELLED = frozenset(
    {
        "allow_adding_options",
        "business_connection_id",
        "certificate",
        "close_date",
        "correct_option_ids",
        "country_codes",
        "cover",
        "direct_messages_topic_id",
        "explanation",
        "explanation_entities",
        "explanation_media",
        "explanation_parse_mode",
        "hide_results_until_closes",
        "inline_message_id",
        "open_period",
        "shuffle_options",
        "suggested_post_parameters",
        "thumbnail",
        "video_start_timestamp",
    }
)


def snake(method: str) -> str:
    """Return the Python spelling of a method's name."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: "_" + found.group().lower(), method)


@cache
def parameters(method: str) -> frozenset[str]:
    """Return the parameters that the method takes on the wire."""
    signature = inspect.signature(getattr(telegram.Bot, snake(method)))
    return frozenset(signature.parameters) - CONVENIENCE - CONVENIENCE_OF.get(method, set())
