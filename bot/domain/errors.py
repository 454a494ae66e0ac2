"""Refusals: what a rule raises when it says no. A refusal is a catalogue key, never a sentence."""

from typing import ClassVar


class Refused(Exception):
    """A person asked for something that cannot be done. Subclass with a ``key``.

    ``key`` names the text in the catalogues of all languages; ``args_`` fills its placeholders.
    """

    key: ClassVar[str]

    def __init__(self, **args: object) -> None:
        super().__init__(self.key)
        self.args_ = args


class NotAllowed(Refused):
    """The person lacks the role for a feature that is publicly known to exist."""

    key = "error-not-allowed"


class Gone(Refused):
    """What a button or link points at no longer exists."""

    key = "error-gone"


class Stale(Refused):
    """Somebody else changed the object first (optimistic ``version`` did not match)."""

    key = "error-stale"
