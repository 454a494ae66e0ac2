"""Privacy as a type: values that must not reach a log, a traceback or a plain column."""

from typing import NoReturn


class TelegramId:
    """A chat or user id of Telegram. Prints as a mask; only ``reveal`` gives the number.

    For a private chat the chat id equals the user id. Groups and channels are negative.
    """

    __slots__ = ("_value",)

    def __init__(self, value: int) -> None:
        self._value = value

    def reveal(self) -> int:
        """The number itself: for the transport and for sealing, nowhere else."""
        return self._value

    @property
    def private(self) -> bool:
        """Whether this is a person's chat (positive) rather than a group or channel."""
        return self._value > 0

    def __repr__(self) -> str:
        return "TelegramId(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TelegramId) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a TelegramId is never serialised; seal it")


class Private:
    """A text that people wrote. Prints as a mask; only ``reveal`` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Private(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Private) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Private text is never serialised; seal it")


PersonTag = bytes
"""HMAC of a Telegram id under the key K_tag, 16 bytes: looks a row up, recovers nothing."""
