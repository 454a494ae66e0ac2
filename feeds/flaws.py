"""What had to be mended to read a document: shown to moderators, never a reason to refuse."""

from enum import StrEnum


class Flaw(StrEnum):
    """The values travel in ``FeedDocument.flaws``."""

    CHARSET = "charset"
    BAD_BYTES = "bad-bytes"
    MALFORMED = "malformed"
    PROLOG = "prolog"
    TOO_MANY_ITEMS = "too-many-items"
