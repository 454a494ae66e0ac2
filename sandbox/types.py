"""The two words everything else here speaks: a JSON object and the kinds of chats."""

from typing import Any, Literal

Json = dict[str, Any]
ChatType = Literal["private", "group", "supergroup", "channel"]
